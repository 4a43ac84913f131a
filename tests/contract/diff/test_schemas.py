"""What becomes of each difference between payloads: tables of changes and their verdicts."""

from typing import Any

import pytest
from msgspec.structs import replace

from antiphon.contract.diff import Change, compare
from antiphon.contract.model import (
    Channel,
    Contract,
    Event,
    Messages,
)

# One event of a channel, with one field, which goes from one schema to another.

TEXT = {"type": "string"}
WHOLE = {"type": "integer", "format": "int64"}
NUMBER = {"type": "number", "format": "double"}
NULL = {"type": "null"}
GOOD, GOOD_OR_BAD = {"const": "good", "type": "string"}, {"enum": ["good", "bad"], "type": "string"}
ROW = {"type": "array", "items": [WHOLE, TEXT], "minItems": 2, "additionalItems": True}
LONGER = {**ROW, "items": [WHOLE, TEXT, TEXT], "minItems": 3}


def either(*options: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"anyOf": list(options), **more}


def many(items: Any, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


def shape(kind: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"kind": {"const": kind, "type": "string"}, **properties},
        "required": ["kind"],
    }


CIRCLE, SQUARE = shape("circle", radius=NUMBER), shape("square", side=NUMBER)
SHAPES = either(CIRCLE, SQUARE, **{"x-discriminator": "kind"})

SAFE, LATER = ("safe", "safe"), ("safe", "risky")
MAYBE, MAYBE_BOTH = ("risky", "safe"), ("risky", "risky")
BREAKS, BREAKS_BOTH = ("breaking", "safe"), ("breaking", "risky")

TYPES: list[tuple[str, Any, Any, str, Any, Any]] = [
    # what                  old, new                   rule              sent, received: old clients, servers
    ("another type", WHOLE, TEXT, "type-changed", BREAKS_BOTH, BREAKS_BOTH),
    ("null as well", TEXT, either(TEXT, NULL), "type-widened", LATER, BREAKS),
    ("no null", either(TEXT, NULL), TEXT, "type-narrowed", BREAKS, LATER),
    ("fractions", WHOLE, NUMBER, "type-widened", LATER, BREAKS),
    ("no fractions", NUMBER, WHOLE, "type-narrowed", BREAKS, LATER),
    ("anything", TEXT, {}, "type-widened", LATER, BREAKS),
    ("not anything", {}, TEXT, "type-narrowed", BREAKS, LATER),
    ("a value more", GOOD, GOOD_OR_BAD, "value-added", LATER, MAYBE),
    ("a value less", GOOD_OR_BAD, GOOD, "value-removed", BREAKS, LATER),
    ("other values", GOOD, {"const": "fine"}, "type-changed", BREAKS_BOTH, BREAKS_BOTH),
    ("any value", GOOD_OR_BAD, TEXT, "type-widened", LATER, BREAKS),
    ("some values", TEXT, GOOD_OR_BAD, "type-narrowed", BREAKS, LATER),
    ("not those", GOOD, {**TEXT, "minLength": 9}, "type-changed", BREAKS_BOTH, BREAKS_BOTH),
    ("a shape more", CIRCLE, SHAPES, "variant-added", LATER, MAYBE),
    ("a shape less", SHAPES, SQUARE, "variant-removed", BREAKS, LATER),
    ("many for one", TEXT, many(TEXT), "type-changed", BREAKS_BOTH, BREAKS_BOTH),
    ("other items", many(TEXT), many(WHOLE), "type-changed", BREAKS_BOTH, BREAKS_BOTH),
    ("null items", many(TEXT), many(either(TEXT, NULL)), "type-widened", LATER, BREAKS),
    ("tuple", many(TEXT), many([TEXT]), "type-changed", BREAKS_BOTH, BREAKS_BOTH),
    ("a place more", ROW, LONGER, "field-added-required", BREAKS, LATER),
    ("a place less", LONGER, ROW, "field-removed-required", MAYBE_BOTH, BREAKS),
    ("map", CIRCLE, {"type": "object"}, "type-changed", BREAKS_BOTH, BREAKS_BOTH),
    (
        "other values in a map",
        {"type": "object", "additionalProperties": WHOLE},
        {"type": "object", "additionalProperties": TEXT},
        "type-changed",
        BREAKS_BOTH,
        BREAKS_BOTH,
    ),
    ("longer at most", {**TEXT, "maxLength": 3}, TEXT, "bound-loosened", LATER, MAYBE),
    ("shorter at most", TEXT, {**TEXT, "maxLength": 3}, "bound-tightened", BREAKS, LATER),
    ("longer at least", TEXT, {**TEXT, "minLength": 1}, "bound-tightened", BREAKS, LATER),
    ("pattern", TEXT, {**TEXT, "pattern": "^a"}, "bound-tightened", BREAKS, LATER),
    (
        "another pattern",
        {**TEXT, "pattern": "^b"},
        {**TEXT, "pattern": "^a"},
        "bound-changed",
        BREAKS_BOTH,
        MAYBE_BOTH,
    ),
    ("uuid", TEXT, {**TEXT, "format": "uuid"}, "bound-tightened", BREAKS, LATER),
    ("no date", {**TEXT, "format": "date"}, TEXT, "bound-loosened", LATER, MAYBE),
    ("at least", WHOLE, {**WHOLE, "minimum": 0}, "bound-tightened", BREAKS, LATER),
    (
        "more than",
        {**NUMBER, "minimum": 0},
        {**NUMBER, "exclusiveMinimum": 0},
        "bound-tightened",
        BREAKS,
        LATER,
    ),
    (
        "larger at most",
        {**WHOLE, "maximum": 9},
        {**WHOLE, "exclusiveMaximum": 11},
        "bound-loosened",
        LATER,
        MAYBE,
    ),
    (
        "finer steps",
        {**WHOLE, "multipleOf": 4},
        {**WHOLE, "multipleOf": 2},
        "bound-loosened",
        LATER,
        MAYBE,
    ),
    (
        "other steps",
        {**WHOLE, "multipleOf": 4},
        {**WHOLE, "multipleOf": 6},
        "bound-changed",
        BREAKS_BOTH,
        MAYBE_BOTH,
    ),
    ("fewer items", many(TEXT), many(TEXT, maxItems=3), "bound-tightened", BREAKS, LATER),
    ("sets", many(TEXT), many(TEXT, uniqueItems=True), "bound-tightened", BREAKS, LATER),
    (
        "default",
        {**TEXT, "default": "a"},
        {**TEXT, "default": "b"},
        "default-changed",
        MAYBE_BOTH,
        MAYBE_BOTH,
    ),
    ("words", TEXT, {**TEXT, "description": "A text."}, "description-changed", SAFE, SAFE),
    ("deprecated", TEXT, {**TEXT, "deprecated": True}, "deprecated", SAFE, SAFE),
    ("in use again", {**TEXT, "deprecated": True}, TEXT, "not-deprecated-anymore", SAFE, SAFE),
]

