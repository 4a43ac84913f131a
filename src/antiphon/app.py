"""The app: what is declared, and the one place where the parts are joined.

An `App` is an ASGI application. Under `antiphon run` its WebSockets bypass ASGI; under any other
ASGI server, or mounted in another app, they go through it, with the same rules and limits.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from antiphon import codes
from antiphon.auth import Authenticator
from antiphon.background import Background, BackgroundTasks
from antiphon.behaviour import Behaviour
from antiphon.channel import Channel, History
from antiphon.contract.explorer import Explorer
from antiphon.contract.serving import Documents
from antiphon.engine import MemoryEngine
from antiphon.entrance import BIDIRECTIONAL, Entrance, Transport
from antiphon.errors import AntiphonError, DeclarationError, Disconnect, StartupError
from antiphon.event import PayloadType
from antiphon.hub.client import Client
from antiphon.hub.core import Core
from antiphon.hub.hub import Hub
from antiphon.hub.ports import Engine
from antiphon.limits import Limits
from antiphon.server.api import API, build
from antiphon.server.health import health
from antiphon.server.http import Receive, Scope, Send
from antiphon.server.metrics import Metrics
from antiphon.server.readers import Docs, Readers
from antiphon.server.site import Page, Route
from antiphon.wire.port import Endpoint

F = TypeVar("F", bound=Callable[..., Any])

_ORIGIN = re.compile(r"https?://[^/?#@*\s]+")


class App:
    """A real-time app.

    Args:
        title: the app's name, for documentation and logs.
        version: the app's own version; clients see it on connect.
        description: what the app is, in CommonMark; for documentation.
        auth: who is let in: `JWT`, `Anonymous()`, or your own `Authenticator`. Without one, an
            `on_connect` hook has to say who a client is.
        messages: the events that `Client.send` may carry, ``Welcome | Notice``; or `bytes`.
        limits: every bound; see `Limits`.
        origins: web origins that may connect, all of them, as browsers send them
            (``https://example.com``, ``http://localhost:5173``); none means the host the app is
            served from. Clients outside browsers send no origin and are not affected.
        compression: zlib level 1 to 9 of permessage-deflate; 0 turns it off.
        transports: the ways to connect: ``websocket`` with its fall-backs ``http_stream`` and
            ``sse`` unless given; ``uni_websocket``, ``uni_http_stream`` and ``uni_sse`` are for
            clients without an SDK, which are only sent to.
        engine: where channel state lives; in this process's memory unless given.
        api: turns the server API on, for backends that show its key: ``API.from_env()``.
        docs: who may read the app's documentation over HTTP: ``local`` (on this machine everybody,
            elsewhere whoever may connect), ``clients`` (whoever may connect), ``open`` or ``off``.
    """

    def __init__(
        self,
        title: str,
        *,
        version: str = "0.0.0",
        description: str = "",
        auth: Authenticator | None = None,
        messages: Any = None,
        limits: Limits | None = None,
        origins: Sequence[str] = (),
        compression: int = 0,
        transports: Collection[Transport] = BIDIRECTIONAL,
        engine: Engine | None = None,
        api: API | None = None,
        docs: Docs = "local",
    ) -> None:
        if not 0 <= compression <= 9:
            raise DeclarationError(f"compression is a zlib level from 0 to 9, not {compression}")
        if isinstance(origins, str):
            raise DeclarationError(
                'origins is a list of all of them, like ["https://example.com"]; there is no wildcard'
            )
        for origin in origins:
            if not _ORIGIN.fullmatch(origin):
                raise DeclarationError(f"{origin!r} is no origin like https://example.com")
        if not isinstance(api, API | None):
            raise DeclarationError("api is an API: api=API.from_env()")
        self.title = title
        self.version = version
        self.description = description
        self.limits = limits or Limits()
        self.behaviour = Behaviour(
            auth, messages=messages, longest_name=self.limits.channel_name_length
        )
        core = Core(
            engine=engine or _memory_engine(self.limits),
            app=self.behaviour,
            limits=self.limits,
            version=version or "0.0.0",
        )
        self.hub = Hub(core)
        self.metrics = Metrics(self.hub, deprecated=self.behaviour.deprecated)
        self.server_api = build(api, hub=self.hub, router=self.behaviour.router, title=title)
        self.metrics.registry.register(self.server_api.tally)
        self._background = BackgroundTasks()
        self._entrance = Entrance(
            self.hub,
            transports=transports,
            origins=frozenset(origins),
            compression=compression,
            pages=self._pages(),
            routes={**self.server_api.routes, **self._documentation(docs)},
        )
        self._users = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._starting: asyncio.Lock

    # Declaring.

    def channel(
        self,
        address: str,
        *,
        publishes: Any = None,
        accepts: Any = None,
        history: History | None = None,
        presence: bool = False,
        join_leave: bool = False,
        open: bool = False,
        personal: bool = False,
        publish_unsubscribed: bool = False,
        read_unsubscribed: bool = False,
        delta: bool = False,
        tags_filter: bool = False,
        description: str = "",
        parameters: Mapping[str, str] = {},
    ) -> Channel:
        """Declare a channel, or with ``{parameters}`` a family of channels.

        Args:
            address: ``news``, ``chat:{room}``, ``order:{id:int}``, ``inbox#{user}``. What stands
                behind a ``#`` are the users who may subscribe, separated by commas.
            publishes: the events from server to client, ``Said | Typing``; or `bytes`, for
                payloads that are handed through unseen.
            accepts: the events from client to server, or `bytes`. An accepted event that no
                handler turns into another has to be among those published, too.
            history: what the channel keeps for clients that come back; nothing by default.
            presence: clients in the channel may ask who is in it.
            join_leave: clients in the channel are told who comes and goes.
            open: every connected client may subscribe, without being asked for more.
            personal: every connection of a user is subscribed to the user's own channel. The
                address has one parameter, ``{user}``.
            publish_unsubscribed: a client may publish without being in the channel.
            read_unsubscribed: a client may ask for presence and history without being in the
                channel: every connected one, where the name does not keep it out.
            delta: clients that ask for it get each publication as a patch to the one before, where
                that is smaller. For large payloads that change little.
            tags_filter: clients may choose publications by their tags.
            description: what the channel is for, in CommonMark; for documentation.
            parameters: what the address's parameters mean, by name; for documentation.

        Raises:
            DeclarationError: something of this does not fit.
        """
        channel = Channel(
            address,
            publishes=publishes,
            accepts=accepts,
            history=history,
            presence=presence,
            join_leave=join_leave,
            open=open,
            personal=personal,
            publish_unsubscribed=publish_unsubscribed,
            read_unsubscribed=read_unsubscribed,
            delta=delta,
            tags_filter=tags_filter,
            description=description,
            parameters=parameters,
            hub=self.hub,
            deprecated=self.behaviour.deprecated,
        )
        self.behaviour.router.add(channel)
        return channel

    def rpc(self, name: str) -> Callable[[F], F]:
        """Declare an RPC method: ``(client, request: Type) -> Type``.

        Types are whatever travels as JSON, or `bytes`, which are handed through unseen.
        """
        self.behaviour.calls.check(name)

        def declare(function: F) -> F:
            self.behaviour.calls.add(name, function)
            return function

        return declare

    def api_rpc(self, name: str) -> Callable[[F], F]:
        """Declare a method that backends call through the server API: ``(request: Type) -> Type``."""
        self.server_api.methods.check(name)

        def declare(function: F) -> F:
            self.server_api.methods.add(name, function)
            return function

        return declare

    def on_message(self, *events: PayloadType) -> Callable[[F], F]:
        """Declare the handler of one-way messages: ``(client, event)``. There is no reply.

        `bytes` in place of events takes all of them, unseen.
        """
        self.behaviour.messages.check(events)

        def declare(function: F) -> F:
            self.behaviour.messages.add(events, function)
            return function

        return declare

    def on_connect(self, function: F) -> F:
        """Declare who decides on attempts to connect: ``(attempt) -> Identity | None``.

        It sees the request's headers and cookies, and what `auth` made of the token. It returns
        an `Identity`, or None to leave `attempt.identity` as it is; it raises to refuse.
        """
        self.behaviour.on_connect(function)
        return function

    def on_disconnect(self, function: F) -> F:
        """Declare who is told of ended connections: ``(client)``, also `code` and `reason`."""
        self.behaviour.on_disconnect(function)
        return function

    def background(self, function: Background) -> Background:
        """Declare a task that runs from the app's start to its end."""
        self._background.add(function)
        return function

    def openapi(self) -> dict[str, Any]:
        """Describe the server API, with the app's own events and methods, as OpenAPI 3.1."""
        return self.server_api.describe()

    # Acting.

    def clients_of(self, user: str) -> list[Client]:
        """Return the connections of a user on this node."""
        return self.hub.clients_of(user)

    def disconnect(
        self,
        user: str,
        code: int = codes.FORCE_DISCONNECT.number,
        reason: str = codes.FORCE_DISCONNECT.text,
    ) -> None:
        """Close every connection of a user on this node."""
        Disconnect(code, reason)
        for client in self.clients_of(user):
            client.disconnect(code, reason)

    # Living.

    async def start(self) -> None:
        """Begin to serve. A started app is only counted, so that it may be started twice.

        Raises:
            StartupError: nobody says who clients are.
            DeclarationError: a channel accepts an event that leads nowhere.
        """
        async with self._turn():
            if self._users == 0:
                self._check_declared()
                await self.hub.start()
                self._background.start()
            self._users += 1

    async def stop(self) -> None:
        """Stop background tasks, send clients elsewhere, and let handlers finish.

        Does nothing in an app that is not started.
        """
        async with self._turn():
            if self._users == 1:
                await self._background.stop()
                await self.hub.stop()
            self._users = max(0, self._users - 1)

    async def drain(self) -> None:
        """Send clients elsewhere and let handlers finish: for servers that can wait for it."""
        await self.hub.drain()

    def _turn(self) -> asyncio.Lock:
        """One start or stop at a time. A lock belongs to one event loop; tests use many."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._starting = loop, asyncio.Lock()
        return self._starting

    @contextlib.asynccontextmanager
    async def lifespan(self, _: object = None) -> AsyncIterator[None]:
        """Start on entry, stop on exit: ``FastAPI(lifespan=app.lifespan)``."""
        await self.start()
        try:
            yield
        finally:
            await self.stop()

    def _check_declared(self) -> None:
        for channel in self.behaviour.router.channels:
            channel.check_handled()
        if self.behaviour.auth is None and self.behaviour.connect_handler is None:
            raise StartupError(
                f"app {self.title!r} does not say who may connect: give it auth=JWT.from_env(), "
                "declare @app.on_connect, or write auth=Anonymous() to let everybody in"
            )

    # Serving.

    @property
    def transports(self) -> tuple[Transport, ...]:
        """The ways to connect that are offered."""
        return self._entrance.transports

    def endpoint(self, transport: Transport = "websocket") -> Endpoint:
        """Return what is served as one transport, offered or not."""
        return self._entrance.endpoint(transport)

    def sockets(self) -> dict[str, Endpoint]:
        """Return what is served as WebSockets, by path."""
        return self._entrance.sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] == "lifespan":
            await self._serve_lifespan(receive, send)
            return
        await self._start_late()
        if scope["type"] == "websocket":
            await self._entrance.serve_websocket(scope, receive, send)
        else:
            await self._entrance.site(scope, receive, send)

    async def _serve_lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.start()
        except AntiphonError as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _start_late(self) -> None:
        """Start where nobody did: servers do not send the lifespan to mounted apps."""
        if self._users == 0:
            await self.start()

    def _pages(self) -> dict[str, Page]:
        def health_page() -> tuple[int, bytes, str]:
            return health(self.hub, version=self.version, dead_tasks=self._background.dead)

        return {
            "/health": health_page,
            "/metrics": self.metrics.page,
            # Load balancers set their affinity cookie on it; there is nothing to say.
            "/connection/init": lambda: (200, b"{}", "application/json"),
        }

    def _documentation(self, docs: Docs) -> dict[str, Route]:
        readers = Readers(docs, connect=self.behaviour.connect)
        if docs == "off":
            return {}
        documents = Documents(self)
        guarded = {path: readers.guard(route) for path, route in documents.routes().items()}
        return {**guarded, **Explorer(documents, readers).routes()}


def _memory_engine(limits: Limits) -> MemoryEngine:
    return MemoryEngine(
        idempotency_seconds=limits.idempotency_seconds,
        presence_seconds=limits.presence_seconds,
        history_bytes=limits.history_bytes,
    )
