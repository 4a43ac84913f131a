"""Types: what may travel, what a stranger may send, and examples that are of their type."""

import datetime
import decimal
import enum
import uuid
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta, Raw, Struct

from antiphon import DeclarationError, Event
from antiphon.payload import check_received, check_sent

HERE = str(Path(__file__).relative_to(Path.cwd()))


def line_of(text: str) -> int:
    lines = Path(__file__).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.strip() == text)


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


class Nested(Struct):
    """Hides a set of numbers."""

    deep: list[dict[str, set[int]]]


class Recursive(Struct):
    """Holds itself."""

    children: "list[Recursive]" = []
    names: dict[str, "Recursive"] = {}


@pytest.mark.parametrize(
    "hashed",
    [
        dict[int, str],
        dict[float, str],
        dict[int | str, str],
        dict[uuid.UUID, str],
        dict[decimal.Decimal, str],
        dict[tuple[int, ...], str],
        set[int],
        set[float],
        set[int | str],
        set[tuple[int, ...]],
        set[uuid.UUID],
        set[Any],
        set,
        frozenset[int],
        list[set[int]],
        Nested,
        Annotated[dict[int, str], Meta(max_length=3)],
    ],
)
def test_numbers_as_keys_are_refused(hashed: Any) -> None:
    with pytest.raises(DeclarationError, match="x: .*hash collisions"):
        check_received([hashed], where="x")


@pytest.mark.parametrize(
    "payload",
    [
        dict[str, int],
        dict,
        dict[Any, Any],
        dict[Colour, int],
        dict[Level, int],
        dict[Literal["a", "b"], int],
        set[str],
        set[Colour],
        set[str | None],
        frozenset[str],
        list[int],
        Any,
        Raw,
        Recursive,
        datetime.datetime,
        int | None,
        Annotated[str, Meta(max_length=3)],
    ],
)
def test_all_else_that_travels_as_json_is_fine(payload: Any) -> None:
    check_received([payload], where="x")


@pytest.mark.parametrize("payload", [object, type(None) | object, list[complex], "Unknown"])
def test_what_json_cannot_carry_is_refused(payload: Any) -> None:
    with pytest.raises(DeclarationError, match=r"x: .* cannot travel as JSON"):
        check_received([payload], where="x")


def test_an_events_fields_are_checked_too() -> None:
    class Scored(Event):
        points: dict[int, int]

    with pytest.raises(DeclarationError, match="hash collisions"):
        check_received([Scored], where="x")


# What is sent only.


@pytest.mark.parametrize("payload", [dict[int, str], set[int], Recursive, int | None, None])
def test_keys_of_our_own_may_be_numbers(payload: Any) -> None:
    check_sent([payload], where="x")


@pytest.mark.parametrize(
    "payload", [object, list[complex], Recursive | Nested, msgspec.msgpack.Ext]
)
def test_what_json_cannot_carry_is_not_sent_either(payload: Any) -> None:
    with pytest.raises(DeclarationError, match="x: .*cannot travel as JSON"):
        check_sent([payload], where="x")


# Where it is.


class Wrong(Struct):
    """Has fields that are wrong."""

    fine: int
    carried: object


class Deep(Event):
    """Hides one that is wrong."""

    wrong: list[Nested]


def test_the_field_is_named_with_its_line() -> None:
    for declared, field, line in (
        (Wrong, "Wrong.carried", "carried: object"),
        (Nested, "Nested.deep", "deep: list[dict[str, set[int]]]"),
        (Deep, "Nested.deep", "deep: list[dict[str, set[int]]]"),
    ):
        with pytest.raises(DeclarationError) as caught:
            check_received([declared], where="x")
        assert f"x: {field} ({HERE}:{line_of(line)}): " in str(caught.value)


# Examples.


class Good(Event):
    """Has examples of all kinds."""

    name: Annotated[str, Meta(max_length=4, examples=["ann", "bob"])]
    at: Annotated[datetime.datetime, Meta(examples=[datetime.datetime.now(datetime.UTC)])]
    then: Annotated[datetime.datetime, Meta(examples=["2026-01-31T12:00:00Z"])]
    colours: list[Annotated[Colour, Meta(examples=[Colour.RED, "red"])]] = []
    colour: Annotated[Colour | None, Meta(examples=[None])] = None


def test_examples_are_of_their_type() -> None:
    check_received([Good], where="x")


class TooLong(Event):
    """Has an example that is too long."""

    name: Annotated[str, Meta(max_length=4, examples=["ann", "robert"])]


class Within(Event):
    """Has a wrong one deep down."""

    names: dict[str, list[Annotated[int, Meta(examples=["one"])]]]


class Holding(Event):
    """Holds an event with a wrong one."""

    inside: TooLong


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (
            TooLong,
            "TooLong.name ({}): the example 'robert' does not validate: "
            "Expected `str` of length <= 4",
        ),
        (Within, "Within.names ({}): the example 'one' does not validate: Expected `int`"),
        (Holding, "TooLong.name ({}): the example 'robert' does not validate"),
        (
            Annotated[str, Meta(max_length=1, examples=["ab"])],
            "the example 'ab' does not validate: Expected `str` of length <= 1",
        ),
    ],
)
def test_an_example_that_does_not_validate_is_named_with_its_line(declared: Any, said: str) -> None:
    lines = {
        "TooLong": 'name: Annotated[str, Meta(max_length=4, examples=["ann", "robert"])]',
        "Within": 'names: dict[str, list[Annotated[int, Meta(examples=["one"])]]]',
    }
    name = said.partition(".")[0]
    where = f"{HERE}:{line_of(lines[name])}" if name in lines else ""
    with pytest.raises(DeclarationError) as caught:
        check_received([declared], where="x")
    assert str(caught.value).startswith(f"x: {said.format(where)}")


def test_an_example_that_cannot_travel_is_wrong_too() -> None:
    declared = Annotated[str, Meta(examples=[object()])]
    with pytest.raises(DeclarationError, match="does not validate: .*object"):
        check_received([declared], where="x")
