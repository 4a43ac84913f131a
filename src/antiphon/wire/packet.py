"""One outgoing message, prepared once and written to any number of connections.

The payload is framed when the packet is made. It is compressed when the first connection that
negotiated compression needs it, once per window size; every further connection writes the same
bytes. A packet is not changed after that, except for the header that a writer puts in front.
"""

from collections.abc import Callable
from typing import Final

HEADROOM: Final = 14
"""Bytes kept free before the payload: the longest frame header there is (RFC 6455 section 5.2)."""

TEXT: Final = 1
BINARY: Final = 2

_FREE: Final = bytes(HEADROOM)
_join: Final = bytearray().join
"""Makes a frame in one allocation, and in half the time of ``bytearray(_FREE + payload)``."""

Deflate = Callable[[bytes], bytes | None]
"""Compresses a payload; None where compression is not worth it."""


class Packet:
    """A message for clients.

    Args:
        payload: UTF-8, or any bytes with the opcode `BINARY`.
        opcode: `TEXT` or `BINARY` (RFC 6455 section 5.2).
    """

    __slots__ = ("_deflated", "frame", "opcode", "payload")

    frame: bytearray
    """The payload behind `HEADROOM` free bytes, into which a writer puts its header."""

    def __init__(self, payload: bytes, opcode: int = TEXT) -> None:
        self.payload = payload
        self.opcode = opcode
        self.frame = _join((_FREE, payload))
        self._deflated: dict[Deflate, bytearray | None] | None = None

    def deflated(self, deflate: Deflate) -> bytearray | None:
        """The compressed payload behind `HEADROOM` free bytes, made once per `deflate`.

        None when `deflate` finds that compression is not worth it: send `frame` then.
        """
        made = self._deflated
        if made is None:
            made = self._deflated = {}
        elif deflate in made:
            return made[deflate]
        data = deflate(self.payload)
        frame = None if data is None else _join((_FREE, data))
        made[deflate] = frame
        return frame
