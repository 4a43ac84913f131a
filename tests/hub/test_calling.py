"""RPC, one-way messages and publishing: order, side by side, limits, and what handlers do wrong."""

import asyncio
from typing import Any

import pytest

from antiphon import Client, Disconnect, Forbidden, LimitExceeded, Limits, Refusal
from tests.hub.stage import Peer, Said, Stage, Typing, declare, on_stage, publish, quiet, until


class Gate:
    """An RPC method `wait` that answers when it is let go."""

    def __init__(self, stage: Stage) -> None:
        self.waiting: list[str] = []
        self.open = asyncio.Event()
        stage.app.rpc("wait")(self.wait)
        stage.app.rpc("now")(self.now)

    async def wait(self, client: Client, request: str) -> str:
        self.waiting.append(request)
        await self.open.wait()
        return request

    async def now(self, client: Client, request: str) -> str:
        return request


def order(peer: Peer) -> list[int]:
    """The ids of the replies, in order, without the connect's."""
    return [line["id"] for line in peer.lines[1:] if "id" in line]


# RPC.


async def test_an_app_without_methods_is_108(stage: Stage) -> None:
    assert await (await stage.connect()).refusal("rpc", method="x") == 108


async def test_an_unknown_method_is_104(stage: Stage) -> None:
    Gate(stage)
    assert await (await stage.connect()).refusal("rpc", method="x") == 104


async def test_a_bad_request_is_107_and_says_what_is_wrong(stage: Stage) -> None:
    Gate(stage)
    error = (await (await stage.connect()).ask("rpc", method="now", data=5))["error"]
    assert error == {"code": 107, "message": "bad request: Expected `str`, got `int`"}
    missing = (await (await stage.connect()).ask("rpc", method="now"))["error"]
    assert missing["code"] == 107


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("plain", [False, True])
async def test_methods_answer_whether_they_wait_or_not(
    stage: Stage, waits: bool, plain: bool
) -> None:
    if plain:
        stage.app.rpc("m")(lambda client: 5)
    elif waits:

        @stage.app.rpc("m")
        async def slow(client: Client) -> int:
            await asyncio.sleep(0)
            return 5
    else:

        @stage.app.rpc("m")
        async def quick(client: Client) -> int:
            return 5

    assert await (await stage.connect()).ask("rpc", method="m", data={"ignored": 1}) == {"data": 5}


async def test_nothing_to_answer_is_an_empty_result(stage: Stage) -> None:
    stage.app.rpc("m")(lambda client: None)
    assert await (await stage.connect()).ask("rpc", method="m") == {}


async def test_calls_wait_side_by_side(stage: Stage) -> None:
    gate = Gate(stage)
    peer = await stage.connect()
    first = peer.start("rpc", method="wait", data="a")
    second = peer.start("rpc", method="wait", data="b")
    assert await peer.ask("rpc", method="now", data="c") == {"data": "c"}
    assert gate.waiting == ["a", "b"]
    gate.open.set()
    assert await peer.reply(first) == {"data": "a"}
    assert await peer.reply(second) == {"data": "b"}


async def test_calls_in_flight_are_bounded_and_the_rest_waits() -> None:
    async with on_stage(Stage(limits=Limits(calls_in_flight=2))) as stage:
        gate = Gate(stage)
        peer = await stage.connect()
        for name in "abc":
            peer.start("rpc", method="wait", data=name)
        last = peer.start("rpc", method="now", data="d")
        await quiet()
        assert gate.waiting == ["a", "b"]
        assert order(peer) == []
        gate.open.set()
        assert await peer.reply(last) == {"data": "d"}
        await quiet()
        assert sorted(order(peer)) == [2, 3, 4, 5]


# One command after another.


def slow_channel(stage: Stage) -> asyncio.Event:
    go_on = asyncio.Event()
    slow = stage.app.channel("slow", publishes=Said, accepts=Said)

    @slow.on_subscribe
    async def may_join(client: Client) -> None:
        await go_on.wait()

    return go_on


