"""A contract as an AsyncAPI 3.0.0 document.

Its channels are those of the app: names within one connection, and no paths. What AsyncAPI has no
word for stands in extensions:

=====================  ===========================================================================
``x-envelope``         how commands, replies and pushes of the Centrifuge client protocol carry a
                       payload; of an operation, which of these does
``x-errors``           codes of error replies; ``temporary`` where trying again may help
``x-close-codes``      codes that end a connection; ``reconnects`` where clients come back
``x-unsubscribes``     codes that end a subscription
``x-limits``           what a client may use, in the unit of the name
``x-auth``             how a client says who it is, in words
``x-auth-message``     the command that carries the token of a security scheme
``x-delivery``         what a channel guarantees and keeps
``x-options``          what else clients may do in a channel
``x-users-after``      the character of an address behind which the users stand that may subscribe
``x-method``           the name of the RPC method that a channel without an address stands for
``x-address``          an address with the types of its parameters
``x-type``             the type of a parameter; ``x-pattern`` what its text looks like
``x-deprecated``       what to use instead
=====================  ===========================================================================

`document` is a pure function of a contract, and cannot fail.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from antiphon.contract.envelope import ENVELOPE, NOTHING, OPAQUE, REFUSAL, REFUSAL_SCHEMA, Node
from antiphon.contract.model import (
    Channel,
    Code,
    Contract,
    Event,
    Messages,
    Method,
    Parameter,
    Payload,
)
from antiphon.contract.servers import LOCAL, Location, given, ref, security_schemes, servers

VERSION: Final = "3.0.0"


def document(contract: Contract, *, location: Location | None = None) -> Node:
    """Return the document, as builtins that JSON and YAML can carry.

    Args:
        location: where the app is served; on this machine unless given.
    """
    info = {"title": contract.title, "version": contract.version}
    parts = {
        "asyncapi": VERSION,
        "info": {**info, **given(description=contract.description)},
        "defaultContentType": "application/json",
        "servers": servers(contract, location or Location.of(LOCAL)),
        "channels": dict(_channels(contract)),
        "operations": dict(_operations(contract)),
        "components": _components(contract),
        "x-envelope": ENVELOPE,
        "x-errors": [_code(code, "temporary") for code in contract.errors],
        "x-close-codes": [_code(code, "reconnects") for code in contract.closes],
        "x-unsubscribes": [_code(code, "resubscribes") for code in contract.unsubscribes],
        "x-limits": contract.limits,
        "x-auth": [{"name": s.name, "description": s.description} for s in contract.auth],
    }
    return {key: part for key, part in parts.items() if part}


# Channels.


def _channels(contract: Contract) -> Iterator[tuple[str, Node]]:
    for channel in contract.channels:
        yield channel.key, _channel(channel)
    if any(channel.accepts for channel in contract.channels):
        yield "publish_replies", {"address": None, "messages": _by_name(["nothing", "refusal"])}
    for method in contract.methods:
        names = dict.fromkeys((*_call(method), "refusal"))
        told = {"title": method.name, "x-method": method.name}
        yield f"rpc_{method.key}", {"address": None, **told, "messages": _by_name(names)}
    if one_way := {*_names(contract.accepts), *_names(contract.sends)}:
        yield "one_way", {"address": None, "messages": _by_name(sorted(one_way))}


def _channel(channel: Channel) -> Node:
    names = dict.fromkeys((*_names(channel.publishes), *_names(channel.accepts)))
    typed = channel.address if channel.address != channel.template else ""
    return {
        "address": channel.template,
        "title": channel.template,
        **given(description=channel.description),
        "messages": _by_name(names),
        **given(parameters={p.name: _parameter(p) for p in channel.parameters}),
        "x-delivery": _delivery(channel),
        **given(
            **{
                "x-options": [option for option in _OPTIONS if getattr(channel, option)],
                "x-users-after": "#" if "#" in channel.address else "",
                "x-address": typed,
            }
        ),
    }


_OPTIONS: Final = (
    "open",
    "decides",
    "personal",
    "presence",
    "join_leave",
    "publish_unsubscribed",
    "read_unsubscribed",
    "delta",
    "tags_filter",
)


def _parameter(parameter: Parameter) -> Node:
    return {
        **given(description=parameter.description),
        "examples": [parameter.example],
        "x-type": parameter.type,
        "x-pattern": parameter.pattern,
    }


def _delivery(channel: Channel) -> Node:
    kept = channel.history
    if kept is None:
        return {"guarantee": channel.delivery}
    told = {"size": kept.size, "ttl": kept.ttl, **given(without=list(kept.without))}
    return {"guarantee": channel.delivery, "history": told}


# Operations.


def _operations(contract: Contract) -> Iterator[tuple[str, Node]]:
    replies = {
        "channel": _ref_channel("publish_replies"),
        "messages": _within("publish_replies", ["nothing", "refusal"]),
    }
    for channel in contract.channels:
        name = channel.key[0].upper() + channel.key[1:]
        if channel.publishes:
            yield f"send{name}", _operation("send", channel.key, channel.publishes, "publication")
        if channel.accepts:
            received = _operation("receive", channel.key, channel.accepts, "publish")
            yield f"receive{name}", {**received, "reply": replies}
    for method in contract.methods:
        yield f"call{method.key[0].upper()}{method.key[1:]}", _rpc(method)
    if contract.sends:
        yield "send_one_way", _operation("send", "one_way", contract.sends, "message")
    if contract.accepts:
        yield "receive_one_way", _operation("receive", "one_way", contract.accepts, "send")


def _operation(action: str, key: str, messages: Messages, envelope: str) -> Node:
    return {
        "action": action,
        "channel": _ref_channel(key),
        "messages": _within(key, _names(messages)),
        "x-envelope": envelope,
    }


def _rpc(method: Method) -> Node:
    key = f"rpc_{method.key}"
    request, response = _call(method)
    return {
        "action": "receive",
        "title": method.name,
        **_prose(method.description),
        "channel": _ref_channel(key),
        "messages": _within(key, [request]),
        "reply": {
            "channel": _ref_channel(key),
            "messages": _within(key, dict.fromkeys((response, "refusal"))),
        },
        "x-envelope": "rpc",
        **given(**{"x-deprecated": method.deprecated}),
    }


# Components.


def _components(contract: Contract) -> Node:
    messages = dict(_messages(contract))
    schemas = contract.schemas
    if "refusal" in messages:
        schemas = {**schemas, "refusal": REFUSAL_SCHEMA}
    return given(
        messages=messages, schemas=schemas, securitySchemes=dict(security_schemes(contract))
    )


def _messages(contract: Contract) -> Iterator[tuple[str, Node]]:
    for name, event in contract.events.items():
        yield name, _message(event)
    for method in contract.methods:
        for name, payload in zip(_call(method), (method.request, method.response), strict=True):
            if payload is not None and not payload.opaque:
                yield name, _part_of_call(method, name, payload)
    replied = [channel for channel in contract.channels if channel.accepts]
    if replied or contract.methods:
        yield "refusal", REFUSAL
    if replied or any(None in (m.request, m.response) for m in contract.methods):
        yield "nothing", NOTHING
    if any(_opaque_ones(contract)):
        yield "opaque", OPAQUE


def _opaque_ones(contract: Contract) -> Iterator[bool]:
    yield from (contract.accepts.opaque, contract.sends.opaque)
    for channel in contract.channels:
        yield from (channel.publishes.opaque, channel.accepts.opaque)
    for method in contract.methods:
        yield from (part.opaque for part in (method.request, method.response) if part)


def _message(event: Event) -> Node:
    return {
        "name": event.tag,
        "title": event.name,
        **_prose(event.description),
        "payload": {"$ref": f"#/components/schemas/{event.name}"},
        **given(examples=[{"payload": example} for example in event.examples]),
        **given(**{"x-deprecated": event.deprecated}),
    }


def _part_of_call(method: Method, name: str, payload: Payload) -> Node:
    return {
        "name": name,
        "title": f"{method.name}, {name.rpartition('_')[2]}",
        "payload": payload.schema,
        **given(examples=[{"payload": example} for example in payload.examples]),
    }


def _call(method: Method) -> tuple[str, str]:
    """Return the names of the messages of a method's request and response."""
    parts = (("request", method.request), ("response", method.response))
    request, response = (
        "nothing" if part is None else "opaque" if part.opaque else f"{method.key}_{kind}"
        for kind, part in parts
    )
    return request, response


# Pieces.


def _prose(text: str) -> Node:
    summary, _, rest = text.partition("\n")
    return given(summary=summary, description=rest.strip())


def _code(code: Code, again: str) -> Node:
    return {"code": code.number, **given(text=code.text, meaning=code.meaning), again: code.again}


def _names(messages: Messages) -> tuple[str, ...]:
    return ("opaque",) if messages.opaque else messages.events


def _by_name(names: Iterable[str]) -> Node:
    return {name: ref("messages", name) for name in names}


def _within(key: str, names: Iterable[str]) -> list[Node]:
    return [{"$ref": f"#/channels/{key}/messages/{name}"} for name in names]


def _ref_channel(key: str) -> Node:
    return {"$ref": f"#/channels/{key}"}
