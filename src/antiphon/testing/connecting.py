"""`connect`, `serve` and `advance`: what a test begins with.

In process nothing listens, and `user=` needs no token: it says within the process who the client is,
which nothing on a network can.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

from antiphon.app import App
from antiphon.auth import Identity
from antiphon.dialer import Peer, dial
from antiphon.entrance import WEBSOCKET_PATH
from antiphon.hosting import Hosting
from antiphon.publication import StreamPosition
from antiphon.testing.client import AppClient
from antiphon.testing.memory import MemoryConnection, MemoryPipe
from antiphon.testing.vocabulary import Vocabulary
from antiphon.wire.client import HandshakeFailed
from antiphon.wire.port import Request
from antiphon.wire.server import Server

PATIENCE: Final = 5.0
"""Seconds to wait for anything, unless a test says otherwise."""

_TURNS: Final = 8
"""Turns of the loop in which a ping is answered in process."""


@asynccontextmanager
async def connect(
    app: App,
    *,
    user: str | None = None,
    meta: dict[str, Any] | None = None,
    info: Any = None,
    claims: dict[str, Any] | None = None,
    token: str = "",
    data: Any = None,
    headers: Mapping[str, str] | None = None,
    subs: Mapping[str, StreamPosition] | None = None,
    patience: float = PATIENCE,
) -> AsyncIterator[AppClient]:
    """Connect to an app in process; start it first, unless it runs.

    The app stops with the last connection. To have it outlive one, hold it by
    ``async with app.lifespan():``.

    Args:
        user: the client's user, taken as given: neither `auth` nor `on_connect` is asked. Without
            it they decide, by what the other arguments show.
        meta: with `user`: `Client.meta`.
        info: with `user`: JSON-able; what others see of the client.
        claims: with `user`: `Client.claims`.
        token: of the connection.
        data: JSON-able; `Attempt.data`.
        headers: of the HTTP request, such as ``{"cookie": "session=1"}``.
        subs: positions to recover server-side subscriptions from, by channel.
        patience: seconds to wait for anything.

    Raises:
        HandshakeFailed: the app does not admit the request.
        ErrorReply, SocketClosed: it refuses the client.
    """
    known = None
    if user is not None:
        known = Identity(user, meta=meta or {}, info=info, claims=claims or {})
    async with app.lifespan(), Peer(_open(app, known, headers or {})) as peer:
        client = AppClient(peer, Vocabulary(app), patience=patience)
        async with asyncio.timeout(patience):
            await peer.connect(token=token, data=data, subs=subs)
        yield client


def _open(app: App, known: Identity | None, headers: Mapping[str, str]) -> MemoryPipe:
    request = Request(
        path=WEBSOCKET_PATH,
        query="",
        headers=tuple((name.lower(), value) for name, value in headers.items()),
        scheme="ws",
        address="127.0.0.1",
    )
    refusal = app.endpoint().admit(request)
    if refusal is not None:
        raise HandshakeFailed(refusal.status, refusal.text)
    connection = MemoryConnection(request, app.limits.message_bytes)
    session = app.hub.open(connection)
    session.known = known
    connection.start(session)
    return MemoryPipe(connection)


async def advance(app: App, *, seconds: int) -> None:
    """Have the app's pings and deadlines come as if so many seconds had passed.

    Clients in process answer pings meanwhile. The time of tokens and their expiry, of history and
    presence, and that of `asyncio.sleep` in handlers, goes on as it does.
    """
    for _ in range(seconds):
        app.hub.second()
        for _ in range(_TURNS):
            await asyncio.sleep(0)


class Served:
    """An app on a port of the loopback interface."""

    def __init__(self, hosting: Hosting, server: Server) -> None:
        self.url = f"http://127.0.0.1:{server.port}"
        self.apps = hosting.apps
        """By the path they are mounted at."""

    def websocket_url(self, app: App | None = None) -> str:
        """Return where SDKs connect to; needs the app where several are mounted."""
        path = self._mount(app)[0] + WEBSOCKET_PATH
        return "ws" + self.url.removeprefix("http") + path

    def connect(
        self,
        app: App | None = None,
        *,
        token: str = "",
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        subs: Mapping[str, StreamPosition] | None = None,
        patience: float = PATIENCE,
    ) -> AbstractAsyncContextManager[AppClient]:
        """Connect over a socket. The arguments are those of `antiphon.testing.connect`."""
        found = self._mount(app)[1]
        dialled = dial(
            self.websocket_url(found), token=token, data=data, headers=headers, subs=subs
        )
        return _over(dialled, Vocabulary(found), patience)

    def _mount(self, app: App | None) -> tuple[str, App]:
        mounts = [(path, found) for path, found in self.apps.items() if app in (None, found)]
        if len(mounts) != 1:
            raise LookupError(f"say which app: {list(self.apps) or 'none'} are served")
        return mounts[0]


@asynccontextmanager
async def _over(
    dialled: AbstractAsyncContextManager[Peer], vocabulary: Vocabulary, patience: float
) -> AsyncIterator[AppClient]:
    async with dialled as peer:
        yield AppClient(peer, vocabulary, patience=patience)


@asynccontextmanager
async def serve(target: Any) -> AsyncIterator[Served]:
    """Serve an app, or an ASGI app that Apps are mounted in, as `antiphon run` does.

    Args:
        target: runs in the test's own event loop, on a free port of 127.0.0.1.

    Raises:
        StartupError: the app cannot start.
    """
    hosting = Hosting(target)
    server = hosting.server(port=0, log_level=None)
    serving = asyncio.create_task(hosting.serve(server))
    ready = asyncio.create_task(server.ready.wait())
    try:
        await asyncio.wait([serving, ready], return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            await serving
        yield Served(hosting, server)
    finally:
        ready.cancel()
        server.should_exit = True
        await asyncio.wait([serving])
