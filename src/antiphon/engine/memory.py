"""The engine of one process: everything in memory, nothing to install, nothing survives a restart.

A restart makes new epochs, so that clients are told their position could not be recovered. No
method ever waits (`waits` is False), a publication reaches the hub inside `publish`, and none is
ever lost on the way (`lossless` is True).

Expired publications go when any stream is next touched; a heap says which are due. When all
publications together take too many bytes, the streams published to longest ago lose theirs, oldest
first. A stream without publications that nobody watches is forgotten when it is old, or the least
recently used of too many. Clients that come back to what has gone are told that their position
could not be recovered.
"""

import heapq
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

from antiphon.engine.stream import Stream
from antiphon.publication import ClientInfo, Publication, StreamPosition

STREAM_META_SECONDS = 30 * 86_400.0
"""How long a stream without publications keeps its epoch and top offset."""
QUIET_STREAMS = 65_536
"""How many streams without publications are kept at most: clients make one with every name they
subscribe to. Some 50 MiB."""
HISTORY_BYTES = 268_435_456
"""How much the streams with publications take at most: 256 MiB."""
STREAM_BYTES = 1_472
"""What such a stream takes in CPython besides its publications, with a long name and a version."""

Deliver = Callable[[str, Publication, str], None]
"""Called with channel, publication and the id of a client that does not get it, or ""."""


def _epoch() -> str:
    return secrets.token_urlsafe(6)


