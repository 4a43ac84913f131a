"""What every engine owes to the hub: streams, history, idempotency, presence, joins and leaves."""

import pytest
from msgspec import Raw

from antiphon.hub.ports import Engine
from antiphon.publication import ClientInfo, Publication, StreamPosition
from tests.engine.conftest import IDEMPOTENCY_SECONDS, PRESENCE_SECONDS, Clock, Heard

TTL = 60.0


async def put(
    engine: Engine, value: int = 0, *, channel: str = "news", size: int = 10, key: str = ""
) -> StreamPosition:
    publication = Publication(Raw(b"%d" % value))
    return await engine.publish(channel, publication, size=size, ttl=TTL, idempotency_key=key)


async def fill(engine: Engine, count: int, *, size: int = 10) -> str:
    for value in range(1, count + 1):
        position = await put(engine, value, size=size)
    return position.epoch


async def offsets(
    engine: Engine, *, since: int | None = None, limit: int = -1, reverse: bool = False
) -> list[int]:
    found, _ = await engine.history("news", since=since, limit=limit, reverse=reverse)
    return [publication.offset for publication in found]


# Streams.


async def test_offsets_count_from_one_within_an_epoch(engine: Engine) -> None:
    first, second = await put(engine), await put(engine)
    assert (first.offset, second.offset) == (1, 2)
    assert first.epoch and first.epoch == second.epoch


async def test_channels_have_streams_of_their_own(engine: Engine) -> None:
    one, other = await put(engine, channel="a"), await put(engine, channel="b")
    assert one.offset == other.offset == 1
    assert one.epoch != other.epoch


async def test_only_the_first_publication_carries_the_epoch(engine: Engine, heard: Heard) -> None:
    epoch = await fill(engine, 2)
    assert [p.epoch for _, p, _ in heard.publications] == [epoch, ""]


async def test_a_read_of_an_empty_stream_fixes_its_epoch(engine: Engine) -> None:
    found, top = await engine.history("news")
    assert (found, top.offset) == ([], 0)
    assert top.epoch == (await put(engine)).epoch


async def test_publications_are_delivered_in_order_with_offset_and_exclude(
    engine: Engine, heard: Heard
) -> None:
    await put(engine, 1)
    await engine.publish("news", Publication(Raw(b"2")), size=10, ttl=TTL, exclude="me")
    seen = [(channel, bytes(p.data), p.offset, exc) for channel, p, exc in heard.publications]
    assert seen == [("news", b"1", 1, ""), ("news", b"2", 2, "me")]


async def test_size_zero_delivers_and_stores_nothing(engine: Engine, heard: Heard) -> None:
    assert await put(engine, size=0) == StreamPosition()
    assert [p.offset for _, p, _ in heard.publications] == [0]
    assert await offsets(engine) == []


async def test_size_bounds_the_stream(engine: Engine) -> None:
    await fill(engine, 5, size=3)
    assert await offsets(engine) == [3, 4, 5]


async def test_a_smaller_size_trims_what_was_kept(engine: Engine) -> None:
    await fill(engine, 5)
    await put(engine, size=2)
    assert await offsets(engine) == [5, 6]


async def test_publications_expire_together_and_the_position_stays(
    engine: Engine, clock: Clock
) -> None:
    epoch = await fill(engine, 2)
    clock.advance(TTL - 1)
    assert await offsets(engine) == [1, 2]
    clock.advance(1)
    found, top = await engine.history("news", limit=-1)
    assert (found, top) == ([], StreamPosition(2, epoch))
    assert await put(engine) == StreamPosition(3, epoch)
    assert await offsets(engine) == [3]


async def test_every_publication_prolongs_the_life_of_all(engine: Engine, clock: Clock) -> None:
    await put(engine)
    for _ in range(3):
        clock.advance(TTL - 1)
        await put(engine)
    assert await offsets(engine) == [1, 2, 3, 4]
    clock.advance(TTL)
    assert await offsets(engine) == []


async def test_removed_history_leaves_the_position(engine: Engine) -> None:
    epoch = await fill(engine, 3)
    await engine.remove_history("news")
    found, top = await engine.history("news", limit=-1)
    assert (found, top) == ([], StreamPosition(3, epoch))
    await put(engine)
    assert await offsets(engine) == [4]


async def test_removing_the_history_of_an_unknown_channel_is_nothing(engine: Engine) -> None:
    await engine.remove_history("nowhere")


# History.


