"""Starting coroutines in place: to their code, it looks like any task from the first line on."""

import asyncio
import contextvars
import functools
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from antiphon.hub.running import finish, never_waits, start

place: contextvars.ContextVar[str] = contextvars.ContextVar("place", default="nowhere")


def begin(work: Any) -> asyncio.Future[Any]:
    return start(work, asyncio.get_running_loop())


# What surely never waits.


async def plain_async() -> int:
    return 1


async def awaits() -> None:
    await asyncio.sleep(0)


async def with_block() -> None:
    async with asyncio.Lock():
        pass


async def _numbers() -> AsyncIterator[int]:
    yield 1


async def with_loop() -> None:
    async for _ in _numbers():
        pass


async def with_comprehension() -> list[int]:
    return [n async for n in _numbers()]


async def with_awaits_in_a_comprehension() -> list[int]:
    return [await plain_async() for _ in range(1)]


def plain() -> int:
    return 1


class Bound:
    async def waits(self) -> None:
        await awaits()

    async def runs(self) -> None: ...

    async def __call__(self) -> None:
        await awaits()


@pytest.mark.parametrize("function", [plain, plain_async, Bound().runs, lambda: 1])
def test_functions_without_any_wait_are_known(function: Callable[..., Any]) -> None:
    assert never_waits(function)


@pytest.mark.parametrize(
    "function",
    [
        awaits,
        with_block,
        with_loop,
        with_comprehension,
        with_awaits_in_a_comprehension,
        Bound().waits,
        Bound(),
        functools.partial(awaits),
        print,
    ],
)
def test_functions_that_may_wait_are_known(function: Callable[..., Any]) -> None:
    assert not never_waits(function)


def test_finish_returns_the_result() -> None:
    assert finish(plain_async()) == 1


def test_finish_lets_exceptions_out() -> None:
    async def fails() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        finish(fails())


def test_finish_refuses_a_coroutine_that_waits_and_closes_it() -> None:
    closed = []

    async def waits() -> None:
        try:
            await asyncio.sleep(0)
        finally:
            closed.append(True)

    with pytest.raises(RuntimeError, match="waited"):
        finish(waits())
    assert closed


# Started in place.


async def test_what_does_not_wait_is_done_at_once() -> None:
    future = begin(plain_async())
    assert future.done()
    assert future.result() == 1


async def test_what_waits_has_run_up_to_there() -> None:
    seen = []

    async def work() -> str:
        seen.append("before")
        await asyncio.sleep(0)
        seen.append("between")
        await asyncio.sleep(0.001)
        seen.append("after")
        return "result"

    future = begin(work())
    assert seen == ["before"]
    assert not future.done()
    assert await future == "result"
    assert seen == ["before", "between", "after"]


@pytest.mark.parametrize("wait", [False, True])
async def test_an_exception_comes_out_of_the_future(wait: bool) -> None:
    async def fails() -> None:
        if wait:
            await asyncio.sleep(0)
        raise KeyError("x")

    future = begin(fails())
    assert future.done() is not wait
    with pytest.raises(KeyError):
        await future


@pytest.mark.parametrize("wait", [False, True])
async def test_a_coroutine_that_cancels_itself_is_cancelled(wait: bool) -> None:
    async def gives_up() -> None:
        if wait:
            await asyncio.sleep(0)
        raise asyncio.CancelledError

    future = begin(gives_up())
    with pytest.raises(asyncio.CancelledError):
        await future
    assert future.cancelled()


async def test_the_current_task_is_the_same_before_and_after_the_wait() -> None:
    outer = asyncio.current_task()

    async def work() -> list[Any]:
        seen = [asyncio.current_task()]
        await asyncio.sleep(0)
        return [*seen, asyncio.current_task()]

    future = begin(work())
    assert asyncio.current_task() is outer
    before, after = await future
    assert before is after is future
    assert before is not outer


async def test_a_task_can_be_started_from_one_that_was_started() -> None:
    async def inner() -> Any:
        first = asyncio.current_task()
        await asyncio.sleep(0)
        return first

    async def work() -> bool:
        me = asyncio.current_task()
        child = begin(inner())
        assert asyncio.current_task() is me
        return await child is not me

    assert await begin(work())


async def test_it_starts_outside_any_task_too() -> None:
    done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def work() -> Any:
        await asyncio.sleep(0)
        return asyncio.current_task()

    def callback() -> None:
        future = begin(work())
        future.add_done_callback(lambda task: done.set_result((task, task.result())))

    asyncio.get_running_loop().call_soon(callback)
    task, current = await done
    assert task is current


