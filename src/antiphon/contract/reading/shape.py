"""Is a contract whole? Every name leads somewhere, every schema is one of ours."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Struct, field

from antiphon.contract.model import REF, Contract, Messages, Payload
from antiphon.errors import AntiphonError

_LONGEST: Final = 80


class Unreadable(AntiphonError):
    """What should be a contract is none; the text says why."""


_Type = Literal["null", "boolean", "integer", "number", "string", "array", "object"]
_Number: TypeAlias = int | float


class _Shape(Struct, rename="camel"):
    """What a schema may say that somebody asks for."""

    ref: str = field(default="", name="$ref")
    type: _Type | list[_Type] = []
    description: str = ""
    deprecated: bool = False
    advice: str = field(default="", name="x-deprecated")
    enum: list[Any] = []
    minimum: _Number = 0
    maximum: _Number = 0
    exclusive_minimum: _Number = 0
    exclusive_maximum: _Number = 0
    multiple_of: _Number = 1
    min_length: int = 0
    max_length: int = 0
    min_items: int = 0
    max_items: int = 0
    min_properties: int = 0
    max_properties: int = 0
    unique_items: bool = False
    pattern: str = ""
    format: str = ""
    local_format: str = field(default="", name="x-format")
    content_encoding: str = ""
    required: list[str] = []
    always_sent: list[str] = field(default_factory=list, name="x-always-sent")
    properties: dict[str, "_Shape | bool"] = {}
    items: "_Shape | bool | list[_Shape | bool]" = True
    additional_items: "_Shape | bool" = True
    additional_properties: "_Shape | bool" = True
    property_names: "_Shape | bool" = True
    any_of: list["_Shape | bool"] = []
    all_of: list["_Shape | bool"] = []


def check(contract: Contract) -> None:
    """See that a contract is whole.

    Raises:
        Unreadable: naming what is not.
    """
    for where, messages in _messages(contract):
        for name in messages.events:
            if name not in contract.events or name not in contract.schemas:
                raise Unreadable(f"{where}: there is no event {name!r}")
    for name, schema in contract.schemas.items():
        _check_schema(f"schema {name}", schema, contract.schemas)
    for method in contract.methods:
        for part in (method.request, method.response):
            if part is not None:
                _check_payload(f"rpc {method.name}", part, contract.schemas)


def _messages(contract: Contract) -> Iterator[tuple[str, Messages]]:
    yield "messages", contract.accepts
    yield "messages", contract.sends
    for channel in contract.channels:
        yield f"channel {channel.address}", channel.publishes
        yield f"channel {channel.address}", channel.accepts


def _check_payload(where: str, payload: Payload, components: Mapping[str, Any]) -> None:
    _check_schema(where, payload.schema, components)


def _check_schema(where: str, schema: Any, components: Mapping[str, Any]) -> None:
    try:
        shape = msgspec.convert(schema, _Shape | bool)
    except msgspec.ValidationError as error:
        raise Unreadable(f"{where}: {error}") from None
    for part in _parts(shape):
        if part.ref and part.ref.removeprefix(REF) not in components:
            raise Unreadable(f"{where}: nothing is at {part.ref[:_LONGEST]}")
        if part.multiple_of <= 0:
            raise Unreadable(f"{where}: multipleOf is not positive")
        _check_pattern(where, part.pattern)


def _parts(shape: Any) -> Iterator[_Shape]:
    """Yield a schema and all that are in it."""
    if isinstance(shape, list):
        for item in shape:
            yield from _parts(item)
    elif isinstance(shape, _Shape):
        yield shape
        for part in (shape.items, shape.any_of, shape.all_of, [*shape.properties.values()]):
            yield from _parts(part)
        for part in (shape.additional_items, shape.additional_properties, shape.property_names):
            yield from _parts(part)


def _check_pattern(where: str, pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise Unreadable(f"{where}: pattern {pattern[:_LONGEST]}: {error}") from None