@pytest.mark.parametrize(
    ("since", "limit", "reverse", "expected"),
    [
        (None, 0, False, []),
        (None, 0, True, []),
        (3, 0, False, []),
        (None, -1, False, [3, 4, 5, 6, 7]),
        (None, -5, False, [3, 4, 5, 6, 7]),
        (None, -1, True, [7, 6, 5, 4, 3]),
        (None, 2, False, [3, 4]),
        (None, 2, True, [7, 6]),
        (None, 99, False, [3, 4, 5, 6, 7]),
        (None, 99, True, [7, 6, 5, 4, 3]),
        (4, -1, False, [5, 6, 7]),
        (4, 2, False, [5, 6]),
        (4, -1, True, [3]),
        (6, 2, True, [5, 4]),
        (7, -1, False, []),
        (8, -1, False, []),
        (99, -1, False, []),
        (8, -1, True, [7, 6, 5, 4, 3]),
        (99, 2, True, [7, 6]),
        (3, -1, True, []),
        (2, -1, False, [3, 4, 5, 6, 7]),
        # Trimmed already: forward begins at the oldest there is, reverse finds nothing.
        (1, -1, False, [3, 4, 5, 6, 7]),
        (0, 2, False, [3, 4]),
        (1, -1, True, []),
        (0, -1, True, []),
    ],
)
async def test_a_page_of_history(
    engine: Engine, since: int | None, limit: int, reverse: bool, expected: list[int]
) -> None:
    epoch = await fill(engine, 7, size=5)
    assert await offsets(engine, since=since, limit=limit, reverse=reverse) == expected
    _, top = await engine.history("news", since=since, limit=limit, reverse=reverse)
    assert top == StreamPosition(7, epoch)


async def test_history_keeps_what_was_published(engine: Engine) -> None:
    info = ClientInfo("u", "c", Raw(b"1"), Raw(b"2"))
    publication = Publication(Raw(b'{"a":1}'), info, tags={"k": "v"})
    await engine.publish("news", publication, size=1, ttl=TTL)
    (found,), _ = await engine.history("news", limit=-1)
    assert (bytes(found.data), found.tags, found.offset) == (b'{"a":1}', {"k": "v"}, 1)
    assert found.info is not None
    assert (found.info.user, found.info.client) == ("u", "c")
    assert (bytes(found.info.conn_info), bytes(found.info.chan_info)) == (b"1", b"2")


# Idempotency.


@pytest.mark.parametrize("size", [0, 10])
async def test_a_repeated_key_gets_the_first_result(
    engine: Engine, heard: Heard, clock: Clock, size: int
) -> None:
    first = await put(engine, 1, key="k", size=size)
    await put(engine, 2, key="other", size=size)
    clock.advance(IDEMPOTENCY_SECONDS - 1)
    assert await put(engine, 3, key="k", size=size) == first
    assert [bytes(p.data) for _, p, _ in heard.publications] == [b"1", b"2"]


async def test_a_key_is_forgotten_after_its_time(
    engine: Engine, heard: Heard, clock: Clock
) -> None:
    await put(engine, 1, key="k")
    clock.advance(IDEMPOTENCY_SECONDS)
    await put(engine, 2, key="k")
    assert len(heard.publications) == 2


async def test_a_key_belongs_to_its_channel(engine: Engine, heard: Heard) -> None:
    await put(engine, key="k", channel="a")
    await put(engine, key="k", channel="b")
    assert len(heard.publications) == 2


# Versions.


async def put_version(
    engine: Engine, version: int, epoch: str = "", *, size: int = 10, key: str = ""
) -> StreamPosition:
    """Publish the version as the payload."""
    return await engine.publish(
        "news",
        Publication(Raw(b"%d" % version)),
        size=size,
        ttl=TTL,
        idempotency_key=key,
        version=version,
        version_epoch=epoch,
    )


def delivered(heard: Heard) -> list[tuple[int, bytes]]:
    return [(p.offset, bytes(p.data)) for _, p, _ in heard.publications]


@pytest.mark.parametrize("late", [1, 4, 5])
async def test_a_version_that_is_not_above_the_newest_is_not_published(
    engine: Engine, heard: Heard, late: int
) -> None:
    first = await put_version(engine, 5)
    assert await put_version(engine, late) == first == StreamPosition(1, first.epoch)
    assert await put_version(engine, 6) == StreamPosition(2, first.epoch)
    assert delivered(heard) == [(1, b"5"), (2, b"6")]
    assert await offsets(engine) == [1, 2]


async def test_what_has_no_version_is_published_and_changes_none(
    engine: Engine, heard: Heard
) -> None:
    await put_version(engine, 5)
    await put(engine, 0)
    await put_version(engine, 5)
    await put_version(engine, 6)
    assert delivered(heard) == [(1, b"5"), (2, b"0"), (3, b"6")]


async def test_versions_of_another_epoch_begin_anew(engine: Engine, heard: Heard) -> None:
    await put_version(engine, 5, "blue")
    await put_version(engine, 2, "green")
    await put_version(engine, 2, "green")
    await put_version(engine, 3, "green")
    await put_version(engine, 5, "blue")
    assert [data for _, data in delivered(heard)] == [b"5", b"2", b"3", b"5"]


