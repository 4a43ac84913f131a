"""Patterns: what they match, what they cost at most, and which are refused."""

import re
from fnmatch import translate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon import BadRequest
from antiphon.server.api.glob import LONGEST, MOST_ALTERNATIVES, glob

NAMES = ["news", "chat:lobby", "chat:hall", "chat:hall:1", "order:1", "order:22", "$secret"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*", NAMES),
        ("**", NAMES),
        ("news", ["news"]),
        ("new", []),
        ("chat:*", ["chat:lobby", "chat:hall", "chat:hall:1"]),
        ("*:*:*", ["chat:hall:1"]),
        ("*all*", ["chat:hall", "chat:hall:1"]),
        ("order:?", ["order:1"]),
        ("order:??", ["order:22"]),
        ("order:[0-1]", ["order:1"]),
        ("order:[!0-1]*", ["order:22"]),
        ("{news,order:1}", ["news", "order:1"]),
        ("{order,chat}:{1,l*}", ["chat:lobby", "order:1"]),
        ("{*all,*all:1}", ["chat:hall", "chat:hall:1"]),
        ("{news}", ["news"]),
        ("{,$}secret", ["$secret"]),
        ("NEWS", []),
        ("[", []),
        (r"\n\e\w\s", []),
        ("(news|order)", []),
        (".*", []),
    ],
)
def test_what_a_pattern_matches(pattern: str, found: list[str]) -> None:
    fits = glob(pattern)
    assert [name for name in NAMES if fits(name)] == found


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("x" * (LONGEST + 1), "pattern: longer than 255 characters"),
        ("{a", "pattern: braces that do not pair"),
        ("a}", "pattern: braces that do not pair"),
        ("{a,{b,c}", "pattern: braces that do not pair"),
        ("{a,b}" * 5, "pattern: more than 16 alternatives"),
        ("{" + "," * MOST_ALTERNATIVES + "}", "pattern: more than 16 alternatives"),
    ],
)
def test_what_is_no_pattern_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(BadRequest, match=re.escape(said)):
        glob(pattern)


def test_bounds_are_kept_exactly() -> None:
    assert glob("x" * LONGEST)("x" * LONGEST)
    assert glob("{a,b}" * 4)("abba")
    assert not glob("{a,b}" * 4)("abbc")


@pytest.mark.parametrize("pattern", ["*a" * 127, "*" * LONGEST, "*" + "?" * 254, "a*" * 127 + "b"])
def test_a_pattern_made_to_take_long_takes_no_time(pattern: str) -> None:
    """With backtracking these would run for years, and the suite's deadline would end them."""
    assert not glob(pattern + "b")("a" * LONGEST) if len(pattern) < LONGEST else glob(pattern)


@given(st.text("ab*?[]!-", max_size=12), st.text("ab", max_size=8))
def test_without_braces_it_is_what_a_shell_would_match(pattern: str, name: str) -> None:
    assert glob(pattern)(name) == bool(re.fullmatch(translate(pattern), name))


@given(st.text(max_size=300))
def test_no_text_raises_anything_else(pattern: str) -> None:
    try:
        glob(pattern)("name")
    except BadRequest:
        pass
