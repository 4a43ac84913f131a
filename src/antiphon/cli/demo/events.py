"""The demo's events, and the shapes its calls return: the twin of web/demo/src/events.ts.

What a client says has fewer fields than what the room hears: who it was and when is the server's
to fill in. Both travel under the same tag.
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from antiphon.event import Event

Moment = Annotated[datetime, Meta(tz=True)]


class SayIt(Event, tag="said"):
    """Say something in a room."""

    text: Annotated[str, Meta(min_length=1, max_length=2000)]


class Said(Event):
    """Somebody said something in a room."""

    text: str
    name: str
    at: Moment


class IAmTyping(Event, tag="typing"):
    """Let the room know that something is being typed."""


class Typing(Event):
    """Somebody is typing in a room."""

    name: str


class Quote(Event):
    """The latest price of a share."""

    symbol: str
    price: float
    change: Annotated[float, Meta(description="per cent since the market opened")]
    at: Moment


class Score(Event):
    """How a match stands."""

    match: str
    home: int
    away: int
    minute: int
    news: Annotated[str, Meta(description="the last thing that happened, in words")]
    at: Moment


class Share(Struct, frozen=True):
    """A share that has a channel of quotes."""

    symbol: str
    name: str


class Fixture(Struct, frozen=True):
    """A match that has a channel of scores."""

    match: str
    home: str
    away: str


class Contents(Struct):
    """What the feed holds."""

    symbols: tuple[Share, ...]
    matches: tuple[Fixture, ...]
