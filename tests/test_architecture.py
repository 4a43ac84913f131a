"""The house rules that a machine can check: sizes, walls, words, docstrings, one version.

The order of the layers is import-linter's, whose contracts stand in pyproject.toml; it is run here
too, so that `make test` alone finds a breach.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import antiphon

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "antiphon"
MODULES = sorted(SOURCE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
TYPESCRIPT = [
    path for path in sorted((ROOT / "web").rglob("*.ts")) if "node_modules" not in path.parts
]
EVERYTHING = [*MODULES, *TESTS, *TYPESCRIPT]

LINES_PER_FILE = 400
LINES_PER_TEST_FILE = 600
LINES_PER_FUNCTION = 60
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}

WALLS = {
    "picows": ("wire",),
    "uvicorn": ("wire", "cli"),
    "jwt": ("auth",),
    "cryptography": ("auth",),
    "typer": ("cli",),
    "rich": ("cli",),
    "google": (),  # Protobuf's runtime: whichever version the user has, it is not ours to choose.
}
"""Third-party packages, and the only parts of Antiphon that may import them."""

NEVER_IMPORTED = {"pickle", "marshal", "shelve"}
"""They run what they read."""

NEVER_CALLED = {"eval", "exec", "compile", "__import__"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(tree: ast.AST) -> Iterator[str]:
    """The first name of every absolute import in `tree`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0]


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many lines `function` has below its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function, clean=False) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", EVERYTHING, ids=name_of)
def test_file_is_short_and_finished(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= (LINES_PER_TEST_FILE if path in TESTS else LINES_PER_FILE)
    assert not UNFINISHED.search(text)
    assert path.stem not in VAGUE_NAMES


@pytest.mark.parametrize("path", [*MODULES, *TESTS], ids=name_of)
def test_functions_fit_on_a_screen(path: Path) -> None:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, functions)]
    long = {f.name: body_lines(f) for f in found if body_lines(f) > LINES_PER_FUNCTION}
    assert not long


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), f"{name_of(path)} has no docstring"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_keeps_behind_the_walls(path: Path) -> None:
    imports = set(imported(ast.parse(path.read_text())))
    floor = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    breaches = {name for name in imports & WALLS.keys() if floor not in WALLS[name]}
    assert not breaches
    assert not imports & NEVER_IMPORTED


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_runs_no_text_as_code(path: Path) -> None:
    calls = (
        node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
    )
    assert not {func.id for func in calls if isinstance(func, ast.Name)} & NEVER_CALLED


PROBE = """
import importlib, logging, sys, threading
for name in sys.argv[1:]:
    before = {key for key in sys.modules if key.partition(".")[0] == "antiphon"}
    importlib.import_module(name)
    for key in {key for key in sys.modules if key.partition(".")[0] == "antiphon"} - before:
        del sys.modules[key]  # the next one is imported on its own: a cycle shows from one end only
assert threading.active_count() == 1, threading.enumerate()
assert not logging.getLogger().handlers, logging.getLogger().handlers
assert not [n for n in logging.root.manager.loggerDict if n.startswith("antiphon")
            and logging.getLogger(n).handlers]
"""


def test_each_module_imports_alone_and_does_nothing() -> None:
    names = [module_name(path) for path in MODULES if path.stem != "__main__"]
    command = (sys.executable, "-W", "error", "-c", PROBE, *names)
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_imports_run_downwards() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run((command, "--no-cache"), capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_version_everywhere() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    changelog = re.search(r"^## \[?(\d[^\s\]]*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert changelog, "CHANGELOG.md names no version"
    assert antiphon.__version__ == declared == changelog[1]


def test_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "web" / "package-lock.json").read_text()
