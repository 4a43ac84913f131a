"""Schemas as shapes, and what is said of them besides."""

from typing import Any

import pytest

from antiphon.contract.model import REF
from antiphon.contract.types.reading import Reader, notes_of
from antiphon.contract.types.shapes import (
    ANYTHING,
    NULL,
    AnyOf,
    Case,
    Constants,
    ListOf,
    MapOf,
    Named,
    Plain,
    Shape,
    TupleOf,
    Union,
)

TEXT = Plain("str")
A, B = {"$ref": f"{REF}A"}, {"$ref": f"{REF}B"}
COMPONENTS = {
    "A": {"type": "object", "properties": {"kind": {"const": "a", "type": "string"}}},
    "B": {"type": "object", "properties": {"kind": {"const": 2, "type": "integer"}}},
}


def read(schema: dict[str, Any], unions: list[Union]) -> Shape:
    return Reader(COMPONENTS, "Its{}".format, str.upper, unions).shape(schema, "title")


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, ANYTHING),
        ({"type": "string", "format": "uuid"}, TEXT),
        (A, Named("ItsA")),
        ({"allOf": [A], "default": None}, Named("ItsA")),
        ({"const": "x", "type": "string"}, Constants(("x",))),
        ({"enum": [1, None], "type": ["integer", "null"]}, Constants((1, None))),
        ({"type": "array", "items": A}, ListOf(Named("ItsA"))),
        (
            {"type": "array", "items": [{"type": "string"}], "additionalItems": True},
            TupleOf((TEXT,), 0, True),
        ),
        ({"type": "object"}, MapOf(TEXT, ANYTHING)),
        (
            {"type": "object", "propertyNames": A, "additionalProperties": {"type": "string"}},
            MapOf(Named("ItsA"), TEXT),
        ),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, AnyOf((TEXT, NULL))),
        ({"anyOf": [{"type": "string"}, {"type": "string", "format": "date"}]}, TEXT),
        ({"anyOf": [{}, {"type": "null"}]}, ANYTHING),
        ({"anyOf": [A, B]}, AnyOf((Named("ItsA"), Named("ItsB")))),
    ],
)
def test_shapes(schema: dict[str, Any], expected: Shape) -> None:
    unions: list[Union] = []
    assert (read(schema, unions), unions) == (expected, [])


def test_records_with_a_tag_are_a_union_of_its_own_once() -> None:
    unions: list[Union] = []
    schema = {"anyOf": [A, B, {"type": "null"}], "x-discriminator": "kind"}
    assert read(schema, unions) == read(schema, unions) == AnyOf((Named("TITLE"), NULL))
    cases = (Case("a", "ItsA"), Case(2, "ItsB"))
    assert unions == [Union(name="TITLE", tag_field="kind", cases=cases)]


@pytest.mark.parametrize(
    ("schema", "notes"),
    [
        ({"type": "integer", "format": "int64"}, []),
        ({"format": "date-time", "default": "*/\n"}, ["Format: date-time.", 'Default: "*/\\n".']),
        ({"x-format": "partial-time"}, ["Format: partial-time."]),
        ({"contentEncoding": "base64"}, ["Format: base64."]),
        ({"default": False}, ["Default: false."]),
        ({"default": None}, []),
        ({"default": []}, []),
    ],
)
def test_notes(schema: dict[str, Any], notes: list[str]) -> None:
    assert notes_of(schema) == notes
