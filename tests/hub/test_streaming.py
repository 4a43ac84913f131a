"""Sessions over HTTP: what a stream is told, and how it ends, whoever ends it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from antiphon import Attempt, Client, Disconnect, Limits, TokenExpired
from antiphon.publication import ClientInfo
from tests.hub.stage import Said, Stage, declare, on_stage, publish, quiet, until
from tests.hub.streams import (
    ALL,
    EMULATED,
    UNIDIRECTIONAL_STREAMS,
    StreamPeer,
    connect_stream,
    open_stream,
)

STREAMS = (*EMULATED, *UNIDIRECTIONAL_STREAMS)

emulated = pytest.mark.parametrize("transport", EMULATED)
unidirectional = pytest.mark.parametrize("transport", UNIDIRECTIONAL_STREAMS)
every = pytest.mark.parametrize("transport", STREAMS)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage(transports=ALL)
    declare(stage)
    async with on_stage(stage):
        yield stage


def status_of(peer: StreamPeer) -> int | None:
    return peer.exchange.status


# Ends that the server decides on.


@every
async def test_a_push_says_why_a_stream_ends(stage: Stage, transport: str) -> None:
    peer = await connect_stream(stage, transport)
    stage.app.disconnect("ann", 4500, "cheating")
    await peer.exchange.done()
    told = {"disconnect": {"code": 4500, "reason": "cheating"}}
    assert peer.pushes[-1] == told
    assert peer.exchange.ended
    await quiet()
    stage.assert_empty()


@every
async def test_a_push_says_whether_to_come_back(stage: Stage, transport: str) -> None:
    peer = await connect_stream(stage, transport)
    stage.app.disconnect("ann", 4000, "later")
    await peer.exchange.done()
    assert peer.pushes[-1]["disconnect"]["reconnect"] is True


@emulated
async def test_who_is_refused_is_told_over_the_stream(stage: Stage, transport: str) -> None:
    peer = StreamPeer(stage, transport, {"id": 1, "connect": {"token": "forged"}})
    await peer.exchange.done()
    assert status_of(peer) == 200
    assert peer.end == (3500, "invalid token")
    stage.assert_empty()


@unidirectional
async def test_who_only_listens_is_refused_by_a_status(stage: Stage, transport: str) -> None:
    peer = StreamPeer(stage, transport, {"token": "forged"})
    await peer.exchange.done()
    assert status_of(peer) == 401
    assert peer.exchange.body == b"invalid token"
    stage.assert_empty()


@emulated
@pytest.mark.parametrize(
    "body", ["", "{}", "{", '{"id":1}', '{"id":1,"rpc":{}}', "\n\n", "[]", "\x00"]
)
async def test_a_first_request_without_connect(stage: Stage, transport: str, body: str) -> None:
    peer = StreamPeer(stage, transport, body=body.encode())
    await peer.exchange.done()
    assert peer.end == (3501, "bad request")
    await quiet()
    stage.assert_empty()


@emulated
async def test_after_an_error_reply_nothing_is_read_until_the_deadline(
    stage: Stage, transport: str
) -> None:
    stage.passes.identities["old"] = TokenExpired()
    peer = StreamPeer(stage, transport, {"id": 1, "connect": {"token": "old"}})
    await until(lambda: peer.lines)
    assert peer.lines[0]["error"]["code"] == 109
    await stage.pass_time(12)
    await peer.exchange.done()
    assert peer.end == (3502, "stale")
    stage.assert_empty()


@every
async def test_an_app_that_thinks_too_long(stage: Stage, transport: str) -> None:
    @stage.app.on_connect
    async def think(attempt: Attempt) -> None:
        await asyncio.Event().wait()

    peer = open_stream(stage, transport)
    await quiet()
    assert peer.lines == []
    await stage.pass_time(12)
    await peer.exchange.done()
    if transport in EMULATED:
        assert peer.end == (3502, "stale")
    else:
        assert status_of(peer) == (200 if transport == "uni_sse" else 503)
        assert peer.pushes == []
    assert len(stage.app.hub) == 0
    for task in tuple(stage.core.tasks):
        task.cancel()


@every
async def test_draining_sends_streams_elsewhere(transport: str) -> None:
    stage = Stage(transports=ALL)
    async with on_stage(stage):
        peers = [await connect_stream(stage, transport, f"user{n}") for n in range(3)]
        await stage.app.drain()
        for peer in peers:
            await peer.exchange.done()
            assert peer.end == (3001, "shutdown")
            assert peer.pushes[-1]["disconnect"]["reconnect"] is True
        stage.assert_empty()


@every
async def test_a_request_that_is_whole_only_after_draining(transport: str) -> None:
    stage = Stage(transports=ALL)
    async with on_stage(stage):
        peer = StreamPeer(stage, transport, body=None)
        peer.exchange.put(b"{", more=True)
        await quiet()
        await stage.app.drain()
        peer.exchange.put(b"}")
        await peer.exchange.done()
        assert peer.exchange.status == (200 if transport == "uni_sse" else 503)
        assert peer.exchange.ended
        stage.assert_empty()


# Ends that the client decides on.


@every
async def test_a_client_that_vanishes(stage: Stage, transport: str) -> None:
    ends: list[tuple[str, int]] = []
    stage.app.on_disconnect(lambda client, code: ends.append((client.user, code)))
    peer = await connect_stream(stage, transport)
    await stage.app.clients_of("ann")[0].subscribe("room:a")
    watcher = await stage.connect("bob")
    await watcher.ask("subscribe", channel="room:a")
    await peer.leave()
    await until(lambda: "leave" in watcher.told)
    assert ends == [("ann", 1006)]
    assert await watcher.ask("presence_stats", channel="room:a") == {
        "num_clients": 1,
        "num_users": 1,
    }
    watcher.drop()
    await quiet()
    assert ends == [("ann", 1006), ("bob", 1006)]
    stage.assert_empty()


@every
async def test_a_client_that_vanishes_while_it_connects(stage: Stage, transport: str) -> None:
    ends: list[int] = []
    free = asyncio.Event()
    stage.app.on_disconnect(lambda client, code: ends.append(code))

    @stage.app.on_connect
    async def think(attempt: Attempt) -> None:
        await free.wait()

    peer = open_stream(stage, transport)
    await until(lambda: len(stage.app.hub))
    await peer.leave()
    free.set()
    await quiet()
    assert ends == []
    stage.assert_empty()


@every
async def test_a_client_that_reads_too_slowly(transport: str) -> None:
    stage = Stage(transports=ALL, limits=Limits(outbox_bytes=100))
    declare(stage)
    ends: list[int] = []
    stage.app.on_disconnect(lambda client, code: ends.append(code))
    async with on_stage(stage):
        peer = await connect_stream(stage, transport)
        await stage.app.clients_of("ann")[0].subscribe("news")
        await until(lambda: peer.pushes and "subscribe" in peer.pushes[-1])
        peer.exchange.taking.clear()
        for number in range(10):
            await publish(stage, "news", f"number {number}")
            await quiet()
        assert ends == [3008]
        stage.assert_empty()
        peer.exchange.taking.set()
        await peer.exchange.done()
        assert peer.exchange.ended
        assert peer.texts in ([], ["number 0"])


@every
async def test_a_client_that_takes_nothing(transport: str) -> None:
    stage = Stage(transports=ALL, limits=Limits(stalled_seconds=0.01))
    ends: list[int] = []
    stage.app.on_disconnect(lambda client, code: ends.append(code))
    async with on_stage(stage):
        peer = await connect_stream(stage, transport)
        peer.exchange.taking.clear()
        (session,) = stage.app.hub._sessions
        session.ping()
        await peer.exchange.done()
        await quiet()
        assert ends == [1006]
        stage.assert_empty()


# Pings.


@emulated
async def test_pings_are_answered_by_requests(stage: Stage, transport: str) -> None:
    peer = await connect_stream(stage, transport)
    for _ in range(3):
        before = len(peer.lines)
        while len(peer.lines) == before:
            await stage.pass_time(1)
        assert peer.lines[-1] == {}
        assert await peer.send({}) == 204
    await stage.pass_time(9)
    assert not peer.exchange.ended


@emulated
async def test_who_answers_no_ping(stage: Stage, transport: str) -> None:
    peer = await connect_stream(stage, transport)
    await stage.pass_time(25 + 9)
    await peer.exchange.done()
    assert {} in peer.lines
    assert peer.end == (3012, "no pong")
    stage.assert_empty()


@emulated
async def test_a_pong_that_answers_nothing(stage: Stage, transport: str) -> None:
    peer = await connect_stream(stage, transport)
    assert await peer.send({}) == 204
    await peer.exchange.done()
    assert peer.end == (3501, "bad request")


@unidirectional
async def test_who_only_listens_answers_no_ping(stage: Stage, transport: str) -> None:
    peer = await connect_stream(stage, transport)
    assert peer.lines[0]["connect"].get("pong") is None
    await stage.pass_time(120)
    assert peer.lines.count({}) >= 4
    assert not peer.exchange.ended


@every
async def test_presence_lives_as_long_as_the_stream(
    stage: Stage, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await connect_stream(stage, transport)
    await stage.app.clients_of("ann")[0].subscribe("room:a")
    renewed: list[str] = []
    add = stage.core.engine.add_presence

    async def note(channel: str, info: ClientInfo) -> None:
        renewed.append(channel)
        await add(channel, info)

    monkeypatch.setattr(stage.core.engine, "add_presence", note)
    await stage.pass_time(26)
    assert renewed == ["room:a"]


# Limits.


async def test_streams_are_connections() -> None:
    stage = Stage(transports=ALL, limits=Limits(connections=4))
    async with on_stage(stage):
        peers = [await connect_stream(stage, transport) for transport in STREAMS]
        for transport in EMULATED:
            refused = open_stream(stage, transport)
            assert (await refused.exchange.done()).status == 503
            assert refused.exchange.body == b"too many connections"
        assert b"antiphon_connections 4.0" in stage.app.metrics.render()
        await peers[0].leave()
        await connect_stream(stage, "sse")


@emulated
async def test_a_client_that_breaks_the_protocol_in_a_later_request(
    stage: Stage, transport: str
) -> None:
    for text in ("", "{", '{"id":2,"connect":{}}', '{"id":2,"dance":{}}', "\x00", "ü"):
        peer = await connect_stream(stage, transport)
        assert (await peer.post(text).done()).status == 204
        await peer.exchange.done()
        assert peer.end == (3501, "bad request"), text
    await quiet()
    stage.assert_empty()


@emulated
async def test_a_flood_of_commands(transport: str) -> None:
    stage = Stage(limits=Limits(command_burst=3, commands_refused=2))
    async with on_stage(stage):
        peer = await connect_stream(stage, transport)
        await peer.send(*({"id": number, "rpc": {"method": "x"}} for number in range(2, 8)))
        await peer.exchange.done()
        assert [line["error"]["code"] for line in peer.lines if "error" in line] == [
            108,
            108,
            111,
            111,
        ]
        assert peer.end == (3013, "too many requests")


@emulated
async def test_a_handler_that_ends_the_connection(stage: Stage, transport: str) -> None:
    @stage.app.rpc("cheat")
    async def cheat(client: Client) -> None:
        await asyncio.sleep(0)
        raise Disconnect(4500, "cheating")

    peer = await connect_stream(stage, transport)
    await peer.send({"id": 2, "rpc": {"method": "cheat"}})
    await peer.exchange.done()
    assert peer.end == (4500, "cheating")


@every
async def test_a_message_to_one_client(transport: str) -> None:
    stage = Stage(transports=ALL, messages=Said)
    async with on_stage(stage):
        peer = await connect_stream(stage, transport)
        stage.app.clients_of("ann")[0].send(Said(text="for you"))
        await until(lambda: len(peer.lines) == 2)
        assert peer.pushes[-1] == {"message": {"data": {"type": "said", "text": "for you"}}}
