"""Patterns for channel names: what a shell would call globs.

``*`` is any number of characters, ``?`` is one, ``[a-z]`` one of some and ``[!a-z]`` of all others,
``{a,b}`` one of several texts, which may hold all of these but braces. A name has none of these
characters, so that nothing needs an escape.

Every alternative becomes a regular expression in which nothing is tried twice, so that the time grows
with the length of pattern and name, and with nothing worse; both are bounded.
"""

import re
from collections.abc import Callable
from fnmatch import translate
from typing import Final

from antiphon.errors import BadRequest

LONGEST: Final = 255
"""Characters; as long as a channel's name by default."""
MOST_ALTERNATIVES: Final = 16
"""In a pattern, when all of its braces are multiplied out."""

_BRACES: Final = re.compile(r"\{([^{}]*)\}")


def glob(pattern: str) -> Callable[[str], bool]:
    """Return what says whether a name fits the pattern.

    Raises:
        BadRequest: it is too long, has too many alternatives, or its braces do not pair.
    """
    if len(pattern) > LONGEST:
        raise BadRequest(f"pattern: longer than {LONGEST} characters")
    matches = [re.compile(translate(text)).match for text in _alternatives(pattern)]

    def fits(name: str) -> bool:
        return any(match(name) for match in matches)

    return fits


def _alternatives(pattern: str) -> list[str]:
    """Multiply out the braces."""
    done, rest = [""], pattern
    while found := _BRACES.search(rest):
        before, rest = rest[: found.start()], rest[found.end() :]
        done = [head + before + one for head in done for one in found[1].split(",")]
        if len(done) > MOST_ALTERNATIVES:
            raise BadRequest(f"pattern: more than {MOST_ALTERNATIVES} alternatives")
    whole = [head + rest for head in done]
    if any("{" in text or "}" in text for text in whole):
        raise BadRequest("pattern: braces that do not pair")
    return whole
