"""Every transport over real sockets: under our server, and under one that knows only ASGI."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount
from websockets.asyncio.client import connect as dial
from websockets.exceptions import ConnectionClosed

from antiphon import App
from antiphon.entrance import EMULATION_PATH, path_to
from tests.streaming import SECONDS, Web, build, by_hypercorn, eventually, native, say

CONNECT = {"id": 1, "connect": {}}


@pytest.fixture
def app() -> App:
    return build()


@pytest.fixture(params=[native, by_hypercorn])
def server(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
async def web(app: App, server: Any) -> AsyncIterator[Web]:
    async with server(app) as url, Web(url) as web:
        yield web


# With requests for the other half.


@pytest.mark.parametrize("transport", ["http_stream", "sse"])
async def test_a_conversation(web: Web, transport: str) -> None:
    async with web.post(transport, CONNECT) as stream:
        connected = (await stream.next())["connect"]
        subscribe = {"id": 2, "subscribe": {"channel": "room:a"}}
        assert await web.emulate(connected, subscribe) == 204
        assert (await stream.next())["subscribe"]["recoverable"] is True
        said = {"type": "said", "text": "hello ü"}
        publish = {"id": 3, "publish": {"channel": "room:a", "data": said}}
        call = {"id": 4, "rpc": {"method": "echo", "data": "x" * 50_000}}
        assert await web.emulate(connected, publish, call) == 204
        answers = await stream.some(3)
        (heard,) = [line["push"]["pub"] for line in answers if "push" in line]
        assert heard["data"] == said
        assert {line["id"]: line for line in answers if "id" in line} == {
            3: {"id": 3, "publish": {}},
            4: {"id": 4, "rpc": {"data": "x" * 50_000}},
        }


async def test_the_stream_of_an_event_source(web: Web, app: App) -> None:
    async with web.get("sse", CONNECT) as stream:
        assert stream.response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert stream.response.headers["x-accel-buffering"] == "no"
        connected = (await stream.next())["connect"]
        await web.emulate(connected, {"id": 2, "subscribe": {"channel": "room:a"}})
        await stream.next()
        await say(app, "room:a", *map(str, range(100)))
        heard = [line["push"]["pub"]["data"]["text"] for line in await stream.some(100)]
        assert heard == list(map(str, range(100)))


@pytest.mark.parametrize("transport", ["http_stream", "sse"])
async def test_many_requests_at_once(web: Web, transport: str) -> None:
    async with web.post(transport, CONNECT) as stream:
        connected = (await stream.next())["connect"]
        calls = [
            web.emulate(connected, {"id": n, "rpc": {"method": "echo", "data": str(n)}})
            for n in range(2, 52)
        ]
        assert set(await asyncio.gather(*calls)) == {204}
        answers = {line["id"]: line["rpc"]["data"] for line in await stream.some(50)}
        assert answers == {n: str(n) for n in range(2, 52)}


@pytest.mark.parametrize("transport", ["http_stream", "sse"])
async def test_a_broken_rule_ends_the_stream_with_a_push(web: Web, transport: str) -> None:
    async with web.post(transport, CONNECT) as stream:
        connected = (await stream.next())["connect"]
        assert await web.emulate(connected, {"id": 2, "connect": {}}) == 204
        (end,) = await stream.rest()
        assert end == {"push": {"disconnect": {"code": 3501, "reason": "bad request"}}}


@pytest.mark.parametrize("transport", ["http_stream", "sse", "uni_http_stream", "uni_sse"])
async def test_who_leaves_is_gone(web: Web, app: App, transport: str) -> None:
    ends: list[int] = []
    app.on_disconnect(lambda client, code: ends.append(code))
    said = CONNECT if not transport.startswith("uni") else {}
    async with web.post(transport, said) as stream:
        await stream.next()
        assert len(app.hub) == 1
    await eventually(lambda: ends)
    assert ends == [1006]
    assert len(app.hub) == 0


# Answers that are no stream.


async def test_answers(web: Web) -> None:
    origin = {"origin": web.url}
    for transport in ("http_stream", "sse", "uni_http_stream", "uni_sse"):
        path = web.path(transport)
        preflight = await web.http.options(path, headers=origin)
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == web.url
        assert (await web.http.put(path)).status_code == 405
        head = await web.http.head(path)
        assert (head.status_code, head.content) == (405, b"")
        foreign = await web.http.post(path, headers={"origin": "https://evil.example"})
        assert foreign.status_code == 403
        assert "access-control-allow-origin" not in foreign.headers
        large = await web.http.post(path, content=b"x" * 100_000, headers=origin)
        assert large.status_code == 413
        assert large.headers["access-control-allow-origin"] == web.url
    assert (await web.http.get(web.path("sse"))).status_code == 400
    assert (await web.http.get(web.path("websocket"))).status_code == 426


async def test_answers_to_the_other_half(web: Web) -> None:
    path = web.url + EMULATION_PATH
    assert (await web.http.options(path)).status_code == 204
    assert (await web.http.get(path)).status_code == 405
    assert (await web.http.head(path)).status_code == 405
    assert (await web.http.post(path, content=b"{")).status_code == 400
    assert (await web.http.post(path, json={"node": "x"})).status_code == 404
    assert (await web.http.post(path, content=b"x" * 200_000)).status_code == 413


# Without an SDK.


@pytest.mark.parametrize("transport", ["uni_http_stream", "uni_sse"])
async def test_who_only_listens(web: Web, app: App, transport: str) -> None:
    async with web.post(transport, {"subs": {"room:a": {}, "room:b": {}}}) as stream:
        connected = (await stream.next())["connect"]
        assert set(connected["subs"]) == {"room:a", "room:b"}
        await say(app, "room:a", "1")
        await say(app, "room:b", "2")
        heard = [(p["channel"], p["pub"]["data"]["text"]) for p in await stream.some(2)]
        assert heard == [("room:a", "1"), ("room:b", "2")]
        (client,) = app.clients_of("")
        client.disconnect(4500, "enough")
        assert await stream.rest() == [{"disconnect": {"code": 4500, "reason": "enough"}}]


async def test_who_may_not_listen(web: Web) -> None:
    for transport in ("uni_http_stream", "uni_sse"):
        refused = await web.http.post(web.path(transport), json={"subs": {"nowhere": {}}})
        assert (refused.status_code, refused.text) == (403, "unknown channel")


async def test_an_event_source_comes_back(web: Web, app: App) -> None:
    channels = ("room:a", "room:b", "short:a")
    said: dict[str, Any] = {"subs": dict.fromkeys(channels, {})}
    async with web.get("uni_sse", said) as stream:
        await stream.next()
        await say(app, "room:a", "1")
        await stream.next()
        last_id = stream.last_id
    await eventually(lambda: not len(app.hub))
    await say(app, "room:a", "2", "3")
    await say(app, "room:b", "4")
    await say(app, "short:a", "lost", "5", "6")
    async with web.get("uni_sse", said, headers={"Last-Event-ID": last_id}) as stream:
        subs = (await stream.next())["connect"]["subs"]
        missed = {
            channel: [p["data"]["text"] for p in joined.get("publications", ())]
            for channel, joined in subs.items()
        }
        assert missed == {"room:a": ["2", "3"], "room:b": ["4"], "short:a": []}
        assert {channel: joined.get("recovered") for channel, joined in subs.items()} == {
            "room:a": True,
            "room:b": True,
            "short:a": None,
        }
        assert all(joined["was_recovering"] for joined in subs.values())
        await say(app, "room:b", "7")
        assert (await stream.next())["pub"]["data"]["text"] == "7"


def socket_url(web: Web, query: str = "") -> str:
    return "ws" + web.path("uni_websocket").removeprefix("http") + query


async def test_a_websocket_that_only_listens(web: Web, app: App) -> None:
    async with dial(socket_url(web), open_timeout=SECONDS) as socket:
        await socket.send('{"subs":{"room:a":{}}}')
        assert "room:a" in json.loads(await socket.recv())["connect"]["subs"]
        await socket.send("{}")
        await say(app, "room:a", "1")
        assert json.loads(await socket.recv())["pub"]["data"]["text"] == "1"
        app.disconnect("", 4500, "enough")
        assert json.loads(await socket.recv())["disconnect"]["code"] == 4500
        with pytest.raises(ConnectionClosed) as caught:
            await socket.recv()
        assert caught.value.rcvd is not None
        assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (4500, "enough")


async def test_its_url_may_say_who_it_is(web: Web) -> None:
    url = socket_url(web, "?cf_connect=%7B%22subs%22:%7B%22room:a%22:%7B%7D%7D%7D")
    async with dial(url, open_timeout=SECONDS) as socket:
        assert "room:a" in json.loads(await socket.recv())["connect"]["subs"]


@pytest.mark.parametrize(
    ("said", "code"), [("{", 3501), ('{"subs":{"nowhere":{}}}', 3507), ('{"subs":1}', 3501)]
)
async def test_what_is_wrong_is_in_the_close_frame(web: Web, said: str, code: int) -> None:
    async with dial(socket_url(web), open_timeout=SECONDS) as socket:
        await socket.send(said)
        with pytest.raises(ConnectionClosed) as caught:
            await socket.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == code


# Mounted.


def in_starlette(app: App) -> Any:
    return Starlette(routes=[Mount("/live/here", app)], lifespan=app.lifespan)


def in_fastapi(app: App) -> Any:
    api = FastAPI(lifespan=app.lifespan)
    api.mount("/live/here", app)
    return api


@pytest.mark.parametrize("mount", [in_starlette, in_fastapi])
async def test_under_a_path_of_another_app(app: App, server: Any, mount: Any) -> None:
    async with server(mount(app)) as url, Web(f"{url}/live/here") as web:
        async with web.get("sse", CONNECT) as stream:
            connected = (await stream.next())["connect"]
            call = {"id": 2, "rpc": {"method": "echo", "data": "hello"}}
            assert await web.emulate(connected, call) == 204
            assert (await stream.next())["rpc"]["data"] == "hello"
        async with web.get("uni_sse", {"subs": {"room:a": {}}}) as stream:
            await stream.next()
            await say(app, "room:a", "1")
            assert (await stream.next())["pub"]["data"]["text"] == "1"
        async with dial(socket_url(web), open_timeout=SECONDS) as socket:
            await socket.send("{}")
            assert "connect" in json.loads(await socket.recv())
        assert (await web.http.get(f"{url}{path_to('sse')}")).status_code == 404
