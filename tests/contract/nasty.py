"""An app whose names and texts are as awkward as declarations let them be."""

import enum
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import Meta, Struct, field

from antiphon import Anonymous, App, Client, Event, deprecated
from antiphon import History as Kept

SPELLS = (
    "*/ alert(1) /* ''' \"\"\" \\ ${x} `y` @deprecated {@link x}\n\n"
    "\u202e second line \u2028 third\tline */ \\u0022\\"
)


class Record(Struct):
    """A name that TypeScript and Kotlin have uses for."""

    value: str
    next: "Record | None" = None


class Channel(Struct, tag_field="class", tag="channel"):
    """The tag is in a field that is a word of Python's."""

    number: int


class Protocol(Struct, tag_field="class", tag="a \"quoted\" 'tag' \\ \u00fc"):
    """Swift has one, too."""

    string: str


class String(enum.Enum):
    """A name of everybody's, and values that make bad names."""

    A = "a"
    CLASS = "class"
    none = "none"
    Ünï = "ü"
    a = "*/"


class Any_(enum.IntEnum):
    """Numbers."""

    self = 1
    ONE = -1


Mixed = Literal["1", 1, None]


Odd = TypedDict(
    "Odd",
    {"a-b": int, "a_b": int, "aB": NotRequired[str], "class": bool, "": str, "ä": int, "1st": int},
)
Odd.__doc__ = SPELLS


class Row(Struct, array_like=True):
    """Holds itself in an array."""

    value: int
    rows: "list[Row]" = []


class Words(
    Event,
    rename={
        "cls": "class",
        "frm": "from",
        "quote": "a'b */",
        "dollar": "$x",
        "text": "str",
        "whole": "int",
        "dunder": "__dunder",
        "texts": "list",
        "name": "Record",
    },
):
    cls: str
    frm: int
    quote: int
    dollar: str
    text: str
    whole: int
    self: bool
    name: Record
    texts: list[str] = []
    val: Annotated[str | None, Meta(description=SPELLS)] = "*/"
    init: Annotated[int, Meta(extra_json_schema={"deprecated": True})] = 3
    dunder: int = 0
    many: Literal["a", "*/", "c'd", 'e"f', "\u2028"] = "a"


Words.__doc__ = SPELLS


@deprecated('use */ """ instead\nof this')
class Handlers(Event, tag='a "tag" */'):
    """Named as what is written around it."""

    either: Channel | Protocol | None
    both: list[Channel | Protocol]
    record: Record
    kinds: dict[str, dict[str, Record]]
    by_name: dict[String, int]
    string: String
    any: Any_
    mixed: Mixed
    odd: Odd
    row: Row
    pair: tuple[int, str | None]
    pairs: list[tuple[String, Any]]
    a_very_long_name_of_a_field_that_fills_a_line: dict[str, list[tuple[String, Any_, Mixed]]]
    loose: int | str | list[int] | None = None
    flag: bool = field(default=False, name="is-flag")


class Empty(Event, tag="constructor"):
    pass


def nasty() -> App:
    """An app that is hard to write clients of."""
    title = "Nasty */ \"\"\" ''' \n\u2028 app \\"
    app = App(title, version='1 */ """\n', auth=Anonymous(), messages=Words | Empty)
    app.channel(
        "a.b+$:{new}-{this}/{text:int}#x,|~{val:uuid}",
        publishes=Handlers | Words | Empty,
        accepts=Handlers | Words,
        open=True,
        history=Kept(size=1, ttl=1),
        description=SPELLS,
        publish_unsubscribed=True,
    )
    app.channel("a_b", publishes=None, accepts=Empty, open=True)
    app.channel("aB", publishes=Empty, open=True)
    app.channel("class", publishes=bytes, accepts=Empty, open=True)
    app.channel("import", publishes=Empty, accepts=bytes, open=True)
    app.channel("$", publishes=Empty, open=True)
    app.on_message(Words, Handlers)(lambda client, event: None)
    _declare_methods(app)
    return app


def _declare_methods(app: App) -> None:
    @app.rpc('a "method" */ \u2028')
    @deprecated("*/")
    def a(client: Client, request: Handlers) -> Handlers | Words | None: ...

    @app.rpc("delete")
    def b(client: Client, request: list[Record]) -> list[Record]:
        return request

    @app.rpc("aB")
    def c(client: Client, request: Channel | Protocol) -> dict[String, Mixed]:
        return {}

    @app.rpc("a.b")
    def d(client: Client, request: Any) -> Any: ...

    @app.rpc("class")
    def e(client: Client) -> Odd | None: ...


NOTHING_BUT_A_NAME = App("Nothing", version="0", auth=Anonymous())
