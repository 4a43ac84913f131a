"""The document over HTTP: the same as from the command line, but for where the app is."""

import json
from collections.abc import MutableMapping
from typing import Any

import pytest
import yaml

from antiphon import Anonymous, App
from antiphon.contract import contract_of
from antiphon.contract.asyncapi import document
from tests.contract.zoo import Moved, Numbers, zoo
from tests.server.asgi import ask


def app_in_the_open() -> App:
    app = App("Open", version="1.0.0", auth=Anonymous(), docs="open")
    app.channel("news", publishes=Moved)
    return app


async def test_it_is_served_as_json() -> None:
    app = app_in_the_open()
    answer = await ask(app, "/asyncapi.json")
    assert (answer.status, answer.headers[b"content-type"]) == (200, b"application/json")
    assert answer.headers[b"cache-control"] == b"no-store"
    assert json.loads(answer.body) == document(contract_of(app))
    assert answer.body.startswith(b'{\n  "asyncapi": "3.0.0",')


async def test_it_is_served_as_yaml() -> None:
    app = app_in_the_open()
    answer = await ask(app, "/asyncapi.yaml")
    assert (answer.status, answer.headers[b"content-type"]) == (200, b"application/yaml")
    assert yaml.safe_load(answer.body) == document(contract_of(app))


@pytest.mark.parametrize("path", ["/asyncapi.json", "/asyncapi.yaml"])
async def test_nothing_is_changed_by_it(path: str) -> None:
    assert (await ask(app_in_the_open(), path, method="POST")).status == 405
    assert (await ask(app_in_the_open(), path, method="HEAD")).status == 200


@pytest.mark.parametrize("path", ["/asyncapi.json", "/asyncapi.yaml"])
@pytest.mark.parametrize(
    ("host", "scheme", "root", "told"),
    [
        (b"example.com", "https", "", ("example.com", "wss", "/connection/websocket")),
        (b"[::1]:80", "http", "/live", ("[::1]:80", "ws", "/live/connection/websocket")),
        (b"<script>", "http", "", ("localhost:8000", "ws", "/connection/websocket")),
        (b"a b", "http", "", ("localhost:8000", "ws", "/connection/websocket")),
        (b"\xff", "http", "", ("localhost:8000", "ws", "/connection/websocket")),
    ],
)
async def test_a_server_is_where_the_request_found_it(
    path: str, host: bytes, scheme: str, root: str, told: tuple[str, str, str]
) -> None:
    body = await fetched(app_in_the_open(), root + path, host=host, scheme=scheme, root=root)
    server = yaml.safe_load(body)["servers"]["websocket"]
    assert (server["host"], server["protocol"], server["pathname"]) == told


async def fetched(app: App, path: str, *, host: bytes, scheme: str, root: str) -> bytes:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        raise AssertionError("nothing is read")

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "path": path,
        "method": "GET",
        "scheme": scheme,
        "root_path": root,
        "headers": [(b"host", host)],
    }
    await app(scope, receive, send)
    body: bytes = sent[1]["body"]
    return body


async def test_it_is_made_when_it_is_first_asked_for() -> None:
    app = app_in_the_open()
    app.channel("numbers", publishes=Numbers)
    first = json.loads((await ask(app, "/asyncapi.json")).body)
    assert list(first["channels"]) == ["news", "numbers"]
    app.channel("later", publishes=Numbers)
    assert json.loads((await ask(app, "/asyncapi.json")).body) == first


async def test_it_is_off_where_the_app_says_so() -> None:
    app = App("Off", auth=Anonymous(), docs="off")
    for path in ("/asyncapi.json", "/asyncapi.yaml"):
        assert (await ask(app, path)).status == 404


async def test_strangers_do_not_read_it() -> None:
    """`App(docs=...)` is tested where it is decided; this sees to it that it is asked."""
    app = zoo()
    for path in ("/asyncapi.json", "/asyncapi.yaml"):
        assert (await ask(app, path)).status == 401
