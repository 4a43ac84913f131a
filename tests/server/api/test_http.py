"""HTTP: paths, methods, statuses and bounds, in process and over a socket."""

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import httpx
import pytest

from antiphon import API, Anonymous, App, BadRequest, Event, History, Limits
from antiphon.testing import serve
from tests.hub.stage import Said as StageSaid
from tests.hub.stage import Stage, on_stage, quiet
from tests.server.api.backend import KEY, Backend, api_stage
from tests.server.asgi import ask

LIMITS = Limits(api_body_bytes=2_000, api_requests=2, message_bytes=1_000)
HEADERS = {"X-API-Key": KEY}


class Said(Event):
    """Somebody said something."""

    text: str


@pytest.fixture
def app() -> App:
    app = App("Served", version="3.2.1", auth=Anonymous(), api=API(key=KEY), limits=LIMITS)
    app.channel("news", publishes=Said, open=True, history=History(9, 60))
    return app


@pytest.fixture
async def client(app: App) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serve(app) as served,
        httpx.AsyncClient(base_url=served.url, headers=HEADERS, trust_env=False) as client,
    ):
        yield client


# In process.


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/info", "/api/nothing", "/api/batch"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_only_post_calls(stage: Stage, path: str, method: str) -> None:
    for headers in ({}, {"x-api-key": KEY}):
        answer = await ask(stage.app, path, method=method, headers=headers, body=b"{}")
        assert (answer.status, answer.body) == (405, b"method not allowed")
        assert answer.headers[b"allow"] == b"POST"


@pytest.mark.parametrize(
    "path", ["/api/", "/api/nothing", "/api/Info", "/api/info/", "/api/batch/x", "/api//info"]
)
async def test_a_method_that_there_is_not(backend: Backend, path: str) -> None:
    assert await backend.refusal(path, {}) == (404, "not found")


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("/api/info", b"", "bad request: data is not valid JSON"),
        ("/api/info", b"{", "bad request: data is not valid JSON"),
        ("/api/info", b"[]", "bad request: Expected `object`, got `array`"),
        ("/api/info", b'{"\xff":1}', "bad request: data is not valid JSON"),
        ("/api/info", b"{}{}", "bad request: data is not valid JSON"),
        ("/api/publish", b'{"channel":1}', "bad request: channel: Expected `str`, got `int`"),
        (
            "/api/publish",
            b'{"tags":{"a":1}}',
            "bad request: tags[...]: Expected `str`, got `int`",
        ),
        (
            "/api/publish",
            b'{"version":-1}',
            "bad request: version: Expected `int` >= 0",
        ),
    ],
)
async def test_a_malformed_body_is_refused_in_plain_text(
    backend: Backend, path: str, body: bytes, text: str
) -> None:
    assert await backend.refusal(path, body) == (400, text)


@pytest.mark.parametrize(
    ("method", "request_", "status", "code", "message"),
    [
        ("publish", {"channel": "nowhere", "data": 1}, 404, 102, "unknown channel"),
        ("rpc", {"method": "nothing"}, 404, 104, "not found"),
        ("publish", {}, 400, 107, "bad request: channel: required"),
        (
            "presence",
            {"channel": "news"},
            400,
            108,
            "not available: this channel keeps no presence",
        ),
        (
            "history",
            {"channel": "room:1", "since": {"epoch": "other"}},
            416,
            112,
            "unrecoverable position",
        ),
        ("rpc", {"method": "fail"}, 500, 100, "internal server error"),
        ("rpc", {"method": "refuse"}, 400, 107, "bad request: no"),
    ],
)
async def test_an_error_may_have_a_status_of_its_own(
    stage: Stage,
    backend: Backend,
    method: str,
    request_: dict[str, object],
    status: int,
    code: int,
    message: str,
) -> None:
    stage.app.api_rpc("fail")(fail)
    stage.app.api_rpc("refuse")(refuse)
    body = json.dumps(request_).encode()
    answer = await backend.post(f"/api/{method}", body, x_centrifugo_error_mode="transport")
    assert (answer.status, answer.headers[b"content-type"]) == (status, b"application/json")
    assert json.loads(answer.body) == {"code": code, "message": message}
    answer = await backend.post(f"/api/{method}", body, x_centrifugo_error_mode="other")
    assert answer.status == 200
    assert json.loads(answer.body) == {"error": {"code": code, "message": message}}


def fail() -> None:
    raise RuntimeError


def refuse() -> None:
    raise BadRequest("no")


async def test_what_goes_well_is_the_same_in_each_mode(backend: Backend) -> None:
    answer = await backend.post("/api/channels", b"{}", x_centrifugo_error_mode="transport")
    assert (answer.status, answer.body) == (200, b'{"result":{"channels":{}}}')


