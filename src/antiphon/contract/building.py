"""From an app to its `Contract`: one pass over what it declares.

It raises nothing of its own: what is wrong with a declaration was found when it was made.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Literal, Protocol
from uuid import UUID

import msgspec

from antiphon import channel as declared
from antiphon.behaviour import Behaviour
from antiphon.calls import RPCMethod
from antiphon.contract import codes
from antiphon.contract.examples import Examples, Unmade
from antiphon.contract.model import (
    Channel,
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
from antiphon.contract.naming import camel, numbered, pascal
from antiphon.contract.prose import docstring
from antiphon.contract.schema import Schemas
from antiphon.entrance import path_to
from antiphon.event import PayloadType, deprecation_of, event_types, tag_of
from antiphon.limits import Limits

LIMITS_OF_A_CLIENT = (
    "message_bytes_before_connect",
    "message_bytes",
    "fragments",
    "commands_per_message",
    "connect_seconds",
    "ping_seconds",
    "pong_seconds",
    "outbox_bytes",
    "commands_per_second",
    "command_burst",
    "commands_refused",
    "calls_in_flight",
    "channels_per_client",
    "channel_name_length",
    "history_page",
    "expiry_grace_seconds",
    "idempotency_seconds",
)
"""Those that a client can run into by what it does; what all clients share is nobody's business."""


class Declares(Protocol):
    """What is read of an app. `antiphon.App` has it all."""

    title: str
    version: str
    description: str
    limits: Limits
    behaviour: Behaviour

    @property
    def transports(self) -> tuple[str, ...]: ...


_SCHEMES = {
    "jwt": "A JSON Web Token, in `token` of the first command, `connect`. The claim `sub` names the "
    "user; a client brings a new token before `exp`.",
    "anonymous": "None: everybody is let in, as nobody.",
    "on_connect": "The app decides from the headers, cookies and query of the request, and from the "
    "token and data of the first command, `connect`.",
}

