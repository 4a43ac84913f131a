"""Looking into channels: presence, history, and which channels there are."""

import asyncio
from base64 import b64encode
from typing import Any

import pytest
from msgspec import Raw

from antiphon import Grant, History, Limits
from antiphon.publication import ClientInfo, Publication
from tests.hub.stage import Said, Stage, on_stage, publish
from tests.server.api.backend import Backend, api_stage

CHANNEL_METHODS = ["presence", "presence_stats", "history", "history_remove"]
HI = {"type": "said", "text": "hi"}


@pytest.mark.parametrize("method", CHANNEL_METHODS)
async def test_a_channel_has_to_be_one(backend: Backend, method: str) -> None:
    assert await backend.error(method) == (107, "bad request: channel: required")
    assert await backend.error(method, channel="nowhere") == (102, "unknown channel")
    code, message = await backend.error(method, channel="room:{1}")
    assert (code, message[:30]) == (107, "bad request: channel: a name i")


@pytest.mark.parametrize("method", CHANNEL_METHODS)
async def test_what_a_channel_does_not_keep_is_not_available(backend: Backend, method: str) -> None:
    kept = "presence" if "presence" in method else "history"
    error = (108, f"not available: this channel keeps no {kept}")
    assert await backend.error(method, channel="news") == error


# Presence.


async def test_who_is_there(stage: Stage, backend: Backend) -> None:
    assert await backend.result("presence", channel="room:1") == {"presence": {}}
    stats = await backend.result("presence_stats", channel="room:1")
    assert stats == {"num_clients": 0, "num_users": 0}
    ann, also = await stage.connect("ann", info={"age": 7}), await stage.connect("ann")
    await ann.session.client.subscribe("room:1", grant=Grant(info={"seat": 1}))
    await also.ask("subscribe", channel="room:1")
    assert await backend.result("presence", channel="room:1") == {
        "presence": {
            ann.id: {
                "user": "ann",
                "client": ann.id,
                "conn_info": {"age": 7},
                "chan_info": {"seat": 1},
            },
            also.id: {"user": "ann", "client": also.id},
        }
    }
    stats = await backend.result("presence_stats", channel="room:1")
    assert stats == {"num_clients": 2, "num_users": 1}


# History.


async def test_the_position_comes_alone_unless_more_is_asked_for(
    stage: Stage, backend: Backend
) -> None:
    empty = await backend.result("history", channel="room:1")
    assert empty == {"publications": [], "epoch": empty["epoch"], "offset": 0}
    await publish(stage, "room:{x}", "one", "two", x=1)
    top = await backend.result("history", channel="room:1", limit=0)
    assert top == {"publications": [], "epoch": empty["epoch"], "offset": 2}


async def test_publications_come_as_they_were_published(stage: Stage, backend: Backend) -> None:
    ann = await stage.connect("ann", info=[1])
    await ann.ask("subscribe", channel="room:1")
    await ann.ask("publish", channel="room:1", data=HI)
    await backend.result("publish", channel="room:1", data=HI, tags={"k": "v"})
    found = await backend.result("history", channel="room:1", limit=-1)
    assert found["publications"] == [
        {
            "data": HI,
            "info": {"user": "ann", "client": ann.id, "conn_info": [1]},
            "offset": 1,
        },
        {"data": HI, "offset": 2, "tags": {"k": "v"}},
    ]


@pytest.mark.parametrize(
    ("request_", "offsets"),
    [
        ({"limit": 2}, [1, 2]),
        ({"limit": 2, "reverse": True}, [5, 4]),
        ({"limit": -1}, [1, 2, 3, 4, 5]),
        ({"limit": 99}, [1, 2, 3, 4, 5]),
        ({"limit": 2, "since": {"offset": 3}}, [4, 5]),
        ({"limit": -1, "since": {"offset": 3, "epoch": ""}, "reverse": True}, [2, 1]),
        ({"limit": -1, "since": {"offset": 5}}, []),
        ({"limit": 0, "since": {"offset": 2}}, []),
        ({"limit": None, "since": None, "reverse": None}, []),
    ],
)
async def test_a_page_of_history(
    stage: Stage, backend: Backend, request_: dict[str, Any], offsets: list[int]
) -> None:
    await publish(stage, "room:{x}", *"12345", x=1)
    found = await backend.result("history", channel="room:1", **request_)
    assert [p["offset"] for p in found["publications"]] == offsets
    assert found["offset"] == 5


