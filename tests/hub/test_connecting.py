"""Connect, refresh, expiry, server-side channels: who is let in, for how long, and into what."""

import asyncio
import logging
from typing import Any

import pytest
from msgspec import structs

from antiphon import (
    Disconnect,
    Grant,
    History,
    Identity,
    InvalidToken,
    Limits,
    Refusal,
    TokenExpired,
    Unauthorized,
)
from antiphon.auth import Attempt
from tests.hub.stage import MemoryConnection, Peer, Said, Stage, on_stage, quiet, until

# Outcomes of connect.


async def test_a_connect_reply_says_what_a_client_needs(stage: Stage) -> None:
    stage.passes.identities["t"] = Identity("ann", data={"theme": "dark"})
    reply = await stage.peer().connect("t")
    assert len(reply.pop("client")) == 36
    assert reply == {"version": "1.0.0", "data": {"theme": "dark"}, "ping": 25, "pong": True}


async def test_the_reply_says_ttl_only_to_who_shall_refresh(stage: Stage) -> None:
    expires_at = stage.clock.now + 60
    stage.passes.identities["a"] = Identity("ann", expires_at=expires_at, renewable=True)
    stage.passes.identities["b"] = Identity("bob", expires_at=expires_at)
    renewable, fixed = await stage.peer().connect("a"), await stage.peer().connect("b")
    assert (renewable["expires"], renewable["ttl"]) == (True, 60)
    assert "expires" not in fixed and "ttl" not in fixed


async def test_ttl_is_a_year_at_most(stage: Stage) -> None:
    stage.passes.identities["a"] = Identity("ann", expires_at=9e9, renewable=True)
    assert (await stage.peer().connect("a"))["ttl"] == 365 * 86_400


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (InvalidToken("signature"), 3500),
        (Disconnect(3507, "permission denied"), 3507),
        (Disconnect(3504, "connection limit"), 3504),
        (Disconnect(4500, "go away"), 4500),
    ],
)
@pytest.mark.parametrize("waits", [False, True])
async def test_a_disconnect_ends_the_attempt(
    stage: Stage, outcome: Exception, code: int, waits: bool
) -> None:
    stage.passes.waits = waits
    stage.passes.identities["t"] = outcome
    peer = stage.peer()
    peer.start("connect", token="t")
    await until(lambda: peer.code)
    assert peer.code == code
    assert peer.lines == []
    stage.assert_empty()


async def test_no_credential_is_3501(stage: Stage) -> None:
    peer = stage.peer()
    peer.start("connect")
    assert peer.code == 3501


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (TokenExpired(), 109),
        (Unauthorized("no"), 101),
        (Refusal("payday", code=402), 402),
        (KeyError("bug"), 100),
        (asyncio.CancelledError(), 100),
    ],
)
@pytest.mark.parametrize("waits", [False, True])
async def test_after_an_error_reply_nothing_is_read(
    stage: Stage, outcome: Any, code: int, waits: bool
) -> None:
    @stage.app.on_connect
    async def decide(attempt: Attempt) -> None:
        if waits:
            await asyncio.sleep(0)
        raise outcome

    peer = stage.peer()
    peer.frame({"id": 1, "connect": {}}, {"id": 2, "rpc": {}})
    assert (await peer.reply(1))["error"]["code"] == code
    for text in ("{}", "garbage", '{"id":3,"connect":{}}'):
        peer.raw(text)
    await quiet()
    assert len(peer.lines) == 1
    assert peer.code is None
    await stage.pass_time(12)
    assert peer.code == 3502
    stage.assert_empty()


async def test_an_expiry_in_the_past_is_110(stage: Stage) -> None:
    stage.passes.identities["t"] = Identity("ann", expires_at=stage.clock.now - 1)
    assert await stage.peer().refusal("connect", token="t") == 110


