"""`antiphon run --reload`: the server in a process of its own, started again when a file changes.

Python files below the current directory are looked at twice a second. A server that ended by
itself, because of a mistake in a file most likely, is started again with the next change.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NoReturn

import typer

from antiphon.cli.failure import printable

LOOK_SECONDS: Final = 0.5
STOP_SECONDS: Final = 10.0
"""For the server to drain; then it is killed."""

_SKIPPED: Final = frozenset({"__pycache__", "node_modules", "site-packages"})

Snapshot = dict[Path, tuple[int, int]]


def supervise(arguments: Sequence[str]) -> NoReturn:
    """Run ``antiphon`` with these arguments, again and again, until a signal comes."""
    signal.signal(signal.SIGTERM, _leave)
    command = [sys.executable, "-m", "antiphon.cli", *arguments]
    try:
        while True:
            before = snapshot(Path())
            server = subprocess.Popen(command)  # noqa: S603 - our own command line
            try:
                changed = _wait_for_change(before)
            finally:
                _stop(server)
            typer.echo(f"{printable(str(changed))} changed, starting again")
    except KeyboardInterrupt:
        sys.exit(0)


def snapshot(folder: Path) -> Snapshot:
    """Return what tells one version of every Python file below a folder from the next."""
    return {path: state for path in _files(folder) if (state := _state(path))}


def difference(before: Snapshot, after: Snapshot) -> Path | None:
    """Return a file that was changed, added or removed, if there is one."""
    changed = {path for path, _ in before.items() ^ after.items()}
    return min(changed, default=None)


def _files(folder: Path) -> Iterator[Path]:
    for directory, folders, files in os.walk(folder):
        # Hidden ones hold virtual environments, caches and repositories.
        folders[:] = [f for f in folders if f not in _SKIPPED and not f.startswith(".")]
        yield from (Path(directory, file) for file in files if file.endswith(".py"))


def _state(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None  # gone since it was listed
    return found.st_mtime_ns, found.st_size


def _wait_for_change(before: Snapshot) -> Path:
    while True:
        time.sleep(LOOK_SECONDS)
        if changed := difference(before, snapshot(Path())):
            return changed


def _stop(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _leave(*_: object) -> NoReturn:
    raise SystemExit(0)
