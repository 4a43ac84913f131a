"""What becomes of each difference but those between payloads: a table of changes and their verdicts."""

from typing import Any

import pytest
from msgspec.structs import replace

from antiphon.contract import contract_of
from antiphon.contract.diff import Change, compare
from antiphon.contract.diff.rules import DECLARED, PAYLOAD
from antiphon.contract.model import (
    Channel,
    Code,
    Contract,
    History,
    Messages,
    Method,
    Payload,
    Scheme,
    Transport,
)
from tests.contract.diff.test_schemas import (
    BARE,
    BREAKS,
    BREAKS_BOTH,
    FIELDS,
    LATER,
    MAYBE,
    MAYBE_BOTH,
    NULL,
    SAFE,
    TEXT,
    TYPES,
    WHOLE,
    either,
    many,
    only,
    pair,
)
from tests.contract.zoo import zoo

# One thing is declared otherwise in the app with one of everything.

ZOO = contract_of(zoo())
KEPT = "kept:{room}/{number:int}/{key:uuid}"


def in_channel(declared: str, /, **changes: Any) -> Contract:
    """The zoo, with one channel declared otherwise."""
    channels = tuple(
        replace(channel, **changes) if channel.address == declared else channel
        for channel in ZOO.channels
    )
    return replace(ZOO, channels=channels)


def in_method(name: str, **changes: Any) -> Contract:
    """The zoo, with one method declared otherwise."""
    methods = tuple(replace(m, **changes) if m.name == name else m for m in ZOO.methods)
    return replace(ZOO, methods=methods)


def limited(**limits: float) -> Contract:
    return replace(ZOO, limits={**ZOO.limits, **limits})


def parameter(place: int, **changes: Any) -> Contract:
    """The zoo, with one parameter of `KEPT` declared otherwise."""
    (kept,) = (channel for channel in ZOO.channels if channel.address == KEPT)
    parameters = list(kept.parameters)
    parameters[place] = replace(parameters[place], **changes)
    return in_channel(KEPT, parameters=tuple(parameters))


WITHOUT_EVENTS = Messages(events=("Numbers", "Texts", "Times", "Wholes"))
JWT_ONLY = tuple(scheme for scheme in ZOO.auth if scheme.name == "jwt")
STREAM = History(size=10, ttl=60, mode="stream", without=("Numbers",))