async def test_a_hook_that_raises_is_logged_with_its_traceback(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    @stage.app.on_connect
    def decide(attempt: Attempt) -> None:
        raise KeyError("bug")

    assert await stage.peer().refusal("connect") == 100
    assert "a client that connects" in caplog.text
    assert "Traceback" in caplog.text and "bug" in caplog.text


async def test_a_hook_that_returns_no_identity_is_a_bug_and_no_way_in(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    @stage.app.on_connect
    def decide(attempt: Attempt) -> Any:
        return {"user": "ann"}

    assert await stage.peer().refusal("connect") == 100
    assert "Identity" in caplog.text


async def test_the_hook_sees_the_attempt_and_decides(stage: Stage) -> None:
    seen = []

    @stage.app.on_connect
    async def decide(attempt: Attempt) -> Identity | None:
        seen.append(attempt)
        return Identity("bob") if attempt.identity is None else None

    stage.passes.identities["t"] = Identity("ann")
    peer = stage.peer(headers=(("cookie", "a=1"),))
    await peer.connect("t", name="js", version="5", data={"k": 1}, headers={"h": "v"})
    other = stage.peer()
    await other.connect()
    attempt = seen[0]
    assert (attempt.name, attempt.version, attempt.cookies) == ("js", "5", {"a": "1"})
    assert attempt.data is not None and bytes(attempt.data) == b'{"k": 1}'
    assert (attempt.emulated_headers, attempt.query, attempt.address) == ({"h": "v"}, "q=1", "::1")
    assert set(stage.app.hub.users) == {"ann", "bob"}


# Order and state.


@pytest.mark.parametrize(
    "frame",
    [
        '{"id":1,"rpc":{}}',
        '{"id":1,"subscribe":{"channel":"a"}}',
        '{"send":{"data":1}}',
        "{}",
        '{"id":1}',
        '{"id":1,"unknown":{}}',
        '{"id":1,"ping":{}}',
        '{"connect":{}}',
        '{"id":0,"connect":{}}',
        '{"id":1,"connect":[]}',
        '{"id":1,"connect":{"token":1}}',
        '{"id":-1,"connect":{}}',
        "",
        "\n",
        "not json",
    ],
)
async def test_before_connect_anything_else_ends_the_connection(stage: Stage, frame: str) -> None:
    stage.passes.identities[""] = Identity("ann")
    peer = stage.peer()
    peer.raw(frame)
    peer.frame({"id": 9, "connect": {"token": "x"}})
    assert peer.code == 3501
    assert peer.lines == []
    stage.assert_empty()


@pytest.mark.parametrize("waits", [False, True])
async def test_a_second_connect_ends_the_connection(stage: Stage, waits: bool) -> None:
    stage.passes.waits = waits
    stage.passes.identities["t"] = Identity("ann")
    connect = {"connect": {"token": "t"}}
    peer = stage.peer()
    peer.frame({"id": 1, **connect}, {"id": 2, **connect})
    await until(lambda: peer.code)
    assert peer.code == 3501
    assert [line["id"] for line in peer.lines] == [1]
    stage.assert_empty()


@pytest.mark.parametrize(
    "frame",
    ['{"id":7}', '{"id":7,"unknown":{}}', '{"id":7,"ping":{}}', '{"rpc":{}}', "{}", "x", ""],
)
async def test_what_is_no_command_ends_a_connection(stage: Stage, frame: str) -> None:
    peer = await stage.connect()
    peer.raw(frame)
    assert peer.code == 3501
    stage.assert_empty()


@pytest.mark.parametrize("waits", [False, True])
async def test_connect_and_subscribe_in_one_frame(stage: Stage, waits: bool) -> None:
    stage.passes.waits = waits
    stage.app.channel("news", publishes=Said, open=True)
    stage.passes.identities["t"] = Identity("ann")
    peer = stage.peer()
    peer.frame({"id": 1, "connect": {"token": "t"}}, {"id": 2, "subscribe": {"channel": "news"}})
    assert await peer.reply(2) == {}
    assert [line["id"] for line in peer.lines] == [1, 2]


async def test_the_message_limit_grows_with_the_connect(stage: Stage) -> None:
    limits = stage.app.limits
    peer = stage.peer()
    assert peer.connection.message_limit == limits.message_bytes_before_connect
    stage.passes.identities["t"] = Identity("ann")
    await peer.connect("t")
    assert peer.connection.message_limit == limits.message_bytes


async def test_a_silent_connection_is_stale(stage: Stage) -> None:
    peer = stage.peer()
    await stage.pass_time(10)
    assert peer.code is None
    await stage.pass_time(2)
    assert peer.code == 3502
    stage.assert_empty()


@pytest.mark.parametrize("turns", [0, 1])
async def test_a_connection_that_ends_while_it_connects_leaves_nothing(
    stage: Stage, turns: int, caplog: pytest.LogCaptureFixture
) -> None:
    go_on = asyncio.Event()
    ended = []

    @stage.app.on_connect
    async def decide(attempt: Attempt) -> Identity:
        await go_on.wait()
        return Identity("ann", channels=("news",))

    @stage.app.on_disconnect
    def end(client: Any) -> None:
        ended.append(client)

    stage.app.channel("news", publishes=Said, presence=True)
    peer = stage.peer()
    peer.start("connect")
    for _ in range(turns):
        await asyncio.sleep(0)
    peer.drop()
    go_on.set()
    await quiet()
    stage.assert_empty()
    assert not ended
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


# Ping and pong.


async def test_pings_come_once_per_interval_the_first_in_its_second_half(stage: Stage) -> None:
    peers = [await stage.connect(f"user{n}") for n in range(20)]
    for _ in range(11):
        await stage.pass_time(1)
    assert not any({} in peer.lines for peer in peers)
    first: dict[int, int] = {}
    for second in range(12, 26):
        await stage.pass_time(1)
        for number, peer in enumerate(peers):
            if {} in peer.lines:
                first.setdefault(number, second)
                if peer.session.awaits_pong:
                    peer.raw("{}")
    assert len(first) == 20
    assert len(set(first.values())) > 1


async def test_a_pong_that_does_not_come_ends_the_connection(stage: Stage) -> None:
    peer = await stage.connect()
    while {} not in peer.lines:
        await stage.pass_time(1)
    await stage.pass_time(7)
    assert peer.code is None
    await stage.pass_time(1)
    assert peer.code == 3012
    stage.assert_empty()


async def test_a_pong_in_time_keeps_the_connection_and_a_second_one_does_not(
    stage: Stage,
) -> None:
    peer = await stage.connect()
    while {} not in peer.lines:
        await stage.pass_time(1)
    await stage.pass_time(7)
    peer.raw("{}")
    await stage.pass_time(10)
    assert peer.code is None
    peer.raw("{}")
    assert peer.code == 3501


async def test_a_loop_that_stood_still_is_not_held_against_clients(stage: Stage) -> None:
    peer = await stage.connect()
    stage.app.hub.stalled(25)
    await stage.pass_time(25)
    assert {} in peer.lines
    await stage.pass_time(7)
    assert peer.code is None
    await stage.pass_time(26)
    assert peer.code == 3012


# Expiry and refresh.


def renewable(stage: Stage, user: str = "ann", ttl: float = 60, **more: Any) -> Identity:
    return Identity(user, expires_at=stage.clock.now + ttl, renewable=True, **more)


async def answer_pings(stage: Stage, peer: Any, seconds: int) -> None:
    for _ in range(seconds):
        await stage.pass_time(1)
        if peer.session.awaits_pong and peer.code is None:
            peer.raw("{}")


@pytest.mark.parametrize(("is_renewable", "grace"), [(True, 25), (False, 0)])
async def test_a_connection_ends_with_its_credential(
    stage: Stage, is_renewable: bool, grace: int
) -> None:
    peer = await stage.connect(expires_at=stage.clock.now + 60, renewable=is_renewable)
    await answer_pings(stage, peer, 60 + grace)
    assert peer.code is None
    await answer_pings(stage, peer, 2)
    assert peer.code == 3005
    stage.assert_empty()


async def test_a_refresh_prolongs_the_connection(stage: Stage) -> None:
    peer = stage.peer()
    stage.passes.identities["t"] = renewable(stage)
    await peer.connect("t")
    await answer_pings(stage, peer, 50)
    stage.passes.identities["t2"] = renewable(stage)
    reply = await peer.ask("refresh", token="t2")
    assert reply == {"client": peer.id, "version": "1.0.0", "expires": True, "ttl": 60}
    await answer_pings(stage, peer, 80)
    assert peer.code is None
    await answer_pings(stage, peer, 10)
    assert peer.code == 3005


async def test_a_refresh_may_end_the_expiry(stage: Stage) -> None:
    peer = stage.peer()
    stage.passes.identities["t"] = renewable(stage)
    stage.passes.identities["forever"] = Identity("ann")
    await peer.connect("t")
    assert "expires" not in await peer.ask("refresh", token="forever")
    await answer_pings(stage, peer, 120)
    assert peer.code is None


async def test_a_refresh_with_the_same_channels_in_another_order_is_fine(stage: Stage) -> None:
    for name in ("a", "b"):
        stage.app.channel(name, publishes=Said)
    peer = stage.peer()
    stage.passes.identities["t"] = renewable(stage, channels=("a", "b"))
    stage.passes.identities["t2"] = renewable(stage, channels=("b",), subscriptions={"a": Grant()})
    await peer.connect("t")
    assert (await peer.ask("refresh", token="t2"))["ttl"] == 60


async def test_channels_that_a_hook_added_do_not_hinder_a_refresh(stage: Stage) -> None:
    stage.app.channel("a", publishes=Said)

    @stage.app.on_connect
    def decide(attempt: Attempt) -> Identity:
        assert attempt.identity is not None
        return structs.replace(attempt.identity, channels=("a",))

    peer = stage.peer()
    stage.passes.identities["t"] = renewable(stage)
    assert "a" in (await peer.connect("t"))["subs"]
    assert (await peer.ask("refresh", token="t"))["ttl"] == 60


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (TokenExpired(), 3005),
        (InvalidToken(), 3500),
        (Identity("bob"), 3500),
        (Identity("ann", channels=("new",)), 3010),
        (Identity("ann", subscriptions={"new": Grant()}), 3010),
    ],
)
@pytest.mark.parametrize("waits", [False, True])
async def test_a_bad_refresh_ends_the_connection(
    stage: Stage, outcome: Any, code: int, waits: bool
) -> None:
    stage.passes.identities["t"] = renewable(stage)
    stage.passes.identities["t2"] = outcome
    peer = stage.peer()
    await peer.connect("t")
    stage.passes.waits = waits
    peer.start("refresh", token="t2")
    await until(lambda: peer.code)
    assert peer.code == code
    assert len(peer.lines) == 1


