"""A small WebSocket client on picows: whole messages out and in.

For the test client and the terminal commands; a browser or an app uses a Centrifuge SDK. Messages that
arrive while nobody receives are kept, and above `WAITING` of them the socket is not read.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final, cast

from picows import WSError, WSFrame, WSListener, WSTransport, ws_connect

from antiphon import codes
from antiphon.errors import AntiphonError
from antiphon.wire.assemble import Assembly
from antiphon.wire.parser import FrameWriter
from antiphon.wire.rules import (
    BINARY,
    CLOSE,
    CONTINUATION,
    TEXT,
    Violation,
    check_bits,
    check_order,
    fit_reason,
    read_close,
)

logger = logging.getLogger("antiphon.wire.client")

WAITING: Final = 1_000
MAX_MESSAGE: Final = 16 * 1024 * 1024
"""Bytes of the largest message the client takes."""

CLOSE_SECONDS: Final = 5.0


class HandshakeFailed(AntiphonError):
    """The server answers, but not with a WebSocket.

    Args:
        status: of the HTTP answer, 0 if it was none.
        text: what is wrong.
    """

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        super().__init__(text)


class SocketClosed(AntiphonError):
    """The connection has ended; `code` is 1006 if no close frame was received."""

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"closed with {code} {reason}".rstrip())


async def open_socket(
    url: str, *, headers: Mapping[str, str] | None = None, subprotocols: Sequence[str] = ()
) -> "Socket":
    """Open a WebSocket.

    Args:
        url: ``ws://`` or ``wss://``.
        headers: sent along with the handshake.
        subprotocols: offered, best first.

    Raises:
        HandshakeFailed: the server refuses; `status` says how.
        OSError: there is no server.
        TimeoutError: it does not answer within 5 seconds.
    """
    offer = dict(headers or {})
    if subprotocols:
        offer["Sec-WebSocket-Protocol"] = ", ".join(subprotocols)
    try:
        _, listener = await ws_connect(
            Socket,
            url,
            extra_headers=offer,
            max_frame_size=MAX_MESSAGE,
            max_redirects=0,
            use_aiofastnet=False,
            logger_name=logger,
        )
    except WSError as error:
        response = getattr(error, "response", None)
        raise HandshakeFailed(response.status if response else 0, str(error)) from None
    return cast(Socket, listener)


class Socket(WSListener):
    """One open WebSocket; made by `open_socket`."""

    transport: WSTransport

    def __init__(self) -> None:
        self._messages: deque[bytes] = deque()
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._lost = asyncio.Event()
        self._assembly: Assembly | None = None
        self._end: tuple[int, str] | None = None

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that the server chose."""
        return self.transport.response.headers.get("Sec-WebSocket-Protocol")

    async def send(self, text: bytes) -> None:
        """Send a text message; wait while the server does not read.

        Raises:
            SocketClosed: the connection has ended.
        """
        await self._writable.wait()
        self._check_open()
        self._writer.send(TEXT, text)

    async def receive(self) -> bytes:
        """Return the next message, in order of arrival.

        Raises:
            SocketClosed: the connection has ended, and every message before that was received.
        """
        while not self._messages:
            self._check_open()
            self._arrived.clear()
            await self._arrived.wait()
        message = self._messages.popleft()
        self._steer_reading()
        return message

    async def close(self, code: int = codes.NORMAL_CLOSURE, reason: str = "") -> None:
        """Close, and wait for the end of the connection, at most `CLOSE_SECONDS`."""
        if self._end is None:
            self._writer.send_close(code, fit_reason(reason))
        self.transport.underlying_transport.resume_reading()
        try:
            await asyncio.wait_for(self._lost.wait(), CLOSE_SECONDS)
        except TimeoutError:
            self._writer.disconnect(graceful=False)
            await self._lost.wait()

    # picows calls these.

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Take the transport."""
        self.transport = transport
        self._writer = cast(FrameWriter, transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take one whole frame; pings are answered by picows."""
        opcode = frame.msg_type.value
        payload = frame.get_payload_as_bytes()
        try:
            check_bits(opcode, frame.rsv1 << 2 | frame.rsv2 << 1 | frame.rsv3, compresses=False)
            if opcode == CLOSE:
                self._on_close_frame(*read_close(payload))
            elif opcode in (TEXT, BINARY, CONTINUATION):
                self._on_data(opcode, payload, bool(frame.fin))
        except Violation as violation:
            self._writer.send_close(violation.code, fit_reason(violation.reason))
            self._writer.disconnect()
            self._finish(violation.code, violation.reason)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Note the end."""
        self._finish(codes.ABNORMAL_CLOSURE, "")
        self._lost.set()

    def pause_writing(self) -> None:
        """Hold senders back."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Let senders go on."""
        self._writable.set()

    def _on_data(self, opcode: int, payload: bytes, final: bool) -> None:
        assembly = self._assembly
        check_order(opcode, in_message=assembly is not None)
        if assembly is None:
            assembly = self._assembly = Assembly(opcode, 0, fragments=MAX_MESSAGE)
        assembly.add(payload, final=final, limit=MAX_MESSAGE)
        if final:
            self._assembly = None
            self._messages.append(bytes(assembly.data))
            self._arrived.set()
            self._steer_reading()

    def _on_close_frame(self, code: int, reason: str) -> None:
        if code == codes.NO_STATUS:
            self._writer.send(CLOSE, b"")
        else:
            self._writer.send_close(code, b"")
        self._writer.disconnect()
        self._finish(code, reason)

    def _finish(self, code: int, reason: str) -> None:
        if self._end is None:
            self._end = (code, reason)
        self._arrived.set()
        self._writable.set()

    def _check_open(self) -> None:
        if self._end is not None:
            raise SocketClosed(*self._end)

    def _steer_reading(self) -> None:
        if len(self._messages) < WAITING:
            self.transport.underlying_transport.resume_reading()
        else:
            self.transport.underlying_transport.pause_reading()
