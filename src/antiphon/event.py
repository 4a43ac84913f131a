"""Events: the typed messages of an app, declared once.

An event is a `msgspec.Struct` with a tag on the field ``type``, made from the class's name:
``class GameOver(Event)`` travels as ``{"type": "game_over", ...}``. What is not declared does not
pass: unknown fields of an inbound event are dropped, unknown types refused.

Where an app declares `bytes` instead, payloads are opaque: they are handed through unseen, and
whoever receives them knows what they are. All others are JSON in UTF-8, whatever the client speaks.

A bad declaration raises `DeclarationError` at import. A bad inbound event raises `BadRequest`,
whose text names the field and the rule, and nothing of the client's beyond the event's tag.
"""

import re
from collections.abc import Callable, Iterator
from functools import reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

import msgspec
from msgspec import DecodeError, Meta, Raw, Struct, ValidationError

from antiphon.errors import BadRequest, DeclarationError

TAG_FIELD: Final = "type"
_LONGEST_RULE: Final = 200
_LINE_FEED, _CARRIAGE_RETURN = b"\n\r"
"""As numbers: these are found in bytes six times as fast as one byte of bytes."""

_encode: Final = msgspec.json.Encoder().encode
_skip: Final = msgspec.json.Decoder(Raw).decode


def tag_of_name(name: str) -> str:
    """Turn a class name into its tag: ``GameOver`` becomes ``game_over``."""
    last = name.rpartition(".")[2]
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", last).lower()


class Event(Struct, tag_field=TAG_FIELD, tag=tag_of_name):
    """Base of all events. Fields are annotated; `Meta` gives bounds and a description."""


def tag_of(event_type: type[Event]) -> str:
    """Return the tag under which a type of event travels."""
    return str(event_type.__struct_config__.tag)


PayloadType = type[Event] | type[bytes]
"""What may be declared to travel: an event, or `bytes` for opaque payloads."""


def label_of(payload_type: PayloadType) -> str:
    """Return what a declared type is called where developers read it: its tag, or ``bytes``."""
    return tag_of(payload_type) if issubclass(payload_type, Event) else "bytes"


def payload_types(declared: Any, *, where: str) -> tuple[PayloadType, ...]:
    """Split ``Said | Typing`` into its types, each checked; `bytes` stands alone.

    Raises:
        DeclarationError: as `event_types` does, or `bytes` is one of several.
    """
    return (bytes,) if declared is bytes else event_types(declared, where=where)


def event_types(declared: Any, *, where: str) -> tuple[type[Event], ...]:
    """Split ``Said | Typing`` into its types, each checked.

    Raises:
        DeclarationError: a part is no `Event`, two share a tag, or a field's type is not safe to
            decode from a stranger; the text begins with `where`.
    """
    if declared is None:
        return ()
    parts = get_args(declared) if get_origin(declared) in (Union, UnionType) else (declared,)
    seen: dict[str, type[Event]] = {}
    for part in parts:
        if part is bytes:
            raise DeclarationError(
                f"{where}: bytes are handed through unseen, so nothing tells them from events; "
                "declare either"
            )
        if not (isinstance(part, type) and issubclass(part, Event)) or part is Event:
            raise DeclarationError(f"{where}: {part!r} is not a subclass of antiphon.Event")
        tag = tag_of(part)
        if tag in seen:
            raise DeclarationError(f"{where}: two events with the tag {tag!r}: {seen[tag]}, {part}")
        seen[tag] = part
        check_payload_type(part, where=where)
    return tuple(parts)


def check_payload_type(payload: Any, *, where: str) -> None:
    """Refuse types that JSON cannot carry, or that a stranger could use against us.

    Only what hashes like a string may be a key or in a set, because Python's hash of numbers (and
    of UUIDs, and of tuples of such) is not keyed: a 64 KiB object with colliding keys blocks the
    loop for a tenth of a second.

    Raises:
        DeclarationError: with the reason.
    """
    try:
        found = msgspec.inspect.type_info(payload)
        msgspec.json.Decoder(payload)
    except (TypeError, NameError) as error:
        raise DeclarationError(f"{where}: {payload!r} cannot travel as JSON: {error}") from error
    for node in _nodes(found, set()):
        _check_node(node, where)


def _may_be_hashed(node: Any) -> bool:
    if isinstance(node, msgspec.inspect.UnionType):
        return all(map(_may_be_hashed, node.types))
    return isinstance(node, _HASHED_SAFELY)


_SETS = (msgspec.inspect.SetType, msgspec.inspect.FrozenSetType)
_HASHED_SAFELY = (
    msgspec.inspect.StrType,
    msgspec.inspect.BytesType,
    msgspec.inspect.EnumType,
    msgspec.inspect.LiteralType,
    msgspec.inspect.NoneType,
)


def _hashed(node: Any) -> Any:
    """Return the type of a container's keys or members, if it hashes them.

    Of a dict with keys of any type there are none: JSON's keys are strings.
    """
    if isinstance(node, msgspec.inspect.DictType):
        return None if isinstance(node.key_type, msgspec.inspect.AnyType) else node.key_type
    return node.item_type if isinstance(node, _SETS) else None


