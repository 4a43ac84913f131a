"""What has fields: an object, or an array whose places mean something, in one form.

A tuple is a record whose fields are its places, ``[0]`` and so on.
"""

from typing import NamedTuple

from antiphon.contract.diff.rules import Direction
from antiphon.contract.model import Schema


class Record(NamedTuple):
    """Fields, as one side sees them."""

    fields: dict[str, Schema]
    present: frozenset[str]
    """Those that a client has to send, or may count on to receive."""
    closed: bool
    """Whether further fields are refused."""


def record(schema: Schema, direction: Direction) -> Record | None:
    """Read a schema; None where it has no fields of its own: a map, or an array of equal items."""
    if "properties" in schema:
        present = {*schema.get("required", ())}
        if direction == "received":
            present |= {*schema.get("x-always-sent", ())}
        closed = schema.get("additionalProperties") is False
        fields = {f".{name}": its for name, its in schema["properties"].items()}
        return Record(fields, frozenset(f".{name}" for name in present), closed)
    if isinstance(schema.get("items"), list):
        return _row(schema, direction)
    return None


def _row(schema: Schema, direction: Direction) -> Record:
    """Read an array by places. We send all of them, whatever may be left out by others."""
    places = {f"[{place}]": its for place, its in enumerate(schema["items"])}
    present = list(places)
    if direction == "sent":
        present = present[: schema.get("minItems", 0)]
    return Record(places, frozenset(present), schema.get("additionalItems") is False)
