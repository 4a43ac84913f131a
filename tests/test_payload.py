"""Types: what may travel, what a stranger may send, and examples that are of their type."""

import datetime
import decimal
import enum
import uuid
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta, Raw, Struct

from antiphon import DeclarationError, Event
from antiphon.payload import check_received


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
