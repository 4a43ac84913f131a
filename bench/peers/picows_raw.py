"""The floor: picows alone, with a loop that sends to every connection. No application.

`send` is called once per message and subscriber; picows frames the message and writes it to the
socket at once. No pings, no limits, no bookkeeping beyond a set of connections.
"""

from collections.abc import Sequence
from typing import Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from bench import payloads
from bench.peers import Options

TEXT = WSMsgType.TEXT
CLOSE = WSMsgType.CLOSE


class Echo(WSListener):  # type: ignore[misc]
    """One connection: listed while it is open, its messages echoed."""

    def __init__(self, transports: set[WSTransport]) -> None:
        self._transports = transports

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transports.add(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == CLOSE:
            transport.disconnect()
        else:
            transport.send(TEXT, frame.get_payload_as_bytes())

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._transports.discard(transport)


class Broadcast:
    """The peer."""

    dialect = "plain"

    def __init__(self, url: str, transports: set[WSTransport]) -> None:
        self.url = url
        self._transports = transports
        self._messages: list[bytes] = []

    def load(self, events: Sequence[dict[str, Any]]) -> None:
        self._messages = [payloads.encode(event) for event in events]

    async def publish(self, first: int, count: int) -> None:
        transports = self._transports
        for message in self._messages[first : first + count]:
            for transport in transports:
                transport.send(TEXT, message)


async def start(options: Options) -> Broadcast:
    """Serve on a free port of the loopback interface."""
    transports: set[WSTransport] = set()

    def listener(request: WSUpgradeRequest) -> Echo:
        return Echo(transports)

    server = await ws_create_server(listener, "127.0.0.1", 0, backlog=4096)
    port = server.sockets[0].getsockname()[1]
    return Broadcast(f"ws://127.0.0.1:{port}/", transports)
