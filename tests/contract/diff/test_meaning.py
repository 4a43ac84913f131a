"""What a verdict promises, held against values: safe means that every value gets through."""

from functools import partial
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from antiphon.contract.conforming import wrong_in
from antiphon.contract.diff.rules import PAYLOAD, Direction, Verdict
from antiphon.contract.diff.schemas import differences

Schema = dict[str, Any]

NUMBERS = st.integers(-4, 4)
TEXTS = st.text("ab", max_size=3)


def bounded(least: str, most: str) -> st.SearchStrategy[Schema]:
    """Two bounds, either of which may be missing."""
    return st.fixed_dictionaries({}, optional={least: NUMBERS, most: NUMBERS})


def sized(what: str) -> st.SearchStrategy[Schema]:
    sizes = st.integers(0, 3)
    return st.fixed_dictionaries({}, optional={f"min{what}": sizes, f"max{what}": sizes})


def typed(name: str, more: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return more.map(lambda its: {"type": name, **its})


def listed(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Schema]:
    return st.lists(values, min_size=1, max_size=3, unique=True).map(lambda some: {"enum": some})


RANGES = bounded("minimum", "maximum") | bounded("exclusiveMinimum", "exclusiveMaximum")
STEPS = st.fixed_dictionaries({"multipleOf": st.integers(1, 4)})
PATTERNS = st.fixed_dictionaries({"pattern": st.sampled_from(["^a", "b$"])})
LEAVES = st.one_of(
    typed("integer", RANGES | STEPS),
    typed("number", RANGES),
    typed("string", sized("Length") | PATTERNS),
    typed("boolean", st.just({})),
    typed("null", st.just({})),
    listed(TEXTS | st.none()),
    listed(NUMBERS),
    st.just({}),
)


def objects(parts: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    """Objects of up to three fields."""
    names = st.sampled_from(["x", "y", "z"])
    fields = st.dictionaries(names, parts, max_size=3)
    closed = st.sampled_from([{}, {"additionalProperties": False}])
    return st.builds(
        lambda properties, required, more: {
            "type": "object",
            "properties": properties,
            "required": sorted(required & properties.keys()),
            **more,
        },
        fields,
        st.sets(names),
        closed,
    )


def wholes(parts: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return st.one_of(
        objects(parts),
        st.builds(
            lambda items, more: {"type": "array", "items": items, **more}, parts, sized("Items")
        ),
        parts.map(lambda values: {"type": "object", "additionalProperties": values}),
        parts.map(lambda part: {"anyOf": [part, {"type": "null"}]}),
        st.lists(parts, min_size=1, max_size=2).map(fixed),
    )


def fixed(items: list[Schema]) -> Schema:
    size = {"minItems": len(items), "maxItems": len(items)}
    return {"type": "array", "items": items, "additionalItems": False, **size}


SCHEMAS = st.recursive(LEAVES, wholes, max_leaves=4)


@st.composite
def edited(draw: st.DrawFn) -> tuple[Schema, Schema]:
    """Two schemas that are alike, so that few things differ."""
    old = draw(SCHEMAS)
    return old, draw(st.one_of(st.just(old), SCHEMAS, altered(old)))


def altered(schema: Schema) -> st.SearchStrategy[Schema]:
    """The same schema with one keyword gone, or with one of another's."""
    keys = sorted(schema.keys() - {"type", "items", "properties"})
    gone = [st.sampled_from(keys).map(lambda key: without(schema, key))] if keys else []
    for name, its in schema.get("properties", {}).items():
        gone.append(altered(its).map(partial(_with_field, schema, name)))
    bounded_too = [] if "type" not in schema else [RANGES.map(lambda more: {**schema, **more})]
    return st.one_of(*gone, *bounded_too, LEAVES)


def _with_field(schema: Schema, name: str, its: Schema) -> Schema:
    return {**schema, "properties": {**schema["properties"], name: its}}


def without(schema: Schema, key: str) -> Schema:
    return {name: its for name, its in schema.items() if name != key}


def values(schema: Schema) -> st.SearchStrategy[Any]:
    """Values that a writer who knows the schema makes: of declared fields only."""
    return _made(schema).filter(lambda value: not any(wrong_in(value, schema, {})))


def _made(schema: Schema) -> st.SearchStrategy[Any]:
    if "anyOf" in schema:
        return st.one_of(*map(_made, schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    made: st.SearchStrategy[Any] = _MAKERS[schema.get("type", "any")](schema)
    return made


def _object(schema: Schema) -> st.SearchStrategy[Any]:
    if "properties" not in schema:
        return st.dictionaries(TEXTS, _made(schema.get("additionalProperties", {})), max_size=2)
    fields = {name: _made(its) for name, its in schema["properties"].items()}
    needed = {name: made for name, made in fields.items() if name in schema.get("required", ())}
    rest = {name: made for name, made in fields.items() if name not in needed}
    return st.fixed_dictionaries(needed, optional=rest)


def _array(schema: Schema) -> st.SearchStrategy[Any]:
    if isinstance(schema["items"], list):
        return st.tuples(*map(_made, schema["items"])).map(list)
    return st.lists(_made(schema["items"]), max_size=3)


_MAKERS: dict[str, Any] = {
    "integer": lambda schema: st.integers(-9, 9),
    "number": lambda schema: st.integers(-9, 9) | st.sampled_from([-0.5, 0.5, 1.5]),
    "string": lambda schema: TEXTS,
    "boolean": lambda schema: st.booleans(),
    "null": lambda schema: st.none(),
    "object": _object,
    "array": _array,
    "any": lambda schema: st.none() | TEXTS | NUMBERS | st.lists(NUMBERS, max_size=2),
}


def verdicts(direction: Direction, old: Schema, new: Schema) -> list[tuple[Verdict, Verdict]]:
    column = 0 if direction == "sent" else 1
    found = differences(direction, old, new, {}, {})
    return [PAYLOAD[difference.rule][column] for difference in found]


def as_read(schema: Any) -> Any:
    """What a client refuses of what it receives: fields that it does not know it passes over."""
    if isinstance(schema, list):
        return [as_read(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: as_read(its)
        for key, its in schema.items()
        if (key, its) != ("additionalProperties", False)
    }


ROOMY = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
    deadline=None,
)


@ROOMY
@given(edited(), st.data())
def test_safe_for_old_clients_means_that_the_new_server_takes_all_they_send(
    schemas: tuple[Schema, Schema], data: st.DataObject
) -> None:
    old, new = schemas
    assume(all(clients == "safe" for clients, _ in verdicts("sent", old, new)))
    assert list(wrong_in(data.draw(values(old)), new, {})) == []


@ROOMY
@given(edited(), st.data())
def test_safe_against_old_servers_means_that_they_take_all_that_is_sent(
    schemas: tuple[Schema, Schema], data: st.DataObject
) -> None:
    old, new = schemas
    assume(all(servers == "safe" for _, servers in verdicts("sent", old, new)))
    assert list(wrong_in(data.draw(values(new)), old, {})) == []


@ROOMY
@given(edited(), st.data())
def test_safe_for_old_clients_means_that_they_can_read_all_they_receive(
    schemas: tuple[Schema, Schema], data: st.DataObject
) -> None:
    old, new = schemas
    assume(all(clients == "safe" for clients, _ in verdicts("received", old, new)))
    assert list(wrong_in(data.draw(values(new)), as_read(old), {})) == []


@ROOMY
@given(edited(), st.data())
def test_safe_against_old_servers_means_that_all_that_comes_can_be_read(
    schemas: tuple[Schema, Schema], data: st.DataObject
) -> None:
    old, new = schemas
    assume(all(servers == "safe" for _, servers in verdicts("received", old, new)))
    assert list(wrong_in(data.draw(values(old)), as_read(new), {})) == []


@given(SCHEMAS)
def test_a_schema_is_as_it_is(schema: Schema) -> None:
    assert verdicts("sent", schema, schema) == verdicts("received", schema, schema) == []


@given(SCHEMAS, SCHEMAS)
def test_any_two_schemas_get_verdicts(old: Schema, new: Schema) -> None:
    """And what one direction finds, the other finds the other way round: nothing is one-sided."""
    for direction in ("sent", "received"):
        assert bool(verdicts(direction, old, new)) == bool(verdicts(direction, new, old))
