"""A WebSocket without a socket: messages go from one end to the other within the process.

`MemoryConnection` is the server's end, what the hub gets to write to; `MemoryPipe` is the client's.
Order, message limits, pausing and closing are those of a socket. There is no congestion, so nobody
is ever dropped for being slow, and no compression.

Messages arrive in a later turn of the event loop, as they would from a socket.
"""

import asyncio
from collections import deque

from antiphon import codes
from antiphon.wire.client import SocketClosed
from antiphon.wire.packet import Packet
from antiphon.wire.port import Receiver, Request


class MemoryConnection:
    """The server's end: `antiphon.wire.port.Connection`.

    Args:
        request: what the client would have sent to open it.
        message_limit: bytes of the largest inbound message.
    """

    def __init__(self, request: Request, message_limit: int) -> None:
        self.request = request
        self.message_limit = message_limit
        self.subprotocol: str | None = None
        self.session = ""
        self.pings = False
        self.written: deque[bytes] = deque()
        """What the client has not taken yet."""
        self.end: tuple[int, str] | None = None
        """Close code and reason, once it has ended."""
        self.over = asyncio.Event()
        """Set when the receiver has been told of the end."""
        self.changed = asyncio.Event()
        """Set when something was written, or the connection ended."""
        self._loop = asyncio.get_running_loop()
        self._held: deque[bytes] = deque()
        self._paused = False
        self._receiver: Receiver

    def start(self, receiver: Receiver) -> None:
        """Deliver to a receiver from here on."""
        self._receiver = receiver

    def write(self, packet: Packet) -> None:
        """Send one message to the client."""
        if self.end is None:
            self.written.append(packet.payload)
            self.changed.set()

    def close(self, code: int, reason: str) -> None:
        """End the connection; the client still takes what was written."""
        if self.end is None:
            self.end = (code, reason)
            self.changed.set()
            self._loop.call_soon(self._notify)

    def ping(self) -> None:
        """Do nothing: there are no frames."""

    def pause_reading(self) -> None:
        """Hold back messages from the client."""
        self._paused = True

    def resume_reading(self) -> None:
        """Undo `pause_reading`."""
        self._paused = False
        self._loop.call_soon(self._deliver)

    def take(self, text: bytes) -> None:
        """Take a message from the client, for a later turn of the loop."""
        self._held.append(text)
        self._loop.call_soon(self._deliver)

    def _deliver(self) -> None:
        while self._held and not self._paused and self.end is None:
            text = self._held.popleft()
            if len(text) > self.message_limit:
                self.close(codes.MESSAGE_TOO_BIG, "message too big")
            else:
                self._receiver.on_message(text)

    def _notify(self) -> None:
        if self.end is not None:
            self._receiver.on_close(*self.end)
        self.over.set()


class MemoryPipe:
    """The client's end: `antiphon.dialer.Pipe`."""

    def __init__(self, connection: MemoryConnection) -> None:
        self._connection = connection

    async def send(self, text: bytes) -> None:
        """Send one message; raises `SocketClosed` after the end."""
        if self._connection.end is not None:
            raise SocketClosed(*self._connection.end)
        self._connection.take(text)

    async def receive(self) -> bytes:
        """Return the next message; raises `SocketClosed` when there is none left after the end."""
        connection = self._connection
        while not connection.written:
            if connection.end is not None:
                raise SocketClosed(*connection.end)
            connection.changed.clear()
            await connection.changed.wait()
        return connection.written.popleft()

    async def close(self) -> None:
        """Hang up, and wait until the server has noticed."""
        self._connection.close(codes.NORMAL_CLOSURE, "")
        await self._connection.over.wait()
