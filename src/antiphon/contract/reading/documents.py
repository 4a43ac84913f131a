"""From an AsyncAPI document, as `antiphon.contract.asyncapi` writes it, to the contract it was made of.

Of another's document what AsyncAPI itself says is read: channels, operations, messages. All that comes
out different is the form of prose: a docstring's first line has an empty one behind it.
"""

from typing import Any, Final, Literal

import msgspec
from msgspec import Struct, field

from antiphon.contract.model import (
    REF,
    Channel,
    Code,
    Contract,
    Delivery,
    Event,
    History,
    Messages,
    Method,
    Parameter,
    Payload,
    Schema,
    Scheme,
    Transport,
)
from antiphon.contract.reading.shape import Unreadable
from antiphon.entrance import path_to

_OPAQUE: Final = "opaque"
_NOTHING: Final = "nothing"
_REFUSAL: Final = "refusal"
_ONE_WAY: Final = "one_way"


class _Ref(Struct):
    ref: str = field(default="", name="$ref")

    @property
    def name(self) -> str:
        return self.ref.rpartition("/")[2]


class _Info(Struct):
    title: str
    version: str
    description: str = ""


class _Server(Struct):
    pathname: str = ""
    protocol: str = ""


class _Parameter(Struct):
    description: str = ""
    examples: list[str] = []
    type: Literal["str", "int", "uuid"] = field(default="str", name="x-type")
    pattern: str = field(default="", name="x-pattern")


class _History(Struct):
    size: int
    ttl: float
    without: tuple[str, ...] = ()


class _Delivery(Struct):
    guarantee: Delivery = "at-most-once"
    history: _History | None = None


class _Channel(Struct):
    address: str | None = None
    title: str = ""
    description: str = ""
    messages: dict[str, Any] = {}
    parameters: dict[str, _Parameter] = {}
    delivery: _Delivery = field(default_factory=_Delivery, name="x-delivery")
    options: list[str] = field(default_factory=list, name="x-options")
    typed: str = field(default="", name="x-address")
    method: str = field(default="", name="x-method")


class _Reply(Struct):
    messages: list[_Ref] = []


class _Operation(Struct):
    action: Literal["send", "receive"]
    channel: _Ref
    messages: list[_Ref] | None = None
    reply: _Reply = field(default_factory=_Reply)
    summary: str = ""
    description: str = ""
    deprecated: str = field(default="", name="x-deprecated")


class _Example(Struct):
    payload: Any = None


class _Message(Struct):
    name: str = ""
    summary: str = ""
    description: str = ""
    payload: Schema = {}
    examples: list[_Example] = []
    deprecated: str = field(default="", name="x-deprecated")


class _Components(Struct):
    messages: dict[str, _Message] = {}
    schemas: dict[str, Schema] = {}


class _Code(Struct):
    code: int
    text: str = ""
    meaning: str = ""
    temporary: bool = False
    reconnects: bool = False
    resubscribes: bool = False


class _Document(Struct):
    asyncapi: str
    info: _Info
    servers: dict[str, _Server] = {}
    channels: dict[str, _Channel] = {}
    operations: dict[str, _Operation] = {}
    components: _Components = field(default_factory=_Components)
    auth: list[Scheme] = field(default_factory=list, name="x-auth")
    errors: list[_Code] = field(default_factory=list, name="x-errors")
    closes: list[_Code] = field(default_factory=list, name="x-close-codes")
    unsubscribes: list[_Code] = field(default_factory=list, name="x-unsubscribes")
    limits: dict[str, float] = field(default_factory=dict, name="x-limits")


def contract_of(node: dict[str, Any]) -> Contract:
    """Read a document.

    Raises:
        Unreadable: it is not of version 3, or refers to what is not there.
        msgspec.ValidationError: a part has another form, at the path that it names.
    """
    version = str(node.get("asyncapi", ""))
    if not version.startswith("3."):
        raise Unreadable(f"AsyncAPI 3 is read, not {version[:20]!r}")
    return _Reader(msgspec.convert(node, _Document)).contract()


