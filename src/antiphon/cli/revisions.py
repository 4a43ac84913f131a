"""An app as it was at a git revision: checked out beside the user's tree, imported by a process of its
own with this environment, and gone when its document is known.

What the user's `sys.path` finds within the repository, that process finds in the checkout. Hooks of
the repository do not run. What goes wrong is `WrongUsage`, in one line.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import antiphon
from antiphon.cli.failure import WrongUsage

_SECONDS: Final = 120.0
_NO_HOOKS: Final = ("-c", "core.hooksPath=/dev/null")


def document_at(revision: str, app: str) -> str:
    """Return the AsyncAPI document of an app at a revision, in JSON.

    Args:
        app: ``newsroom:app``, as the current directory would find it.

    Raises:
        WrongUsage: this is no repository, it has no such revision, or no such app there.
    """
    top = Path(_git("rev-parse", "--show-toplevel"))
    commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    with _checkout(top, commit) as tree:
        return _document(tree, top, f"{revision}:{app}", app)


@contextmanager
def _checkout(top: Path, commit: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="antiphon-") as folder:
        tree = Path(folder) / top.name
        _git(*_NO_HOOKS, "worktree", "add", "--detach", "--force", str(tree), commit)
        try:
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _document(tree: Path, top: Path, named: str, app: str) -> str:
    """Run `antiphon asyncapi` in a checkout, where the user is in the repository."""
    folder = tree / Path.cwd().resolve().relative_to(top)
    if not folder.is_dir():
        raise WrongUsage(f"{named}: there was no folder {folder.relative_to(tree)}")
    command = [sys.executable, "-m", "antiphon.cli", "asyncapi", app]
    done = _run(command, cwd=folder, env={**os.environ, "PYTHONPATH": _paths(tree, top)})
    if done.returncode:
        raise WrongUsage(f"{named}: {_last_line(done.stderr)}")
    return done.stdout


def _paths(tree: Path, top: Path) -> str:
    """Return the paths that lie within the repository, as they are in the checkout.

    Not what is installed there, nor Antiphon itself, which is this one.
    """
    ours = Path(antiphon.__file__).resolve().parents[1]
    known = [Path(path).resolve() for path in sys.path if path]
    within = [
        str(tree / path.relative_to(top))
        for path in known
        if path.is_relative_to(top) and path != ours and path.name != "site-packages"
    ]
    given = os.environ.get("PYTHONPATH", "")
    return os.pathsep.join(filter(None, (*within, given)))


def _git(*arguments: str) -> str:
    # Within a hook of git's these name the user's index, which is not for us to write.
    outside = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = _run(["git", *arguments], cwd=Path(), env=outside)
    if done.returncode:
        revision = arguments[-1].removesuffix("^{commit}")
        raise WrongUsage(_last_line(done.stderr) or f"git knows no revision {revision!r}")
    return done.stdout.strip()


def _run(
    command: list[str], *, cwd: Path, env: dict[str, str]
) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(  # noqa: S603 - git, and our own command line
            command,
            cwd=cwd,
            env=env,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
        )
    except FileNotFoundError:
        raise WrongUsage(f"{command[0]} is not installed") from None
    except subprocess.TimeoutExpired:
        raise WrongUsage(f"{command[0]}: no end within {_SECONDS:g} s") from None


def _last_line(text: str) -> str:
    line = next(iter(text.strip().splitlines()[::-1]), "")
    return line.removeprefix("fatal: ").removeprefix("antiphon: ")
