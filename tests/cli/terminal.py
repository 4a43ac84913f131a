"""The command as a person runs it: a process of its own, in a folder, with an environment."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

COMMAND = (sys.executable, "-m", "antiphon.cli")

APP = """
from antiphon import Anonymous, App, Event, History

class Said(Event):
    text: str
    times: int = 1

app = App("Newsroom", version="1.2.3", auth=Anonymous())
chat = app.channel(
    "chat:{room}", publishes=Said, accepts=Said, open=True, join_leave=True,
    history=History(size=10, ttl=60),
)
"""


def environment(**variables: str) -> dict[str, str]:
    """This process's, without what would change the outcome."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ANTIPHON_", "COLUMNS"))}
    return {**kept, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", **variables}


def type_in(
    folder: Path, *arguments: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        (*COMMAND, *arguments),
        cwd=folder,
        env=environment(**(env or {})),
        capture_output=True,
        text=True,
        timeout=30,
    )


@contextmanager
def running(
    folder: Path, *arguments: str, env: Mapping[str, str] | None = None
) -> Iterator["subprocess.Popen[str]"]:
    """Run the command until the block ends."""
    process = subprocess.Popen(
        (*COMMAND, *arguments),
        cwd=folder,
        env=environment(**(env or {})),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def read_until(process: "subprocess.Popen[str]", pattern: str) -> re.Match[str]:
    """Read lines until one fits; the end of the output is a failure that shows all of it."""
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if found := re.search(pattern, line):
            return found
    raise AssertionError(f"no {pattern!r} in:\n{''.join(seen)}")


def url_of(process: "subprocess.Popen[str]") -> str:
    """Wait for the banner, and return where the server is."""
    return read_until(process, r"Serving (\S+) ")[1]
