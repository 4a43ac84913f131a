"""Names: identifiers everywhere, unique, and none that depends on the order of declarations."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.contract.naming import camel, names_of, numbered, pascal


def made(name: str, module: str, qualname: str = "") -> Any:
    return type(name, (), {"__module__": module, "__qualname__": qualname or name})


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("chat:{room}", "chatRoom"),
        ("order:{id:int}", "orderIdInt"),
        ("rooms.create", "roomsCreate"),
        ("inbox#{user}", "inboxUser"),
        ("$private", "private"),
        ("HTTPStream", "hTTPStream"),
        ("2024", "n2024"),
        ("::", "n"),
        ("ünï", "n"),
    ],
)
def test_channels_and_calls_have_names_in_camel_case(text: str, name: str) -> None:
    assert camel(text) == name


@given(st.text())
def test_every_text_makes_an_identifier(text: str) -> None:
    assert re.fullmatch(r"[A-Z][A-Za-z0-9]*", pascal(text).capitalize()) or not pascal(text)
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", camel(text))


@given(st.lists(st.sampled_from(["a", "a2", "b", "a22"])))
def test_numbers_make_names_unique(names: list[str]) -> None:
    unique = numbered(names)
    assert len(set(unique)) == len(names)
    for name, original in zip(unique, names, strict=True):
        assert name.startswith(original)


def test_a_class_keeps_its_name_while_it_is_the_only_one() -> None:
    said = made("Said", "newsroom.events")
    assert names_of([said, said]) == {said: "Said"}


def test_of_two_both_are_named_after_their_modules() -> None:
    one, two = made("Said", "app.chat"), made("Said", "app.news")
    other = made("Heard", "app.news")
    expected = {one: "ChatSaid", two: "NewsSaid", other: "Heard"}
    assert names_of([one, two, other]) == names_of([other, two, one]) == expected


def test_as_much_of_the_path_as_is_needed() -> None:
    one, two = made("Said", "a.events"), made("Said", "b.events")
    assert set(names_of([one, two]).values()) == {"AEventsSaid", "BEventsSaid"}


def test_classes_in_one_function_are_told_apart_by_number() -> None:
    one, two = (made("Said", "m", "make.<locals>.Said") for _ in range(2))
    assert names_of([one, two]) == {one: "MMakeSaid", two: "MMakeSaid2"}


def test_a_longer_name_does_not_run_into_another() -> None:
    one, two, three = made("Said", "a"), made("Said", "b"), made("ASaid", "c")
    assert len(set(names_of([one, two, three]).values())) == 3