async def test_commands_wait_behind_one_that_waits_and_keep_their_order(stage: Stage) -> None:
    go_on = slow_channel(stage)
    peer = await stage.connect()
    peer.start("subscribe", channel="slow")
    said = {"type": "said", "text": "x"}
    peer.start("publish", channel="slow", data=said)
    peer.start("unsubscribe", channel="slow")
    await quiet()
    assert order(peer) == []
    go_on.set()
    await until(lambda: len(order(peer)) == 3)
    assert order(peer) == [2, 3, 4]
    assert not any("error" in line for line in peer.lines)


async def test_a_call_that_ends_does_not_let_commands_past_a_subscribe(stage: Stage) -> None:
    gate, go_on = Gate(stage), slow_channel(stage)
    peer = await stage.connect()
    called = peer.start("rpc", method="wait", data="a")
    peer.start("subscribe", channel="slow")
    published = peer.start("publish", channel="slow", data={"type": "said", "text": "x"})
    gate.open.set()
    await peer.reply(called)
    await quiet()
    assert order(peer) == [called]
    go_on.set()
    assert await peer.reply(published) == {}


async def test_reading_pauses_while_much_is_held_back() -> None:
    async with on_stage(Stage(limits=Limits(commands_waiting=4))) as stage:
        go_on = slow_channel(stage)
        Gate(stage)
        peer = await stage.connect()
        peer.start("subscribe", channel="slow")
        for name in "abc":
            peer.start("rpc", method="now", data=name)
        assert not peer.connection.paused
        peer.frame(*[{"id": 50 + n, "rpc": {"method": "now", "data": ""}} for n in range(6)])
        assert peer.connection.paused
        go_on.set()
        await until(lambda: len(order(peer)) == 10)
        assert not peer.connection.paused
        assert order(peer) == [2, 3, 4, 5, *range(50, 56)]


async def test_what_was_held_back_is_not_run_after_the_end(stage: Stage) -> None:
    go_on = slow_channel(stage)
    called = []
    stage.app.rpc("m")(lambda client: called.append(client))
    peer = await stage.connect()
    peer.start("subscribe", channel="slow")
    peer.start("rpc", method="m")
    peer.drop()
    peer.start("rpc", method="m")
    go_on.set()
    await quiet()
    assert not called
    stage.assert_empty()


# One-way messages.


async def test_a_message_without_a_handler_is_3508(stage: Stage) -> None:
    peer = await stage.connect()
    peer.frame({"send": {"data": {"type": "said", "text": "x"}}})
    assert peer.code == 3508


@pytest.mark.parametrize("waits", [False, True])
async def test_messages_reach_the_handler_of_their_event(stage: Stage, waits: bool) -> None:
    seen: list[Any] = []

    @stage.app.on_message(Said)
    async def said(client: Client, event: Said) -> None:
        if waits:
            await asyncio.sleep(0)
        seen.append((client.user, event))

    @stage.app.on_message(Typing)
    def typing(client: Client, event: Typing) -> None:
        seen.append(event)

    peer = await stage.connect()
    for data in ({"type": "said", "text": "x"}, {"type": "typing"}, {"type": "no"}, 5, None):
        peer.frame({"send": {"data": data}})
    peer.frame({"send": {}})
    await quiet()
    assert seen == [("ann", Said(text="x")), Typing()]
    assert len(peer.lines) == 1
    assert peer.code is None
    assert stage.core.stats.refused == {107: 4}


async def test_a_message_with_an_id_gets_no_reply_either(stage: Stage) -> None:
    stage.app.on_message(Typing)(lambda client, event: None)
    peer = await stage.connect()
    peer.frame({"id": 7, "send": {"data": {"type": "typing"}}})
    assert len(peer.lines) == 1


# Publishing.


