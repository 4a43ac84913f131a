"""Places: the app's own line, and none where there is no such thing."""

import asyncio
from pathlib import Path

import pytest
from msgspec import Struct

from antiphon import place
from antiphon.errors import DeclarationError

HERE = str(Path(__file__).relative_to(Path.cwd()))


class Said(Struct):
    """Is looked for."""

    text: str
    mood: str = "good"


def line_of(text: str) -> int:
    lines = Path(__file__).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.strip() == text)


def test_a_class_has_its_line() -> None:
    assert place.of_class(Said) == f"{HERE}:{line_of('class Said(Struct):')}"


def test_so_has_a_field() -> None:
    line = line_of('mood: str = "good"')
    assert place.of_class(Said, "mood") == f"{HERE}:{line}"


def test_a_field_that_is_not_there_has_that_of_the_class() -> None:
    assert place.of_class(Said, "gone") == place.of_class(Said)


def test_classes_within_functions_have_them_too() -> None:
    class Local(Struct):
        number: int

    assert place.of_class(Local, "number") == f"{HERE}:{line_of('number: int')}"


@pytest.mark.parametrize("cls", [int, 5, type("Made", (), {})])
def test_what_has_no_source_has_no_place(cls: object) -> None:
    assert place.of_class(cls) == ""


def test_an_error_names_the_line_that_caused_it() -> None:
    error = DeclarationError("wrong")
    line = line_of('error = DeclarationError("wrong")')
    assert str(error) == f"wrong ({HERE}:{line})"


def test_an_error_names_the_line_it_is_given() -> None:
    assert str(DeclarationError("wrong", at="news.py:5")) == "wrong (news.py:5)"


async def test_what_the_event_loop_runs_has_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """It calls functions of ours: nothing of the app's is running then."""
    found: list[str] = []

    def ours() -> None:
        found.append(place.of_caller())

    ours()
    monkeypatch.setitem(ours.__globals__, "__name__", "antiphon.something")
    asyncio.get_running_loop().call_soon(ours)
    await asyncio.sleep(0)
    assert found == [f"{HERE}:{line_of('found.append(place.of_caller())')}", ""]


def test_a_file_elsewhere_has_its_whole_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert place.of_class(Said).startswith(f"{Path(__file__)}:")
