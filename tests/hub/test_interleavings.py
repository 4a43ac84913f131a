"""Whatever the order of events: a subscriber misses nothing unseen, and gets nothing twice.

Hypothesis draws how long each step of the engine takes, who publishes, comes and goes when, and
what the bus loses. Clients behave as the SDKs do: they keep their position, and recover after
2500, 3010 and a lost connection.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon import Channel, History, Identity
from antiphon.publication import Publication
from tests.hub.slow_engine import SlowEngine
from tests.hub.stage import Peer, Said, Stage, on_stage, until

HISTORY = 40


def pauses(seed: int, longest: int) -> Iterator[int]:
    source = random.Random(seed)
    while True:
        yield source.randint(0, longest)


class Reader(Peer):
    """A client as the SDKs are, that checks each offset it sees.

    `epoch` and `offset` are what it holds; `offset` -1 while it holds nothing.
    """

    def __init__(self, stage: Stage, *, server_side: bool) -> None:
        self.stage = stage
        self.server_side = server_side
        self.epoch, self.offset = "", -1
        self.unrecovered = 0
        self.subscribed = False
        self._seen = 0

    def begin(self) -> None:
        """Connect anew, and recover."""
        Peer.__init__(self, self.stage.app)
        self.subscribed, self._seen = False, 0
        subs = {"news": self._wanted()} if self.server_side else {}
        token = "inside" if self.server_side else "outside"
        self.start("connect", token=token, subs=subs)
        if not self.server_side:
            self.start("subscribe", channel="news", **self._wanted())

    def _wanted(self) -> dict[str, Any]:
        if self.offset < 0:
            return {}
        return {"recover": True, "offset": self.offset, "epoch": self.epoch}

    def read(self) -> None:
        """Take in what was written, and answer as an SDK would."""
        while len(self.connection.frames) > self._seen:
            self._seen += 1
            for line in self.connection.frames[self._seen - 1].split(b"\n"):
                self._take(json.loads(line))
        if self.code is not None:
            assert self.code == 3010
            self.begin()

    def _take(self, line: dict[str, Any]) -> None:
        assert "error" not in line, line
        if "connect" in line and self.server_side:
            self._enter(line["connect"]["subs"]["news"])
        elif "subscribe" in line:
            self._enter(line["subscribe"])
        elif "pub" in line.get("push", {}):
            assert self.subscribed
            self._advance(line["push"]["pub"])
        elif "unsubscribe" in line.get("push", {}):
            assert line["push"]["unsubscribe"]["code"] == 2500
            self.subscribed = False
            self.start("subscribe", channel="news", **self._wanted())

    def _enter(self, result: dict[str, Any]) -> None:
        assert not self.subscribed
        self.subscribed, self.epoch = True, result["epoch"]
        if result.get("recovered"):
            for publication in result.get("publications", ()):
                self._advance(publication)
        else:
            assert "publications" not in result
            self.unrecovered += self.offset >= 0
            self.offset = result.get("offset", 0)

    def _advance(self, publication: dict[str, Any]) -> None:
        assert publication["offset"] == self.offset + 1
        self.offset += 1


class Scene:
    """Some readers, and a channel that somebody publishes in."""

    def __init__(self, stage: Stage, channel: Channel, engine: SlowEngine) -> None:
        self.stage, self.channel, self.engine = stage, channel, engine
        stage.passes.identities["outside"] = Identity("ann")
        stage.passes.identities["inside"] = Identity("bob", channels=("news",))
        self.readers = [Reader(stage, server_side=n == 1) for n in range(3)]
        self.publishing: list[asyncio.Task[Any]] = []

    def act(self, action: int) -> None:
        """Publish, or have a reader come or go."""
        if action < len(self.readers):
            reader = self.readers[action]
            reader.drop()
            reader.begin()
        else:
            self.publishing.append(asyncio.create_task(self._publish()))

    async def _publish(self) -> None:
        await self.channel.publish(Said(text="news"))

    async def turn(self, turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
            for reader in self.readers:
                reader.read()

    async def end(self) -> None:
        """Let everything arrive; every reader then holds the top of the stream."""
        await asyncio.gather(*self.publishing)
        for _ in range(20):
            await self.turn(40)
            if self.caught_up:
                return
            if not self.engine.lossless:
                await self._pass_time()
        raise AssertionError([(r.subscribed, r.offset, len(self.publishing)) for r in self.readers])

    @property
    def caught_up(self) -> bool:
        """Whether every reader holds the top of the stream."""
        top = len(self.publishing)
        return all(reader.subscribed and reader.offset == top for reader in self.readers)

    async def _pass_time(self) -> None:
        for _ in range(10):
            self.stage.app.hub.second()
            for reader in self.readers:
                if reader.session.awaits_pong:
                    reader.raw("{}")
            await self.turn(10)


async def play(engine: SlowEngine, actions: list[tuple[int, int]]) -> Scene:
    async with on_stage(Stage(engine=engine)) as stage:
        channel = stage.app.channel(
            "news",
            publishes=Said,
            open=True,
            presence=True,
            join_leave=True,
            history=History(HISTORY, 60),
        )
        scene = Scene(stage, channel, engine)
        for reader in scene.readers:
            reader.begin()
        for action, turns in actions:
            scene.act(action)
            await scene.turn(turns)
        await scene.end()
        present = await engine.memory.presence("news")
        assert set(present) == {reader.session.client.id for reader in scene.readers}
        for reader in scene.readers:
            reader.drop()
        await until(lambda: not stage.core.tasks and engine.idle)
        stage.assert_empty()
        assert await engine.memory.presence("news") == {}
        assert not engine.watched
        return scene


plays = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 6)), max_size=HISTORY - 5)


@settings(max_examples=300)
@given(plays, st.integers(0, 10_000), st.integers(0, 4))
def test_nothing_is_missed_nor_repeated(
    actions: list[tuple[int, int]], seed: int, longest: int
) -> None:
    scene = asyncio.run(play(SlowEngine(pauses(seed, longest)), actions))
    assert not any(reader.unrecovered for reader in scene.readers)


@settings(max_examples=300)
@given(plays, st.integers(0, 10_000), st.integers(0, 4), st.sets(st.integers(1, 30)))
def test_what_the_bus_loses_is_recovered(
    actions: list[tuple[int, int]], seed: int, longest: int, lost: set[int]
) -> None:
    engine = SlowEngine(pauses(seed, longest), loses=lambda p: p.offset in lost)
    scene = asyncio.run(play(engine, actions))
    assert not any(reader.unrecovered for reader in scene.readers)


class Meanwhile:
    """A stage where something happens between the reading of a stream and its answer."""

    def __init__(self, stage: Stage, engine: SlowEngine) -> None:
        self.stage, self.engine = stage, engine
        self.news = stage.app.channel("news", publishes=Said, open=True, history=History(9, 60))
        self.happens: Callable[[], Awaitable[None]] | None = None
        self._history = engine.memory.history
        engine.memory.history = self._read  # type: ignore[method-assign]

    async def _read(self, channel: str, **options: Any) -> Any:
        found = await self._history(channel, **options)
        happens, self.happens = self.happens, None
        if happens is not None:
            await happens()
            for _ in range(5):
                await asyncio.sleep(0)
        return found

    async def publish(self, *texts: str) -> None:
        for text in texts:
            await self.news.publish(Said(text=text))


@asynccontextmanager
async def meanwhile(lost: int = 0) -> AsyncIterator[Meanwhile]:
    engine = SlowEngine(pauses(1, 0), loses=(lambda p: p.offset == lost) if lost else None)
    async with on_stage(Stage(engine=engine)) as stage:
        yield Meanwhile(stage, engine)


async def test_what_is_published_while_a_client_subscribes_comes_behind_the_reply() -> None:
    async with meanwhile() as scene:
        await scene.publish("1")
        peer = await scene.stage.connect()
        scene.happens = lambda: scene.publish("2", "3")
        assert (await peer.ask("subscribe", channel="news"))["offset"] == 1
        await scene.publish("4")
        await until(lambda: peer.texts == ["2", "3", "4"])


async def test_what_is_published_while_a_client_recovers_comes_with_the_reply() -> None:
    async with meanwhile() as scene:
        await scene.publish("1")
        peer = await scene.stage.connect()
        scene.happens = lambda: scene.publish("2", "3")
        reply = await peer.ask("subscribe", channel="news", recover=True, offset=0)
        assert [p["offset"] for p in reply["publications"]] == [1, 2, 3]
        await scene.publish("4")
        await until(lambda: peer.texts == ["4"])


async def test_a_gap_while_a_client_subscribes_is_3010() -> None:
    async with meanwhile(lost=2) as scene:
        await scene.publish("1")
        peer = await scene.stage.connect()
        scene.happens = lambda: scene.publish("2", "3")
        peer.start("subscribe", channel="news")
        await until(lambda: peer.code == 3010)
        await until(lambda: not scene.stage.core.tasks)
        scene.stage.assert_empty()
        assert not scene.engine.watched


async def test_a_gap_that_others_notice_ends_who_is_just_subscribing() -> None:
    async with meanwhile(lost=2) as scene:
        await scene.publish("1")
        ann, bob = await scene.stage.connect("ann"), await scene.stage.connect("bob")
        await ann.ask("subscribe", channel="news")
        scene.happens = lambda: scene.publish("2", "3")
        bob.start("subscribe", channel="news")
        await until(lambda: bob.code == 3010)
        await until(lambda: ann.told == ["unsubscribe"])
        assert ann.pushes[0]["unsubscribe"]["code"] == 2500


async def test_who_is_unsubscribed_by_the_server_meanwhile_is_refused() -> None:
    async with meanwhile() as scene:
        peer = await scene.stage.connect()
        scene.happens = lambda: peer.session.client.unsubscribe("news")
        assert await peer.refusal("subscribe", channel="news") == 103
        assert peer.told == []
        assert not scene.stage.core.topics
        assert not scene.engine.watched
        assert (await peer.ask("subscribe", channel="news"))["recoverable"]


@pytest.mark.parametrize(("server_side", "code"), [(False, 2500), (True, 3010)])
async def test_a_silent_loss_is_found_by_the_position_check(server_side: bool, code: int) -> None:
    def loses(publication: Publication) -> bool:
        return publication.offset == 2

    engine = SlowEngine(pauses(1, 1), loses=loses)
    async with on_stage(Stage(engine=engine)) as stage:
        news = stage.app.channel("news", publishes=Said, open=True, history=History(5, 60))
        peer = await stage.connect(channels=("news",) if server_side else ())
        if not server_side:
            await peer.ask("subscribe", channel="news")
        for text in ("1", "2"):
            await news.publish(Said(text=text))
        await until(lambda: peer.texts == ["1"])
        for _ in range(50):
            await stage.pass_time(1)
            if peer.session.awaits_pong and peer.code is None:
                peer.raw("{}")
        told = [p["unsubscribe"]["code"] for p in peer.pushes if "unsubscribe" in p]
        assert [*told, peer.code] == ([2500, None] if code == 2500 else [3010])


async def test_a_publication_on_its_way_is_no_loss() -> None:
    async with meanwhile(lost=99) as scene:
        peer = await scene.stage.connect()
        await peer.ask("subscribe", channel="news")
        held: list[Any] = []
        scene.engine._bus.put_nowait = held.append  # type: ignore[method-assign, assignment]
        await scene.publish("1")
        await scene.stage.app.hub._compare_positions()
        (then, *arguments) = held[0]
        then(*arguments)
        await scene.stage.pass_time(3)
        assert peer.told == ["pub"]
