"""Names that hold in every language: of components, channels and calls.

A name is a letter and further letters and digits of ASCII, such as a class may have in any language;
one of ours that stands beside them has an underscore or begins with a small letter.
A class keeps its own name while no other has it; where two do, each is preceded by as much of its
module's path as tells them apart, so that neither name depends on which one was declared first.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

_WORD: Final = re.compile(r"[A-Za-z0-9]+")


def pascal(text: str) -> str:
    """Join the words of a text: ``Page[int]`` becomes ``PageInt``."""
    joined = "".join(word[0].upper() + word[1:] for word in _WORD.findall(text))
    return joined if joined[:1].isalpha() else f"N{joined}"


def camel(text: str) -> str:
    """The same with a small letter in front: ``rooms.create`` becomes ``roomsCreate``."""
    joined = pascal(text)
    return joined[0].lower() + joined[1:]


def numbered(names: Iterable[str]) -> list[str]:
    """Make names unique: of equal ones the second gets a 2 behind it, and so on."""
    taken: set[str] = set()
    return [_free(name, taken) for name in names]


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}{number}"
    taken.add(free)
    return free


def names_of(classes: Iterable[Any]) -> dict[Any, str]:
    """Give each class, or parametrised generic one, a name of its own."""
    known = list(dict.fromkeys(classes))
    paths = {cls: _path(cls) for cls in known}
    named = dict.fromkeys(known, "")
    lengths = dict.fromkeys(known, 1)
    while True:
        named = {cls: pascal(".".join(paths[cls][-lengths[cls] :])) for cls in known}
        counts = Counter(named.values())
        longer = [
            cls
            for cls, name in named.items()
            if counts[name] > 1 and lengths[cls] < len(paths[cls])
        ]
        if not longer:
            return dict(zip(known, numbered(named.values()), strict=True))
        for cls in longer:
            lengths[cls] += 1


def _path(cls: Any) -> list[str]:
    """Module, outer classes and functions, and name with its arguments."""
    origin = getattr(cls, "__origin__", cls)
    arguments = "".join(f".{_name(part)}" for part in getattr(cls, "__args__", ()))
    outer = origin.__qualname__.replace("<locals>.", "").split(".")
    return [*origin.__module__.split("."), *outer[:-1], pascal(f"{outer[-1]}{arguments}")]


def _name(part: Any) -> str:
    return part.__name__ if isinstance(part, type) else repr(part)
