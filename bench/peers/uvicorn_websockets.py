"""What a FastAPI or Starlette app runs on: uvicorn with its `websockets` protocol, bare ASGI.

The app is a plain ASGI callable without a framework, so that only the server is measured. Pings and
permessage-deflate are off.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

import uvicorn

from bench import payloads
from bench.peers import Options

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Echo:
    """The peer: an ASGI app that echoes, and broadcasts with one `send` per connection."""

    dialect = "plain"

    def __init__(self, url: str) -> None:
        self.url = url
        self.serving: asyncio.Task[None] | None = None
        self._senders: set[Send] = set()
        self._messages: list[str] = []

    def load(self, events: Sequence[dict[str, Any]]) -> None:
        self._messages = [payloads.encode(event).decode() for event in events]

    async def publish(self, first: int, count: int) -> None:
        for message in self._messages[first : first + count]:
            for send in self._senders:
                await send({"type": "websocket.send", "text": message})

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self._senders.add(send)
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
        self._senders.discard(send)


async def start(options: Options) -> Echo:
    """Serve on a free port of the loopback interface."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    app = Echo(f"ws://127.0.0.1:{listener.getsockname()[1]}/")
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        lifespan="off",
        log_level="error",
        access_log=False,
        backlog=4096,
    )
    app.serving = asyncio.create_task(uvicorn.Server(config).serve(sockets=[listener]))
    return app
