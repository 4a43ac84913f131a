"""The same `Connection` over plain ASGI, for servers other than ours.

Frames, UTF-8, pings and the close handshake are the ASGI server's business. What a client may cost is
ours, with the same limits as on the native path: size of a message, bytes in the outbox (3008),
time that a send may take, time to end after a close. A connection has one writer task, because
ASGI sends are coroutines; the app's own call reads.

ASGI cannot abort a TCP connection. When the deadline after a close has passed the app returns, and the
server does what it does then.
"""

import asyncio
import logging
from asyncio import Timeout
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from antiphon import codes
from antiphon.wire.admission import examine
from antiphon.wire.packet import BINARY, Packet
from antiphon.wire.port import Endpoint, Receiver, Refusal, Request
from antiphon.wire.rules import fit_reason

logger = logging.getLogger("antiphon.wire")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def serve_websocket(
    scope: MutableMapping[str, Any], receive: Receive, send: Send, endpoint: Endpoint
) -> None:
    """Serve one ASGI scope of type "websocket" from handshake to end.

    A request that the endpoint does not admit gets its refusal as an HTTP answer where the server
    has the extension `websocket.http.response`, else the server's own 403.
    """
    await receive()  # "websocket.connect"; nothing else can come first
    request = _request(scope)
    refusal = examine(endpoint, request)
    if refusal is not None:
        await _refuse(refusal, scope, send)
        return
    offered = scope.get("subprotocols", ())
    chosen = next((name for name in endpoint.subprotocols if name in offered), None)
    await send({"type": "websocket.accept", "subprotocol": chosen})
    await AsgiConnection(request, endpoint).run(receive, send)


def _request(scope: MutableMapping[str, Any]) -> Request:
    client = scope.get("client")
    return Request(
        path=scope["path"],
        query=scope.get("query_string", b"").decode("latin-1"),
        headers=tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, value in scope["headers"]
        ),
        scheme=scope.get("scheme", "ws"),
        address=client[0] if client else "",
    )


async def _refuse(refusal: Refusal, scope: MutableMapping[str, Any], send: Send) -> None:
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close"})
        return
    body = refusal.text.encode()
    headers = {
        **refusal.headers,
        "content-type": "text/plain; charset=utf-8",
        "content-length": str(len(body)),
    }
    await send(
        {
            "type": "websocket.http.response.start",
            "status": refusal.status,
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        }
    )
    await send({"type": "websocket.http.response.body", "body": body})


class AsgiConnection:
    """One WebSocket of another server: `antiphon.wire.port.Connection` over ASGI.

    Args:
        request: that opened it.
        endpoint: what is served.
    """

    __slots__ = (
        "_close",
        "_deadline",
        "_endpoint",
        "_limits",
        "_loop",
        "_outbox",
        "_queued",
        "_readable",
        "_receiver",
        "_writable",
        "binary",
        "message_limit",
        "request",
    )

    _deadline: Timeout
    binary: bool
    """Whether the message being delivered is binary."""

    def __init__(self, request: Request, endpoint: Endpoint) -> None:
        self.request = request
        self.message_limit = endpoint.limits.message_bytes
        self.binary = False
        self._endpoint = endpoint
        self._limits = endpoint.limits
        self._loop = asyncio.get_running_loop()
        self._receiver: Receiver | None = None
        self._outbox: deque[Packet] = deque()
        self._queued = 0
        self._close: tuple[int, str] | None = None
        self._writable = asyncio.Event()
        self._readable = asyncio.Event()
        self._readable.set()

    async def run(self, receive: Receive, send: Send) -> None:
        """Serve the connection until it has ended."""
        writer = self._loop.create_task(self._write_all(send))
        try:
            async with asyncio.timeout(None) as self._deadline:
                self._open()
                await self._read_all(receive)
        except TimeoutError:
            pass  # the deadline after a close
        finally:
            writer.cancel()
            self._notify(codes.ABNORMAL_CLOSURE, "")

    def write(self, packet: Packet) -> None:
        """Send one message. Never blocks: a client that stays behind is closed with 3008."""
        if self._close is not None:
            return
        if self._queued > self._limits.outbox_bytes:
            self._drop_outbox()
            self.close(*codes.SLOW)
            return
        self._outbox.append(packet)
        self._queued += len(packet.payload)
        self._writable.set()

    def close(self, code: int, reason: str) -> None:
        """Send a close frame and end within `Limits.close_seconds`."""
        if self._close is not None:
            return
        self._end(code, reason)
        self._writable.set()
        self._deadline.reschedule(self._loop.time() + self._limits.close_seconds)
        self._loop.call_soon(self._notify, code, reason)

    def pause_reading(self) -> None:
        """Take no further messages from the client until `resume_reading`."""
        self._readable.clear()

    def resume_reading(self) -> None:
        """Undo `pause_reading`."""
        self._readable.set()

    def _open(self) -> None:
        try:
            self._receiver = self._endpoint.open(self)
        except Exception:
            logger.exception("a connection could not be opened")
            self.close(codes.INTERNAL_FAILURE, "")

    async def _read_all(self, receive: Receive) -> None:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                code = message.get("code") or codes.NO_STATUS
                self._end(code, "")
                self._notify(code, message.get("reason") or "")
                return
            await self._readable.wait()
            if self._close is None:
                self._take(message)

    def _take(self, message: Message) -> None:
        text = message.get("text")
        data: bytes = message["bytes"] if text is None else text.encode()
        if len(data) > self.message_limit:
            self.close(codes.MESSAGE_TOO_BIG, "message too big")
            return
        self.binary = text is None
        try:
            if self._receiver is not None:
                self._receiver.on_message(data)
        except Exception:
            logger.exception("a message could not be handled")
            self.close(codes.INTERNAL_FAILURE, "")

    async def _write_all(self, send: Send) -> None:
        try:
            while self._close is None or self._outbox:
                await self._writable.wait()
                self._writable.clear()
                await self._flush(send)
            code, reason = self._close
            reason = fit_reason(reason).decode()
            await send({"type": "websocket.close", "code": code, "reason": reason})
        except Exception:
            # The server says in its own way that the client is gone, or a send took too long.
            self._deadline.reschedule(self._loop.time())

    async def _flush(self, send: Send) -> None:
        while self._outbox:
            packet = self._outbox.popleft()
            async with asyncio.timeout(self._limits.stalled_seconds):
                await send(_event(packet))
            self._queued -= len(packet.payload)

    def _end(self, code: int, reason: str) -> None:
        """Take and deliver no more messages."""
        if self._close is None:
            self._close = (code, reason)
        self._readable.set()

    def _drop_outbox(self) -> None:
        """Make way for the close frame."""
        self._outbox.clear()

    def _notify(self, code: int, reason: str) -> None:
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            try:
                receiver.on_close(code, reason)
            except Exception:
                logger.exception("the end of a connection could not be handled")


def _event(packet: Packet) -> Message:
    if packet.opcode == BINARY:
        return {"type": "websocket.send", "bytes": packet.payload}
    return {"type": "websocket.send", "text": packet.payload.decode()}
