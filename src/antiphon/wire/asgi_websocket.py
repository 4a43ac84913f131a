"""WebSockets over plain ASGI, for servers other than ours.

Frames, UTF-8, pings and the close handshake are the ASGI server's business, the size of a message
is ours.
"""

from collections.abc import MutableMapping
from typing import Any

from antiphon import codes
from antiphon.wire.admission import examine
from antiphon.wire.asgi import AsgiConnection, Message, Receive, Send, answer, request_of
from antiphon.wire.packet import BINARY, Packet
from antiphon.wire.port import Endpoint, Refusal
from antiphon.wire.rules import fit_reason


async def serve_websocket(
    scope: MutableMapping[str, Any], receive: Receive, send: Send, endpoint: Endpoint
) -> None:
    """Serve one ASGI scope of type "websocket" from handshake to end.

    A request that the endpoint does not admit gets its refusal as an HTTP answer where the server
    has the extension `websocket.http.response`, else the server's own 403.
    """
    await receive()  # "websocket.connect"; nothing else can come first
    request = request_of(scope)
    refusal = examine(endpoint, request)
    if refusal is not None:
        await _refuse(refusal, scope, send)
        return
    offered = scope.get("subprotocols", ())
    connection = AsgiWebSocket(request, endpoint)
    connection.subprotocol = next((name for name in endpoint.subprotocols if name in offered), None)
    await connection.run(receive, send)


async def _refuse(refusal: Refusal, scope: MutableMapping[str, Any], send: Send) -> None:
    if "websocket.http.response" in (scope.get("extensions") or {}):
        await answer(send, refusal, [], prefix="websocket.http")
    else:
        await send({"type": "websocket.close"})


class AsgiWebSocket(AsgiConnection):
    """One WebSocket of another server."""

    __slots__ = ()

    async def _read_all(self, receive: Receive) -> None:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                self._lost(message.get("code") or codes.NO_STATUS, message.get("reason") or "")
                return
            await self._readable.wait()
            if self._close is None:
                self._take_message(message)

    def _take_message(self, message: Message) -> None:
        text = message.get("text")
        self.binary = text is None
        self._take(message["bytes"] if text is None else text.encode())

    async def _send_greeting(self, send: Send) -> None:
        await send({"type": "websocket.accept", "subprotocol": self.subprotocol})

    async def _send_packet(self, send: Send, packet: Packet) -> None:
        if packet.opcode == BINARY:
            await send({"type": "websocket.send", "bytes": packet.payload})
        else:
            await send({"type": "websocket.send", "text": packet.payload.decode()})

    async def _send_farewell(self, send: Send, code: int, reason: str) -> None:
        reason = fit_reason(reason).decode()
        await send({"type": "websocket.close", "code": code, "reason": reason})