async def test_who_publishes_gets_the_reply_then_the_publication_with_info(stage: Stage) -> None:
    stage.app.channel("news", publishes=Said, accepts=Said, open=True)
    peer = await stage.connect(info={"name": "Ann"})
    await peer.ask("subscribe", channel="news")
    said = {"type": "said", "text": "x"}
    assert await peer.ask("publish", channel="news", data=said) == {}
    await quiet()
    info = {"user": "ann", "client": peer.id, "conn_info": {"name": "Ann"}}
    assert peer.lines[-1] == {"push": {"channel": "news", "pub": {"data": said, "info": info}}}


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"channel": "news"}, 107),
        ({"channel": "news", "data": None}, 107),
        ({"channel": "news", "data": {"type": "typing"}}, 107),
        ({"channel": "mute", "data": {"type": "said", "text": "x"}}, 108),
        ({"channel": "mute", "data": {"type": "event"}}, 108),
        ({"channel": "other", "data": {"type": "said", "text": "x"}}, 103),
        ({"channel": "nowhere", "data": {"type": "said", "text": "x"}}, 102),
        ({"channel": "a b", "data": {"type": "said", "text": "x"}}, 107),
    ],
)
async def test_a_refused_publish(stage: Stage, request_: dict[str, Any], code: int) -> None:
    for name in ("news", "other"):
        stage.app.channel(name, publishes=Said, accepts=Said, open=True)
    stage.app.channel("mute", publishes=Said, open=True)
    peer = await stage.connect()
    for name in ("news", "mute"):
        await peer.ask("subscribe", channel=name)
    assert await peer.refusal("publish", **request_) == code
    assert peer.code is None
    await quiet()
    assert peer.texts == []


async def test_a_channel_may_take_events_from_outside(stage: Stage) -> None:
    seen = []
    box = stage.app.channel("box", publishes=Said, accepts=Said, publish_unsubscribed=True)

    @box.on_publish()
    def said(client: Client, event: Said) -> None:
        seen.append((client.user, event.text))

    peer = await stage.connect()
    said_ = {"type": "said", "text": "x"}
    assert await peer.ask("publish", channel="box", data=said_) == {}
    assert seen == [("ann", "x")]


# What handlers do wrong.

OUTCOMES = [
    (Forbidden("not you"), 103, None),
    (Refusal("broke", code=402), 402, None),
    (LimitExceeded(), 106, None),
    (KeyError("bug"), 100, None),
    (asyncio.CancelledError(), 100, None),
    (TimeoutError(), 100, None),
    (Disconnect(4500, "banned"), None, 4500),
]


@pytest.mark.parametrize(("outcome", "error", "close"), OUTCOMES)
@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("name", ["rpc", "subscribe", "publish"])
async def test_what_a_handler_raises(
    stage: Stage, outcome: Any, error: int | None, close: int | None, waits: bool, name: str
) -> None:
    room = stage.app.channel("room", publishes=Said, accepts=Said, open=True)

    async def fails() -> None:
        if waits:
            await asyncio.sleep(0)
        raise outcome

    if name == "rpc":
        stage.app.rpc("m")(lambda_of(fails, waits))
    elif name == "subscribe":
        room.on_subscribe(lambda_of(fails, waits))
    else:
        room.on_publish(Said)(lambda_of(fails, waits, event=True))
    other, peer = await stage.connect("bob"), await stage.connect("ann")
    if name == "publish":
        await peer.ask("subscribe", channel="room")
    data = {"type": "said", "text": "x"}
    command = peer.start(name, channel="room", method="m", data=data)
    await until(lambda: peer.code or peer.replies(command))
    assert peer.code == close
    assert [reply["error"]["code"] for reply in peer.replies(command)] == ([error] if error else [])
    assert other.code is None
    await quiet()
    assert not stage.core.tasks


def lambda_of(fails: Any, waits: bool, event: bool = False) -> Any:
    """A handler that raises, with the signature that is wanted, and no wait unless `waits`."""
    if waits:

        async def two(client: Client) -> None:
            await fails()

        async def three(client: Client, event: Said) -> None:
            await fails()

        return three if event else two

    def plain(client: Client) -> None:
        fails().send(None)

    def plain_three(client: Client, event: Said) -> None:
        fails().send(None)

    return plain_three if event else plain


