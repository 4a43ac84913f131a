"""Much at once: all of it is done, in portions, and the first failure is told at the end."""

import asyncio
from functools import partial

import pytest

from antiphon.server.api.replying import SIDE_BY_SIDE, in_portions


async def test_results_come_in_order_and_begin_in_portions() -> None:
    under_way: set[int] = set()
    most = 0

    async def work(number: int) -> int:
        nonlocal most
        under_way.add(number)
        await asyncio.sleep(0)
        most = max(most, len(under_way))
        under_way.discard(number)
        return number

    count = 2 * SIDE_BY_SIDE + 1
    results = await in_portions(partial(work, number) for number in range(count))
    assert results == list(range(count))
    assert most == SIDE_BY_SIDE
    assert await in_portions(partial(work, number) for number in range(0)) == []


async def test_a_failure_keeps_nothing_from_being_done() -> None:
    done = []

    async def work(number: int) -> None:
        if number % 2:
            raise ValueError(number)
        done.append(number)

    with pytest.raises(ValueError, match="^1$"):
        await in_portions(partial(work, number) for number in range(2 * SIDE_BY_SIDE))
    assert done == list(range(0, 2 * SIDE_BY_SIDE, 2))
