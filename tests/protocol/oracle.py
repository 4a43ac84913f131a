"""A second opinion on Protobuf: Google's runtime, with the messages of the official Python SDK.

Its `client.proto` is of the SDK's release. What the protocol has gained since is added here from
the protocol's own file, so that both sides know the same fields, and some that Antiphon does not.
"""

from collections.abc import Callable
from typing import Any

from centrifuge.protocol import client_pb2  # type: ignore[import-untyped]
from google.protobuf import (  # type: ignore[import-untyped]
    descriptor_pb2,
    descriptor_pool,
    message,
    message_factory,
    unknown_fields,
)
from hypothesis import strategies as st
from msgspec import Raw, Struct

_Field = descriptor_pb2.FieldDescriptorProto
_TEXT, _BYTES = _Field.TYPE_STRING, _Field.TYPE_BYTES
_FLAG, _INT32 = _Field.TYPE_BOOL, _Field.TYPE_INT32
_SINCE_ADDED = {
    "Publication": {"key": (11, _TEXT), "removed": (12, _FLAG), "epoch": (14, _TEXT)},
    "SubscribeRequest": {
        "type": (15, _INT32),
        "phase": (16, _INT32),
        "cursor": (17, _TEXT),
        "limit": (18, _INT32),
        "asc": (19, _FLAG),
    },
    "ConnectRequest": {"dict": (8, _TEXT), "profile": (9, _TEXT)},
    "PublishRequest": {"type": (3, _INT32), "key": (4, _TEXT), "removed": (5, _FLAG)},
    "SubRefreshRequest": {"type": (3, _INT32)},
}

DecodeError = message.DecodeError


def _client_proto() -> Any:
    file = descriptor_pb2.FileDescriptorProto()
    client_pb2.DESCRIPTOR.CopyToProto(file)
    for kind in file.message_type:
        known = {field.name for field in kind.field}
        for name, (number, type_) in _SINCE_ADDED.get(kind.name, {}).items():
            if name not in known:
                kind.field.add(name=name, number=number, type=type_, label=_Field.LABEL_OPTIONAL)
        for field in kind.field:
            if field.name == "tf":  # a filter is left as it is until somebody needs it
                field.type = _BYTES
                field.ClearField("type_name")
    return file


_FILE = _client_proto()
_KINDS = {f".{_FILE.package}.{kind.name}": kind for kind in _FILE.message_type}
_POOL = descriptor_pool.DescriptorPool()
_POOL.Add(_FILE)


def _class(name: str) -> Any:
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"{_FILE.package}.{name}"))


Command = _class("Command")
Reply = _class("Reply")
EmulationRequest = _class("EmulationRequest")
FilterNode = _class("FilterNode")


def varint(number: int) -> bytes:
    """A number as the wire has it."""
    written = b""
    while number > 0x7F:
        written += bytes((number & 0x7F | 0x80,))
        number >>= 7
    return written + bytes((number,))


def sized(*written: bytes) -> bytes:
    """Messages as a frame carries them."""
    return b"".join(varint(len(one)) + one for one in written)


def split(frame: bytes) -> list[bytes]:
    """The messages of a frame."""
    found = []
    while frame:
        size = shift = 0
        while True:
            byte, frame = frame[0], frame[1:]
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        assert size <= len(frame)
        found.append(frame[:size])
        frame = frame[size:]
    return found


def agrees(ours: Any, theirs: Any) -> bool:
    """Whether a Struct and a message of the runtime hold the same, as far as the Struct goes."""
    if isinstance(ours, Struct):
        return all(
            _has_same(getattr(ours, name), theirs, name)
            for name in ours.__struct_fields__
            if name != "opaque"
        )
    if isinstance(ours, Raw):
        return bool(bytes(ours) == theirs)
    if isinstance(ours, dict):
        return set(ours) == set(theirs) and all(agrees(ours[k], theirs[k]) for k in ours)
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(agrees, ours, theirs))
    return type(ours) is type(theirs) and bool(ours == theirs)


def sets_entries_aside(command: Any) -> bool:
    """Whether the runtime left entries out of a map for an unknown field in them.

    It keeps them as unknown fields of the message around. The protocol's own server reads them.
    """
    unknown = unknown_fields.UnknownFieldSet(command.connect)
    maps = {field.number for field in command.connect.DESCRIPTOR.fields if field.message_type}
    return any(field.field_number in maps for field in unknown)


def _has_same(ours: Any, theirs: Any, name: str) -> bool:
    value = getattr(theirs, name)
    if ours is None:
        there = theirs.HasField(name) if isinstance(value, message.Message) else value
        return not there
    if isinstance(ours, Struct) and not theirs.HasField(name):
        return False
    return agrees(ours, value)


# What the runtime may write: dictionaries to construct its messages from.

texts = st.text(max_size=12)
_SCALARS: dict[int, st.SearchStrategy[Any]] = {
    _TEXT: texts,
    _BYTES: st.binary(max_size=200),
    _FLAG: st.booleans(),
    _INT32: st.integers(-(2**31), 2**31 - 1),
    _Field.TYPE_UINT32: st.integers(0, 2**32 - 1),
    _Field.TYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    _Field.TYPE_UINT64: st.integers(0, 2**63 - 1),
}


def written(kind: Callable[..., Any]) -> st.SearchStrategy[Any]:
    """Any message of a kind, with any of its fields."""
    name: str = kind.DESCRIPTOR.full_name  # type: ignore[attr-defined]
    return _fields(_KINDS[f".{name}"], 3).map(lambda fields: kind(**fields))


def _fields(kind: Any, depth: int) -> st.SearchStrategy[dict[str, Any]]:
    usable = [field for field in kind.field if depth or field.type != _Field.TYPE_MESSAGE]
    return st.fixed_dictionaries({}, optional={f.name: _value(kind, f, depth) for f in usable})


def _value(kind: Any, field: Any, depth: int) -> st.SearchStrategy[Any]:
    entries = {f"{kind.name}.{entry.name}": entry for entry in kind.nested_type}
    entry = entries.get(field.type_name.removeprefix(f".{_FILE.package}."))
    if entry is not None:
        return st.dictionaries(texts, _value(entry, entry.field[1], depth), max_size=3)
    if field.type == _Field.TYPE_MESSAGE:
        one = _fields(_KINDS[field.type_name], depth - 1)
    else:
        one = _SCALARS[field.type]
    return st.lists(one, max_size=3) if field.label == _Field.LABEL_REPEATED else one
