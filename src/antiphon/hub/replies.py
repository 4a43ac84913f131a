"""What a session writes: the replies to one message gathered into one frame.

Between `gather` and `let_go` lines are kept, and written together; before and after they are
written as they come. What is gathered is bounded: behind that the connection's own bound, which
knows what the client takes, counts every byte.
"""

from typing import Final

from antiphon.hub.codec import Codec
from antiphon.wire.port import Connection

MOST_BYTES: Final = 65_536
"""Gathered bytes that are written at once, however many commands are still to run."""


class Replies:
    """The way out of one session."""

    __slots__ = ("_bytes", "_codec", "_connection", "_lines")

    def __init__(self, connection: Connection, codec: Codec) -> None:
        self._connection = connection
        self._codec = codec
        self._lines: list[bytes] | None = None
        self._bytes = 0

    def gather(self) -> None:
        """Keep lines from here on."""
        self._lines = []

    def let_go(self) -> None:
        """Write what was gathered, and keep nothing any more."""
        self.flush()
        self._lines = None

    def write(self, line: bytes) -> None:
        """Write a line, or keep it."""
        if self._lines is None:
            self._connection.write(self._codec.packet(line))
            return
        self._lines.append(line)
        self._bytes += len(line)
        if self._bytes >= MOST_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what was gathered so far, ahead of anything that must come behind it."""
        if self._lines:
            lines, self._lines, self._bytes = self._lines, [], 0
            self._connection.write(self._codec.frame(lines))
