"""An ASGI server of nothing: scopes in, messages out."""

import asyncio
from collections.abc import Mapping, MutableMapping
from typing import Any

from antiphon import App


class Answer:
    """What an app answered to one HTTP request."""

    def __init__(self, messages: list[MutableMapping[str, Any]]) -> None:
        start, body = messages
        self.status: int = start["status"]
        self.headers: dict[bytes, bytes] = dict(start["headers"])
        self.body: bytes = body["body"]


async def ask(
    app: App,
    path: str,
    *,
    method: str = "GET",
    root: str = "",
    scheme: str = "http",
    headers: Mapping[str, str | bytes] | None = None,
    query: bytes = b"",
    body: bytes = b"",
) -> Answer:
    """Send one request. Names of headers are in lower case."""
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": scheme,
        "path": path,
        "method": method,
        "root_path": root,
        "headers": [(key.encode(), _bytes(value)) for key, value in (headers or {}).items()],
        "query_string": query,
    }
    await app(scope, receive, send)
    return Answer(sent)


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


class Lifespan:
    """A server's lifespan conversation with an app."""

    def __init__(self, app: App) -> None:
        self.sent: list[MutableMapping[str, Any]] = []
        self._events: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self._answered = asyncio.Event()
        self._task = asyncio.create_task(self._run(app))

    async def _run(self, app: App) -> None:
        async def send(message: MutableMapping[str, Any]) -> None:
            self.sent.append(message)
            self._answered.set()

        await app({"type": "lifespan"}, self._events.get, send)

    async def say(self, event: str) -> MutableMapping[str, Any]:
        """Send ``startup`` or ``shutdown``; return the answer."""
        self._answered.clear()
        self._events.put_nowait({"type": f"lifespan.{event}"})
        await self._answered.wait()
        return self.sent[-1]

    async def end(self) -> None:
        await self._task
