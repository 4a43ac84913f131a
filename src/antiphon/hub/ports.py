"""What the hub needs: an engine below it and an app above it.

These are obligations, not only signatures; each says what the hub relies on. An engine or app that
raises where nothing is said about raising costs the client an error 100, and the hub goes on.
"""

from collections.abc import Callable
from typing import Any, Protocol

from msgspec import Raw, Struct

from antiphon.auth import Attempt, Grant, Identity
from antiphon.errors import Disconnect
from antiphon.hub.client import Client
from antiphon.protocol.messages import Message
from antiphon.publication import ClientInfo, Publication, StreamPosition


class Engine(Protocol):
    """Where channel state lives.

    Saving a publication, giving it its offset and delivering it is one step per channel: what
    `deliver` sees is in the order of the offsets, and was saved before.
    """

    waits: bool
    """False promises that no method ever suspends, so that the hub runs them in place."""
    lossless: bool
    """True promises that every saved publication is delivered, so that no position is checked."""

    async def start(
        self,
        *,
        deliver: Callable[[str, Publication, str], None],
        deliver_join: Callable[[str, ClientInfo], None],
        deliver_leave: Callable[[str, ClientInfo], None],
    ) -> None: ...

    async def stop(self) -> None: ...

    async def watch(self, channel: str) -> None:
        """Return once everything published to the channel, anywhere, is delivered.

        Called for every subscription; a channel that is watched already costs nothing.
        """

    async def unwatch(self, channel: str) -> None:
        """Deliver no more of the channel.

        A `watch` may be called while this still waits, and the other way round: what was called
        last counts.
        """

    async def publish(
        self,
        channel: str,
        publication: Publication,
        *,
        size: int,
        ttl: float,
        idempotency_key: str = "",
        version: int = 0,
        version_epoch: str = "",
        exclude: str = "",
    ) -> StreamPosition:
        """Save, number and deliver a publication; with `size` 0 only deliver it.

        Nothing is delivered for an `idempotency_key` that is repeated, which gets the first result,
        nor for a `version` (0: none) that is not above the stream's, which gets the stream's
        position. A version of another `version_epoch` than the stream's is always above; one of no
        epoch is compared all the same. Without `size` there is no stream to compare with.
        """

    async def history(
        self, channel: str, *, since: int | None = None, limit: int = 0, reverse: bool = False
    ) -> tuple[list[Publication], StreamPosition]: ...

    async def remove_history(self, channel: str) -> None: ...

    async def add_presence(self, channel: str, info: ClientInfo) -> None:
        """Add or renew a client's entry. Of this and `remove_presence`, the last called counts."""

    async def remove_presence(self, channel: str, client: str) -> None: ...

    async def presence(self, channel: str) -> dict[str, ClientInfo]: ...

    async def presence_stats(self, channel: str) -> tuple[int, int]: ...

    async def join(self, channel: str, info: ClientInfo) -> None: ...

    async def leave(self, channel: str, info: ClientInfo) -> None: ...


class ChannelOptions(Struct, frozen=True, kw_only=True):
    """What a channel keeps and tells. `history_size` 0 keeps nothing."""

    history_size: int = 0
    cache: bool = False
    """Only the latest value counts; it is sent on every subscribe."""
    recoverable: bool = True
    """A client that comes back gets what it missed, where there is history."""
    presence: bool = False
    join_leave: bool = False
    publish_unsubscribed: bool = False
    """A client may publish without being in the channel."""
    read_unsubscribed: bool = False
    """A client may ask for presence and history without being in the channel."""
    delta: bool = False
    """Clients may get patches to the publication before, instead of whole payloads."""
    tags_filter: bool = False
    """Clients may leave out publications by their tags."""


class Outgoing(Struct, frozen=True):
    """What is published: encoded, with the history it goes into. `size` 0 keeps nothing."""

    data: Raw
    size: int
    ttl: float
    opaque: bool = False
    """As in `Publication`."""


class Route(Protocol):
    """One concrete channel, found by its name among those that the app declares."""

    options: ChannelOptions

    @property
    def subscribe_waits(self) -> bool:
        """False promises that `authorise`, without a token, never suspends."""

    @property
    def publish_waits(self) -> bool:
        """False promises that `accept` never suspends."""

    @property
    def unsubscribe_waits(self) -> bool:
        """False promises that `left` never suspends."""

    async def authorise(self, client: Client, data: Raw, token: str) -> Grant:
        """Let the client subscribe, or raise `Refusal` or `Disconnect`."""

    def check_reader(self, client: Client) -> None:
        """Raise `Forbidden` where the channel's name keeps out a client that is not in it."""

    async def accept(self, client: Client, data: Raw) -> Outgoing | None:
        """Validate and handle what a client publishes; return what the channel gets."""

    async def left(self, client: Client, code: int) -> None:
        """Note that a subscription has ended, exactly once for each."""


class Method(Protocol):
    """An RPC method. Its parts are called one by one: a call costs no coroutine but the app's."""

    @property
    def waits(self) -> bool:
        """False promises that what `begin` returns never suspends."""

    @property
    def is_async(self) -> bool:
        """Whether `begin` returns something to await."""

    @property
    def opaque(self) -> bool:
        """Whether the answer is handed through unseen."""

    def begin(self, client: Client, data: Raw) -> Any:
        """Validate the input and call the app; what this returns, awaited or not, is encoded."""

    def encode(self, result: Any) -> Raw: ...


class MessageHandler(Protocol):
    """Whoever takes the one-way messages of clients."""

    @property
    def waits(self) -> bool: ...

    async def __call__(self, client: Client, data: Raw) -> None: ...


class Application(Protocol):
    """What the hub asks of the app above it."""

    @property
    def connect_waits(self) -> bool:
        """False promises that `connect` never suspends."""

    @property
    def refresh_waits(self) -> bool:
        """False promises that what looks at tokens never suspends."""

    @property
    def disconnect_waits(self) -> bool:
        """False promises that `disconnected` never suspends."""

    async def connect(self, attempt: Attempt) -> Identity | None:
        """Say who this is; None when nothing was shown."""

    async def refresh(self, token: str) -> Identity: ...

    async def refresh_subscription(self, token: str, *, channel: str, client: Client) -> Grant: ...

    async def disconnected(self, client: Client, code: int, reason: str) -> None: ...

    def route(self, channel: str) -> Route:
        """Raise `BadRequest` for a name that no channel can have, `UnknownChannel` for others."""

    def personal_channels(self, user: str) -> list[str]:
        """Name the channels that every connection of a user is subscribed to."""

    def method(self, name: str) -> Method:
        """Raise `NotAvailable` when there are no methods at all, `MethodNotFound` otherwise."""

    def message_handler(self) -> MessageHandler | None: ...

    def encode_message(self, event: Any) -> Message:
        """Encode what the server sends to one client; raise `DeclarationError` if undeclared."""


class Ending(Protocol):
    """Whatever a disconnect ends."""

    def end(self, disconnect: Disconnect) -> None: ...


class Holder(Ending, Protocol):
    """Whoever holds a subscription, as its topic sees it."""

    def lose_position(self, channel: str) -> None:
        """Have the client recover: publications of this channel are known to be lost."""
