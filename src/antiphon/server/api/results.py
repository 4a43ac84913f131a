"""What backends are answered, field for field as in Centrifugo's `api.proto`.

A field at its default is left out, but for those of them that Centrifugo always writes: these have no
default. Every reply is an object with either `result` or `error`.
"""

from typing import Annotated, Generic, TypeVar

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

T = TypeVar("T", bound=Struct)


class Error(Struct):
    """Why something was refused."""

    code: Annotated[int, Meta(description="100 to 399 are the protocol's, from 400 on the app's.")]
    message: str


class Reply(Struct, Generic[T], omit_defaults=True):
    """One of both."""

    error: Error | UnsetType = UNSET
    result: T | UnsetType = UNSET


class Done(Struct):
    """It is done, and there is nothing to say about it."""


class PublishResult(Struct, omit_defaults=True):
    """The publication's place in the stream; empty in a channel without history."""

    offset: int = 0
    epoch: str = ""


class BroadcastResult(Struct):
    """A reply for each channel, in their order."""

    responses: list[Reply[PublishResult]]


class ClientInfo(Struct, omit_defaults=True):
    """Who published something, or is present."""

    user: str
    client: str
    conn_info: Raw | UnsetType = UNSET
    chan_info: Raw | UnsetType = UNSET


class PresenceResult(Struct):
    """Who is there, by client id."""

    presence: dict[str, ClientInfo]


class PresenceStatsResult(Struct):
    """How many are there."""

    num_clients: int
    num_users: int


class Publication(Struct, omit_defaults=True):
    """One publication of a channel's history."""

    data: Raw
    info: ClientInfo | UnsetType = UNSET
    offset: int = 0
    tags: dict[str, str] | UnsetType = UNSET
    b64data: Annotated[
        str, Meta(description="The payload where it is no JSON; `data` is null then.")
    ] = ""


class HistoryResult(Struct):
    """Publications, and the position of the newest there is."""

    publications: list[Publication]
    epoch: str
    offset: int


class Process(Struct, omit_defaults=True):
    """What the process uses."""

    cpu: Annotated[float, Meta(description="Percent of one core, on average since the start.")] = (
        0.0
    )
    rss: Annotated[int, Meta(description="Bytes of memory.")] = 0


class NodeResult(Struct, omit_defaults=True):
    """One process that serves the app."""

    uid: str
    name: str
    version: str
    num_clients: int
    num_users: int
    num_channels: int
    num_subs: int
    process: Process
    uptime: Annotated[int, Meta(description="Seconds.")] = 0


class InfoResult(Struct):
    """The processes that serve the app."""

    nodes: list[NodeResult]


class RPCResult(Struct, omit_defaults=True):
    """What the method returned, if anything."""

    data: Raw | UnsetType = UNSET


class ChannelInfo(Struct):
    """One channel with subscribers."""

    num_clients: int


class ChannelsResult(Struct):
    """The channels that have subscribers, by name."""

    channels: dict[str, ChannelInfo]
