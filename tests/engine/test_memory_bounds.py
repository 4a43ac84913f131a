"""The memory of the memory engine is bounded, whatever clients name and publish."""

import pytest
from msgspec import Raw

from antiphon import Limits
from antiphon.engine.memory import STREAM_BYTES, STREAM_META_SECONDS, MemoryEngine
from antiphon.engine.stream import PUBLICATION_BYTES
from antiphon.publication import ClientInfo, Publication, StreamPosition
from tests.engine.conftest import Clock
from tests.hub.stage import Stage, declare, on_stage, publish, quiet

PAYLOAD = 1_000
ONE = PAYLOAD + PUBLICATION_BYTES
"""What one publication counts."""


def engine_of(clock: Clock, *, history_bytes: int = 10**6, quiet_streams: int = 8) -> MemoryEngine:
    names = (f"epoch-{n}" for n in range(100_000))
    return MemoryEngine(
        clock=clock,
        epoch=names.__next__,
        quiet_streams=quiet_streams,
        history_bytes=history_bytes,
    )


@pytest.fixture
def engine(clock: Clock) -> MemoryEngine:
    """One that holds three streams with two publications each, and no byte more."""
    return engine_of(clock, history_bytes=3 * STREAM_BYTES + 6 * ONE)


async def put(engine: MemoryEngine, channel: str, *, size: int = 100) -> StreamPosition:
    publication = Publication(Raw(b"x" * PAYLOAD))
    return await engine.publish(channel, publication, size=size, ttl=60.0)


async def offsets(engine: MemoryEngine, channel: str) -> list[int]:
    found, _ = await engine.history(channel, limit=-1)
    return [publication.offset for publication in found]


async def epoch_of(engine: MemoryEngine, channel: str) -> str:
    return (await engine.history(channel))[1].epoch


# Streams with publications: so many bytes.


async def test_what_fits_is_kept(engine: MemoryEngine) -> None:
    for channel in "abcabc":
        await put(engine, channel)
    assert [await offsets(engine, channel) for channel in "abc"] == [[1, 2]] * 3


async def test_the_stream_published_to_longest_ago_gives_way_oldest_first(
    engine: MemoryEngine,
) -> None:
    for channel in "abcbcac":
        await put(engine, channel)
    assert [await offsets(engine, c) for c in "abc"] == [[1, 2], [2], [1, 2, 3]]
    await put(engine, "c")
    assert [await offsets(engine, c) for c in "abc"] == [[1, 2], [], [1, 2, 3, 4]]


async def test_a_stream_that_gave_way_keeps_its_position(engine: MemoryEngine) -> None:
    before = await put(engine, "a")
    for _ in range(20):
        await put(engine, "b")
    assert await engine.history("a", since=0, limit=-1) == ([], before)
    assert await put(engine, "a") == StreamPosition(2, before.epoch)


async def test_a_stream_alone_keeps_its_newest(engine: MemoryEngine) -> None:
    for _ in range(50):
        await put(engine, "a")
    kept = await offsets(engine, "a")
    assert kept == list(range(51 - len(kept), 51))
    assert (len(kept) + 1) * ONE + STREAM_BYTES > 3 * STREAM_BYTES + 6 * ONE


async def test_a_publication_larger_than_everything_is_delivered_and_not_kept(
    clock: Clock,
) -> None:
    engine = engine_of(clock, history_bytes=PAYLOAD)
    assert (await put(engine, "a")).offset == 1
    assert await offsets(engine, "a") == []
    assert (await put(engine, "a")).offset == 2


