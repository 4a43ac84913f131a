"""One payload as two contracts describe it: each difference with its place and its rule.

A type that several fields have is reported once, in the first of them. What is the same in another
form (a reference, a renamed component) is no difference. Where nobody can tell whether one schema
lets in all of the other, it is taken that it does not.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from antiphon.contract.conforming import wrong_in
from antiphon.contract.diff.bounds import bounds
from antiphon.contract.diff.records import Record, record
from antiphon.contract.diff.rules import Direction
from antiphon.contract.diff.variants import (
    Variant,
    by_kind,
    discriminators,
    followed,
    variants,
)
from antiphon.contract.model import Schema

Components = Mapping[str, Schema]

_SHOWN: Final = 5
"""Values of an enum."""


class Difference(NamedTuple):
    """One of them."""

    path: str
    """``.items[].text``; "" for all of the payload."""
    rule: str
    text: str


def differences(
    direction: Direction, old: Schema, new: Schema, before: Components, after: Components
) -> Iterator[Difference]:
    """Compare the schemas of one payload.

    Args:
        direction: the payload's.
        before, after: the components that each refers to.
    """
    return _Comparison(direction, before, after).of(old, new, "")


class _Comparison:
    """One comparison, and which pairs of components it has been through."""

    def __init__(self, direction: Direction, before: Components, after: Components) -> None:
        self._direction = direction
        self._before = before
        self._after = after
        self._seen: set[tuple[str, str]] = set()

    def of(self, old: Schema | bool, new: Schema | bool, path: str) -> Iterator[Difference]:
        """Compare all that two schemas let in."""
        before, after = variants(old, self._before), variants(new, self._after)
        fields = discriminators(before, after)
        past, present = by_kind(before, fields), by_kind(after, fields)
        if past is None or present is None:
            if before != after:
                yield Difference(path, "type-changed", "another choice of objects")
            return
        yield from _of_numbers(past, present, path)
        if past and present and not past.keys() & present.keys() and "any" not in {*past, *present}:
            yield Difference(path, "type-changed", f"{_said(past)} → {_said(present)}")
            return
        yield from _of_kinds(past, present, path)
        for kind in past:
            if kind in present:
                yield from self._of_variant(past[kind], present[kind], path)

    def _of_variant(self, old: Variant, new: Variant, path: str) -> Iterator[Difference]:
        pair = (old.component, new.component)
        if all(pair):
            if pair in self._seen:
                return
            self._seen.add(pair)
        if "enum" in old.schema or "enum" in new.schema:
            yield from _of_values(old.schema, new.schema, path)
        elif old.kind in ("object", "array"):
            yield from self._of_whole(old.schema, new.schema, path)
        else:
            yield from _of_bounds(old.schema, new.schema, path)

    def _of_whole(self, old: Schema, new: Schema, path: str) -> Iterator[Difference]:
        before, after = record(old, self._direction), record(new, self._direction)
        if before is not None and after is not None:
            yield from self._of_records(before, after, path)
        elif before is None and after is None:
            yield from self._of_members(old, new, path)
            yield from _of_bounds(old, new, path)
        else:
            yield Difference(path, "type-changed", f"{_form_of(old)} → {_form_of(new)}")

    def _of_members(self, old: Schema, new: Schema, path: str) -> Iterator[Difference]:
        """Compare the items of arrays, and the keys and values of maps."""
        for keyword, step in _MEMBERS.items():
            yield from self.of(old.get(keyword, True), new.get(keyword, True), path + step)

    def _of_records(self, old: Record, new: Record, path: str) -> Iterator[Difference]:
        for name in old.fields:
            if name in new.fields:
                yield from self._of_field(name, old, new, path)
            else:
                rule = f"field-removed{_suffix(name, old, new.closed)}"
                yield Difference(path + name, rule, f"is gone{_if_optional(name, old)}")
        for name in new.fields:
            if name not in old.fields:
                rule = f"field-added{_suffix(name, new, old.closed)}"
                yield Difference(path + name, rule, f"is new{_if_optional(name, new)}")
        if new.closed != old.closed:
            rule = f"unknown-fields-{'refused' if new.closed else 'allowed'}"
            yield Difference(path, rule, "as to fields that are not declared")

    def _of_field(self, name: str, old: Record, new: Record, path: str) -> Iterator[Difference]:
        place = path + name
        yield from self.of(old.fields[name], new.fields[name], place)
        was, is_now = name in old.present, name in new.present
        if was != is_now:
            rule = "field-made-required" if is_now else "field-made-optional"
            yield Difference(place, rule, _MADE[self._direction, is_now])
        before = followed(old.fields[name], self._before)
        after = followed(new.fields[name], self._after)
        if "default" in before and "default" in after and before["default"] != after["default"]:
            always = self._direction == "received" and was and is_now
            rule = "default-changed" + ("-of-what-is-always-sent" if always else "")
            yield Difference(place, rule, f"default {before['default']!r} → {after['default']!r}")
        yield from _of_words(before, after, place)


_MEMBERS: Final = {"items": "[]", "additionalProperties": ".*", "propertyNames": " (keys)"}

_MADE: Final[Mapping[tuple[Direction, bool], str]] = {
    ("sent", True): "has to be sent now",
    ("sent", False): "may be left out now",
    ("received", True): "always comes now",
    ("received", False): "does not always come any more",
}


def _suffix(name: str, its: Record, closed: bool) -> str:
    required = "-required" if name in its.present else ""
    return required + ("-where-others-are-refused" if closed else "")


def _if_optional(name: str, its: Record) -> str:
    return "" if name in its.present else " (optional)"


def _of_numbers(
    past: dict[str, Variant], present: dict[str, Variant], path: str
) -> Iterator[Difference]:
    """Put whole numbers beside numbers where each side has one of the two."""
    for one, other, rule in ((past, present, "widened"), (present, past, "narrowed")):
        if "integer" in one and "integer" not in other and "number" in other.keys() - one.keys():
            one["number"] = one.pop("integer")
            said = ("integer", "number") if rule == "widened" else ("number", "integer")
            yield Difference(path, f"type-{rule}", " → ".join(said))


def _of_kinds(
    past: dict[str, Variant], present: dict[str, Variant], path: str
) -> Iterator[Difference]:
    for kind in past:
        if kind not in present and "any" not in {kind, *present}:
            rule = "variant-removed" if " " in kind else "type-narrowed"
            yield Difference(path, rule, f"no {kind} any more")
    for kind in present:
        if kind not in past and "any" not in past:
            rule = "variant-added" if " " in kind else "type-widened"
            yield Difference(path, rule, f"may be {'anything' if kind == 'any' else kind} now")
    if "any" in past and "any" not in present:
        yield Difference(path, "type-narrowed", f"anything → {_said(present)}")


def _of_values(old: Schema, new: Schema, path: str) -> Iterator[Difference]:
    """Compare enums, or an enum with a type that has more values."""
    before, after = old.get("enum"), new.get("enum")
    if before is None or after is None:
        yield _opened_or_closed(old, new, path)
        return
    gone = [value for value in before if value not in after]
    come = [value for value in after if value not in before]
    if gone and come and len(gone) == len(before):
        yield Difference(path, "type-changed", f"{_listed(before)} → {_listed(after)}")
        return
    if gone:
        yield Difference(path, "value-removed", f"no {_listed(gone)} any more")
    if come:
        yield Difference(path, "value-added", f"may be {_listed(come)} now")


def _opened_or_closed(old: Schema, new: Schema, path: str) -> Difference:
    """Judge where one side lists its values, and the other has a type."""
    listed, free = (old, new) if "enum" in old else (new, old)
    fits = not any(wrong for value in listed["enum"] for wrong in wrong_in(value, free, {}))
    rule = "type-changed"
    if fits:
        rule = "type-widened" if listed is old else "type-narrowed"
    texts = [_listed(s["enum"]) if "enum" in s else f"any {s['type']}" for s in (old, new)]
    return Difference(path, rule, " → ".join(texts))


def _of_bounds(old: Schema, new: Schema, path: str) -> Iterator[Difference]:
    for rule, text in bounds(old, new):
        yield Difference(path, rule, text)


def _of_words(old: Schema, new: Schema, path: str) -> Iterator[Difference]:
    was, is_now = bool(old.get("deprecated")), bool(new.get("deprecated"))
    if was != is_now:
        rule = "deprecated" if is_now else "not-deprecated-anymore"
        yield Difference(path, rule, new.get("x-deprecated", "") or rule.replace("-", " "))
    if old.get("description", "") != new.get("description", ""):
        yield Difference(path, "description-changed", "another description")


def _said(kinds: Mapping[str, Any]) -> str:
    return " or ".join(kinds)


def _form_of(schema: Schema) -> str:
    if schema["type"] == "array":
        return "tuple" if isinstance(schema.get("items"), list) else "array"
    return "object with fields" if "properties" in schema else "map"


def _listed(values: list[Any]) -> str:
    shown = ", ".join(map(repr, values[:_SHOWN]))
    return f"{shown}, …" if len(values) > _SHOWN else shown
