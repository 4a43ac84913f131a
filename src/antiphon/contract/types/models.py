"""What the writers of models for Swift, Kotlin and Dart share: shapes that these languages can name.

They have no unions without names and no constants as types. So what is one of several things without
a common tag is any JSON, and constants are plain texts and numbers; so are enums, though theirs have
a type with the known values in it: a newer server may send others.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Literal

from msgspec import Struct, structs

from antiphon.contract.naming import camel
from antiphon.contract.types.names import Names
from antiphon.contract.types.reading import as_text
from antiphon.contract.types.shapes import (
    NULL,
    AnyOf,
    Catalogue,
    Constants,
    Enumeration,
    ListOf,
    MapOf,
    Member,
    Named,
    Plain,
    Record,
    Shape,
    TupleOf,
    Union,
)

Kind = Literal["any", "bool", "int", "float", "str", "named", "list", "map"]


class Type(Struct, frozen=True):
    """A type that has a name in every language."""

    kind: Kind
    name: str = ""
    """Of what is named."""
    of: "Type | None" = None
    """What a list, or a map from texts, holds."""
    nullable: bool = False

    @property
    def inner(self) -> "Type":
        """What is in it; any JSON where nothing is known of that."""
        return self.of or ANY


ANY = Type("any")


class Property(Struct, frozen=True):
    """A field of a record."""

    name: str
    """In the language."""
    wire: str
    type: Type
    optional: bool
    """Whether it may be missing; then it may be null in the language."""
    constant: Any
    """The one value it has every time, or None."""
    docs: tuple[str, ...]
    deprecated: bool


def type_of(shape: Shape) -> Type:
    """Return the type that is nearest to a shape."""
    match shape:
        case Plain(kind="null"):
            return structs.replace(ANY, nullable=True)
        case Plain(kind=kind):
            return Type(kind)  # type: ignore[arg-type]
        case Named(name=name):
            return Type("named", name)
        case ListOf(item=item):
            return Type("list", of=type_of(item))
        case MapOf(value=value):
            return Type("map", of=type_of(value))
        case TupleOf():
            return Type("list", of=_common(shape))
        case Constants(values=values):
            return _of_values(values)
    return _of_parts(shape)


def _common(shape: TupleOf) -> Type:
    """Return the type of all items, if they are alike and hold nothing."""
    items = set(shape.items)
    if len(items) == 1 and not shape.open and isinstance(shape.items[0], Plain):
        return type_of(shape.items[0])
    return ANY


def _of_values(values: tuple[Any, ...]) -> Type:
    kinds = {type(value) for value in values if value is not None}
    nullable = None in values
    if kinds == {str}:
        return Type("str", nullable=nullable)
    return Type("int", nullable=nullable) if kinds == {int} else structs.replace(ANY, nullable=True)


def _of_parts(shape: AnyOf) -> Type:
    rest = [part for part in shape.parts if part != NULL]
    nullable = len(rest) < len(shape.parts)
    found = type_of(rest[0]) if len(rest) == 1 else ANY
    return structs.replace(found, nullable=nullable or found.nullable)


def properties(record: Record, identifiers: Callable[[Iterable[str]], list[str]]) -> list[Property]:
    """Return the fields of a record, constants first.

    Args:
        identifiers: makes names of the language from fields' names.
    """
    named = zip(identifiers(m.name for m in record.members), record.members, strict=True)
    found = [_property(name, member) for name, member in named]
    return sorted(found, key=lambda each: each.constant is None)


def _property(name: str, member: Member) -> Property:
    shape = member.shape
    values = shape.values if isinstance(shape, Constants) else ()
    constant = values[0] if len(values) == 1 and not member.optional else None
    told = f"One of {', '.join(map(as_text, values))}." if len(values) > 1 else ""
    return Property(
        name=name,
        wire=member.name,
        type=type_of(shape),
        optional=member.optional,
        constant=constant,
        docs=(*member.docs, told) if told else member.docs,
        deprecated=member.deprecated,
    )


def unions_of(found: Catalogue) -> dict[str, list[str]]:
    """Return the unions that each record is in, by the names of both."""
    holders: dict[str, list[str]] = {}
    for each in found.definitions:
        if isinstance(each, Union):
            for case in each.cases:
                holders.setdefault(case.record, []).append(each.name)
    return holders


def cases_of(union: Union) -> dict[str, str]:
    """Return the records of a union by what their tags are as texts."""
    return {str(case.tag): case.record for case in union.cases}


def uses_any(found: Catalogue) -> bool:
    """Whether some type is not known, or a union may hold what is not."""
    shapes = (type_of(shape) for shape in _shapes(found))
    return any(isinstance(d, Union) for d in found.definitions) or any(map(_holds_any, shapes))


def _shapes(found: Catalogue) -> Iterator[Shape]:
    for each in found.definitions:
        if isinstance(each, Record):
            yield from (member.shape for member in each.members)
        elif not isinstance(each, Union) and hasattr(each, "shape"):
            yield each.shape


def _holds_any(found: Type) -> bool:
    return found.kind == "any" or (found.of is not None and _holds_any(found.of))


def constants(
    each: Enumeration, *, style: Callable[[str], str], reserved: Collection[str] = ()
) -> dict[str, Any]:
    """Return the values of an enum by names in a style, none twice or reserved."""
    free = Names(reserved)
    return {free.claim(style(name)): value for name, value in each.cases}


def small(name: str) -> str:
    """Return a name in camel case, of one in any."""
    return camel(name.lower() if name.isupper() else name)
