"""The hub as a whole: who is connected, what handlers do to clients, and how it shuts down."""

import asyncio
import gc
import weakref

import pytest

from antiphon import (
    Client,
    DeclarationError,
    History,
    LimitExceeded,
    Limits,
    UnknownChannel,
)
from antiphon.errors import AlreadySubscribed
from antiphon.wire.port import Request
from tests.hub.stage import MemoryConnection, Said, Stage, Typing, on_stage, quiet, until

REQUEST = Request(path="/", query="", headers=(), scheme="ws", address="")


# What the app does to clients.


async def test_a_user_may_have_several_connections(stage: Stage) -> None:
    peers = [await stage.connect("ann") for _ in range(2)]
    other = await stage.connect("bob")
    assert {client.id for client in stage.app.clients_of("ann")} == {peer.id for peer in peers}
    assert stage.app.clients_of("eve") == []
    stage.app.disconnect("ann")
    assert [peer.code for peer in peers] == [3503, 3503]
    assert other.code is None
    assert stage.app.clients_of("ann") == []


async def test_a_message_goes_to_one_connection() -> None:
    async with on_stage(Stage(messages=Said)) as stage:
        peer, other = await stage.connect("ann"), await stage.connect("ann")
        peer.session.client.send(Said(text="hi"))
        assert peer.pushes == [{"message": {"data": {"type": "said", "text": "hi"}}}]
        assert other.pushes == []
        with pytest.raises(DeclarationError, match="Typing"):
            peer.session.client.send(Typing())


async def test_a_handler_reaches_its_client_before_its_reply() -> None:
    async with on_stage(Stage(messages=Said)) as stage:
        stage.app.channel("closed:{x}", publishes=Said, history=History(5, 60))

        @stage.app.rpc("enter")
        async def enter(client: Client) -> list[str]:
            client.send(Said(text="welcome"))
            await client.subscribe("closed:1")
            return client.channels

        peer = await stage.connect()
        assert await peer.ask("rpc", method="enter") == {"data": ["closed:1"]}
        assert peer.told == ["message", "subscribe"]
        assert peer.pushes[1]["channel"] == "closed:1"
        told = peer.pushes[1]["subscribe"]
        assert told.pop("epoch")
        assert told == {"recoverable": True, "positioned": True}
        assert list(peer.lines[-1]) == ["id", "rpc"]


async def test_a_client_is_unsubscribed_by_the_server(stage: Stage) -> None:
    stage.app.channel("news", publishes=Said, open=True)
    peer = await stage.connect()
    await peer.ask("subscribe", channel="news")
    await peer.session.client.unsubscribe("news")
    await peer.session.client.unsubscribe("news")
    push = {"channel": "news", "unsubscribe": {"code": 2000, "reason": "server unsubscribe"}}
    assert peer.pushes == [push]
    assert peer.session.client.channels == []


async def test_subscribing_from_the_server_side_fails_plainly() -> None:
    async with on_stage(Stage(limits=Limits(channels_per_client=1))) as stage:
        stage.app.channel("c:{x}", publishes=Said)
        client = (await stage.connect()).session.client
        with pytest.raises(UnknownChannel):
            await client.subscribe("nowhere")
        await client.subscribe("c:1")
        with pytest.raises(AlreadySubscribed):
            await client.subscribe("c:1")
        with pytest.raises(LimitExceeded):
            await client.subscribe("c:2")


async def test_a_server_side_subscription_can_be_left_by_the_client(stage: Stage) -> None:
    stage.app.channel("c", publishes=Said)
    peer = await stage.connect(channels=("c",))
    assert await peer.ask("unsubscribe", channel="c") == {}
    assert not stage.core.topics


async def test_after_the_end_a_client_is_safe_to_use() -> None:
    async with on_stage(Stage(messages=Said)) as stage:
        stage.app.channel("c", publishes=Said, open=True)
        peer = await stage.connect()
        client = peer.session.client
        peer.drop()
        client.send(Said(text="x"))
        client.disconnect()
        await client.subscribe("c")
        await client.unsubscribe("c")
        assert client.channels == []
        assert len(peer.lines) == 1
        stage.assert_empty()


async def test_a_handler_may_end_its_own_connection(stage: Stage) -> None:
    @stage.app.rpc("leave")
    async def leave(client: Client) -> str:
        client.disconnect(4000, "come back")
        return "unheard"

    peer = await stage.connect()
    peer.frame({"id": 5, "rpc": {"method": "leave"}}, {"id": 6, "rpc": {"method": "leave"}})
    assert peer.connection.closed == (4000, "come back")
    assert len(peer.lines) == 1
    stage.assert_empty()


async def test_the_one_who_caused_it_can_be_left_out(stage: Stage) -> None:
    news = stage.app.channel("news", publishes=Said, open=True)
    ann, bob = await stage.connect("ann"), await stage.connect("bob")
    for peer in (ann, bob):
        await peer.ask("subscribe", channel="news")
    await news.publish(Said(text="x"), exclude=ann.session.client, tags={"k": "v"})
    await quiet()
    assert (ann.texts, bob.texts) == ([], ["x"])
    assert bob.pushes[0]["pub"]["tags"] == {"k": "v"}


