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
        memory(),
    )
