"""Models for Swift, Kotlin and Dart: as reviewed, and safe where names and texts are awkward.

Their compilers are not at hand, so what is checked of the awkward app is what a glance would miss.
"""

import re
from typing import Any

import pytest

from antiphon.contract.types import Language
from antiphon.contract.types.models import ANY, Type, properties, type_of
from antiphon.contract.types.shapes import (
    ANYTHING,
    NULL,
    AnyOf,
    Constants,
    ListOf,
    MapOf,
    Member,
    Named,
    Plain,
    Record,
    TupleOf,
)
from tests.contract.types.apps import GOLDEN, NAMES, written

LANGUAGES: dict[Language, str] = {"kotlin": "kt", "swift": "swift", "dart": "dart"}
COMMENT = re.compile(r"///?[^\n]*|/\*(?:(?!/\*).)*?\*/", re.DOTALL)
STRING = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'")
TEXT, NUMBER = Plain("str"), Plain("float")


def code_of(text: str) -> str:
    """Leave out comments and texts, whichever begins first."""
    either = re.compile(f"{COMMENT.pattern}|{STRING.pattern}", re.DOTALL)
    return either.sub(lambda match: '""' if match[0][0] in "\"'" else "", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_as_reviewed(language: Language) -> None:
    """Wrong? Look at the difference, and if it is meant, write the file anew as shown here."""
    golden = GOLDEN / f"corner.{LANGUAGES[language]}"
    assert written("corner", language) == golden.read_text()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_breaks_out_of_comments_and_texts(language: Language, name: str) -> None:
    code = code_of(written(name, language))
    assert code.isascii()
    assert re.search(r"alert|second line|\\|@deprecated|\$", code) is None
    for opening, closing in ("()", "[]", "{}", "<>"):
        arrows = len(re.findall(r"->|=>", code)) if closing == ">" else 0
        assert code.count(opening) == code.count(closing) - arrows


@pytest.mark.parametrize(
    ("language", "types", "members"),
    [
        ("kotlin", r"(?:class|interface) (\w+)([^\n]*.*?)(?=^@)", r"\bval (\w+)[:\s]"),
        ("swift", r"public (?:struct|enum) (\w+)[^\n]*\{(.*?)^\}", r"(?:let|var|case) (\w+)[:(]"),
        ("dart", r"final class (\w+)[^{]*\{(.*?)^\}", r"^  final .*? (\w+);"),
    ],
)
def test_no_name_stands_twice(language: Language, types: str, members: str) -> None:
    code = code_of(written("nasty", language))
    found = re.findall(types, code, re.DOTALL | re.MULTILINE)
    names = [name for name, _ in found]
    assert len(names) == len(set(names)) > 8
    fields = [re.findall(members, body, re.MULTILINE) for _, body in found]
    assert max(map(len, fields)) > 12
    assert all(len(each) == len(set(each)) for each in fields)


@pytest.mark.parametrize(("is_optional", "constant"), [(False, "said"), (True, None)])
def test_a_constant_that_may_be_missing_is_a_text(is_optional: bool, constant: str | None) -> None:
    tag = Member(name="type", shape=Constants(("said",)), optional=is_optional)
    (found,) = properties(Record(name="Said", members=(tag,), sent=False), list)
    assert (found.type, found.constant) == (Type("str"), constant)


def test_swift_boxes_what_would_hold_itself() -> None:
    text = written("zoo", "swift")
    assert "public var parent: Box<Tree>?" in text
    assert "public var children: [Tree]" in text
    assert "public final class Box<" in text
    assert "Box" not in written("corner", "swift")


def test_swift_writes_a_null_that_has_to_be_sent() -> None:
    given = re.search(r"struct HandlersInput.*?^}", written("nasty", "swift"), re.DOTALL | re.M)
    assert given is not None
    assert "try container.encode(either, forKey: .either)" in given[0]
    assert "try container.encodeIfPresent(loose, forKey: .loose)" in given[0]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (AnyOf((Named("A"), NULL)), Type("named", "A", nullable=True)),
        (AnyOf((Named("A"), Named("B"))), ANY),
        (AnyOf((Constants(("a", None)), Named("B"), NULL)), Type("any", nullable=True)),
        (Constants(("a", "b")), Type("str")),
        (Constants((1, None)), Type("int", nullable=True)),
        (Constants((1, "a")), Type("any", nullable=True)),
        (TupleOf((NUMBER, NUMBER), 2, False), Type("list", of=Type("float"))),
        (TupleOf((NUMBER, TEXT), 2, False), Type("list", of=ANY)),
        (TupleOf((NUMBER, NUMBER), 2, True), Type("list", of=ANY)),
        (TupleOf((), 0, False), Type("list", of=ANY)),
        (MapOf(TEXT, ListOf(ANYTHING)), Type("map", of=Type("list", of=ANY))),
        (NULL, Type("any", nullable=True)),
    ],
)
def test_types_are_as_near_as_they_can_be(shape: Any, expected: Type) -> None:
    assert type_of(shape) == expected
