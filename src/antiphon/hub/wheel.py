"""Time for all sessions: one timer per second instead of several per connection.

`Wheel` holds whatever is to be touched at a steady interval (pings), spread over as many slots as
the interval has seconds. `Calendar` holds what is to happen once at a later second (deadlines,
expiries).

`Ticker` drives both from the event loop, and catches up when the loop was blocked.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Wheel(Generic[T]):
    """Members spread over the seconds of an interval."""

    __slots__ = ("_slots", "second")

    def __init__(self, seconds: int) -> None:
        self.second = 0
        self._slots: list[dict[T, None]] = [{} for _ in range(seconds)]

    def add(self, member: T, *, first_in: int) -> int:
        """Have the member's turn come in `first_in` seconds; return its slot."""
        slot = (self.second + first_in) % len(self._slots)
        self._slots[slot][member] = None
        return slot

    def remove(self, member: T, slot: int) -> None:
        """Take a member out of the slot that `add` returned."""
        self._slots[slot].pop(member, None)

    def turn(self) -> tuple[T, ...]:
        """Go on by one second and return whose turn it is."""
        self.second += 1
        return tuple(self._slots[self.second % len(self._slots)])

    def seconds_ago(self, seconds: int) -> tuple[T, ...]:
        """Return whose turn it was that many seconds ago."""
        return tuple(self._slots[(self.second - seconds) % len(self._slots)])


class Alarm:
    """Something that is to happen once, unless it is cancelled, which also lets go of it."""

    __slots__ = ("_then",)

    def __init__(self, then: Callable[[], None]) -> None:
        self._then: Callable[[], None] | None = then

    @property
    def is_set(self) -> bool:
        """Whether it has neither gone off nor been cancelled."""
        return self._then is not None

    def cancel(self) -> None:
        """See that nothing happens."""
        self._then = None

    def __call__(self) -> None:
        """Go off."""
        then, self._then = self._then, None
        if then is not None:
            then()


class Calendar:
    """What is to happen at a later second."""

    __slots__ = ("_pages", "second")

    def __init__(self) -> None:
        self.second = 0
        self._pages: defaultdict[int, list[Callable[[], None]]] = defaultdict(list)

    def after(self, seconds: float, entry: Callable[[], None]) -> None:
        """Call the entry once `seconds` have passed, up to a second later."""
        self._pages[self.second + int(seconds) + 1].append(entry)

    def turn(self) -> list[Callable[[], None]]:
        """Go on by one second and return what is due."""
        self.second += 1
        return self._pages.pop(self.second, [])


class Ticker:
    """Calls back once per second of the loop's clock, missed seconds included.

    Args:
        on_second: called for each second.
        on_stall: called before missed seconds are made up for, with their number: time in which
            the loop stood still, and nobody was heard.
    """

    __slots__ = ("_handle", "_loop", "_next", "_on_second", "_on_stall")

    def __init__(self, on_second: Callable[[], None], on_stall: Callable[[int], None]) -> None:
        self._on_second = on_second
        self._on_stall = on_stall
        self._handle: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to tick."""
        self._loop = loop
        self._next = loop.time() + 1.0
        self._handle = loop.call_at(self._next, self._tick)

    def stop(self) -> None:
        """Tick no more."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _tick(self) -> None:
        seconds = int(self._loop.time() - self._next) + 1
        self._next += seconds
        # Before anything that might raise: time goes on whatever happens.
        self._handle = self._loop.call_at(self._next, self._tick)
        if seconds > 1:
            self._on_stall(seconds - 1)
        for _ in range(seconds):
            self._on_second()
