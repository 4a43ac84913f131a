"""An app with one of everything that can be declared, and a big one."""

import datetime as dt
import decimal
import enum
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Annotated, Any, Generic, Literal, NamedTuple, NotRequired, TypedDict, TypeVar

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field

from antiphon import JWT, App, Attempt, Client, Event, History, Identity, deprecated

T = TypeVar("T")


class Mood(enum.Enum):
    """How somebody feels."""

    GOOD = "good"
    BAD = "bad"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Point(NamedTuple):
    """A place on the map."""

    x: float
    y: float = 0.0


class Row(Struct, array_like=True):
    """Travels as an array."""

    number: int
    name: str = "none"


class Options(TypedDict):
    """Travels as an object."""

    wide: bool
    tall: NotRequired[bool]


@dataclass
class Size:
    width: int
    height: int = 3


class Page(Struct, Generic[T]):
    """Some of many."""

    items: list[T]
    more: bool = False


class Circle(Struct, tag_field="kind", tag="circle"):
    """A round shape."""

    radius: Annotated[float, Meta(gt=0)]


class Square(Struct, tag_field="kind", tag="square"):
    """A shape with four sides."""

    side: Annotated[float, Meta(gt=0, multiple_of=0.5)]


class Tree(Struct):
    """Holds itself."""

    name: str
    children: "list[Tree]" = []
    parent: "Tree | None" = None


class Numbers(Event):
    """Numbers of all kinds."""

    plain: int
    positive: Annotated[int, Meta(ge=1, le=10)]
    between: Annotated[int, Meta(gt=3, lt=5)]
    even: Annotated[int, Meta(multiple_of=2, ge=7)]
    ratio: Annotated[float, Meta(ge=-1, lt=0)]
    price: decimal.Decimal
    level: Level
    given: Annotated[int, Meta(examples=[7, 8], description="As an example says.")]
    optional: int | None = None
    default: Annotated[int, Meta(le=9)] = 5


class Texts(Event):
    """Texts of all kinds."""

    plain: str
    short: Annotated[str, Meta(min_length=2, max_length=4)]
    long: Annotated[str, Meta(min_length=40)]
    patterned: Annotated[str, Meta(pattern=r"^[a-z0-9-]+/(?:v\d{2,3}|latest)$", min_length=12)]
    mood: Mood
    choice: Literal["yes", "no"]
    only: Literal["this"]
    maybe: Literal["a", None]
    data: bytes
    key: uuid.UUID
    documented: str = ""
    """What it is for."""
    old: Annotated[str, Meta(extra_json_schema={"deprecated": True})] = "gone"


class Times(Event, rename="camel"):
    """Times of all kinds."""

    zoned_at: Annotated[dt.datetime, Meta(tz=True)]
    local_at: Annotated[dt.datetime, Meta(tz=False)]
    either_at: dt.datetime
    on_day: dt.date
    at_time: Annotated[dt.time, Meta(tz=True)]
    for_time: dt.timedelta
    known_at: Annotated[
        dt.datetime, Meta(tz=True, examples=[dt.datetime(2030, 1, 1, tzinfo=dt.UTC)])
    ]


class Wholes(Event, forbid_unknown_fields=True):
    """Things that consist of others."""

    point: Point
    row: Row
    options: Options
    size: Size
    page: Page[int]
    pages: Page[Mood]
    shape: Circle | Square
    either: Circle | Square | int | None
    pair: tuple[int, str]
    many: Annotated[list[Annotated[str, Meta(max_length=3)]], Meta(min_length=2)]
    unique: set[str]
    moods: Annotated[set[Mood], Meta(min_length=2)]
    by_name: dict[str, int]
    by_mood: Annotated[dict[Mood, list[Point]], Meta(min_length=1)]
    tree: Tree
    anything: Any
    embedded: Raw
    nothing: None = None
    tags: list[str] = field(default_factory=list)
    unset: int | UnsetType = UNSET


@deprecated("use numbers")
class OldNumbers(Event, tag="numbers.v0", omit_defaults=True):
    """Numbers, as they once were."""

    plain: int = 0


class Moved(Event):
    """Somebody moved."""


class MoveTo(Event, tag="moved"):
    """Move somewhere."""

    to: Point


class Create(Struct):
    """What a room is made of."""

    name: Annotated[str, Meta(min_length=1, examples=["lobby"])]


def zoo() -> App:
    """An app with one of everything."""
    app = App(
        "Zoo",
        version="2.0.0",
        description="One of everything.\n\nFor tests.",
        auth=JWT(secret="s" * 32),
        messages=Moved | Numbers,
        transports=("websocket", "http_stream", "sse", "uni_websocket", "uni_sse"),
    )
    app.on_connect(_who)
    app.channel("everything", publishes=Numbers | Texts | Times | Wholes | OldNumbers, open=True)
    kept = app.channel(
        "kept:{room}/{number:int}/{key:uuid}",
        publishes=Moved | Numbers,
        accepts=MoveTo,
        history=History(size=10, ttl=60, without=Numbers),
        presence=True,
        join_leave=True,
        delta=True,
        tags_filter=True,
        description="Where things are kept.",
        parameters={"room": "The room's name."},
    )
    kept.on_subscribe(lambda client: None)
    kept.on_publish(MoveTo)(lambda client, event: Moved())
    app.channel("latest", publishes=Numbers, history=History(size=1, ttl=60, mode="cache"))
    app.channel("inbox#{user}", publishes=Texts, personal=True)
    app.channel("blob:{name}", publishes=bytes, accepts=bytes, publish_unsubscribed=True)
    app.on_message(MoveTo, Texts)(lambda client, event: None)
    _declare_methods(app)
    return app


def _who(attempt: Attempt) -> Identity | None:
    return None


def _declare_methods(app: App) -> None:
    @app.rpc("rooms.create")
    def create(client: Client, request: Create) -> Page[Create] | None:
        """Make a room.

        It is empty at first.
        """

    @app.rpc("rooms.list")
    @deprecated("use rooms.create")
    def rooms(client: Client) -> list[str]:
        """Name the rooms."""
        return []

    @app.rpc("blob")
    def blob(client: Client, request: bytes) -> bytes:
        """Echo."""
        return request

    @app.rpc("quiet")
    def quiet(client: Client, request: Annotated[int, Meta(ge=3)]) -> None:
        """Answer nothing."""


_EVENT = '''
class Event{n}(Event):
    """Event number {n} has happened."""

    text: Annotated[str, Meta(min_length=1, max_length=400, description="What was said.")]
    count: Annotated[int, Meta(ge=0)]
    """How many."""
    at: Annotated[datetime, Meta(tz=True)]
    mood: Literal["good", "bad"] = "good"
    points: list[tuple[float, float]] = []
'''


def source_of_big_app(events: int) -> str:
    """Write a module with an app of so many events, ten in a channel."""
    lines = [
        "from datetime import datetime",
        "from typing import Annotated, Literal",
        "from antiphon import Anonymous, App, Event, Meta",
        'app = App("Big", version="1.0.0", auth=Anonymous())',
        *(_EVENT.format(n=n) for n in range(events)),
    ]
    for channel in range(0, events, 10):
        union = " | ".join(f"Event{n}" for n in range(channel, channel + 10))
        lines.append(f'app.channel("c{channel}:{{room}}", publishes={union}, accepts={union})')
    return "\n".join(lines) + "\n"


def imported(name: str, source: str, folder: Any) -> Iterator[ModuleType]:
    """Import a module from its source, for as long as the generator lives."""
    import importlib

    (folder / f"{name}.py").write_text(source)
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop(name, None)
