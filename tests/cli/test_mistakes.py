"""Every start-up mistake is one clear line on stderr, without a traceback, and a non-zero exit."""

import socket
from pathlib import Path

import pytest

from antiphon.cli.commands import execute
from tests.cli.terminal import APP, type_in

MISTAKES = (
    APP
    + """
from antiphon import JWT

class Bare: ...

open_to_nobody = App("Nobody")
number = 42

from fastapi import FastAPI
api = FastAPI()
api.mount("/realtime", open_to_nobody)
"""
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "newsroom.py").write_text(MISTAKES)
    (tmp_path / "undeclared.py").write_text(
        "from antiphon import App, Anonymous\n"
        "app = App('A', auth=Anonymous())\n"
        "app.channel('chat:{room', publishes=None)\n"
    )
    (tmp_path / "keyless.py").write_text(
        "from antiphon import App, JWT\napp = App('A', auth=JWT.from_env())\n"
    )
    (tmp_path / "cert.pem").write_text("this is no certificate\n")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere:app"], "there is no module 'nowhere'"),
        (["newsroom.nowhere:app"], "there is no module 'newsroom.nowhere'"),
        ([":app"], "'' names no module"),
        (["newsroom:nothing"], "module newsroom has no 'nothing'"),
        (["newsroom:number"], "newsroom:number is of type int, not an ASGI app"),
        (["newsroom:Bare"], "newsroom:Bare is the class Bare, not an ASGI app"),
        (["newsroom.py"], "newsroom.py is a file: write newsroom:app"),
        (["newsroom:open_to_nobody"], "app 'Nobody' does not say who may connect"),
        (["newsroom:api"], "app 'Nobody' does not say who may connect"),
        (["undeclared"], "undeclared: channel 'chat:{room'"),
        (["keyless"], "keyless: no key for JSON Web Tokens: set ANTIPHON_JWT_SECRET"),
        (["newsroom", "--ssl-certfile", "no.pem"], "TLS: there is no file no.pem"),
        (["newsroom", "--ssl-certfile", "cert.pem"], "TLS: cannot use cert.pem"),
        (["newsroom", "--ssl-keyfile", "cert.pem"], "--ssl-keyfile goes with --ssl-certfile"),
        (["newsroom", "--uds", "no/such/socket"], "cannot listen on no/such/socket: No such file"),
        (["newsroom", "--host", "no.such.host.invalid"], "cannot listen on no.such.host.invalid"),
        (["newsroom", "--forwarded-allow-ips", "me"], "trusted proxies: 'me' does not appear"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line(folder: Path, arguments: list[str], said: str) -> None:
    done = type_in(folder, "run", "--port", "0", *arguments)
    assert done.stderr.startswith(f"antiphon: {said}"), done.stderr
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


def test_a_port_that_is_taken_is_one_line(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = type_in(folder, "run", "newsroom", "--port", str(port))
    expected = f"antiphon: cannot listen on 127.0.0.1:{port}: Address already in use\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", expected)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["run"], "Missing argument"),
        (["run", "newsroom", "--prot", "1"], "No such option: --prot"),
        (["run", "newsroom", "--port", "many"], "Invalid value for '--port'"),
        (["run", "newsroom", "--port", "70000"], "Invalid value for '--port'"),
        (["run", "newsroom", "--log-level", "loud"], "Invalid value for '--log-level'"),
        (["token"], "Missing option '--user'"),
        (
            ["token", "--user", "alice", "--ttl", "soon"],
            "'soon' is no time like 30s, 15m, 1h or 7d",
        ),
        (["token", "--user", "alice", "--info", "{"], "'{': Input data was truncated"),
        (["token", "--user", "alice", "--meta", "[]"], "'[]': Expected `object`, got `array`"),
        (["listen", "ftp://host", "news"], "'ftp://host' is no URL like"),
        (["send", "host", "news", "said", "text"], "'text' is no field like"),
        (["send", "host", "news", "said", "=x"], "'=x' is no field like"),
        (["send", "host", "news", "said", "n:=x"], "'x': JSON is malformed"),
        (["send", "host", "news", "{]"], "'{]': JSON is malformed"),
        (["send", "host", "news", "{}", "a=b"], "an event in JSON has its fields inside"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(arguments) == 2
    output = capsys.readouterr()
    assert said in output.err
    assert (output.out, output.err.count("\n")) == ("", 1)


def test_wrong_usage_has_its_exit_code(tmp_path: Path) -> None:
    done = type_in(tmp_path, "run", "--nonsense")
    expected = "antiphon: No such option: --nonsense\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", expected)


BROKEN = "def deeper():\n    return 1 / 0\n\ndeeper()\n"
BROKEN_LIFESPAN = """
import contextlib
from fastapi import FastAPI

@contextlib.asynccontextmanager
async def lifespan(app):
    raise OSError("the database is away")
    yield

app = FastAPI(lifespan=lifespan)
"""


@pytest.mark.parametrize(
    ("source", "place", "last"),
    [
        (BROKEN, "line 2, in deeper", "broken cannot be imported: division by zero"),
        ("import nowhere\n", "line 1", "broken cannot be imported: No module named 'nowhere'"),
        ("def (\n", "line 1", "broken cannot be imported: invalid syntax (broken.py, line 1)"),
        (BROKEN_LIFESPAN, "in lifespan", "the app cannot start: the database is away"),
    ],
)
def test_code_that_raises_is_shown_up_to_its_own_frames(
    tmp_path: Path, source: str, place: str, last: str
) -> None:
    (tmp_path / "broken.py").write_text(source)
    done = type_in(tmp_path, "run", "broken", "--port", "0")
    assert (done.returncode, done.stdout) == (1, "")
    assert place in done.stderr
    assert done.stderr.splitlines()[-1] == f"antiphon: {last}"
    assert "importlib" not in done.stderr
    assert "antiphon/cli" not in done.stderr
