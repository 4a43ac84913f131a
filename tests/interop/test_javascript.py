"""The released SDK for JavaScript against a served app: each case of js/, in each form, is a test here.

A form is a transport and a language; js/forms.js knows what they are. Node runs all cases once per
form, the forms side by side and several files at a time, and a reporter of ours tells of each case
in a line of JSON. A case that Node says nothing about has failed too: its file did not load.

Some cases are about some forms only. Node skips them in the others, and there is no test of them.
"""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import miss

FORMS = (
    "websocket-json",
    "websocket-protobuf",
    "http_stream-json",
    "http_stream-protobuf",
    "sse-json",
)
FOLDER = Path(__file__).parent / "js"
FILES = sorted(FOLDER.glob("*.test.js"))
CASE = re.compile(r"^ *test\((?:\"([^\"]+)\"|`([^`]+)`), (?:only\(([^)]*)\))?", re.MULTILINE)
SECONDS = 240

Results = list[dict[str, Any]]


def titles(form: str) -> list[str]:
    """The titles of the cases that a form has, as they stand in the files."""
    found = [match for file in FILES for match in CASE.findall(file.read_text())]
    parts = set(form.split("-"))
    return [
        plain or template
        for plain, template, only in found
        if not only or parts & set(re.findall(r"\w+", only))
    ]


CASES = [
    pytest.param(form, title, id=f"{form}-{title}") for form in FORMS for title in titles(form)
]
"""Every case in every form that has it."""


@pytest.fixture(scope="session")
def packages() -> Path:
    """The SDK, and the WebSocket and EventSource that Node lacks, where `make setup` puts them."""
    folder = FOLDER / "node_modules"
    return folder if (folder / "eventsource").is_dir() else miss("tests/interop/js/node_modules")


@pytest.fixture(scope="session")
def runs(
    node: str, packages: Path, request: pytest.FixtureRequest
) -> dict[str, tuple[Results, str]]:
    """What Node reported of each form that is asked for, and what else it had to say."""
    calls = [getattr(item, "callspec", None) for item in request.session.items]
    forms = {call.params["form"] for call in calls if call and "title" in call.params}
    with ThreadPoolExecutor(len(FORMS)) as pool:
        return dict(zip(forms, pool.map(partial(run, node), forms), strict=True))


def run(node: str, form: str) -> tuple[Results, str]:
    """Run all cases in one form."""
    options = ("--test", "--test-concurrency=3", "--test-reporter=./reporter.js")
    command = [node, *options, *(file.name for file in FILES)]
    environment = {**os.environ, "ANTIPHON_PYTHON": sys.executable, "ANTIPHON_FORM": form}
    done = subprocess.run(
        command, cwd=FOLDER, env=environment, capture_output=True, text=True, timeout=SECONDS
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return [json.loads(line) for line in lines], done.stderr


# The first of these tests to run waits for all of Node's.
pytestmark = pytest.mark.timeout(SECONDS + 30)


@pytest.mark.parametrize(("form", "title"), CASES)
def test_case(form: str, title: str, runs: dict[str, tuple[Results, str]]) -> None:
    results, rest = runs[form]
    name = re.compile(re.sub(r"\\\$\\\{.*?\\\}", ".+", re.escape(title)))
    told = [result for result in results if name.fullmatch(result["name"])]
    assert told, f"Node did not run this case\n{rest}"
    failed = [f"{one['name']}\n{one['detail']}" for one in told if not one["passed"]]
    assert not failed, "\n".join([*failed, rest])
    assert not any(one["skipped"] for one in told), "Node has skipped what this form has"


@pytest.mark.parametrize("form", FORMS)
def test_titles_are_unique(form: str) -> None:
    """Results are found by title."""
    assert titles(form)
    assert len(set(titles(form))) == len(titles(form))
