"""One outgoing message, prepared once and written to any number of connections.

A packet is framed when the first connection needs the frame, and compressed when the first
connection that negotiated compression needs that. Every further connection writes the same bytes.
"""

from collections.abc import Callable

HEADROOM = 14
"""Bytes kept free before the payload: the longest frame header there is (RFC 6455 section 5.2)."""

Deflate = Callable[[bytes], bytes]


class Packet:
    """A text message for clients.

    `payload` is UTF-8. The properties are made on first use and kept.
    """

    __slots__ = ("_deflated", "_frame", "payload")

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self._frame: bytearray | None = None
        self._deflated: bytearray | None = None

    @property
    def frame(self) -> bytearray:
        """The payload behind `HEADROOM` free bytes, into which a writer puts its header."""
        frame = self._frame
        if frame is None:
            frame = self._frame = bytearray(HEADROOM) + self.payload
        return frame

    def deflated(self, deflate: Deflate) -> bytearray:
        """The compressed payload behind `HEADROOM` free bytes."""
        frame = self._deflated
        if frame is None:
            frame = self._deflated = bytearray(HEADROOM) + deflate(self.payload)
        return frame
