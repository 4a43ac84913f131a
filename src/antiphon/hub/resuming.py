"""Event ids with which a plain `EventSource` resumes: where a client is in all of its channels.

A browser sends the last id that it saw as `Last-Event-ID` when it reconnects by itself (WHATWG HTML
section 9.2). An id names the position of every channel that can be recovered, as
``<offset>.<epoch>.<channel>`` with spaces between them. No name holds a space, and no epoch a dot.

What an id says has been written ahead of it. So ids are made when events are framed, in the order
in which they go out: between channels that is not the order in which they were encoded. So each
connection has a codec of its own. The publications are still encoded once for all.
"""

from collections.abc import Mapping
from typing import Final

from antiphon.protocol import unidirectional
from antiphon.protocol.messages import (
    Command,
    ConnectRequest,
    ConnectResult,
    Message,
    Push,
    Result,
    SubscribeRequest,
)
from antiphon.publication import Publication, StreamPosition
from antiphon.wire.packet import Packet

LONGEST_ID: Final = 4_096
"""Characters; a client of very many channels gets ids of those that fit, which come first."""


class Resumption(SubscribeRequest):
    """Where a client was in a channel that it does not ask for: the server may subscribe it again."""


def parse_id(text: str) -> dict[str, StreamPosition]:
    """Return the positions in an event id, by channel; what is none of ours names nothing."""
    positions = {}
    for part in text.split(" "):
        offset, _, rest = part.partition(".")
        epoch, _, channel = rest.partition(".")
        if channel and offset.isascii() and offset.isdigit() and len(offset) < 19:
            positions[channel] = StreamPosition(int(offset), epoch)
    return positions


def event_id(positions: dict[str, StreamPosition]) -> str:
    """Return the id that names some positions."""
    parts = [f"{at.offset}.{at.epoch}.{channel}" for channel, at in positions.items()]
    text = " ".join(parts)
    return text if len(text) <= LONGEST_ID else text[:LONGEST_ID].rpartition(" ")[0]


class Step(bytes):
    """An event that brings the client somewhere else."""

    to: Mapping[str, StreamPosition | None]
    """By channel; None is out of it. An empty epoch is the one it has been in."""


def _step(line: bytes, to: Mapping[str, StreamPosition | None]) -> Step:
    step = Step(_event(line))
    step.to = to
    return step


class Bulletin:
    """Encodes a publication on its way to many connections once."""

    __slots__ = ("_line", "_published")

    def __init__(self) -> None:
        self._published: Publication | None = None
        self._line = b""

    def line(self, channel: str, published: Publication) -> bytes:
        """Return the publication as an event."""
        if published is not self._published:
            line, offset = unidirectional.publication(channel, published), published.offset
            to = {channel: StreamPosition(offset)}
            self._line = _step(line, to) if offset else _event(line)
            self._published = published
        return self._line


class ResumingLanguage:
    """The unidirectional language in events, for one connection.

    Args:
        bulletin: of all connections.
        last_id: of the event that the client saw last, "" if it saw none.
    """

    PING = b"data: {}"

    whole, patched = staticmethod(unidirectional.whole), staticmethod(unidirectional.patched)
    decode_filter = staticmethod(unidirectional.decode_filter)

    def __init__(self, bulletin: Bulletin, last_id: str) -> None:
        self._bulletin = bulletin
        self._last = parse_id(last_id)
        self._positions: dict[str, StreamPosition] = {}

    def decode(self, data: bytes, *, limit: int) -> list[Command]:
        """Decode the request to connect; the client wants to go on where it was.

        Raises:
            Malformed: as the language does.
        """
        commands = unidirectional.decode(data, limit=limit)
        for command in commands:
            if command.connect is not None:
                self._resume(command.connect)
        return commands

    def reply(self, command_id: int, name: str, result: Result) -> bytes:
        """Encode the result of connecting, which brings the client into its channels."""
        line = unidirectional.reply(command_id, name, result)
        return _step(line, _entered(result) if isinstance(result, ConnectResult) else {})

    def push(self, payload: Push) -> bytes:
        """Encode a push, which may bring the client into a channel, or out of one."""
        line, told = unidirectional.push(payload), payload.subscribe
        if payload.unsubscribe is not None:
            return _step(line, {payload.channel: None})
        if told is not None and told.recoverable:
            return _step(line, {payload.channel: StreamPosition(told.offset, told.epoch)})
        return _event(line)

    def publication(self, channel: str, published: Publication) -> bytes:
        """Encode a publication, which brings the client on in its channel."""
        return self._bulletin.line(channel, published)

    def message(self, told: Message) -> bytes:
        """Encode a message, which moves no position."""
        return _event(unidirectional.message(told))

    def frame(self, lines: list[bytes]) -> Packet:
        """Frame events in the order in which they go out, with an id for each step."""
        return Packet(b"\n\n".join([*map(self._marked, lines), b""]))

    def _resume(self, request: ConnectRequest) -> None:
        last, self._last = self._last, {}
        for channel, at in last.items():
            wanted = request.subs.setdefault(channel, Resumption())
            wanted.recover, wanted.offset, wanted.epoch = True, at.offset, at.epoch

    def _marked(self, event: bytes) -> bytes:
        if not isinstance(event, Step):
            return event
        for channel, to in event.to.items():
            self._move(channel, to)
        return b"id: %b\n%b" % (event_id(self._positions).encode(), event)

    def _move(self, channel: str, to: StreamPosition | None) -> None:
        known = self._positions.get(channel)
        if to is None:
            self._positions.pop(channel, None)
        elif to.epoch:
            self._positions[channel] = to
        elif known is not None:
            self._positions[channel] = StreamPosition(to.offset, known.epoch)


def _entered(result: ConnectResult) -> dict[str, StreamPosition | None]:
    """Return where the client is in the channels that the result of connecting names."""
    entered: dict[str, StreamPosition | None] = {}
    for channel, joined in result.subs.items():
        if joined.recoverable:
            newest = joined.publications[-1].offset if joined.publications else 0
            entered[channel] = StreamPosition(max(newest, joined.offset), joined.epoch)
    return entered


def _event(line: bytes) -> bytes:
    return b"data: " + line
