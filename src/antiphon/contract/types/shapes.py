"""What client types are written from: an app's declarations in the terms that all languages share.

A `Catalogue` holds definitions, each with a name of its own in the language it is for, and says what
travels where. It is made by `antiphon.contract.types.catalogue`; the writers of languages read it
and nothing else. Everything is seen from the client: it *receives* what the server publishes, and
*sends* what that accepts.
"""

from typing import Any, Literal

from msgspec import Struct


class Plain(Struct, frozen=True):
    """A value of JSON that consists of no others, or one of which nothing is known."""

    kind: Literal["any", "null", "bool", "int", "float", "str"]


class Named(Struct, frozen=True):
    """What a definition describes, by its name."""

    name: str


class ListOf(Struct, frozen=True):
    """An array whose items are alike."""

    item: "Shape"


class TupleOf(Struct, frozen=True):
    """An array whose items are told apart by their place."""

    items: tuple["Shape", ...]
    least: int
    """How many it has at least; the others are left out from the end."""
    open: bool
    """Whether further items may follow."""


class MapOf(Struct, frozen=True):
    """An object whose keys are data."""

    key: "Shape"
    value: "Shape"


class Constants(Struct, frozen=True):
    """One of some values: texts, whole numbers or null."""

    values: tuple[Any, ...]


class AnyOf(Struct, frozen=True):
    """One of several shapes; null stands last."""

    parts: tuple["Shape", ...]


Shape = Plain | Named | ListOf | TupleOf | MapOf | Constants | AnyOf

ANYTHING = Plain("any")
NULL = Plain("null")


class Member(Struct, frozen=True, kw_only=True):
    """A field of a record."""

    name: str
    """On the wire."""
    shape: Shape
    optional: bool
    """Whether it may be missing."""
    docs: tuple[str, ...] = ()
    """Lines."""
    deprecated: bool = False


class Record(Struct, frozen=True, kw_only=True):
    """An object with fields."""

    name: str
    members: tuple[Member, ...]
    sent: bool
    """Whether clients send it; it may be received, too."""
    docs: tuple[str, ...] = ()
    deprecated: str = ""


class Alias(Struct, frozen=True, kw_only=True):
    """A name for another shape."""

    name: str
    shape: Shape
    docs: tuple[str, ...] = ()
    deprecated: str = ""


class Enumeration(Struct, frozen=True, kw_only=True):
    """Some values with names."""

    name: str
    cases: tuple[tuple[str, Any], ...]
    """Names and values."""
    docs: tuple[str, ...] = ()
    deprecated: str = ""


class Case(Struct, frozen=True):
    """A record in a union."""

    tag: Any
    """A text or a whole number."""
    record: str


class Union(Struct, frozen=True, kw_only=True):
    """Records that a constant in one field tells apart."""

    name: str
    tag_field: str
    cases: tuple[Case, ...]
    docs: tuple[str, ...] = ()
    deprecated: str = ""


Definition = Record | Alias | Enumeration | Union


class Traffic(Struct, frozen=True):
    """What travels one way."""

    union: Union | None = None
    """The events; None where there are none."""
    opaque: bool = False
    """Whether anything may."""


class Parameter(Struct, frozen=True, kw_only=True):
    """A part of an address that varies."""

    name: str
    kind: Literal["str", "int", "uuid"]
    expression: str
    """A regular expression, without anchors or groups that capture."""


class ChannelTypes(Struct, frozen=True, kw_only=True):
    """A channel, or a family of them."""

    key: str
    """In camel case; unique among channels."""
    type_name: str
    """The same as a type's name, which other names begin with."""
    template: str
    literals: tuple[str, ...]
    """What stands around the parameters: always one more than there are of those."""
    parameters: tuple[Parameter, ...]
    receives: Traffic
    sends: Traffic
    docs: tuple[str, ...] = ()


class Call(Struct, frozen=True, kw_only=True):
    """An RPC method."""

    key: str
    """In camel case; unique among methods."""
    method: str
    request: Shape | None
    response: Shape | None
    docs: tuple[str, ...] = ()
    deprecated: str = ""


class Catalogue(Struct, frozen=True, kw_only=True):
    """All that a client may have to name."""

    header: str
    """What it is and what wrote it, in one line."""
    definitions: tuple[Definition, ...]
    """Of all records, enums and aliases, as declared, and of all unions."""
    channels: tuple[ChannelTypes, ...]
    calls: tuple[Call, ...]
    receives: Traffic
    """Messages of no channel."""
    sends: Traffic
