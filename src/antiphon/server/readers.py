"""Who may read an app's documentation over HTTP: one setting, `App(docs=...)`, decides.

=============  ==================================================================================
``"local"``    the default: whoever asks from the machine itself, and else as with ``"clients"``
``"clients"``  whoever the app lets connect, by the same authentication: a token in
               ``Authorization: Bearer``, or whatever `on_connect` looks at
``"open"``     everybody
``"off"``      nobody: the paths do not exist
=============  ==================================================================================

So a page opens at once while an app is written, and shows nothing to strangers where it is served,
without anybody having remembered to switch it off. It is never more than a client could find out by
connecting. A request counts as local when it comes over the loopback interface, asks for a local host
by name (another name is a page of somebody's that was rebound to this address), and no proxy has put
its mark on it: what a proxy beside the app passes on comes over the loopback interface, too.

Who may not read gets 401, or 403 where the app knows the client and does not want it; what an
`on_connect` hook raises otherwise is logged, and answered with 500.
"""

import logging
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Final, Literal, get_args

from antiphon import codes
from antiphon.auth import Attempt, Identity
from antiphon.errors import DeclarationError, Disconnect
from antiphon.errors import Refusal as RefusedCommand
from antiphon.server.http import Receive, Scope, Send, respond
from antiphon.server.site import Route
from antiphon.wire.asgi import request_of
from antiphon.wire.port import Refusal, Request

log = logging.getLogger("antiphon")

Docs = Literal["local", "clients", "open", "off"]

_BEARER: Final = "bearer "
_LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_MARKS_OF_PROXIES: Final = ("forwarded", "x-forwarded-", "x-real-ip", "via")
_NOBODY: Final = Refusal(401, "a token is needed", {"www-authenticate": "Bearer"})
_UNWELCOME: Final = Refusal(403, "you may not read this")
_BROKEN: Final = Refusal(500, "internal server error")
_NOT_KNOWN: Final = frozenset({codes.UNAUTHORIZED.number, codes.TOKEN_EXPIRED.number})


class Readers:
    """Lets requests for documentation pass, or not.

    Args:
        docs: the setting.
        connect: says who makes an attempt to connect; None is nobody.

    Raises:
        DeclarationError: there is no such setting.
    """

    def __init__(
        self, docs: Docs, *, connect: Callable[[Attempt], Awaitable[Identity | None]]
    ) -> None:
        if docs not in get_args(Docs):
            raise DeclarationError(f"docs={docs!r}: one of {', '.join(get_args(Docs))}")
        self.docs = docs
        self._connect = connect

    def guard(self, route: Route) -> Route:
        """Return a route that serves those who may read."""

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            refusal = await self.refusal(scope)
            if refusal is None:
                await route(scope, receive, send)
            else:
                text, more = refusal.text.encode(), refusal.headers
                await respond(send, refusal.status, text, headers=more)

        return serve

    async def refusal(self, scope: Scope) -> Refusal | None:
        """Say why whoever sent a request may not read; None: they may."""
        request = request_of(scope)
        if self.docs == "open" or (self.docs == "local" and is_local(request)):
            return None
        return await self._refusal(request)

    async def _refusal(self, request: Request) -> Refusal | None:
        try:
            identity = await self._connect(_attempt(request))
        except RefusedCommand as error:
            return _NOBODY if error.number in _NOT_KNOWN else _UNWELCOME
        except Disconnect as error:
            return _NOBODY if error.number == codes.INVALID_TOKEN.number else _UNWELCOME
        except Exception:
            log.exception("on_connect failed for a reader of the documentation")
            return _BROKEN
        return _NOBODY if identity is None else None


def _attempt(request: Request) -> Attempt:
    shown = request.header("authorization") or ""
    token = shown[len(_BEARER) :].strip() if shown.lower().startswith(_BEARER) else ""
    return Attempt(
        token=token, headers=request.headers, query=request.query, address=request.address
    )


def is_local(request: Request) -> bool:
    """Say whether somebody on this machine asks, directly."""
    try:
        near = ip_address(request.address).is_loopback
    except ValueError:
        return False
    host = (request.header("host") or "").lower()
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    passed_on = any(header.startswith(_MARKS_OF_PROXIES) for header, _ in request.headers)
    return near and name in _LOCAL_HOSTS and not passed_on
