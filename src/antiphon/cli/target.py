"""From ``module:app`` to the ASGI app it names.

The current directory is searched first, as with ``python -m``. What is wrong with the name, or with
an app's declarations, is a `StartupError` of one line; anything else that the module raises is
a `BrokenApp`, whose cause says where.
"""

import importlib
import sys
from functools import reduce
from types import ModuleType
from typing import Any

from antiphon.cli.failure import BrokenApp
from antiphon.errors import AntiphonError, StartupError


def load(name: str) -> Any:
    """Import an ASGI app.

    Args:
        name: ``newsroom:app`` or ``package.module:holder.app``; ``newsroom`` means its `app`.

    Raises:
        StartupError: there is no such thing, or it is not an ASGI app.
    """
    module_name, _, attribute = name.partition(":")
    if module_name.endswith(".py") or "/" in module_name:
        dotted = module_name.removesuffix(".py").replace("/", ".").strip(".")
        raise StartupError(f"{module_name} is a file: write {dotted}:{attribute or 'app'}")
    module = _import(module_name)
    try:
        target = reduce(getattr, (attribute or "app").split("."), module)
    except AttributeError:
        raise StartupError(f"module {module_name} has no {attribute or 'app'!r}") from None
    if not callable(target) or isinstance(target, type):
        raise StartupError(f"{name} is {_kind(target)}, not an ASGI app")
    return target


def _import(name: str) -> ModuleType:
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        return importlib.import_module(name)
    except AntiphonError as error:
        raise StartupError(f"{name}: {error}") from error
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise BrokenApp(f"{name} cannot be imported: {error}") from error
        raise StartupError(
            f"there is no module {name!r}, neither in this folder nor installed"
        ) from None
    except (ValueError, TypeError) as error:
        if not name or name.startswith("."):
            raise StartupError(f"{name!r} names no module") from None
        raise BrokenApp(f"{name} cannot be imported: {error}") from error
    except Exception as error:
        raise BrokenApp(f"{name} cannot be imported: {error}") from error


def _kind(target: object) -> str:
    if isinstance(target, type):
        return f"the class {target.__name__}"
    return f"of type {type(target).__name__}"
