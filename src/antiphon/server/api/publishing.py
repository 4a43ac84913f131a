"""Publishing: into one channel, or the same into many.

What a backend publishes is one of the events that the channel declares, like any other publication.
"""

import binascii
from base64 import b64decode
from functools import partial

from msgspec import Raw, structs

from antiphon.channel import Channel, Router
from antiphon.errors import BadRequest, LimitExceeded
from antiphon.hub.hub import Hub
from antiphon.hub.ports import Outgoing
from antiphon.server.api.replying import in_portions, reply_of
from antiphon.server.api.requests import JSON, BroadcastRequest, PublishRequest
from antiphon.server.api.results import BroadcastResult, PublishResult, Reply


class _Relay:
    """One payload on its way into many channels, decoded and encoded once for each declared one."""

    def __init__(self, data: Raw) -> None:
        self._data = data
        self._made: dict[Channel, Outgoing | BadRequest] = {}

    def __call__(self, channel: Channel) -> Outgoing:
        """Return what the channel gets.

        Raises:
            BadRequest: the channel does not publish it; the text names event, field and rule.
        """
        if channel not in self._made:
            try:
                self._made[channel] = channel.relay(self._data)
            except BadRequest as error:
                self._made[channel] = error
        made = self._made[channel]
        if isinstance(made, BadRequest):
            raise made
        return made


class Publishing:
    """The methods `publish` and `broadcast`."""

    def __init__(self, hub: Hub, router: Router) -> None:
        self._hub = hub
        self._router = router

    async def publish(self, request: PublishRequest) -> PublishResult:
        """Publish into one channel."""
        data = payload_of("data", request.data, request.b64data)
        return await self._publish(request.channel, _Relay(data), request)

    async def broadcast(self, request: BroadcastRequest) -> BroadcastResult:
        """Publish into many channels; one that refuses keeps no other from getting it."""
        limit = self._hub.core.limits.api_channels
        if len(request.channels) > limit:
            raise LimitExceeded(f"api_channels is {limit}")
        relay = _Relay(payload_of("data", request.data, request.b64data))
        begin = partial(self._reply, relay, request)
        return BroadcastResult(await in_portions(partial(begin, c) for c in request.channels))

    async def _reply(
        self, relay: _Relay, request: BroadcastRequest, channel: str
    ) -> Reply[PublishResult]:
        work = self._publish(channel, relay, request)
        return await reply_of(self._hub.core, "broadcast", work)

    async def _publish(
        self, channel: str, relay: _Relay, request: PublishRequest | BroadcastRequest
    ) -> PublishResult:
        outgoing = relay(self._router.route(channel).channel)
        if request.skip_history:
            outgoing = structs.replace(outgoing, size=0)
        position = await self._hub.publish(
            channel,
            outgoing,
            tags=request.tags,
            idempotency_key=request.idempotency_key,
            version=request.version,
            version_epoch=request.version_epoch,
        )
        return PublishResult(position.offset, position.epoch)


def payload_of(name: str, value: JSON, encoded: str) -> Raw:
    """Return what a field holds, or the field for its Base64, which counts where both are given.

    Raises:
        BadRequest: neither is given, or the second is no Base64.
    """
    if encoded:
        try:
            return Raw(b64decode(encoded, validate=True))
        except (binascii.Error, ValueError):
            raise BadRequest(f"b64{name}: not Base64") from None
    if not isinstance(value, Raw):
        raise BadRequest(f"{name}: required")
    return value
