"""Schemas: each construct as draft 07 has it, and components with names of their own."""

import datetime as dt
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta, Struct, field

from antiphon import Event, deprecated
from antiphon.contract.schema import Schemas
from tests.contract import zoo


def schema_of(declared: Any) -> dict[str, Any]:
    return Schemas([declared]).of(declared, "Title")


def component(cls: type, name: str = "") -> dict[str, Any]:
    return Schemas([cls]).components[name or cls.__name__]


def test_the_tag_is_a_constant_with_its_type() -> None:
    numbers = component(zoo.Numbers)
    assert numbers["properties"]["type"] == {"const": "numbers", "type": "string"}
    assert numbers["required"][0] == "type"


def test_a_component_says_what_its_class_says() -> None:
    moved = component(zoo.Moved)
    assert moved == {
        "description": "Somebody moved.",
        "title": "Moved",
        "type": "object",
        "properties": {"type": {"const": "moved", "type": "string"}},
        "required": ["type"],
    }


@pytest.mark.parametrize(
    ("declared", "schema"),
    [
        (Any, {}),
        (msgspec.Raw, {}),
        (None, {"type": "null"}),
        (bool, {"type": "boolean"}),
        (int, {"type": "integer", "format": "int64"}),
        (Annotated[int, Meta(gt=1, le=5)], {"exclusiveMinimum": 1, "maximum": 5}),
        (float, {"type": "number", "format": "double"}),
        (Annotated[float, Meta(multiple_of=0.5)], {"multipleOf": 0.5}),
        (Annotated[str, Meta(pattern="^a", max_length=9)], {"pattern": "^a", "maxLength": 9}),
        (
            Annotated[bytes, Meta(min_length=1, max_length=4)],
            {"contentEncoding": "base64", "minLength": 4, "maxLength": 8},
        ),
        (Annotated[dt.datetime, Meta(tz=True)], {"type": "string", "format": "date-time"}),
        (dt.datetime, {"type": "string", "x-format": "date-time"}),
        (Annotated[dt.datetime, Meta(tz=False)], {"x-format": "local-date-time"}),
        (Annotated[dt.time, Meta(tz=True)], {"format": "time"}),
        (dt.time, {"x-format": "time"}),
        (Annotated[dt.time, Meta(tz=False)], {"x-format": "partial-time"}),
        (dt.date, {"format": "date"}),
        (dt.timedelta, {"format": "duration"}),
        (list[int], {"type": "array", "items": {"type": "integer", "format": "int64"}}),
        (set[str], {"items": {"type": "string"}, "uniqueItems": True}),
        (Annotated[list[str], Meta(min_length=2)], {"minItems": 2}),
        (tuple[str, ...], {"type": "array", "items": {"type": "string"}}),
        (dict[str, bool], {"type": "object", "additionalProperties": {"type": "boolean"}}),
        (Annotated[dict[str, bool], Meta(max_length=2)], {"maxProperties": 2}),
        (dict[zoo.Mood, int], {"propertyNames": {"$ref": "#/components/schemas/Mood"}}),
        (dict, {"type": "object"}),
        (Literal["this"], {"const": "this", "type": "string"}),
        (Literal[1], {"const": 1, "type": "integer"}),
        (Literal["a", "b"], {"enum": ["a", "b"], "type": "string", "title": "Title"}),
        (Literal["a", None], {"enum": ["a", None], "type": ["string", "null"]}),
        (int | None, {"anyOf": [{"type": "integer", "format": "int64"}, {"type": "null"}]}),
        (
            Annotated[str, Meta(title="T", description="D", examples=["x"])],
            {"type": "string", "title": "T", "description": "D", "examples": ["x"]},
        ),
    ],
    ids=str,
)
def test_each_type_has_its_schema(declared: Any, schema: dict[str, Any]) -> None:
    assert schema.items() <= schema_of(declared).items()


def test_a_tuple_lists_its_items() -> None:
    """Beside ``items: false`` draft 07 would let nothing pass."""
    assert schema_of(tuple[int, str]) == {
        "type": "array",
        "items": [{"type": "integer", "format": "int64"}, {"type": "string"}],
        "additionalItems": False,
        "minItems": 2,
        "maxItems": 2,
    }


