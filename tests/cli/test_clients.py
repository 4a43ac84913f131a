"""`antiphon types`: what is written where, and its mistakes, each one line."""

from pathlib import Path

import pytest

from tests.cli.terminal import APP, type_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "newsroom.py").write_text(APP)
    return tmp_path


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ts", "export interface Said {"),
        ("python", "class Said(TypedDict):"),
        ("swift", "public struct Said: "),
        ("kotlin", "data class Said("),
        ("dart", "final class Said "),
    ],
)
def test_types_say_what_they_are_and_are_the_same_each_time(
    folder: Path, language: str, said: str
) -> None:
    done = type_in(folder, "types", "newsroom:app", "--lang", language)
    header = f"Newsroom 1.2.3, written by `antiphon types newsroom:app --lang {language}`."
    assert (done.returncode, done.stderr) == (0, "")
    assert header in done.stdout.splitlines()[0]
    assert said in done.stdout
    arguments = ("newsroom:app", "--lang", language, "--output", "types.txt")
    assert type_in(folder, "types", *arguments).stdout == ""
    assert (folder / "types.txt").read_text() == done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["newsroom:app"], 2, "Missing option '--lang'"),
        (["newsroom:app", "--lang", "cobol"], 2, "Invalid value for '--lang'"),
        (["--lang", "ts"], 2, "Missing argument"),
        (["nowhere:app", "--lang", "ts"], 1, "there is no module 'nowhere'"),
        (["newsroom:chat", "--lang", "ts"], 1, "newsroom:chat is of type Channel"),
        (["newsroom:app", "--lang", "ts", "--output", "no/such"], 1, "no/such"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line(folder: Path, arguments: list[str], code: int, said: str) -> None:
    done = type_in(folder, "types", *arguments)
    assert said in done.stderr
    assert done.stderr.startswith("antiphon: ")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