_KINDS: dict[type, tuple[Literal["str", "int", "uuid"], str]] = {
    int: ("int", "42"),
    UUID: ("uuid", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"),
}
"""Types of parameters other than texts, and an example of each."""


def contract_of(app: Declares) -> Contract:
    """Return what an app declares. Two calls return equal contracts."""
    behaviour = app.behaviour
    channels = behaviour.router.channels
    methods = list(behaviour.calls.methods.values())
    schemas = Schemas([*_events_of(behaviour), *_types_of(methods)])
    examples = Examples(schemas.components)
    events = {e.name: e for e in (_event(cls, schemas, examples) for cls in _events_of(behaviour))}
    keys = numbered(camel(channel.address.pattern) for channel in channels)
    calls = numbered(camel(method.name) for method in methods)
    return Contract(
        title=app.title,
        version=app.version,
        description=app.description,
        auth=tuple(_schemes(behaviour)),
        transports=tuple(map(_transport, app.transports)),
        channels=tuple(map(partial(_channel, schemas), keys, channels)),
        methods=tuple(map(partial(_method, schemas, examples), calls, methods)),
        accepts=_messages(schemas, behaviour.messages.handlers),
        sends=_messages(schemas, behaviour.messages.sends),
        events=events,
        schemas=schemas.components,
        errors=codes.errors(schemas.docs),
        closes=codes.closes(schemas.docs),
        unsubscribes=codes.unsubscribes(schemas.docs),
        limits={name: getattr(app.limits, name) for name in LIMITS_OF_A_CLIENT},
    )


def _events_of(behaviour: Behaviour) -> list[type]:
    """Return every declared event once."""
    declarations: list[Iterable[PayloadType]] = []
    for channel in behaviour.router.channels:
        declarations += (channel.publishes, channel.accepts)
    declarations += (behaviour.messages.handlers, behaviour.messages.sends)
    return list(dict.fromkeys(e for events in declarations for e in events if e is not bytes))


def _types_of(methods: list[RPCMethod]) -> Iterator[Any]:
    """Yield what RPC methods are annotated with, where there is something to say of it."""
    for method in methods:
        yield from filter(_is_described, (method.request, method.response))


def _is_described(annotation: Any) -> bool:
    return annotation not in (None, type(None), bytes, bytes | None)


def _event(cls: Any, schemas: Schemas, examples: Examples) -> Event:
    name = schemas.name(cls)
    made = _example(schemas.components[name], cls, examples)
    return Event(
        name=name,
        tag=tag_of(cls),
        description=docstring(cls),
        deprecated=deprecation_of(cls),
        examples=made,
    )


def _example(schema: Schema, declared_type: Any, examples: Examples) -> tuple[Any, ...]:
    """Make an example that the app's own decoder takes, or none."""
    try:
        made = examples.make(schema)
        msgspec.json.decode(msgspec.json.encode(made), type=declared_type)
    except (Unmade, msgspec.DecodeError):
        return ()
    return (made,)


def _messages(schemas: Schemas, events: Iterable[PayloadType]) -> Messages:
    types = tuple(events)
    names = tuple(schemas.name(event) for event in types if event is not bytes)
    return Messages(events=names, opaque=bytes in types)


def _channel(schemas: Schemas, key: str, channel: declared.Channel) -> Channel:
    address, options = channel.address, channel.options
    return Channel(
        key=key,
        address=address.pattern,
        template=address.template,
        delivery=_delivery(channel.keeps),
        description=channel.description,
        parameters=tuple(_parameter(name, channel) for name in address.parameters),
        publishes=_messages(schemas, channel.publishes),
        accepts=_messages(schemas, channel.accepts),
        history=_history(schemas, channel.keeps),
        open=channel.open,
        decides=channel.subscribe_handler is not None,
        personal=channel.personal,
        presence=options.presence,
        join_leave=options.join_leave,
        publish_unsubscribed=options.publish_unsubscribed,
        read_unsubscribed=options.read_unsubscribed,
        delta=options.delta,
        tags_filter=options.tags_filter,
    )


def _parameter(name: str, channel: declared.Channel) -> Parameter:
    kind, example = _KINDS.get(channel.address.parameters[name], ("str", name))
    return Parameter(
        name=name,
        type=kind,
        pattern=f"^(?:{channel.address.expressions[name]})$",
        example=example,
        description=channel.parameters.get(name, ""),
    )


def _history(schemas: Schemas, kept: declared.History | None) -> History | None:
    if kept is None:
        return None
    without = _messages(schemas, event_types(kept.without, where="history"))
    return History(size=kept.size, ttl=kept.ttl, mode=kept.mode, without=without.events)


def _delivery(kept: declared.History | None) -> Delivery:
    if kept is None:
        return "at-most-once"
    return "latest-value" if kept.mode == "cache" else "recoverable"


def _method(schemas: Schemas, examples: Examples, key: str, method: RPCMethod) -> Method:
    return Method(
        key=key,
        name=method.name,
        description=docstring(method.function),
        deprecated=deprecation_of(method.function),
        request=_payload(schemas, examples, method.request, f"{pascal(key)}Request"),
        response=Payload()
        if method.response is None
        else _payload(schemas, examples, method.response, f"{pascal(key)}Response"),
    )


def _payload(
    schemas: Schemas, examples: Examples, declared_type: Any, title: str
) -> Payload | None:
    if declared_type in (bytes, bytes | None):
        return Payload(opaque=True)
    if declared_type in (None, type(None)):
        return None
    schema = schemas.of(declared_type, title)
    return Payload(schema=schema, examples=_example(schema, declared_type, examples))


def _schemes(behaviour: Behaviour) -> Iterator[Scheme]:
    if behaviour.auth is not None:
        name = behaviour.auth.describe()
        yield Scheme(name=name, description=_SCHEMES.get(name, ""))
    if behaviour.connect_handler is not None:
        yield Scheme(name="on_connect", description=_SCHEMES["on_connect"])


def _transport(name: str) -> Transport:
    protocol: Literal["ws", "http"] = "ws" if name.endswith("websocket") else "http"
    return Transport(name=name, protocol=protocol, path=path_to(name))