async def test_it_works_below_a_mount_point_and_starts_the_app(app: App) -> None:
    headers = {"x-api-key": KEY}
    answer = await ask(
        app, "/live/api/info", method="POST", root="/live", headers=headers, body=b"{}"
    )
    assert answer.status == 200
    answer = await ask(app, "/live/api/openapi.json", root="/live", headers=headers)
    assert json.loads(answer.body)["servers"] == [{"url": "/live"}]
    await app.stop()


async def test_a_process_that_goes_away_takes_no_calls(stage: Stage, backend: Backend) -> None:
    await stage.app.drain()
    answer = await backend.post("/api/info", b"{}")
    assert (answer.status, answer.body) == (503, b"shutting down")
    assert answer.headers[b"retry-after"] == b"1"


async def test_so_many_requests_are_under_way_at_most() -> None:
    async with on_stage(api_stage(limits=LIMITS)) as stage:
        door = asyncio.Event()

        @stage.app.api_rpc("wait")
        async def wait() -> None:
            await door.wait()

        backend = Backend(stage.app)
        waiting = [asyncio.create_task(backend.call("rpc", method="wait")) for _ in range(2)]
        await quiet()
        answer = await backend.post("/api/info", b"{}")
        text = b"too many requests: api_requests is 2"
        assert (answer.status, answer.body) == (429, text)
        assert answer.headers[b"retry-after"] == b"1"
        door.set()
        assert await asyncio.gather(*waiting) == [{"result": {}}] * 2
        assert list(await backend.call("info")) == ["result"]


async def test_a_backend_that_hangs_up_calls_nothing(stage: Stage, backend: Backend) -> None:
    sent: list[MutableMapping[str, Any]] = []
    parts: list[MutableMapping[str, Any]] = [
        {"type": "http.request", "body": b"{}", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> MutableMapping[str, Any]:
        return parts.pop(0)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    headers = [(b"x-api-key", KEY.encode())]
    scope = {"type": "http", "path": "/api/info", "method": "POST", "headers": headers}
    await stage.app(scope, receive, send)
    assert sent[0]["status"] == 499
    assert await backend.call("channels") == {"result": {"channels": {}}}


async def test_a_body_is_as_long_as_the_limit_and_no_byte_longer() -> None:
    async with on_stage(api_stage(limits=LIMITS)) as stage:
        stage.app.channel("news", publishes=StageSaid)
        backend = Backend(stage.app)
        body = json.dumps({"channel": "news", "data": {"type": "said", "text": "hi"}}).encode()
        assert (await backend.post("/api/publish", body.ljust(2_000))).status == 200
        too_large = (413, "too large: api_body_bytes is 2000")
        assert await backend.refusal("/api/publish", body.ljust(2_001)) == too_large


# Over a socket.


async def test_a_backend_publishes_to_a_client(app: App, client: httpx.AsyncClient) -> None:
    app_hub = app.hub
    data = {"type": "said", "text": "grüße"}
    answer = await client.post("/api/publish", json={"channel": "news", "data": data})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    top = (await app_hub.core.engine.history("news"))[1]
    assert answer.json() == {"result": {"offset": 1, "epoch": top.epoch}}
    answer = await client.post("/api/history", json={"channel": "news", "limit": -1})
    (publication,) = answer.json()["result"]["publications"]
    assert publication == {"data": data, "offset": 1}


async def test_what_is_refused_leaves_the_connection_usable(client: httpx.AsyncClient) -> None:
    async def post(path: str, body: bytes, **headers: str) -> tuple[int, str]:
        answer = await client.post(path, content=body, headers=headers)
        return answer.status_code, answer.text

    assert await post("/api/info", b"{") == (400, "bad request: data is not valid JSON")
    assert await post("/api/info", b"{}", **{"X-API-Key": "wrong"}) == (401, "unauthorized")
    assert await post("/api/nothing", b"{}") == (404, "not found")
    too_large = (413, "too large: api_body_bytes is 2000")
    assert await post("/api/info", b"x" * 2_001) == too_large
    answer = await client.get("/api/info")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert (await client.post("/api/info", json={})).status_code == 200


async def test_a_body_without_a_length_is_bounded_too(client: httpx.AsyncClient) -> None:
    async def parts(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b" " * 500
        yield b"{}"

    answer = await client.post("/api/info", content=parts(3))
    assert answer.status_code == 200
    answer = await client.post("/api/info", content=parts(4))
    assert (answer.status_code, answer.text) == (413, "too large: api_body_bytes is 2000")


async def test_the_document_is_behind_the_key(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/openapi.json")
    assert answer.json()["info"] == {
        "title": "Served: server API",
        "version": "3.2.1",
        "description": "For backends: publish events, act on connections, look into channels.",
    }
    assert (await client.head("/api/openapi.json")).status_code == 200
    assert (await client.post("/api/openapi.json")).headers["allow"] == "GET, HEAD"
    answer = await client.get("/api/openapi.json", headers={"X-API-Key": ""})
    assert (answer.status_code, answer.text) == (401, "unauthorized")
    answer = await client.get(f"/api/openapi.json?api_key={KEY}", headers={"X-API-Key": ""})
    assert answer.status_code == 200
