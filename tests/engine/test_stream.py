"""A stream read at every extreme gives what a plain list would give."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from antiphon.engine.stream import Stream
from antiphon.publication import Publication

UINT64 = 2**64 - 1
EDGES = [0, 1, sys.maxsize - 1, sys.maxsize, sys.maxsize + 1, UINT64]

offsets = st.integers(0, 12) | st.sampled_from(EDGES) | st.integers(0, UINT64)
limits = st.integers(-3, 12) | st.sampled_from([*EDGES, -sys.maxsize - 2]) | st.integers()


def stream_of(published: int, size: int) -> Stream:
    stream = Stream("e")
    for _ in range(published):
        stream.append(Publication(Raw(b"1")), size=size, expires_at=1.0)
    return stream


def read(stream: Stream, *, since: int | None, limit: int, reverse: bool = False) -> list[int]:
    return [p.offset for p in stream.read(since=since, limit=limit, reverse=reverse)]


def expected(kept: list[int], since: int | None, limit: int, reverse: bool) -> list[int]:
    """The page, by the definition: choose, order, cut."""
    if reverse:
        chosen = [offset for offset in reversed(kept) if since is None or offset < since]
    else:
        chosen = [offset for offset in kept if since is None or offset > since]
    return chosen if limit < 0 else chosen[:limit]


@given(st.integers(0, 10), st.integers(1, 6), st.none() | offsets, limits, st.booleans())
def test_every_page_is_that_of_a_list(
    published: int, size: int, since: int | None, limit: int, reverse: bool
) -> None:
    stream = stream_of(published, size)
    kept = list(range(1, published + 1))[-size:]
    page = read(stream, since=since, limit=limit, reverse=reverse)
    assert page == expected(kept, since, limit, reverse)


@pytest.mark.parametrize("since", [sys.maxsize - 1, sys.maxsize, UINT64])
def test_nothing_comes_after_an_offset_from_beyond(since: int) -> None:
    assert read(stream_of(3, 2), since=since, limit=300) == []
    assert read(stream_of(3, 2), since=since, limit=300, reverse=True) == [3, 2]


def test_a_limit_from_beyond_is_no_limit() -> None:
    assert read(stream_of(3, 3), since=1, limit=sys.maxsize) == [2, 3]


def test_a_stream_counts_on_after_it_was_cleared() -> None:
    stream = stream_of(1, 2)
    stream.clear()
    stream.append(Publication(Raw(b"2")), size=2, expires_at=2.0)
    assert read(stream, since=None, limit=-1) == [2]
    assert stream.position.offset == 2
