"""What may travel: the check of types at their declaration.

A type travels when msgspec can write and read it as JSON. Of what strangers send more is asked: only
what hashes like a string may be a key or in a set, because Python's hash of numbers (and of UUIDs,
and of tuples of such) is not keyed: a 64 KiB object with colliding keys blocks the loop for a tenth of a
second. And an example that is given for a type has to be of that type.

A type that may not is a `DeclarationError`, which names the field and its line where there are any.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta
from msgspec import inspect as mi

from antiphon import place
from antiphon.errors import DeclarationError

_OBJECTS: Final = (mi.StructType, mi.DataclassType, mi.TypedDictType, mi.NamedTupleType)
_SETS: Final = (mi.SetType, mi.FrozenSetType)
_HASHED_SAFELY: Final = (mi.StrType, mi.BytesType, mi.EnumType, mi.LiteralType, mi.NoneType)


def check_sent(declared: Iterable[Any], *, where: str) -> None:
    """Refuse types that JSON cannot carry, and examples that are not of their type.

    Raises:
        DeclarationError: with the reason; the text begins with `where`.
    """
    _check(declared, where, (_check_carried,))


def check_received(declared: Iterable[Any], *, where: str) -> None:
    """Refuse, besides, types that a stranger could use against us.

    Raises:
        DeclarationError: with the reason; the text begins with `where`.
    """
    _check(declared, where, (_check_carried, _check_hashed))


def holds_raw(declared: Any) -> bool:
    """Say whether some of the JSON that is decoded into a type stays as it came."""
    return any(isinstance(node, mi.RawType) for node, _ in _nodes([mi.type_info(declared)]))


def parts_of(node: mi.Type) -> tuple[mi.Type, ...]:
    """Return what a type directly consists of."""
    if isinstance(node, _OBJECTS):
        return tuple(field.type for field in node.fields)
    if isinstance(node, mi.CollectionType):
        return (node.item_type,)
    if isinstance(node, mi.Metadata):
        return (node.type,)
    if isinstance(node, mi.UnionType):
        return node.types
    if isinstance(node, mi.TupleType):
        return node.item_types
    return _of_map(node)


def _of_map(node: Any) -> tuple[mi.Type, ...]:
    return (node.key_type, node.value_type) if hasattr(node, "key_type") else ()


Check = Callable[[mi.Type], str]
"""Says what is wrong with one part of a type, or ""."""


def _check(declared: Iterable[Any], where: str, checks: tuple[Check, ...]) -> None:
    types = list(declared)
    for node, field in _nodes(_inspect(types, where)):
        for check in checks:
            if wrong := check(node):
                raise DeclarationError(f"{where}: {_named(field)}{wrong}")
        if isinstance(node, mi.Metadata) and "examples" in (node.extra_json_schema or ()):
            _check_examples(field, types, where)


Field = tuple[Any, str] | None
"""The class and name of the field that a part of a type is in, if it is in one."""


def _nodes(roots: Iterable[mi.Type]) -> Iterator[tuple[mi.Type, Field]]:
    """Yield what types consist of, each class once, and the innermost field it is in."""
    seen: set[int] = set()
    waiting: list[tuple[mi.Type, Field]] = [(root, None) for root in roots]
    while waiting:
        node, field = waiting.pop()
        yield node, field
        if isinstance(node, _OBJECTS):
            if id(node) not in seen:
                seen.add(id(node))
                waiting += [(part.type, (node.cls, part.name)) for part in node.fields]
        else:
            waiting += [(part, field) for part in parts_of(node)]


def _inspect(types: list[Any], where: str) -> tuple[mi.Type, ...]:
    try:
        for declared in types:
            msgspec.json.Decoder(declared)
        return mi.multi_type_info(types)
    except (TypeError, NameError) as error:
        wrong = next(filter(None, map(_first_wrong, types)), None)
        of = f"{_named(wrong)}it" if wrong else repr(declared)
        raise DeclarationError(f"{where}: {of} cannot travel as JSON: {error}") from error


def _first_wrong(declared: Any) -> Field:
    """Return the first field of a class for which no decoder can be made."""
    for name, annotation in _annotations(declared).items():
        try:
            msgspec.json.Decoder(annotation)
        except (TypeError, NameError):
            return declared, name
    return None


def _annotations(cls: Any) -> dict[str, Any]:
    try:
        return get_type_hints(cls, include_extras=True) if isinstance(cls, type) else {}
    except (TypeError, NameError):
        return {}


def _named(field: Field) -> str:
    """Return a field's name and place, as the beginning of a sentence."""
    if field is None:
        return ""
    cls, name = field
    line = place.of_class(cls, name)
    return f"{getattr(cls, '__name__', cls)}.{name}{f' ({line})' if line else ''}: "


def _check_carried(node: mi.Type) -> str:
    if isinstance(node, mi.CustomType):
        return f"{node.cls!r} cannot travel as JSON"
    return "an Ext cannot travel as JSON" if isinstance(node, mi.ExtType) else ""


def _check_hashed(node: mi.Type) -> str:
    hashed = _hashed(node)
    if hashed is None or _may_be_hashed(hashed):
        return ""
    return (
        "dict keys and members of sets that are not strings invite hash collisions; use str or list"
    )


def _hashed(node: Any) -> Any:
    """Return the type of a container's keys or members, if it hashes them.

    Of a dict with keys of any type there are none: JSON's keys are strings.
    """
    if isinstance(node, _SETS):
        return node.item_type
    key = getattr(node, "key_type", None)
    return None if isinstance(key, mi.AnyType) else key


def _may_be_hashed(node: Any) -> bool:
    if isinstance(node, mi.UnionType):
        return all(map(_may_be_hashed, node.types))
    return isinstance(node, _HASHED_SAFELY)


def _check_examples(field: Field, types: list[Any], where: str) -> None:
    """See that the examples of one field are of its type; without a field, those of the types."""
    annotations = [_annotations(field[0]).get(field[1])] if field else types
    for annotation in annotations:
        for example, of in _examples(annotation):
            try:
                msgspec.json.decode(msgspec.json.encode(example), type=of)
            except (msgspec.MsgspecError, TypeError) as error:
                raise DeclarationError(
                    f"{where}: {_named(field)}the example {example!r} does not validate: {error}"
                ) from None


def _examples(annotation: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the examples in an annotation, each with the type that it is for."""
    if get_origin(annotation) is Annotated:
        for meta in annotation.__metadata__:
            if isinstance(meta, Meta):
                yield from ((example, annotation) for example in meta.examples or ())
    for part in get_args(annotation):
        yield from _examples(part)
