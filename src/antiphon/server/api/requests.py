"""What backends ask for, field for field as in Centrifugo's `api.proto`.

Field names are the JSON keys, and these types make the OpenAPI document. Fields that are not known
here are dropped; one that is null counts as left out, since many clients write those that way, but
the ``data`` of what is published may be null. A field without which a request makes no sense is
checked by its method, which answers error 107.
"""

from typing import Annotated, Any, Final, TypeGuard

import msgspec
from msgspec import UNSET, DecodeError, Meta, Raw, Struct, UnsetType, ValidationError, field

from antiphon.errors import BadRequest
from antiphon.event import PayloadDecoder, is_utf8
from antiphon.protocol.messages import Int32, Since, UInt32, UInt64

LONGEST_KEY: Final = 255
"""Characters of an idempotency key and of a version's epoch, which are kept for some time."""

JSON = Raw | UnsetType

Channel = Annotated[str, Meta(description="Name of the channel.", examples=["chat:lobby"])]
User = Annotated[str, Meta(description='Id of the user; "" for anonymous ones.', examples=["42"])]
ClientId = Annotated[str, Meta(description="Only the connection with this client id.")]
SessionId = Annotated[str, Meta(description="Only the HTTP connection with this session id.")]
Moment = Annotated[int, Meta(ge=0, le=2**53, description="Unix seconds; 0 for never.")]
Base64 = Annotated[str, Meta(description="Base64 with padding, instead of the field in JSON.")]
Payload = Annotated[JSON, Meta(description="The event, one of those that the channel publishes.")]
Tags = Annotated[dict[str, str] | None, Meta(description="Labels that travel with it.")]
IdempotencyKey = Annotated[
    str,
    Meta(
        max_length=LONGEST_KEY,
        description="A key that is repeated within five minutes publishes nothing, and gets the "
        "first result.",
    ),
]
Version = Annotated[
    UInt64,
    Meta(
        description="In a channel with history a version that is not above the newest there "
        "publishes nothing, and gets the newest position; 0 for none."
    ),
]
VersionEpoch = Annotated[
    str, Meta(max_length=LONGEST_KEY, description="A life of the versions' numbering.")
]
SkipHistory = Annotated[bool, Meta(description="Deliver it and keep it nowhere.")]
Delta = Annotated[bool, Meta(description="Has no effect: the channel's own setting decides.")]


class _Publishing(Struct):
    data: Payload = UNSET
    b64data: Base64 = ""
    skip_history: SkipHistory = False
    tags: Tags = None
    idempotency_key: IdempotencyKey = ""
    delta: Delta = False
    version: Version = 0
    version_epoch: VersionEpoch = ""


class PublishRequest(_Publishing):
    """An event for one channel."""

    channel: Channel = ""


class BroadcastRequest(_Publishing):
    """The same event for many channels."""

    channels: Annotated[list[str], Meta(examples=[["chat:lobby", "chat:hall"]])] = field(
        default_factory=list
    )


class BoolValue(Struct):
    """A bool that is different from none."""

    value: bool = False


class SubscribeOptionOverride(Struct):
    """What is decided for one subscription otherwise than for its channel."""

    presence: BoolValue | None = None
    join_leave: BoolValue | None = None
    force_recovery: BoolValue | None = None
    force_positioning: BoolValue | None = None
    force_push_join_leave: BoolValue | None = None


class Target(Struct):
    """Which connections are meant: those of a user, or one of them."""

    user: User | UnsetType = UNSET
    client: ClientId = ""
    session: SessionId = ""


class SubscribeRequest(Target):
    """A channel that connections of a user are subscribed to, from the server's side."""

    channel: Channel = ""
    expire_at: Moment = 0
    info: Annotated[JSON, Meta(description="What others see of the subscription.")] = UNSET
    b64info: Base64 = ""
    data: Annotated[JSON, Meta(description="What the client is told.")] = UNSET
    b64data: Base64 = ""
    recover_since: Since | None = None
    override: SubscribeOptionOverride | None = None


