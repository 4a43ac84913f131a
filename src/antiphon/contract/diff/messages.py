"""What travels one way, compared: events by their tags, and what calls carry.

An event is on the wire what its tag says. One with another tag and the same name is the same event,
renamed where it hurts; one with the same tag and another name is the same to everybody but those who
compile.
"""

from collections.abc import Iterator
from typing import NamedTuple

from antiphon.contract.conforming import wrong_in
from antiphon.contract.diff.rules import Change, Direction, change_of
from antiphon.contract.diff.schemas import differences
from antiphon.contract.model import REF, Contract, Event, Messages, Payload, Schema
from antiphon.event import TAG_FIELD


class Way(NamedTuple):
    """One way between client and server, in two contracts."""

    old: Contract
    new: Contract
    direction: Direction
    where: str
    """As in `Change.where`."""
    verb: str
    """What the server does: ``publishes``."""

    def change(self, subject: str, rule: str, text: str) -> Change:
        """Judge a difference of something that travels this way."""
        whole = f"{self.verb} {subject}".rstrip()
        return change_of(self.direction, self.where, whole, rule, text)

    def payload(self, subject: str, old: Schema, new: Schema) -> Iterator[Change]:
        """Compare two schemas."""
        found = differences(self.direction, old, new, self.old.schemas, self.new.schemas)
        for path, rule, text in found:
            yield self.change(subject + (path if subject else path.removeprefix(".")), rule, text)


def of_messages(way: Way, old: Messages, new: Messages) -> Iterator[Change]:
    """Compare the events that may travel one way."""
    if old.opaque or new.opaque:
        yield from _of_opaque(way, old, new)
        return
    before = [way.old.events[name] for name in old.events]
    after = [way.new.events[name] for name in new.events]
    pairs = dict(_pairs(before, after))
    for event in before:
        if event.name in pairs:
            yield from _of_event(way, event, pairs[event.name])
        else:
            yield way.change(event.tag, "event-removed", "is gone")
    kept = {event.name for event in pairs.values()}
    for event in after:
        if event.name not in kept:
            yield way.change(event.tag, "event-added", "is new")


def _pairs(before: list[Event], after: list[Event]) -> Iterator[tuple[str, Event]]:
    """Yield the old name of each event that both have, and the new event."""
    by_tag = {event.tag: event for event in after}
    tags = {event.tag for event in before}
    by_name = {event.name: event for event in after if event.tag not in tags}
    for event in before:
        same = by_tag.get(event.tag) or by_name.get(event.name)
        if same is not None:
            yield event.name, same


def _of_opaque(way: Way, old: Messages, new: Messages) -> Iterator[Change]:
    if old and not new:
        yield way.change("", "event-removed", "no opaque payloads any more")
    elif new and not old:
        yield way.change("", "event-added", "opaque payloads now")
    elif old.opaque != new.opaque:
        yield _made(way, opaque=new.opaque)


def _made(way: Way, *, opaque: bool) -> Change:
    rule, kinds = ("made-opaque", "events → bytes") if opaque else ("made-typed", "bytes → events")
    return way.change("", rule, kinds)


def _of_event(way: Way, old: Event, new: Event) -> Iterator[Change]:
    if old.tag != new.tag:
        yield way.change(old.tag, "tag-changed", f"{TAG_FIELD} {old.tag!r} → {new.tag!r}")
    if old.name != new.name:
        yield way.change(old.tag, "event-renamed", f"class {old.name} → {new.name}")
    if bool(old.deprecated) != bool(new.deprecated):
        rule = "deprecated" if new.deprecated else "not-deprecated-anymore"
        yield way.change(old.tag, rule, new.deprecated or rule.replace("-", " "))
    if old.description != new.description:
        yield way.change(old.tag, "description-changed", "another description")
    tag = f"{way.verb} {old.tag}.{TAG_FIELD}"
    for found in way.payload(old.tag, {"$ref": REF + old.name}, {"$ref": REF + new.name}):
        if found.subject != tag:  # said above
            yield found


def of_payload(way: Way, old: Payload | None, new: Payload | None) -> Iterator[Change]:
    """Compare one part of a call."""
    if old is None and new is None:
        return
    if old is None or new is None:
        yield _come_or_gone(way, new)
    elif old.opaque != new.opaque:
        yield _made(way, opaque=new.opaque)
    else:
        yield from way.payload("", old.schema, new.schema)


def _come_or_gone(way: Way, new: Payload | None) -> Change:
    if new is None:
        return way.change("", "payload-removed", "no payload any more")
    if new.opaque or not any(wrong_in(None, new.schema, way.new.schemas)):
        return way.change("", "optional-payload-added", "may have a payload now")
    return way.change("", "payload-added", "has a payload now")
