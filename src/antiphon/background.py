"""Background tasks that live as long as their app."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

log = logging.getLogger("antiphon")

Background = Callable[[], Awaitable[Any]]


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
        """Declare a task; it runs at the next start."""
        self._functions.append(function)

    def start(self) -> None:
        """Start them all in the running event loop."""
        self.dead.clear()
        for function in self._functions:
            task = asyncio.create_task(self._run(function))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def stop(self) -> None:
        """Cancel those that still run, and wait for them."""
        running = tuple(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, function: Background) -> None:
        try:
            await function()
        except Exception:
            name = getattr(function, "__name__", repr(function))
            self.dead.append(name)
            log.exception("background task %s raised and is dead", name)
