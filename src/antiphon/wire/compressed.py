"""A native connection that negotiated permessage-deflate.

It differs from the others in what it writes: the packet's compressed form, which all connections with
the same window share. What it reads is told apart frame by frame, by the first reserved bit.
"""

import asyncio

from antiphon.wire.connection import NativeConnection
from antiphon.wire.packet import HEADROOM, Deflate, Packet
from antiphon.wire.port import Request
from antiphon.wire.service import Service


class CompressedConnection(NativeConnection):
    """A connection that negotiated permessage-deflate.

    Args:
        request: as in `NativeConnection`.
        service: as there.
        transport: as there.
        deflate: compresses packets for the window that was negotiated.
    """

    __slots__ = ("_deflate",)

    _compresses = True

    def __init__(
        self,
        request: Request,
        service: Service,
        transport: asyncio.Transport,
        deflate: Deflate,
    ) -> None:
        super().__init__(request, service, transport)
        self._deflate = deflate

    def write(self, packet: Packet) -> None:
        """Send one message, compressed if that is worth it."""
        deflated = packet.deflated(self._deflate)
        rsv1 = deflated is not None
        frame = packet.frame if deflated is None else deflated
        if self._flowing:
            self._writer.send_reuse_external_bytearray(packet.opcode, frame, HEADROOM, True, rsv1)
        else:
            self._queue(packet.opcode, frame, rsv1)
