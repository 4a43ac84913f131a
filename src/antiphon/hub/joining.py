"""Into a channel and out of it again, without a gap.

Order on the way in: the topic takes the subscription and buffers for it, the engine starts to
watch the channel, presence is added, the stream is read, what was buffered meanwhile is merged,
the reply is written, the subscription goes live, and the join is told. Whatever fails on the way
undoes what was done before.

Order on the way out: the topic, presence, the leave, the end of watching. The first step is taken at
once, so that nothing is written to a client behind the word that it has left.
"""

from typing import Any

from msgspec import Raw

from antiphon import codes
from antiphon.errors import Disconnect, Expired, Forbidden, Unrecoverable
from antiphon.event import encode_payload
from antiphon.hub.core import Core
from antiphon.hub.recovery import (
    Recovery,
    has_gap,
    newer,
    recover_cache,
    recover_stream,
)
from antiphon.hub.subscription import Subscription
from antiphon.hub.topic import Topic
from antiphon.protocol.messages import REJECT_UNRECOVERED, SubscribeRequest, SubscribeResult
from antiphon.publication import NO_DATA, Publication, StreamPosition


def json_of(value: Any) -> Raw:
    """Encode what a credential carries; None is no value at all."""
    return NO_DATA if value is None else encode_payload(value)


def seconds_left(core: Core, expires_at: float | None) -> int:
    """Return the whole seconds until an expiry, at most a year; 0 for none.

    Raises:
        Expired: it lies in the past.
    """
    if expires_at is None:
        return 0
    left = expires_at - core.wall_clock()
    if left <= 0:
        raise Expired()
    return max(1, min(int(left), 365 * 86_400))


async def enter(
    core: Core, subscription: Subscription, request: SubscribeRequest
) -> SubscribeResult:
    """Take a subscription in, up to but not including `settle`, and return the reply.

    Raises:
        Expired: the grant's expiry has passed.
        Unrecoverable: the client asked to be refused rather than told ``recovered: false``.
        Forbidden: it was taken out again meanwhile, or the connection ended.
        Disconnect: 3010, when a gap appeared while the stream was read.
    """
    options = subscription.options
    ttl = seconds_left(core, subscription.expires_at)
    topic = core.topic(subscription.channel)
    topic.add(subscription)
    try:
        await core.engine.watch(topic.name)
        if options.presence:
            await core.engine.add_presence(topic.name, subscription.info)
        told = ttl if subscription.renewable else 0
        result = SubscribeResult(expires=told > 0, ttl=told, data=subscription.data)
        if options.history_size:
            await _position(core, topic, subscription, request, result)
        if not topic.holds(subscription):
            raise Forbidden("unsubscribed meanwhile")
        return result
    except BaseException:
        step_out(core, subscription)
        await clear_up(core, subscription)
        raise


async def settle(core: Core, subscription: Subscription, result: SubscribeResult) -> None:
    """Go live behind the written reply: deliver what was buffered, then tell the join."""
    topic = core.topics.get(subscription.channel)
    if topic is None or not topic.holds(subscription):
        return  # writing the reply has ended the connection
    newest = result.publications[-1] if result.publications else None
    seen = newest.offset if newest else result.offset
    deliver(core, subscription, topic.go_live(subscription, seen, newest))
    if subscription.options.join_leave:
        await core.engine.join(topic.name, subscription.info)


def deliver(core: Core, subscription: Subscription, publications: list[Publication]) -> None:
    """Write publications to one subscription alone."""
    form = subscription.form
    for publication in publications:
        if line := form.line(subscription.channel, publication):
            core.stats.deliveries += 1
            subscription.connection.write(form.codec.packet(line))


def step_out(core: Core, subscription: Subscription) -> None:
    """Deliver nothing more to a subscription."""
    if topic := core.topics.get(subscription.channel):
        topic.remove(subscription)
        if not topic.subscriptions:
            del core.topics[topic.name]


async def clear_up(core: Core, subscription: Subscription) -> None:
    """Undo what the engine knows of a subscription that has stepped out."""
    channel, options = subscription.channel, subscription.options
    try:
        if options.presence:
            await core.engine.remove_presence(channel, subscription.info.client)
        if options.join_leave and subscription.live:
            await core.engine.leave(channel, subscription.info)
    finally:
        if channel not in core.topics:
            await core.engine.unwatch(channel)


async def _position(
    core: Core,
    topic: Topic,
    subscription: Subscription,
    request: SubscribeRequest,
    result: SubscribeResult,
) -> None:
    """Read the stream and fill in what the reply says about it."""
    options = subscription.options
    wanted = StreamPosition(request.offset, request.epoch)
    recovering = (request.recover or options.cache) and options.recoverable
    if not recovering:
        _, top = await core.engine.history(topic.name)
        recovery = Recovery(recovered=False, publications=[], offset=top.offset)
    elif options.cache:
        found, top = await core.engine.history(topic.name, limit=1, reverse=True)
        recovery = recover_cache(wanted, found[0] if found else None, top)
    else:
        page = core.limits.history_page
        found, top = await core.engine.history(topic.name, since=wanted.offset, limit=page)
        recovery = recover_stream(wanted, found, top)
        core.stats.recovered += recovery.recovered
        core.stats.unrecovered += not recovery.recovered
    if request.recover and not recovery.recovered and request.flag & REJECT_UNRECOVERED:
        raise Unrecoverable()
    topic.align(top)
    result.positioned = True
    result.recoverable = options.recoverable
    result.epoch = top.epoch
    result.was_recovering = recovering
    result.recovered = recovering and recovery.recovered
    result.offset = recovery.offset
    result.publications = _merge(topic, subscription, recovery, top)


def _merge(
    topic: Topic, subscription: Subscription, recovery: Recovery, top: StreamPosition
) -> list[Publication]:
    """Add what was published while the stream was read to what the client recovers.

    Raises:
        Disconnect: 3010, when the two do not meet.
    """
    late = newer(subscription.buffer or [], top.offset)
    reached = top.offset + len(late)
    if has_gap(late, top.offset) or topic.offset > reached:
        raise Disconnect.of(codes.INSUFFICIENT_STATE)
    if not recovery.recovered or not late:
        return recovery.publications
    return late[-1:] if subscription.options.cache else [*recovery.publications, *late]
