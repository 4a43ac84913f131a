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
        begun = _Begun(work)
        task: asyncio.Task[T] = loop.create_task(begun, context=context)
        outer = asyncio.current_task(loop)
        if outer is not None:
            asyncio.tasks._leave_task(loop, outer)
        asyncio.tasks._enter_task(loop, task)
        try:
            context.run(begun.step)
        finally:
            asyncio.tasks._leave_task(loop, task)
            if outer is not None:
                asyncio.tasks._enter_task(loop, outer)
        return begun.outcome(task, loop)


class _Begun(Coroutine[Any, Any, Any]):
    """A coroutine whose first step is made before its task would make it.

    To the task it is the coroutine itself: it hands on what that waits for, and whatever else is
    asked of it. A task that is left with a finished one ends in the next turn of the loop.
    """

    __slots__ = ("_error", "_finished", "_result", "_waits_for", "_work")

    def __init__(self, work: Coroutine[Any, Any, Any]) -> None:
        self._work = work
        self._finished = True
        self._result: Any = None
        self._error: BaseException | None = None
        self._waits_for: Any = None

    def step(self) -> None:
        """Run up to the first wait."""
        try:
            self._waits_for = self._work.send(None)
            self._finished = False
        except StopIteration as stop:
            self._result = stop.value
        except (Exception, asyncio.CancelledError) as error:
            self._error = error

    def outcome(
        self, task: asyncio.Task[Any], loop: asyncio.AbstractEventLoop
    ) -> asyncio.Future[Any]:
        """Return the task, or a finished future when nothing is left to do."""
        if not self._finished:
            return task
        done: asyncio.Future[Any] = loop.create_future()
        if isinstance(self._error, asyncio.CancelledError):
            done.cancel()
        elif self._error is not None:
            done.set_exception(self._error)
        else:
            done.set_result(self._result)
        return done

    def send(self, value: Any) -> Any:
        if self._finished:
            raise StopIteration
        waits_for, self._waits_for = self._waits_for, None
        return self._work.send(value) if waits_for is None else waits_for

    def throw(self, error: Any, *rest: Any) -> Any:
        if self._finished:
            raise error
        waits_for, self._waits_for = self._waits_for, None
        # Cancelled before its task's first step: as in a task that waits, what it waits for is
        # cancelled, and tells the coroutine.
        if waits_for is not None and waits_for.cancel(*error.args):
            return waits_for
        return self._work.throw(error, *rest)

    def close(self) -> None:
        self._work.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._work.__await__()

    def __getattr__(self, name: str) -> Any:
        # anyio looks at `cr_frame` and others, to see whether a task has begun.
        return getattr(self._work, name)
