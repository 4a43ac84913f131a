"""Reads one Protobuf message into a Struct, by a table of its fields.

A table has each field under its tag, which is the field's first byte: the number, and in the lowest
three bits how the value is written, 0 for a varint and 2 for a length and as many bytes. Whatever
Antiphon reads is of these two kinds and has a number below 16.

As proto3 asks, unknown fields are skipped, of a value that comes twice the last counts, and a
message that comes twice is merged. Stricter than proto3, a known field that is written the wrong
way and a number outside its type raise `Malformed`, where others would skip or cut them; so do
groups, which proto3 does not have.

Input that ends within a field raises `Malformed` or `IndexError`, bad UTF-8 `UnicodeDecodeError`.
Who calls turns the latter two into the first, with `malformed`, once for a whole frame: looking at
every length would cost more than reading. Nothing else is raised on any input.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec import Raw, Struct

from antiphon.errors import Malformed
from antiphon.publication import NO_DATA

DEPTH: Final = 100
"""Messages within a message, as Google's readers bound it. Only the nodes of a filter nest at all."""
FIELDS: Final = 4_096
"""Fields within one frame, known or not. One is two bytes at least and takes a fraction of a
microsecond to read: a frame full of them would hold up everybody else. 256 subscribes that recover
have some 3,000."""

_VARINT_BYTES = 10
_VARINT_END = 2**64
_UINT32_MAX = 2**32 - 1
_INT32_MAX = 2**31 - 1
_INT64_MAX = 2**63 - 1

Convert = Callable[[Any], Any]
"""Makes a field's value of a varint's number, or of a length's bytes."""
Take = Callable[[Any, str, bytes, "Budget"], None]
"""Reads bytes into the named field of a message."""
Table = dict[int, tuple[str, Convert, Take | None]]
"""By tag: the field's name and how to read it. Where there is a `Take`, it reads, not `Convert`."""


class Budget:
    """How deep the reading of a frame is, and how many fields it may still meet."""

    __slots__ = ("depth", "left")

    def __init__(self) -> None:
        self.depth = 0
        self.left = FIELDS

    def enter(self) -> None:
        """Go into a message, or raise `Malformed`."""
        self.depth += 1
        if self.depth > DEPTH:
            raise Malformed(f"messages nested more than {DEPTH} deep")

    def leave(self) -> None:
        """Come out of a message."""
        self.depth -= 1


def malformed(error: IndexError | UnicodeDecodeError) -> Malformed:
    """Say in our own words what reading has failed of."""
    if isinstance(error, IndexError):
        return Malformed("a message ends within a field")
    return Malformed(str(error))


def rest_of_varint(first: int, data: bytes, pos: int) -> tuple[int, int]:
    """Read on in a varint whose `first` byte says that there are more, from `pos`.

    Returns:
        The number, and the place behind it.

    Raises:
        Malformed: it has more than ten bytes or 64 bits.
        IndexError: the data ends within it.
    """
    byte = data[pos]
    number = first & 0x7F | byte << 7
    if byte < 0x80:  # Nearly always: it is below 16,384.
        return number, pos + 1
    for shift in range(14, 7 * _VARINT_BYTES, 7):
        pos += 1
        byte = data[pos]
        number += (byte - 1) << shift  # Less the bit that said there is more.
        if byte < 0x80:
            if number < _VARINT_END:
                return number, pos + 1
            break
    raise Malformed("a varint of more than 64 bits")


def read(message: Struct, table: Table, data: bytes, budget: Budget) -> None:
    """Read a message's fields into `message`, on top of what it has.

    Raises:
        Malformed: a field is not what `table` says.
        IndexError: the data ends within a field.
        UnicodeDecodeError: a string is not UTF-8.
    """
    pos, end = 0, len(data)
    while pos < end:
        budget.left -= 1
        if budget.left < 0:
            raise Malformed(f"more than {FIELDS} fields in a frame")
        tag = data[pos]
        known = table.get(tag)
        if known is None:
            pos = _skip(table, data, pos)
            continue
        name, convert, take = known
        number = data[pos + 1]
        pos += 2
        if number > 0x7F:
            number, pos = rest_of_varint(number, data, pos)
        if not tag & 2:
            setattr(message, name, convert(number))
            continue
        start, pos = pos, pos + number
        if take is None:
            setattr(message, name, convert(data[start:pos]))
        else:
            budget.enter()
            take(message, name, data[start:pos], budget)
            budget.leave()
    if pos > end:  # A slice ends early in silence: a field too long shows here, as it is the last.
        raise Malformed("a field is longer than its message")


