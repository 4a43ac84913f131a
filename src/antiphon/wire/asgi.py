"""What the connections of an ASGI server have in common: the WebSocket's, and the HTTP stream's.

What a client may cost is ours, with the same limits as on the native path: bytes in the outbox
(3008), time that a send may take, time to end after a close. A connection has one writer task,
because ASGI sends are coroutines; the app's own call reads.

ASGI cannot abort a TCP connection. When the deadline after a close has passed the app returns, and the
server does what it does then.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from asyncio import Timeout
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from antiphon import codes
from antiphon.wire.packet import Packet
from antiphon.wire.port import Endpoint, Receiver, Refusal, Request

logger = logging.getLogger("antiphon.wire")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


def request_of(scope: MutableMapping[str, Any]) -> Request:
    """Return the request that an ASGI scope describes."""
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


async def answer(send: Send, refusal: Refusal, headers: Headers, *, prefix: str) -> None:
    """Send a whole HTTP response.

    Args:
        headers: besides those that the refusal has.
        prefix: of the message types: ``http`` or ``websocket.http``.
    """
    body = refusal.text.encode()
    own = {**refusal.headers, "cache-control": "no-store"}
    if refusal.status != 204:  # which has no content, not even an empty one
        own["content-type"] = "text/plain; charset=utf-8"
        own["content-length"] = str(len(body))
        own["x-content-type-options"] = "nosniff"
    head = [(name.lower().encode(), value.encode()) for name, value in own.items()]
    await send(
        {
            "type": f"{prefix}.response.start",
            "status": refusal.status,
            "headers": [*head, *headers],
        }
    )
    await send({"type": f"{prefix}.response.body", "body": body})


class AsgiConnection(ABC):
    """One connection of another server: `antiphon.wire.port.Connection` over ASGI.

    Subclasses say how a packet is sent, how the connection begins and ends, and what is read.

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
        "session",
        "subprotocol",
    )

    pings = False
    _deadline: Timeout
    binary: bool
    """Whether the message being delivered is binary."""

    def __init__(self, request: Request, endpoint: Endpoint) -> None:
        self.request = request
        self.subprotocol: str | None = None
        self.session = ""
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
            self._lost(codes.ABNORMAL_CLOSURE, "")

    # What sits above calls these.

    def write(self, packet: Packet) -> None:
        """Send one message. Never blocks: a client that stays behind is closed with 3008."""
        if self._close is not None:
            return
        if self._queued > self._limits.outbox_bytes:
            self._outbox.clear()
            self.close(*codes.SLOW)
            return
        self._outbox.append(packet)
        self._queued += len(packet.payload)
        self._writable.set()

    def close(self, code: int, reason: str) -> None:
        """Send what waits, say farewell, and end within `Limits.close_seconds`."""
        if self._close is not None:
            return
        self._end(code, reason)
        self._writable.set()
        self._deadline.reschedule(self._loop.time() + self._limits.close_seconds)
        self._loop.call_soon(self._notify, code, reason)

    def ping(self) -> None:
        """Leave it to the server, which pings by itself."""
        return None

    def pause_reading(self) -> None:
        """Take no further messages from the client until `resume_reading`."""
        self._readable.clear()

    def resume_reading(self) -> None:
        """Undo `pause_reading`."""
        self._readable.set()

    # What a subclass says.

    @abstractmethod
    async def _read_all(self, receive: Receive) -> None:
        """Take messages until the client is gone, then call `_lost`."""

    @abstractmethod
    async def _send_greeting(self, send: Send) -> None:
        """Send what comes ahead of all packets."""

    @abstractmethod
    async def _send_packet(self, send: Send, packet: Packet) -> None: ...

    @abstractmethod
    async def _send_farewell(self, send: Send, code: int, reason: str) -> None:
        """End the connection, behind all packets."""

    # Within.

    def _open(self) -> None:
        try:
            self._receiver = self._endpoint.open(self)
        except Exception:
            logger.exception("a connection could not be opened")
            self.close(codes.INTERNAL_FAILURE, "")

    def _take(self, data: bytes) -> None:
        if len(data) > self.message_limit:
            self.close(codes.MESSAGE_TOO_BIG, "message too big")
            return
        try:
            if self._receiver is not None:
                self._receiver.on_message(data)
        except Exception:
            logger.exception("a message could not be handled")
            self.close(codes.INTERNAL_FAILURE, "")

    async def _write_all(self, send: Send) -> None:
        try:
            await self._send_greeting(send)
            while self._close is None or self._outbox:
                await self._writable.wait()
                self._writable.clear()
                await self._flush(send)
            await self._send_farewell(send, *self._close)
        except Exception:
            # The server says in its own way that the client is gone, or a send took too long.
            self._end(codes.ABNORMAL_CLOSURE, "")
            if not self._deadline.expired():
                self._deadline.reschedule(self._loop.time())

    async def _flush(self, send: Send) -> None:
        while self._outbox:
            packet = self._outbox.popleft()
            async with asyncio.timeout(self._limits.stalled_seconds):
                await self._send_packet(send, packet)
            self._queued -= len(packet.payload)

    def _lost(self, code: int, reason: str) -> None:
        """Note that the client is gone."""
        self._end(code, "")
        self._notify(code, reason)

    def _end(self, code: int, reason: str) -> None:
        """Take and deliver no more messages."""
        if self._close is None:
            self._close = (code, reason)
        self._readable.set()

    def _notify(self, code: int, reason: str) -> None:
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            try:
                receiver.on_close(code, reason)
            except Exception:
                logger.exception("the end of a connection could not be handled")
