"""The released SDK for JavaScript against a served app: each case of js/ is a test here.

Node runs all of them once, several files at a time, and a reporter of ours tells of each in a line
of JSON. A case that Node says nothing about has failed too: its file did not load.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import miss

FOLDER = Path(__file__).parent / "js"
FILES = sorted(FOLDER.glob("*.test.js"))
TITLE = re.compile(r"^ *test\((?:\"([^\"]+)\"|`([^`]+)`),", re.MULTILINE)
SECONDS = 50


def titles() -> list[str]:
    """The titles of all cases, as they stand in the files."""
    found = [match for file in FILES for match in TITLE.findall(file.read_text())]
    return [plain or template for plain, template in found]


@pytest.fixture(scope="session")
def packages() -> Path:
    """The SDK and the WebSocket that Node lacks, where `make setup` puts them."""
    folder = FOLDER / "node_modules"
    return folder if (folder / "centrifuge").is_dir() else miss("tests/interop/js/node_modules")


@pytest.fixture(scope="session")
def run(node: str, packages: Path) -> tuple[list[dict[str, Any]], str]:
    """What Node reported, and what else it had to say."""
    options = ("--test", "--test-concurrency=8", "--test-reporter=./reporter.js")
    command = [node, *options, *(file.name for file in FILES)]
    environment = {**os.environ, "ANTIPHON_PYTHON": sys.executable}
    done = subprocess.run(
        command, cwd=FOLDER, env=environment, capture_output=True, text=True, timeout=SECONDS
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return [json.loads(line) for line in lines], done.stderr


@pytest.mark.parametrize("title", titles())
def test_case(title: str, run: tuple[list[dict[str, Any]], str]) -> None:
    results, rest = run
    name = re.compile(re.sub(r"\\\$\\\{.*?\\\}", ".+", re.escape(title)))
    told = [result for result in results if name.fullmatch(result["name"])]
    assert told, f"Node did not run this case\n{rest}"
    failed = [f"{one['name']}\n{one['detail']}" for one in told if not one["passed"]]
    assert not failed, "\n".join([*failed, rest])


def test_titles_are_unique() -> None:
    """Results are found by title."""
    assert titles()
    assert len(set(titles())) == len(titles())
