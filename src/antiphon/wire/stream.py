"""HTTP responses that do not end: connections for where WebSockets do not get through.

The request says who the client is, the response carries everything to the client. An emulated
stream has a name, by which further requests of the client bring its commands (`Streams`). Whoever
knows the name speaks for the client, so it is random and secret.

The response of a stream that is only read waits for what the connection makes of the request, so
that a refusal has an HTTP status, and `EventSource` does not try again. What may be tried again is
no HTTP error to `EventSource`, because after one it never does. Any other response begins at once.
"""

import asyncio
import secrets
from collections.abc import Mapping, MutableMapping
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct

from antiphon import codes
from antiphon.wire.admission import examine
from antiphon.wire.asgi import AsgiConnection, Receive, Send, answer, request_of
from antiphon.wire.asgi_http import DONE, TOO_LARGE, Rejected, check_method, read_body
from antiphon.wire.cors import cors_headers, preflight_headers, refusal_headers
from antiphon.wire.packet import Packet
from antiphon.wire.port import PROTOBUF_BODY, Endpoint, Refusal, Request

_HEADERS: Final = (
    (b"x-accel-buffering", b"no"),
    (b"cache-control", b"private, no-cache, no-store, no-transform, must-revalidate, max-age=0"),
    (b"pragma", b"no-cache"),
    (b"expire", b"0"),
    (b"x-content-type-options", b"nosniff"),
)
"""Nobody on the way may hold back, keep or compress a piece of the response."""

_STATUSES: Final[Mapping[int, int]] = MappingProxyType(
    {
        codes.CONNECTION_EXPIRED.number: 401,
        codes.INVALID_TOKEN.number: 401,
        codes.MALFORMED.number: 400,
        codes.CHANNEL_LIMIT.number: 400,
        codes.FLOOD.number: 429,
        codes.SERVER_ERROR.number: 500,
        codes.INTERNAL_FAILURE: 500,
        codes.STALE.number: 503,
    }
)
"""HTTP status for a connection that was never made, by close code. Of all others those are 503 after
which a client comes back, and 403 those that are final."""

_PASSING: Final = frozenset({429, 500, 503})
"""Statuses of what may be otherwise a little later."""

_RETRY: Final = b"retry: 5000\n\n"
"""Tells `EventSource` when to come back, in milliseconds."""

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
    retries: bool = False
    """The client makes its request again by itself, with what it saw last, but after no HTTP error."""


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
    retries=True,
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
    request, method = request_of(scope), scope["method"]
    try:
        _admit(request, endpoint)
        check_method(method, kind.methods)
        if method == "OPTIONS":
            await answer(send, DONE, preflight_headers(request, kind.methods), prefix="http")
            return
        said = await _first_message(method, request, receive, endpoint, kind)
        _admit(request, endpoint)  # a body takes its time: the house may be full by now, or closing
    except Rejected as rejected:
        await _refuse(send, request, rejected.refusal, kind)
        return
    await _run(Stream(request, endpoint, kind, said), receive, send, streams)


def _admit(request: Request, endpoint: Endpoint) -> None:
    refusal = examine(endpoint, request)
    if refusal is not None:
        raise Rejected(refusal)


async def _first_message(
    method: str, request: Request, receive: Receive, endpoint: Endpoint, kind: Kind
) -> bytes:
    """Return what the client says about itself."""
    limit = endpoint.limits.message_bytes_before_connect
    if method == "POST":
        return await read_body(receive, limit)
    said = request.parameter("cf_connect").encode()
    if not said and kind.connect_demanded:
        raise Rejected(Refusal(400, "the query lacks cf_connect"))
    if len(said) > limit:
        raise Rejected(TOO_LARGE)
    return said


async def _run(stream: "Stream", receive: Receive, send: Send, streams: Streams) -> None:
    if stream.kind.emulated:
        streams.enter(stream)
    try:
        await stream.run(receive, send)
    finally:
        streams.leave(stream)


async def _refuse(send: Send, request: Request, refusal: Refusal, kind: Kind) -> None:
    """Answer instead of a stream."""
    if kind.retries and refusal.status in _PASSING:
        await _send_head(send, request, kind.content_type)
        await _send_piece(send, _RETRY, more=False)
    else:
        await answer(send, refusal, refusal_headers(request, refusal), prefix="http")


class Stream(AsgiConnection):
    """One open response.

    Args:
        request: that opened it.
        endpoint: what is served.
        kind: of stream.
        said: the client's first message.
    """

    __slots__ = ("_begun", "_said", "_turn", "_waiting", "kind")

    def __init__(self, request: Request, endpoint: Endpoint, kind: Kind, said: bytes) -> None:
        super().__init__(request, endpoint)
        self.kind = kind
        self._said = said
        self._begun = False
        self._waiting = 0
        self._turn = asyncio.Lock()

    @property
    def busy(self) -> bool:
        """Whether so many messages wait already that no further one should."""
        return self._waiting >= WAITING

    async def take(self, data: bytes) -> None:
        """Take a message that came in a request of its own: in its turn, when messages are taken."""
        self._waiting += 1
        try:
            async with self._turn:
                await self._readable.wait()
                if self._close is None:
                    self._take(data)
        finally:
            self._waiting -= 1

    async def _read_all(self, receive: Receive) -> None:
        self._take(self._said)
        self._said = b""
        while (await receive())["type"] != "http.disconnect":
            pass
        self._lost(codes.ABNORMAL_CLOSURE, "")

    async def _send_greeting(self, send: Send) -> None:
        if self.kind.emulated:
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
        await _refuse(send, self.request, Refusal(status, reason), self.kind)

    async def _begin(self, send: Send) -> None:
        self._begun = True
        await _send_head(send, self.request, self._content_type())
        await _send_piece(send, self.kind.prelude, more=True)

    def _content_type(self) -> bytes:
        binary = self.kind is HTTP_STREAM and self.request.media_type == PROTOBUF_BODY
        return PROTOBUF_BODY.encode() if binary else self.kind.content_type


async def _send_head(send: Send, request: Request, content_type: bytes) -> None:
    headers = [(b"content-type", content_type), *_HEADERS, *cors_headers(request)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _send_piece(send: Send, piece: bytes, *, more: bool) -> None:
    await send({"type": "http.response.body", "body": piece, "more_body": more})
