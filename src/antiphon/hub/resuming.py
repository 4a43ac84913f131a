"""Event ids with which a plain `EventSource` resumes: where a client is in all of its channels.

A browser sends the last id that it saw as `Last-Event-ID` when it reconnects by itself (WHATWG HTML
section 9.2). An id names the position of every channel that can be recovered, as
``<offset>.<epoch>.<channel>`` with spaces between them. No name holds a space, and no epoch a dot.

So each connection has a codec of its own. The publications are still encoded once for all.
"""

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
    if len(text) <= LONGEST_ID:
        return text
    return text[: text.rindex(" ", 0, LONGEST_ID)]


def resumable_events(lines: list[bytes]) -> Packet:
    """Frame events that are whole already."""
    return Packet(b"\n\n".join([*lines, b""]))


class Bulletin:
    """Encodes a publication on its way to many connections once."""

    __slots__ = ("_line", "_published")

    def __init__(self) -> None:
        self._published: Publication | None = None
        self._line = b""

    def line(self, channel: str, published: Publication) -> bytes:
        """Return the publication as an event without an id."""
        if published is not self._published:
            self._published = published
            self._line = _event(unidirectional.publication(channel, published))
        return self._line


class ResumingLanguage:
    """The unidirectional language in events, for one connection.

    Args:
        bulletin: of all connections.
        last_id: of the event that the client saw last, "" if it saw none.
    """

    PING = b"data: {}"

    whole, patched = staticmethod(unidirectional.whole), staticmethod(unidirectional.patched)

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
        """Encode the result of connecting, and take over its positions."""
        if isinstance(result, ConnectResult):
            for channel, joined in result.subs.items():
                if joined.recoverable:
                    newest = joined.publications[-1].offset if joined.publications else 0
                    offset = max(newest, joined.offset)
                    self._positions[channel] = StreamPosition(offset, joined.epoch)
        return self._marked(_event(unidirectional.reply(command_id, name, result)))

    def push(self, payload: Push) -> bytes:
        """Encode a push, and note which channels it begins and ends."""
        if payload.unsubscribe is not None:
            self._positions.pop(payload.channel, None)
        told = payload.subscribe
        if told is not None and told.recoverable:
            self._positions[payload.channel] = StreamPosition(told.offset, told.epoch)
        return self._marked(_event(unidirectional.push(payload)))

    def publication(self, channel: str, published: Publication) -> bytes:
        """Encode a publication, with the position it brings the client to."""
        line = self._bulletin.line(channel, published)
        position = self._positions.get(channel)
        if position is None or not published.offset:
            return line
        self._positions[channel] = StreamPosition(published.offset, position.epoch)
        return self._marked(line)

    def message(self, told: Message) -> bytes:
        """Encode a message, which moves no position."""
        return _event(unidirectional.message(told))

    def _resume(self, request: ConnectRequest) -> None:
        for channel, at in self._last.items():
            wanted = request.subs.setdefault(channel, Resumption())
            wanted.recover, wanted.offset, wanted.epoch = True, at.offset, at.epoch

    def _marked(self, event: bytes) -> bytes:
        if not self._positions:
            return event
        return b"id: %b\n%b" % (event_id(self._positions).encode(), event)


def _event(line: bytes) -> bytes:
    return b"data: " + line
