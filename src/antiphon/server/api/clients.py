"""Acting on connections: subscribing, unsubscribing, closing and prolonging them, by their user.

A request names a user, "" for anonymous ones, and may single out one connection by its client id or, over
HTTP, by its session id. To find nobody is no error. Connections are those of this process.
"""

from collections.abc import Awaitable, Callable
from functools import partial

from msgspec import UNSET, Raw, structs

from antiphon import codes
from antiphon.auth import Grant
from antiphon.channel import Router
from antiphon.errors import AlreadySubscribed, BadRequest, Disconnect
from antiphon.event import is_json
from antiphon.hub.connecting import present_as, prolong
from antiphon.hub.hub import Hub
from antiphon.hub.session import Session
from antiphon.publication import StreamPosition
from antiphon.server.api.publishing import payload_of
from antiphon.server.api.replying import in_portions
from antiphon.server.api.requests import (
    JSON,
    DisconnectObject,
    DisconnectRequest,
    RefreshRequest,
    SubscribeOptionOverride,
    SubscribeRequest,
    Target,
    UnsubscribeRequest,
)
from antiphon.server.api.results import Done


class Clients:
    """The methods `subscribe`, `unsubscribe`, `disconnect` and `refresh`."""

    def __init__(self, hub: Hub, router: Router) -> None:
        self._hub = hub
        self._router = router

    async def subscribe(self, request: SubscribeRequest) -> Done:
        """Subscribe connections; to be subscribed already is as good."""
        self._router.route(request.channel)
        grant = self._grant(request)
        since = None
        if request.recover_since is not None:
            since = StreamPosition(request.recover_since.offset, request.recover_since.epoch)

        async def enter(session: Session) -> None:
            try:
                await session.subscribe(request.channel, grant, since)
            except AlreadySubscribed:
                pass

        return await self._each(request, enter)

    async def unsubscribe(self, request: UnsubscribeRequest) -> Done:
        """Unsubscribe connections, whoever had subscribed them."""
        self._router.route(request.channel)
        return await self._each(request, lambda session: session.unsubscribe(request.channel))

    async def disconnect(self, request: DisconnectRequest) -> Done:
        """Close connections."""
        disconnect = _disconnect(request)
        spared = frozenset(request.whitelist or ())

        async def end(session: Session) -> None:
            if session.client.id not in spared:
                session.end(disconnect)

        return await self._each(request, end)

    async def refresh(self, request: RefreshRequest) -> Done:
        """Prolong connections, or end those that are said to have expired."""
        info = request.info

        async def renew(session: Session) -> None:
            if request.expired:
                session.end(Disconnect.of(codes.CONNECTION_EXPIRED))
                return
            if isinstance(info, Raw):
                present_as(session, info)
            prolong(session, request.expire_at or None)

        return await self._each(request, renew)

    async def _each(
        self,
        request: Target,
        act: Callable[[Session], Awaitable[None]],
    ) -> Done:
        if request.user is UNSET and not (request.client or request.session):
            raise BadRequest('user: required; "" means all anonymous connections')
        sessions = self._hub.users.get(request.user or "", {}).values()
        chosen = [session for session in sessions if _is_meant(session, request)]
        await in_portions(partial(act, session) for session in chosen)
        return Done()

    def _grant(self, request: SubscribeRequest) -> Grant:
        if 0 < request.expire_at <= self._hub.core.wall_clock():
            raise BadRequest("expire_at: lies in the past")
        return Grant(
            expires_at=request.expire_at or None,
            info=_json("info", request.info, request.b64info),
            data=_json("data", request.data, request.b64data),
            override=_override(request.override),
        )


def _is_meant(session: Session, target: Target) -> bool:
    """Say whether a request is about a connection of its user."""
    named = target.client in ("", session.client.id)
    return named and target.session in ("", session.connection.session)


def _disconnect(request: DisconnectRequest) -> Disconnect:
    asked = request.disconnect or DisconnectObject()
    code, reason = asked.code, asked.reason
    if not code:
        code, reason = codes.FORCE_DISCONNECT.number, reason or codes.FORCE_DISCONNECT.text
    try:
        return Disconnect(code, reason)
    except ValueError as error:
        rule, _, _ = str(error).partition(":")  # what stands behind it quotes the reason
        raise BadRequest(f"disconnect: {rule}") from None


def _json(name: str, value: JSON, encoded: str) -> Raw | None:
    """Return what a field holds, or the field for its Base64; None when neither is given.

    Raises:
        BadRequest: it is no JSON, which clients that speak it could not be told.
    """
    if not encoded and not isinstance(value, Raw):
        return None
    data = payload_of(name, value, encoded)
    if not is_json(data):
        raise BadRequest(f"b64{name}: not JSON")
    return data


def _override(asked: SubscribeOptionOverride | None) -> dict[str, bool]:
    options = structs.asdict(asked) if asked is not None else {}
    return {name: option.value for name, option in options.items() if option is not None}
