"""`antiphon openapi`: a document on stdout, or one line that says why there is none."""

import json
from pathlib import Path

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from tests.cli.terminal import APP, read_until, running, type_in

KEY = "a-key-that-backends-know"
APPS = (
    APP
    + """
from antiphon import API
from fastapi import FastAPI

opened = App("Opened", version="4.5", auth=Anonymous(), api=API.from_env())
opened.channel("news", publishes=Said)
insecure = App("Short", auth=Anonymous(), api=API(key="x", insecure_allow_short_key=True))

api = FastAPI()
api.mount("/live", opened)

both = FastAPI()
both.mount("/one", opened)
both.mount("/two", app)

none = FastAPI()
"""
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "newsroom.py").write_text(APPS)
    return tmp_path


@pytest.mark.parametrize(("target", "mount"), [("newsroom:opened", "/"), ("newsroom:api", "/live")])
def test_the_document_is_printed(folder: Path, target: str, mount: str) -> None:
    done = type_in(folder, "openapi", target, env={"ANTIPHON_API_KEY": KEY})
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    validate(document, cls=OpenAPIV31SpecValidator)
    assert document["info"]["title"] == "Opened: server API"
    assert document["servers"] == [{"url": mount}]
    assert "Said" in document["components"]["schemas"]
    assert done.stdout.startswith('{\n  "openapi": "3.1.0"')
    assert KEY not in done.stdout


@pytest.mark.parametrize(
    ("target", "key", "said"),
    [
        ("newsroom", KEY, "app 'Newsroom' has no server API: give it api=API.from_env()"),
        ("newsroom:both", KEY, "name one App itself, module:app; here are: Opened, Newsroom"),
        ("newsroom:none", KEY, "name one App itself, module:app; here are: none in sight"),
        ("newsroom:nothing", KEY, "module newsroom has no 'nothing'"),
        ("newsroom:opened", "", "newsroom: no key for the server API: set ANTIPHON_API_KEY; "),
        ("newsroom:opened", "short", "newsroom: the API key has 5 characters, it needs at least"),
        ("nowhere", KEY, "there is no module 'nowhere'"),
    ],
)
def test_a_mistake_is_one_line(folder: Path, target: str, key: str, said: str) -> None:
    done = type_in(folder, "openapi", target, env={"ANTIPHON_API_KEY": key})
    assert done.stderr.startswith(f"antiphon: {said}"), done.stderr
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


def test_the_banner_says_where_the_server_api_is(folder: Path) -> None:
    environment = {"ANTIPHON_API_KEY": KEY}
    with running(folder, "run", "newsroom:api", "--port", "0", env=environment) as process:
        url = read_until(process, r"  server API: (\S+)\n")[1]
        assert url.endswith("/live/api")
        answer = httpx.post(f"{url}/info?api_key={KEY}", json={}, trust_env=False)
        assert answer.json()["result"]["nodes"][0]["version"] == "4.5"
        seen = read_until(process, r"POST \S+ ")
        assert seen[0] == "POST /live/api/info "


def test_the_banner_warns_of_a_short_key(folder: Path) -> None:
    environment = {"ANTIPHON_API_KEY": KEY}
    with running(folder, "run", "newsroom:insecure", "--port", "0", env=environment) as process:
        read_until(process, r"  server API: \S+/api \(INSECURE: insecure_allow_short_key\)\n")
