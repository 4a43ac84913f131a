"""The channels of one connection.

A channel is reserved before anything is awaited, so that no channel is joined twice and no limit
is passed, whoever asks. Whatever ends a subscription (the client, the server, its expiry, a lost
position, the end of the connection) drops it first, which happens once and at once, and clears up
behind it, which may wait. The app is told of the end of those that the client was told of.
"""

from collections.abc import Awaitable, Mapping
from functools import partial

from msgspec import structs

from antiphon import codes
from antiphon.auth import Grant
from antiphon.codes import Code
from antiphon.errors import AlreadySubscribed, Disconnect, Forbidden, LimitExceeded
from antiphon.hub import joining
from antiphon.hub.client import Client
from antiphon.hub.core import Core
from antiphon.hub.form import Form
from antiphon.hub.ports import ChannelOptions, Ending, Route
from antiphon.hub.subscription import Subscription
from antiphon.protocol.messages import (
    Push,
    Subscribe,
    SubscribeRequest,
    SubscribeResult,
    Unsubscribe,
)
from antiphon.publication import ClientInfo, StreamPosition
from antiphon.wire.port import Connection


class Membership:
    """Which channels a connected client is in, and the ways in and out."""

    __slots__ = (
        "_asking",
        "_client",
        "_closed",
        "_connection",
        "_core",
        "_form",
        "_owner",
        "_telling",
        "subscriptions",
    )

    def __init__(
        self, core: Core, connection: Connection, form: Form, client: Client, owner: Ending
    ) -> None:
        self._core = core
        self._connection = connection
        self._form = form
        self._client = client
        self._owner = owner
        self._closed = False
        self._asking: set[str] = set()
        self._telling: set[str] | None = None
        """Channels that the client has been put out of, and is yet to be told of."""
        self.subscriptions: dict[str, Subscription] = {}

    async def ask(self, channel: str, answer: Awaitable[Grant]) -> Grant:
        """Wait for the app's permission to enter a channel.

        Raises:
            Forbidden: the client was unsubscribed from the channel while the app thought about it;
                what it thought may be out of date.
        """
        self._asking.add(channel)
        try:
            grant = await answer
        finally:
            put_out = channel not in self._asking
            self._asking.discard(channel)
        if put_out:
            raise Forbidden("unsubscribed meanwhile")
        return grant

    def reserve(
        self,
        channel: str,
        route: Route,
        grant: Grant,
        *,
        server_side: bool,
        form: Form | None = None,
    ) -> Subscription:
        """Take a place in a channel.

        Args:
            form: what the client asked for; everything as it is if left out.

        Raises:
            AlreadySubscribed, LimitExceeded.
            Forbidden: the connection has ended.
        """
        self.check_free(channel)
        info = self._client.info
        if grant.info is not None:
            info = ClientInfo(info.user, info.client, info.conn_info, joining.json_of(grant.info))
        subscription = Subscription(
            channel,
            route,
            info,
            holder=self,
            connection=self._connection,
            form=form or self._form,
            options=_overridden(route.options, grant.override),
            server_side=server_side,
            expires_at=grant.expires_at,
            data=joining.json_of(grant.data),
        )
        self.subscriptions[channel] = subscription
        return subscription

    def check_free(self, channel: str) -> None:
        """Raise what `reserve` would."""
        if self._closed:
            raise Forbidden("the connection has ended")
        if channel in self.subscriptions:
            raise AlreadySubscribed()
        limit = self._core.limits.channels_per_client
        if len(self.subscriptions) >= limit:
            raise LimitExceeded(f"channels_per_client is {limit}")

    async def enter(self, subscription: Subscription, request: SubscribeRequest) -> SubscribeResult:
        """Join the channel of a reserved subscription; give the place back when that fails."""
        try:
            result = await joining.enter(self._core, subscription, request)
        except BaseException:
            if self.subscriptions.get(subscription.channel) is subscription:
                del self.subscriptions[subscription.channel]
            raise
        self.watch_expiry(subscription)
        return result

    async def settle(self, subscription: Subscription, result: SubscribeResult) -> None:
        """Go live, behind the reply."""
        await joining.settle(self._core, subscription, result)

    async def join_unasked(self, channel: str, grant: Grant, since: StreamPosition | None) -> None:
        """Subscribe from the server's side, and tell the client by a push.

        Behind it comes what the client has missed `since`, where all of it is still known.
        """
        route = self._core.app.route(channel)
        subscription = self.reserve(channel, route, grant, server_side=True)
        request = SubscribeRequest(channel=channel)
        if since is not None:
            request.recover, request.offset, request.epoch = True, since.offset, since.epoch
        result = await self.enter(subscription, request)
        told = Subscribe(
            recoverable=result.recoverable,
            epoch=result.epoch,
            offset=result.offset,
            positioned=result.positioned,
            data=result.data,
        )
        self._push(Push(channel=channel, subscribe=told))
        joining.deliver(self._core, subscription, result.publications)
        await self.settle(subscription, result)

    async def leave(self, channel: str, code: int) -> None:
        """Leave a channel, if the client is in it."""
        if self._telling is not None:
            self._telling.discard(channel)
        if subscription := self._drop(channel):
            await self._clear_up(subscription, code)

    async def leave_all(self, code: int) -> None:
        """Leave every channel, because the connection ended, and enter none any more."""
        self._closed = True
        for subscription in list(filter(None, map(self._drop, tuple(self.subscriptions)))):
            try:
                await self._clear_up(subscription, code)
            except Exception:
                self._core.failed("leaving a channel", self._client)

    async def put_out(self, channel: str, code: Code) -> None:
        """Unsubscribe the client from the server's side, and tell it.

        It is told last, because it may subscribe again at once; not if it has left meanwhile.
        """
        self._asking.discard(channel)
        if subscription := self._drop(channel):
            if self._telling is None:
                self._telling = set()
            self._telling.add(channel)
            try:
                await self._clear_up(subscription, code.number)
            finally:
                self._tell(subscription, code)

    def _tell(self, subscription: Subscription, code: Code) -> None:
        channel, telling = subscription.channel, self._telling or set()
        due = channel in telling and channel not in self.subscriptions
        telling.discard(channel)
        if due and subscription.live:
            self._push(Push(channel=channel, unsubscribe=Unsubscribe(code.number, code.text)))

    def lose_position(self, channel: str) -> None:
        """Have the client recover one channel.

        One that it is just entering can be recovered by a new connection only, too: what its reply
        will say has been decided.
        """
        subscription = self.subscriptions.get(channel)
        if subscription is None:
            return
        if subscription.server_side or not subscription.live:
            self.end(Disconnect.of(codes.INSUFFICIENT_STATE))
        else:
            work = self.put_out(channel, codes.RESUBSCRIBE)
            self._core.run(work, waits=self._core.engine.waits, of=self._client)

    def end(self, disconnect: Disconnect) -> None:
        """End the connection."""
        self._owner.end(disconnect)

    def _drop(self, channel: str) -> Subscription | None:
        subscription = self.subscriptions.pop(channel, None)
        if subscription is not None:
            if subscription.alarm is not None:
                subscription.alarm.cancel()
            joining.step_out(self._core, subscription)
        return subscription

    async def _clear_up(self, subscription: Subscription, code: int) -> None:
        try:
            await joining.clear_up(self._core, subscription)
        finally:
            if subscription.live:
                route = subscription.route
                work = route.left(self._client, code)
                self._core.run(work, waits=route.unsubscribe_waits, of=self._client)

    async def renew_presence(self) -> None:
        """Renew the entries before they expire."""
        for subscription in tuple(self.subscriptions.values()):
            if subscription.options.presence and subscription.live:
                await self._core.engine.add_presence(subscription.channel, subscription.info)

    def watch_expiry(self, subscription: Subscription) -> None:
        """End the subscription when its grant does, with some grace for a renewal."""
        if subscription.alarm is not None:
            subscription.alarm.cancel()
        moment = subscription.expires_at
        if moment is not None:
            grace = self._core.limits.expiry_grace_seconds if subscription.renewable else 0.0
            expire = partial(self._expire, subscription)
            subscription.alarm = self._core.at(moment + grace, expire)

    def _expire(self, subscription: Subscription) -> None:
        if subscription.server_side:
            self.end(Disconnect.of(codes.SUBSCRIPTION_EXPIRED))
        else:
            work = self.put_out(subscription.channel, codes.SUBSCRIPTION_RENEW)
            self._core.run(work, waits=self._core.engine.waits, of=self._client)

    def _push(self, payload: Push) -> None:
        codec = self._form.codec
        self._connection.write(codec.packet(codec.push(payload)))


def _overridden(options: ChannelOptions, override: Mapping[str, bool]) -> ChannelOptions:
    """Apply what a credential decides about one subscription.

    `force_push_join_leave` and `force_positioning` say nothing here: whoever is in a channel with
    joins is told of them, and whoever is in one with history holds a position.
    """
    if not override:
        return options
    return structs.replace(
        options,
        presence=override.get("presence", options.presence),
        join_leave=override.get("join_leave", options.join_leave),
        recoverable=override.get("force_recovery", options.recoverable),
    )