DECLARATIONS: list[tuple[str, Contract, Contract, str, Any]] = [
    # what, old, new, rule, old clients and old servers
    ("channel", replace(ZOO, channels=ZOO.channels[1:]), ZOO, "channel-added", LATER),
    ("no channel", ZOO, replace(ZOO, channels=ZOO.channels[1:]), "channel-removed", BREAKS),
    (
        "address",
        ZOO,
        in_channel("everything", address="all", template="all"),
        "address-changed",
        BREAKS_BOTH,
    ),
    ("parameter's name", ZOO, parameter(0, name="hall"), "parameter-renamed", SAFE),
    ("parameter's words", ZOO, parameter(0, description="A hall."), "description-changed", SAFE),
    ("whole parameter", ZOO, parameter(0, type="int"), "parameter-narrowed", BREAKS),
    ("any parameter", ZOO, parameter(1, type="str"), "parameter-widened", LATER),
    ("other parameter", ZOO, parameter(1, type="uuid"), "parameter-changed", BREAKS_BOTH),
    ("parameter's form", ZOO, parameter(1, pattern="^1$"), "parameter-changed", BREAKS_BOTH),
    ("not open", ZOO, in_channel("everything", open=False), "access-narrowed", BREAKS),
    ("decided", ZOO, in_channel("everything", decides=True), "access-narrowed", BREAKS),
    ("open", in_channel("everything", open=False), ZOO, "access-widened", LATER),
    ("undecided", ZOO, in_channel(KEPT, decides=False), "access-narrowed", BREAKS),
    ("no presence", ZOO, in_channel(KEPT, presence=False), "option-off", BREAKS),
    ("presence", in_channel(KEPT, presence=False), ZOO, "option-on", LATER),
    ("no join and leave", ZOO, in_channel(KEPT, join_leave=False), "option-off", BREAKS),
    ("no filter", ZOO, in_channel(KEPT, tags_filter=False), "option-off", BREAKS),
    ("no patches", ZOO, in_channel(KEPT, delta=False), "delta-off", SAFE),
    ("patches", in_channel(KEPT, delta=False), ZOO, "delta-on", SAFE),
    ("not personal", ZOO, in_channel("inbox#{user}", personal=False), "option-off", BREAKS),
    (
        "no publishing from outside",
        ZOO,
        in_channel("blob:{name}", publish_unsubscribed=False),
        "option-off",
        BREAKS,
    ),
    ("reading from outside", ZOO, in_channel(KEPT, read_unsubscribed=True), "option-on", LATER),
    ("no history", ZOO, in_channel(KEPT, history=None), "history-removed", BREAKS),
    ("history", in_channel(KEPT, history=None), ZOO, "history-added", LATER),
    (
        "less history",
        ZOO,
        in_channel(KEPT, history=replace(STREAM, size=5)),
        "history-reduced",
        MAYBE,
    ),
    (
        "shorter history",
        ZOO,
        in_channel(KEPT, history=replace(STREAM, ttl=5)),
        "history-reduced",
        MAYBE,
    ),
    (
        "more history",
        ZOO,
        in_channel(KEPT, history=replace(STREAM, size=50)),
        "history-extended",
        LATER,
    ),
    (
        "mode",
        ZOO,
        in_channel(KEPT, history=replace(STREAM, mode="cache")),
        "history-mode-changed",
        BREAKS_BOTH,
    ),
    (
        "kept",
        ZOO,
        in_channel(KEPT, history=replace(STREAM, without=())),
        "event-kept",
        LATER,
    ),
    (
        "not kept",
        in_channel(KEPT, history=replace(STREAM, without=())),
        ZOO,
        "event-not-kept-anymore",
        MAYBE,
    ),
    ("channel's words", ZOO, in_channel(KEPT, description=""), "description-changed", SAFE),
    (
        "no event to receive",
        ZOO,
        in_channel("everything", publishes=WITHOUT_EVENTS),
        "event-removed",
        BREAKS_BOTH,
    ),
    (
        "event to receive",
        in_channel("everything", publishes=WITHOUT_EVENTS),
        ZOO,
        "event-added",
        MAYBE,
    ),
    ("no event to send", ZOO, in_channel(KEPT, accepts=Messages()), "event-removed", BREAKS),
    ("event to send", in_channel(KEPT, accepts=Messages()), ZOO, "event-added", LATER),
    (
        "bytes received",
        ZOO,
        in_channel("everything", publishes=Messages(opaque=True)),
        "made-opaque",
        BREAKS_BOTH,
    ),
    (
        "bytes sent",
        ZOO,
        in_channel(KEPT, accepts=Messages(opaque=True)),
        "made-opaque",
        MAYBE_BOTH,
    ),
    (
        "no bytes sent",
        ZOO,
        in_channel("blob:{name}", accepts=Messages(events=("MoveTo",))),
        "made-typed",
        BREAKS_BOTH,
    ),
    (
        "nothing sent for bytes",
        ZOO,
        in_channel("blob:{name}", accepts=Messages()),
        "event-removed",
        BREAKS,
    ),
    (
        "bytes sent for nothing",
        in_channel("blob:{name}", accepts=Messages()),
        ZOO,
        "event-added",
        LATER,
    ),
    (
        "no message",
        ZOO,
        replace(ZOO, sends=Messages(events=("Moved",))),
        "event-removed",
        BREAKS_BOTH,
    ),
    (
        "message",
        ZOO,
        replace(ZOO, accepts=Messages(events=("MoveTo", "Texts", "Times"))),
        "event-added",
        LATER,
    ),
    ("method", replace(ZOO, methods=ZOO.methods[1:]), ZOO, "method-added", LATER),
    ("no method", ZOO, replace(ZOO, methods=ZOO.methods[1:]), "method-removed", BREAKS),
    ("method in use", ZOO, in_method("rooms.list", deprecated=""), "not-deprecated-anymore", SAFE),
    ("method deprecated", ZOO, in_method("quiet", deprecated="no"), "deprecated", SAFE),
    ("method's words", ZOO, in_method("quiet", description="Hush."), "description-changed", SAFE),
    (
        "request",
        ZOO,
        in_method("rooms.list", request=Payload(schema=TEXT)),
        "payload-added",
        BREAKS,
    ),
    (
        "optional request",
        ZOO,
        in_method("rooms.list", request=Payload(schema=either(TEXT, NULL))),
        "optional-payload-added",
        SAFE,
    ),
    ("no request", ZOO, in_method("quiet", request=None), "payload-removed", MAYBE_BOTH),
    (
        "other request",
        ZOO,
        in_method("quiet", request=Payload(schema={**WHOLE, "minimum": 4})),
        "bound-tightened",
        BREAKS,
    ),
    (
        "bytes requested",
        ZOO,
        in_method("quiet", request=Payload(opaque=True)),
        "made-opaque",
        MAYBE_BOTH,
    ),
    ("no answer", ZOO, in_method("rooms.list", response=None), "payload-removed", BREAKS),
    ("answer", in_method("rooms.list", response=None), ZOO, "payload-added", LATER),
    (
        "other answer",
        ZOO,
        in_method("rooms.list", response=Payload(schema=many(either(TEXT, NULL)))),
        "type-widened",
        BREAKS,
    ),
    ("no scheme", ZOO, replace(ZOO, auth=ZOO.auth[1:]), "auth-removed", BREAKS),
    (
        "scheme",
        ZOO,
        replace(ZOO, auth=(*ZOO.auth, Scheme(name="saml", description=""))),
        "auth-added",
        LATER,
    ),
    ("connect decided", replace(ZOO, auth=JWT_ONLY), ZOO, "connect-decided", MAYBE),
    ("connect undecided", ZOO, replace(ZOO, auth=JWT_ONLY), "connect-not-decided-anymore", LATER),
    ("no transport", ZOO, replace(ZOO, transports=ZOO.transports[1:]), "transport-removed", BREAKS),
    ("transport", replace(ZOO, transports=ZOO.transports[1:]), ZOO, "transport-added", LATER),
    (
        "transport elsewhere",
        ZOO,
        replace(
            ZOO,
            transports=(
                Transport(name="websocket", protocol="ws", path="/ws"),
                *ZOO.transports[1:],
            ),
        ),
        "transport-moved",
        BREAKS_BOTH,
    ),
    ("smaller", ZOO, limited(message_bytes=1_000), "size-limit-lowered", BREAKS),
    ("larger", ZOO, limited(message_bytes=100_000), "size-limit-raised", LATER),
    ("slower", ZOO, limited(commands_per_second=1), "rate-limit-lowered", MAYBE),
    ("faster", ZOO, limited(commands_per_second=1_000), "rate-limit-raised", LATER),
    ("pings", ZOO, limited(ping_seconds=10), "interval-changed", SAFE),
    ("limit", ZOO, limited(thoughts=10), "rate-limit-lowered", MAYBE),
    ("no code", ZOO, replace(ZOO, errors=ZOO.errors[1:]), "code-removed", SAFE),
    ("code", replace(ZOO, closes=ZOO.closes[1:]), ZOO, "code-added", SAFE),
    (
        "code's consequence",
        ZOO,
        replace(
            ZOO, errors=(replace(ZOO.errors[0], again=not ZOO.errors[0].again), *ZOO.errors[1:])
        ),
        "code-behaves-differently",
        MAYBE_BOTH,
    ),
    (
        "code's words",
        ZOO,
        replace(ZOO, errors=(replace(ZOO.errors[0], meaning="?"), *ZOO.errors[1:])),
        "description-changed",
        SAFE,
    ),
    ("app's words", ZOO, replace(ZOO, description=""), "description-changed", SAFE),
]