async def test_context_is_a_copy_and_stays_with_the_coroutine() -> None:
    place.set("outside")

    async def work() -> list[str]:
        seen = [place.get()]
        place.set("inside")
        await asyncio.sleep(0)
        return [*seen, place.get()]

    future = begin(work())
    assert place.get() == "outside"
    place.set("changed")
    assert await future == ["outside", "inside"]


async def test_context_of_what_is_done_at_once_does_not_leak() -> None:
    async def work() -> None:
        place.set("inside")

    begin(work())
    assert place.get() == "nowhere"


@pytest.mark.parametrize("seconds", [-1, 0, 0.001])
async def test_a_timeout_ends_the_first_wait(seconds: float) -> None:
    async def work() -> str:
        try:
            async with asyncio.timeout(seconds):
                await asyncio.Event().wait()
        except TimeoutError:
            return "in time"
        return "never"

    assert await begin(work()) == "in time"


async def test_a_task_group_works_from_the_first_line() -> None:
    async def child(number: int) -> int:
        await asyncio.sleep(0)
        return number

    async def work() -> int:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(child(n)) for n in range(3)]
        return sum(task.result() for task in tasks)

    assert await begin(work()) == 3


async def test_a_failing_task_group_cancels_its_starter() -> None:
    async def child() -> None:
        raise KeyError("x")

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(child())
            await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as caught:
        await begin(work())
    assert isinstance(caught.value.exceptions[0], KeyError)


async def test_anyio_works_from_the_first_line() -> None:
    async def work() -> str:
        with anyio.move_on_after(0) as scope:
            await anyio.sleep(60)
        assert scope.cancelled_caught
        with anyio.move_on_after(0.001) as scope:
            await anyio.Event().wait()
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 60)
            await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
        await anyio.to_thread.run_sync(plain)
        return "done" if scope.cancelled_caught else "not cancelled"

    assert await begin(work()) == "done"


async def test_anyio_cancels_a_scope_before_the_first_wait() -> None:
    async def work() -> bool:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await anyio.sleep(60)
        await anyio.lowlevel.checkpoint()
        return scope.cancelled_caught

    assert await begin(work())


async def cleans_up(seen: list[str], waiting_for: Any) -> None:
    seen.append("waits")
    try:
        await waiting_for
    except asyncio.CancelledError:
        seen.append("cancelled")
        await asyncio.sleep(0)
        seen.append("cleaned up")
        raise


@pytest.mark.parametrize("turns", [0, 1, 3])
async def test_cancelling_reaches_the_coroutine_whenever_it_comes(turns: int) -> None:
    seen: list[str] = []
    waiting_for = asyncio.get_running_loop().create_future()
    future = begin(cleans_up(seen, waiting_for))
    for _ in range(turns):
        await asyncio.sleep(0)
    assert future.cancel("enough")
    with pytest.raises(asyncio.CancelledError):
        await future
    assert seen == ["waits", "cancelled", "cleaned up"]
    assert waiting_for.cancelled()
    assert future.cancelled()


async def test_cancelling_during_a_bare_yield_reaches_the_coroutine() -> None:
    seen: list[str] = []
    future = begin(cleans_up(seen, asyncio.sleep(0)))
    future.cancel()
    with pytest.raises(asyncio.CancelledError):
        await future
    assert seen == ["waits", "cancelled", "cleaned up"]


async def test_cancelling_can_be_swallowed() -> None:
    async def stubborn() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "stayed"
        return "never"

    future = begin(stubborn())
    future.cancel()
    assert await future == "stayed"


async def test_cancelling_itself_before_the_first_wait_takes_effect_there() -> None:
    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.Event().wait()

    future = begin(work())
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(future, 5)


async def test_an_outer_cancellation_stays_outside() -> None:
    async def inner() -> str:
        await asyncio.sleep(0)
        return "done"

    kept = []

    async def outer() -> None:
        kept.append(begin(inner()))
        await asyncio.Event().wait()

    task = asyncio.create_task(outer())
    await asyncio.sleep(0)
    task.cancel()
    assert await kept[0] == "done"


async def test_what_it_waits_for_may_be_done_before_the_next_turn() -> None:
    waited = asyncio.get_running_loop().create_future()

    async def work() -> int:
        return int(await waited) + 1

    future = begin(work())
    waited.set_result(1)
    assert await future == 2


async def test_no_task_is_left_behind() -> None:
    begin(plain_async())
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
