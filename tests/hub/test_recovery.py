"""The recovery decision: every missed publication once and in order, or a plain no."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from antiphon.engine.stream import Stream
from antiphon.hub.recovery import has_gap, newer, recover_cache, recover_stream
from antiphon.publication import Publication, StreamPosition


def pub(offset: int) -> Publication:
    return Publication(Raw(b"1"), offset=offset)


def offsets(publications: list[Publication]) -> list[int]:
    return [publication.offset for publication in publications]


streams = st.builds(
    lambda published, size, cleared: (published, size, min(cleared, published)),
    st.integers(0, 12),
    st.integers(1, 6),
    st.integers(0, 12),
)


def stream_of(published: int, size: int, cleared: int) -> Stream:
    """A stream with so many publications, of which the first ones were removed."""
    stream = Stream("e")
    for number in range(1, published + 1):
        stream.append(pub(0), size=size, expires_at=1.0)
        if number == cleared:
            stream.clear()
    return stream


@given(streams, st.integers(0, 14), st.sampled_from(["e", "", "other", "_"]), st.integers(1, 8))
def test_all_that_was_missed_or_nothing(
    made: tuple[int, int, int], offset: int, epoch: str, page: int
) -> None:
    stream = stream_of(*made)
    found = stream.read(since=offset, limit=page, reverse=False)
    got = recover_stream(StreamPosition(offset, epoch), found, stream.position)
    if got.recovered:
        assert offsets(got.publications) == list(range(offset + 1, stream.top + 1))
        assert got.offset == offset
        assert epoch in ("e", "")
    else:
        assert got.publications == []
        assert got.offset == stream.top


@given(streams, st.integers(0, 14))
def test_what_can_be_recovered_is(made: tuple[int, int, int], offset: int) -> None:
    stream = stream_of(*made)
    kept = offsets(stream.read(since=None, limit=-1, reverse=False))
    missed = list(range(offset + 1, stream.top + 1))
    found = stream.read(since=offset, limit=300, reverse=False)
    got = recover_stream(StreamPosition(offset, "e"), found, stream.position)
    assert got.recovered == (offset <= stream.top and set(missed) <= set(kept))


@pytest.mark.parametrize("epoch", ["old", "_"])
def test_another_life_of_the_stream_is_not_recovered(epoch: str) -> None:
    assert not recover_stream(StreamPosition(0, epoch), [], StreamPosition(0, "new")).recovered


@given(st.lists(st.integers(0, 9), max_size=12), st.integers(0, 9))
def test_newer_sorts_and_drops_repetitions(given_offsets: list[int], than: int) -> None:
    found = offsets(newer([pub(offset) for offset in given_offsets], than))
    assert found == sorted({offset for offset in given_offsets if offset > than})


@given(st.lists(st.integers(1, 6), unique=True, max_size=6).map(sorted), st.integers(0, 6))
def test_a_gap_is_anything_but_running_on(given_offsets: list[int], after: int) -> None:
    runs_on = given_offsets == list(range(after + 1, after + 1 + len(given_offsets)))
    assert has_gap([pub(offset) for offset in given_offsets], after) is not runs_on


TOP = StreamPosition(3, "e")


@pytest.mark.parametrize(
    ("wanted", "latest", "recovered", "sent"),
    [
        (StreamPosition(), 3, True, [3]),
        (StreamPosition(1, "e"), 3, True, [3]),
        (StreamPosition(3, "e"), 3, True, []),
        (StreamPosition(3, "other"), 3, True, [3]),
        (StreamPosition(3, ""), 3, True, [3]),
        (StreamPosition(3, "e"), None, True, []),
        (StreamPosition(2, "e"), None, False, []),
        (StreamPosition(3, "other"), None, False, []),
        (StreamPosition(2, "e"), 2, False, []),
    ],
)
def test_a_cache_gives_the_latest_value(
    wanted: StreamPosition, latest: int | None, recovered: bool, sent: list[int]
) -> None:
    got = recover_cache(wanted, pub(latest) if latest else None, TOP)
    assert (got.recovered, offsets(got.publications), got.offset) == (recovered, sent, 3)


def test_an_empty_cache_is_recovered_by_who_saw_it_empty() -> None:
    top = StreamPosition(0, "e")
    assert recover_cache(top, None, top).recovered
    assert not recover_cache(StreamPosition(), None, top).recovered