async def test_a_position_has_to_be_one_of_this_life(stage: Stage, backend: Backend) -> None:
    await publish(stage, "room:{x}", "one", x=1)
    epoch = (await backend.result("history", channel="room:1"))["epoch"]
    request: dict[str, Any] = {"channel": "room:1", "limit": 1}
    since = {"offset": 1, "epoch": epoch}
    assert (await backend.result("history", **request, since=since))["publications"] == []
    since = {"offset": 1, "epoch": "another"}
    assert await backend.error("history", **request, since=since) == (112, "unrecoverable position")
    since = {"offset": 0, "epoch": epoch}
    error = (107, "bad request: since.offset: must be positive in reverse")
    assert await backend.error("history", **request, since=since, reverse=True) == error


async def test_a_reply_holds_so_many_publications_at_most() -> None:
    async with on_stage(api_stage(limits=Limits(api_publications=3))) as stage:
        stage.app.channel("room:{x}", publishes=Said, history=History(9, 60))
        await publish(stage, "room:{x}", *"12345", x=1)
        backend = Backend(stage.app)
        for limit, count in ((3, 3), (4, 3), (-1, 3), (2, 2)):
            found = await backend.result("history", channel="room:1", limit=limit)
            assert (len(found["publications"]), found["offset"]) == (count, 5)


async def test_history_is_removed(stage: Stage, backend: Backend) -> None:
    await publish(stage, "room:{x}", "one", "two", x=1)
    before = await backend.result("history", channel="room:1")
    assert await backend.result("history_remove", channel="room:1") == {}
    after = await backend.result("history", channel="room:1", limit=-1)
    assert after == before


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'{"a":\n1}', {"data": {"a": 1}}),
        (b"\x00\xff", {"data": None, "b64data": b64encode(b"\x00\xff").decode()}),
        (b'"\xff"', {"data": None, "b64data": b64encode(b'"\xff"').decode()}),
        (b"", {"data": None}),
        (b"[" * 5000, {"data": None, "b64data": b64encode(b"[" * 5000).decode()}),
    ],
)
async def test_what_is_opaque_comes_as_json_or_as_base64(
    stage: Stage, backend: Backend, data: bytes, told: dict[str, Any]
) -> None:
    publication = Publication(Raw(data), ClientInfo("u", "c"), opaque=True)
    await stage.core.engine.publish("room:1", publication, size=1, ttl=60.0)
    found = await backend.result("history", channel="room:1", limit=-1)
    info = {"user": "u", "client": "c"}
    assert found["publications"] == [told | {"info": info, "offset": 1}]


# Channels.


async def test_channels_with_subscribers_are_listed(stage: Stage, backend: Backend) -> None:
    assert await backend.result("channels") == {"channels": {}}
    ann, bob = await stage.connect("ann"), await stage.connect("bob")
    for peer, channel in ((ann, "news"), (ann, "room:1"), (bob, "room:1"), (bob, "room:20")):
        await peer.ask("subscribe", channel=channel)

    async def found(**request: Any) -> dict[str, int]:
        result = await backend.result("channels", **request)
        return {name: info["num_clients"] for name, info in result["channels"].items()}

    assert await found() == {"news": 1, "room:1": 2, "room:20": 1}
    assert await found(pattern="") == await found(pattern="*") == await found()
    assert await found(pattern="room:?") == {"room:1": 2}
    assert await found(pattern="{news,*20}") == {"news": 1, "room:20": 1}
    assert await found(pattern="no*body") == {}
    ann.drop()
    assert await found() == {"room:1": 1, "room:20": 1}


async def test_a_bad_pattern_is_refused(backend: Backend) -> None:
    error = (107, "bad request: pattern: braces that do not pair")
    assert await backend.error("channels", pattern="{a") == error
    error = (107, "bad request: pattern: longer than 255 characters")
    assert await backend.error("channels", pattern="*" * 256) == error


async def test_the_loop_turns_while_many_channels_are_listed() -> None:
    async with on_stage(api_stage(limits=Limits(channels_per_client=2_500))) as stage:
        stage.app.channel("room:{x}", publishes=Said)
        ann = await stage.connect()
        for number in range(2_500):
            await ann.session.client.subscribe(f"room:{number}")
        listing = asyncio.create_task(Backend(stage.app).result("channels", pattern="room:*"))
        turns = 0
        while not listing.done():
            await asyncio.sleep(0)
            turns += 1
        assert len(listing.result()["channels"]) == 2_500
        assert turns > 2
