"""The channels of one connection.

A channel is reserved before anything is awaited, so that no channel is joined twice and no limit
is passed, whoever asks. Whatever ends a subscription (the client, the server, its expiry, a lost
position, the end of the connection) goes through `leave` or `leave_all`, once.
"""

from functools import partial

from antiphon import codes
from antiphon.auth import Grant
from antiphon.codes import Code
from antiphon.errors import AlreadySubscribed, Disconnect, LimitExceeded
from antiphon.hub import joining
from antiphon.hub.client import Client
from antiphon.hub.core import Core
from antiphon.hub.ports import Codec, Holder, Route
from antiphon.hub.subscription import Subscription
from antiphon.protocol.messages import (
    Push,
    Subscribe,
    SubscribeRequest,
    SubscribeResult,
    Unsubscribe,
)
from antiphon.publication import ClientInfo
from antiphon.wire.packet import Packet
from antiphon.wire.port import Connection


class Membership:
    """Which channels a connected client is in, and the ways in and out."""

    __slots__ = ("_client", "_codec", "_connection", "_core", "_holder", "subscriptions")

    def __init__(
        self, core: Core, connection: Connection, codec: Codec, client: Client, holder: Holder
    ) -> None:
        self._core = core
        self._connection = connection
        self._codec = codec
        self._client = client
        self._holder = holder
        self.subscriptions: dict[str, Subscription] = {}

    def reserve(
        self, channel: str, route: Route, grant: Grant, *, server_side: bool
    ) -> Subscription:
        """Take a place in a channel.

        Raises:
            AlreadySubscribed, LimitExceeded.
        """
        self.check_free(channel)
        info = self._client.info
        if grant.info is not None:
            info = ClientInfo(info.user, info.client, info.conn_info, joining.json_of(grant.info))
        subscription = Subscription(
            channel,
            route,
            info,
            holder=self._holder,
            connection=self._connection,
            codec=self._codec,
            server_side=server_side,
            expires_at=grant.expires_at,
            data=joining.json_of(grant.data),
        )
        self.subscriptions[channel] = subscription
        return subscription

    def check_free(self, channel: str) -> None:
        """Raise `AlreadySubscribed` or `LimitExceeded` where `reserve` would."""
        if channel in self.subscriptions:
            raise AlreadySubscribed()
        limit = self._core.limits.channels_per_client
        if len(self.subscriptions) >= limit:
            raise LimitExceeded(f"channels_per_client is {limit}")

    async def enter(
        self, subscription: Subscription, request: SubscribeRequest, *, renewable: bool = False
    ) -> SubscribeResult:
        """Join the channel of a reserved subscription; give the place back when that fails."""
        try:
            result = await joining.enter(self._core, subscription, request, renewable=renewable)
        except BaseException:
            if self.subscriptions.get(subscription.channel) is subscription:
                del self.subscriptions[subscription.channel]
            raise
        self.watch_expiry(subscription, renewable=renewable)
        return result

    async def settle(self, subscription: Subscription, result: SubscribeResult) -> None:
        """Go live, behind the reply."""
        await joining.settle(self._core, subscription, result)

    async def join_unasked(self, channel: str) -> None:
        """Subscribe from the server's side, and tell the client by a push."""
        route = self._core.app.route(channel)
        subscription = self.reserve(channel, route, Grant(), server_side=True)
        result = await self.enter(subscription, SubscribeRequest(channel=channel))
        told = Subscribe(
            recoverable=result.recoverable,
            epoch=result.epoch,
            offset=result.offset,
            positioned=result.positioned,
            data=result.data,
        )
        self._push(Push(channel=channel, subscribe=told))
        await self.settle(subscription, result)

    async def leave(self, channel: str, code: int) -> bool:
        """Leave a channel; say whether the client was in it."""
        subscription = self.subscriptions.pop(channel, None)
        if subscription is None:
            return False
        await joining.leave(self._core, subscription)
        self._notify_left(subscription, code)
        return True

    async def leave_all(self, code: int) -> None:
        """Leave every channel, because the connection ended."""
        while self.subscriptions:
            await self.leave(next(iter(self.subscriptions)), code)

    async def put_out(self, channel: str, code: Code) -> None:
        """Unsubscribe the client from the server's side, and tell it."""
        if await self.leave(channel, code.number):
            self._push(Push(channel=channel, unsubscribe=Unsubscribe(code.number, code.text)))

    async def renew_presence(self) -> None:
        """Renew the entries before they expire."""
        for subscription in tuple(self.subscriptions.values()):
            if subscription.route.options.presence and subscription.buffer is None:
                await self._core.engine.add_presence(subscription.channel, subscription.info)

    def watch_expiry(self, subscription: Subscription, *, renewable: bool) -> None:
        """End the subscription when its grant does, with some grace for a renewal."""
        moment = subscription.expires_at
        if moment is not None:
            grace = self._core.limits.expiry_grace_seconds if renewable else 0.0
            current = partial(self._expires_at, subscription, moment)
            expire = partial(self._expire, subscription)
            self._core.at(moment + grace, expire, while_true=current)

    def _expires_at(self, subscription: Subscription, moment: float) -> bool:
        current = self.subscriptions.get(subscription.channel) is subscription
        return current and subscription.expires_at == moment

    def _expire(self, subscription: Subscription) -> None:
        if subscription.server_side:
            self._holder.end(Disconnect.of(codes.SUBSCRIPTION_EXPIRED))
        else:
            work = self.put_out(subscription.channel, codes.SUBSCRIPTION_RENEW)
            self._core.run(work, waits=self._core.engine.waits)

    def _notify_left(self, subscription: Subscription, code: int) -> None:
        route = subscription.route
        self._core.run(route.left(self._client, code), waits=route.unsubscribe_waits)

    def _push(self, payload: Push) -> None:
        self._connection.write(Packet(self._codec.push(payload)))
