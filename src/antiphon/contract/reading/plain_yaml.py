"""YAML as `antiphon.contract.yaml` writes it, read back: block style, and texts in one line or ``|-``.

Another YAML is refused, never misread: anchors, tags, comments, flow style and folded texts are not of
that form.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from antiphon.contract.reading.shape import Unreadable

_KEY: Final = re.compile(r"([A-Za-z_$/](?:[A-Za-z0-9_$./()',; -]*[A-Za-z0-9_$./)'])?):(?: |$)")
_PLAIN: Final = re.compile(r"[A-Za-z_$/](?:[A-Za-z0-9_$./()',; -]*[A-Za-z0-9_$./)'])?")
_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?")
_WORDS: Final = frozenset({"null", "true", "false", "{}", "[]"})
_ITEM: Final = "- "
_BLOCK: Final = "|-"
_SHOWN: Final = 60

_json: Final = json.JSONDecoder()


def decode(text: str) -> Any:
    """Read a document.

    Raises:
        Unreadable: with the line that is not of this form.
    """
    lines = [line.rstrip("\r") for line in text.rstrip().split("\n")]
    if not text.strip():
        raise Unreadable("it is empty")
    return _node(lines)


def _node(lines: list[str]) -> Any:
    """Read a node from its lines, which begin where the node does."""
    first = lines[0]
    if first.startswith(_ITEM):
        return [_node(item) for item in _groups(lines, item=True)]
    if first == _BLOCK:
        return _block(lines[1:])
    if _key(first) is not None:
        return dict(_entry(group) for group in _groups(lines, item=False))
    if len(lines) > 1:
        raise _unlike(lines[1])
    return _scalar(first)


def _groups(lines: list[str], *, item: bool) -> Iterator[list[str]]:
    """Split lines where the next item or entry begins."""
    group: list[str] = []
    for line in lines:
        inside = not line or line.startswith("  ")
        if not inside and item != line.startswith(_ITEM):
            raise _unlike(line)
        if not inside and group:
            yield group
            group = []
        group.append(line[2:] if inside or item else line)
    yield group


def _entry(lines: list[str]) -> tuple[str, Any]:
    found = _key(lines[0])
    if found is None:
        raise _unlike(lines[0])
    key, rest = found
    if rest == _BLOCK:
        return key, _block(lines[1:])
    if bool(rest) == (len(lines) > 1):
        raise _unlike(lines[-1])
    return key, _scalar(rest) if rest else _node(lines[1:])


def _key(line: str) -> tuple[str, str] | None:
    """Split a line into its key and the rest; None where it has no key."""
    if found := _KEY.match(line):
        return found[1], line[found.end() :]
    if line.startswith('"'):
        key, end = _quoted(line)
        if line[end : end + 2] in (":", ": "):
            return key, line[end + 2 :]
    return None


def _block(lines: list[str]) -> str:
    """Read a text of several lines. Where it stands in an entry, its indentation is gone already."""
    indented = all(not line or line.startswith("  ") for line in lines)
    return "\n".join(line[2:] if indented else line for line in lines)


def _scalar(text: str) -> Any:
    if text in _WORDS or _NUMBER.fullmatch(text):
        return json.loads(text)
    if text.startswith('"'):
        value, end = _quoted(text)
        if end == len(text):
            return value
    if _PLAIN.fullmatch(text):
        return text
    raise _unlike(text)


def _quoted(text: str) -> tuple[str, int]:
    try:
        value, end = _json.raw_decode(text)
    except json.JSONDecodeError:
        raise _unlike(text) from None
    return str(value), end


def _unlike(line: str) -> Unreadable:
    return Unreadable(
        f"{line.strip()[:_SHOWN]!r} is not of the YAML that antiphon writes; JSON is read in any form"
    )
