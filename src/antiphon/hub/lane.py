"""The commands of one connection that wait, and those that are held back behind them.

Commands run one after another. While one waits, later ones are held back, and past a bound the
connection is not read. Only RPC calls wait side by side, up to a bound of their own.
"""

import asyncio
from collections import deque
from functools import partial
from typing import Any, Protocol

from antiphon.hub.core import Core
from antiphon.wire.port import Connection

_SIDE_BY_SIDE = frozenset({"rpc"})
"""Commands that do not hold back later ones while they wait."""


class Runner(Protocol):
    """Whoever runs the commands."""

    core: Core
    connection: Connection

    def run(self, name: str, command_id: int, request: Any) -> None:
        """Run one command, up to its first wait."""

    def finished(self, command_id: int, future: asyncio.Future[None]) -> None:
        """Note that one that waited has ended."""


class Lane:
    """See the module.

    `busy` says that the next command has to be held back.
    """

    __slots__ = ("_blocked", "_calls", "_held", "_runner", "busy")

    def __init__(self, runner: Runner) -> None:
        self.busy = False
        self._runner = runner
        self._held: deque[tuple[str, int, Any]] | None = None
        self._blocked = False
        self._calls = 0

    def hold(self, name: str, command_id: int, request: Any) -> None:
        """Keep a command until the one that waits is done."""
        if self._held is None:
            self._held = deque()
        self._held.append((name, command_id, request))
        if len(self._held) == self._runner.core.limits.commands_waiting:
            self._runner.connection.pause_reading()

    def wait(self, name: str, command_id: int, future: asyncio.Future[None]) -> None:
        """Wait for the rest of a command."""
        if name in _SIDE_BY_SIDE:
            self._calls += 1
            then = partial(self._called, command_id)
        else:
            self._blocked = True
            then = partial(self._unblocked, command_id)
        self._note_busy()
        self._runner.core.hold(future, then)

    def clear(self) -> None:
        """Run nothing any more that is held back."""
        self._held = None

    def _called(self, command_id: int, future: asyncio.Future[None]) -> None:
        self._calls -= 1
        self._go_on(command_id, future)

    def _unblocked(self, command_id: int, future: asyncio.Future[None]) -> None:
        self._blocked = False
        self._go_on(command_id, future)

    def _go_on(self, command_id: int, future: asyncio.Future[None]) -> None:
        self._note_busy()
        self._runner.finished(command_id, future)
        self._release()

    def _note_busy(self) -> None:
        self.busy = self._blocked or self._calls >= self._runner.core.limits.calls_in_flight

    def _release(self) -> None:
        """Run what was held back, until something waits again."""
        held = self._held
        while held and not self.busy:
            if len(held) == self._runner.core.limits.commands_waiting:
                self._runner.connection.resume_reading()
            self._runner.run(*held.popleft())
