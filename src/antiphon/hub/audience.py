"""The members of a topic that are written alike, and what waits to be written to them.

Lines wait in an outbox until the topic is flushed, once per turn of the event loop, and become one
packet, written once to each member. Whoever joins in between gets what comes after, whoever leaves
what came before, so that nobody gets a publication from before their own reply, and no coming and
going costs a write to all.
"""

from typing import Protocol

from antiphon.hub.codec import Codec
from antiphon.hub.patches import Patches
from antiphon.hub.stats import Stats
from antiphon.protocol.messages import Push
from antiphon.protocol.tags import TagsFilter
from antiphon.publication import Publication
from antiphon.wire.port import Connection


class News:
    """One publication of a channel, on its way to all audiences of a topic."""

    __slots__ = ("_channel", "_lines", "publication")

    def __init__(self, channel: str, publication: Publication) -> None:
        self.publication = publication
        self._channel = channel
        self._lines: dict[Codec, bytes] = {}

    def line(self, codec: Codec) -> bytes:
        """Encode it as it is, once for each codec."""
        line = self._lines.get(codec)
        if line is None:
            line = self._lines[codec] = codec.publication(self._channel, self.publication)
        return line

    def whole(self, codec: Codec) -> bytes:
        """Encode it for those who may get a patch to it next."""
        return codec.publication(self._channel, codec.whole(self.publication))

    def patched(self, codec: Codec, patch: bytes) -> bytes:
        """Encode it as a patch to the one before."""
        return codec.publication(self._channel, codec.patched(self.publication, patch))


class Group:
    """Some connections with one codec, and one outbox.

    Most members get the whole outbox. Lines of their own have those who joined after its first
    line, and those whom a line leaves out.
    """

    __slots__ = ("_codec", "_members", "_outbox", "_own", "_stats", "_targets")

    def __init__(self, codec: Codec, stats: Stats) -> None:
        self._codec = codec
        self._stats = stats
        self._outbox: list[bytes] = []
        self._own: dict[str, list[bytes]] = {}
        """Lines by client, of exactly those who do not get the whole outbox, and nothing else."""
        self._members: dict[str, Connection] = {}
        self._targets: tuple[Connection, ...] = ()
        """All members, while nobody comes or goes."""

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, client: str) -> bool:
        return client in self._members

    @property
    def members(self) -> dict[str, Connection]:
        """The connections by client id."""
        return self._members

    def add(self, client: str, connection: Connection) -> None:
        """Take a member in, from the next line on."""
        self._members[client] = connection
        self._targets = ()
        if self._outbox:
            self._own[client] = []

    def remove(self, client: str) -> Connection | None:
        """Let a member go, with what waits for it."""
        connection = self._members.pop(client, None)
        lines = self._own.pop(client, self._outbox)
        self._targets = ()
        if connection is not None:
            self._write(lines, (connection,))
        return connection

    def append(self, line: bytes, exclude: str = "") -> None:
        """Have a line wait for every member, except the client `exclude`."""
        own = self._own
        if exclude in self._members and exclude not in own:
            own[exclude] = self._outbox.copy()
        self._outbox.append(line)
        for client, lines in own.items():
            if client != exclude:
                lines.append(line)

    def flush(self) -> None:
        """Write what waits, in one packet to each member."""
        lines, own = self._outbox, self._own
        if not lines:
            return
        self._outbox = []
        # Iterating over a copy: a write may close a slow connection, which leaves the group.
        targets = self._targets
        if not targets:
            targets = self._targets = tuple(self._members.values())
        if own:
            self._own = {}
            members = self._members
            targets = tuple(members[client] for client in members.keys() - own.keys())
            for connection, few in [(members[client], few) for client, few in own.items()]:
                self._write(few, (connection,))
        self._write(lines, targets)

    def _write(self, lines: list[bytes], targets: tuple[Connection, ...]) -> None:
        if lines and targets:
            packet = self._codec.frame(lines)
            for connection in targets:
                connection.write(packet)
            self._stats.deliveries += len(lines) * len(targets)