SAME: list[tuple[str, Any, Any]] = [
    ("a component", TEXT, {"$ref": "#/components/schemas/Text"}),
    ("said beside it", TEXT, {"allOf": [{"$ref": "#/components/schemas/Text"}], "examples": ["a"]}),
    ("one value", GOOD, {"enum": ["good"], "type": "string"}),
    ("null first", either(TEXT, NULL), either(NULL, TEXT)),
    ("null among values", {"enum": ["good", None]}, either(GOOD, NULL)),
    ("title", TEXT, {**TEXT, "title": "SaidText"}),
    ("whole bounds", {**WHOLE, "exclusiveMinimum": 0}, {**WHOLE, "minimum": 1}),
    ("examples", TEXT, {**TEXT, "examples": ["x"]}),
]

BARE = Contract(title="Test", version="1.0.0")


def event_schema(
    fields: dict[str, Any], required: tuple[str, ...] = (), **more: Any
) -> dict[str, Any]:
    properties = {"type": {"const": "said", "type": "string"}, **fields}
    return {
        "type": "object",
        "properties": properties,
        "required": ["type", *required],
        **more,
    }


def contract(direction: str, schema: dict[str, Any], **event: Any) -> Contract:
    """An app of one channel, in which one event travels."""
    event = {"name": "Said", "tag": "said", **event}
    travels: dict[str, Any] = {
        "accepts" if direction == "sent" else "publishes": Messages(events=(event["name"],))
    }
    chat = Channel(key="chat", address="chat", template="chat", delivery="at-most-once", **travels)
    return replace(
        BARE,
        channels=(chat,),
        events={event["name"]: Event(**event)},
        schemas={event["name"]: schema, "Text": TEXT},
    )


def only(changes: list[Change]) -> Change:
    (change,) = changes
    return change


def pair(change: Change) -> tuple[str, str]:
    return change.old_clients, change.old_servers


@pytest.mark.parametrize("direction", ["sent", "received"])
@pytest.mark.parametrize(
    ("old", "new", "rule", "sent", "received"),
    [pytest.param(*case[1:], id=case[0]) for case in TYPES],
)
def test_types(direction: str, old: Any, new: Any, rule: str, sent: Any, received: Any) -> None:
    before, after = (contract(direction, event_schema({"text": its})) for its in (old, new))
    change = only(compare(before, after))
    assert (change.rule, pair(change)) == (rule, sent if direction == "sent" else received)
    assert change.where == "chat"
    verb = "accepts" if direction == "sent" else "publishes"
    assert change.subject.startswith(f"{verb} said.text")


@pytest.mark.parametrize("direction", ["sent", "received"])
@pytest.mark.parametrize(("old", "new"), [pytest.param(*case[1:], id=case[0]) for case in SAME])
def test_what_is_no_change(direction: str, old: Any, new: Any) -> None:
    before, after = (contract(direction, event_schema({"text": its})) for its in (old, new))
    assert compare(before, after) == compare(after, before) == []


WITH, WITHOUT = event_schema({"text": TEXT}), event_schema({})
NEEDED = event_schema({"text": TEXT}, ("text",))
CLOSED: dict[str, Any] = {"additionalProperties": False}
ALWAYS = {"x-always-sent": ["text"]}