async def test_a_repeated_key_publishes_once(stage: Stage) -> None:
    news = stage.app.channel("news", publishes=Said, open=True, history=History(5, 60))
    peer = await stage.connect()
    await peer.ask("subscribe", channel="news")
    positions = [await news.publish(Said(text="x"), idempotency_key="k") for _ in range(3)]
    await quiet()
    assert len(set(map(str, positions))) == 1
    assert peer.texts == ["x"]


async def test_one_publication_is_one_packet_for_all(stage: Stage) -> None:
    news = stage.app.channel("news", publishes=Said, open=True)
    peers = [await stage.connect(f"user{n}") for n in range(5)]
    for peer in peers:
        await peer.ask("subscribe", channel="news")
    for text in ("1", "2", "3"):
        await news.publish(Said(text=text))
    await quiet()
    assert len({id(peer.connection.packets[-1]) for peer in peers}) == 1
    assert [peer.texts for peer in peers] == [["1", "2", "3"]] * 5


async def test_the_app_is_told_how_a_connection_ended(stage: Stage) -> None:
    ended = []

    @stage.app.on_disconnect
    async def end(client: Client, reason: str, code: int) -> None:
        await asyncio.sleep(0)
        ended.append((client.user, code, reason))

    for user in ("ann", "bob"):
        await stage.connect(user)
    stage.app.disconnect("ann", 4500, "banned")
    stage.peer().drop()
    for client in stage.app.clients_of("bob"):
        client.disconnect()
    await quiet()
    assert ended == [("ann", 4500, "banned"), ("bob", 3503, "force disconnect")]


async def test_ended_connections_are_forgotten(stage: Stage) -> None:
    stage.app.channel("c:{x}", publishes=Said, presence=True, history=History(5, 60), open=True)
    clients = []
    for number in range(10):
        peer = await stage.connect("ann")
        await peer.ask("subscribe", channel=f"c:{number}")
        clients.append(weakref.ref(peer.connection))
        peer.drop()
        del peer
    await stage.pass_time(12)
    gc.collect()
    assert not any(ref() for ref in clients)


# Shutting down.


async def test_draining_refuses_and_sends_away(stage: Stage) -> None:
    hub = stage.app.hub
    assert hub.refusal(REQUEST) is None
    peers = [await stage.connect("ann"), stage.peer()]
    await stage.app.drain()
    assert [peer.code for peer in peers] == [3001, 3001]
    refusal = hub.refusal(REQUEST)
    assert refusal is not None and refusal.status == 503
    stage.assert_empty()


async def test_draining_waits_for_handlers_and_their_last_words() -> None:
    async with on_stage(Stage(limits=Limits(shutdown_seconds=30))) as stage:
        done = []

        @stage.app.rpc("work")
        async def work(client: Client) -> None:
            await asyncio.sleep(0.01)
            done.append("work")

        @stage.app.on_disconnect
        async def end(client: Client) -> None:
            await asyncio.sleep(0)
            done.append("end")

        peer = await stage.connect()
        peer.start("rpc", method="work")
        await stage.app.drain()
        assert done == ["end", "work"]
        stage.assert_empty()


async def test_a_handler_that_takes_too_long_is_cancelled() -> None:
    async with on_stage(Stage(limits=Limits(shutdown_seconds=0.05))) as stage:
        seen = []

        @stage.app.rpc("work")
        async def work(client: Client) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                seen.append("cancelled")

        peer = await stage.connect()
        peer.start("rpc", method="work")
        await stage.app.drain()
        assert seen == ["cancelled"]
        stage.assert_empty()


async def test_many_clients_are_sent_away_spread_over_time() -> None:
    async with on_stage(Stage(limits=Limits(shutdown_seconds=0.1))) as stage:
        peers = [await stage.connect(f"user{n}") for n in range(45)]
        draining = asyncio.create_task(stage.app.drain())
        await asyncio.sleep(0)
        told = sum(peer.code == 3001 for peer in peers)
        assert 0 < told < 45
        late = MemoryConnection()
        stage.app.hub.open(late)
        await draining
        assert all(peer.code == 3001 for peer in peers)
        assert late.closed is not None and late.closed[0] == 3001


async def test_a_stopped_app_can_be_started_again() -> None:
    async with on_stage(Stage()) as stage:
        news = stage.app.channel("news", publishes=Said, open=True)
        peer = await stage.connect()
        await peer.ask("subscribe", channel="news")
        await news.publish(Said(text="last"))
        await stage.app.stop()
        await stage.app.start()
        again = await stage.connect()
        await again.ask("subscribe", channel="news")
        await news.publish(Said(text="first"))
        await until(lambda: again.texts == ["first"])
