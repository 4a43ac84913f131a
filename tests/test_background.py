"""Background tasks: they live as long as their app, and their death is noticed."""

import asyncio
from typing import Any

import pytest

from antiphon import DeclarationError
from antiphon.background import BackgroundTasks


async def turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_they_run_from_start_to_stop() -> None:
    seen = []

    async def work() -> None:
        seen.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            seen.append("ended")

    tasks = BackgroundTasks()
    tasks.add(work)
    for _ in range(2):
        tasks.start()
        await turn()
        await tasks.stop()
    assert seen == ["begun", "ended"] * 2
    assert tasks.dead == []


async def test_one_that_raises_is_dead_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def fails() -> None:
        raise KeyError("the bug")

    tasks = BackgroundTasks()
    tasks.add(fails)
    tasks.start()
    await turn()
    assert tasks.dead == ["fails"]
    assert "background task fails raised" in caplog.text and "the bug" in caplog.text
    await tasks.stop()
    tasks.start()
    assert tasks.dead == []
    await tasks.stop()


async def test_one_that_returns_has_done_its_work() -> None:
    async def work() -> None: ...

    tasks = BackgroundTasks()
    tasks.add(work)
    tasks.start()
    await turn()
    await tasks.stop()
    assert tasks.dead == []


async def test_stopping_without_tasks_is_nothing() -> None:
    await BackgroundTasks().stop()


async def needs_more(interval: float) -> None: ...


async def has_default(interval: float = 1.0) -> None: ...


@pytest.mark.parametrize("function", [lambda: None, needs_more])
def test_what_cannot_be_a_task_is_refused(function: Any) -> None:
    with pytest.raises(DeclarationError, match="background: .* is no async function of nothing"):
        BackgroundTasks().add(function)


def test_defaults_are_fine() -> None:
    BackgroundTasks().add(has_default)
