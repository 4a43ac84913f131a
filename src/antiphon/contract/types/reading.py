"""From JSON Schema, as contracts have it, to shapes.

Unions whose records have a common tag get a definition, because most languages have to name them.
Whatever the schema says beyond the shape goes into the lines of documentation: formats and defaults.
"""

import json
from collections.abc import Callable
from typing import Any

from antiphon.contract.model import REF, Schema
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

_KINDS: dict[str, Shape] = {
    "boolean": Plain("bool"),
    "integer": Plain("int"),
    "number": Plain("float"),
    "string": Plain("str"),
    "null": NULL,
}


class Reader:
    """Reads schemas of one direction.

    Args:
        components: what schemas refer to.
        name: returns what a component is called in this direction.
        union: takes the wish for a name, and returns the one that a new union got.
        unions: those that there are already; new ones are added.
    """

    def __init__(
        self,
        components: dict[str, Schema],
        name: Callable[[str], str],
        union: Callable[[str], str],
        unions: list[Union],
    ) -> None:
        self._unions = unions
        self._components = components
        self._name = name
        self._union_name = union

    def shape(self, schema: Schema, title: str) -> Shape:
        """Return the shape of a schema; `title` is what a union in it may be called."""
        if "$ref" in schema:
            return Named(self._name(_target(schema)))
        if "allOf" in schema:
            return self.shape(schema["allOf"][0], title)
        if "anyOf" in schema:
            return self._any_of(schema, title)
        if "const" in schema:
            return Constants((schema["const"],))
        if "enum" in schema:
            return Constants(tuple(schema["enum"]))
        return self._typed(schema, title)

    def _typed(self, schema: Schema, title: str) -> Shape:
        kind = schema.get("type", "")
        if kind == "array":
            return self._array(schema, title)
        if kind == "object":
            keys = schema.get("propertyNames", {"type": "string"})
            values = schema.get("additionalProperties", {})
            return MapOf(self.shape(keys, f"{title}Key"), self.shape(values, title))
        return _KINDS.get(kind, ANYTHING)

    def _array(self, schema: Schema, title: str) -> Shape:
        items = schema["items"]
        if not isinstance(items, list):
            return ListOf(self.shape(items, title))
        shapes = tuple(self.shape(item, f"{title}{n}") for n, item in enumerate(items, 1))
        least = min(schema.get("minItems", 0), len(shapes))
        return TupleOf(shapes, least, schema.get("additionalItems", True) is not False)

    def _any_of(self, schema: Schema, title: str) -> Shape:
        parts = schema["anyOf"]
        field = schema.get("x-discriminator")
        tagged = [part for part in parts if field and "$ref" in part and self._has(part, field)]
        if len(tagged) < 2:
            return _either([self.shape(part, title) for part in parts])
        rest = [self.shape(part, title) for part in parts if part not in tagged]
        return _either([self._union(tagged, str(field), title), *rest])

    def _has(self, part: Schema, field: str) -> bool:
        return field in self._components[_target(part)].get("properties", {})

    def _union(self, parts: list[Schema], field: str, title: str) -> Named:
        cases = []
        for part in parts:
            target = _target(part)
            tag = self._components[target]["properties"][field]["const"]
            cases.append(Case(tag, self._name(target)))
        for known in self._unions:
            if (known.tag_field, known.cases) == (field, tuple(cases)):
                return Named(known.name)
        made = Union(name=self._union_name(title), tag_field=field, cases=tuple(cases))
        self._unions.append(made)
        return Named(made.name)


def _either(parts: list[Shape]) -> Shape:
    """Join shapes that may stand in the same place, each named once."""
    kept = tuple(dict.fromkeys(parts))
    if ANYTHING in kept:
        return ANYTHING
    return kept[0] if len(kept) == 1 else AnyOf(kept)


def _target(schema: Schema) -> str:
    return str(schema["$ref"]).removeprefix(REF)


def notes_of(schema: Schema) -> list[str]:
    """Return what a field's schema says that its shape does not, a line each."""
    notes = []
    if known := schema.get("format") or schema.get("x-format"):
        if known not in ("int64", "double"):
            notes.append(f"Format: {known}.")
    if "contentEncoding" in schema:
        notes.append(f"Format: {schema['contentEncoding']}.")
    if schema.get("default") not in (None, "", [], {}):
        notes.append(f"Default: {as_text(schema['default'])}.")
    return notes


def as_text(value: Any) -> str:
    """Write a value as JSON, in ASCII and on one line."""
    return json.dumps(value)