class _Reader:
    """One document, being read."""

    def __init__(self, document: _Document) -> None:
        self._document = document
        self._channels = document.channels
        self._messages = document.components.messages

    def contract(self) -> Contract:
        """Return all of it."""
        document, info = self._document, self._document.info
        events, schemas = self._events()
        return Contract(
            title=info.title,
            version=info.version,
            description=info.description,
            auth=tuple(document.auth),
            transports=tuple(_transport(*server) for server in document.servers.items()),
            channels=tuple(
                self._channel(key, channel)
                for key, channel in self._channels.items()
                if channel.address is not None
            ),
            methods=tuple(self._methods()),
            accepts=self._travels(_ONE_WAY, "receive"),
            sends=self._travels(_ONE_WAY, "send"),
            events=events,
            schemas=schemas,
            errors=tuple(map(_code, document.errors)),
            closes=tuple(map(_code, document.closes)),
            unsubscribes=tuple(map(_code, document.unsubscribes)),
            limits=document.limits,
        )

    def _events(self) -> tuple[dict[str, Event], dict[str, Schema]]:
        schemas = {**self._document.components.schemas}
        schemas.pop(_REFUSAL, None)
        events = {}
        for name, message in self._messages.items():
            if self._is_event(name):
                events[name] = _event(name, message)
                if message.payload != {"$ref": REF + name}:
                    schemas[name] = message.payload
        return events, schemas

    def _is_event(self, name: str) -> bool:
        calls = (channel for channel in self._channels.values() if channel.method)
        of_calls = {name for channel in calls for name in channel.messages}
        return name not in {*of_calls, _OPAQUE, _NOTHING, _REFUSAL}

    def _travels(self, key: str, action: str) -> Messages:
        """Return what travels one way in a channel."""
        names: list[str] = []
        for operation in self._document.operations.values():
            if operation.action == action and operation.channel.name == key:
                names += self._names(operation, key)
        for name in names:
            if name not in self._messages:
                raise Unreadable(f"channels.{key}: there is no message {name!r}")
        return Messages(
            events=tuple(name for name in names if name != _OPAQUE), opaque=_OPAQUE in names
        )

    def _names(self, operation: _Operation, key: str) -> list[str]:
        """Return the messages of an operation: all of its channel's, unless it lists them."""
        if operation.messages is not None:
            return [message.name for message in operation.messages]
        return list(self._channels[key].messages) if key in self._channels else []

    def _channel(self, key: str, channel: _Channel) -> Channel:
        template = channel.address or ""
        return Channel(
            key=key,
            address=channel.typed or template,
            template=template,
            delivery=channel.delivery.guarantee,
            description=channel.description,
            parameters=tuple(_parameter(*given) for given in channel.parameters.items()),
            publishes=self._travels(key, "send"),
            accepts=self._travels(key, "receive"),
            history=_history(channel.delivery),
            **{option: True for option in channel.options if option in _OPTIONS},
        )

    def _methods(self) -> list[Method]:
        found = []
        for operation in self._document.operations.values():
            channel = self._channels.get(operation.channel.name)
            if channel is not None and channel.method:
                found.append(self._method(operation, channel.method))
        return found

    def _method(self, operation: _Operation, name: str) -> Method:
        request = [message.name for message in operation.messages or ()]
        response = [m.name for m in operation.reply.messages if m.name != _REFUSAL]
        return Method(
            key=operation.channel.name.removeprefix("rpc_"),
            name=name,
            description=_prose(operation),
            deprecated=operation.deprecated,
            request=self._payload(request),
            response=self._payload(response),
        )

    def _payload(self, names: list[str]) -> Payload | None:
        name = names[0] if names else _NOTHING
        if name == _NOTHING:
            return None
        if name == _OPAQUE:
            return Payload(opaque=True)
        if name not in self._messages:
            raise Unreadable(f"components.messages: there is no {name!r}")
        message = self._messages[name]
        return Payload(
            schema=message.payload, examples=tuple(given.payload for given in message.examples)
        )


_OPTIONS: Final = frozenset(
    name for name, kind in Channel.__annotations__.items() if kind in (bool, "bool")
)


def _event(name: str, message: _Message) -> Event:
    return Event(
        name=name,
        tag=message.name or name,
        description=_prose(message),
        deprecated=message.deprecated,
        examples=tuple(given.payload for given in message.examples),
    )


def _prose(said: _Message | _Operation) -> str:
    return "\n\n".join(filter(None, (said.summary, said.description)))


def _parameter(name: str, given: _Parameter) -> Parameter:
    return Parameter(
        name=name,
        type=given.type,
        pattern=given.pattern,
        example=next(iter(given.examples), ""),
        description=given.description,
    )


def _history(delivery: _Delivery) -> History | None:
    kept = delivery.history
    if kept is None:
        return None
    mode: Literal["stream", "cache"] = "cache" if delivery.guarantee == "latest-value" else "stream"
    return History(size=kept.size, ttl=kept.ttl, mode=mode, without=kept.without)


def _transport(key: str, server: _Server) -> Transport:
    """Read a server. Where its app is mounted is no matter of the app's."""
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)
    path = path_to(name) if server.pathname.endswith(path_to(name)) else server.pathname
    return Transport(
        name=name, protocol="ws" if server.protocol.startswith("ws") else "http", path=path
    )


def _code(code: _Code) -> Code:
    again = code.temporary or code.reconnects or code.resubscribes
    return Code(number=code.code, text=code.text, meaning=code.meaning, again=again)
