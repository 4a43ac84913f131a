"""Where clients come in: the paths of an app's transports, and of what else it serves over HTTP.

Every transport has the same authentication, limits and sessions. WebSockets are served by whoever
holds their endpoints, or over ASGI; everything else is ASGI.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Final, Literal, get_args

from antiphon import codes
from antiphon.errors import DeclarationError
from antiphon.hub.doors import SUBPROTOCOLS
from antiphon.hub.hub import Hub
from antiphon.hub.session import Session
from antiphon.limits import Limits
from antiphon.server.emulation import Emulation
from antiphon.server.http import Receive, Scope, Send, path_of, respond
from antiphon.server.site import Page, Route, Site, page, refuse_method
from antiphon.wire.asgi_websocket import serve_websocket
from antiphon.wire.origin import FOREIGN, origin_allowed
from antiphon.wire.port import Connection, Endpoint, Refusal, Request
from antiphon.wire.stream import (
    HTTP_STREAM,
    SSE,
    UNI_HTTP_STREAM,
    UNI_SSE,
    Kind,
    Streams,
    serve_stream,
)

Transport = Literal[
    "websocket", "http_stream", "sse", "uni_websocket", "uni_http_stream", "uni_sse"
]
"""The ways to connect; those that begin with ``uni`` only send to the client."""

BIDIRECTIONAL: Final[tuple[Transport, ...]] = ("websocket", "http_stream", "sse")
"""What an app offers unless it says otherwise: all that the SDKs may fall back to."""

WEBSOCKET_PATH: Final = "/connection/websocket"
"""Where every Centrifuge SDK expects it. The other transports have theirs beside it."""

EMULATION_PATH: Final = "/emulation"

_STREAMS: Final[Mapping[str, Kind]] = {
    "http_stream": HTTP_STREAM,
    "sse": SSE,
    "uni_http_stream": UNI_HTTP_STREAM,
    "uni_sse": UNI_SSE,
}


def path_to(transport: str) -> str:
    """Return the path of a transport."""
    return f"/connection/{transport}"


class Entrance:
    """The transports and pages of one app.

    Args:
        hub: whom clients are handed to.
        transports: that are offered.
        origins: as in `App`.
        compression: as in `App`.
        pages: by path; read by whoever asks.
        routes: by path; what else is served.

    Raises:
        DeclarationError: there is no such transport.
    """

    def __init__(
        self,
        hub: Hub,
        *,
        transports: Collection[Transport],
        origins: frozenset[str],
        compression: int,
        pages: Mapping[str, Page],
        routes: Mapping[str, Route],
    ) -> None:
        _check_known(transports)
        self._hub = hub
        self.transports = tuple(transports)
        self._origins = origins
        self._compression = compression
        self._streams = Streams()
        names = [name for name in self.transports if name not in _STREAMS]
        self.sockets = {path_to(name): self.endpoint(name) for name in names}
        """The WebSocket endpoints, by path."""
        self.site = Site(
            {
                **{path: page(make) for path, make in pages.items()},
                **{path: _upgrade_required for path in self.sockets},
                **dict(self._stream_routes()),
                **routes,
            }
        )

    @property
    def limits(self) -> Limits:
        """Those of the app."""
        return self._hub.core.limits

    def endpoint(self, transport: str) -> Endpoint:
        """Return what is served as one of the transports."""
        told = transport == "uni_websocket"
        return Endpoint(
            open=self._open_told if told else partial(self._hub.open, door=transport),
            admit=self._admit,
            limits=self.limits,
            compression=self._compression,
            subprotocols=SUBPROTOCOLS if transport == "websocket" else (),
        )

    async def serve_websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope of type "websocket"."""
        endpoint = self.sockets.get(path_of(scope))
        if endpoint is None:
            await send({"type": "websocket.close", "code": codes.NORMAL_CLOSURE})
        else:
            await serve_websocket(scope, receive, send, endpoint)

    def _open_told(self, connection: Connection) -> Session:
        """Open a WebSocket that is only sent to, which may say in its URL who it is."""
        session = self._hub.open(connection, "uni_websocket")
        if said := connection.request.parameter("cf_connect"):
            session.on_message(said.encode())
        return session

    def _stream_routes(self) -> Iterator[tuple[str, Route]]:
        kinds = {name: _STREAMS[name] for name in self.transports if name in _STREAMS}
        for name, kind in kinds.items():
            serve = partial(
                serve_stream, endpoint=self.endpoint(name), kind=kind, streams=self._streams
            )
            yield path_to(name), serve
        if any(kind.emulated for kind in kinds.values()):
            emulation = Emulation(
                self._streams,
                node=self._hub.core.node,
                limits=self.limits,
                admit=self._admit_origin,
            )
            yield EMULATION_PATH, emulation

    def _admit(self, request: Request) -> Refusal | None:
        return self._admit_origin(request) or self._hub.refusal(request)

    def _admit_origin(self, request: Request) -> Refusal | None:
        return None if origin_allowed(request, self._origins) else FOREIGN


def _check_known(transports: Collection[str]) -> None:
    known = get_args(Transport)
    if isinstance(transports, str) or not all(name in known for name in transports):
        raise DeclarationError(f"transports={transports!r}: a list of {', '.join(known)}")


async def _upgrade_required(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["method"] not in ("GET", "HEAD"):
        await refuse_method(send)
        return
    # HTTP/2 knows neither header (RFC 9113 section 8.2.2).
    upgradable = scope.get("http_version", "1.1").startswith("1.")
    headers = {"upgrade": "websocket", "connection": "upgrade"} if upgradable else {}
    await respond(send, 426, b"connect with WebSocket", headers=headers)
