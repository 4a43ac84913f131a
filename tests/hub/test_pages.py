"""A page of history: how much of it, from where, and when there is none."""

from collections.abc import AsyncIterator
from functools import partial

import pytest
from msgspec import Raw

from antiphon import BadRequest, Unrecoverable
from antiphon.engine import MemoryEngine
from antiphon.hub.reading import read_page
from antiphon.protocol.messages import Since
from antiphon.publication import Publication

read = partial(read_page, channel="news", most=3)


@pytest.fixture
async def engine() -> AsyncIterator[MemoryEngine]:
    engine = MemoryEngine(epoch=lambda: "life")
    for _ in range(5):
        await engine.publish("news", Publication(Raw(b"1")), size=9, ttl=60.0)
    yield engine


@pytest.mark.parametrize(
    ("limit", "since", "reverse", "offsets"),
    [
        (0, None, False, []),
        (2, None, False, [1, 2]),
        (3, None, True, [5, 4, 3]),
        (4, None, False, [1, 2, 3]),
        (-1, None, False, [1, 2, 3]),
        (-1, Since(3), False, [4, 5]),
        (-1, Since(3, "life"), True, [2, 1]),
        (-1, Since(0, "life"), False, [1, 2, 3]),
    ],
)
async def test_a_page_holds_what_is_asked_for_and_so_much_at_most(
    engine: MemoryEngine, limit: int, since: Since | None, reverse: bool, offsets: list[int]
) -> None:
    found, top = await read(engine, limit=limit, since=since, reverse=reverse)
    assert [publication.offset for publication in found] == offsets
    assert (top.offset, top.epoch) == (5, "life")


async def test_nothing_comes_before_the_first(engine: MemoryEngine) -> None:
    with pytest.raises(BadRequest, match="since.offset: must be positive in reverse"):
        await read(engine, limit=1, since=Since(0), reverse=True)


@pytest.mark.parametrize("reverse", [False, True])
async def test_another_life_is_not_this_one(engine: MemoryEngine, reverse: bool) -> None:
    with pytest.raises(Unrecoverable):
        await read(engine, limit=0, since=Since(1, "another"), reverse=reverse)
