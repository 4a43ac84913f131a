"""The apps whose client types are checked, and where Node and the golden files are."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from antiphon import JWT, App
from antiphon.cli.demo.app import build_app
from antiphon.contract import contract_of
from antiphon.contract.types import Language, types_of
from antiphon.hosting import find_apps
from tests.contract.nasty import NOTHING_BUT_A_NAME, nasty
from tests.contract.types.corner import corner
from tests.contract.zoo import zoo

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "golden"
EXAMPLES = HERE.parent.parent.parent / "examples"
NAMES = [
    *("corner", "demo", "nasty", "nothing", "zoo"),
    *sorted(path.stem for path in EXAMPLES.glob("*.py")),
]

_MADE: dict[str, Callable[[], App]] = {
    "corner": corner,
    "demo": lambda: build_app(JWT(secret="s" * 32)),
    "nasty": nasty,
    "nothing": lambda: NOTHING_BUT_A_NAME,
    "zoo": zoo,
}


def app_called(name: str) -> App:
    """Return one of the apps; examples are imported."""
    if name in _MADE:
        return _MADE[name]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTIPHON_JWT_SECRET", "s" * 32)
        patch.syspath_prepend(EXAMPLES)
        module = import_module(name)
    return next(iter(find_apps(getattr(module, "api", None) or module.app).values()))


def written(name: str, language: Language) -> str:
    """Write the client types of one of the apps."""
    return types_of(contract_of(app_called(name)), language, name=f"{name}:app")
