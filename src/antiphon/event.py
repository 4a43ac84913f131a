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
from collections.abc import Callable
from functools import reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import DecodeError, Meta, Raw, Struct, ValidationError

from antiphon import place
from antiphon.errors import BadRequest, DeclarationError
from antiphon.payload import check_received, holds_raw

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


D = TypeVar("D", bound=Callable[..., Any])


def deprecated(advice: str) -> Callable[[D], D]:
    """Mark an event, a type in one, or an RPC method as on its way out.

    It works as before; documents, the explorer and client types say that it is deprecated. A field
    is marked by ``Meta(extra_json_schema={"deprecated": True})``.

    Args:
        advice: what to use instead, ``"use SaidV2"``.

    Raises:
        DeclarationError: there is no advice.
    """
    if not isinstance(advice, str) or not advice:
        raise DeclarationError('@deprecated("...") says what to use instead')

    def mark(declared: D) -> D:
        declared.__deprecated__ = advice  # type: ignore[attr-defined]
        return declared

    return mark


def deprecation_of(declared: Any) -> str:
    """Return the advice that something is deprecated with, or "".

    What is derived from a deprecated class is not deprecated itself. The decorator of PEP 702 counts
    as ours does.
    """
    declared = getattr(declared, "__origin__", declared)
    return str(getattr(declared, "__dict__", {}).get("__deprecated__", ""))


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
            both = " and ".join(map(_with_place, (seen[tag], part)))
            raise DeclarationError(f"{where}: two events with the tag {tag!r}: {both}")
        seen[tag] = part
    check_received(parts, where=where)
    return tuple(parts)


def _with_place(event: type[Event]) -> str:
    line = place.of_class(event)
    return f"{event.__name__} ({line})" if line else repr(event)


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
        self._embeds = holds_raw(payload)
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


def counting(
    decode: Callable[[Raw], Any], types: tuple[PayloadType, ...], counts: dict[str, int]
) -> Callable[[Raw], Any]:
    """Return a decoder that counts deprecated events by their tags; the same where there are none.

    Args:
        types: what it decodes.
        counts: written to; each tag is in it from now on.
    """
    tags = {t: tag_of(t) for t in types if issubclass(t, Event) and deprecation_of(t)}
    if not tags:
        return decode
    counts.update({tag: counts.get(tag, 0) for tag in tags.values()})

    def decode_and_count(data: Raw) -> Any:
        event = decode(data)
        tag = tags.get(type(event))
        if tag is not None:
            counts[tag] += 1
        return event

    return decode_and_count


def decoder_of(types: tuple[PayloadType, ...]) -> Callable[[Raw], Any]:
    """Return what makes a payload from a client into what the app handles.

    Opaque ones become `bytes`, whatever they are. Others are decoded, or raise `BadRequest`.
    """
    if types == (bytes,):
        return bytes
    return PayloadDecoder.of_events(tuple(t for t in types if issubclass(t, Event))).decode