def _nodes(node: Any, seen: set[int]) -> Iterator[Any]:
    """Yield what a type consists of, each part once."""
    if id(node) in seen:
        return
    seen.add(id(node))
    yield node
    if isinstance(node, msgspec.inspect.Type | msgspec.inspect.Field):
        for name in node.__struct_fields__:
            child = getattr(node, name)
            for part in child if isinstance(child, tuple) else (child,):
                yield from _nodes(part, seen)


def _check_node(node: Any, where: str) -> None:
    if isinstance(node, msgspec.inspect.CustomType):
        raise DeclarationError(f"{where}: {node.cls!r} cannot travel as JSON")
    hashed = _hashed(node)
    if hashed is not None and not _may_be_hashed(hashed):
        raise DeclarationError(
            f"{where}: dict keys and members of sets that are not strings invite hash collisions; "
            "use str or list"
        )


def _holds_raw(payload: Any) -> bool:
    """Say whether some of the JSON that is decoded into a type stays as it came."""
    found = _nodes(msgspec.inspect.type_info(payload), set())
    return any(isinstance(node, msgspec.inspect.RawType) for node in found)


def is_utf8(data: Raw | bytes) -> bool:
    """Say whether bytes are text in UTF-8."""
    try:
        str(data, "utf-8")
    except UnicodeDecodeError:
        return False
    return True


def is_json(data: Raw | bytes) -> bool:
    """Say whether bytes are one JSON value in UTF-8."""
    try:
        _skip(data)
    except (DecodeError, RecursionError):
        return False
    return is_utf8(data)  # msgspec does not look into a `Raw`


def check_json(data: Raw) -> Raw:
    """Return what a client sent, if it is JSON or nothing: a Protobuf client sends any bytes.

    Raises:
        BadRequest: it is something else.
    """
    if data and not is_json(data):
        raise BadRequest("data is not valid JSON")
    return data


def on_one_line(data: bytes) -> bytes:
    """Return JSON with its line breaks as spaces; its strings hold none.

    A newline ends the line of a frame, and in server-sent events so does a carriage return.
    """
    return data.replace(b"\n", b" ").replace(b"\r", b" ")


def encode_payload(payload: Any) -> Raw:
    """Encode what the app sends, on one line: only JSON embedded by a `Raw` brings others along.

    Raises:
        TypeError: JSON cannot carry it.
    """
    data = _encode(payload)
    broken = _LINE_FEED in data or _CARRIAGE_RETURN in data
    return Raw(on_one_line(data) if broken else data)


class _Never(Event):
    """An event that nothing can be: with it every union has two members, so that msgspec asks for
    the tag even where an app declares one event only, and adding a second breaks no client."""

    nothing: Annotated[str, Meta(min_length=1, max_length=0)]


class _Tagged(Struct):
    type: str = ""


class PayloadDecoder:
    """Decodes JSON from strangers into one declared type, or into a union of events."""

    __slots__ = ("_decoder", "_embeds", "_tags")

    def __init__(self, payload: Any, tags: tuple[str, ...] = ()) -> None:
        self._decoder = msgspec.json.Decoder(payload)
        self._embeds = _holds_raw(payload)
        self._tags = tags

    @classmethod
    def of_events(cls, types: tuple[type[Event], ...]) -> "PayloadDecoder":
        """Build the decoder for a union of events; an empty union refuses everything."""
        return cls(reduce(or_, types, _Never), tuple(map(tag_of, types)))

    def decode(self, data: Raw) -> Any:
        """Decode and validate.

        Raises:
            BadRequest: naming the event, the field and the rule.
        """
        if self._embeds and not is_utf8(data):
            # msgspec does not look into a `Raw`, which others are sent as it is.
            raise BadRequest("data is not valid JSON")
        try:
            return self._decoder.decode(data)
        except ValidationError as error:
            raise BadRequest(self._explain(data, str(error))) from None
        except (DecodeError, UnicodeDecodeError, RecursionError):
            # msgspec lets the last two out as they are (bad UTF-8, deep nesting).
            raise BadRequest("data is not valid JSON") from None

    def _explain(self, data: Raw, message: str) -> str:
        rule, _, path = message.partition(" - at `$")
        rule = rule[:_LONGEST_RULE]  # it may quote a value
        where = path.rstrip("`").lstrip(".")
        if not self._tags:
            return f"{where}: {rule}" if where else rule
        tag = _tag_in(data)
        if tag not in self._tags:
            given = f"undeclared event {tag[:64]!r}" if tag else f"no event in `{TAG_FIELD}`"
            return f"{given}; declared here: {', '.join(self._tags)}"
        return f"{tag}.{where}: {rule}" if where else f"{tag}: {rule}"


def _tag_in(data: Raw) -> str:
    try:
        return msgspec.json.decode(data, type=_Tagged).type
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def decoder_of(types: tuple[PayloadType, ...]) -> Callable[[Raw], Any]:
    """Return what makes a payload from a client into what the app handles.

    Opaque ones become `bytes`, whatever they are. Others are decoded, or raise `BadRequest`.
    """
    if types == (bytes,):
        return bytes
    return PayloadDecoder.of_events(tuple(t for t in types if issubclass(t, Event))).decode
