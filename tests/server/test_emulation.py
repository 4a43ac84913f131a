"""The other half of a connection over HTTP."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from antiphon import Attempt, Client, Limits
from antiphon.entrance import EMULATION_PATH, path_to
from antiphon.wire.stream import WAITING
from tests.hub.stage import Said, Stage, declare, on_stage, publish, quiet, until
from tests.hub.streams import EMULATED, StreamPeer, connect_stream, open_stream, pass_of
from tests.protocol import oracle
from tests.wire.exchange import Exchange

PAGE = ("origin", "http://example.com")

both = pytest.mark.parametrize("transport", EMULATED)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage(limits=Limits(message_bytes=2_000, message_bytes_before_connect=1_000))
    declare(stage)
    async with on_stage(stage):
        yield stage


async def asked(
    stage: Stage, body: bytes | str, *, method: str = "POST", **options: Any
) -> Exchange:
    data = body if isinstance(body, bytes) else body.encode()
    return await Exchange(stage.app, method, EMULATION_PATH, body=data, **options).done()


# A conversation.


@both
async def test_commands_come_in_requests_and_replies_over_the_stream(
    stage: Stage, transport: str
) -> None:
    peer = open_stream(stage, transport)
    result = await peer.connected()
    assert result["pong"] is True
    assert result["ping"] == 25
    assert result["node"] == stage.core.node
    assert await peer.ask("subscribe", channel="room:a") != {}
    assert (await peer.ask("publish", channel="room:a", data={"type": "said", "text": "hi"})) == {
        "publish": {}
    }
    await until(lambda: peer.texts == ["hi"])
    assert await peer.ask("unsubscribe", channel="room:a") == {"unsubscribe": {}}
    await peer.leave()
    await quiet()
    stage.assert_empty()


@both
async def test_one_request_may_bring_many_commands(stage: Stage, transport: str) -> None:
    peer = await connect_stream(stage, transport)
    subscribe = [
        {"id": 10 + number, "subscribe": {"channel": f"room:{number}"}} for number in range(3)
    ]
    assert await peer.send(*subscribe) == 204
    await until(lambda: {10, 11, 12} <= {line.get("id") for line in peer.lines})
    # Each line of a piece is one message to `EventSource`, too.
    assert all(isinstance(line, dict) for line in peer.lines)


async def test_the_first_request_may_bring_more_than_connect(stage: Stage) -> None:
    pass_of(stage, "ann")
    peer = StreamPeer(
        stage,
        "sse",
        {"id": 1, "connect": {"token": "pass of ann"}},
        {"id": 2, "subscribe": {"channel": "news"}},
    )
    await until(lambda: [line.get("id") for line in peer.lines] == [1, 2])


# In Protobuf, with a client on Google's runtime.

OCTETS = ("content-type", "application/octet-stream")


def commands(*written: Any) -> bytes:
    return oracle.sized(*(oracle.Command(**one).SerializeToString() for one in written))


async def test_protobuf_goes_both_ways(stage: Stage) -> None:
    pass_of(stage, "ann")
    stream = Exchange(
        stage.app,
        "POST",
        path_to("http_stream"),
        headers=[OCTETS],
        body=commands({"id": 1, "connect": {"token": "pass of ann"}}),
    )

    def replies() -> list[Any]:
        return [oracle.Reply.FromString(message) for message in oracle.split(stream.body)]

    await until(lambda: stream.body)
    assert stream.headers["content-type"] == "application/octet-stream"
    (connected,) = replies()
    said = b'{"type":"said","text":"\xc3\xbc"}'
    emulated = oracle.EmulationRequest(
        session=connected.connect.session,
        node=connected.connect.node,
        data=commands(
            {"id": 2, "subscribe": {"channel": "news"}},
            {"id": 3, "publish": {"channel": "news", "data": said}},
        ),
    )
    answer = await asked(stage, emulated.SerializeToString(), headers=[OCTETS])
    assert answer.status == 204
    await until(lambda: len(replies()) == 4)
    assert [reply.push.pub.data for reply in replies() if reply.HasField("push")] == [said]
    while not stream.body.endswith(b"\0"):  # the first ping comes after 12 to 25 seconds
        await stage.pass_time(1)
    stage.app.disconnect("ann", 4500, "cheating")
    await stream.done()
    assert replies()[-1].push.disconnect.code == 4500


async def test_a_protobuf_stream_is_not_spoken_to_in_json(stage: Stage) -> None:
    pass_of(stage, "ann")
    body = b'{"id":1,"connect":{"token":"pass of ann"}}'
    stream = Exchange(stage.app, "POST", path_to("http_stream"), headers=[OCTETS], body=body)
    await stream.done()
    (end,) = oracle.split(stream.body)
    assert oracle.Reply.FromString(end).push.disconnect.code == 3501


# Answers.


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
async def test_only_posts(stage: Stage, method: str) -> None:
    answer = await asked(stage, b"", method=method, headers=[PAGE])
    assert answer.status == 405
    assert answer.headers["allow"] == "POST, OPTIONS"
    assert answer.headers["access-control-allow-origin"] == PAGE[1]


async def test_a_preflight(stage: Stage) -> None:
    answer = await asked(stage, b"", method="OPTIONS", headers=[PAGE])
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-methods"] == "POST, OPTIONS"
    assert answer.headers["access-control-allow-origin"] == PAGE[1]
    assert answer.headers["access-control-max-age"] == "300"
    assert "content-length" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "OPTIONS", "GET"])
@pytest.mark.parametrize(
    "headers", [[("origin", "https://evil.example")], [("sec-fetch-site", "cross-site")]]
)
async def test_foreign_pages_are_not_let_in(
    stage: Stage, method: str, headers: list[tuple[str, str]]
) -> None:
    peer = await connect_stream(stage, "http_stream")
    body = json.dumps({"session": peer.session, "node": peer.node, "data": "{"})
    answer = await asked(stage, body, method=method, headers=headers)
    assert answer.status == 403
    assert "access-control-allow-origin" not in answer.headers
    assert not peer.exchange.ended


MALFORMED = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff",
    b'{"session":1,"node":"n","data":""}',
    b'{"session":"s","node":"n","data":{"id":1}}',
    b'{"session":"s","node":"n","data":"\xff"}',
    b"[" * 3_000,
]


@pytest.mark.parametrize("body", MALFORMED)
async def test_a_malformed_request(stage: Stage, body: bytes) -> None:
    answer = await asked(stage, body, headers=[PAGE])
    assert (answer.status, answer.body) == (400, b"malformed request")
    assert answer.headers["access-control-allow-origin"] == PAGE[1]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.binary(max_size=200), st.sampled_from(["application/json", "application/octet-stream"]))
def test_any_request_has_an_answer(body: bytes, media_type: str) -> None:
    async def ask() -> int | None:
        stage = Stage()
        async with on_stage(stage):
            headers = [("content-type", media_type)]
            return (await asked(stage, body, headers=headers)).status

    assert asyncio.run(ask()) in (400, 404)


async def test_another_node(stage: Stage) -> None:
    peer = await connect_stream(stage, "http_stream")
    for node in ("", "elsewhere", stage.core.node.upper()):
        answer = await peer.post('{"id":2,"rpc":{}}', node=node).done()
        assert (answer.status, answer.body) == (404, b"no such node")
    assert len(peer.lines) == 1


async def test_a_stream_that_is_not_there(stage: Stage) -> None:
    peer = await connect_stream(stage, "http_stream")
    for session in ("", "unknown", peer.session[:-1], peer.session.swapcase()):
        answer = await peer.post('{"id":2,"rpc":{}}', session=session).done()
        assert (answer.status, answer.body) == (204, b"")
    assert len(peer.lines) == 1
    await peer.leave()
    assert await peer.send({"id": 2, "rpc": {}}) == 204


async def test_too_large_commands(stage: Stage) -> None:
    peer = await connect_stream(stage, "http_stream")
    fitting = json.dumps({"id": 900, "rpc": {"method": "x" * 1_900}})
    assert (await peer.post(fitting.ljust(2_000)).done()).status == 204
    await until(lambda: len(peer.lines) == 2)
    assert (await peer.post(fitting.ljust(2_001)).done()).status == 413
    assert (await peer.post(fitting.ljust(100_000)).done()).status == 413
    assert len(peer.lines) == 2
    assert await peer.ask("subscribe", channel="news")


async def test_too_large_commands_before_connect(stage: Stage) -> None:
    free = asyncio.Event()

    @stage.app.on_connect
    async def think(attempt: Attempt) -> None:
        await free.wait()

    peer = open_stream(stage, "http_stream")
    await until(lambda: len(stage.app.hub))
    (session,) = stage.app.hub._sessions
    peer.session, peer.node = session.connection.session, stage.core.node
    assert (await peer.post("x" * 1_001).done()).status == 413
    free.set()
    await peer.connected()
    assert await peer.ask("subscribe", channel="news")


async def test_quotes_may_be_escaped(stage: Stage) -> None:
    peer = await connect_stream(stage, "http_stream")
    data = {"type": "said", "text": '"' * 20}
    await peer.ask("subscribe", channel="news")
    assert await peer.ask("publish", channel="news", data=data) == {"publish": {}}
    most_quotes = json.dumps({"id": 9, "rpc": {"method": '"' * 900}}).ljust(2_000)
    assert (await peer.post(most_quotes).done()).status == 204
    await until(lambda: any(line.get("id") == 9 for line in peer.lines))


# Patience.


@both
async def test_messages_wait_while_the_session_takes_none(transport: str) -> None:
    stage = Stage(limits=Limits(commands_waiting=2))
    free = asyncio.Event()
    room = stage.app.channel("slow:{x}", publishes=Said)

    @room.on_subscribe
    async def think(client: Client, x: str) -> None:
        await free.wait()

    @stage.app.rpc("echo")
    def echo(client: Client, request: int) -> int:
        return request

    async with on_stage(stage):
        peer = await connect_stream(stage, transport)
        assert await peer.send({"id": 100, "subscribe": {"channel": "slow:a"}}) == 204
        for number in range(2):
            assert await peer.send({"id": number + 2, "rpc": {"method": "echo", "data": number}})
        later = [
            peer.post(json.dumps({"id": number, "rpc": {"method": "echo", "data": number}}))
            for number in range(10, 14)
        ]
        await quiet()
        assert not any(request.sent for request in later)
        free.set()
        assert {(await request.done()).status for request in later} == {204}
        await until(lambda: len(peer.lines) == 8)
        assert [line["id"] for line in peer.lines] == [1, 100, 2, 3, 10, 11, 12, 13]


async def test_only_so_many_requests_may_wait() -> None:
    stage = Stage(limits=Limits(commands_waiting=1))
    free = asyncio.Event()
    room = stage.app.channel("slow:{x}", publishes=Said)

    @room.on_subscribe
    async def think(client: Client, x: str) -> None:
        await free.wait()

    async with on_stage(stage):
        peer = await connect_stream(stage, "http_stream")
        assert await peer.send({"id": 2, "subscribe": {"channel": "slow:a"}}) == 204
        assert await peer.send({"id": 3, "rpc": {}}) == 204
        waiting = [peer.post(json.dumps({"id": n + 10, "rpc": {}})) for n in range(WAITING)]
        await quiet()
        refused = await peer.post('{"id":4,"rpc":{}}').done()
        assert (refused.status, refused.body) == (429, b"too many requests wait")
        await peer.leave()
        assert {(await request.done()).status for request in waiting} == {204}
        free.set()
        await quiet()
        stage.assert_empty()


# Secrets.


async def test_nobody_speaks_for_somebody_else(stage: Stage) -> None:
    ann, bob = await connect_stream(stage, "http_stream"), await connect_stream(stage, "sse", "bob")
    assert ann.session != bob.session
    await ann.ask("subscribe", channel="room:a")
    await bob.ask("subscribe", channel="room:a")
    await bob.ask("publish", channel="room:a", data={"type": "said", "text": "as bob"})
    await until(lambda: ann.texts == ["as bob"])
    (said,) = [push["pub"] for push in ann.pushes if "pub" in push]
    assert said["info"]["user"] == "bob"
    # A client id, which others see, names no stream.
    client = said["info"]["client"]
    before = len(bob.lines)
    assert (await ann.post('{"id":5,"rpc":{}}', session=client).done()).status == 204
    await quiet()
    assert len(bob.lines) == before


@both
async def test_the_name_of_a_stream_is_told_to_its_client_alone(
    stage: Stage, transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    @stage.app.rpc("fail")
    def fail(client: Client) -> None:
        raise ValueError(repr(client))

    ann, bob = await connect_stream(stage, transport), await stage.connect("bob")
    await ann.ask("subscribe", channel="room:a")
    await bob.ask("subscribe", channel="room:a")
    await ann.ask("rpc", method="fail")
    await publish(stage, "room:{x}", "hello", x="a")
    seen_by_bob = json.dumps([await bob.ask("presence", channel="room:a"), bob.lines])
    seen_by_ann = json.dumps([await ann.ask("presence", channel="room:a"), ann.lines[1:]])
    await ann.send({"id": 1, "connect": {}})
    await ann.exchange.done()
    metrics = stage.app.metrics.render().decode()
    for told in (seen_by_bob, seen_by_ann, caplog.text, metrics):
        assert ann.session not in told
    assert len(caplog.records) > 0
