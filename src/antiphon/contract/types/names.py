"""Names and comments that any language takes.

Descriptions come from the app's author, tags and fields may be any text: whatever is written into a
file from them is printable and on one line.
"""

import re
from collections.abc import Callable, Collection, Iterable

from antiphon.contract.naming import camel

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


class Names:
    """The names that are taken in one place. One that is taken gets underscores behind it.

    Args:
        reserved: those that nobody may have.
    """

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._taken = set(reserved)

    def claim(self, wanted: str) -> str:
        """Take a name, or the next free one like it."""
        while wanted in self._taken:
            wanted += "_"
        self._taken.add(wanted)
        return wanted

    def claim_all(self, wanted: str, derived: Callable[[str], Iterable[str]]) -> str:
        """Find a name of which all derived ones are free, and take those; return it."""
        while not self._taken.isdisjoint(derived(wanted)):
            wanted += "_"
        self._taken.update(derived(wanted))
        return wanted


def lines_of(text: str) -> tuple[str, ...]:
    """Split a description into lines that hold nothing but printable characters."""
    return tuple(_visible(line).rstrip() for line in text.strip().splitlines())


def paragraphs(lines: tuple[str, ...], last: str) -> tuple[str, ...]:
    """Put a line behind others, where there are any a paragraph of its own."""
    return (*lines, "", last) if lines and last else (*lines, last) if last else lines


def on_one_line(text: str) -> str:
    """Join the lines of a text."""
    return " ".join(_visible(text.replace("\n", " ")).split())


def _visible(text: str) -> str:
    """Write what a reader would not see, and a terminal or an editor might obey, as its number."""
    spaced = text.replace("\t", "    ")
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in spaced)


def in_quotes(text: str, *, escape: Callable[[int], str], special: str = "\\") -> str:
    """Write a text in the quotes that need fewer backslashes, double ones if that is even.

    Args:
        escape: writes a character that is not printable, by its number.
        special: characters that a backslash goes before.
    """
    quote = "'" if text.count('"') > text.count("'") else '"'
    return f"{quote}{escaped(text, escape=escape, special=special + quote)}{quote}"


def escaped(text: str, *, escape: Callable[[int], str], special: str) -> str:
    """Write what stands between the quotes."""
    return "".join(
        f"\\{c}" if c in special else c if c.isprintable() else escape(ord(c)) for c in text
    )


def snake(text: str) -> str:
    """Return a name in snake case: ``rooms.create`` and ``roomsCreate`` become ``rooms_create``."""
    joined = "_".join(_WORDS.findall(text)).lower()
    return joined if joined[:1].isalpha() else f"n{joined}"


def identifiers(names: Iterable[str], *, reserved: Collection[str]) -> list[str]:
    """Return a name in camel case for each, none of them twice or reserved."""
    free = Names(reserved)
    return [free.claim(camel(name)) for name in names]
