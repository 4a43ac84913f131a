"""Running coroutines from a protocol callback: at once, and as a task only when they wait.

`finish` is for coroutines that are known never to wait: it runs them to their end, here and now,
for the price of a function call. `start` is for all others: it runs the coroutine up to its first
wait inside a real task (`asyncio.timeout`, task groups and anyio work in it), and returns the
task, finished or not. Python 3.12 brings such eager tasks along; for 3.11 there is one of ours.

`never_waits` tells the two apart by looking at a function's code.
"""

import asyncio
import dis
import inspect
import sys
from collections.abc import Callable, Coroutine, Generator
from contextvars import copy_context
from types import coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_WAITS = frozenset({"GET_AWAITABLE", "GET_ANEXT"})
"""Every await, `async with` and `async for` compiles to one of these."""


def never_waits(function: Callable[..., Any]) -> bool:
    """Say whether a function surely runs to its end in one go.

    A plain function does; so does an ``async def`` whose code holds no await of any form.
    """
    code = getattr(function, "__code__", None)
    if code is None:
        return False
    if not inspect.iscoroutinefunction(function):
        return True
    return not any(step.opname in _WAITS for step in dis.get_instructions(code))


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits, and return its result.

    Raises:
        RuntimeError: it waited after all.
    """
    try:
        work.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    work.close()
    raise RuntimeError(f"{work!r} waited, though its code said it never does")


if sys.version_info >= (3, 12):

    def start(work: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> asyncio.Task[T]:
        """Run a coroutine up to its first wait; the task is done when it did not wait."""
        return asyncio.Task(work, loop=loop, eager_start=True)

else:

    def start(work: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> asyncio.Future[T]:
        """Run a coroutine up to its first wait; the future is done when it did not wait.

        The task that drives the rest exists from the beginning, so that whatever asks for the
        current task is told the same one before and after the first wait.
        """
        context = copy_context()
        first = _FirstStep(work)
        task: asyncio.Task[T] = loop.create_task(first.rest(), context=context)
        outer = asyncio.current_task(loop)
        if outer is not None:
            asyncio.tasks._leave_task(loop, outer)
        asyncio.tasks._enter_task(loop, task)
        try:
            context.run(first.run)
        finally:
            asyncio.tasks._leave_task(loop, task)
            if outer is not None:
                asyncio.tasks._enter_task(loop, outer)
        return first.outcome(task, loop)


class _FirstStep:
    """The first step of a coroutine, made before its task would make it."""

    __slots__ = ("error", "finished", "result", "waits_for", "work")

    def __init__(self, work: Coroutine[Any, Any, Any]) -> None:
        self.work = work
        self.finished = False
        self.result: Any = None
        self.error: BaseException | None = None
        self.waits_for: Any = None

    def run(self) -> None:
        try:
            self.waits_for = self.work.send(None)
        except StopIteration as stop:
            self.finished, self.result = True, stop.value
        except (Exception, asyncio.CancelledError) as error:
            self.finished, self.error = True, error

    async def rest(self) -> Any:
        if not self.finished:
            return await _resume(self.work, self.waits_for)
        return None

    def outcome(
        self, task: asyncio.Task[Any], loop: asyncio.AbstractEventLoop
    ) -> asyncio.Future[Any]:
        if not self.finished:
            return task
        done: asyncio.Future[Any] = loop.create_future()
        if self.error is not None:
            done.set_exception(self.error)
        else:
            done.set_result(self.result)
        return done


@coroutine
def _resume(work: Coroutine[Any, Any, T], waits_for: Any) -> Generator[Any, Any, T]:
    """Go on with a coroutine that has already yielded what it waits for."""
    while True:
        try:
            sent = yield waits_for
        except BaseException as error:
            step: Callable[[Any], Any] = work.throw
            argument: Any = error
        else:
            step, argument = work.send, sent
        try:
            waits_for = step(argument)
        except StopIteration as stop:
            result: T = stop.value
            return result
