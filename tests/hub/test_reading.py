"""Presence and history without being in the channel: which refusal comes first, and for whom."""

from typing import Any

import pytest

from antiphon import Grant, History
from tests.hub.stage import Said, Stage, publish

READING = ["presence", "presence_stats", "history"]


def kept(stage: Stage, address: str, **options: Any) -> None:
    stage.app.channel(address, publishes=Said, presence=True, history=History(5, 60), **options)


@pytest.mark.parametrize("name", READING)
async def test_what_is_off_is_108_for_those_outside_too(stage: Stage, name: str) -> None:
    stage.app.channel("off", publishes=Said)
    stage.app.channel("off:read", publishes=Said, read_unsubscribed=True)
    peer = await stage.connect()
    assert await peer.refusal(name, channel="off") == 108
    assert await peer.refusal(name, channel="off:read") == 108
    assert await peer.refusal(name, channel="nowhere") == 102
    assert await peer.refusal(name, channel="a b") == 107


@pytest.mark.parametrize("name", READING)
async def test_what_is_on_is_103_for_those_outside(stage: Stage, name: str) -> None:
    kept(stage, "kept")
    assert await (await stage.connect()).refusal(name, channel="kept") == 103


async def test_a_channel_may_be_read_from_outside(stage: Stage) -> None:
    kept(stage, "board:{x}", open=True, read_unsubscribed=True)
    inside, outside = await stage.connect("ann"), await stage.connect("bob")
    await inside.ask("subscribe", channel="board:1")
    await publish(stage, "board:{x}", "hello", x=1)
    assert set((await outside.ask("presence", channel="board:1"))["presence"]) == {inside.id}
    assert await outside.ask("presence_stats", channel="board:1") == {
        "num_clients": 1,
        "num_users": 1,
    }
    page = await outside.ask("history", channel="board:1", limit=-1)
    assert [p["data"]["text"] for p in page["publications"]] == ["hello"]
    assert await outside.refusal("publish", channel="board:1", data={"type": "said"}) == 103


@pytest.mark.parametrize("name", READING)
async def test_a_name_that_keeps_out_keeps_readers_out_too(stage: Stage, name: str) -> None:
    kept(stage, "talk#{a},{b}", read_unsubscribed=True)
    kept(stage, "{name}", read_unsubscribed=True)
    ann, eve = await stage.connect("ann"), await stage.connect("eve")
    assert await eve.refusal(name, channel="talk#ann,bob") == 103
    assert await eve.refusal(name, channel="$secret") == 103
    assert "error" not in await ann.ask(name, channel="talk#ann,bob")
    assert "error" not in await eve.ask(name, channel="public")


@pytest.mark.parametrize("name", READING)
async def test_whoever_is_in_by_a_token_reads(stage: Stage, name: str) -> None:
    kept(stage, "{name}")
    stage.passes.grants["t"] = Grant()
    peer = await stage.connect()
    await peer.ask("subscribe", channel="$secret", token="t")
    assert "error" not in await peer.ask(name, channel="$secret")
