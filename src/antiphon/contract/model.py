"""The contract: what an app declares, as plain values.

Everything that tells others about an app is derived from a `Contract`: the AsyncAPI document, the
explorer, client types, the comparison of two versions. It holds no class of the app's and no
function, only text, numbers and JSON, so it can be encoded with msgspec, kept in a file, and read
back as it was: ``msgspec.json.decode(text, type=Contract)``.

::

    Contract
    ├── channels    Channel     who may do what in it, which events travel (by name), what it keeps
    ├── events      Event       by name: tag, docstring, deprecation, examples
    ├── schemas     Schema      by name: the JSON Schema of each event, and of what events consist of
    ├── methods     Method      RPC: what is sent, what comes back
    ├── accepts     Messages    one-way messages from clients
    ├── sends       Messages    one-way messages to one client
    ├── auth        Scheme      how a client says who it is
    ├── transports  Transport   where it connects
    ├── errors, closes, unsubscribes    Code
    └── limits      by name, in the unit that the name says

An event's *name* is unique in the app, a type name in every language, and the same in `events` and
`schemas`. Its *tag* is what travels in the field ``type``; two events may share one, as long as no
receiver could take one for the other: what clients say and what the channel hears, for one.

`schemas` are of a subset of JSON Schema draft 07 that `antiphon.contract.schema` describes.
Everything is seen from the server: it *publishes* to clients and *accepts* from them.

Values are in a fixed order: as declared for channels, methods, events and fields.
"""

from typing import Any, Literal

from msgspec import Struct

Schema = dict[str, Any]
"""JSON Schema as builtins. What it refers to is in `Contract.schemas`, under ``REF`` and its name."""

REF = "#/components/schemas/"


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One declared event."""

    name: str
    """Its key in `Contract.events` and `Contract.schemas`."""
    tag: str
    """The value of the field ``type``."""
    description: str = ""
    """Its class's own docstring."""
    deprecated: str = ""
    """What to use instead; empty while it is not deprecated."""
    examples: tuple[dict[str, Any], ...] = ()
    """Payloads, with the tag. Made from the fields' examples, defaults and constraints; none where
    nothing could be made that the app's own decoder takes."""


class Field(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One field of an object, as `Contract.fields` reads it from a schema."""

    name: str
    """On the wire."""
    schema: Schema
    """Its type and constraints, and ``default`` where there is one."""
    required: bool
    """Whether the server refuses what comes without it."""
    always_sent: bool
    """Whether what the server sends has it every time."""
    description: str = ""
    deprecated: bool = False
    examples: tuple[Any, ...] = ()


class Messages(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What may travel one way: events by name, or opaque payloads, or nothing."""

    events: tuple[str, ...] = ()
    opaque: bool = False
    """Declared with ``bytes``: handed through unseen, and nothing is known of it."""

    def __bool__(self) -> bool:
        """Whether anything may."""
        return self.opaque or bool(self.events)


class Parameter(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One part of an address that varies."""

    name: str
    type: Literal["str", "int", "uuid"]
    pattern: str
    """A regular expression for the whole value."""
    example: str
    description: str = ""


class History(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a channel keeps."""

    size: int
    """Publications at most."""
    ttl: float
    """Seconds after the last publication until all are dropped."""
    mode: Literal["stream", "cache"]
    without: tuple[str, ...] = ()
    """Events that are never kept, by name."""


Delivery = Literal["at-most-once", "recoverable", "latest-value"]
"""What a client that was away gets. docs/delivery.md says what exactly is promised.

``at-most-once``: nothing. ``recoverable``: what it missed, or the word that it cannot be had.
``latest-value``: the newest publication, on every subscribe."""


class Channel(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One declared channel, or family of channels."""

    key: str
    """Unique in the app, a name in camel case: ``chatRoom`` for ``chat:{room}``."""
    address: str
    """As it was declared: ``order:{id:int}``."""
    template: str
    """The same with bare names: ``order:{id}``."""
    delivery: Delivery
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    publishes: Messages = Messages()
    """To clients."""
    accepts: Messages = Messages()
    """From clients."""
    history: History | None = None
    open: bool = False
    """Whether every connected client may subscribe."""
    decides: bool = False
    """Whether a handler of the app decides who may subscribe."""
    personal: bool = False
    """Whether every connection of a user is subscribed to the user's own channel."""
    presence: bool = False
    join_leave: bool = False
    publish_unsubscribed: bool = False
    read_unsubscribed: bool = False
    delta: bool = False
    tags_filter: bool = False


class Payload(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a call sends or brings back; of any kind where the code does not say."""

    schema: Schema = {}
    opaque: bool = False
    examples: tuple[Any, ...] = ()


class Method(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One RPC method."""

    key: str
    """Unique in the app, a name in camel case: ``roomsCreate`` for ``rooms.create``."""
    name: str
    """As clients call it."""
    description: str = ""
    deprecated: str = ""
    request: Payload | None = None
    """None: it takes nothing."""
    response: Payload | None = None
    """None: it answers without data."""


class Scheme(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One way in which a client says who it is."""

    name: str
    """``jwt``, ``anonymous``, ``on_connect`` for the app's own hook, or what an `Authenticator`
    describes itself as."""
    description: str


class Transport(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One way to connect."""

    name: str
    """``websocket``, ``http_stream``, ``sse``, or with ``uni_`` in front where the client is only
    sent to."""
    protocol: Literal["ws", "http"]
    """Without TLS; with it ``wss`` and ``https``."""
    path: str
    """Below the place where the app is served."""


class Code(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One code that crosses the wire."""

    number: int
    text: str
    """What is sent with it."""
    meaning: str = ""
    again: bool = False
    """Of an error: the same command may succeed when tried again. Of a close code: the client
    reconnects. Of an unsubscribe code: it subscribes again."""


class Contract(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an app declares."""

    title: str
    version: str
    description: str = ""
    auth: tuple[Scheme, ...] = ()
    transports: tuple[Transport, ...] = ()
    channels: tuple[Channel, ...] = ()
    methods: tuple[Method, ...] = ()
    accepts: Messages = Messages()
    """One-way messages from clients."""
    sends: Messages = Messages()
    """One-way messages to one client."""
    events: dict[str, Event] = {}
    schemas: dict[str, Schema] = {}
    errors: tuple[Code, ...] = ()
    closes: tuple[Code, ...] = ()
    unsubscribes: tuple[Code, ...] = ()
    limits: dict[str, float] = {}

    def fields(self, name: str) -> tuple[Field, ...]:
        """Return the fields of a component by its name; () for one that is no object.

        The tag is the first of an event's.
        """
        schema = self.schemas[name]
        required = schema.get("required", ())
        sent = {*required, *schema.get("x-always-sent", ())}
        return tuple(
            Field(
                name=field,
                schema=its,
                required=field in required,
                always_sent=field in sent,
                description=its.get("description", ""),
                deprecated=its.get("deprecated", False),
                examples=tuple(its.get("examples", ())),
            )
            for field, its in schema.get("properties", {}).items()
        )
