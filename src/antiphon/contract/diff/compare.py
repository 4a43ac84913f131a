"""Two contracts, compared: what is of the app as a whole, and the order of it all."""

from collections.abc import Iterator
from typing import Final

from antiphon.contract.diff.channels import of_channels
from antiphon.contract.diff.messages import Way, of_messages, of_payload
from antiphon.contract.diff.rules import Change, change
from antiphon.contract.model import Code, Contract, Method

APP: Final = "app"
MESSAGES: Final = "messages"

_SIZES: Final = (
    "message_bytes_before_connect",
    "message_bytes",
    "fragments",
    "commands_per_message",
    "channels_per_client",
    "channel_name_length",
)
"""Limits of what a client may do once: above one, the same fails every time."""

_INTERVALS: Final = ("ping_seconds",)
"""What the server tells every client at its connect."""


def compare(old: Contract, new: Contract) -> list[Change]:
    """Return what changed, in the order of the declarations; [] for two equal contracts.

    The title, the version and examples are no changes.
    """
    return [
        *of_channels(old, new),
        *_of_methods(old, new),
        *of_messages(Way(old, new, "sent", MESSAGES, "accepts"), old.accepts, new.accepts),
        *of_messages(Way(old, new, "received", MESSAGES, "sends"), old.sends, new.sends),
        *_of_app(old, new),
    ]


def _of_app(old: Contract, new: Contract) -> Iterator[Change]:
    if old.description != new.description:
        yield change(APP, "", "description-changed", "another description")
    yield from _of_auth(old, new)
    yield from _of_transports(old, new)
    yield from _of_limits(old, new)
    for kind in ("errors", "closes", "unsubscribes"):
        yield from _of_codes(kind, getattr(old, kind), getattr(new, kind))


def _of_methods(old: Contract, new: Contract) -> Iterator[Change]:
    after = {method.name: method for method in new.methods}
    for method in old.methods:
        if (same := after.pop(method.name, None)) is not None:
            yield from _of_method(old, new, method, same)
        else:
            yield change(f"rpc {method.name}", "", "method-removed", "the method is gone")
    for name in after:
        yield change(f"rpc {name}", "", "method-added", "the method is new")


def _of_method(old: Contract, new: Contract, before: Method, after: Method) -> Iterator[Change]:
    where = f"rpc {after.name}"
    if bool(before.deprecated) != bool(after.deprecated):
        rule = "deprecated" if after.deprecated else "not-deprecated-anymore"
        yield change(where, "", rule, after.deprecated or rule.replace("-", " "))
    if before.description != after.description:
        yield change(where, "", "description-changed", "another description")
    yield from of_payload(Way(old, new, "sent", where, "takes"), before.request, after.request)
    answers = Way(old, new, "received", where, "answers")
    yield from of_payload(answers, before.response, after.response)


def _of_auth(old: Contract, new: Contract) -> Iterator[Change]:
    before, after = ({scheme.name for scheme in side.auth} for side in (old, new))
    for name in sorted(before ^ after):
        gone = name in before
        if name == "on_connect":
            rule = "connect-not-decided-anymore" if gone else "connect-decided"
        else:
            rule = "auth-removed" if gone else "auth-added"
        yield change(APP, f"auth {name}", rule, "is gone" if gone else "is new")


def _of_transports(old: Contract, new: Contract) -> Iterator[Change]:
    before, after = ({t.name: t.path for t in side.transports} for side in (old, new))
    for name in dict.fromkeys((*before, *after)):
        subject = f"transport {name}"
        if name not in after:
            yield change(APP, subject, "transport-removed", "is gone")
        elif name not in before:
            yield change(APP, subject, "transport-added", "is new")
        elif before[name] != after[name]:
            yield change(APP, subject, "transport-moved", f"{before[name]} → {after[name]}")


def _of_limits(old: Contract, new: Contract) -> Iterator[Change]:
    for name in dict.fromkeys((*old.limits, *new.limits)):
        before, after = (side.limits.get(name, float("inf")) for side in (old, new))
        if before != after:
            text = f"{_limit(before)} → {_limit(after)}"
            yield change(APP, f"limit {name}", _rule_of_limit(name, lower=after < before), text)


def _limit(value: float) -> str:
    return "none" if value == float("inf") else f"{value:g}" if value < 1e6 else f"{value:.0f}"


def _rule_of_limit(name: str, *, lower: bool) -> str:
    if name in _INTERVALS:
        return "interval-changed"
    kind = "size" if name in _SIZES else "rate"
    return f"{kind}-limit-{'lowered' if lower else 'raised'}"


def _of_codes(kind: str, old: tuple[Code, ...], new: tuple[Code, ...]) -> Iterator[Change]:
    before, after = ({code.number: code for code in side} for side in (old, new))
    for number in sorted(before.keys() | after.keys()):
        subject = f"{kind} {number}"
        if number not in after:
            yield change(APP, subject, "code-removed", f"{before[number].text!r} is gone")
        elif number not in before:
            yield change(APP, subject, "code-added", f"{after[number].text!r} is new")
        elif before[number].again != after[number].again:
            text = "tried again now" if after[number].again else "not tried again any more"
            yield change(APP, subject, "code-behaves-differently", text)
        elif before[number] != after[number]:
            yield change(APP, subject, "description-changed", "other words")
