"""HTTP responses that do not end: connections for where WebSockets do not get through.

The request says who the client is, the response carries everything to the client. An emulated
stream has a name, by which further requests of the client bring its commands (`Streams`). Whoever
knows the name speaks for the client, so it is random and secret.

The response of a stream that is only read waits for what the connection makes of the request, so
that a refusal has an HTTP status, and `EventSource` does not try again. Any other response begins
at once.
"""

import secrets
from collections.abc import MutableMapping
from typing import Any, Final

from msgspec import Struct

from antiphon import codes
from antiphon.wire.admission import examine
from antiphon.wire.asgi import AsgiConnection, Headers, Receive, Send, answer, request_of
from antiphon.wire.asgi_http import Rejected, read_body
from antiphon.wire.cors import cors_headers, preflight_headers
from antiphon.wire.packet import Packet
from antiphon.wire.port import PROTOBUF_BODY, Endpoint, Refusal, Request

_HEADERS: Final[Headers] = [
    (b"x-accel-buffering", b"no"),
    (b"cache-control", b"private, no-cache, no-store, must-revalidate, max-age=0"),
    (b"pragma", b"no-cache"),
    (b"expire", b"0"),
    (b"x-content-type-options", b"nosniff"),
]
"""Nobody on the way may hold back or keep a piece of the response."""

_STATUSES: Final = {
    codes.CONNECTION_EXPIRED.number: 401,
    codes.INVALID_TOKEN.number: 401,
    codes.MALFORMED.number: 400,
    codes.CHANNEL_LIMIT.number: 400,
    codes.MESSAGE_TOO_BIG: 413,
    codes.FLOOD.number: 429,
    codes.CONNECTION_LIMIT.number: 429,
    codes.SERVER_ERROR.number: 500,
    codes.INTERNAL_FAILURE: 500,
}
"""HTTP status for a connection that was never made, by close code."""

WAITING: Final = 16
"""Requests of one client that may wait until its stream takes messages again."""


_LINES: Final = b"application/x-ndjson"
_EVENTS: Final = b"text/event-stream; charset=utf-8"


class Kind(Struct, frozen=True, kw_only=True):
    """A kind of stream: what its requests and responses look like."""

    methods: tuple[str, ...]
    content_type: bytes
    """Of responses in JSON; those in Protobuf have the request's."""
    prelude: bytes = b""
    """Sent before everything else, so that the browser notices the response."""
    emulated: bool = False
    """The client's messages come in further requests."""
    connect_demanded: bool = True
    """Whether a GET must bring what the client says about itself, in ``cf_connect``."""


HTTP_STREAM: Final = Kind(methods=("POST",), content_type=_LINES, emulated=True)
SSE: Final = Kind(
    methods=("GET", "POST"),
    content_type=_EVENTS,
    prelude=b"\r\n",
    emulated=True,
)
UNI_HTTP_STREAM: Final = Kind(methods=("POST",), content_type=_LINES)
UNI_SSE: Final = Kind(
    methods=("GET", "POST"),
    content_type=_EVENTS,
    prelude=b"\r\n",
    connect_demanded=False,
)


class Streams:
    """The open streams of a server that take messages, by their secret names."""

    def __init__(self) -> None:
        self._open: dict[str, Stream] = {}

    def find(self, name: str) -> "Stream | None":
        """Return an open stream."""
        return self._open.get(name)

    def enter(self, stream: "Stream") -> None:
        """Have a stream be found until `leave`, under a name of its own."""
        stream.session = secrets.token_urlsafe(18)
        self._open[stream.session] = stream

    def leave(self, stream: "Stream") -> None:
        """Have a stream be found no more."""
        self._open.pop(stream.session, None)


async def serve_stream(
    scope: MutableMapping[str, Any],
    receive: Receive,
    send: Send,
    endpoint: Endpoint,
    *,
    kind: Kind,
    streams: Streams,
) -> None:
    """Serve one ASGI scope of type "http" from the request to the end of the stream."""
    request = request_of(scope)
    try:
        _check(scope["method"], request, endpoint, kind)
        if scope["method"] == "OPTIONS":
            headers = preflight_headers(request, kind.methods)
            await answer(send, Refusal(204, ""), headers, prefix="http")
            return
        said = await _first_message(scope["method"], request, receive, endpoint, kind)
    except Rejected as rejected:
        await answer(send, rejected.refusal, cors_headers(request), prefix="http")
        return
    stream = Stream(request, endpoint, kind, said)
    if kind.emulated:
        streams.enter(stream)
    try:
        await stream.run(receive, send)
    finally:
        streams.leave(stream)


def _check(method: str, request: Request, endpoint: Endpoint, kind: Kind) -> None:
    if method not in (*kind.methods, "OPTIONS"):
        allow = ", ".join((*kind.methods, "OPTIONS"))
        raise Rejected(Refusal(405, "method not allowed", {"allow": allow}))
    refusal = examine(endpoint, request)
    if refusal is not None:
        raise Rejected(refusal)


async def _first_message(
    method: str, request: Request, receive: Receive, endpoint: Endpoint, kind: Kind
) -> bytes:
    """Return what the client says about itself."""
    if method == "POST":
        return await read_body(receive, endpoint.limits.message_bytes_before_connect)
    said = request.parameter("cf_connect").encode()
    if not said and kind.connect_demanded:
        raise Rejected(Refusal(400, "the query lacks cf_connect"))
    return said


class Stream(AsgiConnection):
    """One open response.

    Args:
        request: that opened it.
        endpoint: what is served.
        kind: of stream.
        said: the client's first message.
    """

    __slots__ = ("_begun", "_kind", "_said", "_waiting")

    def __init__(self, request: Request, endpoint: Endpoint, kind: Kind, said: bytes) -> None:
        super().__init__(request, endpoint)
        self._kind = kind
        self._said = said
        self._begun = False
        self._waiting = 0

    @property
    def busy(self) -> bool:
        """Whether so many messages wait already that no further one should."""
        return self._waiting >= WAITING

    async def take(self, data: bytes) -> None:
        """Take a message that came in a request of its own, once messages are taken at all."""
        self._waiting += 1
        try:
            await self._readable.wait()
        finally:
            self._waiting -= 1
        if self._close is None:
            self._take(data)

    async def _read_all(self, receive: Receive) -> None:
        self._take(self._said)
        self._said = b""
        while (await receive())["type"] != "http.disconnect":
            pass
        self._lost(codes.ABNORMAL_CLOSURE, "")

    async def _send_greeting(self, send: Send) -> None:
        if self._kind.emulated:
            await self._begin(send)

    async def _send_packet(self, send: Send, packet: Packet) -> None:
        if not self._begun:
            await self._begin(send)
        await _send_piece(send, packet.payload, more=True)

    async def _send_farewell(self, send: Send, code: int, reason: str) -> None:
        if self._begun:
            await _send_piece(send, b"", more=False)
            return
        status = _STATUSES.get(code, 503 if codes.reconnects(code) else 403)
        await answer(send, Refusal(status, reason), cors_headers(self.request), prefix="http")

    async def _begin(self, send: Send) -> None:
        self._begun = True
        headers = [
            (b"content-type", self._content_type()),
            *_HEADERS,
            *cors_headers(self.request),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await _send_piece(send, self._kind.prelude, more=True)

    def _content_type(self) -> bytes:
        binary = self._kind is HTTP_STREAM and self.request.media_type == PROTOBUF_BODY
        return PROTOBUF_BODY.encode() if binary else self._kind.content_type


async def _send_piece(send: Send, piece: bytes, *, more: bool) -> None:
    await send({"type": "http.response.body", "body": piece, "more_body": more})
