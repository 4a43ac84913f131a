"""One suite for every engine: what the hub relies on, whatever keeps the state."""

from collections.abc import AsyncIterator

import pytest

from antiphon.engine import MemoryEngine
from antiphon.hub.ports import Engine
from antiphon.publication import ClientInfo, Publication

IDEMPOTENCY_SECONDS = 300.0
PRESENCE_SECONDS = 60.0


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Heard:
    """What an engine handed to its hub."""

    def __init__(self) -> None:
        self.publications: list[tuple[str, Publication, str]] = []
        self.told: list[tuple[str, str, ClientInfo]] = []

    def deliver(self, channel: str, publication: Publication, exclude: str) -> None:
        self.publications.append((channel, publication, exclude))

    def joined(self, channel: str, info: ClientInfo) -> None:
        self.told.append(("join", channel, info))

    def left(self, channel: str, info: ClientInfo) -> None:
        self.told.append(("leave", channel, info))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture(params=["memory"])
async def engine(
    request: pytest.FixtureRequest, clock: Clock, heard: Heard
) -> AsyncIterator[Engine]:
    assert request.param == "memory"
    engine = MemoryEngine(
        clock=clock, idempotency_seconds=IDEMPOTENCY_SECONDS, presence_seconds=PRESENCE_SECONDS
    )
    await engine.start(deliver=heard.deliver, deliver_join=heard.joined, deliver_leave=heard.left)
    yield engine
    await engine.stop()