class Audience(Protocol):
    """What a topic does with those of its members that have the same form.

    Everything but `flush` may raise `Disconnect`, for all members: their language cannot say it.
    """

    def __len__(self) -> int: ...

    def clients(self) -> list[str]:
        """Return the client ids of all members."""

    def add(self, client: str, connection: Connection, base: Publication | None) -> None:
        """Take a member in. `base` is the newest publication of the topic, if it has got that."""

    def remove(self, client: str) -> None: ...

    def publish(self, news: News, exclude: str) -> None:
        """Have a publication wait for every member, except the client `exclude`."""

    def push(self, payload: Push) -> None:
        """Have something else than a publication wait for every member."""

    def flush(self) -> None: ...


class Everyone:
    """Members that get every publication as it is."""

    __slots__ = ("_codec", "_group")

    def __init__(self, codec: Codec, stats: Stats) -> None:
        self._codec = codec
        self._group = Group(codec, stats)

    def __len__(self) -> int:
        return len(self._group)

    def clients(self) -> list[str]:
        return list(self._group.members)

    def add(self, client: str, connection: Connection, base: Publication | None) -> None:
        self._group.add(client, connection)

    def remove(self, client: str) -> None:
        self._group.remove(client)

    def publish(self, news: News, exclude: str) -> None:
        self._group.append(news.line(self._codec), exclude)

    def push(self, payload: Push) -> None:
        self._group.append(self._codec.push(payload))

    def flush(self) -> None:
        self._group.flush()


class Choosy(Everyone):
    """Members that get the publications whose tags pass one filter."""

    __slots__ = ("_filter",)

    def __init__(self, codec: Codec, chosen: TagsFilter, stats: Stats) -> None:
        super().__init__(codec, stats)
        self._filter = chosen

    def publish(self, news: News, exclude: str) -> None:
        if self._filter.matches(news.publication.tags):
            super().publish(news, exclude)


class Patched:
    """Members that get each publication as a patch to the one before, where they have that.

    Two groups: those who have got the newest publication, and those who get the next one whole.
    Whoever is left out of a publication has missed the base of the next one.
    """

    __slots__ = ("_base", "_codec", "_following", "_new", "_patches")

    def __init__(self, codec: Codec, patches: Patches, stats: Stats) -> None:
        self._codec = codec
        self._patches = patches
        self._base: Publication | None = None
        self._following = Group(codec, stats)
        self._new = Group(codec, stats)

    def __len__(self) -> int:
        return len(self._following) + len(self._new)

    def clients(self) -> list[str]:
        return [*self._following.members, *self._new.members]

    def add(self, client: str, connection: Connection, base: Publication | None) -> None:
        if base is not None and self._base is None:
            self._base = base
        # Equal offsets are the same publication: a stream's new life puts all members out.
        follows = base is not None and self._base is not None and base.offset == self._base.offset
        (self._following if follows else self._new).add(client, connection)

    def remove(self, client: str) -> None:
        self._following.remove(client)
        self._new.remove(client)

    def publish(self, news: News, exclude: str) -> None:
        following, new = self._following, self._new
        patched = self._patch(news) if following else None
        whole = news.whole(self._codec) if new or patched is None else b""
        following.append(patched or whole, exclude)
        new.append(whole, exclude)
        self._base = news.publication
        left_out = (following if exclude in following else new).remove(exclude)
        self._promote()
        if left_out is not None:
            new.add(exclude, left_out)

    def push(self, payload: Push) -> None:
        line = self._codec.push(payload)
        self._following.append(line)
        self._new.append(line)

    def flush(self) -> None:
        self._following.flush()
        self._new.flush()

    def _patch(self, news: News) -> bytes | None:
        if self._base is None:
            return None
        patch = self._patches.between(self._base, news.publication)
        return None if patch is None else news.patched(self._codec, patch)

    def _promote(self) -> None:
        """Have those who have got their first publication follow; it is written to them at once."""
        new = self._new
        if not new:
            return
        new.flush()
        for client, connection in tuple(new.members.items()):
            new.remove(client)
            self._following.add(client, connection)