async def test_a_version_without_an_epoch_is_compared_with_any(
    engine: Engine, heard: Heard
) -> None:
    await put_version(engine, 5, "blue")
    await put_version(engine, 5)
    await put_version(engine, 6)
    await put_version(engine, 6, "blue")  # the newest has no epoch, which is another one
    assert [data for _, data in delivered(heard)] == [b"5", b"6", b"6"]


async def test_a_version_belongs_to_its_channel(engine: Engine, heard: Heard) -> None:
    await put_version(engine, 5)
    await engine.publish("other", Publication(Raw(b"1")), size=1, ttl=TTL, version=1)
    assert delivered(heard) == [(1, b"5"), (1, b"1")]


async def test_without_a_stream_versions_are_not_compared(engine: Engine, heard: Heard) -> None:
    assert await put_version(engine, 5, size=0) == StreamPosition()
    assert await put_version(engine, 4, size=0) == StreamPosition()
    await put_version(engine, 3)
    assert delivered(heard) == [(0, b"5"), (0, b"4"), (1, b"3")]


async def test_the_version_stays_when_the_history_goes(
    engine: Engine, heard: Heard, clock: Clock
) -> None:
    first = await put_version(engine, 5)
    await engine.remove_history("news")
    assert await put_version(engine, 5) == first
    clock.advance(TTL)
    assert await put_version(engine, 4) == first
    assert await put_version(engine, 6) == StreamPosition(2, first.epoch)
    assert delivered(heard) == [(1, b"5"), (2, b"6")]


async def test_a_version_that_is_late_prolongs_nothing(engine: Engine, clock: Clock) -> None:
    await put_version(engine, 5)
    clock.advance(TTL - 1)
    await put_version(engine, 5)
    clock.advance(1)
    assert await offsets(engine) == []


async def test_a_repeated_key_is_found_before_the_version(engine: Engine, heard: Heard) -> None:
    first = await put_version(engine, 5, key="k")
    await put_version(engine, 6)
    assert await put_version(engine, 7, key="k") == first
    assert await put_version(engine, 4, key="late") == StreamPosition(2, first.epoch)
    await put_version(engine, 7, key="late")  # what was late is not a result to remember
    assert [data for _, data in delivered(heard)] == [b"5", b"6", b"7"]


# Presence.

ANN, ANN_TOO, BOB = ClientInfo("ann", "1"), ClientInfo("ann", "2"), ClientInfo("bob", "3")


async def test_presence_is_by_client_and_stats_by_user(engine: Engine) -> None:
    for info in (ANN, ANN_TOO, BOB):
        await engine.add_presence("news", info)
    assert await engine.presence("news") == {"1": ANN, "2": ANN_TOO, "3": BOB}
    assert await engine.presence_stats("news") == (3, 2)
    assert await engine.presence("other") == {}
    assert await engine.presence_stats("other") == (0, 0)


async def test_presence_ends_when_removed(engine: Engine) -> None:
    await engine.add_presence("news", ANN)
    await engine.add_presence("news", BOB)
    await engine.remove_presence("news", ANN.client)
    await engine.remove_presence("news", ANN.client)
    await engine.remove_presence("nowhere", ANN.client)
    assert await engine.presence("news") == {"3": BOB}


async def test_presence_expires_unless_renewed(engine: Engine, clock: Clock) -> None:
    await engine.add_presence("news", ANN)
    await engine.add_presence("news", BOB)
    clock.advance(PRESENCE_SECONDS - 1)
    await engine.add_presence("news", ANN)
    clock.advance(1)
    assert await engine.presence("news") == {"1": ANN}
    assert await engine.presence_stats("news") == (1, 1)
    clock.advance(PRESENCE_SECONDS)
    assert await engine.presence_stats("news") == (0, 0)


async def test_renewed_presence_shows_the_newest_info(engine: Engine) -> None:
    await engine.add_presence("news", ANN)
    changed = ClientInfo("ann", "1", Raw(b'{"mood":"fine"}'))
    await engine.add_presence("news", changed)
    assert await engine.presence("news") == {"1": changed}


async def test_joins_and_leaves_reach_the_hub(engine: Engine, heard: Heard) -> None:
    await engine.join("news", ANN)
    await engine.leave("news", ANN)
    assert heard.told == [("join", "news", ANN), ("leave", "news", ANN)]


async def test_a_channel_can_be_watched_twice_and_left(engine: Engine, heard: Heard) -> None:
    await engine.watch("news")
    await engine.watch("news")
    await put(engine)
    assert len(heard.publications) == 1
    await engine.unwatch("news")
    await engine.unwatch("news")
