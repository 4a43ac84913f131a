"""Clients over real sockets, and two servers for them: ours, and one that knows only ASGI."""

import asyncio
import json
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import hypercorn.asyncio
import hypercorn.config

from antiphon import Anonymous, App, Client, Event, History
from antiphon.entrance import EMULATION_PATH, path_to
from antiphon.testing import serve
from tests.hub.streams import ALL
from tests.wire.events import EventReader, LineReader, ServerSentEvent

SECONDS = 20.0
"""How long to wait for what must happen."""


class Said(Event):
    """Somebody said something."""

    text: str


def build(**options: Any) -> App:
    """Make an app whose ``room:{name}`` keeps what is said; ``short:{name}`` keeps two."""
    app = App("Streams", auth=Anonymous(), transports=ALL, **options)
    kept = History(size=100, ttl=300)
    app.channel("room:{name}", publishes=Said, accepts=Said, history=kept, open=True)
    app.channel("short:{name}", publishes=Said, history=History(size=2, ttl=300), open=True)

    @app.rpc("echo")
    async def echo(client: Client, request: str) -> str:
        return request

    return app


async def say(app: App, channel: str, *texts: str) -> None:
    kind, _, name = channel.partition(":")
    (declared,) = (c for c in app.behaviour.router.channels if c.address.pattern.startswith(kind))
    for text in texts:
        await declared.publish(Said(text=text), name=name)


@asynccontextmanager
async def native(target: Any) -> AsyncIterator[str]:
    """Serve by our own server; yield the URL."""
    async with serve(target) as served:
        yield served.url


@asynccontextmanager
async def by_hypercorn(target: Any) -> AsyncIterator[str]:
    """Serve by hypercorn; yield the URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = hypercorn.config.Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.errorlog = config.accesslog = None
    config.graceful_timeout = 0.1
    stop = asyncio.Event()
    serving = asyncio.ensure_future(
        hypercorn.asyncio.serve(target, config, shutdown_trigger=stop.wait)
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stop.set()
        await asyncio.wait_for(serving, SECONDS)


async def eventually(condition: Callable[[], object]) -> None:
    """Wait for something that another connection brings about."""
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.01)


class Stream:
    """An open response, read piece by piece."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.last_id = ""
        events = response.headers["content-type"].startswith("text/event-stream")
        self._reader = EventReader() if events else LineReader()
        self._pieces = response.aiter_text()
        self._found: deque[Any] = deque()

    async def next(self) -> Any:
        """Return the next message; raises `StopAsyncIteration` behind the last one."""
        while not self._found:
            self._found.extend(self._reader.feed(await anext(self._pieces)))
        found = self._found.popleft()
        if not isinstance(found, ServerSentEvent):
            return found
        self.last_id = found.id
        return found.json()

    async def some(self, count: int) -> list[Any]:
        return [await self.next() for _ in range(count)]

    async def rest(self) -> list[Any]:
        """Return all there is up to the end."""
        found = []
        try:
            while True:
                found.append(await self.next())
        except StopAsyncIteration:
            return found


class Web:
    """An HTTP client of one served app.

    Args:
        url: of the app, with the path it is mounted at.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.AsyncClient(timeout=SECONDS)

    async def __aenter__(self) -> "Web":
        await self.http.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.http.aclose()

    def path(self, transport: str) -> str:
        return self.url + path_to(transport)

    @asynccontextmanager
    async def post(self, transport: str, *said: Any, **options: Any) -> AsyncIterator[Stream]:
        """Open a stream; what is said are lines of JSON."""
        body = "\n".join(map(json.dumps, said)).encode()
        async with self.http.stream(
            "POST", self.path(transport), content=body, **options
        ) as response:
            assert response.status_code == 200
            yield Stream(response)

    @asynccontextmanager
    async def get(self, transport: str, said: Any = None, **options: Any) -> AsyncIterator[Stream]:
        """Open a stream as `EventSource` does."""
        params = {} if said is None else {"cf_connect": json.dumps(said)}
        async with self.http.stream(
            "GET", self.path(transport), params=params, **options
        ) as response:
            assert response.status_code == 200
            yield Stream(response)

    async def emulate(self, connected: dict[str, Any], *commands: Any) -> int:
        """Bring commands of a stream, by the result of its connect; return the status."""
        data = "\n".join(map(json.dumps, commands))
        request = {"session": connected["session"], "node": connected["node"], "data": data}
        return (await self.http.post(self.url + EMULATION_PATH, json=request)).status_code
