"""How a client becomes known: the connect command, and what prolongs it.

Nothing else is run for a session before `connect` has replied. The reply goes out first, then what
its server-side channels have buffered, then their joins.
"""

from collections.abc import Mapping

from msgspec import Raw, structs

from antiphon import codes
from antiphon.auth import Attempt, Grant, Identity
from antiphon.errors import (
    BadRequest,
    Disconnect,
    Expired,
    InvalidToken,
    LimitExceeded,
    Malformed,
    TokenExpired,
)
from antiphon.event import check_json
from antiphon.hub.joining import json_of, seconds_left
from antiphon.hub.resuming import Resumption
from antiphon.hub.session import Session
from antiphon.hub.state import State
from antiphon.hub.subscription import Subscription
from antiphon.protocol.messages import (
    ConnectRequest,
    ConnectResult,
    Push,
    Refresh,
    RefreshRequest,
    RefreshResult,
    SubscribeRequest,
    SubscribeResult,
)


async def connect(session: Session, command_id: int, request: ConnectRequest) -> None:
    """Authenticate, subscribe from the server's side, and reply."""
    session.state = State.CONNECTING
    session.deaf = session.door.unidirectional
    core = session.core
    attempt = _attempt(session, request)
    identity = session.known or await core.app.connect(attempt)
    if session.state is not State.CONNECTING:
        return
    if identity is None:
        raise Malformed("no credential")
    ttl = seconds_left(core, identity.expires_at)
    session.identify(identity)
    session.channels_of_token = _channels_of(attempt.identity or identity)
    joined = await _enter_unasked(session, identity, request)
    if session.state is not State.CONNECTING:
        await session.membership.leave_all(codes.CONNECTION_CLOSED.number)
        return
    result = ConnectResult(
        client=session.client.id,
        version=core.version,
        expires=identity.renewable and ttl > 0,
        ttl=ttl if identity.renewable else 0,
        data=json_of(identity.data),
        subs={subscription.channel: reply for subscription, reply in joined},
        ping=0 if session.door.frame_pings else core.limits.ping_seconds,
        pong=not (session.door.frame_pings or session.door.unidirectional),
        session=session.connection.session,
        node=core.node if session.door.emulated else "",
    )
    session.admit()
    session.respond(command_id, "connect", result)
    session.flush()
    for subscription, reply in joined:
        await session.membership.settle(subscription, reply)


def _attempt(session: Session, request: ConnectRequest) -> Attempt:
    seen = session.connection.request
    return Attempt(
        token=request.token,
        data=check_json(request.data) if request.data else None,
        name=request.name,
        version=request.version,
        headers=seen.headers,
        emulated_headers=request.headers,
        query=seen.query,
        address=seen.address,
    )


async def _enter_unasked(
    session: Session, identity: Identity, request: ConnectRequest
) -> list[tuple[Subscription, SubscribeResult]]:
    """Join the channels that the credential and the app's personal channels name.

    A client that can send no commands joins those it asks for as well, if it may.
    """
    grants = dict.fromkeys(identity.channels, Grant())
    grants.update(dict.fromkeys(session.core.app.personal_channels(identity.user), Grant()))
    grants.update(identity.subscriptions)
    if session.door.unidirectional:
        grants.update(await _asked_for(session, request, grants))
    membership = session.membership
    joined = []
    try:
        for channel, grant in grants.items():
            route = session.core.app.route(channel)
            subscription = membership.reserve(channel, route, grant, server_side=True)
            wanted = request.subs.get(channel, SubscribeRequest())
            joined.append((subscription, await membership.enter(subscription, wanted)))
    except BaseException as error:
        await membership.leave_all(codes.CONNECTION_CLOSED.number)
        if isinstance(error, LimitExceeded):
            raise Disconnect.of(codes.CHANNEL_LIMIT) from None
        raise
    return joined


async def _asked_for(
    session: Session, request: ConnectRequest, granted: Mapping[str, Grant]
) -> dict[str, Grant]:
    """Ask the app for permission to enter the channels that are not granted already.

    Raises:
        Refusal, Disconnect: for one of them; a client would not notice that it is missing.
    """
    answers: dict[str, Grant] = {}
    limit = session.core.limits.channels_per_client
    for channel, wanted in request.subs.items():
        if channel in granted or isinstance(wanted, Resumption):
            continue
        if len(answers) == limit:
            raise Disconnect.of(codes.CHANNEL_LIMIT)
        if wanted.type or wanted.tf:
            raise BadRequest("subs: no filters and no types but streams, in this direction only")
        route = session.core.app.route(channel)
        answers[channel] = await route.authorise(session.client, wanted.data, wanted.token)
    return answers


def _channels_of(identity: Identity) -> frozenset[str]:
    """Return the channels that a credential subscribes its client to."""
    return frozenset(identity.channels) | identity.subscriptions.keys()


async def refresh(session: Session, command_id: int, request: RefreshRequest) -> None:
    """Prolong the connection by a new token."""
    if not request.token or not session.renewable:
        raise Malformed("refresh without a token, or of a connection that cannot be refreshed")
    core = session.core
    try:
        identity = await core.app.refresh(request.token)
    except TokenExpired:
        # Error 109 would be final for the SDKs here; after this they come back with a new token.
        raise Disconnect.of(codes.CONNECTION_EXPIRED) from None
    if identity.user != session.client.user:
        raise InvalidToken("a token of another user")
    if _channels_of(identity) != session.channels_of_token:
        raise Disconnect.of(codes.INSUFFICIENT_STATE)
    ttl = seconds_left(core, identity.expires_at)
    session.expires_at = identity.expires_at
    session.watch_expiry()
    result = RefreshResult(session.client.id, core.version, expires=ttl > 0, ttl=ttl)
    session.respond(command_id, "refresh", result)


def prolong(session: Session, expires_at: float | None) -> None:
    """Set the expiry of a connection from the server's side, and tell its client by a push.

    Args:
        expires_at: unix seconds, in the past to end the connection; None: it does not expire.
    """
    if session.state is not State.CONNECTED:
        return
    try:
        ttl = seconds_left(session.core, expires_at)
    except Expired:
        session.end(Disconnect.of(codes.CONNECTION_EXPIRED))
        return
    session.expires_at = expires_at
    session.watch_expiry()
    session.push(Push(refresh=Refresh(expires=ttl > 0, ttl=ttl)))


def present_as(session: Session, info: Raw) -> None:
    """Change what others see of a connection; in presence they see it once that is renewed.

    Args:
        info: JSON; becomes `conn_info`.
    """
    info = json_of(info)  # on one line, as everything is that becomes part of a frame
    session.client.info = structs.replace(session.client.info, conn_info=info)
    for subscription in session.membership.subscriptions.values():
        subscription.info = structs.replace(subscription.info, conn_info=info)
