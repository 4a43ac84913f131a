"""What only the memory engine promises: it never waits, and its memory is bounded."""

import gc
import weakref
from collections.abc import Coroutine
from typing import Any

import pytest
from msgspec import Raw

from antiphon.engine.memory import STREAM_META_SECONDS, MemoryEngine
from antiphon.publication import ClientInfo, Publication
from tests.engine.conftest import PRESENCE_SECONDS, Clock

INFO = ClientInfo("u", "c")


class Watched(Publication, weakref=True):
    """A publication whose end can be seen."""


def epochs(count: int) -> list[str]:
    return [f"epoch-{n}" for n in range(count)]


@pytest.fixture
def engine(clock: Clock) -> MemoryEngine:
    names = iter(epochs(1_000))
    return MemoryEngine(clock=clock, epoch=names.__next__, quiet_streams=8)


async def put(engine: MemoryEngine, channel: str, *, ttl: float = 60.0) -> None:
    await engine.publish(channel, Publication(Raw(b"1")), size=3, ttl=ttl, idempotency_key=channel)


async def epoch_of(engine: MemoryEngine, channel: str) -> str:
    return (await engine.history(channel))[1].epoch


def finish(work: Coroutine[Any, Any, Any]) -> None:
    with pytest.raises(StopIteration):
        work.send(None)


def test_no_method_waits(engine: MemoryEngine) -> None:
    publication = Publication(Raw(b"1"))
    for work in (
        engine.watch("a"),
        engine.publish("a", publication, size=1, ttl=1.0, idempotency_key="k"),
        engine.history("a"),
        engine.remove_history("a"),
        engine.add_presence("a", INFO),
        engine.presence("a"),
        engine.presence_stats("a"),
        engine.remove_presence("a", "c"),
        engine.join("a", INFO),
        engine.leave("a", INFO),
        engine.unwatch("a"),
    ):
        finish(work)
    assert not engine.waits
    assert engine.lossless


async def test_streams_without_publications_are_bounded_in_number(engine: MemoryEngine) -> None:
    await put(engine, "kept")
    first = await epoch_of(engine, "kept")
    for number in range(100):
        await engine.history(f"guess:{number}")
    assert await epoch_of(engine, "kept") == first
    assert await epoch_of(engine, "guess:99") == "epoch-100"
    assert await epoch_of(engine, "guess:0") == "epoch-101"


async def test_the_least_used_quiet_stream_goes_first(engine: MemoryEngine) -> None:
    first = await epoch_of(engine, "used")
    for number in range(100):
        await engine.history(f"guess:{number}")
        assert await epoch_of(engine, "used") == first


async def test_streams_are_forgotten_long_after_their_last_use(
    engine: MemoryEngine, clock: Clock
) -> None:
    await put(engine, "a", ttl=10.0)
    first = await epoch_of(engine, "a")
    clock.advance(10.0)
    await engine.history("other")
    clock.advance(STREAM_META_SECONDS)
    assert await epoch_of(engine, "a") == first
    clock.advance(STREAM_META_SECONDS + 1)
    assert await epoch_of(engine, "a") != first


async def test_a_stream_that_keeps_for_long_does_not_keep_others(
    engine: MemoryEngine, clock: Clock
) -> None:
    await put(engine, "long", ttl=STREAM_META_SECONDS * 10)
    first = await epoch_of(engine, "short")
    clock.advance(STREAM_META_SECONDS + 1)
    assert await epoch_of(engine, "short") != first
    assert len((await engine.history("long", limit=-1))[0]) == 1


async def test_expired_publications_go_when_anything_is_touched(
    engine: MemoryEngine, clock: Clock
) -> None:
    publication = Watched(Raw(b"1"))
    gone = weakref.ref(publication)
    await engine.publish("a", publication, size=3, ttl=10.0)
    del publication
    assert gone() is not None
    clock.advance(10.0)
    await engine.history("other")
    gc.collect()
    assert gone() is None


async def test_used_up_state_leaves_nothing_behind(engine: MemoryEngine, clock: Clock) -> None:
    for number in range(50):
        await put(engine, f"c:{number}")
        await engine.add_presence(f"c:{number}", INFO)
    clock.advance(max(PRESENCE_SECONDS, 301.0))
    for number in range(50):
        assert await engine.presence(f"c:{number}") == {}
    await put(engine, "last")
    assert {name: size for name, size in sizes(engine).items() if size > 1} == {"_quiet": 8}


def sizes(engine: MemoryEngine) -> dict[str, int]:
    containers = {name: value for name, value in vars(engine).items() if hasattr(value, "__len__")}
    return {name: len(value) for name, value in containers.items()}
