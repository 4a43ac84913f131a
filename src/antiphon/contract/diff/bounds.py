"""Bounds of one value, compared: how large, how long, of what form.

Of each bound there is: ``tightened`` keeps out what was let in, ``loosened`` lets in what was kept
out, ``changed`` does both, or nobody can tell.
"""

import math
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from antiphon.contract.model import Schema


class Bound(NamedTuple):
    """A difference between the bounds of two schemas."""

    rule: str
    text: str


_LEAST: Final = ("minLength", "minItems", "minProperties")
_MOST: Final = ("maxLength", "maxItems", "maxProperties")
_FORMS: Final = ("pattern", "format", "x-format", "contentEncoding")


def bounds(old: Schema, new: Schema) -> Iterator[Bound]:
    """Compare two schemas of one JSON type."""
    yield from _ranges(old, new)
    yield from _steps(old, new)
    for keyword in _LEAST:
        yield from _moved(keyword, old.get(keyword, 0), new.get(keyword, 0), 1)
    for keyword in _MOST:
        yield from _moved(keyword, old.get(keyword, math.inf), new.get(keyword, math.inf), -1)
    for keyword in _FORMS if old.get("type") == "string" else ():
        yield from _form(keyword, old.get(keyword), new.get(keyword))
    yield from _form("uniqueItems", old.get("uniqueItems") or None, new.get("uniqueItems") or None)


def _moved(keyword: str, old: float, new: float, inwards: int) -> Iterator[Bound]:
    if old != new:
        rule = "bound-tightened" if (new - old) * inwards > 0 else "bound-loosened"
        yield Bound(rule, f"{keyword} {_said(old)} → {_said(new)}")


def _said(bound: float) -> str:
    return "none" if abs(bound) == math.inf else str(bound)


def _ranges(old: Schema, new: Schema) -> Iterator[Bound]:
    for name, sign in (("minimum", 1), ("maximum", -1)):
        before, after = _limit(old, name, sign), _limit(new, name, sign)
        if before != after:
            # Of two equal numbers the exclusive one keeps out more: both compare as pairs.
            rule = "bound-tightened" if after > before else "bound-loosened"
            yield Bound(rule, f"{name} {_limit_said(before, sign)} → {_limit_said(after, sign)}")


def _limit(schema: Schema, name: str, sign: int) -> tuple[float, bool]:
    """Return the inmost bound on one side, turned so that more is tighter, and if it is excluded."""
    given = [(-math.inf, False)]
    if name in schema:
        given.append((schema[name] * sign, False))
    excluded = "exclusive" + name.capitalize()
    if excluded in schema:
        value = schema[excluded] * sign
        whole = schema.get("type") == "integer" and isinstance(value, int)
        given.append((value + 1, False) if whole else (value, True))
    return max(given)


def _limit_said(limit: tuple[float, bool], sign: int) -> str:
    value, excluded = limit
    if abs(value) == math.inf:
        return "none"
    return f"{value * sign} (excluded)" if excluded else str(value * sign)


def _steps(old: Schema, new: Schema) -> Iterator[Bound]:
    before, after = old.get("multipleOf"), new.get("multipleOf")
    if before == after:
        return
    rule = "bound-changed"
    if before is None or (after is not None and _divides(before, after)):
        rule = "bound-tightened"
    elif after is None or _divides(after, before):
        rule = "bound-loosened"
    yield Bound(rule, f"multipleOf {before or 'none'} → {after or 'none'}")


def _divides(step: float, multiple: float) -> bool:
    """Say whether it surely does; fractions are not exact enough to."""
    whole = isinstance(step, int) and isinstance(multiple, int)
    return whole and multiple % step == 0


def _form(keyword: str, old: Any, new: Any) -> Iterator[Bound]:
    if old != new:
        rule = (
            "bound-tightened"
            if old is None
            else "bound-loosened"
            if new is None
            else "bound-changed"
        )
        yield Bound(rule, f"{keyword} {old or 'none'} → {new or 'none'}")
