"""The library most Python programs use: `websockets`, its asyncio server and its `broadcast`.

Keepalive pings are off. permessage-deflate is off too unless the option ``compression`` asks for
it, because the library would spend most of its time and memory there.
"""

from collections.abc import Sequence
from typing import Any

from websockets.asyncio.server import ServerConnection, broadcast, serve

from bench import payloads
from bench.peers import Options


class Broadcast:
    """The peer."""

    dialect = "plain"

    def __init__(self, url: str, connections: set[ServerConnection]) -> None:
        self.url = url
        self._connections = connections
        self._messages: list[str] = []

    def load(self, events: Sequence[dict[str, Any]]) -> None:
        self._messages = [payloads.encode(event).decode() for event in events]

    async def publish(self, first: int, count: int) -> None:
        for message in self._messages[first : first + count]:
            broadcast(self._connections, message)


async def start(options: Options) -> Broadcast:
    """Serve on a free port of the loopback interface."""
    connections: set[ServerConnection] = set()

    async def echo(connection: ServerConnection) -> None:
        connections.add(connection)
        try:
            async for message in connection:
                await connection.send(message)
        finally:
            connections.discard(connection)

    compression = "deflate" if options.get("compression") else None
    server = await serve(
        echo, "127.0.0.1", 0, compression=compression, ping_interval=None, backlog=4096
    )
    port = server.sockets[0].getsockname()[1]
    return Broadcast(f"ws://127.0.0.1:{port}/", connections)
