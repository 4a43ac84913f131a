"""A string that matches a regular expression: for examples.

The expression is read by Python's own parser, and each part becomes its shortest match: of a set the
first character, of a repetition as few as are allowed. Look-arounds, conditions and boundaries are
passed over, so the result has to be tried; where it does not match, there is no example.
"""

import re
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any, Final

_CLASSES: Final = {
    c.CATEGORY_DIGIT: "0",
    c.CATEGORY_SPACE: " ",
    c.CATEGORY_WORD: "a",
    c.CATEGORY_NOT_DIGIT: "a",
    c.CATEGORY_NOT_SPACE: "a",
    c.CATEGORY_NOT_WORD: "-",
}
_MOST_REPEATED: Final = 10_000
_PREFERRED: Final = "ab01 -_.:/ABxyz" + "".join(map(chr, range(33, 127)))


def matching(pattern: str, *, least: int = 0) -> str | None:
    """Return a string of at least so many characters that the pattern is found in, or None."""
    try:
        parts = _parser.parse(pattern)
        texts = (_text(parts, extra, {}) for extra in (0, least, 1))
        return next((t for t in texts if len(t) >= least and re.search(pattern, t)), None)
    except (re.error, KeyError, RecursionError, OverflowError):
        return None


def _text(parts: Any, extra: int, groups: dict[int, str]) -> str:
    return "".join(_part(op, argument, extra, groups) for op, argument in parts)


def _part(op: Any, argument: Any, extra: int, groups: dict[int, str]) -> str:
    if op is c.LITERAL:
        return chr(argument)
    if op is c.NOT_LITERAL:
        return next(char for char in _PREFERRED if ord(char) != argument)
    if op is c.ANY:
        return "a"
    if op is c.IN:
        return _of_set(argument)
    if op is c.BRANCH:
        return _text(argument[1][0], extra, groups)
    if op is c.SUBPATTERN:
        return _group(argument, extra, groups)
    if op is c.GROUPREF:
        return groups.get(argument, "")
    if op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
        return _repeated(argument, extra, groups)
    return _text(argument, extra, groups) if op is c.ATOMIC_GROUP else ""


def _repeated(argument: Any, extra: int, groups: dict[int, str]) -> str:
    least, most, inside = argument
    times: int = min(most, max(least, extra), _MOST_REPEATED)
    return _text(inside, 0, groups) * times


def _group(argument: Any, extra: int, groups: dict[int, str]) -> str:
    number, *_, inside = argument
    text = _text(inside, extra, groups)
    if number is not None:
        groups[number] = text
    return text


def _of_set(items: list[Any]) -> str:
    if items[0][0] is c.NEGATE:
        return next((char for char in _PREFERRED if not _is_in(char, items[1:])), "")
    return next((char for char in _PREFERRED if _is_in(char, items)), None) or _first(items[0])


def _is_in(char: str, items: list[Any]) -> bool:
    return any(
        op is c.LITERAL
        and ord(char) == argument
        or op is c.RANGE
        and argument[0] <= ord(char) <= argument[1]
        or op is c.CATEGORY
        and _is_of(char, argument)
        for op, argument in items
    )


def _is_of(char: str, category: Any) -> bool:
    kinds = {
        c.CATEGORY_DIGIT: char.isdigit(),
        c.CATEGORY_SPACE: char.isspace(),
        c.CATEGORY_WORD: char.isalnum() or char == "_",
    }
    if category in kinds:
        return kinds[category]
    return not kinds[getattr(c, category.name.replace("NOT_", ""))]


def _first(item: Any) -> str:
    op, argument = item
    if op is c.CATEGORY:
        return _CLASSES[argument]
    return chr(argument[0] if op is c.RANGE else argument)