def _skip(table: Table, data: bytes, pos: int) -> int:
    """Step over a field that the table does not have; return where the next one begins."""
    tag, pos = _varint(data, pos)
    varint = tag & ~7
    if not varint or tag > _UINT32_MAX:
        raise Malformed(f"no field has the number {tag >> 3}")
    if varint in table or varint | 2 in table:
        raise Malformed(f"field {tag >> 3} is written as a type that it does not have")
    match tag & 7:
        case 0:
            return _varint(data, pos)[1]
        case 1:
            return pos + 8
        case 2:
            size, pos = _varint(data, pos)
            return pos + size
        case 5:
            return pos + 4
    raise Malformed(f"field {tag >> 3} has the wire type {tag & 7}")


def _varint(data: bytes, pos: int) -> tuple[int, int]:
    first = data[pos]
    return rest_of_varint(first, data, pos + 1) if first > 0x7F else (first, pos + 1)


# What values are made of.


def to_raw(data: bytes) -> Raw:
    """A payload; an empty one is none, as proto3 knows no difference."""
    return Raw(data) if data else NO_DATA


def to_uint32(number: int) -> int:
    """A number that other readers would cut to 32 bits."""
    if number > _UINT32_MAX:
        raise Malformed("a number of more than 32 bits")
    return number


def to_offset(number: int) -> int:
    """An unsigned number of 63 bits: see `antiphon.protocol.messages.UInt64`."""
    if number > _INT64_MAX:
        raise Malformed("an offset that no stream reaches")
    return number


def to_int64(number: int) -> int:
    """A signed number; negative ones are written as their two's complement."""
    return number if number <= _INT64_MAX else number - _VARINT_END


def to_int32(number: int) -> int:
    """A signed number of 32 bits; negative ones are written as if they had 64."""
    signed = to_int64(number)
    if not -_INT32_MAX - 1 <= signed <= _INT32_MAX:
        raise Malformed("a number of more than 32 bits")
    return signed


# The parts of tables.


def scalar(name: str, place: int, convert: Convert) -> Table:
    """A number or a flag."""
    return {place << 3: (name, convert, None)}


def text(name: str, place: int) -> Table:
    """A string."""
    return _sized(name, place, bytes.decode, None)


def payload(name: str, place: int) -> Table:
    """Bytes that are passed on as they are."""
    return _sized(name, place, to_raw, None)


def nested(name: str, place: int, kind: type[Struct], table: Table) -> Table:
    """A message: None, or its default, until it comes."""

    def take(parent: Any, name: str, data: bytes, budget: Budget) -> None:
        value = getattr(parent, name)
        if value is None:
            value = kind()
            setattr(parent, name, value)
        read(value, table, data, budget)

    return _sized(name, place, bytes, take)


def repeated(name: str, place: int, kind: type[Struct], table: Table) -> Table:
    """A list of messages."""

    def take(parent: Any, name: str, data: bytes, budget: Budget) -> None:
        value = kind()
        read(value, table, data, budget)
        getattr(parent, name).append(value)

    return _sized(name, place, bytes, take)


def texts(name: str, place: int) -> Table:
    """A list of strings."""

    def take(parent: Any, name: str, data: bytes, budget: Budget) -> None:
        getattr(parent, name).append(data.decode())

    return _sized(name, place, bytes, take)


def mapped(name: str, place: int, kind: Callable[[], Any], table: Table) -> Table:
    """A map: a list of messages, made by `kind`, with a `key` and a `value`."""

    def take(parent: Any, name: str, data: bytes, budget: Budget) -> None:
        entry = kind()
        read(entry, table, data, budget)
        getattr(parent, name)[entry.key] = entry.value

    return _sized(name, place, bytes, take)


def _sized(name: str, place: int, convert: Convert, take: Take | None) -> Table:
    return {place << 3 | 2: (name, convert, take)}
