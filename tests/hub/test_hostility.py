"""What a client within its rights could do to everybody else, and no longer can."""

import asyncio
import gc
import logging
import weakref
from typing import Any

import pytest

from antiphon import Client, Event, History, Limits
from antiphon.hub.replies import MOST_BYTES
from tests.hub.stage import Peer, Said, Stage, declare, on_stage, publish, quiet, until


class Big(Event):
    """A large event."""

    text: str


async def test_replies_to_one_message_are_written_as_they_grow() -> None:
    stage = Stage(limits=Limits(outbox_bytes=1_048_576))
    big = stage.app.channel("big", publishes=Big, history=History(10, 60), open=True)
    async with on_stage(stage):
        for _ in range(10):
            await big.publish(Big(text="x" * 30_000))
        peer = await stage.connect()
        await peer.ask("subscribe", channel="big")
        before = len(peer.connection.frames)
        history = {"history": {"channel": "big", "limit": -1}}
        peer.frame(*({"id": n, **history} for n in range(100, 125)))
        frames = peer.connection.frames[before:]
        assert len(frames) == 25
        assert max(map(len, frames)) < 310_000 + MOST_BYTES


async def test_a_page_of_history_has_no_more_bytes_than_a_client_may_leave_unread() -> None:
    stage = Stage(limits=Limits(outbox_bytes=100_000))
    big = stage.app.channel("big", publishes=Big, history=History(10, 60), open=True)
    async with on_stage(stage):
        for _ in range(5):
            await big.publish(Big(text="x" * 20_000))
        peer = await stage.connect()
        await peer.ask("subscribe", channel="big")
        page = await peer.ask("history", channel="big", limit=-1)
        assert [p["offset"] for p in page["publications"]] == [1, 2]
        assert page["offset"] == 5
        rest = await peer.ask("history", channel="big", limit=-1, since={"offset": 4})
        assert [p["offset"] for p in rest["publications"]] == [5]


@pytest.mark.parametrize("answer", [False, True, "no", 0])
async def test_an_answer_that_says_neither_yes_nor_no_lets_nobody_in(answer: Any) -> None:
    stage = Stage()
    room = stage.app.channel("room", publishes=Said)
    room.on_subscribe(lambda client: answer)
    async with on_stage(stage):
        peer = await stage.connect()
        assert await peer.refusal("subscribe", channel="room") == 100
        assert peer.session.channels == []


async def test_refreshing_over_and_over_leaves_one_alarm() -> None:
    stage = Stage()
    async with on_stage(stage):
        expires_at = stage.clock.now + 600
        peer = await stage.connect(expires_at=expires_at, renewable=True)
        entries = stage.core.calendar._pages
        for _ in range(50):
            await peer.ask("refresh", token="pass of ann")
        set_ones = [entry for page in entries.values() for entry in page if _is_set(entry)]
        assert len(set_ones) == 1


def _is_set(entry: Any) -> bool:
    alarm = entry.args[1] if hasattr(entry, "args") else entry
    return bool(alarm.is_set)


@pytest.mark.parametrize("expires_in", [None, 86_400])
async def test_an_ended_connection_is_forgotten_at_once(expires_in: int | None) -> None:
    stage = Stage()
    declare(stage)
    async with on_stage(stage):
        expires_at = None if expires_in is None else stage.clock.now + expires_in
        peer = await stage.connect(expires_at=expires_at)
        await peer.ask("subscribe", channel="room:a")
        membership = weakref.ref(peer.connection)
        peer.drop()
        await quiet()
        del peer
        gc.collect()
        assert membership() is None


async def test_coming_and_going_costs_the_others_one_write_per_turn() -> None:
    stage = Stage()
    declare(stage)
    async with on_stage(stage):
        others = [await stage.connect(f"user{n}") for n in range(5)]
        for other in others:
            await other.ask("subscribe", channel="room:a")
        await quiet()
        before = [len(other.connection.frames) for other in others]
        restless = await stage.connect("restless")
        pairs = range(100, 120)
        restless.frame(
            *(
                {"id": 2 * n + k, name: {"channel": "room:a"}}
                for n in pairs
                for k, name in enumerate(("subscribe", "unsubscribe"))
            )
        )
        await quiet()
        assert [len(o.connection.frames) - n for o, n in zip(others, before, strict=True)] == [
            1
        ] * 5
        told = others[0].told[-40:]
        assert told == ["join", "leave"] * 20
        # And the one that comes and goes is told of its own joins, never of its leaves.
        assert restless.told == ["join"] * 20


