"""What each command does, and whether it may wait.

A command checks what can be checked at once, does what surely never waits in place, and returns
the rest as a coroutine. The work writes its own reply, because some of it has to do more
behind the reply. What is raised is turned into error replies and closes by the session.
"""

from collections.abc import Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import Any, Final

from msgspec import Raw, structs

from antiphon import codes
from antiphon.errors import (
    BadRequest,
    Disconnect,
    Forbidden,
    InvalidToken,
    Malformed,
    NotAvailable,
    TokenExpired,
    TooManyRequests,
)
from antiphon.event import check_json
from antiphon.hub.connecting import connect, refresh
from antiphon.hub.form import Form
from antiphon.hub.joining import seconds_left
from antiphon.hub.ports import ChannelOptions, MessageHandler, Method, Route
from antiphon.hub.reading import fitting, read_page
from antiphon.hub.running import finish
from antiphon.hub.session import Command, Rest, Session
from antiphon.hub.subscription import Subscription
from antiphon.protocol import tags
from antiphon.protocol.messages import (
    ConnectRequest,
    HistoryRequest,
    HistoryResult,
    PresenceRequest,
    PresenceResult,
    PresenceStatsRequest,
    PresenceStatsResult,
    PublishRequest,
    PublishResult,
    RefreshRequest,
    RPCRequest,
    RPCResult,
    SendRequest,
    SubRefreshRequest,
    SubRefreshResult,
    SubscribeRequest,
    UnsubscribeRequest,
    UnsubscribeResult,
)
from antiphon.publication import NO_DATA, ClientInfo, Publication

_NO_FILTER = (NO_DATA, Raw(b"null"))


def _begin(session: Session, work: Coroutine[Any, Any, None], *, waits: bool) -> Rest:
    """Do the work here and now, unless it may wait."""
    if not waits:
        finish(work)
        return None
    try:
        session.core.make_room()
    except TooManyRequests:
        work.close()
        raise
    return work


# Channels.


def _route(session: Session, channel: str) -> Route:
    if not channel:
        raise Malformed("a command without a channel")
    return session.core.app.route(channel)


def _live(session: Session, channel: str) -> Subscription | None:
    subscription = session.membership.subscriptions.get(channel)
    return subscription if subscription is not None and subscription.live else None


def _options(session: Session, channel: str) -> ChannelOptions:
    """Return what holds for the client in a channel, whether it is in there or not."""
    route, subscription = _route(session, channel), _live(session, channel)
    return route.options if subscription is None else subscription.options


def _check_reader(session: Session, channel: str) -> None:
    """See that the client may ask for what a channel keeps.

    Raises:
        Forbidden: it is not in the channel, where it has to be.
    """
    if _live(session, channel) is None:
        route = _route(session, channel)
        if not route.options.read_unsubscribed:
            raise Forbidden("subscribe first")
        route.check_reader(session.client)


def subscribe(session: Session, command_id: int, request: SubscribeRequest) -> Rest:
    """Ask the app for permission, join the channel, and reply."""
    route = _route(session, request.channel)
    _check_type(request.type)
    form = _form(session, request, route)
    session.membership.check_free(request.channel)
    waits = route.subscribe_waits or session.core.engine.waits
    if request.token:
        waits = waits or session.core.app.refresh_waits
    return _begin(session, _subscribe(session, command_id, request, route, form), waits=waits)


def _check_type(number: int) -> None:
    if number:
        raise Forbidden("map subscriptions and shared polls are not spoken here")


def _form(session: Session, request: SubscribeRequest, route: Route) -> Form:
    """Agree on how the client gets what is published."""
    if request.delta not in ("", "fossil"):
        raise Malformed("an unknown kind of delta")
    if request.tf in _NO_FILTER:
        delta = bool(request.delta) and route.options.delta
        return structs.replace(session.form, delta=True) if delta else session.form
    if not route.options.tags_filter:
        raise BadRequest("tf: this channel takes no tags filter")
    if request.delta:
        raise BadRequest("tf: a filter and deltas exclude each other")
    if len(request.tf) > tags.BYTES:
        raise BadRequest(f"tf: a filter has at most {tags.BYTES} bytes")
    node = session.form.codec.decode_filter(request.tf)
    return structs.replace(session.form, chosen=tags.parse(node))


async def _subscribe(
    session: Session, command_id: int, request: SubscribeRequest, route: Route, form: Form
) -> None:
    membership = session.membership
    answer = route.authorise(session.client, check_json(request.data), request.token)
    grant = await membership.ask(request.channel, answer)
    subscription = membership.reserve(request.channel, route, grant, server_side=False, form=form)
    subscription.renewable = bool(request.token)
    result = await membership.enter(subscription, request)
    session.respond(command_id, "subscribe", form.told(result, session.core.patches))
    session.flush()
    await membership.settle(subscription, result)


async def unsubscribe(session: Session, command_id: int, request: UnsubscribeRequest) -> None:
    """Leave the channel; one that the client is not in is left already."""
    if not request.channel:
        raise Malformed("a command without a channel")
    await session.membership.leave(request.channel, 0)
    session.respond(command_id, "unsubscribe", UnsubscribeResult())


async def sub_refresh(session: Session, command_id: int, request: SubRefreshRequest) -> None:
    """Prolong one subscription by a new token."""
    _route(session, request.channel)
    _check_type(request.type)
    subscription = _live(session, request.channel)
    if subscription is None:
        raise Forbidden("subscribe first")
    if subscription.expires_at is None or not subscription.renewable:
        raise Malformed("refresh of a subscription that cannot be refreshed")
    if not request.token:
        raise BadRequest("token: required")
    try:
        grant = await session.core.app.refresh_subscription(
            request.token, channel=request.channel, client=session.client
        )
    except Forbidden as error:
        # A bad token refuses a subscribe; on a subscription that exists it ends the connection.
        raise InvalidToken(error.text) from error
    except TokenExpired:
        # The error alone would be final for the SDKs; after this push they ask for a new token.
        await session.membership.put_out(request.channel, codes.SUBSCRIPTION_RENEW)
        raise
    ttl = seconds_left(session.core, grant.expires_at)
    subscription.expires_at = grant.expires_at
    session.membership.watch_expiry(subscription)
    session.respond(command_id, "sub_refresh", SubRefreshResult(expires=ttl > 0, ttl=ttl))


