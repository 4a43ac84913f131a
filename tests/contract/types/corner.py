"""A small app whose client types are looked at, and that they are used against."""

import enum
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta, Struct

from antiphon import Anonymous, App, Client, Event, Refusal, deprecated

NOON: Final = datetime(2026, 1, 31, 12, tzinfo=UTC)
FULL: Final = 1000
KEY: Final = UUID(int=7)


class Mood(enum.Enum):
    """How something is said."""

    GOOD = "good"
    BAD = "bad"


class Author(Struct):
    """Who has said something."""

    name: str
    born_in: int | None = None
    """A year."""


class Photo(Struct, tag_field="kind", tag="photo"):
    """A picture."""

    url: str


class Place(Struct, tag_field="kind", tag="place"):
    """A point on the map."""

    at: tuple[float, float]


class Said(Event):
    """Somebody said something in a room."""

    text: str
    author: Author
    at: Annotated[datetime, Meta(tz=True)]
    mood: Mood = Mood.GOOD
    attached: list[Photo | Place] = []
    counts: dict[str, int] = {}


class Left(Event):
    """Somebody left a room."""

    author: Author


class SayIt(Event, tag="said"):
    """Say something in a room."""

    text: Annotated[str, Meta(min_length=1, max_length=2000)]
    mood: Mood = Mood.GOOD
    attached: list[Photo | Place] = []


@deprecated("say it")
class Shout(Event):
    """Say something loudly."""

    text: str


class Moved(Event):
    """The room has another name now; older clients know nothing of this."""

    to: str


class Nudge(Event):
    """Ask for a notice."""

    text: str


class Notice(Event):
    """For one client alone."""

    text: str


class NewRoom(Struct):
    """What a room is made of."""

    name: Annotated[str, Meta(min_length=1)]
    moods: list[Mood] = []


class Room(Struct):
    """A room that was made."""

    id: int
    name: str


def corner(*later: type[Event]) -> App:
    """The app.

    Args:
        later: events that a newer version publishes, too.
    """
    app = App("Corner", version="1.0.0", auth=Anonymous(), messages=Notice)
    publishes = reduce(or_, later, Said | Left)
    chat = app.channel(
        "chat:{room}/{number:int}",
        publishes=publishes,
        accepts=SayIt | Shout,
        open=True,
        description="One room of many.",
    )
    keys = app.channel("key:{id:uuid}", publishes=Left, open=True)
    app.channel("blob:{name}", publishes=bytes, accepts=bytes, open=True)

    @chat.on_publish(SayIt)
    def say(client: Client, event: SayIt, room: str, number: int) -> Event:
        if event.text == "move":
            return Moved(to=room)
        author = Author(name=room, born_in=number)
        return Said(event.text, author, NOON, event.mood, event.attached, {"said": 1})

    @chat.on_publish(Shout)
    def shout(client: Client, event: Shout, room: str, number: int) -> Event:
        return Left(Author(name=event.text))

    @app.on_message(Nudge)
    def nudge(client: Client, event: Nudge) -> None:
        client.send(Notice(event.text))

    @app.rpc("follow")
    async def follow(client: Client) -> None:
        """Be subscribed to a channel, by the server."""
        await client.subscribe(f"key:{KEY}")
        await keys.publish(Left(Author(name="key")), id=KEY)

    _declare_methods(app)
    return app


def _declare_methods(app: App) -> None:
    @app.rpc("rooms.create")
    def create(client: Client, request: NewRoom) -> Room | None:
        """Make a room."""
        if request.name == "full":
            raise Refusal("no room left", code=FULL)
        return Room(id=len(request.moods), name=request.name) if request.moods else None

    @app.rpc("keys.list")
    def keys(client: Client) -> dict[str, list[UUID]]:
        """Name the keys."""
        return {"all": [KEY]}

    @app.rpc("rooms.close")
    @deprecated("leave them")
    def close(client: Client, request: list[int]) -> None:
        """Close rooms."""
