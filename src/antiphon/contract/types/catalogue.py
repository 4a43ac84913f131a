"""From a contract to the `Catalogue` that client types are written from.

A field with a default need not be sent, but is always received. So a type that travels both ways may
need two definitions: the one for sending has ``Input`` behind its name.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from antiphon.contract import model
from antiphon.contract.model import REF, Contract, Messages, Schema
from antiphon.contract.naming import pascal
from antiphon.contract.types.names import Names, lines_of, paragraphs
from antiphon.contract.types.reading import Reader, notes_of
from antiphon.contract.types.shapes import (
    ANYTHING,
    Alias,
    Call,
    Case,
    Catalogue,
    ChannelTypes,
    Definition,
    Enumeration,
    Member,
    Parameter,
    Record,
    Shape,
    Traffic,
    Union,
)
from antiphon.event import TAG_FIELD


def catalogue(
    contract: Contract,
    *,
    header: str,
    reserved: Iterable[str] = (),
    claimed: Callable[[str], Iterable[str]] = lambda type_name: (),
) -> Catalogue:
    """Make the catalogue of an app for one language.

    Args:
        reserved: names that no definition may have.
        claimed: returns the names that the language gives to types of its own for a channel.
    """
    return _Maker(contract, reserved, claimed).make(header)


class _Maker:
    def __init__(
        self,
        contract: Contract,
        reserved: Iterable[str],
        claimed: Callable[[str], Iterable[str]],
    ) -> None:
        self._contract = contract
        self._names = Names(reserved)
        self._claimed = claimed
        self._received = _reached(contract, _received(contract))
        self._sent = _reached(contract, _sent(contract))
        different = _different(contract.schemas)
        self._doubled = self._received & self._sent & different
        self._received_names = self._claim(self._received | self._sent, "")
        self._sent_names = self._received_names | self._claim(self._doubled, "Input")
        self._unions: list[Union] = []
        self._receive = self._reader(self._received_names)
        self._send = self._reader(self._sent_names)

    def _claim(self, components: set[str], ending: str) -> dict[str, str]:
        """Give names to components, in the order of their declaration."""
        return {
            name: self._names.claim(name + ending)
            for name in self._contract.schemas
            if name in components
        }

    def _reader(self, names: dict[str, str]) -> Reader:
        return Reader(self._contract.schemas, names.__getitem__, self._names.claim, self._unions)

    def make(self, header: str) -> Catalogue:
        contract = self._contract
        models = list(self._models())
        calls = tuple(map(self._call, contract.methods))
        channels = tuple(map(self._channel, contract.channels))
        claim = self._names.claim
        receives = _traffic(contract, contract.sends, claim("ServerMessage"), self._received_names)
        sends = _traffic(contract, contract.accepts, claim("ClientMessage"), self._sent_names)
        traffic = [t for c in channels for t in (c.receives, c.sends)]
        unions = (t.union for t in (*traffic, receives, sends) if t.union)
        return Catalogue(
            header=header,
            definitions=(*models, *self._unions, *unions),
            channels=channels,
            calls=calls,
            receives=receives,
            sends=sends,
        )

    def _models(self) -> Iterator[Definition]:
        for name in self._received_names:
            if name in self._received:
                yield self._definition(name, self._receive, sent=False)
            if name in self._doubled or name not in self._received:
                yield self._definition(name, self._send, sent=True)

    def _definition(self, component: str, reader: Reader, *, sent: bool) -> Definition:
        schema = self._contract.schemas[component]
        said: dict[str, Any] = {
            "name": (self._sent_names if sent else self._received_names)[component],
            "docs": lines_of(schema.get("description", "")),
            "deprecated": schema.get("x-deprecated", ""),
        }
        if "enum" in schema:
            cases = zip(schema["x-enum-varnames"], schema["enum"], strict=True)
            return Enumeration(**said, cases=tuple(cases))
        if "properties" not in schema:
            return Alias(**said, shape=reader.shape(schema, said["name"]))
        member = partial(_member, reader, said["name"], sent)
        members = tuple(map(member, self._contract.fields(component)))
        return Record(**said, members=members, sent=sent or self._is_sent_too(component))

    def _is_sent_too(self, component: str) -> bool:
        """Whether what is received is sent as well, by the same name."""
        return component in self._sent and component not in self._doubled

    def _channel(self, channel: model.Channel) -> ChannelTypes:
        wanted = pascal(channel.key)
        type_name = self._names.claim_all(
            wanted, lambda name: (f"{name}Event", f"{name}Input", *self._claimed(name))
        )
        traffic = partial(_traffic, self._contract)
        return ChannelTypes(
            key=channel.key,
            type_name=type_name,
            template=channel.template,
            literals=tuple(re.split(r"\{[^}]*\}", channel.template)),
            parameters=tuple(map(_parameter, channel.parameters)),
            receives=traffic(channel.publishes, f"{type_name}Event", self._received_names),
            sends=traffic(channel.accepts, f"{type_name}Input", self._sent_names),
            docs=paragraphs(lines_of(channel.description), f"Channel `{channel.template}`."),
        )

    def _call(self, method: model.Method) -> Call:
        name = pascal(method.key)
        return Call(
            key=method.key,
            method=method.name,
            request=self._payload(method.request, self._send, f"{name}Request"),
            response=self._payload(method.response, self._receive, f"{name}Response"),
            docs=lines_of(method.description),
            deprecated=method.deprecated,
        )

    def _payload(self, payload: model.Payload | None, reader: Reader, title: str) -> Shape | None:
        if payload is None:
            return None
        return ANYTHING if payload.opaque else reader.shape(payload.schema, title)


def _traffic(contract: Contract, messages: Messages, name: str, names: dict[str, str]) -> Traffic:
    if not messages.events:
        return Traffic(opaque=messages.opaque)
    cases = tuple(Case(contract.events[event].tag, names[event]) for event in messages.events)
    return Traffic(Union(name=name, tag_field=TAG_FIELD, cases=cases))


def _member(reader: Reader, owner: str, sent: bool, field: model.Field) -> Member:
    return Member(
        name=field.name,
        shape=reader.shape(field.schema, owner + pascal(field.name)),
        optional=not (field.required if sent else field.always_sent),
        docs=(*lines_of(field.description), *notes_of(field.schema)),
        deprecated=field.deprecated,
    )


def _parameter(parameter: model.Parameter) -> Parameter:
    expression = parameter.pattern.removeprefix("^(?:").removesuffix(")$")
    return Parameter(name=parameter.name, kind=parameter.type, expression=expression)


def _received(contract: Contract) -> Iterator[Schema | str]:
    for channel in contract.channels:
        yield from channel.publishes.events
    yield from contract.sends.events
    yield from (method.response.schema for method in contract.methods if method.response)


def _sent(contract: Contract) -> Iterator[Schema | str]:
    for channel in contract.channels:
        yield from channel.accepts.events
    yield from contract.accepts.events
    yield from (method.request.schema for method in contract.methods if method.request)


def _reached(contract: Contract, roots: Iterable[Schema | str]) -> set[str]:
    """Return the components that some consist of, these included."""
    reached: set[str] = set()
    waiting: list[str] = []
    for root in roots:
        waiting += [root] if isinstance(root, str) else _references(root)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += _references(contract.schemas[name])
    return reached


def _different(schemas: dict[str, Schema]) -> set[str]:
    """Return the components that are received otherwise than they may be sent."""
    users: dict[str, list[str]] = {}
    for name, schema in schemas.items():
        for used in _references(schema):
            users.setdefault(used, []).append(name)
    waiting = [name for name, schema in schemas.items() if schema.get("x-always-sent")]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += users.get(name, ())
    return found


def _references(node: Any) -> list[str]:
    """Return the components that a schema refers to; values in it are no schemas."""
    if isinstance(node, list):
        return [name for part in node for name in _references(part)]
    if not isinstance(node, dict):
        return []
    found = [node["$ref"].removeprefix(REF)] if isinstance(node.get("$ref"), str) else []
    for keyword in ("properties", "items", "additionalProperties", "propertyNames"):
        inner = node.get(keyword)
        found += _references(list(inner.values()) if keyword == "properties" and inner else inner)
    return found + _references([*node.get("anyOf", ()), *node.get("allOf", ())])
