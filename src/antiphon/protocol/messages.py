"""The protocol's messages, field for field as in its `client.proto`.

Field names are the JSON keys. A field at its default is left out when written; a field marked
required in JSON (`HistoryResult.epoch`, ...) therefore has no default. `Raw` fields are JSON
values embedded as they are. Times to live are whole seconds.
"""

from typing import Annotated

from msgspec import Meta, Raw, Struct, field

from antiphon.publication import NO_DATA, ClientInfo, Publication

UInt32 = Annotated[int, Meta(ge=0, le=4_294_967_295)]
UInt64 = Annotated[int, Meta(ge=0, le=9_223_372_036_854_775_807)]
"""Half of the protocol's range: msgspec bounds integers within int64. No stream gets there."""
Int32 = Annotated[int, Meta(ge=-2_147_483_648, le=2_147_483_647)]
Int64 = Annotated[int, Meta(ge=-9_223_372_036_854_775_808, le=9_223_372_036_854_775_807)]

REJECT_UNRECOVERED = 2
"""Bit of `SubscribeRequest.flag`: answer error 112 instead of ``recovered: false``."""


class FilterNode(Struct):
    """A node of a tags filter: a comparison, or with `op` a combination of `nodes`."""

    op: str = ""
    key: str = ""
    cmp: str = ""
    val: str = ""
    vals: list[str] = field(default_factory=list)
    nodes: list["FilterNode"] = field(default_factory=list)


class SubscribeRequest(Struct):
    channel: str = ""
    token: str = ""
    recover: bool = False
    epoch: str = ""
    offset: UInt64 = 0
    data: Raw = NO_DATA
    positioned: bool = False
    recoverable: bool = False
    join_leave: bool = False
    delta: str = ""
    tf: Raw = NO_DATA
    """A `FilterNode`, in the client's language; read only where there is something to filter."""
    flag: Int64 = 0
    type: Int32 = 0
    """The kind of subscription: 0 a stream, others (maps, shared polls) are not spoken."""


class ConnectRequest(Struct):
    token: str = ""
    data: Raw = NO_DATA
    subs: dict[str, SubscribeRequest] = field(default_factory=dict)
    name: str = ""
    version: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    flag: Int64 = 0


class UnsubscribeRequest(Struct):
    channel: str = ""


class PublishRequest(Struct):
    channel: str = ""
    data: Raw = NO_DATA
    type: Int32 = 0
    """As of a subscription."""


class PresenceRequest(Struct):
    channel: str = ""


class PresenceStatsRequest(Struct):
    channel: str = ""


class Since(Struct):
    """`StreamPosition` as clients send it, bounded to the wire's integers."""

    offset: UInt64 = 0
    epoch: str = ""


class HistoryRequest(Struct):
    channel: str = ""
    limit: Int32 = 0
    since: Since | None = None
    reverse: bool = False


class PingRequest(Struct):
    pass


class SendRequest(Struct):
    data: Raw = NO_DATA


class RPCRequest(Struct):
    data: Raw = NO_DATA
    method: str = ""


class RefreshRequest(Struct):
    token: str = ""


class SubRefreshRequest(Struct):
    channel: str = ""
    token: str = ""
    type: Int32 = 0
    """What is done with the subscription: 0 it is prolonged, others are for shared polls."""


class Command(Struct):
    """What a client sends. Exactly one of the requests is set; none at all is a pong."""

    id: UInt32 = 0
    publish: PublishRequest | None = None
    rpc: RPCRequest | None = None
    send: SendRequest | None = None
    subscribe: SubscribeRequest | None = None
    unsubscribe: UnsubscribeRequest | None = None
    connect: ConnectRequest | None = None
    presence: PresenceRequest | None = None
    presence_stats: PresenceStatsRequest | None = None
    history: HistoryRequest | None = None
    refresh: RefreshRequest | None = None
    sub_refresh: SubRefreshRequest | None = None
    ping: PingRequest | None = None


