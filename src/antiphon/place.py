"""Where in an app's source something is declared, for whoever has to mend it: ``newsroom.py:12``.

Paths are as seen from the current directory where they lie in it. What has no source, or is not the
app's own code, has no place: the result is "" then, and nothing is raised.
"""

import ast
import inspect
import os
import sys
from types import FrameType
from typing import Any, Final

_OURS: Final = __name__.partition(".")[0]


def of_caller() -> str:
    """Return the line of the app's that is running: the innermost one outside Antiphon."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _package(frame) == _OURS:
        frame = frame.f_back
    if frame is None or _package(frame) in sys.stdlib_module_names:
        return ""  # nobody of the app's called: the event loop did
    return _place(frame.f_code.co_filename, frame.f_lineno)


def of_class(cls: Any, attribute: str = "") -> str:
    """Return the line of a class, or of one of its attributes where that is found in it."""
    cls = getattr(cls, "__origin__", cls)
    try:
        lines, first = inspect.getsourcelines(cls)
        file = inspect.getsourcefile(cls) or ""
    except (OSError, TypeError):
        return ""
    return _place(file, first + (_offset(lines, attribute) if attribute else 0))


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _place(file: str, line: int) -> str:
    inside = os.path.relpath(file) if os.path.isabs(file) else file
    return f"{file if inside.startswith('..') else inside}:{line}"


def _offset(lines: list[str], attribute: str) -> int:
    """Return how many lines below a class's first one an attribute is annotated."""
    try:
        (node,) = ast.parse(inspect.cleandoc("\n" + "".join(lines))).body
    except (SyntaxError, ValueError):
        return 0
    for statement in getattr(node, "body", ()):
        target = getattr(statement, "target", None)
        if isinstance(target, ast.Name) and target.id == attribute:
            return int(statement.lineno) - 1
    return 0
