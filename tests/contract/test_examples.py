"""Examples: what the code says comes first, and what is made keeps to its schema."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from antiphon.contract.conforming import wrong_in
from antiphon.contract.examples import Examples, Unmade, number, text

COMPONENTS: dict[str, dict[str, Any]] = {
    "Endless": {
        "type": "object",
        "properties": {"next": {"$ref": "#/components/schemas/Endless"}},
        "required": ["next"],
    },
    "Tree": {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "left": {"anyOf": [{"$ref": "#/components/schemas/Tree"}, {"type": "null"}]},
            "others": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
            "same": {"$ref": "#/components/schemas/Tree"},
            "named": {
                "type": "object",
                "additionalProperties": {"$ref": "#/components/schemas/Tree"},
            },
        },
        "required": ["name", "left", "others"],
    },
    "Colour": {"enum": ["red", "green"], "type": "string"},
}


def make(schema: dict[str, Any], word: str = "") -> Any:
    return Examples(COMPONENTS).make(schema, word)


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({"type": "string", "examples": ["said"], "default": "by default"}, "said"),
        ({"const": "only", "type": "string"}, "only"),
        ({"type": "string", "default": "by default"}, "by default"),
        ({"type": "integer", "default": 0}, 0),
        ({"type": "boolean", "default": False}, False),
        ({"enum": ["a", "b"], "type": "string"}, "a"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None}, 1),
        ({"allOf": [{"$ref": "#/components/schemas/Colour"}], "description": "x"}, "red"),
        ({"type": "array", "items": {"type": "boolean"}, "default": []}, [True]),
        ({"type": "array", "items": {"type": "null"}, "maxItems": 0}, []),
        ({"type": "array", "items": [{"type": "integer"}, {"type": "string"}]}, [1, "text"]),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"some key": 1}),
        ({"type": "object", "maxProperties": 0}, {}),
        ({}, {}),
        ({"type": "null"}, None),
        ({"type": "number", "format": "double"}, 1.5),
    ],
)
def test_an_example_is_what_a_reader_expects(schema: dict[str, Any], made: Any) -> None:
    assert make(schema) == made


def test_texts_are_made_of_the_fields_name() -> None:
    assert make({"type": "string"}, "title") == "some title"


def test_what_holds_itself_ends_where_it_may() -> None:
    assert make(COMPONENTS["Tree"] | {"title": "Tree"}) == {
        "name": "some name",
        "left": {"name": "some name", "left": None, "others": [], "named": {}},
        "others": [{"name": "some name", "left": None, "others": [], "named": {}}],
        "same": {"name": "some name", "left": None, "others": [], "named": {}},
        "named": {"some key": {"name": "some name", "left": None, "others": [], "named": {}}},
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/components/schemas/Endless"},
        {"type": "array", "items": {"$ref": "#/components/schemas/Endless"}, "minItems": 1},
        {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Endless"}}
        | {"minProperties": 1},
        {"anyOf": [{"$ref": "#/components/schemas/Endless"}]},
        {"type": "integer", "minimum": 3, "maximum": 2},
        {"type": "array", "items": {"type": "boolean"}, "minItems": 3, "uniqueItems": True},
        {"type": "string", "pattern": "(?<=y)x"},
        {"type": "string", "pattern": "^abc$", "maxLength": 2},
    ],
)
def test_what_cannot_be_made_is_told(schema: dict[str, Any]) -> None:
    with pytest.raises(Unmade):
        make(schema)


def test_different_items_are_different() -> None:
    unique = {"type": "array", "minItems": 2, "uniqueItems": True}
    assert make({**unique, "items": {"$ref": "#/components/schemas/Colour"}}) == ["red", "green"]
    assert make({**unique, "items": {"type": "string"}}) == ["text", "text 2"]


@given(
    st.fixed_dictionaries(
        {"type": st.just("integer")},
        optional={
            "minimum": st.integers(-100, 100),
            "exclusiveMinimum": st.integers(-100, 100),
            "maximum": st.integers(-100, 100),
            "exclusiveMaximum": st.integers(-100, 100),
            "multipleOf": st.integers(1, 20),
        },
    )
)
def test_numbers_keep_to_their_bounds(schema: dict[str, Any]) -> None:
    try:
        made = number(schema, whole=True)
    except Unmade:
        assume(False)
    assert list(wrong_in(made, schema, {})) == []


@given(st.integers(-1000, 1000), st.integers(0, 500), st.integers(1, 40))
def test_a_multiple_is_found_where_there_is_one(least: int, more: int, step: int) -> None:
    schema = {"type": "integer", "minimum": least, "maximum": least + more, "multipleOf": step}
    fits = -(-least // step) * step <= least + more
    if not fits:
        with pytest.raises(Unmade):
            number(schema, whole=True)
    else:
        assert list(wrong_in(number(schema, whole=True), schema, {})) == []


@given(st.integers(0, 300), st.integers(0, 300), st.text("abc", max_size=9))
def test_texts_keep_to_their_lengths(least: int, more: int, word: str) -> None:
    made = text({"type": "string", "minLength": least, "maxLength": least + more}, word)
    assert least <= len(made) <= least + more
