"""Names and comments that any language takes."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.contract.types.names import (
    Names,
    identifiers,
    in_quotes,
    lines_of,
    on_one_line,
    paragraphs,
    snake,
)


def test_a_taken_name_gets_underscores() -> None:
    names = Names(["Array"])
    assert [names.claim(name) for name in ("Array", "Array", "Said", "Said")] == [
        "Array_",
        "Array__",
        "Said",
        "Said_",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("roomsCreate", "rooms_create"),
        ("rooms.create", "rooms_create"),
        ("HTTPServer", "http_server"),
        ("a2b", "a_2_b"),
        ("GOOD", "good"),
        ("1st", "n1_st"),
        ("ü", "n"),
    ],
)
def test_snake_case(text: str, expected: str) -> None:
    assert snake(text) == expected


def test_identifiers_differ_and_are_no_words() -> None:
    names = identifiers(["a-b", "a_b", "class", "ä", ""], reserved={"class"})
    assert names == ["aB", "aB_", "class_", "n", "n_"]


@given(st.text())
def test_quotes_hold_any_text(text: str) -> None:
    quoted = in_quotes(text, escape=lambda number: f"\\U{number:08x}")
    assert ast.literal_eval(quoted) == text
    assert quoted.isprintable()


@given(st.text())
def test_lines_are_lines(text: str) -> None:
    lines = lines_of(text)
    assert all(line.isprintable() and line == line.rstrip() for line in lines)
    assert on_one_line(text).isprintable()


def test_what_would_not_be_seen_is_written_as_its_number() -> None:
    assert lines_of("a\u202eb\n\n c\u2028d\x00") == ("a\\u202eb", "", " c", "d\\u0000")
    assert on_one_line(" a\n\tb\u2028c ") == "a b\\u2028c"


def test_paragraphs() -> None:
    assert paragraphs((), "last") == ("last",)
    assert paragraphs(("a",), "last") == ("a", "", "last")
    assert paragraphs(("a",), "") == ("a",)
