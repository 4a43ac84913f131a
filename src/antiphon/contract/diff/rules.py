"""What each kind of change means for clients and servers of which one is old: the table.

Two pairs can meet. An *old client* meets the new server for as long as somebody has not updated:
months, on phones. A new client meets an *old server* only while a deployment runs, or is rolled
back, and never where servers are deployed first. So what goes wrong there is risky at most.

===========  ====================================================================================
breaking     it stops working, for some: a command is refused, a payload cannot be read
risky        it may, for those who rely on more than they were promised; or something is dropped
             unseen; or only while servers are old
safe         nobody can tell, but from the document
===========  ====================================================================================

What clients receive is read by these rules: fields that a client does not know are passed over,
and bounds (the length of a text, the range of a number) are not checked again. Whether a client
passes over *events* that it does not know is its author's choice: one that is told by its compiler
to handle each event there is, does not. So one more of those is risky, and so is one more value
of an enum.
"""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

Verdict = Literal["breaking", "risky", "safe"]

Direction = Literal["sent", "received"]
"""Of a payload, from the client."""

GRAVEST: Final[tuple[Verdict, ...]] = ("breaking", "risky", "safe")

Pair = tuple[Verdict, Verdict]
"""For old clients of a new server, and for new clients of an old server."""


class Change(Struct, frozen=True, kw_only=True):
    """One difference."""

    where: str
    """The channel's address, ``rpc rooms.create``, ``messages`` or ``app``."""
    subject: str
    """What of it: ``publishes said.text``, ``history``; "" for all of it."""
    rule: str
    text: str
    """What was and what is."""
    old_clients: Verdict
    """What it does to old clients of a new server."""
    old_servers: Verdict
    """What it does to new clients of an old server."""

    @property
    def verdict(self) -> Verdict:
        """The graver of the two."""
        return min(self.old_clients, self.old_servers, key=GRAVEST.index)


def change(where: str, subject: str, rule: str, text: str) -> Change:
    """Judge a difference that has no direction."""
    return _judged(where, subject, rule, text, DECLARED[rule])


def change_of(direction: Direction, where: str, subject: str, rule: str, text: str) -> Change:
    """Judge a difference between payloads."""
    pair = PAYLOAD[rule][0 if direction == "sent" else 1]
    return _judged(where, subject, rule, text, pair)


def _judged(where: str, subject: str, rule: str, text: str, pair: Pair) -> Change:
    clients, servers = pair
    return Change(
        where=where,
        subject=subject,
        rule=rule,
        text=text,
        old_clients=clients,
        old_servers=servers,
    )


_SAFE: Final[Pair] = ("safe", "safe")
_LATER: Final[Pair] = ("safe", "risky")
"""More than before: fine once servers are new."""
_BREAKS: Final[Pair] = ("breaking", "safe")
_BREAKS_BOTH: Final[Pair] = ("breaking", "risky")
_MAYBE: Final[Pair] = ("risky", "safe")
_MAYBE_BOTH: Final[Pair] = ("risky", "risky")

PAYLOAD: Final[Mapping[str, tuple[Pair, Pair]]] = {
    # rule                        sent by clients  received by clients
    "type-narrowed": (_BREAKS, _LATER),
    "type-widened": (_LATER, _BREAKS),
    "type-changed": (_BREAKS_BOTH, _BREAKS_BOTH),
    "bound-tightened": (_BREAKS, _LATER),
    "bound-loosened": (_LATER, _MAYBE),
    "bound-changed": (_BREAKS_BOTH, _MAYBE_BOTH),
    "value-removed": (_BREAKS, _LATER),
    "value-added": (_LATER, _MAYBE),
    "variant-removed": (_BREAKS, _LATER),
    "variant-added": (_LATER, _MAYBE),
    "field-added": (_SAFE, _SAFE),
    "field-added-required": (_BREAKS, _LATER),
    "field-added-where-others-are-refused": (_LATER, _SAFE),
    "field-added-required-where-others-are-refused": (_BREAKS_BOTH, _LATER),
    "field-removed": (_MAYBE, _MAYBE),
    "field-removed-required": (_MAYBE_BOTH, _BREAKS),
    "field-removed-where-others-are-refused": (_BREAKS, _MAYBE),
    "field-removed-required-where-others-are-refused": (_BREAKS_BOTH, _BREAKS),
    "field-made-required": (_BREAKS, _LATER),
    "field-made-optional": (_LATER, _BREAKS),
    "default-changed": (_MAYBE_BOTH, _MAYBE_BOTH),
    "default-changed-of-what-is-always-sent": (_MAYBE_BOTH, _SAFE),
    "unknown-fields-refused": (_MAYBE, _SAFE),
    "unknown-fields-allowed": (_SAFE, _SAFE),
    "tag-changed": (_BREAKS_BOTH, _BREAKS_BOTH),
    "event-added": (_LATER, _MAYBE),
    "event-removed": (_BREAKS, _BREAKS_BOTH),
    "event-renamed": (_SAFE, _SAFE),
    "made-opaque": (_MAYBE_BOTH, _BREAKS_BOTH),
    "made-typed": (_BREAKS_BOTH, _BREAKS_BOTH),
    "payload-added": (_BREAKS, _LATER),
    "optional-payload-added": (_SAFE, _LATER),
    "payload-removed": (_MAYBE_BOTH, _BREAKS),
    "deprecated": (_SAFE, _SAFE),
    "not-deprecated-anymore": (_SAFE, _SAFE),
    "description-changed": (_SAFE, _SAFE),
}
"""The two columns mirror one another where nothing but the sets of values counts: what narrows a
set breaks the one who writes, what widens it the one who reads. An event that no longer comes
breaks who waits for it."""

DECLARED: Final[Mapping[str, Pair]] = {
    "channel-added": _LATER,
    "channel-removed": _BREAKS,
    "address-changed": _BREAKS_BOTH,
    "parameter-renamed": _SAFE,
    "parameter-narrowed": _BREAKS,
    "parameter-widened": _LATER,
    "parameter-changed": _BREAKS_BOTH,
    "access-narrowed": _BREAKS,
    "access-widened": _LATER,
    "option-off": _BREAKS,
    "option-on": _LATER,
    "delta-off": _SAFE,
    "delta-on": _SAFE,
    "history-removed": _BREAKS,
    "history-added": _LATER,
    "history-mode-changed": _BREAKS_BOTH,
    "history-reduced": _MAYBE,
    "history-extended": _LATER,
    "event-not-kept-anymore": _MAYBE,
    "event-kept": _LATER,
    "method-added": _LATER,
    "method-removed": _BREAKS,
    "deprecated": _SAFE,
    "not-deprecated-anymore": _SAFE,
    "transport-added": _LATER,
    "transport-removed": _BREAKS,
    "transport-moved": _BREAKS_BOTH,
    "auth-added": _LATER,
    "auth-removed": _BREAKS,
    "connect-decided": _MAYBE,
    "connect-not-decided-anymore": _LATER,
    "size-limit-lowered": _BREAKS,
    "size-limit-raised": _LATER,
    "rate-limit-lowered": _MAYBE,
    "rate-limit-raised": _LATER,
    "interval-changed": _SAFE,
    "code-added": _SAFE,
    "code-removed": _SAFE,
    "code-behaves-differently": _MAYBE_BOTH,
    "description-changed": _SAFE,
}
"""`delta` is an offer: a client that asked for patches and gets none applies none. Of codes that it
does not know a client goes by the range they are in."""