async def test_a_refresh_to_the_past_is_110(stage: Stage) -> None:
    stage.passes.identities["t"] = renewable(stage)
    stage.passes.identities["t2"] = renewable(stage, ttl=-1)
    peer = stage.peer()
    await peer.connect("t")
    assert await peer.refusal("refresh", token="t2") == 110
    assert peer.code is None


@pytest.mark.parametrize("is_renewable", [True, False])
async def test_a_refresh_without_token_or_reason_is_3501(stage: Stage, is_renewable: bool) -> None:
    stage.passes.identities["t"] = structs.replace(renewable(stage), renewable=is_renewable)
    peer = stage.peer()
    await peer.connect("t")
    peer.start("refresh", token="" if is_renewable else "t")
    assert peer.code == 3501


async def test_an_ended_connection_is_not_ended_again_by_its_expiry(stage: Stage) -> None:
    ended = []

    @stage.app.on_disconnect
    def end(client: Any, code: int, reason: str) -> None:
        ended.append((client.user, code, reason))

    peer = await stage.connect(expires_at=stage.clock.now + 60)
    peer.session.on_close(1001, "bye")
    await stage.pass_time(70)
    assert ended == [("ann", 1001, "bye")]


# Server-side channels.


async def test_channels_of_the_credential_are_entered_on_connect(stage: Stage) -> None:
    stage.app.channel("a", publishes=Said)
    kept = stage.app.channel("b:{x}", publishes=Said, history=History(5, 60), join_leave=True)
    stage.app.channel("inbox#{user}", publishes=Said, personal=True)
    await kept.publish(Said(text="old"), x="1")
    stage.passes.identities["t"] = Identity(
        "ann", channels=("a", "b:1"), subscriptions={"a": Grant(data={"k": 1})}
    )
    peer = stage.peer()
    subs = (await peer.connect("t"))["subs"]
    epoch = subs["b:1"].pop("epoch")
    assert epoch
    assert subs == {
        "a": {"data": {"k": 1}},
        "b:1": {"recoverable": True, "positioned": True, "offset": 1},
        "inbox#ann": {},
    }
    await kept.publish(Said(text="new"), x="1")
    await quiet()
    assert peer.texts == ["new"]
    assert peer.told == ["join", "pub"]


