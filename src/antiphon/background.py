"""Background tasks that live as long as their app."""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from antiphon.errors import DeclarationError

log = logging.getLogger("antiphon")

Background = Callable[[], Awaitable[Any]]

_STOP_SECONDS = 5.0


class BackgroundTasks:
    """Functions that run from the app's start to its end.

    One that raises is logged with its traceback and stays dead; `dead` names it, and health with
    it. One that returns has done its work.
    """

    def __init__(self) -> None:
        self.dead: list[str] = []
        self._functions: list[Background] = []
        self._running: set[asyncio.Task[None]] = set()

    def add(self, function: Background) -> None:
        """Declare a task; it runs at the next start.

        Raises:
            DeclarationError: it is no async function without parameters.
        """
        wants = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
        if not inspect.iscoroutinefunction(function) or wants:
            raise DeclarationError(f"background: {function!r} is no async function of nothing")
        self._functions.append(function)

    def start(self) -> None:
        """Start them all in the running event loop."""
        self.dead.clear()
        for function in self._functions:
            task = asyncio.create_task(self._run(function))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def stop(self) -> None:
        """Cancel those that still run, and wait for them; not for ever."""
        running = tuple(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=_STOP_SECONDS)

    async def _run(self, function: Background) -> None:
        try:
            await function()
        except Exception:
            name = getattr(function, "__name__", repr(function))
            self.dead.append(name)
            log.exception("background task %s raised and is dead", name)
