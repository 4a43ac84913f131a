"""What authors have written about their declarations: docstrings, and those of attributes.

A string below an attribute documents it (PEP 257); Python drops it, so the source is read for these
alone. A module whose source has none, or cannot be had, costs next to nothing. A class has the
docstring it wrote itself and no other's: what an event means is not what its base means.
"""

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from typing import Any

_PRESUMED = re.compile(r"^[ \t]*[A-Za-z_]\w*[ \t]*(?::|=)[^\n]*\n[ \t]*[rR]?(?:\"|')", re.MULTILINE)
"""An assignment of one line and a string in the next."""
_MULTILINE = re.compile(r"^[ \t]*[)\]}]+[^\n]*\n[ \t]*[rR]?(?:\"|')", re.MULTILINE)
"""The end of a longer one and a string in the next line."""


def docstring(declared: Any) -> str:
    """Return the docstring that a class or function has of its own, or ""."""
    declared = getattr(declared, "__origin__", declared)
    text = getattr(declared, "__dict__", {}).get("__doc__") or _of_function(declared)
    if not text or _is_made_up(declared, text):
        return ""
    return inspect.cleandoc(text)


def _of_function(declared: Any) -> str:
    return (declared.__doc__ or "") if inspect.isroutine(declared) else ""


def _is_made_up(declared: Any, text: str) -> bool:
    """Whether Python wrote it: dataclasses and named tuples get their signature, enums a word."""
    name = getattr(declared, "__name__", "")
    return text.startswith(f"{name}(") and text.endswith(")") or text == "An enumeration."


class AttributeDocs:
    """The docstrings of attributes, of whatever modules are asked for; each is read once."""

    def __init__(self) -> None:
        self._modules: dict[str, dict[str, dict[str, str]]] = {}

    def of_class(self, cls: Any) -> dict[str, str]:
        """Return the docstrings of a class's attributes by name, inherited ones included."""
        found: dict[str, str] = {}
        for base in reversed(getattr(cls, "__origin__", cls).__mro__):
            if base is not object and getattr(base, "__struct_fields__", None) != ():
                found.update(self._of_module(base.__module__).get(base.__qualname__, {}))
        return found

    def of_module(self, name: str) -> dict[str, str]:
        """Return the docstrings of a module's own attributes."""
        return self._of_module(name).get("", {})

    def _of_module(self, name: str) -> dict[str, dict[str, str]]:
        if name not in self._modules:
            self._modules[name] = _read(source_of(name))
        return self._modules[name]


def source_of(module: str) -> str:
    """Return the text of a module that is imported, or "" where it cannot be had."""
    loaded = sys.modules.get(module)
    try:
        return inspect.getsource(loaded) if loaded else ""
    except (OSError, TypeError):
        return ""


def _read(source: str) -> dict[str, dict[str, str]]:
    """Return docstrings by the qualified name of what holds them, and by attribute."""
    if not (_PRESUMED.search(source) or _MULTILINE.search(source)):
        return {}
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return {}
    return {scope: found for scope, body in _bodies(tree, "") if (found := dict(_documented(body)))}


def _bodies(node: Any, scope: str) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Yield the body of a module and of every class in it, with its qualified name."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield scope, node.body
    for child in node.body:
        if isinstance(child, ast.ClassDef):
            yield from _bodies(child, f"{scope}.{child.name}".lstrip("."))
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _bodies(child, f"{scope}.{child.name}.<locals>".lstrip("."))


def _documented(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement, following in zip(body, body[1:], strict=False):
        match statement, following:
            case (
                ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, inspect.cleandoc(text)
