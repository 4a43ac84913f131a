"""Builtins as YAML, in one fixed form: block style, two spaces, keys in the order they have.

What it writes means the same in YAML 1.1 and 1.2. A text is plain where no reader could take it for
anything else, a literal block where it has several lines, and otherwise quoted as in JSON. There is
no reader here: documents are read as JSON.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

_PLAIN: Final = re.compile(r"[A-Za-z_$/](?:[A-Za-z0-9_$./()',; -]*[A-Za-z0-9_$./)'])?")
_WORDS: Final = frozenset("true false yes no on off null y n".split())
"""What YAML 1.1 does not take for texts, in any case."""
_UNPRINTABLE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def encode(node: Any) -> str:
    """Return a document; it ends with a line break.

    Args:
        node: dicts with keys that are texts, lists, texts, numbers, True, False and None.

    Raises:
        TypeError: it holds something else.
    """
    return "\n".join(_lines(node)) + "\n"


def _lines(node: Any) -> Iterator[str]:
    """Yield the lines of a node, as it is written where a line begins."""
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from _entry(f"{_text(key)}:", value)
    elif isinstance(node, list) and node:
        for item in node:
            first, *rest = _lines(item)
            yield f"- {first}"
            yield from map(_indented, rest)
    elif isinstance(node, str) and _is_block(node):
        yield "|-"
        yield from map(_indented, node.split("\n"))
    else:
        yield _scalar(node)


def _entry(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        yield key
        yield from map(_indented, _lines(value))
    else:
        first, *rest = _lines(value)
        yield f"{key} {first}"
        yield from rest


def _indented(line: str) -> str:
    return f"  {line}" if line else line


def _is_block(text: str) -> bool:
    """Whether a text of several lines can be written as it is."""
    if "\n" not in text or text[0] in " \n" or text[-1] == "\n" or _CONTROL.search(text):
        return False
    return all(line == line.rstrip(" ") for line in text.split("\n"))


def _scalar(node: Any) -> str:
    match node:
        case None:
            return "null"
        case True | False:
            return str(node).lower()
        case str():
            return _text(node)
        case int():
            return str(node)
        case float():
            return _number(node)
        case {} | []:
            return "{}" if isinstance(node, dict) else "[]"
    raise TypeError(f"YAML is not made for {node!r}")


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _number(number: float) -> str:
    mantissa, exponent, power = repr(number).partition("e")
    if "." not in mantissa and exponent:
        mantissa += ".0"  # without a point YAML 1.1 reads a text
    return f"{mantissa}{exponent}{power}"