FIELDS: list[tuple[str, Any, Any, str, Any, Any]] = [
    # what                  old, new          rule                    sent, received: old clients, servers
    ("optional field", WITHOUT, WITH, "field-added", SAFE, SAFE),
    ("required field", WITHOUT, NEEDED, "field-added-required", BREAKS, LATER),
    (
        "field that old servers refuse",
        {**WITHOUT, **CLOSED},
        {**WITH, **CLOSED},
        "field-added-where-others-are-refused",
        LATER,
        SAFE,
    ),
    (
        "required field that old servers refuse",
        {**WITHOUT, **CLOSED},
        {**NEEDED, **CLOSED},
        "field-added-required-where-others-are-refused",
        BREAKS_BOTH,
        LATER,
    ),
    ("no optional field", WITH, WITHOUT, "field-removed", MAYBE, MAYBE),
    ("no required field", NEEDED, WITHOUT, "field-removed-required", MAYBE_BOTH, BREAKS),
    (
        "no optional field, and refused",
        {**WITH, **CLOSED},
        {**WITHOUT, **CLOSED},
        "field-removed-where-others-are-refused",
        BREAKS,
        MAYBE,
    ),
    (
        "no required field, and refused",
        {**NEEDED, **CLOSED},
        {**WITHOUT, **CLOSED},
        "field-removed-required-where-others-are-refused",
        BREAKS_BOTH,
        BREAKS,
    ),
    ("required now", WITH, NEEDED, "field-made-required", BREAKS, LATER),
    ("optional now", NEEDED, WITH, "field-made-optional", LATER, BREAKS),
    ("others refused", WITH, {**WITH, **CLOSED}, "unknown-fields-refused", MAYBE, SAFE),
    ("others allowed", {**WITH, **CLOSED}, WITH, "unknown-fields-allowed", SAFE, SAFE),
]


@pytest.mark.parametrize("direction", ["sent", "received"])
@pytest.mark.parametrize(
    ("old", "new", "rule", "sent", "received"),
    [pytest.param(*case[1:], id=case[0]) for case in FIELDS],
)
def test_fields(direction: str, old: Any, new: Any, rule: str, sent: Any, received: Any) -> None:
    change = only(compare(contract(direction, old), contract(direction, new)))
    assert (change.rule, pair(change)) == (rule, sent if direction == "sent" else received)


def test_what_we_always_send_counts_for_those_who_receive_it() -> None:
    old, new = {**WITH, **ALWAYS}, WITHOUT
    received = only(compare(contract("received", old), contract("received", new)))
    sent = only(compare(contract("sent", old), contract("sent", new)))
    assert (received.rule, pair(received)) == ("field-removed-required", BREAKS)
    assert (sent.rule, pair(sent)) == ("field-removed", MAYBE)


def test_a_default_of_what_is_always_sent_is_never_seen() -> None:
    old, new = ({**event_schema({"text": {**TEXT, "default": d}}), **ALWAYS} for d in ("a", "b"))
    received = only(compare(contract("received", old), contract("received", new)))
    sent = only(compare(contract("sent", old), contract("sent", new)))
    assert (received.rule, pair(received)) == ("default-changed-of-what-is-always-sent", SAFE)
    assert (sent.rule, pair(sent)) == ("default-changed", MAYBE_BOTH)


@pytest.mark.parametrize(
    ("event", "rule", "sent", "received"),
    [
        ({"tag": "said.v2"}, "tag-changed", BREAKS_BOTH, BREAKS_BOTH),
        ({"name": "Spoken"}, "event-renamed", SAFE, SAFE),
        ({"deprecated": "use SaidV2"}, "deprecated", SAFE, SAFE),
        ({"description": "Said."}, "description-changed", SAFE, SAFE),
    ],
)
@pytest.mark.parametrize("direction", ["sent", "received"])
def test_events(direction: str, event: Any, rule: str, sent: Any, received: Any) -> None:
    constant = {"type": {"const": event.get("tag", "said"), "type": "string"}}
    changed = contract(direction, event_schema({**constant, "text": TEXT}), **event)
    change = only(compare(contract(direction, WITH), changed))
    assert (change.rule, pair(change)) == (rule, sent if direction == "sent" else received)
    assert change.subject.endswith("said")


def test_a_type_that_holds_itself() -> None:
    def tree(name: dict[str, Any]) -> Contract:
        found = contract("sent", event_schema({"tree": {"$ref": "#/components/schemas/Tree"}}))
        children = many({"$ref": "#/components/schemas/Tree"})
        schema = {"type": "object", "properties": {"children": children, "name": name}}
        return replace(found, schemas={**found.schemas, "Tree": schema})

    change = only(compare(tree(TEXT), tree(WHOLE)))
    assert (change.subject, change.rule) == ("accepts said.tree.name", "type-changed")


def test_objects_that_nothing_tells_apart() -> None:
    some = either(shape("a"), shape("a", more=TEXT))
    old, other = (
        contract("sent", event_schema({"text": its})) for its in (some, either(*[CIRCLE] * 2))
    )
    assert compare(old, old) == []
    assert only(compare(old, other)).rule == "type-changed"