def publish(session: Session, command_id: int, request: PublishRequest) -> Rest:
    """Hand the event to the app, and publish what comes back."""
    route = _route(session, request.channel)
    _check_type(request.type)
    subscription = session.membership.subscriptions.get(request.channel)
    if subscription is None and not route.options.publish_unsubscribed:
        raise Forbidden("subscribe first")
    if not request.data:
        raise BadRequest("data: required")
    info = subscription.info if subscription else session.client.info
    waits = route.publish_waits or session.core.engine.waits
    return _begin(session, _publish(session, command_id, request, route, info), waits=waits)


async def _publish(
    session: Session, command_id: int, request: PublishRequest, route: Route, info: ClientInfo
) -> None:
    outgoing = await route.accept(session.client, request.data)
    if outgoing is not None:
        session.core.stats.publications += 1
        await session.core.engine.publish(
            request.channel,
            Publication(data=outgoing.data, info=info, opaque=outgoing.opaque),
            size=outgoing.size,
            ttl=outgoing.ttl,
        )
    session.respond(command_id, "publish", PublishResult())


def _check_presence(session: Session, channel: str) -> None:
    if not _options(session, channel).presence:
        raise NotAvailable("this channel keeps no presence")
    _check_reader(session, channel)


async def presence(session: Session, command_id: int, request: PresenceRequest) -> None:
    """Say who is in a channel."""
    _check_presence(session, request.channel)
    present = await session.core.engine.presence(request.channel)
    session.respond(command_id, "presence", PresenceResult(present))


async def presence_stats(session: Session, command_id: int, request: PresenceStatsRequest) -> None:
    """Say how many are in a channel."""
    _check_presence(session, request.channel)
    clients, users = await session.core.engine.presence_stats(request.channel)
    session.respond(command_id, "presence_stats", PresenceStatsResult(clients, users))


async def history(session: Session, command_id: int, request: HistoryRequest) -> None:
    """Return a page of what a channel keeps."""
    if not _options(session, request.channel).history_size:
        raise NotAvailable("this channel keeps no history")
    _check_reader(session, request.channel)
    publications, top = await read_page(
        session.core.engine,
        request.channel,
        limit=request.limit,
        since=request.since,
        reverse=request.reverse,
        most=session.core.limits.history_page,
    )
    told = fitting(publications, session.core.limits.outbox_bytes // 2)
    result = HistoryResult(told, top.epoch, top.offset)
    session.respond(command_id, "history", result)


# Calls and messages.


def rpc(session: Session, command_id: int, request: RPCRequest) -> Rest:
    """Call a method of the app."""
    method = session.core.app.method(request.method)
    if method.waits:
        session.core.make_room()
    begun = method.begin(session.client, request.data)
    if method.waits:
        return _rpc(session, command_id, method, begun)
    _answer(session, command_id, method, finish(begun) if method.is_async else begun)
    return None


async def _rpc(session: Session, command_id: int, method: Method, begun: Any) -> None:
    _answer(session, command_id, method, await begun if method.is_async else begun)


def _answer(session: Session, command_id: int, method: Method, result: Any) -> None:
    session.respond(command_id, "rpc", RPCResult(method.encode(result), method.opaque))


def send(session: Session, command_id: int, request: SendRequest) -> Rest:
    """Hand a one-way message to the app; there is no reply, not even to a bad one."""
    handler = session.core.app.message_handler()
    if handler is None:
        raise Disconnect.of(codes.NO_HANDLER)
    return _begin(session, _send(session, request, handler), waits=handler.waits)


async def _send(session: Session, request: SendRequest, handler: MessageHandler) -> None:
    await handler(session.client, request.data)


def _of_engine(command: Callable[[Session, int, Any], Coroutine[Any, Any, None]]) -> Command:
    """Make a step of a command that waits when the engine does."""

    def step(session: Session, command_id: int, request: Any) -> Rest:
        return _begin(
            session, command(session, command_id, request), waits=session.core.engine.waits
        )

    return step


def _connect(session: Session, command_id: int, request: ConnectRequest) -> Rest:
    core = session.core
    # A unidirectional client may ask for channels here, whose handlers may wait.
    waits = core.app.connect_waits or core.engine.waits or session.door.unidirectional
    return _begin(session, connect(session, command_id, request), waits=waits)


def _refresh(session: Session, command_id: int, request: RefreshRequest) -> Rest:
    return _begin(
        session, refresh(session, command_id, request), waits=session.core.app.refresh_waits
    )


def _sub_refresh(session: Session, command_id: int, request: SubRefreshRequest) -> Rest:
    return _begin(
        session, sub_refresh(session, command_id, request), waits=session.core.app.refresh_waits
    )


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {
        "connect": _connect,
        "refresh": _refresh,
        "subscribe": subscribe,
        "unsubscribe": _of_engine(unsubscribe),
        "sub_refresh": _sub_refresh,
        "publish": publish,
        "presence": _of_engine(presence),
        "presence_stats": _of_engine(presence_stats),
        "history": _of_engine(history),
        "rpc": rpc,
        "send": send,
    }
)
"""A `ping` from a client is not among them: only the server pings, so it breaks the protocol."""
