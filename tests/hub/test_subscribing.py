"""Into channels and out of them, as a client sees it: replies, pushes, codes, and nothing left."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from antiphon import Client, Grant, InvalidToken, Limits, TokenExpired
from antiphon.hub.state import State
from tests.hub.stage import Said, Stage, declare, on_stage, publish, quiet


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with on_stage(Stage(limits=Limits(channels_per_client=4))) as stage:
        declare(stage)
        yield stage


# Refusals.


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"channel": "nowhere"}, 102),
        ({"channel": "x" * 256}, 107),
        ({"channel": "room:ü"}, 107),
        ({"channel": "room:a b"}, 107),
        ({"channel": "__proto__"}, 107),
        ({"channel": "closed"}, 103),
        ({"channel": "news", "type": 1}, 103),
        ({"channel": "nowhere", "type": 4}, 102),
        ({"channel": "talk#bob,eve"}, 103),
        ({"channel": "talk#ann"}, 102),
        ({"channel": "$secret"}, 102),
        ({"channel": "closed", "token": "unknown"}, 103),
        ({"channel": "closed", "token": "expired"}, 109),
        ({"channel": "closed", "token": "past"}, 110),
    ],
)
@pytest.mark.parametrize("waits", [False, True])
async def test_a_refused_subscribe_is_an_error_and_the_connection_stays(
    stage: Stage, request_: dict[str, Any], code: int, waits: bool
) -> None:
    stage.passes.grants = {"expired": TokenExpired(), "past": Grant(expires_at=stage.clock.now - 1)}
    peer = await stage.connect()
    stage.passes.waits = waits
    assert await peer.refusal("subscribe", **request_) == code
    assert peer.code is None
    assert not stage.core.topics
    assert await peer.ask("subscribe", channel="news") == {}


@pytest.mark.parametrize("name", ["subscribe", "unsubscribe", "publish", "presence", "history"])
async def test_a_command_without_channel_ends_the_connection(stage: Stage, name: str) -> None:
    peer = await stage.connect()
    peer.start(name)
    assert peer.code == 3501


async def test_an_unknown_delta_ends_the_connection(stage: Stage) -> None:
    peer = await stage.connect()
    peer.start("subscribe", channel="news", delta="x")
    assert peer.code == 3501


async def test_a_known_delta_is_not_negotiated(stage: Stage) -> None:
    peer = await stage.connect()
    assert await peer.ask("subscribe", channel="news", delta="fossil", flag=1) == {}


async def test_a_token_for_somebody_else_ends_the_connection(stage: Stage) -> None:
    stage.passes.grants["other"] = InvalidToken("of another channel")
    peer = await stage.connect()
    peer.start("subscribe", channel="closed", token="other")
    assert peer.code == 3500


async def test_a_second_subscribe_is_105_and_changes_nothing(stage: Stage) -> None:
    peer = await stage.connect()
    await peer.ask("subscribe", channel="news")
    assert await peer.refusal("subscribe", channel="news") == 105
    await publish(stage, "news", "hi")
    await quiet()
    assert peer.texts == ["hi"]


async def test_one_channel_too_many_is_106_until_one_is_left(stage: Stage) -> None:
    peer = await stage.connect()
    for number in range(4):
        await peer.ask("subscribe", channel=f"room:{number}")
    error = (await peer.ask("subscribe", channel="news"))["error"]
    assert (error["code"], "channels_per_client is 4" in error["message"]) == (106, True)
    await peer.ask("unsubscribe", channel="room:0")
    assert await peer.ask("subscribe", channel="news") == {}


async def test_the_name_can_admit_users(stage: Stage) -> None:
    ann, bob = await stage.connect("ann"), await stage.connect("bob")
    eve, nobody = await stage.connect("eve"), await stage.connect("")
    assert await ann.ask("subscribe", channel="talk#ann,bob") == {}
    assert await bob.ask("subscribe", channel="talk#ann,bob") == {}
    assert await eve.refusal("subscribe", channel="talk#ann,bob") == 103
    assert await nobody.refusal("subscribe", channel="talk#ann,bob") == 103


async def test_a_token_says_data_info_and_expiry(stage: Stage) -> None:
    stage.passes.grants["t"] = Grant(
        expires_at=stage.clock.now + 30, info={"role": "host"}, data={"k": 1}
    )
    peer = await stage.connect()
    reply = await peer.ask("subscribe", channel="room:1", token="t")
    assert (reply["expires"], reply["ttl"], reply["data"]) == (True, 30, {"k": 1})
    present = (await peer.ask("presence", channel="room:1"))["presence"]
    assert present[peer.id]["chan_info"] == {"role": "host"}


async def test_a_token_may_decide_about_presence_joins_and_recovery(stage: Stage) -> None:
    off = {"presence": False, "join_leave": False, "force_recovery": False, "unknown": True}
    stage.passes.grants["off"] = Grant(override=off)
    stage.passes.grants["on"] = Grant(override={"presence": True, "join_leave": True})
    peer, other = await stage.connect(), await stage.connect("bob")
    reply = await peer.ask("subscribe", channel="room:1", token="off", recover=True)
    assert "recoverable" not in reply and "was_recovering" not in reply
    assert reply["positioned"]
    await peer.ask("subscribe", channel="closed", token="on")
    await other.ask("subscribe", channel="room:1")
    assert set((await other.ask("presence", channel="room:1"))["presence"]) == {other.id}
    assert set((await peer.ask("presence", channel="closed"))["presence"]) == {peer.id}
    assert await peer.refusal("presence", channel="room:1") == 108
    await quiet()
    peer.drop()
    await quiet()
    assert peer.told == ["join", "join"]
    assert other.told == ["join"]


# Leaving.


async def test_unsubscribe_is_answered_even_when_not_subscribed(stage: Stage) -> None:
    peer = await stage.connect()
    assert await peer.ask("unsubscribe", channel="news") == {}
    await peer.ask("subscribe", channel="news")
    assert await peer.ask("unsubscribe", channel="news") == {}
    assert await peer.ask("unsubscribe", channel="news") == {}
    await publish(stage, "news", "unheard")
    await quiet()
    assert peer.texts == []
    assert not stage.core.topics


async def test_subscribe_and_unsubscribe_in_one_frame(stage: Stage) -> None:
    peer = await stage.connect()
    one = {"channel": "room:1"}
    peer.frame(
        {"id": 11, "subscribe": one}, {"id": 12, "unsubscribe": one}, {"id": 13, "subscribe": one}
    )
    assert (await peer.reply(13))["recoverable"]
    assert (await peer.reply(12)) == {}
    assert len((await peer.ask("presence", channel="room:1"))["presence"]) == 1


async def test_the_app_is_told_of_each_ended_subscription_once(stage: Stage) -> None:
    left = []
    room = stage.app.channel("r:{x:int}", publishes=Said, open=True, presence=True)

    @room.on_unsubscribe
    async def gone(client: Client, x: int, code: int) -> None:
        left.append((client.user, x, code))

    peer = await stage.connect()
    for number in range(3):
        await peer.ask("subscribe", channel=f"r:{number}")
    await peer.ask("unsubscribe", channel="r:0")
    await peer.session.unsubscribe("r:1")
    peer.drop(1001)
    peer.session.on_close(1006, "")
    await quiet()
    assert left == [("ann", 0, 0), ("ann", 1, 2000), ("ann", 2, 1001)]


async def test_the_app_is_not_told_of_what_never_began(stage: Stage) -> None:
    left = []
    room = stage.app.channel("r:{x}", publishes=Said)

    @room.on_unsubscribe
    def gone(client: Client) -> None:
        left.append(client)

    peer = await stage.connect()
    await peer.refusal("subscribe", channel="r:1")
    peer.drop()
    assert not left


async def test_a_failing_end_of_one_subscription_does_not_hinder_the_others(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    left = []
    room = stage.app.channel("r:{x}", publishes=Said, open=True)

    @room.on_unsubscribe
    def gone(client: Client, x: str) -> None:
        left.append(x)
        raise KeyError("bug")

    peer = await stage.connect()
    for name in ("a", "b"):
        await peer.ask("subscribe", channel=f"r:{name}")
    peer.drop()
    assert left == ["a", "b"]
    assert caplog.text.count("KeyError: 'bug'") == 2
    assert peer.id in caplog.text
    stage.assert_empty()


@pytest.mark.parametrize("ending", ["drop", "disconnect"])
async def test_a_connection_that_ends_while_it_subscribes_leaves_nothing(
    stage: Stage, ending: str
) -> None:
    go_on = asyncio.Event()
    slow = stage.app.channel("slow", publishes=Said, presence=True, join_leave=True)
    left = []

    @slow.on_subscribe
    async def may_join(client: Client) -> None:
        await go_on.wait()

    @slow.on_unsubscribe
    def gone(client: Client) -> None:
        left.append(client)

    peer = await stage.connect()
    peer.start("subscribe", channel="slow")
    await quiet()
    if ending == "drop":
        peer.drop()
    else:
        peer.session.client.disconnect()
    go_on.set()
    await quiet()
    stage.assert_empty()
    assert await stage.core.engine.presence("slow") == {}
    assert not left
    assert len(peer.lines) == 1


async def test_a_reply_that_ends_the_connection_leaves_nothing(stage: Stage) -> None:
    other = await stage.connect("bob")
    await other.ask("subscribe", channel="room:1")
    for channel in ("room:1", "room:2"):
        peer = await stage.connect()
        peer.connection.on_write = peer.drop
        peer.start("subscribe", channel=channel)
        await quiet()
        assert peer.session.state is State.CLOSED
    assert list(stage.core.topics) == ["room:1"]
    before = stage.core.stats.deliveries
    await publish(stage, "room:{x}", "x", x=1)
    await quiet()
    assert stage.core.stats.deliveries == before + 1
    other.drop()
    stage.assert_empty()


# Joins, leaves, presence.


async def test_joins_and_leaves_are_told_to_all_and_the_own_join_behind_the_reply(
    stage: Stage,
) -> None:
    ann, bob = await stage.connect("ann"), await stage.connect("bob", info={"name": "Bob"})
    await ann.ask("subscribe", channel="room:1")
    await quiet()
    assert ann.told == ["join"]
    assert [next(iter(set(line) - {"id"})) for line in ann.lines[1:]] == ["subscribe", "push"]
    await bob.ask("subscribe", channel="room:1")
    await quiet()
    bob.drop()
    await quiet()
    assert ann.told == ["join", "join", "leave"]
    info = {"user": "bob", "client": bob.id, "conn_info": {"name": "Bob"}}
    assert ann.pushes[1:] == [
        {"channel": "room:1", "join": {"info": info}},
        {"channel": "room:1", "leave": {"info": info}},
    ]


async def test_presence_goes_from_one_to_none_again_and_again(stage: Stage) -> None:
    watcher = await stage.connect("bob")
    await watcher.ask("subscribe", channel="room:1")
    for _ in range(5):
        peer = await stage.connect("ann")
        await peer.ask("subscribe", channel="room:1")
        stats = await watcher.ask("presence_stats", channel="room:1")
        assert stats == {"num_clients": 2, "num_users": 2}
        peer.drop()
        stats = await watcher.ask("presence_stats", channel="room:1")
        assert stats == {"num_clients": 1, "num_users": 1}


async def test_presence_lasts_as_long_as_pings_are_answered(stage: Stage) -> None:
    stage.core.engine._clock = stage.clock  # type: ignore[attr-defined]
    peer = await stage.connect()
    await peer.ask("subscribe", channel="room:1")
    for _ in range(150):
        await stage.pass_time(1)
        if peer.session.awaits_pong:
            peer.raw("{}")
        assert len(await stage.core.engine.presence("room:1")) == 1


@pytest.mark.parametrize("name", ["presence", "presence_stats", "history"])
async def test_what_a_channel_does_not_keep_is_108(stage: Stage, name: str) -> None:
    peer = await stage.connect()
    await peer.ask("subscribe", channel="news")
    assert await peer.refusal(name, channel="news") == 108


@pytest.mark.parametrize("name", ["presence", "presence_stats", "history"])
async def test_who_is_not_in_a_channel_is_told_nothing_of_it(stage: Stage, name: str) -> None:
    peer = await stage.connect()
    assert await peer.refusal(name, channel="room:1") == 103
    assert await peer.refusal(name, channel="nowhere") == 102
    assert await peer.refusal(name, channel="a b") == 107
