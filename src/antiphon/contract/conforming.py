"""Does a value keep to a schema? For the schemas of `antiphon.contract.schema`, and no others.

Keywords that do not occur there are passed over. Nothing is raised: what is wrong is yielded, each with
the place in the value: ``$.items[1].text: shorter than 1``.
"""

import datetime
import math
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from antiphon.contract.model import REF, Schema

_TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
_FORMATS: Final[Mapping[str, type]] = {
    "date-time": datetime.datetime,
    "date": datetime.date,
    "time": datetime.time,
    "duration": datetime.timedelta,
    "uuid": uuid.UUID,
    "decimal": Decimal,
}
_BOUNDS: Final[Mapping[str, tuple[Callable[[Any, Any], bool], str]]] = {
    "minimum": (lambda value, bound: value >= bound, "less than"),
    "maximum": (lambda value, bound: value <= bound, "more than"),
    "exclusiveMinimum": (lambda value, bound: value > bound, "not more than"),
    "exclusiveMaximum": (lambda value, bound: value < bound, "not less than"),
    "multipleOf": (lambda value, step: float(value / step).is_integer(), "not a multiple of"),
}
_SIZES: Final[Mapping[type, tuple[str, str]]] = {
    str: ("minLength", "maxLength"),
    list: ("minItems", "maxItems"),
    dict: ("minProperties", "maxProperties"),
}


def wrong_in(
    value: Any, schema: Schema | bool, components: Mapping[str, Schema], at: str = "$"
) -> Iterator[str]:
    """Yield what is wrong with a value.

    Args:
        schema: what it should keep to.
        components: what schemas refer to, by name.
        at: where the value is, in whatever it is part of.
    """
    if isinstance(schema, bool):
        if not schema:
            yield f"{at}: nothing may stand here"
        return
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(REF)
        if name not in components:
            yield f"{at}: there is no component {name}"
        else:
            yield from wrong_in(value, components[name], components, at)
        return
    for part in schema.get("allOf", ()):
        yield from wrong_in(value, part, components, at)
    yield from _against_union(value, schema, components, at)
    yield from _against_values(value, schema, at)
    if isinstance(value, list):
        yield from _in_array(value, schema, components, at)
    if isinstance(value, dict):
        yield from _in_object(value, schema, components, at)


def _against_union(
    value: Any, schema: Schema, components: Mapping[str, Schema], at: str
) -> Iterator[str]:
    options = schema.get("anyOf", ())
    found = [list(wrong_in(value, option, components, at)) for option in options]
    if found and all(found):
        yield f"{at}: none of {len(options)} allowed forms"


def _against_values(value: Any, schema: Schema, at: str) -> Iterator[str]:
    types = schema.get("type", ())
    types = [types] if isinstance(types, str) else types
    if types and not any(_TYPES[name](value) for name in types):
        yield f"{at}: expected {' or '.join(types)}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{at}: is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: is none of {schema['enum']}"
    yield from _against_bounds(value, schema, at)
    if isinstance(value, str):
        yield from _against_text(value, schema, at)


def _against_bounds(value: Any, schema: Schema, at: str) -> Iterator[str]:
    if _TYPES["number"](value):
        for keyword, (holds, words) in _BOUNDS.items():
            if keyword in schema and not holds(value, schema[keyword]):
                yield f"{at}: {words} {schema[keyword]}"
    least, most = _SIZES.get(type(value), ("", ""))
    if len(value) < schema.get(least, 0) if least else False:
        yield f"{at}: shorter than {schema[least]}"
    if len(value) > schema.get(most, math.inf) if most else False:
        yield f"{at}: longer than {schema[most]}"


def _against_text(value: str, schema: Schema, at: str) -> Iterator[str]:
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{at}: does not match {schema['pattern']}"
    known = _FORMATS.get(schema.get("format", ""))
    try:
        if known:
            msgspec.convert(value, known)
    except msgspec.ValidationError:
        yield f"{at}: is no {schema['format']}"


def _in_array(
    value: list[Any], schema: Schema, components: Mapping[str, Schema], at: str
) -> Iterator[str]:
    items = schema.get("items", True)
    for place, item in enumerate(value):
        its = items
        if isinstance(items, list):
            its = items[place] if place < len(items) else schema.get("additionalItems", True)
        yield from wrong_in(item, its, components, f"{at}[{place}]")
    if schema.get("uniqueItems") and any(item in value[:place] for place, item in enumerate(value)):
        yield f"{at}: an item stands twice"


def _in_object(
    value: dict[str, Any], schema: Schema, components: Mapping[str, Schema], at: str
) -> Iterator[str]:
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{at}: {name} is missing"
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    for name, its in value.items():
        yield from wrong_in(its, properties.get(name, others), components, f"{at}.{name}")
        yield from wrong_in(name, schema.get("propertyNames", True), components, f"{at}.{name}")
