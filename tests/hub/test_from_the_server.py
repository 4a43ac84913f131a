"""What the server does to a connection unasked: a subscription with all it may carry, an expiry."""

from typing import Any

import pytest
from msgspec import Raw

from antiphon import Grant, History, StreamPosition
from antiphon.hub.connecting import present_as, prolong
from tests.hub.stage import Said, Stage, declare, publish

DAY = 86_400


def without_epoch(push: dict[str, Any]) -> dict[str, Any]:
    told = dict(push["subscribe"])
    assert told.pop("epoch")
    return told


async def position(stage: Stage, channel: str) -> StreamPosition:
    return (await stage.core.engine.history(channel))[1]


# Subscribing.


async def test_a_grant_says_what_others_see_what_the_client_is_told_and_when_it_ends(
    stage: Stage,
) -> None:
    declare(stage)
    peer = await stage.connect()
    grant = Grant(info={"seat": 1}, data={"hello": "ann"}, expires_at=stage.clock.now + 3)
    await peer.session.client.subscribe("room:1", grant=grant)
    stage.core.flush()
    subscribed, joined = peer.pushes
    assert without_epoch(subscribed) == {
        "recoverable": True,
        "positioned": True,
        "data": {"hello": "ann"},
    }
    assert joined["join"]["info"] == {"user": "ann", "client": peer.id, "chan_info": {"seat": 1}}
    await stage.pass_time(4)
    assert peer.connection.closed == (3006, "subscription expired")


async def test_a_grant_may_leave_presence_and_joins_out(stage: Stage) -> None:
    declare(stage)
    peer = await stage.connect()
    grant = Grant(override={"presence": False, "join_leave": False, "force_recovery": False})
    await peer.session.client.subscribe("room:1", grant=grant)
    (subscribed,) = peer.pushes
    assert without_epoch(subscribed) == {"positioned": True}
    assert await stage.core.engine.presence("room:1") == {}


async def test_what_was_missed_follows_the_push(stage: Stage) -> None:
    declare(stage)
    await publish(stage, "room:{x}", "one", "two", "three", x=1)
    epoch = (await position(stage, "room:1")).epoch
    peer = await stage.connect()
    await peer.session.client.subscribe("room:1", since=StreamPosition(1, epoch))
    await publish(stage, "room:{x}", "four", x=1)
    stage.core.flush()
    assert peer.told == ["subscribe", "pub", "pub", "join", "pub"]
    assert without_epoch(peer.pushes[0])["offset"] == 1
    assert [push["pub"]["offset"] for push in peer.pushes if "pub" in push] == [2, 3, 4]
    assert peer.texts == ["two", "three", "four"]


@pytest.mark.parametrize(
    "since", [StreamPosition(1, "another life"), StreamPosition(99), StreamPosition(0)]
)
async def test_what_cannot_be_recovered_begins_at_the_top(
    stage: Stage, since: StreamPosition
) -> None:
    short = stage.app.channel("short", publishes=Said, history=History(2, 60))
    for text in ("one", "two", "three"):
        await short.publish(Said(text=text))
    peer = await stage.connect()
    await peer.session.client.subscribe("short", since=since)
    (subscribed,) = peer.pushes
    assert without_epoch(subscribed) == {"recoverable": True, "positioned": True, "offset": 3}


async def test_the_latest_value_follows_the_push_unasked(stage: Stage) -> None:
    declare(stage)
    await publish(stage, "last:{x}", "one", "two", x=1)
    peer = await stage.connect()
    await peer.session.client.subscribe("last:1")
    await publish(stage, "last:{x}", "three", x=1)
    stage.core.flush()
    assert peer.told == ["subscribe", "pub", "pub"]
    assert peer.texts == ["two", "three"]


# Prolonging.


async def test_a_connection_is_prolonged_and_told_so(stage: Stage) -> None:
    peer = await stage.connect(expires_at=stage.clock.now + 5)
    prolong(peer.session, stage.clock.now + 10)
    assert peer.pushes == [{"refresh": {"expires": True, "ttl": 10}}]
    await stage.pass_time(9)
    assert peer.code is None
    await stage.pass_time(2)
    assert peer.connection.closed == (3005, "connection expired")


async def test_a_connection_is_freed_of_its_expiry(stage: Stage) -> None:
    peer = await stage.connect(expires_at=stage.clock.now + 5)
    prolong(peer.session, None)
    assert peer.pushes == [{"refresh": {}}]
    await stage.pass_time(11)
    assert peer.code is None


@pytest.mark.parametrize("ago", [0, 1, DAY])
async def test_an_expiry_in_the_past_ends_the_connection(stage: Stage, ago: int) -> None:
    peer = await stage.connect()
    prolong(peer.session, stage.clock.now - ago)
    assert peer.connection.closed == (3005, "connection expired")
    assert peer.pushes == []


async def test_a_connection_that_has_ended_is_not_prolonged(stage: Stage) -> None:
    peer = await stage.connect()
    peer.drop()
    prolong(peer.session, stage.clock.now + 1)
    present_as(peer.session, Raw(b"1"))
    assert peer.pushes == []
    assert peer.session.expires_at is None


async def test_others_see_the_new_info(stage: Stage) -> None:
    declare(stage)
    peer = await stage.connect(info={"name": "Ann"})
    await peer.session.client.subscribe("room:1", grant=Grant(info={"seat": 1}))
    present_as(peer.session, Raw(b'{"name":"Anna"}'))
    await peer.ask("publish", channel="room:1", data={"type": "said", "text": "hi"})
    stage.core.flush()
    (said,) = [push["pub"] for push in peer.pushes if "pub" in push]
    assert said["info"]["conn_info"] == {"name": "Anna"}
    assert said["info"]["chan_info"] == {"seat": 1}
    await peer.session.membership.renew_presence()
    present = await stage.core.engine.presence("room:1")
    assert bytes(present[peer.id].conn_info) == b'{"name":"Anna"}'
    assert peer.session.client.info.conn_info == Raw(b'{"name":"Anna"}')


async def test_the_new_info_may_be_written_on_several_lines(stage: Stage) -> None:
    declare(stage)
    peer = await stage.connect()
    await peer.ask("subscribe", channel="room:1")
    present_as(peer.session, Raw(b'{\r\n  "name": "Anna"\n}'))
    await peer.ask("publish", channel="room:1", data={"type": "said", "text": "hi"})
    stage.core.flush()
    (said,) = [push["pub"] for push in peer.pushes if "pub" in push]
    assert said["info"]["conn_info"] == {"name": "Anna"}
    assert b"\r" not in peer.connection.frames[-1]
