"""Opaque payloads: byte-exact to those who can read them, and 3506 to those who cannot."""

import pytest
from msgspec import Raw

from antiphon import Attempt, Channel, Client, Grant, History, Identity
from antiphon.hub.codec import Codec, json_message
from antiphon.hub.form import Form
from antiphon.protocol import json
from antiphon.protocol.messages import Command, ConnectRequest, RPCRequest, SubscribeRequest
from tests.hub.stage import Peer, Said, Stage, on_stage, until

SPACED = b'{"b": 1.0,  "a":\t[1e3, "\\u00e4"] }'
BINARY = b"\xff\x00"


@pytest.fixture
def blob(stage: Stage) -> Channel:
    return stage.app.channel(
        "blob", publishes=bytes, accepts=bytes, open=True, history=History(5, 60)
    )


async def inside(stage: Stage, user: str = "ann") -> Peer:
    peer = await stage.connect(user)
    assert "error" not in await peer.ask("subscribe", channel="blob")
    return peer


async def test_json_goes_from_client_to_client_as_it_was_written(
    stage: Stage, blob: Channel
) -> None:
    ann, bob = await inside(stage), await inside(stage, "bob")
    ann.raw('{"id":9,"publish":{"channel":"blob","data":' + SPACED.decode() + "}}")
    await until(lambda: bob.pushes)
    pushed = bob.connection.frames[-1]
    await bob.reply(bob.start("history", channel="blob", limit=-1))
    page = bob.connection.frames[-1]
    for frame in (pushed, page):
        assert b'{"data":%b,"info":' % SPACED in frame
        assert b"opaque" not in frame


async def test_history_that_json_cannot_carry_ends_the_connection(
    stage: Stage, blob: Channel
) -> None:
    await blob.publish(BINARY)
    peer = await inside(stage)
    peer.start("history", channel="blob", limit=-1)
    assert peer.code == 3506
    assert [p.event for p in (await blob.history()).publications] == [BINARY]


async def test_so_does_what_a_client_recovers(stage: Stage, blob: Channel) -> None:
    left = []
    blob.on_unsubscribe(lambda client, code: left.append(code))
    await blob.publish(BINARY)
    peer = await stage.connect()
    peer.start("subscribe", channel="blob", recover=True, offset=0)
    assert peer.code == 3506
    stage.assert_empty()
    assert left == []


async def test_so_does_what_a_new_connection_recovers(stage: Stage) -> None:
    last = stage.app.channel("last", publishes=bytes, history=History(1, 60, mode="cache"))
    await last.publish(BINARY)
    stage.passes.identities["t"] = Identity("ann", channels=("last",))
    peer = stage.peer()
    peer.start("connect", token="t")
    assert peer.code == 3506
    assert peer.lines == []
    stage.assert_empty()


@pytest.mark.parametrize("data", [b'{"a":  1}', BINARY])
async def test_answers_and_messages_of_bytes_are_json_or_the_end(data: bytes) -> None:
    async with on_stage(Stage(messages=bytes)) as stage:
        stage.app.rpc("answer")(answer)

        @stage.app.on_message(bytes)
        def answered(client: Client, sent: bytes) -> None:
            client.send(data)

        called, told = await stage.connect("ann"), await stage.connect("bob")
        called.start("rpc", method="answer", data=data is BINARY)
        told.frame({"send": {"data": 1}})
        if data is BINARY:
            assert (called.code, told.code) == (3506, 3506)
            assert stage.core.stats.handler_errors == 0
        else:
            assert called.connection.frames[-1] == b'{"id":2,"rpc":{"data":{"a":  1}}}'
            assert told.connection.frames[-1] == b'{"push":{"message":{"data":{"a":  1}}}}'


def answer(client: Client, request: bytes) -> bytes:
    return BINARY if request == b"true" else b'{"a":  1}'


# What is not opaque is JSON, though a client sends any bytes.


def speaking(peer: Peer, command: Command) -> None:
    """Have a client say what JSON could not."""
    codec = Codec(json, json_message)
    codec.decode = lambda data, *, limit: [command]
    spoken, peer.session.form = peer.session.form, Form(codec)
    peer.raw("")
    peer.session.form = spoken


@pytest.mark.parametrize(("data", "code"), [(b'"\xff"', 107), (b"\x00", 107), (b"1", None)])
async def test_what_a_client_says_of_itself_is_json(
    stage: Stage, data: bytes, code: int | None
) -> None:
    news = stage.app.channel("news", publishes=Said)

    @stage.app.on_connect
    def known(attempt: Attempt) -> Identity:
        return Identity("ann", info=attempt.data)

    @news.on_subscribe
    def shown(client: Client, data: Raw) -> Grant:
        return Grant(info=data)

    shy = stage.peer()
    speaking(shy, Command(id=1, connect=ConnectRequest(data=Raw(data))))
    peer = stage.peer()
    await peer.connect()
    request = SubscribeRequest(channel="news", data=Raw(data))
    speaking(peer, Command(id=7, subscribe=request))
    for reply in (*shy.lines, *peer.replies(7)):
        assert reply.get("error", {}).get("code") == code
    assert await (await stage.connect("eve")).ask("subscribe", channel="news", data=1) == {}


async def test_a_payload_that_embeds_text_is_text(stage: Stage) -> None:
    stage.app.rpc("m")(embed)
    peer = await stage.connect()
    speaking(peer, Command(id=7, rpc=RPCRequest(Raw(b'"\xff"'), "m")))
    assert peer.replies(7)[0]["error"]["code"] == 107


def embed(client: Client, request: Raw) -> Raw:
    return request