@pytest.mark.parametrize(
    ("old", "new", "rule", "expected"),
    [pytest.param(*case[1:], id=case[0]) for case in DECLARATIONS],
)
def test_declarations(old: Contract, new: Contract, rule: str, expected: Any) -> None:
    change = only(compare(old, new))
    assert (change.rule, pair(change)) == (rule, expected)


def test_each_rule_is_in_a_table_above() -> None:
    tested = {case[3] for case in (*TYPES, *FIELDS, *DECLARATIONS)} | {
        "tag-changed",
        "event-renamed",
        "default-changed-of-what-is-always-sent",
    }
    assert tested == PAYLOAD.keys() | DECLARED.keys()


@pytest.mark.parametrize(
    "change",
    [{"title": "Other"}, {"version": "9"}, {"schemas": {**ZOO.schemas, "Unused": TEXT}}],
)
def test_what_no_client_meets_is_no_change(change: dict[str, Any]) -> None:
    assert compare(ZOO, replace(ZOO, **change)) == []


def test_the_graver_verdict_counts() -> None:
    def verdict(clients: Any, servers: Any) -> str:
        return Change(
            where="", subject="", rule="", text="", old_clients=clients, old_servers=servers
        ).verdict

    assert verdict("safe", "risky") == verdict("risky", "safe") == "risky"
    assert verdict("breaking", "safe") == "breaking"
    assert verdict("safe", "safe") == "safe"


def test_one_of_two_likely_channels_is_the_same() -> None:
    """The address decides before its shape, and its shape before what is in it."""
    a, b, c = (
        Channel(
            key=key,
            address=key,
            template=key,
            delivery="at-most-once",
            publishes=Messages(opaque=True),
        )
        for key in ("a", "b", "c")
    )
    old, new = replace(BARE, channels=(a, b)), replace(BARE, channels=(b, c))
    change = only(compare(old, new))
    assert (change.where, change.rule, change.text) == ("c", "address-changed", "a → c")


def test_codes_are_told_apart_by_number() -> None:
    old = replace(BARE, errors=(Code(number=1, text="one"), Code(number=2, text="two")))
    assert compare(old, replace(old, errors=old.errors[::-1])) == []


def test_methods_are_told_apart_by_name() -> None:
    methods = (Method(key="a", name="a"), Method(key="b", name="b"))
    old = replace(BARE, methods=methods)
    assert compare(old, replace(old, methods=methods[::-1])) == []