async def test_who_leaves_gets_what_was_published_before() -> None:
    stage = Stage()
    declare(stage)
    async with on_stage(stage):
        peer, other = await stage.connect(), await stage.connect("bob")
        for one in (peer, other):
            await one.ask("subscribe", channel="news")
        await publish(stage, "news", "last words")
        await peer.session.unsubscribe("news")
        await publish(stage, "news", "afterwards")
        await quiet()
        assert peer.texts == ["last words"]
        assert peer.told == ["pub", "unsubscribe"]
        assert other.texts == ["last words", "afterwards"]


async def test_what_leaves_one_client_out_shares_the_write_of_the_others() -> None:
    stage = Stage()
    declare(stage)
    async with on_stage(stage):
        peers = [await stage.connect(f"user{n}") for n in range(3)]
        for peer in peers:
            await peer.ask("subscribe", channel="news")
        (news,) = [c for c in stage.app.behaviour.router.channels if c.address.pattern == "news"]
        before = [len(peer.connection.frames) for peer in peers]
        await news.publish(Said(text="one"))
        await news.publish(Said(text="two"), exclude=peers[0].session.client)
        await news.publish(Said(text="three"), exclude=peers[1].session.client)
        await news.publish(Said(text="four"))
        await quiet()
        assert [peer.texts for peer in peers] == [
            ["one", "three", "four"],
            ["one", "two", "four"],
            ["one", "two", "three", "four"],
        ]
        assert [len(p.connection.frames) - n for p, n in zip(peers, before, strict=True)] == [1] * 3


async def test_handlers_that_wait_are_bounded_over_all_connections() -> None:
    stage = Stage(limits=Limits(handlers_waiting=3))
    free = asyncio.Event()

    @stage.app.rpc("wait")
    async def wait(client: Client) -> str:
        await free.wait()
        return "done"

    async with on_stage(stage):
        peers: list[Peer] = [await stage.connect(f"user{n}") for n in range(4)]
        ids = [peer.start("rpc", method="wait") for peer in peers[:3]]
        refused = await peers[3].ask("rpc", method="wait")
        assert refused["error"]["code"] == 111
        assert "handlers_waiting is 3" in refused["error"]["message"]
        free.set()
        assert await peers[0].reply(ids[0]) == {"data": "done"}
        await quiet()
        assert await peers[3].ask("rpc", method="wait") == {"data": "done"}


async def test_who_is_put_out_while_the_app_thinks_does_not_get_in() -> None:
    stage = Stage()
    room = stage.app.channel("room", publishes=Said)
    thinking = asyncio.Event()

    @room.on_subscribe
    async def may_join(client: Client) -> None:
        await thinking.wait()

    async with on_stage(stage):
        peer = await stage.connect()
        command = peer.start("subscribe", channel="room")
        await quiet()
        await peer.session.client.unsubscribe("room")
        thinking.set()
        assert (await peer.reply(command))["error"]["code"] == 103
        assert peer.session.channels == []
        assert "error" not in await peer.ask("subscribe", channel="room")
        assert peer.session.channels == ["room"]


async def test_the_log_says_why_and_cannot_be_flooded(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage()
    async with on_stage(stage):
        caplog.set_level(logging.INFO, "antiphon")
        peers = [stage.peer() for _ in range(20)]
        for peer in peers:
            peer.start("connect", token="forged")
        await until(lambda: {peer.connection.closed for peer in peers} == {(3500, "invalid token")})
        (line,) = caplog.messages
        assert line == "a client that connects is closed with 3500 invalid token: forged"
        await stage.pass_time(11)
        stage.peer().start("connect", token="forged again")
        await quiet()
        assert caplog.messages[1:] == [line + " again"]