async def test_what_was_missed_in_server_side_channels_is_recovered(stage: Stage) -> None:
    kept = stage.app.channel("b", publishes=Said, history=History(5, 60))
    stage.passes.identities["t"] = Identity("ann", channels=("b",))
    first = stage.peer()
    epoch = (await first.connect("t"))["subs"]["b"]["epoch"]
    first.drop()
    for text in ("one", "two"):
        await kept.publish(Said(text=text))
    again = stage.peer()
    wanted = {"b": {"recover": True, "epoch": epoch, "offset": 0}}
    found = (await again.connect("t", subs=wanted))["subs"]["b"]
    assert found["recovered"] and found["was_recovering"] and found.get("offset", 0) == 0
    assert [p["data"]["text"] for p in found["publications"]] == ["one", "two"]
    lost = stage.peer()
    wanted["b"]["epoch"] = "other"
    found = (await lost.connect("t", subs=wanted))["subs"]["b"]
    assert "recovered" not in found and "publications" not in found
    assert (found["was_recovering"], found["offset"]) == (True, 2)


async def test_a_lost_position_in_a_server_side_channel_is_3010(stage: Stage) -> None:
    stage.app.channel("b", publishes=Said, history=History(5, 60))
    peer = await stage.connect(channels=("b",))
    stage.core.topics["b"].lose_position()
    assert peer.code == 3010
    stage.assert_empty()


