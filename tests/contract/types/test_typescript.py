"""TypeScript for clients: as the compiler and Prettier see it, and in use against a served app.

The compiler runs once over the files of all apps, and over js/exchange.ts, which uses one of them and
holds mistakes that the compiler has to find.
"""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from antiphon.testing import serve
from tests.conftest import miss
from tests.contract.types.apps import GOLDEN, HERE, NAMES, written
from tests.contract.types.corner import FULL, Moved, corner

JS = HERE / "js"
SECONDS = 50


def run_node(node: str, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [node, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS)


@pytest.fixture(scope="module")
def folder(node: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the clients of all apps, and what they are compiled with."""
    if not (JS / "node_modules" / "typescript").is_dir():
        miss("tests/contract/types/js/node_modules")
    folder = tmp_path_factory.mktemp("typescript")
    for file in ("package.json", "tsconfig.json", "exchange.ts", "run.js"):
        shutil.copy(JS / file, folder)
    (folder / "node_modules").symlink_to(JS / "node_modules")
    for name in NAMES:
        (folder / f"{name}.ts").write_text(written(name, "ts"))
    (folder / "wrong.ts").write_text("export const wrong: string = 1;\n")
    return folder


@pytest.fixture(scope="module")
def compiled(node: str, folder: Path) -> str:
    """What the compiler says; what it writes stands beside the sources."""
    done = run_node(node, folder, "node_modules/typescript/bin/tsc")
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def unformatted(node: str, folder: Path) -> str:
    """Names the files that Prettier would write otherwise."""
    files = [f"{name}.ts" for name in NAMES]
    done = run_node(
        node, folder, "node_modules/prettier/bin/prettier.cjs", "-l", "wrong.ts", *files
    )
    assert not done.stderr
    return done.stdout


def test_the_compiler_can_object(compiled: str) -> None:
    assert compiled.count("error TS") == 1
    assert compiled.startswith("wrong.ts(1,14): error TS2322")


@pytest.mark.parametrize("name", [*NAMES, "exchange"])
def test_it_compiles(name: str, compiled: str, folder: Path) -> None:
    assert f"{name}.ts(" not in compiled
    assert (folder / f"{name}.js").is_file()


@pytest.mark.parametrize("name", NAMES)
def test_it_is_formatted(name: str, unformatted: str) -> None:
    assert f"{name}.ts" not in unformatted


def test_it_is_as_reviewed() -> None:
    """Wrong? Look at the difference, and if it is meant, write the file anew as shown here."""
    assert written("corner", "ts") == (GOLDEN / "corner.ts").read_text()


@pytest.fixture(scope="module")
def exchanged(node: str, folder: Path, compiled: str) -> Any:
    """What a compiled client heard of a server that is newer than itself."""
    return asyncio.run(exchange(node, folder))


async def exchange(node: str, folder: Path) -> Any:
    async with serve(corner(Moved)) as served:
        url = f"{served.url.replace('http', 'ws', 1)}/connection/websocket"
        process = await asyncio.create_subprocess_exec(
            *(node, "run.js", url),
            cwd=folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(SECONDS):
            out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return json.loads(out)


def test_events_go_to_their_handlers(exchanged: Any) -> None:
    here = {"by": 7, "mood": 1, "channel": "chat:lobby/7"}
    assert exchanged["heard"] == [
        {"text": "hi", "first": "nothing", **here},
        {"text": "here", "first": "at 2", **here},
        {"unknown": {"type": "moved", "to": "lobby"}},
        {"left": "bye"},
    ]


def test_messages_and_opaque_payloads_arrive(exchanged: Any) -> None:
    assert exchanged["notice"] == "anybody?"
    assert exchanged["blob"] == [1, {"two": 3}]


def test_what_the_server_subscribes_to_is_heard_until_that_is_stopped(exchanged: Any) -> None:
    assert (exchanged["followed"], exchanged["listening"]) == ("key", 0)


def test_calls_are_answered(exchanged: Any) -> None:
    answers = {key: exchanged.get(key) for key in ("id", "none", "keys", "refused")}
    assert answers == {"id": 1, "none": None, "keys": 1, "refused": FULL}


def test_names_keep_to_the_rules_of_addresses(exchanged: Any) -> None:
    assert exchanged["names"] == [
        "chat:a%b|c/-3",
        "RangeError",
        "RangeError",
        "RangeError",
        "key:00000000-0000-0000-0000-000000000007",
        "RangeError",
    ]
