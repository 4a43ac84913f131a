"""Corner 1.0.0, written by `antiphon types corner:app --lang python`."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from copy import copy
from typing import (
    Any,
    Generic,
    Literal,
    Never,
    NotRequired,
    TypeAlias,
    TypedDict,
    TypeVar,
    cast,
)
from uuid import UUID

import centrifuge  # type: ignore[import-untyped, unused-ignore]


class Said(TypedDict):
    """Somebody said something in a room."""

    type: Literal["said"]
    text: str
    author: Author
    at: str
    """Format: date-time."""
    mood: Mood
    """Default: "good"."""
    attached: list[SaidAttached]
    counts: dict[str, int]


class Author(TypedDict):
    """Who has said something."""

    name: str
    born_in: int | None
    """A year."""


Mood: TypeAlias = Literal["good", "bad"]
"""How something is said."""


class Photo(TypedDict):
    """A picture."""

    kind: Literal["photo"]
    url: str


class Place(TypedDict):
    """A point on the map."""

    kind: Literal["place"]
    at: tuple[float, float]


class Left(TypedDict):
    """Somebody left a room."""

    type: Literal["left"]
    author: Author


class SayIt(TypedDict):
    """Say something in a room."""

    type: Literal["said"]
    text: str
    mood: NotRequired[Mood]
    """Default: "good"."""
    attached: NotRequired[list[SaidAttached]]


class Shout(TypedDict):
    """Say something loudly.

    Deprecated: say it.
    """

    type: Literal["shout"]
    text: str


class NewRoom(TypedDict):
    """What a room is made of."""

    name: str
    moods: NotRequired[list[Mood]]


class Room(TypedDict):
    """A room that was made."""

    id: int
    name: str


SaidAttached: TypeAlias = "Photo | Place"

ChatRoomNumberIntEvent: TypeAlias = "Said | Left"

ChatRoomNumberIntInput: TypeAlias = "SayIt | Shout"

KeyIdUuidEvent: TypeAlias = "Left"

E = TypeVar("E")
H = TypeVar("H")
S = TypeVar("S")

Handler: TypeAlias = Callable[[E, Any], Awaitable[None]]
"""Takes an event, and the SDK's context of the publication."""


class ChatRoomNumberIntHandlers(TypedDict):
    said: Handler[Said]
    left: Handler[Left]


class KeyIdUuidHandlers(TypedDict):
    left: Handler[Left]


class Channel(Generic[H, S]):
    """A channel: `H` handles what is received in it, `S` may be published."""

    def __init__(self, client: centrifuge.Client, name: str) -> None:
        self.name = name
        self._client = client

    async def subscribe(
        self,
        handlers: H,
        otherwise: Handler[Any] | None = None,
        *,
        events: centrifuge.SubscriptionEventHandler | None = None,
        **options: Any,
    ) -> centrifuge.Subscription:
        """Subscribe; `events` handles all but publications, `options` are the SDK's.

        What has no type that is known here, but to a newer server, goes to `otherwise`.
        """

        async def receive(context: Any) -> None:
            await self.receive(context, handlers, otherwise)

        listens: Any = copy(events or centrifuge.SubscriptionEventHandler())
        listens.on_publication = receive
        subscription = self._client.new_subscription(self.name, listens, **options)
        await subscription.subscribe()
        return subscription

    async def receive(
        self, context: Any, handlers: H, otherwise: Handler[Any] | None = None
    ) -> None:
        """Handle a publication: one of the client's `on_publication`, too."""
        data, handle = context.pub.data, cast(Any, handlers)
        if not callable(handle):
            tag = data.get("type") if isinstance(data, dict) else None
            handle = handle.get(str(tag), otherwise)
        if handle is not None:
            await handle(data, context)

    async def publish(self, event: S) -> None:
        """Publish, once it is subscribed if it is to be."""
        subscription = self._client.get_subscription(self.name)
        if subscription is not None:
            await subscription.publish(event)
        else:
            await self._client.publish(self.name, event)


_STR = r"[!$%&'()+.0-9;=@A-Z_a-z|~-]+"
_INT = r"0|-?[1-9][0-9]{0,17}"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def _name(pattern: str, name: str, *parts: object) -> str:
    """Check a channel's name; ValueError if parts of it cannot stand there."""
    found = re.fullmatch(pattern, name)
    if found is None or found.groups() != tuple(map(str, parts)):
        raise ValueError(f"no channel can be called {name!r}")
    return name


class Channels:
    """The channels that are declared."""

    def __init__(self, client: centrifuge.Client) -> None:
        self._client = client

    def chat_room_number_int(
        self,
        room: str,
        number: int,
    ) -> Channel[ChatRoomNumberIntHandlers, ChatRoomNumberIntInput]:
        """One room of many.

        Channel `chat:{room}/{number}`.
        """
        return Channel(
            self._client,
            _name(f"chat:({_STR})/({_INT})", f"chat:{room}/{number}", room, number),
        )

    def key_id_uuid(self, id: UUID) -> Channel[KeyIdUuidHandlers, Never]:
        """Channel `key:{id}`."""
        return Channel(self._client, _name(f"key:({_UUID})", f"key:{id}", id))

    def blob_name(self, name: str) -> Channel[Handler[Any], Any]:
        """Channel `blob:{name}`."""
        return Channel(self._client, _name(f"blob:({_STR})", f"blob:{name}", name))


class Calls:
    """The methods that may be called."""

    def __init__(self, client: centrifuge.Client) -> None:
        self._client = client

    async def follow(self) -> None:
        """Be subscribed to a channel, by the server."""
        await self._client.rpc("follow", None)

    async def rooms_create(self, request: NewRoom) -> Room | None:
        """Make a room."""
        result = await self._client.rpc("rooms.create", request)
        answer: Room | None = result.data
        return answer

    async def keys_list(self) -> dict[str, list[str]]:
        """Name the keys."""
        result = await self._client.rpc("keys.list", None)
        answer: dict[str, list[str]] = result.data
        return answer

    async def rooms_close(self, request: list[int]) -> None:
        """Close rooms.

        Deprecated: leave them.
        """
        await self._client.rpc("rooms.close", request)


class Client:
    """Typed calls over a client of the SDK that speaks JSON, as it does by default."""

    def __init__(self, client: centrifuge.Client) -> None:
        self.channel = Channels(client)
        self.call = Calls(client)
