"""The server API over HTTP: paths, the key, bodies, and statuses.

::

    POST /api/<method>      one method; its request is the body
    POST /api/batch         many: {"commands": [{"publish": {...}}, ...], "parallel": false}
    POST /api               the older form: {"method": "publish", "params": {...}}, one or more
    GET  /api/openapi.json  all of this for machines

Errors of methods come with status 200 and an ``error`` in the body, or with a status of their own where
the request has ``X-Centrifugo-Error-Mode: transport``. What is refused before any method is called gets
a status and a line of plain text. Without the key nothing is read, and nothing told.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import msgspec

from antiphon.calls import BackendMethod, Calls
from antiphon.errors import BadRequest
from antiphon.hub.hub import Hub
from antiphon.server.api.executing import Executor, TooManyCommands
from antiphon.server.api.key import API
from antiphon.server.api.methods import SIGNATURES
from antiphon.server.api.results import Error
from antiphon.server.api.tally import Tally
from antiphon.server.http import Receive, Scope, Send, path_of, respond
from antiphon.wire.asgi import request_of
from antiphon.wire.asgi_http import TOO_LARGE, Rejected, read_body
from antiphon.wire.port import Refusal, Request

API_PATH: Final = "/api"
"""Where the clients of Centrifugo's server API expect it."""

Answer = tuple[int, bytes]
"""A status, and JSON."""
_Work = Callable[[bytes], Awaitable[Answer]]
"""Makes an answer of a body."""

_OPENAPI: Final = "/openapi.json"
_ERROR_MODE: Final = "x-centrifugo-error-mode"
_STATUSES: Final[Mapping[int, int]] = MappingProxyType(
    {100: 500, 101: 403, 102: 404, 103: 403, 104: 404, 111: 429, 112: 416, 113: 409}
)
"""Of errors, in the transport mode. All others, and the app's own, are 400."""


class ServerAPI:
    """The server API of one app.

    Args:
        keys: who may call it; None turns it off.
        executor: runs what `methods` of the app, and those of the API, are asked for.
        describe: makes the OpenAPI document; takes the path that the app is mounted at.
    """

    def __init__(
        self,
        keys: API | None,
        *,
        hub: Hub,
        executor: Executor,
        methods: Calls[BackendMethod],
        tally: Tally,
        describe: Callable[..., dict[str, Any]],
    ) -> None:
        self.keys = keys
        self.methods = methods
        self.tally = tally
        self.describe = describe
        self._hub = hub
        self._limits = hub.core.limits
        self._executor = executor
        self.routes = {API_PATH: self.serve, API_PATH + "/": self.serve}
        self._under_way = 0

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            status, body = await self._answer(scope, receive)
        except Rejected as rejected:
            refusal = rejected.refusal
            self.tally.refused[refusal.status] += 1
            text = refusal.text.encode()
            await respond(send, refusal.status, text, headers=refusal.headers)
        else:
            await respond(send, status, body, content_type="application/json")

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        request, below = request_of(scope), path_of(scope).removeprefix(API_PATH)
        if self.keys is None:
            raise _refused(404, "not found")
        allowed = ("GET", "HEAD") if below == _OPENAPI else ("POST",)
        if scope["method"] not in allowed:
            raise _refused(405, "method not allowed", allow=", ".join(allowed))
        if not self.keys.admits(request):
            raise _refused(401, "unauthorized", www_authenticate="apikey")
        if below == _OPENAPI:
            return 200, msgspec.json.encode(self.describe(mount=scope.get("root_path", "")))
        work = self._find(below, request)
        if self._hub.draining:
            raise _refused(503, "shutting down", retry_after="1")
        return await self._run(work, receive)

    def _find(self, below: str, request: Request) -> _Work:
        """Return what makes an answer of a body.

        Args:
            below: what stands behind `API_PATH`.
        """
        if not below:
            return self._legacy
        if below == "/batch":
            return self._batch
        name = below.removeprefix("/")
        if name in SIGNATURES:
            in_status = request.header(_ERROR_MODE) == "transport"
            return partial(self._in_status if in_status else self._single, name)
        raise _refused(404, "not found")

    async def _run(self, work: _Work, receive: Receive) -> Answer:
        """Read the body and do what it asks for, within all bounds."""
        requests, size = self._limits.api_requests, self._limits.api_body_bytes
        if self._under_way >= requests:
            raise _refused(429, f"too many requests: api_requests is {requests}", retry_after="1")
        self._under_way += 1
        try:
            return await work(await read_body(receive, size))
        except Rejected as rejected:
            if rejected.refusal is TOO_LARGE:
                raise _refused(413, f"too large: api_body_bytes is {size}") from None
            raise
        except TooManyCommands as error:
            raise _refused(413, f"too large: {error}") from None
        except BadRequest as error:
            raise _refused(400, error.text) from None
        finally:
            self._under_way -= 1

    async def _single(self, name: str, body: bytes) -> Answer:
        return 200, msgspec.json.encode(await self._executor.single(name, body))

    async def _in_status(self, name: str, body: bytes) -> Answer:
        """Answer with the error alone, if there is one, and with a status of its own."""
        reply = await self._executor.single(name, body)
        if isinstance(reply.error, Error):
            return _STATUSES.get(reply.error.code, 400), msgspec.json.encode(reply.error)
        return 200, msgspec.json.encode(reply)

    async def _batch(self, body: bytes) -> Answer:
        return 200, await self._executor.batch(body)

    async def _legacy(self, body: bytes) -> Answer:
        return 200, await self._executor.legacy(body)


def _refused(status: int, text: str, **headers: str) -> Rejected:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Rejected(Refusal(status, text, named))