class MemoryEngine:
    """Streams, presence and idempotency results of one process.

    Args:
        clock: seconds, monotonic.
        epoch: makes the random name of a new stream.
        idempotency_seconds: how long the result of a publish is remembered under its key.
        presence_seconds: life of a presence entry that is not renewed.
        quiet_streams: how many streams without publications are kept, besides those watched.
        history_bytes: how much the streams with publications take at most: payloads, infos and
            tags, `PUBLICATION_BYTES` for each publication and `STREAM_BYTES` for each stream.
            Above it the streams published to longest ago lose their oldest publications; a stream
            that has lost all of them keeps its epoch and top offset among the quiet ones.
    """

    waits = False
    lossless = True

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        epoch: Callable[[], str] = _epoch,
        idempotency_seconds: float = 300.0,
        presence_seconds: float = 60.0,
        quiet_streams: int = QUIET_STREAMS,
        history_bytes: int = HISTORY_BYTES,
    ) -> None:
        self._clock = clock
        self._new_epoch = epoch
        self._idempotency_seconds = idempotency_seconds
        self._presence_seconds = presence_seconds
        self._most_quiet = quiet_streams
        self._most_bytes = history_bytes
        self._streams: OrderedDict[str, Stream] = OrderedDict()
        self._held = 0
        self._quiet: OrderedDict[str, Stream] = OrderedDict()
        self._watched: set[str] = set()
        self._pinned: dict[str, Stream] = {}
        self._due: list[tuple[float, str]] = []
        self._results: OrderedDict[tuple[str, str], tuple[float, StreamPosition]] = OrderedDict()
        self._presence: dict[str, dict[str, tuple[float, ClientInfo]]] = {}
        self._deliver: Deliver = _nobody
        self._deliver_join: Callable[[str, ClientInfo], None] = _nobody
        self._deliver_leave: Callable[[str, ClientInfo], None] = _nobody

    async def start(
        self,
        *,
        deliver: Deliver,
        deliver_join: Callable[[str, ClientInfo], None],
        deliver_leave: Callable[[str, ClientInfo], None],
    ) -> None:
        """Take the hub's callbacks."""
        self._deliver = deliver
        self._deliver_join = deliver_join
        self._deliver_leave = deliver_leave

    async def stop(self) -> None:
        """Nothing to release: the state stays for as long as the engine does."""

    async def watch(self, channel: str) -> None:
        """Keep the channel's stream for as long as somebody watches; the hub gets everything."""
        self._watched.add(channel)
        if stream := self._quiet.pop(channel, None):
            self._pinned[channel] = stream

    async def unwatch(self, channel: str) -> None:
        """Let the channel's stream be forgotten, like others."""
        self._watched.discard(channel)
        if stream := self._pinned.pop(channel, None):
            self._lay_to_rest(channel, stream, self._clock())

    async def publish(
        self,
        channel: str,
        publication: Publication,
        *,
        size: int,
        ttl: float,
        idempotency_key: str = "",
        version: int = 0,
        version_epoch: str = "",
        exclude: str = "",
    ) -> StreamPosition:
        """Store and deliver one publication; `size` 0 delivers without storing.

        A repeated `idempotency_key` delivers nothing and returns the first result; a `version` that
        the stream has passed delivers nothing and returns the stream's position.
        """
        now = self._clock()
        if idempotency_key and (known := self._results.get((channel, idempotency_key))):
            if known[0] > now:
                return known[1]
        position = StreamPosition()
        if size:
            if version:
                stream = self._look(channel, now)
                if stream.outdates(version, version_epoch):
                    return stream.position
                stream.version, stream.version_epoch = version, version_epoch
            position = self._store(channel, publication, size, ttl, now)
        if idempotency_key:
            self._remember(channel, idempotency_key, position, now)
        self._deliver(channel, publication, exclude)
        return position

    async def history(
        self, channel: str, *, since: int | None = None, limit: int = 0, reverse: bool = False
    ) -> tuple[list[Publication], StreamPosition]:
        """Read a stream and its top; see `Stream.read` for the arguments."""
        stream = self._look(channel, self._clock())
        return stream.read(since=since, limit=limit, reverse=reverse), stream.position

    async def remove_history(self, channel: str) -> None:
        """Drop the stored publications; offset and epoch stay."""
        if stream := self._streams.get(channel):
            self._held -= stream.weight
            stream.clear()

    async def add_presence(self, channel: str, info: ClientInfo) -> None:
        """Add or renew one client's entry."""
        expires_at = self._clock() + self._presence_seconds
        self._presence.setdefault(channel, {})[info.client] = (expires_at, info)

    async def remove_presence(self, channel: str, client: str) -> None:
        """Remove one client's entry."""
        if present := self._presence.get(channel):
            present.pop(client, None)
            if not present:
                del self._presence[channel]

    async def presence(self, channel: str) -> dict[str, ClientInfo]:
        """Return who is present, by client id."""
        now = self._clock()
        present = self._presence.get(channel, {})
        for client in [client for client, (expires_at, _) in present.items() if expires_at <= now]:
            await self.remove_presence(channel, client)
        return {client: info for client, (_, info) in present.items()}

    async def presence_stats(self, channel: str) -> tuple[int, int]:
        """Return how many clients and how many distinct users are present."""
        present = await self.presence(channel)
        return len(present), len({info.user for info in present.values()})

    async def join(self, channel: str, info: ClientInfo) -> None:
        """Tell the channel's subscribers that a client joined."""
        self._deliver_join(channel, info)

    async def leave(self, channel: str, info: ClientInfo) -> None:
        """Tell the channel's subscribers that a client left."""
        self._deliver_leave(channel, info)

    def _find(self, channel: str, now: float) -> Stream:
        """Find or create a stream, and let go of what has expired anywhere.

        One without publications is taken from where it rests; the caller puts it back.
        """
        self._sweep(now)
        if stream := self._streams.get(channel):
            return stream
        stream = self._quiet.pop(channel, None) or self._pinned.pop(channel, None)
        return stream or Stream(self._new_epoch())

    def _look(self, channel: str, now: float) -> Stream:
        """Find or create a stream, and leave it where it belongs."""
        stream = self._find(channel, now)
        if channel not in self._streams:
            self._lay_to_rest(channel, stream, now)
        return stream

    def _store(
        self, channel: str, publication: Publication, size: int, ttl: float, now: float
    ) -> StreamPosition:
        """Keep a publication at the top of its stream, within all bounds."""
        stream = self._find(channel, now)
        self._held -= stream.weight
        stream.append(publication, size=size, expires_at=now + ttl)
        self._held += stream.weight
        position = stream.position
        self._hold(channel, stream)
        self._make_room(now)
        return position

    def _hold(self, channel: str, stream: Stream) -> None:
        """Keep a stream with publications, as the one published to last."""
        if channel not in self._streams:
            heapq.heappush(self._due, (stream.expires_at, channel))
        self._streams[channel] = stream
        self._streams.move_to_end(channel)

    def _make_room(self, now: float) -> None:
        """Drop publications where nothing was published for longest, until the rest fits."""
        streams, due = self._streams, self._due
        while streams and self._held + len(streams) * STREAM_BYTES > self._most_bytes:
            channel, stream = next(iter(streams.items()))
            if stream.weight:
                self._held -= stream.weight
                stream.drop_oldest()
                self._held += stream.weight
            if not stream.weight:
                del streams[channel]
                self._lay_to_rest(channel, stream, now)
        # The heap still knows those that have gone. It may do so once for each that has not.
        if len(due) > 2 * len(streams):
            due[:] = [(stream.expires_at, channel) for channel, stream in streams.items()]
            heapq.heapify(due)

    def _lay_to_rest(self, channel: str, stream: Stream, now: float) -> None:
        """Keep a stream without publications, as the most recently used of its kind."""
        if channel in self._watched:
            self._pinned[channel] = stream
            return
        stream.touched_at = now
        self._quiet[channel] = stream
        if len(self._quiet) > self._most_quiet:
            self._quiet.popitem(last=False)

    def _sweep(self, now: float) -> None:
        due, quiet = self._due, self._quiet
        while due and due[0][0] <= now:
            channel = heapq.heappop(due)[1]
            stream = self._streams.get(channel)
            if stream and stream.expires_at > now:
                heapq.heappush(due, (stream.expires_at, channel))
            elif stream:
                self._held -= stream.weight
                stream.clear()
                del self._streams[channel]
                self._lay_to_rest(channel, stream, now)
        while quiet and now - next(iter(quiet.values())).touched_at > STREAM_META_SECONDS:
            quiet.popitem(last=False)

    def _remember(self, channel: str, key: str, position: StreamPosition, now: float) -> None:
        results = self._results
        results[channel, key] = (now + self._idempotency_seconds, position)
        results.move_to_end((channel, key))
        while next(iter(results.values()))[0] <= now:
            results.popitem(last=False)


def _nobody(*_: object) -> None:
    """Stand in until the hub has started the engine."""
