"""What channels keep for clients that come back, and subscriptions that end with time."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from antiphon import Client, Forbidden, Grant, InvalidToken, Limits, TokenExpired
from tests.hub.stage import Peer, Said, Stage, declare, on_stage, publish, quiet, until


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with on_stage(Stage()) as stage:
        declare(stage)
        yield stage


# History and recovery.


async def in_room(stage: Stage, **options: Any) -> Peer:
    peer = await stage.connect(**options)
    await peer.ask("subscribe", channel="room:1")
    return peer


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({}, []),
        ({"limit": 2}, ["3", "4"]),
        ({"limit": -1}, ["3", "4", "5", "6", "7"]),
        ({"limit": -9}, ["3", "4", "5", "6", "7"]),
        ({"limit": 1, "reverse": True}, ["7"]),
        ({"limit": 9, "since": {"offset": 5}}, ["6", "7"]),
        ({"limit": 9, "since": {"offset": 5}, "reverse": True}, ["4", "3"]),
        ({"limit": 9, "since": {"offset": 0}}, ["3", "4", "5", "6", "7"]),
        ({"limit": 9, "since": {}}, ["3", "4", "5", "6", "7"]),
    ],
)
async def test_history_is_paged(
    stage: Stage, request_: dict[str, Any], expected: list[str]
) -> None:
    peer = await in_room(stage)
    await publish(stage, "room:{x}", *"1234567", x=1)
    reply = await peer.ask("history", channel="room:1", **request_)
    assert [p["data"]["text"] for p in reply["publications"]] == expected
    assert reply["offset"] == 7 and reply["epoch"]


async def test_a_history_reply_has_a_bound() -> None:
    async with on_stage(Stage(limits=Limits(history_page=2))) as stage:
        declare(stage)
        peer = await in_room(stage)
        await publish(stage, "room:{x}", *"12345", x=1)
        for limit in (-1, 5):
            reply = await peer.ask("history", channel="room:1", limit=limit)
            assert len(reply["publications"]) == 2
        assert (await recover(peer, offset=3))["recovered"]
        assert "recovered" not in await recover(peer, offset=2)


async def test_history_of_another_epoch_is_112(stage: Stage) -> None:
    peer = await in_room(stage)
    await publish(stage, "room:{x}", "1", x=1)
    since = {"offset": 1, "epoch": "_"}
    assert await peer.refusal("history", channel="room:1", since=since) == 112
    since["epoch"] = ""
    assert "error" not in await peer.ask("history", channel="room:1", since=since)


async def test_history_in_reverse_from_the_beginning_is_107(stage: Stage) -> None:
    peer = await in_room(stage)
    request = {"since": {"offset": 0}, "reverse": True, "limit": 5}
    assert await peer.refusal("history", channel="room:1", **request) == 107


async def recover(peer: Peer, *, channel: str = "room:1", **position: Any) -> dict[str, Any]:
    await peer.ask("unsubscribe", channel=channel)
    return await peer.ask("subscribe", channel=channel, recover=True, **position)


async def test_a_fresh_subscribe_tells_the_position_and_nothing_old(stage: Stage) -> None:
    await publish(stage, "room:{x}", "1", "2", x=1)
    peer = await stage.connect()
    reply = await peer.ask("subscribe", channel="room:1")
    assert reply.pop("epoch")
    assert reply == {"recoverable": True, "positioned": True, "offset": 2}


async def test_what_was_missed_comes_with_the_reply(stage: Stage) -> None:
    peer = await in_room(stage)
    epoch = (await peer.ask("history", channel="room:1"))["epoch"]
    await publish(stage, "room:{x}", *"123", x=1)
    reply = await recover(peer, epoch=epoch, offset=1)
    assert [p["offset"] for p in reply.pop("publications")] == [2, 3]
    assert reply == {
        "recoverable": True,
        "positioned": True,
        "epoch": epoch,
        "offset": 1,
        "recovered": True,
        "was_recovering": True,
    }
    await publish(stage, "room:{x}", "4", x=1)
    await quiet()
    assert peer.pushes[-1]["pub"]["offset"] == 4


@pytest.mark.parametrize(
    "position", [{"offset": 1}, {"offset": 9}, {"offset": 7, "epoch": "_"}, {"offset": 8}]
)
async def test_what_cannot_be_recovered_is_told_plainly(
    stage: Stage, position: dict[str, Any]
) -> None:
    await publish(stage, "room:{x}", *"1234567", x=1)
    peer = await in_room(stage)
    reply = await recover(peer, **position)
    assert reply["was_recovering"] and "recovered" not in reply and "publications" not in reply
    assert reply["offset"] == 7


async def test_flag_2_turns_the_plain_word_into_112(stage: Stage) -> None:
    await publish(stage, "room:{x}", *"1234567", x=1)
    peer = await in_room(stage)
    reply = await recover(peer, offset=1, flag=3)
    assert reply["error"]["code"] == 112
    assert not stage.core.topics
    assert (await recover(peer, offset=7, flag=3))["recovered"]


async def test_a_cache_gives_the_latest_value_on_arrival(stage: Stage) -> None:
    peer = await stage.connect()
    reply = await peer.ask("subscribe", channel="last:1")
    assert reply["was_recovering"] and "publications" not in reply
    await publish(stage, "last:{x}", "1", "2", x=1)
    other = await stage.connect("bob")
    reply = await other.ask("subscribe", channel="last:1")
    assert [p["data"]["text"] for p in reply["publications"]] == ["2"]
    assert reply["recovered"] and reply["offset"] == 2
    known = {"channel": "last:1", "offset": 2, "epoch": reply["epoch"]}
    again = await recover(other, **known)
    assert again["recovered"] and "publications" not in again


async def test_a_lost_position_is_2500_and_the_client_recovers(stage: Stage) -> None:
    peer = await in_room(stage)
    stage.core.topics["room:1"].lose_position()
    await quiet()
    assert peer.pushes[-1] == {
        "channel": "room:1",
        "unsubscribe": {"code": 2500, "reason": "insufficient state"},
    }
    assert (await recover(peer))["recovered"]


# Expiry and refresh of one subscription.


async def expiring(stage: Stage, ttl: float = 30) -> Peer:
    stage.passes.grants["t"] = Grant(expires_at=stage.clock.now + ttl)
    peer = await stage.connect()
    await peer.ask("subscribe", channel="closed", token="t")
    return peer


async def wait(stage: Stage, peer: Peer, seconds: int) -> None:
    for _ in range(seconds):
        await stage.pass_time(1)
        if peer.session.awaits_pong:
            peer.raw("{}")


async def test_a_subscription_ends_with_its_token_and_some_grace(stage: Stage) -> None:
    peer = await expiring(stage)
    await wait(stage, peer, 55)
    assert peer.told == []
    await wait(stage, peer, 2)
    assert peer.pushes == [
        {"channel": "closed", "unsubscribe": {"code": 2501, "reason": "subscription expired"}}
    ]
    assert peer.code is None
    assert not stage.core.topics


async def test_an_expiry_that_the_app_sets_has_no_grace(stage: Stage) -> None:
    timed = stage.app.channel("timed", publishes=Said)

    @timed.on_subscribe
    def may_join(client: Client) -> Grant:
        return Grant(expires_at=stage.clock.now + 5)

    peer = await stage.connect()
    assert await peer.ask("subscribe", channel="timed") == {}
    await wait(stage, peer, 7)
    assert peer.told == ["unsubscribe"]


async def test_a_sub_refresh_prolongs(stage: Stage) -> None:
    peer = await expiring(stage)
    await wait(stage, peer, 20)
    stage.passes.grants["t2"] = Grant(expires_at=stage.clock.now + 60)
    reply = await peer.ask("sub_refresh", channel="closed", token="t2")
    assert reply == {"expires": True, "ttl": 60}
    await wait(stage, peer, 80)
    assert peer.told == []
    await wait(stage, peer, 10)
    assert peer.told == ["unsubscribe"]


async def test_an_expiry_of_an_earlier_subscription_does_not_end_a_later_one(stage: Stage) -> None:
    peer = await expiring(stage)
    await peer.ask("unsubscribe", channel="closed")
    stage.passes.grants["t2"] = Grant()
    await peer.ask("subscribe", channel="closed", token="t2")
    await wait(stage, peer, 70)
    assert peer.told == []


@pytest.mark.parametrize(
    ("outcome", "code"),
    [(Forbidden(), 3500), (InvalidToken(), 3500), (None, 3501)],
)
async def test_a_bad_sub_refresh_ends_the_connection(stage: Stage, outcome: Any, code: int) -> None:
    peer = await expiring(stage)
    stage.passes.grants["bad"] = outcome
    channel = "closed" if outcome else ""
    peer.start("sub_refresh", channel=channel, token="bad")
    assert peer.code == code


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"channel": "closed"}, 107),
        ({"channel": "closed", "token": "expired"}, 109),
        ({"channel": "closed", "token": "past"}, 110),
        ({"channel": "news", "token": "t"}, 103),
    ],
)
async def test_a_refused_sub_refresh(stage: Stage, request_: dict[str, Any], code: int) -> None:
    peer = await expiring(stage)
    stage.passes.grants |= {"expired": TokenExpired(), "past": Grant(expires_at=1.0)}
    assert await peer.refusal("sub_refresh", **request_) == code
    assert peer.code is None


async def test_after_a_sub_refresh_with_an_expired_token_clients_fetch_another(
    stage: Stage,
) -> None:
    peer = await expiring(stage)
    stage.passes.grants["expired"] = TokenExpired()
    assert await peer.refusal("sub_refresh", channel="closed", token="expired") == 109
    assert peer.pushes == [
        {"channel": "closed", "unsubscribe": {"code": 2501, "reason": "subscription expired"}}
    ]


@pytest.mark.parametrize("channel", ["news", "timed"])
async def test_a_sub_refresh_of_what_cannot_be_refreshed_is_3501(
    stage: Stage, channel: str
) -> None:
    timed = stage.app.channel("timed", publishes=Said)
    timed.on_subscribe(lambda client: Grant(expires_at=stage.clock.now + 5))
    peer = await expiring(stage)
    await peer.ask("subscribe", channel=channel)
    peer.start("sub_refresh", channel=channel, token="t")
    await until(lambda: peer.code)
    assert peer.code == 3501