async def test_an_expiry_of_a_server_side_subscription_is_3006(stage: Stage) -> None:
    stage.app.channel("b", publishes=Said)
    peer = await stage.connect(
        subscriptions={"b": Grant(expires_at=stage.clock.now + 5)}, expires_at=None
    )
    await stage.pass_time(7)
    assert peer.code == 3006


async def test_too_many_server_side_channels_are_3505() -> None:
    async with on_stage(Stage(limits=Limits(channels_per_client=2))) as stage:
        stage.app.channel("c:{x}", publishes=Said, presence=True)
        stage.passes.identities["t"] = Identity("ann", channels=("c:1", "c:2", "c:3"))
        peer = stage.peer()
        peer.start("connect", token="t")
        assert peer.code == 3505
        assert peer.lines == []
        stage.assert_empty()
        assert await stage.core.engine.presence("c:1") == {}


async def test_an_undeclared_channel_in_a_token_is_102(stage: Stage) -> None:
    stage.app.channel("c", publishes=Said, presence=True)
    stage.passes.identities["t"] = Identity("ann", channels=("c", "nowhere"))
    peer = stage.peer()
    assert await peer.refusal("connect", token="t") == 102
    assert not stage.core.topics


async def test_nobody_has_no_personal_channel(stage: Stage) -> None:
    stage.app.channel("inbox#{user}", publishes=Said, personal=True)
    stage.passes.identities["t"] = Identity("")
    assert "subs" not in await stage.peer().connect("t")


async def framed(stage: Stage) -> Peer:
    """Return a client that asked for pings in frames."""
    peer = stage.peer()
    peer.session.on_close(1006, "")
    peer.connection = MemoryConnection()
    peer.connection.pings = True
    request = peer.connection.request
    peer.connection.request = structs.replace(request, query="cf_ws_frame_ping_pong=true")
    peer.session = stage.app.hub.open(peer.connection)
    stage.passes.identities["pass"] = Identity("ann")
    result = await peer.connect("pass")
    assert not {"ping", "pong"} & set(result)
    return peer


async def test_pings_may_be_frames_and_are_answered_by_frames() -> None:
    async with on_stage(Stage()) as stage:
        peer = await framed(stage)
        lines = len(peer.lines)
        for _ in range(3 * stage.app.limits.ping_seconds):
            await stage.pass_time(1)
            peer.session.on_pong()
        assert peer.connection.pinged >= 2
        assert len(peer.lines) == lines
        assert peer.code is None


async def test_a_ping_frame_without_an_answer() -> None:
    async with on_stage(Stage()) as stage:
        peer = await framed(stage)
        await stage.pass_time(stage.app.limits.ping_seconds + stage.app.limits.pong_seconds + 1)
        assert peer.code == 3012


async def test_a_pong_frame_answers_no_message() -> None:
    async with on_stage(Stage()) as stage:
        peer = await stage.connect()
        for _ in range(2 * stage.app.limits.ping_seconds):
            await stage.pass_time(1)
            peer.session.on_pong()
        assert peer.code == 3012
