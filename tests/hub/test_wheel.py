"""Time for all sessions: turns, deadlines, and what happens when the loop stands still."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.hub.wheel import Calendar, Ticker, Wheel


@given(st.integers(1, 30), st.data())
def test_a_members_turn_comes_once_per_interval(seconds: int, data: st.DataObject) -> None:
    wheel: Wheel[str] = Wheel(seconds)
    for _ in range(data.draw(st.integers(0, 50))):
        wheel.turn()
    first_in = data.draw(st.integers(1, seconds))
    wheel.add("member", first_in=first_in)
    turns = [second for second in range(1, 3 * seconds + 1) if "member" in wheel.turn()]
    assert turns == [first_in + n * seconds for n in range((3 * seconds - first_in) // seconds + 1)]


def test_a_turn_can_be_looked_back_at() -> None:
    wheel: Wheel[str] = Wheel(5)
    wheel.add("member", first_in=1)
    assert wheel.turn() == ("member",)
    assert wheel.seconds_ago(0) == ("member",)
    for _ in range(3):
        wheel.turn()
    assert wheel.seconds_ago(3) == ("member",)
    assert wheel.seconds_ago(2) == ()


def test_a_removed_member_has_no_turn() -> None:
    wheel: Wheel[str] = Wheel(5)
    slot = wheel.add("member", first_in=2)
    wheel.remove("member", slot)
    wheel.remove("stranger", slot)
    assert not any(wheel.turn() for _ in range(10))


@given(st.floats(0, 40), st.integers(0, 10))
def test_an_entry_is_never_early_and_less_than_two_seconds_late(after: float, at: int) -> None:
    calendar = Calendar()
    for _ in range(at):
        calendar.turn()
    called: list[str] = []
    calendar.after(after, lambda: called.append("x"))
    seconds = 0
    while not called:
        seconds += 1
        for entry in calendar.turn():
            entry()
    assert after < seconds <= after + 1
    assert called == ["x"]


class Loop:
    """The clock and the one timer of an event loop."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timer: tuple[float, Callable[[], None]] | None = None

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], None]) -> Any:
        self.timer = (when, callback)
        return self

    def cancel(self) -> None:
        self.timer = None

    def fire(self, *, late: float = 0.0) -> None:
        assert self.timer is not None
        when, callback = self.timer
        self.timer = None
        self.now = when + late
        callback()


def ticking(on_second: Callable[[], None], on_stall: Callable[[int], None]) -> tuple[Ticker, Loop]:
    ticker, loop = Ticker(on_second, on_stall), Loop()
    ticker.start(loop)  # type: ignore[arg-type]
    return ticker, loop


def test_seconds_do_not_drift() -> None:
    calls: list[str] = []
    _, loop = ticking(lambda: calls.append("tick"), lambda _: calls.append("stall"))
    for late in (0.0, 0.3, 0.9, 0.0):
        loop.fire(late=late)
    assert calls == ["tick"] * 4
    assert loop.timer is not None and loop.timer[0] == 105.0


def test_missed_seconds_are_made_up_for_after_a_warning() -> None:
    calls: list[Any] = []
    _, loop = ticking(lambda: calls.append("tick"), calls.append)
    loop.fire(late=3.5)
    assert calls == [3, "tick", "tick", "tick", "tick"]
    assert loop.timer is not None and loop.timer[0] == 105.0


def test_time_goes_on_after_an_exception() -> None:
    calls = []

    def fail() -> None:
        calls.append("tick")
        raise KeyError("bug")

    _, loop = ticking(fail, lambda _: None)
    for _ in range(2):
        with pytest.raises(KeyError):
            loop.fire()
    assert len(calls) == 2


def test_a_stopped_ticker_is_silent() -> None:
    ticker, loop = ticking(lambda: None, lambda _: None)
    ticker.stop()
    ticker.stop()
    assert loop.timer is None


def test_a_second_may_stop_the_ticker() -> None:
    stop: list[Callable[[], None]] = []
    ticker, loop = ticking(lambda: stop[0](), lambda _: None)
    stop.append(ticker.stop)
    loop.fire()
    assert loop.timer is None


async def test_it_ticks_in_a_real_loop() -> None:
    ticked = asyncio.Event()
    ticker = Ticker(ticked.set, lambda _: None)
    ticker.start(asyncio.get_running_loop())
    await ticked.wait()
    ticker.stop()
