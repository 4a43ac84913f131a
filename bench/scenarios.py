"""What is measured, as data: the servers, the work they get, and the bounds that must hold.

A `Scenario` gives every contender the same work. Its first contender is ours; a `Bound` compares it
with one of the others.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Work(StrEnum):
    """What a scenario does; `measure` has a function for each."""

    FAN_OUT = "fan-out"
    TRAFFIC = "traffic"
    ROUND_TRIP = "round trip"
    IDLE = "idle"


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A server: a module of `bench.peers` and its options."""

    label: str
    module: str
    options: Mapping[str, Any] = field(default_factory=dict)
    deflate: bool = False
    """Whether its clients offer permessage-deflate."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """Ours may be at most `most` times the contender's figure, or `most` itself without one."""

    most: float
    against: str | None = None


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One table row per bound. `size` is the bytes of the event as JSON."""

    name: str
    title: str
    work: Work
    unit: str
    contenders: tuple[Contender, ...]
    bounds: tuple[Bound, ...]
    clients: int
    size: int
    burst: int = 1
    """Publications in one turn of the loop."""
    similar: bool = False
    """Whether each event is the one before with a few changes."""


OURS = Contender(label="antiphon", module="antiphon_app")
PICOWS = Contender(label="picows", module="picows_raw")
WEBSOCKETS = Contender(label="websockets", module="websockets_broadcast")
UVICORN = Contender(label="uvicorn", module="uvicorn_websockets")


def fan_out(clients: int, size: int) -> Scenario:
    """Publications one at a time, each in a turn of the loop of its own."""
    return Scenario(
        name=f"fanout-{clients}-{size}",
        title=f"fan-out to {clients:,}, {size:,} B",
        work=Work.FAN_OUT,
        unit="µs",
        contenders=(OURS, PICOWS, WEBSOCKETS),
        bounds=(Bound(most=1.25, against="picows"),),
        clients=clients,
        size=size,
    )


def burst(clients: int, size: int) -> Scenario:
    """Publications 16 at a time, all in one turn of the loop."""
    return Scenario(
        name=f"burst-{clients}-{size}",
        title=f"bursts of 16 to {clients:,}, {size:,} B",
        work=Work.FAN_OUT,
        unit="µs",
        contenders=(OURS, PICOWS, WEBSOCKETS),
        bounds=(Bound(most=0.15, against="picows"),),
        clients=clients,
        size=size,
        burst=16,
    )


def rpc() -> Scenario:
    """Round trips over 100 connections, one at a time on each; the handler does not wait."""
    return Scenario(
        name="rpc",
        title="RPC round trip, 100 connections",
        work=Work.ROUND_TRIP,
        unit="µs",
        contenders=(OURS, PICOWS, UVICORN, WEBSOCKETS),
        bounds=(Bound(most=2.0, against="picows"), Bound(most=1.0, against="uvicorn")),
        clients=100,
        size=128,
    )


def compressed() -> Scenario:
    """One event at a time, to clients that have all negotiated permessage-deflate."""
    deflating = {"compression": 1}
    return Scenario(
        name="compressed",
        title="compressed fan-out to 500, 1,024 B",
        work=Work.FAN_OUT,
        unit="µs",
        contenders=(
            Contender(label="antiphon", module="antiphon_app", options=deflating, deflate=True),
            Contender(label="antiphon, plain", module="antiphon_app"),
            PICOWS,
            Contender(
                label="websockets", module="websockets_broadcast", options=deflating, deflate=True
            ),
        ),
        bounds=(Bound(most=1.5, against="antiphon, plain"),),
        clients=500,
        size=1024,
    )


def protobuf() -> Scenario:
    """One event at a time, to clients that speak Protobuf and to clients that speak JSON."""
    return Scenario(
        name="protobuf",
        title="Protobuf fan-out to 500, 128 B",
        work=Work.FAN_OUT,
        unit="µs",
        contenders=(
            Contender(label="antiphon", module="antiphon_app", options={"dialect": "protobuf"}),
            Contender(label="antiphon, JSON", module="antiphon_app"),
        ),
        bounds=(Bound(most=1.05, against="antiphon, JSON"),),
        clients=500,
        size=128,
    )


def similar_documents(name: str, title: str, work: Work, unit: str, *bounds: Bound) -> Scenario:
    """One document at a time, each the one before with a few changes: as patches, whole, deflated."""
    return Scenario(
        name=name,
        title=title,
        work=work,
        unit=unit,
        contenders=(
            Contender(label="antiphon", module="antiphon_app", options={"dialect": "delta"}),
            Contender(label="antiphon, whole", module="antiphon_app"),
            Contender(
                label="antiphon, deflate",
                module="antiphon_app",
                options={"compression": 1},
                deflate=True,
            ),
        ),
        bounds=bounds,
        clients=500,
        size=4096,
        similar=True,
    )


def memory() -> Scenario:
    """Idle connections: signed in with a token and subscribed to a channel."""
    signed = {"secret": secrets.token_hex(32)}
    return Scenario(
        name="memory",
        title="memory of an idle connection, 5,000 of them",
        work=Work.IDLE,
        unit="KiB",
        contenders=(
            Contender(label="antiphon", module="antiphon_app", options=signed),
            PICOWS,
            WEBSOCKETS,
        ),
        bounds=(Bound(most=20.0),),
        clients=5_000,
        size=128,
    )


def all_scenarios() -> tuple[Scenario, ...]:
    """Every scenario, in the order of the report."""
    sizes = [(clients, size) for clients in (500, 2_000) for size in (128, 1_024)]
    return (
        *(fan_out(clients, size) for clients, size in sizes),
        *(burst(clients, size) for clients, size in sizes),
        rpc(),
        compressed(),
        protobuf(),
        similar_documents(
            "delta",
            "delta fan-out to 500, 4,096 B",
            Work.FAN_OUT,
            "µs",
            Bound(most=1.0, against="antiphon, whole"),
            Bound(most=1.0, against="antiphon, deflate"),
        ),
        similar_documents(
            "delta-bytes",
            "bytes of a delta, of 4,096 B",
            Work.TRAFFIC,
            "B",
            Bound(most=0.15, against="antiphon, whole"),
            Bound(most=0.5, against="antiphon, deflate"),
        ),
        memory(),
    )
