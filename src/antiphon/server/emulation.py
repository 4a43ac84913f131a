"""`/emulation`: the client's half of a connection over HTTP, one request for each of its messages.

What comes of the commands goes over the open stream; the answer says only whether they were
taken. Requests for a stream that has ended are dropped, as a socket's last messages are. Whoever
knows a stream's secret name speaks for its client, so nothing else is asked for here; pages of
other origins are not let in all the same.
"""

from collections.abc import Callable
from typing import Final

from antiphon.errors import Malformed
from antiphon.limits import Limits
from antiphon.protocol import json, protobuf
from antiphon.protocol.messages import EmulationRequest
from antiphon.server.http import Receive, Scope, Send
from antiphon.wire.asgi import answer, request_of
from antiphon.wire.asgi_http import DONE, TOO_LARGE, Rejected, check_method, read_body
from antiphon.wire.cors import cors_headers, preflight_headers, refusal_headers
from antiphon.wire.port import PROTOBUF_BODY, Refusal, Request
from antiphon.wire.stream import Stream, Streams

METHODS: Final = ("POST",)

_ENVELOPE: Final = 1_024
"""Bytes of a request besides its commands."""
_ESCAPES: Final = 2
"""How much longer commands become in a JSON string: every quote gets a backslash."""


class Emulation:
    """The route.

    Args:
        streams: that are open here.
        node: the name of this process; requests for another one are not found here.
        limits: `message_bytes` applies.
        admit: refuses requests of pages that may not connect.
    """

    def __init__(
        self,
        streams: Streams,
        *,
        node: str,
        limits: Limits,
        admit: Callable[[Request], Refusal | None],
    ) -> None:
        self._streams = streams
        self._node = node
        self._admit = admit
        self._longest = limits.message_bytes * _ESCAPES + _ENVELOPE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request, method = request_of(scope), scope["method"]
        result = DONE
        try:
            self._check(method, request)
            if method == "OPTIONS":
                headers = preflight_headers(request, METHODS)
            else:
                await self._pass_on(_decode(request, await read_body(receive, self._longest)))
                headers = cors_headers(request)
        except Rejected as rejected:
            result = rejected.refusal
            headers = refusal_headers(request, result)
        await answer(send, result, headers, prefix="http")

    def _check(self, method: str, request: Request) -> None:
        if refusal := self._admit(request):
            raise Rejected(refusal)
        check_method(method, METHODS)

    async def _pass_on(self, emulated: EmulationRequest) -> None:
        if emulated.node != self._node:
            raise Rejected(Refusal(404, "no such node"))
        stream = self._streams.find(emulated.session)
        if stream is not None:
            _check(stream, emulated.data)
            await stream.take(emulated.data)


def _check(stream: Stream, data: bytes) -> None:
    if len(data) > stream.message_limit:
        raise Rejected(TOO_LARGE)
    if stream.busy:
        raise Rejected(Refusal(429, "too many requests wait"))


def _decode(request: Request, body: bytes) -> EmulationRequest:
    binary = request.media_type == PROTOBUF_BODY
    try:
        return protobuf.decode_emulation(body) if binary else json.decode_emulation(body)
    except Malformed:
        raise Rejected(Refusal(400, "malformed request")) from None
