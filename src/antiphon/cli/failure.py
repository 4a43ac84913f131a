"""How a failure looks in a terminal: one line, behind a traceback only where the user's code raised.

Whatever text comes from elsewhere, a server above all, is stripped of control characters: a terminal
would obey them.
"""

import importlib
import traceback
from pathlib import Path

import antiphon
from antiphon.errors import AntiphonError, StartupError


class BrokenApp(StartupError):
    """The user's code raised; the cause is shown with its traceback."""


class WrongUsage(AntiphonError):
    """What was typed makes no sense; exit code 2."""


def one_line(text: str) -> str:
    """Make one line of a text, and nothing but printable characters."""
    return printable(" ".join(text.split()))


def printable(text: str) -> str:
    """Escape what a terminal would obey."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def traceback_of(error: BaseException) -> str:
    """Format an exception's traceback without the frames that led to the user's code."""
    found = traceback.TracebackException.from_exception(error, compact=True)
    importing = str(Path(importlib.__file__).parent)
    hidden = (str(Path(antiphon.__file__).parent), importing, "<frozen importlib")
    found.stack = traceback.StackSummary.from_list(
        frame for frame in found.stack if not frame.filename.startswith(hidden)
    )
    return "".join(found.format())
