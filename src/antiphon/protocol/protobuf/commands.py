"""The fields of what clients send, as in `client.proto`, and the short way through the usual ones.

SDKs write a command's id and then its one request, and the fields of publish and rpc in order.
These are read straight through; whatever else is right on the wire goes by the tables, to the same
end. What is wrong fails as `reader` says.
"""

from collections.abc import Callable

from msgspec import Struct, field

from antiphon.protocol.messages import (
    Command,
    ConnectRequest,
    EmulationRequest,
    FilterNode,
    HistoryRequest,
    PingRequest,
    PresenceRequest,
    PresenceStatsRequest,
    PublishRequest,
    RefreshRequest,
    RPCRequest,
    SendRequest,
    Since,
    SubRefreshRequest,
    SubscribeRequest,
    UnsubscribeRequest,
)
from antiphon.protocol.protobuf.reader import (
    Budget,
    Table,
    mapped,
    nested,
    payload,
    read,
    repeated,
    rest_of_varint,
    scalar,
    text,
    texts,
    to_int32,
    to_int64,
    to_offset,
    to_raw,
    to_uint32,
)


class _Header(Struct):
    key: str = ""
    value: str = ""


class _Sub(Struct):
    key: str = ""
    value: SubscribeRequest = field(default_factory=SubscribeRequest)


_FILTER_NODE: Table = {}
_FILTER_NODE |= (
    text("op", 1)
    | text("key", 2)
    | text("cmp", 3)
    | text("val", 4)
    | texts("vals", 5)
    | repeated("nodes", 6, FilterNode, _FILTER_NODE)
)
_SUBSCRIBE = (
    text("channel", 1)
    | text("token", 2)
    | scalar("recover", 3, bool)
    | text("epoch", 6)
    | scalar("offset", 7, to_offset)
    | payload("data", 8)
    | scalar("positioned", 9, bool)
    | scalar("recoverable", 10, bool)
    | scalar("join_leave", 11, bool)
    | text("delta", 12)
    | payload("tf", 13)
    | scalar("flag", 14, to_int64)
    | scalar("type", 15, to_int32)
)
_PUBLISH = text("channel", 1) | payload("data", 2) | scalar("type", 3, to_int32)
_RPC = payload("data", 1) | text("method", 2)
_SUB = text("key", 1) | nested("value", 2, SubscribeRequest, _SUBSCRIBE)
_CONNECT = (
    text("token", 1)
    | payload("data", 2)
    | mapped("subs", 3, _Sub, _SUB)
    | text("name", 4)
    | text("version", 5)
    | mapped("headers", 6, _Header, text("key", 1) | text("value", 2))
    | scalar("flag", 7, to_int64)
)
_HISTORY = (
    text("channel", 1)
    | scalar("limit", 7, to_int32)
    | nested("since", 8, Since, scalar("offset", 1, to_offset) | text("epoch", 2))
    | scalar("reverse", 9, bool)
)
_REQUESTS: dict[int, tuple[str, type[Struct], Table]] = {
    4: ("connect", ConnectRequest, _CONNECT),
    5: ("subscribe", SubscribeRequest, _SUBSCRIBE),
    6: ("unsubscribe", UnsubscribeRequest, text("channel", 1)),
    7: ("publish", PublishRequest, _PUBLISH),
    8: ("presence", PresenceRequest, text("channel", 1)),
    9: ("presence_stats", PresenceStatsRequest, text("channel", 1)),
    10: ("history", HistoryRequest, _HISTORY),
    11: ("ping", PingRequest, {}),
    12: ("send", SendRequest, payload("data", 1)),
    13: ("rpc", RPCRequest, _RPC),
    14: ("refresh", RefreshRequest, text("token", 1)),
    15: (
        "sub_refresh",
        SubRefreshRequest,
        text("channel", 1) | text("token", 2) | scalar("type", 3, to_int32),
    ),
}
_COMMAND = scalar("id", 1, to_uint32)
for _place, (_name, _kind, _table) in _REQUESTS.items():
    _COMMAND |= nested(_name, _place, _kind, _table)
_EMULATION = text("node", 1) | text("session", 2) | {3 << 3 | 2: ("data", bytes, None)}


def read_command(data: bytes, budget: Budget) -> Command:
    """Read one command; one without any field is a pong.

    Raises:
        Malformed, IndexError, UnicodeDecodeError: as `reader.read` says.
    """
    end = len(data)
    if end > 2 and data[0] == _ID:
        command_id, pos = data[1], 2
        if command_id > 0x7F:
            command_id, pos = rest_of_varint(command_id, data, pos)
            to_uint32(command_id)
        make = _USUAL.get(data[pos]) if pos < end else None
        if make is not None:
            size, pos = data[pos + 1], pos + 2
            if size > 0x7F:
                size, pos = rest_of_varint(size, data, pos)
            if pos + size == end:
                return make(command_id, data[pos:], budget)
    command = Command()
    read(command, _COMMAND, data, budget)
    return command


def read_emulation(data: bytes) -> EmulationRequest:
    """Read what a client posts beside its stream; fails as `reader.read` says."""
    request = EmulationRequest()
    read(request, _EMULATION, data, Budget())
    return request


def read_filter(data: bytes) -> FilterNode:
    """Read a tags filter; fails as `reader.read` says."""
    node = FilterNode()
    read(node, _FILTER_NODE, data, Budget())
    return node


# The usual commands.

Make = Callable[[int, bytes, Budget], Command]
"""Makes a command of its id and the bytes of its one request."""


def _by_table(name: str, kind: type[Struct], table: Table) -> Make:
    def make(command_id: int, data: bytes, budget: Budget) -> Command:
        request = kind()
        read(request, table, data, budget)
        command = Command(command_id)
        setattr(command, name, request)
        return command

    return make


def _publish(command_id: int, data: bytes, budget: Budget) -> Command:
    pair = _pair(data)
    if pair is None:
        return _any_publish(command_id, data, budget)
    channel, published = pair
    return Command(command_id, publish=PublishRequest(channel.decode(), to_raw(published)))


def _rpc(command_id: int, data: bytes, budget: Budget) -> Command:
    pair = _pair(data)
    if pair is None:
        return _any_rpc(command_id, data, budget)
    asked, method = pair
    return Command(command_id, rpc=RPCRequest(to_raw(asked), method.decode()))


def _pair(data: bytes) -> tuple[bytes, bytes] | None:
    """What is in fields 1 and 2, if the message has these two in order and nothing else."""
    end = len(data)
    if end < 4 or data[0] != _FIRST:
        return None
    size, start = data[1], 2
    if size > 0x7F:
        size, start = rest_of_varint(size, data, start)
    middle = start + size
    if middle + 2 > end or data[middle] != _SECOND:
        return None
    size, rest = data[middle + 1], middle + 2
    if size > 0x7F:
        size, rest = rest_of_varint(size, data, rest)
    return (data[start:middle], data[rest:]) if rest + size == end else None


_ID = 1 << 3
_FIRST = 1 << 3 | 2
_SECOND = 2 << 3 | 2
_any_publish = _by_table("publish", PublishRequest, _PUBLISH)
_any_rpc = _by_table("rpc", RPCRequest, _RPC)
_USUAL = {place << 3 | 2: _by_table(*request) for place, request in _REQUESTS.items()}
_USUAL |= {7 << 3 | 2: _publish, 13 << 3 | 2: _rpc}