def test_arrays_of_fields_are_tuples() -> None:
    point, row = component(zoo.Point), component(zoo.Row)
    assert (point["type"], point["minItems"], point["maxItems"]) == ("array", 1, 2)
    assert point["additionalItems"] is False
    assert (row["minItems"], row["additionalItems"]) == (1, True)
    assert "maxItems" not in row


def test_tagged_objects_are_told_apart_by_a_constant() -> None:
    """A discriminator object would have the parser refuse the document."""
    union = schema_of(zoo.Circle | zoo.Square)
    assert union["x-discriminator"] == "kind"
    assert "discriminator" not in union
    circle = component(zoo.Circle)
    assert circle["properties"]["kind"] == {"const": "circle", "type": "string"}


def test_an_enum_is_a_component_with_its_names() -> None:
    mood = component(zoo.Mood)
    assert mood == {
        "description": "How somebody feels.",
        "title": "Mood",
        "enum": ["good", "bad"],
        "type": "string",
        "x-enum-varnames": ["GOOD", "BAD"],
    }
    assert component(zoo.Level)["type"] == "integer"


class Referring(Event):
    """Says something about what it refers to."""

    plain: zoo.Mood
    mood: Annotated[zoo.Mood, Meta(description="Of the day.")] = zoo.Mood.GOOD
    moods: list[Literal["x", "y"]] = field(default_factory=list)
    more: dict[str, Literal["x", "z"]] = {}


def test_nothing_stands_beside_a_reference() -> None:
    """Draft 07 ignores it there."""
    properties = component(Referring)["properties"]
    assert properties["mood"] == {
        "allOf": [{"$ref": "#/components/schemas/Mood"}],
        "description": "Of the day.",
        "default": "good",
    }
    assert properties["plain"] == {"$ref": "#/components/schemas/Mood"}


def test_choices_have_titles_after_their_field() -> None:
    properties = component(Referring)["properties"]
    assert properties["moods"]["items"]["title"] == "ReferringMoods"
    assert properties["moods"]["default"] == []
    assert properties["more"]["additionalProperties"]["title"] == "ReferringMore"


class ReferringMoods(Event):
    """Has the name that a title would have."""


def test_a_title_is_never_the_name_of_a_component() -> None:
    schemas = Schemas([Referring, ReferringMoods])
    moods = schemas.components["Referring"]["properties"]["moods"]
    assert moods["items"]["title"] == "ReferringMoods2"


def test_examples_and_defaults_are_json() -> None:
    times = component(zoo.Times)["properties"]
    assert times["knownAt"]["examples"] == ["2030-01-01T00:00:00Z"]


def test_fields_have_the_docstrings_below_them() -> None:
    assert component(zoo.Texts)["properties"]["documented"]["description"] == "What it is for."


def test_what_is_sent_each_time_is_told() -> None:
    wholes = component(zoo.Wholes)
    assert wholes["x-always-sent"] == ["nothing", "tags"]
    assert wholes["additionalProperties"] is False
    assert "x-always-sent" not in component(zoo.OldNumbers)
    assert component(zoo.Size)["x-always-sent"] == ["height"]


def test_deprecation_is_of_the_class_alone() -> None:
    @deprecated("use another")
    class Old(Struct):
        """Is old."""

    class Young(Old):
        """Is not."""

    assert component(Old)["deprecated"] is True
    assert component(Old)["x-deprecated"] == "use another"
    assert "deprecated" not in component(Young)


def test_generics_are_named_after_their_arguments() -> None:
    schemas = Schemas([zoo.Page[int], zoo.Page[zoo.Mood]])
    assert {"PageInt", "PageMood", "Mood"} == set(schemas.components)


def test_types_that_hold_themselves_are_referred_to() -> None:
    tree = component(zoo.Tree)
    assert tree["properties"]["children"]["items"] == {"$ref": "#/components/schemas/Tree"}


def test_every_reference_leads_to_a_component() -> None:
    schemas = Schemas([zoo.Wholes, zoo.Texts])
    written = msgspec.json.encode(schemas.components).decode()
    for name in {part.split('"')[0] for part in written.split("#/components/schemas/")[1:]}:
        assert name in schemas.components