async def test_all_that_a_publication_carries_is_counted(clock: Clock) -> None:
    engine = engine_of(clock, history_bytes=STREAM_BYTES + PUBLICATION_BYTES + PAYLOAD)
    part = Raw(b"x" * (PAYLOAD // 2))
    many = "x" * (PAYLOAD // 2)
    for publication in (
        Publication(part, ClientInfo("u", "c", part, Raw(b"1"))),
        Publication(part, ClientInfo("u", "c", Raw(b"1"), part)),
        Publication(part, tags={"k": many}),
        Publication(part, tags={many: "v"}),
    ):
        await engine.publish("a", publication, size=9, ttl=60.0)
        assert await offsets(engine, "a") == []
    await engine.publish("a", Publication(part), size=9, ttl=60.0)
    assert await offsets(engine, "a") == [5]


async def test_what_comes_too_late_takes_no_room(engine: MemoryEngine) -> None:
    async def put_version(channel: str, version: int) -> None:
        publication = Publication(Raw(b"x" * PAYLOAD))
        await engine.publish(channel, publication, size=9, ttl=60.0, version=version)

    for version in (1, 2):
        for channel in "abc":
            await put_version(channel, version)
    for _ in range(20):
        await put_version("c", 2)
    assert [await offsets(engine, channel) for channel in "abc"] == [[1, 2]] * 3
    for version in (3, 4, 5, 6):
        await put_version("c", version)
    assert [await offsets(engine, c) for c in "abc"] == [[], [2], [1, 2, 3, 4, 5, 6]]


async def test_room_comes_back_with_whatever_goes(engine: MemoryEngine, clock: Clock) -> None:
    for channel in "abcabc":
        await put(engine, channel)
    clock.advance(60.0)
    for channel in "abcabc":
        await put(engine, channel)
    await engine.remove_history("a")
    await engine.remove_history("a")
    for _ in range(2):
        await put(engine, "b")
    for _ in range(20):
        await put(engine, "c", size=2)
    assert [await offsets(engine, c) for c in "abc"] == [[], [3, 4, 5, 6], [23, 24]]


async def test_streams_that_come_and_go_leave_little_behind(
    engine: MemoryEngine, clock: Clock
) -> None:
    for number in range(2_000):
        await put(engine, f"c:{number % 100}")
        assert len(engine._due) <= 2 * len(engine._streams) <= 8
    clock.advance(60.0)
    await engine.history("other")
    assert (len(engine._due), len(engine._streams), engine._held) == (0, 0, 0)


async def test_a_stream_that_gave_way_and_came_back_expires_with_its_last(
    engine: MemoryEngine, clock: Clock
) -> None:
    await put(engine, "a")
    for channel in "bcd":
        await put(engine, channel)
        await put(engine, channel)
    clock.advance(30.0)
    await put(engine, "a")
    clock.advance(30.0)
    assert await offsets(engine, "a") == [2]
    clock.advance(30.0)
    assert await offsets(engine, "a") == []


# Streams without publications: so many, and those that somebody watches.


async def test_a_watched_stream_is_not_forgotten(clock: Clock) -> None:
    engine = engine_of(clock)
    await engine.watch("watched")
    first = await epoch_of(engine, "watched")
    for number in range(100):
        await engine.history(f"guess:{number}")
    clock.advance(STREAM_META_SECONDS + 1)
    assert await epoch_of(engine, "watched") == first


async def test_a_quiet_stream_that_becomes_watched_is_not_forgotten(clock: Clock) -> None:
    engine = engine_of(clock)
    first = (await put(engine, "expired")).epoch
    read = await epoch_of(engine, "read")
    clock.advance(60.0)
    for channel in ("expired", "read"):
        await engine.watch(channel)
    for number in range(100):
        await engine.history(f"guess:{number}")
    assert (await put(engine, "expired")).epoch == first
    assert (await put(engine, "read")).epoch == read


async def test_a_watched_stream_that_expires_is_not_forgotten(clock: Clock) -> None:
    engine = engine_of(clock)
    await engine.watch("a")
    first = await put(engine, "a")
    clock.advance(60.0)
    for number in range(100):
        await engine.history(f"guess:{number}")
    assert await put(engine, "a") == StreamPosition(2, first.epoch)


async def test_a_stream_that_nobody_watches_any_more_is_forgotten_like_others(
    clock: Clock,
) -> None:
    engine = engine_of(clock)
    await engine.watch("a")
    first = await epoch_of(engine, "a")
    await engine.unwatch("a")
    assert await epoch_of(engine, "a") == first
    for number in range(8):
        await engine.history(f"guess:{number}")
    assert await epoch_of(engine, "a") != first
    assert not engine._watched and not engine._pinned


# What clients see of it.


async def test_a_client_that_missed_what_had_to_go_is_told_so() -> None:
    async with on_stage(Stage(limits=Limits(history_bytes=2_500))) as stage:
        declare(stage)
        peer = await stage.connect()
        position = await peer.ask("subscribe", channel="room:1")
        await peer.ask("unsubscribe", channel="room:1")
        held = {"channel": "room:1", "recover": True, "epoch": position["epoch"]}
        await publish(stage, "room:{x}", "missed", x=1)
        await publish(stage, "room:{x}", "elsewhere", "elsewhere", x=2)
        reply = await peer.ask("subscribe", **held, offset=0)
        assert reply["was_recovering"] and "recovered" not in reply and reply["offset"] == 1
        await peer.ask("unsubscribe", channel="room:1")
        reply = await peer.ask("subscribe", **held, offset=1)
        assert reply["recovered"] and "publications" not in reply


async def test_a_live_subscriber_keeps_its_position_among_many_guesses(clock: Clock) -> None:
    async with on_stage(Stage(engine=engine_of(clock))) as stage:
        declare(stage)
        peer = await stage.connect()
        await peer.ask("subscribe", channel="room:1")
        for number in range(100):
            await stage.core.engine.history(f"guess:{number}")
        await publish(stage, "room:{x}", "hello", x=1)
        await quiet()
        assert peer.texts == ["hello"]
        assert peer.told == ["join", "pub"]