async def test_a_handler_that_raises_is_logged_with_traceback_and_client(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    @stage.app.rpc("m")
    async def fails(client: Client) -> None:
        raise KeyError("the bug")

    peer = await stage.connect()
    error = (await peer.ask("rpc", method="m"))["error"]
    assert error == {"code": 100, "message": "internal server error", "temporary": True}
    assert peer.id in caplog.text
    assert "Traceback" in caplog.text and "the bug" in caplog.text
    assert stage.core.stats.handler_errors == 1


@pytest.mark.parametrize("hook", ["on_disconnect", "on_unsubscribe"])
@pytest.mark.parametrize("waits", [False, True])
async def test_hooks_of_the_end_that_raise_are_logged_with_the_client(
    stage: Stage, hook: str, waits: bool, caplog: pytest.LogCaptureFixture
) -> None:
    room = stage.app.channel("room", publishes=Said, open=True, presence=True)

    async def fails() -> None:
        if waits:
            await asyncio.sleep(0)
        raise KeyError("the bug")

    handler = lambda_of(fails, waits)
    (stage.app.on_disconnect if hook == "on_disconnect" else room.on_unsubscribe)(handler)
    peer = await stage.connect()
    await peer.ask("subscribe", channel="room")
    peer.drop()
    await quiet()
    assert peer.id in caplog.text
    assert "the bug" in caplog.text
    stage.assert_empty()


async def test_a_result_that_cannot_be_encoded_is_a_bug(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.app.rpc("m")(lambda client: object())
    assert await (await stage.connect()).refusal("rpc", method="m") == 100
    assert "object" in caplog.text


# Rates.


def limited(**limits: Any) -> Stage:
    return Stage(limits=Limits(commands_per_second=10, command_burst=20, **limits))


async def test_beyond_the_rate_commands_get_111_until_time_passes() -> None:
    async with on_stage(limited()) as stage:
        Gate(stage)
        peer = await stage.connect()
        for _ in range(19):
            assert await peer.ask("rpc", method="now", data="") == {"data": ""}
        error = (await peer.ask("rpc", method="now", data=""))["error"]
        assert (error["code"], error["temporary"]) == (111, True)
        stage.clock.now += 0.15
        assert await peer.ask("rpc", method="now", data="") == {"data": ""}
        assert await peer.refusal("rpc", method="now", data="") == 111
        assert peer.code is None


async def test_pongs_cost_no_command() -> None:
    async with on_stage(limited()) as stage:
        peer = await stage.connect()
        for _ in range(50):
            peer.session.awaits_pong = True
            peer.raw("{}")
        assert peer.code is None


async def test_persistent_abuse_is_3013_however_evenly_it_comes() -> None:
    async with on_stage(limited(commands_refused=100)) as stage:
        Gate(stage)
        peer = await stage.connect()
        sent = 0
        while peer.code is None and sent < 2_000:
            stage.clock.now += 1 / 50
            peer.start("rpc", method="now", data="")
            sent += 1
        assert peer.code == 3013
        assert sent < 400
        stage.assert_empty()


async def test_a_client_slightly_above_the_rate_is_never_closed() -> None:
    async with on_stage(limited(commands_refused=100)) as stage:
        Gate(stage)
        peer = await stage.connect()
        for _ in range(3_000):
            stage.clock.now += 1 / 15
            peer.start("rpc", method="now", data="")
        assert peer.code is None


@pytest.mark.parametrize(
    ("command", "request_"),
    [
        ("subscribe", {"channel": "news", "type": 1}),
        ("publish", {"channel": "room:1", "type": 1, "key": "a", "data": {}}),
        ("sub_refresh", {"channel": "room:1", "type": 1, "track": []}),
    ],
)
async def test_maps_and_shared_polls_are_refused(
    stage: Stage, command: str, request_: dict[str, Any]
) -> None:
    declare(stage)
    peer = await stage.connect()
    await peer.ask("subscribe", channel="room:1")
    assert await peer.refusal(command, **request_) == 103
    assert peer.code is None


async def test_what_is_published_before_a_disconnect_still_goes_out(stage: Stage) -> None:
    declare(stage)
    peer = await stage.connect()
    await peer.ask("subscribe", channel="news")
    await publish(stage, "news", "farewell")
    peer.session.client.disconnect()
    assert (peer.texts, peer.code) == (["farewell"], 3503)