class EmulationRequest(Struct):
    """The client's half of a connection over HTTP: commands for an open stream.

    `data` is one frame, as a codec decodes it.
    """

    session: str = ""
    node: str = ""
    data: bytes = b""


class Error(Struct, omit_defaults=True):
    code: int
    message: str
    temporary: bool = False


class SubscribeResult(Struct, omit_defaults=True):
    expires: bool = False
    ttl: int = 0
    recoverable: bool = False
    epoch: str = ""
    publications: list[Publication] = field(default_factory=list)
    recovered: bool = False
    offset: int = 0
    positioned: bool = False
    data: Raw = NO_DATA
    was_recovering: bool = False
    delta: bool = False


class ConnectResult(Struct, omit_defaults=True):
    client: str
    version: str
    expires: bool = False
    ttl: int = 0
    data: Raw = NO_DATA
    subs: dict[str, SubscribeResult] = field(default_factory=dict)
    ping: int = 0
    pong: bool = False
    session: str = ""
    """Names the connection to `EmulationRequest`; for connections over HTTP only."""
    node: str = ""


class UnsubscribeResult(Struct):
    pass


class PublishResult(Struct):
    pass


class PresenceResult(Struct):
    presence: dict[str, ClientInfo]


class PresenceStatsResult(Struct):
    num_clients: int
    num_users: int


class HistoryResult(Struct):
    publications: list[Publication]
    epoch: str
    offset: int


class RPCResult(Struct, omit_defaults=True):
    data: Raw = NO_DATA
    opaque: bool = False
    """As in `Publication`; not written."""


class RefreshResult(Struct, omit_defaults=True):
    client: str
    version: str
    expires: bool = False
    ttl: int = 0


class SubRefreshResult(Struct, omit_defaults=True):
    expires: bool = False
    ttl: int = 0


Result = (
    PublishResult
    | RPCResult
    | SubscribeResult
    | UnsubscribeResult
    | ConnectResult
    | PresenceResult
    | PresenceStatsResult
    | HistoryResult
    | RefreshResult
    | SubRefreshResult
    | Error
)
"""What a reply holds."""


class Join(Struct):
    info: ClientInfo


class Leave(Struct):
    info: ClientInfo


class Unsubscribe(Struct, omit_defaults=True):
    code: int
    reason: str = ""


class Subscribe(Struct, omit_defaults=True):
    recoverable: bool = False
    epoch: str = ""
    offset: int = 0
    positioned: bool = False
    data: Raw = NO_DATA


class Message(Struct, omit_defaults=True):
    data: Raw
    opaque: bool = False
    """As in `Publication`; not written."""


class Disconnect(Struct, omit_defaults=True):
    """Why the connection ends, where no close frame can say it."""

    code: int
    reason: str = ""
    reconnect: bool = False


class Refresh(Struct, omit_defaults=True):
    """The connection was prolonged from the server's side; `ttl` in seconds."""

    expires: bool = False
    ttl: int = 0


class Push(Struct, omit_defaults=True):
    """What a server sends unasked. One of the payloads is set."""

    channel: str = ""
    pub: Publication | None = None
    join: Join | None = None
    leave: Leave | None = None
    unsubscribe: Unsubscribe | None = None
    subscribe: Subscribe | None = None
    message: Message | None = None
    connect: ConnectResult | None = None
    """To unidirectional clients, which get no replies."""
    disconnect: Disconnect | None = None
    refresh: Refresh | None = None


class Reply(Struct, omit_defaults=True):
    """What a server sends: an answer to the command of the same id, or a push with id 0."""

    id: int = 0
    error: Error | None = None
    push: Push | None = None
    connect: ConnectResult | None = None
    subscribe: SubscribeResult | None = None
    unsubscribe: UnsubscribeResult | None = None
    publish: PublishResult | None = None
    presence: PresenceResult | None = None
    presence_stats: PresenceStatsResult | None = None
    history: HistoryResult | None = None
    rpc: RPCResult | None = None
    refresh: RefreshResult | None = None
    sub_refresh: SubRefreshResult | None = None
