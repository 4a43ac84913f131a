"""Docstrings: one's own, cleaned, and those below attributes."""

import dataclasses
import functools
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec import Struct

from antiphon import Event, codes
from antiphon.contract.prose import AttributeDocs, docstring, source_of


class Base(Event):
    """What the base is for."""

    first: int
    """Of the base."""


class Derived(Base):
    second: int
    """Of the derived one,

    in two paragraphs.
    """
    third: dict[
        str,
        int,
    ] = {}
    """Behind several lines."""
    fourth: int = 4

    class Inner(Struct):
        """Inside."""

        deep: int = 1
        "Deep down."


@dataclasses.dataclass
class Plain:
    x: int


class Pair(NamedTuple):
    x: int


def test_a_docstring_is_ones_own() -> None:
    assert docstring(Base) == "What the base is for."
    assert docstring(Derived) == ""


@pytest.mark.parametrize("declared", [Plain, Pair, functools.partial(print), 5, lambda: None])
def test_what_python_wrote_is_none(declared: object) -> None:
    assert docstring(declared) == ""


def test_a_docstring_is_cleaned() -> None:
    def function() -> None:
        """First.

        Second.
        """

    assert docstring(function) == "First.\n\nSecond."


def test_attributes_have_docstrings_and_inherit_them() -> None:
    docs = AttributeDocs()
    assert docs.of_class(Derived) == {
        "first": "Of the base.",
        "second": "Of the derived one,\n\nin two paragraphs.",
        "third": "Behind several lines.",
    }
    assert docs.of_class(Derived.Inner) == {"deep": "Deep down."}


def test_classes_in_functions_are_found() -> None:
    class Local(Event):
        """Here."""

        what: int
        """It."""

    assert AttributeDocs().of_class(Local) == {"what": "It."}


def test_a_modules_constants_have_them() -> None:
    docs = AttributeDocs().of_module(codes.__name__)
    assert docs["SLOW"].startswith("The client does not read as fast")


@pytest.mark.parametrize("source", ["", "def (", "x: int\n'doc'\n\0"])
def test_a_source_that_cannot_be_had_has_none(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = type(sys)("strange")
    module.__file__ = str(tmp_path / "strange.py")
    (tmp_path / "strange.py").write_text(source)
    monkeypatch.setitem(sys.modules, "strange", module)
    assert AttributeDocs().of_module("strange") == {}
    assert AttributeDocs().of_module("nowhere") == {}
    assert source_of("nowhere") == ""
