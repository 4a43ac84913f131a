"""Servers for the tests: an endpoint that records, and the three ways to serve it.

Each server runs in a thread with an event loop of its own, so that tests can use plain sockets.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import hypercorn.asyncio
import hypercorn.config
import uvicorn
import uvloop

from antiphon.limits import Limits
from antiphon.wire.asgi import AsgiConnection
from antiphon.wire.asgi_websocket import serve_websocket
from antiphon.wire.connection import NativeConnection
from antiphon.wire.packet import BINARY, TEXT, Packet
from antiphon.wire.port import Connection, Endpoint, Refusal, Request
from antiphon.wire.server import Server, build_server
from tests.wire.peer import until

Answer = Callable[[Connection, bytes], None]
Serve = Callable[["Site"], Any]


def echo(connection: Connection, data: bytes) -> None:
    """Send a message back as it came."""
    assert isinstance(connection, NativeConnection | AsgiConnection)
    connection.write(Packet(data, BINARY if connection.binary else TEXT))


class Site:
    """An endpoint at ``/ws`` that keeps what happens to it.

    `answer` is called with every message, `examine` with every request.
    """

    def __init__(
        self,
        *,
        answer: Answer = echo,
        admit: Callable[[Request], Refusal | None] = lambda request: None,
        limits: Limits | None = None,
        **options: Any,
    ) -> None:
        self.limits = limits or Limits()
        self.endpoint = Endpoint(open=self._open, admit=self._admit, limits=self.limits, **options)
        self.requests: list[Request] = []
        self.connections: list[Connection] = []
        self.messages: list[bytes] = []
        self.ends: list[tuple[int, str]] = []
        self.admitted = 0
        self.pongs = 0
        self.answer = answer
        self.examine = admit
        self._loop: asyncio.AbstractEventLoop | None = None

    def clear(self) -> None:
        """Forget what happened, and answer with an echo again."""
        for kept in (self.requests, self.connections, self.messages, self.ends):
            kept.clear()
        self.admitted = 0
        self.answer = echo
        self.examine = lambda request: None

    def call(self, function: Callable[[], object]) -> None:
        """Run a function in the server's event loop, and wait for its end."""
        done: Future[object] = Future()

        def run() -> None:
            try:
                done.set_result(function())
            except BaseException as error:
                done.set_exception(error)

        assert self._loop is not None
        self._loop.call_soon_threadsafe(run)
        done.result(timeout=10)

    def _admit(self, request: Request) -> Refusal | None:
        self.requests.append(request)
        refusal = self.examine(request)
        self.admitted += refusal is None
        return refusal

    def _open(self, connection: Connection) -> "_Receiver":
        self._loop = asyncio.get_running_loop()
        self.connections.append(connection)
        return _Receiver(self, connection)


class _Receiver:
    def __init__(self, site: Site, connection: Connection) -> None:
        self._site = site
        self._connection = connection

    def on_message(self, data: bytes) -> None:
        self._site.messages.append(data)
        self._site.answer(self._connection, data)

    def on_pong(self) -> None:
        self._site.pongs += 1

    def on_close(self, code: int, reason: str) -> None:
        self._site.ends.append((code, reason))


async def plain_app(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI app that answers every request with ``ok`` and one WebSocket at ``/other``."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "other"})
    elif scope["type"] == "http":
        while (await receive()).get("more_body"):
            pass
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})
    else:
        await _lifespan(receive, send)


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


def asgi_app(site: Site) -> Any:
    """An ASGI app that serves the site's endpoint at every path."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await serve_websocket(scope, receive, send, site.endpoint)
        else:
            await plain_app(scope, receive, send)

    return app


@contextmanager
def in_thread(run: Callable[[], object]) -> Iterator[None]:
    """Run a server in a thread until the block ends; `run` must return soon after."""
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join(30)
        assert not thread.is_alive(), "the server did not stop"


@contextmanager
def run_server(
    server: uvicorn.Server, loop: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
) -> Iterator[int]:
    """Run a uvicorn server; yield its port, 0 if it has none."""

    def run() -> None:
        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(server.serve())

    with in_thread(run):
        until(lambda: server.started)
        try:
            name = server.servers[0].sockets[0].getsockname()
            yield name[1] if isinstance(name, tuple) else 0
        finally:
            server.should_exit = True


def native_server(site: Site, **options: Any) -> Server:
    """Build our own server for a site, on a free port."""
    return build_server(
        options.pop("app", plain_app),
        {"/ws": site.endpoint},
        limits=site.limits,
        **{"port": 0, "log_level": "warning", **options},
    )


@contextmanager
def native(site: Site) -> Iterator[int]:
    """Serve a site natively, on uvloop."""
    with run_server(native_server(site)) as port:
        yield port


@contextmanager
def native_on_asyncio(site: Site) -> Iterator[int]:
    """Serve a site natively, on asyncio's own event loop."""
    with run_server(native_server(site), asyncio.new_event_loop) as port:
        yield port


@contextmanager
def uvicorn_asgi(site: Site) -> Iterator[int]:
    """Serve a site by plain uvicorn with the `websockets` library."""
    config = uvicorn.Config(
        asgi_app(site), port=0, ws="websockets-sansio", log_config=None, lifespan="on"
    )
    with run_server(uvicorn.Server(config)) as port:
        yield port


@contextmanager
def hypercorn_asgi(site: Site) -> Iterator[int]:
    """Serve a site by hypercorn."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = hypercorn.config.Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.errorlog = config.accesslog = None
    config.graceful_timeout = 0.1
    stop = threading.Event()

    async def stopped() -> None:
        while not stop.is_set():  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.01)

    def run() -> None:
        app = asgi_app(site)
        asyncio.run(hypercorn.asyncio.serve(app, config, shutdown_trigger=stopped))

    with in_thread(run):
        try:
            yield port
        finally:
            stop.set()
