"""Values against schemas: what is wrong is named with its place, and the app's decoder agrees."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.contract.conforming import wrong_in
from antiphon.contract.schema import Schemas
from tests.contract import zoo

COMPONENTS = {"Name": {"type": "string", "minLength": 2}}


@pytest.mark.parametrize(
    ("schema", "right", "wrong", "said"),
    [
        ({"type": "integer"}, 1, True, "$: expected integer"),
        ({"type": "number"}, 1.5, "1", "$: expected number"),
        ({"type": ["string", "null"]}, None, 1, "$: expected string or null"),
        ({"const": "a"}, "a", "b", "$: is not 'a'"),
        ({"enum": ["a", "b"]}, "b", "c", "$: is none of ['a', 'b']"),
        ({"minimum": 2}, 2, 1, "$: less than 2"),
        ({"exclusiveMinimum": 2}, 3, 2, "$: not more than 2"),
        ({"maximum": 2}, 2, 3, "$: more than 2"),
        ({"exclusiveMaximum": 2}, 1, 2, "$: not less than 2"),
        ({"multipleOf": 3}, 6, 7, "$: not a multiple of 3"),
        ({"minLength": 2}, "ab", "a", "$: shorter than 2"),
        ({"maxLength": 2}, "ab", "abc", "$: longer than 2"),
        ({"pattern": "^a"}, "ab", "ba", "$: does not match ^a"),
        ({"format": "uuid"}, "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "x", "$: is no uuid"),
        ({"format": "date-time"}, "2026-01-31T12:00:00Z", "soon", "$: is no date-time"),
        ({"items": {"type": "integer"}}, [1], [1, "2"], "$[1]: expected integer"),
        (
            {"items": [{"type": "null"}], "additionalItems": False},
            [None],
            [None, 1],
            "$[1]: nothing",
        ),
        ({"minItems": 1}, [1], [], "$: shorter than 1"),
        ({"uniqueItems": True}, [1, 2], [1, 1], "$: an item stands twice"),
        ({"required": ["a"]}, {"a": 1}, {}, "$: a is missing"),
        ({"properties": {"a": {"type": "null"}}}, {"a": None}, {"a": 1}, "$.a: expected null"),
        ({"additionalProperties": False}, {}, {"b": 1}, "$.b: nothing may stand here"),
        ({"additionalProperties": {"type": "null"}}, {"b": None}, {"b": 1}, "$.b: expected null"),
        ({"propertyNames": {"pattern": "^x"}}, {"x": 1}, {"y": 1}, "$.y: does not match ^x"),
        ({"minProperties": 1}, {"x": 1}, {}, "$: shorter than 1"),
        ({"anyOf": [{"type": "null"}, {"const": 1}]}, 1, 2, "$: none of 2 allowed forms"),
        ({"allOf": [{"$ref": "#/components/schemas/Name"}]}, "ab", "a", "$: shorter than 2"),
        ({"$ref": "#/components/schemas/Name"}, "ab", "a", "$: shorter than 2"),
    ],
    ids=str,
)
def test_each_keyword_is_looked_at(
    schema: dict[str, Any], right: Any, wrong: Any, said: str
) -> None:
    assert list(wrong_in(right, schema, COMPONENTS)) == []
    (told,) = wrong_in(wrong, schema, COMPONENTS)
    assert told.startswith(said)


def test_a_reference_that_leads_nowhere_is_told() -> None:
    (told,) = wrong_in(1, {"$ref": "#/components/schemas/Gone"}, COMPONENTS)
    assert told == "$: there is no component Gone"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-50, 50) | st.text("ab", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "children", "parent", "kind", "x"]), inner)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("declared", [zoo.Tree, zoo.Page[int], zoo.Circle | zoo.Square, zoo.Row])
@given(value=json_values)
def test_the_decoder_agrees(declared: Any, value: Any) -> None:
    schemas = Schemas([declared])
    wrong = list(wrong_in(value, schemas.of(declared, "x"), schemas.components))
    try:
        msgspec.convert(value, declared)
    except msgspec.ValidationError:
        assert wrong
    else:
        assert not wrong
