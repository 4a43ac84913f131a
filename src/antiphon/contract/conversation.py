"""A recorded conversation, and what in it is not of the contract.

A recording is a file of JSON lines, each a `Line`. It holds payloads and names, and nothing that lets
anybody in: commands that carry tokens are recorded without what they carry.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, Literal

from msgspec import Struct

from antiphon.contract.conforming import wrong_in
from antiphon.contract.model import REF, Channel, Contract, Messages, Payload, Schema
from antiphon.event import TAG_FIELD

_SHOWN: Final = 64


class Line(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that was said."""

    at: float
    """Seconds since the connection was opened."""
    direction: Literal["sent", "received"]
    """From the client."""
    kind: str
    """Of what is sent the command: ``publish``, ``rpc``, ``send``, ``subscribe``. Of what is received
    ``publication``, ``message``, ``reply`` to an ``rpc``, ``error``, ``join``, ``leave`` and so on."""
    channel: str = ""
    method: str = ""
    payload: Any = None


class Finding(Struct, frozen=True):
    """What is to be said of a line."""

    violation: bool
    """False for what is only deprecated."""
    text: str


class Conversation:
    """What a contract says of lines.

    Args:
        contract: read by `antiphon.contract.reading`, or made from an app.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._methods = {method.name: method for method in contract.methods}
        self._addresses = [(_expression(channel), channel) for channel in contract.channels]
        self._schemas = {
            direction: {
                name: _narrowed(schema, direction) for name, schema in contract.schemas.items()
            }
            for direction in ("sent", "received")
        }

    def findings(self, line: Line) -> Iterator[Finding]:
        """Yield what is wrong with a line, or deprecated in it."""
        if line.kind in ("publish", "publication"):
            yield from self._of_publication(line)
        elif line.kind in ("send", "message"):
            contract = self._contract
            yield from self._of_event(line, contract.accepts, contract.sends, "messages")
        elif line.kind in ("rpc", "reply"):
            yield from self._of_call(line)
        elif line.kind in ("subscribe", "join", "leave"):
            yield from self._of_subscription(line)

    def _of_publication(self, line: Line) -> Iterator[Finding]:
        channel = self._channel(line.channel)
        if channel is None:
            yield _undeclared_channel(line)
        else:
            yield from self._of_event(line, channel.accepts, channel.publishes, line.channel)

    def _of_subscription(self, line: Line) -> Iterator[Finding]:
        channel = self._channel(line.channel)
        if channel is None:
            yield _undeclared_channel(line)
        elif line.kind != "subscribe" and not channel.join_leave:
            yield Finding(True, f"{line.channel}: nobody is told who comes and goes")

    def _of_event(
        self, line: Line, accepts: Messages, publishes: Messages, where: str
    ) -> Iterator[Finding]:
        ours, others = (accepts, publishes) if line.direction == "sent" else (publishes, accepts)
        if ours.opaque:
            return
        tag = line.payload.get(TAG_FIELD) if isinstance(line.payload, dict) else None
        name = self._named(tag, ours)
        if name:
            yield from self._of_payload(line, {"$ref": REF + name}, f"{where}: {tag}")
            yield from _deprecation(f"{where}: {tag}", self._contract.events[name].deprecated)
        elif tag is None:
            yield Finding(True, f"{where}: no event in `{TAG_FIELD}`")
        elif self._named(tag, others):
            verb = "published to clients" if line.direction == "sent" else "accepted from clients"
            yield Finding(True, f"{where}: wrong direction: {tag!r} is only {verb}")
        else:
            yield Finding(True, f"{where}: undeclared event {str(tag)[:_SHOWN]!r}")

    def _named(self, tag: Any, messages: Messages) -> str:
        events = self._contract.events
        return next((name for name in messages.events if events[name].tag == tag), "")

    def _of_call(self, line: Line) -> Iterator[Finding]:
        method = self._methods.get(line.method)
        where = f"rpc {line.method}"
        if method is None:
            yield Finding(True, f"{where}: undeclared method")
            return
        part = method.request if line.direction == "sent" else method.response
        yield from self._of_part(line, part, where)
        if line.direction == "sent":
            yield from _deprecation(where, method.deprecated)

    def _of_part(self, line: Line, part: Payload | None, where: str) -> Iterator[Finding]:
        if part is None:
            if line.payload is not None:
                yield Finding(True, f"{where}: a payload, and there is none")
        elif not part.opaque:
            yield from self._of_payload(line, _narrowed(part.schema, line.direction), where)

    def _of_payload(self, line: Line, schema: Schema, at: str) -> Iterator[Finding]:
        for wrong in wrong_in(line.payload, schema, self._schemas[line.direction], at):
            yield Finding(True, wrong)

    def _channel(self, name: str) -> Channel | None:
        """Return the channel of a name; a literal address wins over a pattern."""
        found = [channel for shape, channel in self._addresses if shape.fullmatch(name)]
        return min(found, key=lambda channel: bool(channel.parameters), default=None)


def _undeclared_channel(line: Line) -> Finding:
    return Finding(True, f"{line.channel}: undeclared channel")


def _deprecation(where: str, advice: str) -> Iterator[Finding]:
    if advice:
        yield Finding(False, f"{where} is deprecated: {advice}")


def _expression(channel: Channel) -> "re.Pattern[str]":
    patterns = {parameter.name: parameter.pattern for parameter in channel.parameters}
    parts = re.split(r"\{([^{}]*)\}", channel.template)
    for place, part in enumerate(parts):
        inner = patterns.get(part, "").removeprefix("^").removesuffix("$") or "[^:/#,]+"
        parts[place] = f"(?:{inner})" if place % 2 else re.escape(part)
    return re.compile("".join(parts))


def _narrowed(schema: Any, direction: str) -> Any:
    """Return a schema that lets in nothing undeclared, and asks for all that is always sent."""
    if isinstance(schema, list):
        return [_narrowed(part, direction) for part in schema]
    if not isinstance(schema, dict):
        return schema
    its = {key: _narrowed(schema[key], direction) for key in _PARTS & schema.keys()}
    if "properties" in schema:
        fields = schema["properties"].items()
        its["properties"] = {name: _narrowed(field, direction) for name, field in fields}
        its["additionalProperties"] = False
        always = schema.get("x-always-sent", []) if direction == "received" else []
        its["required"] = [*schema.get("required", []), *always]
    return {**schema, **its}


_PARTS: Final = frozenset(
    {"items", "additionalItems", "additionalProperties", "propertyNames", "anyOf", "allOf"}
)
