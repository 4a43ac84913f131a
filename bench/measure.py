"""Measuring: the same work for every server of a scenario, in alternating slices.

Work comes in pieces of some 10 to 100 milliseconds, and the next piece always goes to the server that
has spent the least CPU time in this round, so that a change of the machine's mood hits all of them
alike. A round ends when each has spent `seconds`; ratios are taken within a round. Figures and ratios
are medians over the rounds.
"""

import json
import statistics
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from bench.control import Answer, Child
from bench.machine import load_core, server_core
from bench.scenarios import Bound, Contender, Scenario, Work

WINDOW_BYTES = 64 * 1024
"""Published to a client before it must have caught up: less than its socket buffers hold."""
WINDOW_DELIVERIES = 16_000
"""Made before all clients must have caught up; some 0.1 s of work."""
TRIPS = 5_000
"""Round trips between two looks at the server's clock."""
WARM_CLIENTS = 100
"""Connected before memory is first read, so that the first use of every module is not counted."""
MICROSECONDS = 1e6
KIB = 1024


@dataclass(frozen=True)
class Result:
    """The samples of a scenario: per contender one figure a round, in the scenario's unit."""

    scenario: Scenario
    samples: dict[str, list[float]]

    def figure(self, label: str) -> float:
        """The median of a contender's figures."""
        return statistics.median(self.samples[label])

    def ratios(self, bound: Bound) -> list[float]:
        """What the bound limits, for each round, in ascending order."""
        ours = self.samples[self.scenario.contenders[0].label]
        if bound.against is None:
            return sorted(ours)
        theirs = self.samples[bound.against]
        return sorted(a / b for a, b in zip(ours, theirs, strict=True))

    def met(self, bound: Bound) -> bool:
        """Whether the median keeps to the bound."""
        return statistics.median(self.ratios(bound)) <= bound.most


class Server:
    """A contender's process, its crowd of clients, and what both did in the current round."""

    def __init__(self, child: Child, load: Child, contender: Contender) -> None:
        self.child = child
        self.load = load
        self.contender = contender
        self._started = 0.0
        self._clock = 0.0
        self._deliveries = 0
        self._bytes = self._bytes_before = 0

    def connect(self, count: int) -> None:
        """Add clients, and return when every one is subscribed."""
        self.load.ask(
            "connect",
            crowd=self.contender.label,
            url=self.child.hello["url"],
            dialect=self.child.hello["dialect"],
            count=count,
            deflate=self.contender.deflate,
            secret=self.contender.options.get("secret", ""),
        )

    def rss(self) -> int:
        """Resident bytes of the server."""
        return int(self.child.ask("memory")["rss"])

    def begin(self) -> None:
        """Start a round."""
        self._started = self._clock = float(self.child.ask("usage")["cpu"])
        self._deliveries = 0
        self._bytes_before = self._bytes

    @property
    def spent(self) -> float:
        """CPU seconds in this round, as of the last piece of work."""
        return self._clock - self._started

    def finish(self) -> None:
        """End the round."""
        self._clock = float(self.child.ask("usage")["cpu"])

    @property
    def cost(self) -> float:
        """CPU microseconds per delivery in this round."""
        return self.spent / self._deliveries * MICROSECONDS

    @property
    def traffic(self) -> float:
        """Bytes of WebSocket payload per delivery in this round."""
        return (self._bytes - self._bytes_before) / self._deliveries

    def fan_out(self, scenario: Scenario) -> None:
        """Publish as much as the clients' socket buffers hold, and wait until it has arrived."""
        rounds = _window(scenario)
        deliveries = rounds * scenario.burst * scenario.clients
        answer = self.child.ask("publish", rounds=rounds, burst=scenario.burst)
        arrived = self.load.ask("wait", crowd=self.contender.label, deliveries=deliveries)
        self._bytes = int(arrived["bytes"])
        self._note(answer, deliveries)

    def round_trips(self, scenario: Scenario) -> None:
        """Have the clients ask and be answered."""
        self.load.ask("ask", crowd=self.contender.label, size=scenario.size, trips=TRIPS)
        self._note(self.child.ask("usage"), TRIPS)

    def _note(self, answer: Answer, deliveries: int) -> None:
        self._clock = float(answer["cpu"])
        self._deliveries += deliveries


def _window(scenario: Scenario) -> int:
    """Turns of the loop that publish before the clients must have caught up."""
    by_bytes = WINDOW_BYTES // (scenario.burst * scenario.size)
    by_deliveries = WINDOW_DELIVERIES // (scenario.burst * scenario.clients)
    return max(1, min(by_bytes, by_deliveries))


STEPS: dict[Work, Callable[[Server, Scenario], None]] = {
    Work.FAN_OUT: Server.fan_out,
    Work.TRAFFIC: Server.fan_out,
    Work.ROUND_TRIP: Server.round_trips,
}


def run(scenario: Scenario, *, rounds: int, seconds: float) -> Result:
    """Measure one scenario in so many rounds of so many CPU seconds per server."""
    if scenario.work is Work.IDLE:
        return Result(scenario, {c.label: [_idle(scenario, c)] for c in scenario.contenders})
    samples: dict[str, list[float]] = {c.label: [] for c in scenario.contenders}
    with ExitStack() as stack:
        servers = _start(scenario, stack)
        _round(servers, scenario, seconds / 4)
        for _ in range(rounds):
            for label, figure in _round(servers, scenario, seconds).items():
                samples[label].append(figure)
    return Result(scenario, samples)


def _start(scenario: Scenario, stack: ExitStack) -> list[Server]:
    load = stack.enter_context(Child("bench.load", core=load_core()))
    servers = [Server(_serve(c, stack), load, c) for c in scenario.contenders]
    for server in servers:
        server.child.ask("load", size=scenario.size, similar=scenario.similar)
        server.connect(scenario.clients)
    return servers


def _serve(contender: Contender, stack: ExitStack) -> Child:
    arguments = (contender.module, json.dumps(contender.options))
    return stack.enter_context(Child("bench.peers", *arguments, core=server_core()))


def _round(servers: list[Server], scenario: Scenario, seconds: float) -> dict[str, float]:
    """The figure of every contender: next is always the one that has spent least."""
    step = STEPS[scenario.work]
    for server in servers:
        server.begin()
    while (server := min(servers, key=lambda server: server.spent)).spent < seconds:
        step(server, scenario)
    for server in servers:
        server.finish()
    measured = scenario.work is Work.TRAFFIC
    return {s.contender.label: s.traffic if measured else s.cost for s in servers}


def _idle(scenario: Scenario, contender: Contender) -> float:
    """KiB of resident memory per connection."""
    with ExitStack() as stack:
        load = stack.enter_context(Child("bench.load", core=load_core()))
        server = Server(_serve(contender, stack), load, contender)
        server.connect(WARM_CLIENTS)
        before = server.rss()
        server.connect(scenario.clients)
        return (server.rss() - before) / scenario.clients / KIB
