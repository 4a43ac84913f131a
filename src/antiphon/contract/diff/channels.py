"""Channels, compared.

A channel is the same when the same names lead to it, whatever its parameters are called. Where that
finds none, one with the same events both ways is taken for it, under a new address.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from antiphon.contract.diff.messages import Way, of_messages
from antiphon.contract.diff.rules import Change, change
from antiphon.contract.model import Channel, Contract, History

_PARAMETER: Final = re.compile(r"\{[^{}]*\}")

_OPTIONS: Final = (
    "presence",
    "join_leave",
    "personal",
    "publish_unsubscribed",
    "read_unsubscribed",
    "tags_filter",
)


def of_channels(old: Contract, new: Contract) -> Iterator[Change]:
    """Compare all channels of two contracts."""
    pairs = _pairs(list(old.channels), list(new.channels))
    for channel in old.channels:
        same = pairs.get(channel.address)
        if same is None:
            yield change(channel.address, "", "channel-removed", "the channel is gone")
        else:
            yield from _of_channel(old, new, channel, same)
    kept = {channel.address for channel in pairs.values()}
    for channel in new.channels:
        if channel.address not in kept:
            yield change(channel.address, "", "channel-added", "the channel is new")


def _pairs(before: list[Channel], after: list[Channel]) -> dict[str, Channel]:
    """Return the new channel of each old address that is still there."""
    pairs: dict[str, Channel] = {}
    for likeness in _LIKENESSES:
        free = {likeness(channel): channel for channel in reversed(after)}
        for channel in [channel for channel in before if channel.address not in pairs]:
            if (same := free.pop(likeness(channel), None)) is not None:
                pairs[channel.address] = same
                after = [other for other in after if other is not same]
    return pairs


def _shape(channel: Channel) -> str:
    return _PARAMETER.sub("{}", channel.template)


def _typed_shape(channel: Channel) -> tuple[str, ...]:
    return (_shape(channel), *(parameter.type for parameter in channel.parameters))


def _contents(channel: Channel) -> tuple[Any, ...]:
    return (channel.publishes, channel.accepts, len(channel.parameters))


_LIKENESSES: Final[tuple[Callable[[Channel], Any], ...]] = (
    lambda channel: channel.address,
    _typed_shape,
    _shape,
    _contents,
)
"""From the surest to the weakest."""


def _of_channel(old: Contract, new: Contract, before: Channel, after: Channel) -> Iterator[Change]:
    where = after.address
    if _shape(before) != _shape(after):
        text = f"{before.template} → {after.template}"
        yield change(where, "", "address-changed", text)
    else:
        yield from _of_parameters(before, after)
    published = Way(old, new, "received", where, "publishes")
    yield from of_messages(published, before.publishes, after.publishes)
    accepted = Way(old, new, "sent", where, "accepts")
    yield from of_messages(accepted, before.accepts, after.accepts)
    yield from _of_access(before, after)
    yield from _of_options(before, after)
    yield from _of_history(where, before.history, after.history)
    if before.description != after.description:
        yield change(where, "", "description-changed", "another description")


def _of_parameters(before: Channel, after: Channel) -> Iterator[Change]:
    for old, new in zip(before.parameters, after.parameters, strict=False):
        subject = f"{{{old.name}}}"
        if old.name != new.name:
            yield change(after.address, subject, "parameter-renamed", f"{old.name} → {new.name}")
        if (old.type, old.pattern) != (new.type, new.pattern):
            texts = (f"{old.type} → {new.type}", f"{old.pattern} → {new.pattern}")
            text = texts[old.type == new.type]
            yield change(after.address, subject, _of_types(old.type, new.type), text)
        if old.description != new.description:
            yield change(after.address, subject, "description-changed", "another description")


def _of_types(old: str, new: str) -> str:
    if old != new and "str" in (old, new):
        return "parameter-narrowed" if old == "str" else "parameter-widened"
    return "parameter-changed"


_ACCESS: Final = ("with a token only", "decided by the app", "open to all")
"""Who may subscribe, from the fewest."""


def _of_access(before: Channel, after: Channel) -> Iterator[Change]:
    old, new = _access(before), _access(after)
    if old != new:
        rule = "access-widened" if new > old else "access-narrowed"
        yield change(after.address, "subscribing", rule, f"{_ACCESS[old]} → {_ACCESS[new]}")


def _access(channel: Channel) -> int:
    """Return the place in `_ACCESS`. A handler decides even where a channel is open."""
    return 1 if channel.decides else 2 if channel.open else 0


def _of_options(before: Channel, after: Channel) -> Iterator[Change]:
    for option in (*_OPTIONS, "delta"):
        if getattr(before, option) != getattr(after, option):
            state = "on" if getattr(after, option) else "off"
            prefix = "delta" if option == "delta" else "option"
            yield change(after.address, option, f"{prefix}-{state}", f"is {state} now")


def _of_history(where: str, old: History | None, new: History | None) -> Iterator[Change]:
    if old is None or new is None:
        if new is not None:
            yield change(where, "history", "history-added", f"{new.size} for {new.ttl:g} s now")
        elif old is not None:
            yield change(where, "history", "history-removed", "nothing is kept any more")
        return
    if old.mode != new.mode:
        yield change(where, "history", "history-mode-changed", f"mode {old.mode} → {new.mode}")
    for name, was, is_now in (("size", old.size, new.size), ("ttl", old.ttl, new.ttl)):
        if was != is_now:
            rule = "history-reduced" if is_now < was else "history-extended"
            yield change(where, "history", rule, f"{name} {was:g} → {is_now:g}")
    for name in sorted({*old.without} ^ {*new.without}):
        rule = "event-kept" if name in old.without else "event-not-kept-anymore"
        yield change(where, "history", rule, name)