class UnsubscribeRequest(Target):
    """A channel that connections of a user are unsubscribed from."""

    channel: Channel = ""


class DisconnectObject(Struct):
    """The close code and its reason; 0 for 3503 "force disconnect"."""

    code: UInt32 = 0
    reason: str = ""


class DisconnectRequest(Target):
    """Connections of a user that are closed."""

    disconnect: DisconnectObject | None = None
    whitelist: Annotated[
        list[str] | None, Meta(description="Client ids of connections that stay.")
    ] = None


class RefreshRequest(Target):
    """A new expiry for connections of a user."""

    expired: Annotated[bool, Meta(description="End them, with code 3005.")] = False
    expire_at: Moment = 0
    info: Annotated[JSON, Meta(description="What others see of the connections.")] = UNSET


class PresenceRequest(Struct):
    """A channel to look into."""

    channel: Channel = ""


class HistoryRequest(Struct):
    """A part of what a channel keeps."""

    channel: Channel = ""
    limit: Annotated[
        Int32, Meta(description="Publications at most: 0 for the position alone, -1 for all.")
    ] = 0
    since: Since | None = None
    reverse: Annotated[bool, Meta(description="Newest first.")] = False


class HistoryRemoveRequest(Struct):
    """A channel whose history is dropped."""

    channel: Channel = ""


class InfoRequest(Struct):
    """Nothing to ask in particular."""


class RPCRequest(Struct):
    """A method of the app's own, and its input."""

    method: Annotated[str, Meta(description="Name of a method declared for backends.")] = ""
    params: Annotated[JSON, Meta(description="Input of the method.")] = UNSET


class ChannelsRequest(Struct):
    """Which channels to list."""

    pattern: Annotated[
        str,
        Meta(
            description="Glob: `*`, `?`, `[a-z]`, `[!a-z]`, `{a,b}`; all channels when empty.",
            examples=["chat:*"],
        ),
    ] = ""


class BatchRequest(Struct):
    """Commands, each an object with one key: the method's name, and below it the request."""

    commands: list[dict[str, Raw] | None] = field(default_factory=list)
    parallel: Annotated[bool, Meta(description="Run them side by side.")] = False


class LegacyCommand(Struct):
    """The older form of a request: its method stands in the body."""

    method: str = ""
    params: Annotated[JSON, Meta(description="The method's request.")] = UNSET
    id: Annotated[UInt32, Meta(description="Comes back in the reply.")] = 0


class RequestDecoder:
    """Decodes JSON into one type of request."""

    __slots__ = ("_decoder", "_nullable")

    def __init__(self, request: type[Struct]) -> None:
        self._decoder = PayloadDecoder(request)
        self._nullable = "data" if issubclass(request, _Publishing) else ""

    def decode(self, data: Raw | bytes) -> Any:
        """Decode a request, without those of its fields that are null.

        Raises:
            BadRequest: it is no JSON, or the text names the field and the rule.
        """
        if not is_utf8(data):
            raise BadRequest("data is not valid JSON")  # also where it stands in what is dropped
        if b"null" in bytes(data):
            data = _without_nulls(data, but=self._nullable)
        return self._decoder.decode(Raw(data))


def given(value: JSON) -> TypeGuard[Raw]:
    """Say whether there is anything but null."""
    return isinstance(value, Raw) and bytes(value) not in (b"", b"null")


def _without_nulls(data: Raw | bytes, *, but: str) -> Raw:
    try:
        fields = msgspec.json.decode(data, type=dict[str, Raw])
    except (ValidationError, DecodeError, UnicodeDecodeError, RecursionError):
        return Raw(data)
    kept = {name: value for name, value in fields.items() if name == but or bytes(value) != b"null"}
    return Raw(msgspec.json.encode(kept))
