"""`antiphon asyncapi`: the document on standard output or in a file, and each mistake in one line."""

import json
from pathlib import Path

import pytest
import yaml

from tests.cli.terminal import APP, type_in

TWO = """
from fastapi import FastAPI
from newsroom import app
from undocumented import app as other

api = FastAPI()
api.mount("/realtime", app)
both = FastAPI()
both.mount("/one", app)
both.mount("/two", other)
none = FastAPI()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "newsroom.py").write_text(
        APP.replace("class Said(Event):", 'class Said(Event):\n    """Somebody said it."""\n')
    )
    (tmp_path / "undocumented.py").write_text(APP)
    (tmp_path / "mounted.py").write_text(TWO)
    return tmp_path


def test_it_is_printed_as_json(folder: Path) -> None:
    done = type_in(folder, "asyncapi", "newsroom:app")
    assert (done.returncode, done.stderr) == (0, "")
    written = json.loads(done.stdout)
    assert written["info"] == {"title": "Newsroom", "version": "1.2.3"}
    assert written["servers"]["websocket"]["host"] == "localhost:8000"


def test_it_is_printed_as_yaml(folder: Path) -> None:
    done = type_in(folder, "asyncapi", "newsroom", "--format", "yaml")
    as_json = type_in(folder, "asyncapi", "newsroom")
    assert yaml.safe_load(done.stdout) == json.loads(as_json.stdout)


def test_it_is_written_to_a_file(folder: Path) -> None:
    done = type_in(folder, "asyncapi", "newsroom", "--output", "asyncapi.json")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert json.loads((folder / "asyncapi.json").read_text())["asyncapi"] == "3.0.0"


def test_it_says_where_the_app_is(folder: Path) -> None:
    done = type_in(folder, "asyncapi", "newsroom", "--url", "https://example.com/live")
    server = json.loads(done.stdout)["servers"]["websocket"]
    assert (server["host"], server["protocol"]) == ("example.com", "wss")
    assert server["pathname"] == "/live/connection/websocket"


def test_a_mounted_app_is_found(folder: Path) -> None:
    done = type_in(folder, "asyncapi", "mounted:api")
    server = json.loads(done.stdout)["servers"]["websocket"]
    assert server["pathname"] == "/realtime/connection/websocket"


def test_what_is_not_documented_is_a_warning(folder: Path) -> None:
    done = type_in(folder, "asyncapi", "undocumented")
    assert done.returncode == 0
    assert done.stderr == "antiphon: warning: event Said has no docstring\n"
    assert json.loads(done.stdout)["components"]["schemas"]["Said"]["title"] == "Said"


def test_what_is_not_documented_is_an_error_under_strict(folder: Path) -> None:
    done = type_in(folder, "asyncapi", "undocumented", "--strict", "--output", "out.json")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "antiphon: event Said has no docstring\nantiphon: undocumented: 1 to mend\n"
    )
    assert not (folder / "out.json").exists()
    assert type_in(folder, "asyncapi", "newsroom", "--strict").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "Missing argument"),
        (["newsroom", "--format", "xml"], 2, "Invalid value for '--format'"),
        (["newsroom", "--url", "example.com"], 2, "'example.com' is no URL like"),
        (["nowhere"], 1, "there is no module 'nowhere'"),
        (["newsroom:chat"], 1, "newsroom:chat is of type Channel, not an ASGI app"),
        (["newsroom", "--output", "no/such/folder.json"], 1, "[Errno 2] No such file"),
        (["mounted:none"], 1, "mounted:none holds no antiphon.App in sight"),
        (
            ["mounted:both"],
            1,
            "mounted:both holds 'Newsroom' at /one, 'Newsroom' at /two: name the one that is meant",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line(folder: Path, arguments: list[str], code: int, said: str) -> None:
    done = type_in(folder, "asyncapi", *arguments)
    assert done.stderr.startswith(f"antiphon: {said}"), done.stderr
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
