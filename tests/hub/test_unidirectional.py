"""Clients that say who they are, and only listen from then on."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec import Raw

from antiphon import Attempt, Client, Forbidden, Grant, Limits, Refusal
from antiphon.errors import Expired, TokenExpired, TooManyRequests
from antiphon.wire.port import Connection
from tests.hub.stage import (
    MemoryConnection,
    Peer,
    Said,
    Stage,
    declare,
    on_stage,
    publish,
    quiet,
    until,
)
from tests.hub.streams import ALL, StreamPeer, connect_stream, open_stream, pass_of


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage(transports=ALL)
    declare(stage)
    async with on_stage(stage):
        yield stage


# Connecting.


async def test_the_first_push_says_who_it_is(stage: Stage) -> None:
    pass_of(stage, "ann", data={"hello": "ann"}, channels=("news",))
    peer = open_stream(stage, "uni_http_stream", subs={"room:a": {}})
    result = await peer.connected()
    client = stage.app.clients_of("ann")[0]
    assert result.pop("client") == client.id
    assert result["subs"]["room:a"].pop("epoch")
    assert result == {
        "version": "1.0.0",
        "ping": 25,
        "data": {"hello": "ann"},
        "subs": {"news": {}, "room:a": {"recoverable": True, "positioned": True}},
    }
    assert sorted(client.channels) == ["news", "room:a"]


async def test_everything_is_a_bare_push(stage: Stage) -> None:
    peer = await connect_stream(stage, "uni_http_stream", subs={"room:a": {}})
    await publish(stage, "room:{x}", "hello", x="a")
    other = await stage.connect("bob")
    await other.ask("subscribe", channel="room:a")
    (client,) = stage.app.clients_of("ann")
    await client.subscribe("news")
    await client.unsubscribe("news")
    await until(lambda: len(peer.lines) == 6)
    names = [next(name for name in line if name != "channel") for line in peer.lines]
    assert names[0] == "connect"
    assert sorted(names[1:]) == ["join", "join", "pub", "subscribe", "unsubscribe"]


async def test_the_app_is_asked_for_each_channel(stage: Stage) -> None:
    asked: list[Any] = []
    room = stage.app.channel("guarded:{x}", publishes=Said)

    @room.on_subscribe
    async def may_join(client: Client, x: str, data: Raw) -> None:
        await asyncio.sleep(0)
        asked.append((client.user, x, json.loads(bytes(data))))

    subs = {"guarded:a": {"data": {"n": 1}}, "guarded:b": {"data": {"n": 2}}}
    peer = open_stream(stage, "uni_sse", subs=subs)
    assert set((await peer.connected())["subs"]) == set(subs)
    assert asked == [("ann", "a", {"n": 1}), ("ann", "b", {"n": 2})]


async def test_a_subscription_token_opens_a_channel(stage: Stage) -> None:
    stage.passes.grants["ticket"] = Grant(data={"seat": 1})
    peer = open_stream(stage, "uni_sse", subs={"token:a": {"token": "ticket"}})
    assert (await peer.connected())["subs"] == {"token:a": {"data": {"seat": 1}}}


async def test_what_the_credential_grants_needs_no_permission(stage: Stage) -> None:
    pass_of(stage, "ann", channels=("closed",))
    peer = open_stream(stage, "uni_sse", subs={"closed": {}})
    assert set((await peer.connected())["subs"]) == {"closed"}


@pytest.mark.parametrize(
    ("subs", "status", "body"),
    [
        ({"closed": {}}, 403, b"permission denied"),
        ({"nowhere": {}}, 403, b"unknown channel"),
        ({"token:a": {"token": "forged"}}, 403, b"permission denied"),
        ({"talk#bob,cy": {}}, 403, b"permission denied"),
        ({"x" * 300: {}}, 400, b"bad request"),
        ({"": {}}, 400, b"bad request"),
        ({"bad name": {}}, 400, b"bad request"),
        ({f"room:{n}": {} for n in range(129)}, 400, b"channel limit"),
    ],
)
async def test_one_channel_that_is_refused_refuses_the_client(
    stage: Stage, subs: dict[str, Any], status: int, body: bytes
) -> None:
    peer = open_stream(stage, "uni_http_stream", subs={"room:a": {}, **subs})
    await peer.exchange.done()
    assert (peer.exchange.status, peer.exchange.body[: len(body)]) == (status, body)
    await quiet()
    stage.assert_empty()


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (TokenExpired(), 401, 3005),
        (Expired(), 401, 3005),
        (TooManyRequests(), 429, 3013),
        (Forbidden("no"), 403, 3507),
        (Refusal("not now", code=1234, temporary=True), 500, 3004),
        (ValueError("a secret"), 500, 3004),
    ],
)
async def test_errors_become_ends(stage: Stage, refusal: Exception, status: int, code: int) -> None:
    stage.passes.identities["bad"] = refusal
    peer = StreamPeer(stage, "uni_http_stream", {"token": "bad"})
    await peer.exchange.done()
    assert peer.exchange.status == status
    assert b"secret" not in peer.exchange.body
    listener = Peer(stage.app, door="uni_websocket")
    listener.raw('{"token":"bad"}')
    await quiet()
    assert listener.code == code
    assert listener.lines == []
    stage.assert_empty()


async def test_a_malformed_request(stage: Stage) -> None:
    for body in (b"{", b"\xff", b"[]", b'{"subs":[]}', b"null"):
        peer = StreamPeer(stage, "uni_http_stream", body=body)
        await peer.exchange.done()
        assert (peer.exchange.status, peer.exchange.body) == (400, b"bad request")
    stage.assert_empty()


async def test_who_leaves_while_the_app_thinks_is_in_no_channel(stage: Stage) -> None:
    room = stage.app.channel("guarded:{x}", publishes=Said, presence=True)
    free = asyncio.Event()

    @room.on_subscribe
    async def may_join(client: Client, x: str) -> None:
        await free.wait()

    peer = open_stream(stage, "uni_sse", subs={"room:a": {}, "guarded:a": {}})
    await quiet()
    await peer.leave()
    free.set()
    await quiet()
    stage.assert_empty()
    assert await stage.core.engine.presence("room:a") == {}
    assert await stage.core.engine.presence("guarded:a") == {}


async def test_handlers_that_wait_are_bounded() -> None:
    stage = Stage(transports=ALL, limits=Limits(handlers_waiting=1))
    free = asyncio.Event()

    @stage.app.on_connect
    async def think(attempt: Attempt) -> None:
        await free.wait()

    async with on_stage(stage):
        first = open_stream(stage, "uni_http_stream")
        await quiet()
        second = open_stream(stage, "uni_http_stream")
        assert (await second.exchange.done()).status == 429
        free.set()
        await first.connected()


# Over a WebSocket.


async def listening(stage: Stage, said: str = '{"token":"pass of ann"}') -> Peer:
    pass_of(stage, "ann")
    peer = Peer(stage.app, door="uni_websocket")
    peer.raw(said)
    await until(lambda: peer.lines)
    return peer


async def test_its_first_message_says_who_it_is(stage: Stage) -> None:
    peer = await listening(stage, '{"token":"pass of ann","subs":{"news":{}}}')
    assert peer.lines[0]["connect"]["subs"] == {"news": {}}
    await publish(stage, "news", "hello")
    await quiet()
    assert peer.lines[1]["pub"]["data"]["text"] == "hello"


@pytest.mark.parametrize(
    "said", ["{}", '{"token":"forged"}', '{"id":2,"rpc":{}}', "hello", "", "\xff", "{"]
)
async def test_nothing_that_it_says_later_counts(stage: Stage, said: str) -> None:
    peer = await listening(stage)
    for _ in range(1_000):
        peer.raw(said)
    assert peer.connection.closed is None
    assert len(peer.lines) == 1
    assert [client.user for client in stage.app.clients_of("ann")] == ["ann"]


async def test_nor_what_it_says_while_the_app_thinks(stage: Stage) -> None:
    free = asyncio.Event()

    @stage.app.on_connect
    async def think(attempt: Attempt) -> None:
        await free.wait()

    pass_of(stage, "ann")
    peer = Peer(stage.app, door="uni_websocket")
    for _ in range(1_000):
        peer.raw('{"token":"pass of ann"}')
    free.set()
    await until(lambda: peer.lines)
    assert len(peer.lines) == 1
    assert peer.connection.closed is None


async def test_it_is_pinged_and_answers_nothing(stage: Stage) -> None:
    peer = await listening(stage)
    await stage.pass_time(100)
    assert peer.lines.count({}) >= 3
    assert peer.connection.closed is None


async def test_its_end_is_pushed_and_in_the_close_frame(stage: Stage) -> None:
    peer = await listening(stage)
    stage.app.disconnect("ann", 4500, "cheating")
    assert peer.lines[-1] == {"disconnect": {"code": 4500, "reason": "cheating"}}
    assert peer.connection.closed == (4500, "cheating")


async def test_one_that_says_nothing(stage: Stage) -> None:
    peer = Peer(stage.app, door="uni_websocket")
    await stage.pass_time(12)
    assert peer.connection.closed == (3502, "stale")
    assert peer.lines == []


def opened(stage: Stage, query: str) -> MemoryConnection:
    connection = MemoryConnection()
    request = connection.request
    connection.request = type(request)(path="/", query=query, headers=(), scheme="ws", address="")
    told: Connection = connection
    stage.app.endpoint("uni_websocket").open(told)
    return connection


async def test_its_url_may_say_who_it_is(stage: Stage) -> None:
    pass_of(stage, "ann")
    connection = opened(stage, "cf_connect=%7B%22token%22%3A%22pass%20of+ann%22%7D")
    await until(lambda: connection.frames)
    assert [client.user for client in stage.app.clients_of("ann")] == ["ann"]


@pytest.mark.parametrize("said", ["%7B", "%7B%7D", "%ff"])
async def test_what_its_url_says_may_be_wrong(stage: Stage, said: str) -> None:
    connection = opened(stage, f"cf_connect={said}")
    await quiet()
    assert connection.closed == (3501, "bad request")
    stage.assert_empty()
