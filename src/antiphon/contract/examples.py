"""Examples of payloads, made from their schemas where the code gives none.

What is said in the code comes first: an example, a constant, a default. The rest is made to keep the
constraints. `Unmade` is raised where that cannot be done: for types that hold themselves without end,
and for constraints that are too clever. Nothing is random: the same schema has the same example.
"""

import base64
import math
from collections.abc import Mapping
from typing import Any, Final

from antiphon.contract.model import REF, Schema
from antiphon.contract.patterns import matching
from antiphon.errors import AntiphonError

_FORMATS: Final = {
    "date-time": "2026-01-31T12:00:00Z",
    "local-date-time": "2026-01-31T12:00:00",
    "date": "2026-01-31",
    "time": "12:00:00Z",
    "partial-time": "12:00:00",
    "duration": "PT90S",
    "uuid": "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
    "decimal": "12.50",
}
_TELLING_NOTHING: Final[tuple[Any, ...]] = (None, "", [], {})
"""Defaults that no example is made of."""


class Unmade(AntiphonError):
    """No example can be made."""


class Examples:
    """Makes examples.

    Args:
        components: what schemas refer to, by name.
    """

    def __init__(self, components: Mapping[str, Schema]) -> None:
        self._components = components
        self._open: list[str] = []

    def make(self, schema: Schema, word: str = "") -> Any:
        """Return a value that a schema allows.

        Args:
            word: the name of the field it is for, which texts are made of.

        Raises:
            Unmade: it has none, or none that is found.
        """
        for values in (schema.get("examples"), schema.get("enum")):
            if values:
                return values[0]
        for keyword in ("const", "default"):
            if schema.get(keyword) not in _TELLING_NOTHING:
                return schema[keyword]
        if "$ref" in schema:
            return self._referred(schema["$ref"].removeprefix(REF), word)
        if parts := schema.get("allOf") or schema.get("anyOf"):
            return self._first(parts, word)
        return self._typed(schema, word)

    def _referred(self, name: str, word: str) -> Any:
        if name in self._open:
            raise Unmade(f"{name} holds itself")
        self._open.append(name)
        try:
            return self.make(self._components[name], word)
        finally:
            self._open.pop()

    def _first(self, parts: list[Schema], word: str) -> Any:
        for part in parts:
            try:
                return self.make(part, word)
            except Unmade:
                continue
        raise Unmade(word)

    def _typed(self, schema: Schema, word: str) -> Any:
        match schema.get("type"):
            case "null":
                return None
            case "boolean":
                return True
            case "integer" | "number" as kind:
                return number(schema, whole=kind == "integer")
            case "string":
                return text(schema, word)
            case "array":
                return self._array(schema, word)
            case "object" if "properties" in schema:
                return self._object(schema)
            case "object":
                return self._map(schema, word)
        return {}

    def _array(self, schema: Schema, word: str) -> list[Any]:
        items = schema["items"]
        if isinstance(items, list):
            return [self.make(item, word) for item in items]
        least = schema.get("minItems", 0)
        wanted = min(max(least, 1), schema.get("maxItems", math.inf))
        try:
            made = self.make(items, word)
        except Unmade:
            if least:
                raise
            return []
        if wanted > 1 and schema.get("uniqueItems"):
            return self._distinct(items, made, wanted)
        return [made] * int(wanted)

    def _object(self, schema: Schema) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, its in schema["properties"].items():
            try:
                made[name] = self.make(its, name)
            except Unmade:
                if name in schema.get("required", ()):
                    raise
        return made

    def _map(self, schema: Schema, word: str) -> dict[str, Any]:
        least = schema.get("minProperties", 0)
        wanted = min(max(least, 1), schema.get("maxProperties", math.inf))
        keys = schema.get("propertyNames", {"type": "string"})
        try:
            value = self.make(schema.get("additionalProperties", {}), word)
            key = self.make(keys, "key")
        except Unmade:
            if least:
                raise
            return {}
        names = [key] if wanted == 1 else self._distinct(keys, key, wanted)
        return {str(name): value for name in names[: int(wanted)]}

    def _distinct(self, schema: Schema, made: Any, wanted: float) -> list[Any]:
        """Return so many different values like the one that was made."""
        schema = self._components.get(schema.get("$ref", "").removeprefix(REF), schema)
        values = schema.get("enum", ())
        if len(values) >= wanted:
            return list(values[: int(wanted)])
        free = schema.keys() <= {"type", "title", "description"}
        if not (free and isinstance(made, str)):
            raise Unmade("different values")
        return [made, *(f"{made} {place}" for place in range(2, int(wanted) + 1))]


def number(schema: Schema, *, whole: bool) -> float:
    """Return a number within bounds: 1 where it may be, else the one next to a bound.

    Raises:
        Unmade: there is none.
    """
    step = schema.get("multipleOf") or (1 if whole else None)
    least = max(schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf))
    most = min(schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf))
    candidates = [1 if whole else 1.5, 0, least, most, (least + most) / 2]
    if step:
        candidates = [*_steps(1, step), *_steps(least, step), *_steps(most, step)]
    for value in candidates:
        if math.isfinite(value) and _within(value, schema):
            return int(value) if whole else value
    raise Unmade(f"no number for {schema}")


def _steps(near: float, step: float) -> list[float]:
    """Return the multiples of a step around a number."""
    if not math.isfinite(near):
        return []
    first = near // step
    return [(first + further) * step for further in (0, 1, -1, 2)]


def _within(value: float, schema: Schema) -> bool:
    least, above = schema.get("minimum", value), schema.get("exclusiveMinimum", -math.inf)
    most, below = schema.get("maximum", value), schema.get("exclusiveMaximum", math.inf)
    return bool(least <= value <= most and above < value < below)


def text(schema: Schema, word: str) -> str:
    """Return a string that keeps to its format, pattern and lengths.

    Raises:
        Unmade: none is found.
    """
    least: int = schema.get("minLength", 0)
    most: float = schema.get("maxLength", math.inf)
    known = _FORMATS.get(schema.get("format") or schema.get("x-format", ""))
    if known:
        return known
    if "contentEncoding" in schema:
        return base64.b64encode(b"x" * int(least // 4 * 3 or min(most, 1))).decode()
    if "pattern" in schema:
        made = matching(schema["pattern"], least=least)
        if made is None or len(made) > most:
            raise Unmade(f"no text for {schema['pattern']}")
        return made
    made = f"some {word}" if word else "text"
    if len(made) < least:
        made = f"{made} " * (least // len(made) + 1)
        return made[:least]
    return made if len(made) <= most else made[: int(most)]
