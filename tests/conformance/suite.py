"""The Autobahn test suite: found, installed and started.

It runs on CPython 2.7 only. Its packages are installed once into a folder of their own, with the
versions of ``requirements.txt``, and reused.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
REQUIREMENTS: Final = HERE / "requirements.txt"
REPORTS: Final = HERE / "reports"
AGENT: Final = "antiphon"

_START: Final = "import site, sys; site.addsitedir(sys.argv.pop(1)); from autobahntestsuite.wstest import run; run()"


class SuiteFailed(Exception):
    """The suite could not be installed, or stopped before its end."""


def say(line: str) -> None:
    """Print one line of progress."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def find_python() -> Path | None:
    """Return a CPython 2.7, from ``ANTIPHON_PYTHON27``, the path, or pyenv; None if there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [
        os.environ.get("ANTIPHON_PYTHON27"),
        shutil.which("python2.7"),
        *sorted(map(str, pyenv.glob("2.7*/bin/python2.7"))),
    ]
    return next((Path(name) for name in candidates if name and _is_python27(name)), None)


def _is_python27(name: str) -> bool:
    probe = [name, "-c", "import sys, pip; sys.exit(sys.version_info[:2] != (2, 7))"]
    try:
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def install(python: Path, cache: Path) -> Path:
    """Return the folder that holds the suite, installing it there first if need be.

    Raises:
        SuiteFailed: pip failed; its output is the text.
    """
    digest = sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = cache / f"autobahn-{digest}"
    if not folder.exists():
        say(f"installing the Autobahn test suite for {python}")
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        _pip_install(python, partial)
        partial.rename(folder)
    return folder


def _pip_install(python: Path, folder: Path) -> None:
    options = ["--quiet", "--disable-pip-version-check", "--no-warn-script-location", "--no-deps"]
    command = [str(python), "-m", "pip", "install", *options]
    command += ["--target", str(folder), "-r", str(REQUIREMENTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SuiteFailed(done.stdout + done.stderr)


async def run(python: Path, folder: Path, url: str, cases: list[str]) -> AsyncIterator[str]:
    """Run the cases against a server; yield the id of each as it starts.

    Raises:
        SuiteFailed: the suite stopped before its end; its last words are the text.
    """
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    spec = REPORTS / "spec.json"
    server = {"agent": AGENT, "url": url}
    spec.write_text(json.dumps({"outdir": str(REPORTS), "servers": [server], "cases": cases}))
    command = [str(python), "-c", _START, str(folder), "-m", "fuzzingclient", "-s", str(spec)]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    assert process.stdout is not None
    line = ""
    async for raw in process.stdout:
        line = raw.decode(errors="replace").strip()
        if line.startswith("Running test case ID"):
            yield line.split()[4]
    if await process.wait():
        raise SuiteFailed(line)
