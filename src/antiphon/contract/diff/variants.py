"""A schema as the list of what it lets in, one entry for each kind of JSON value.

``str | None`` lets in a text and null. Kinds of two versions can be put side by side, however each
was written: by reference, as an enum, as a union.

=================  ==============================================================================
``any``            everything
``string`` …       the types of JSON; an enum has its values in ``enum``, and a constant one of them
``object kind=a``  an object of a union, told apart by a constant
=================  ==============================================================================
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from antiphon.contract.model import REF, Schema

_TYPES: Final[Mapping[type, str]] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


class Variant(NamedTuple):
    """One kind of value that a schema lets in."""

    kind: str
    schema: Schema
    component: str
    """The name of the component it is, or is a part of; "" for none."""


def variants(schema: Schema | bool, components: Mapping[str, Schema]) -> list[Variant]:
    """Return what a schema lets in."""
    return list(_of(schema, components, ("",)))


def _of(
    schema: Schema | bool, components: Mapping[str, Schema], within: tuple[str, ...]
) -> Iterator[Variant]:
    name, its = _followed(schema, components)
    if name and name in within:
        return
    name = name or within[-1]
    if "anyOf" in its:
        for place, option in enumerate(its["anyOf"]):
            part = f"{name}|{place}" if name else ""
            yield from _of(option, components, (*within, name, part))
    elif "enum" in its or "const" in its:
        yield from _values(its.get("enum", [its.get("const")]), name)
    else:
        types = its.get("type", "any")
        for kind in [types] if isinstance(types, str) else types:
            yield Variant(kind, {**its, "type": kind}, name)


def followed(schema: Schema | bool, components: Mapping[str, Schema]) -> Schema:
    """Return a schema with what it refers to; what is said beside a reference counts."""
    return _followed(schema, components)[1]


def _followed(schema: Schema | bool, components: Mapping[str, Schema]) -> tuple[str, Schema]:
    if isinstance(schema, bool):
        return "", {} if schema else {"enum": []}
    name, its = "", dict(schema)
    seen: set[str] = set()
    while True:
        parts = its.pop("allOf", [])
        name = its.pop("$ref", "").removeprefix(REF) or name
        if not parts and (name in seen or not name):
            return name, its
        seen.add(name)
        for part in parts or [components.get(name, {})]:
            its = {**part, **its}
        if not parts and "$ref" not in its and "allOf" not in its:
            return name, its


def _values(values: list[Any], name: str) -> Iterator[Variant]:
    """Split some values by their types; there is one null only, and so no more to say of it."""
    by_kind: dict[str, list[Any]] = {}
    for value in values:
        by_kind.setdefault(_TYPES[type(value)], []).append(value)
    for kind, some in by_kind.items():
        yield Variant(
            kind, {"type": kind} if kind == "null" else {"type": kind, "enum": some}, name
        )


def discriminators(*sides: list[Variant]) -> list[str]:
    """Return the fields that tell objects apart, where one side has several."""
    for side in sides:
        objects = [v.schema.get("properties", {}) for v in side if v.kind == "object"]
        if len(objects) > 1:
            return [field for field in objects[0] if all(_tag(o, field) for o in objects)]
    return []


def by_kind(side: list[Variant], fields: list[str]) -> dict[str, Variant] | None:
    """Index variants, objects by their constant in the first of some fields.

    None: there are two of a kind, and nothing tells them apart.
    """
    found = {_kind(variant, fields): variant for variant in side}
    return found if len(found) == len(side) else None


def _kind(variant: Variant, fields: list[str]) -> str:
    if variant.kind != "object" or not fields:
        return variant.kind
    return f"object{_tag(variant.schema.get('properties', {}), fields[0])}"


def _tag(properties: Schema, field: str) -> str:
    its = properties.get(field, {})
    return f" {field}={its['const']}" if isinstance(its, dict) and "const" in its else ""
