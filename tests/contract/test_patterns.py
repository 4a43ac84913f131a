"""Strings for patterns: what is returned matches, and what cannot be had is None."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from antiphon.contract.patterns import matching

PATTERNS = [
    r"^[a-z0-9]+(-[a-z0-9]+)*$",
    r"^\d{3}-\d{4}$",
    r"^(?:yes|no)$",
    r"^[^a-z]{2}$",
    r"^#[0-9a-fA-F]{6}$",
    r"^\S(.*\S)?$",
    r"^(a|b)\1$",
    r"^(?P<year>\d{4})-(?P=year)$",
    r"^\w+@\w+\.\w{2,}$",
    r"^\W\D\s$",
    r"^[\s\S]$",
    r"^[^\W\d]{3}$",
    r"^.$",
    r"^[é-ü]$",
    r"^[^x]y?z*?$",
    r"\bword\b",
    r"",
    r"^\x41\u00e9\n$",
    r"^(?i:abc)$",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_it_matches(pattern: str) -> None:
    made = matching(pattern)
    assert made is not None and re.search(pattern, made)


@pytest.mark.parametrize("least", [1, 5, 60])
def test_it_is_as_long_as_is_asked_for(least: int) -> None:
    made = matching(r"^[a-z]+$", least=least)
    assert made is not None and len(made) >= least


@pytest.mark.parametrize("pattern", [r"(?<=y)x(?=z)", r"a^", r"(", r"x{99999999999999}"])
def test_there_is_none_rather_than_a_wrong_one(pattern: str) -> None:
    assert matching(pattern) is None


@pytest.mark.filterwarnings("ignore::FutureWarning")  # of sets that may mean more one day
@given(st.text("ab01[]()|*+?{},.^$\\dswDSW-:=!<>", max_size=12), st.integers(0, 9))
@example(r"(?:[^\d\D])", 0)
@example("[^\x00-\U0010ffff]", 0)
def test_any_pattern_is_matched_or_given_up(pattern: str, least: int) -> None:
    made = matching(pattern, least=least)
    assert made is None or (re.search(pattern, made) and len(made) >= least)
