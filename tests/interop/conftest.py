"""A world for each test of the Python SDK."""

from collections.abc import AsyncIterator

import pytest

from antiphon.testing import serve
from tests.interop.app import Stage
from tests.interop.language import JSON, Language
from tests.interop.proxy import Proxy
from tests.interop.world import World, port_of


@pytest.fixture
def compression() -> int:
    """The zlib level the app serves with; tests override it."""
    return 0


@pytest.fixture
def language() -> Language:
    """What people speak; tests override it."""
    return JSON


@pytest.fixture
async def world(compression: int, language: Language) -> AsyncIterator[World]:
    stage = Stage(compression=compression)
    async with serve(stage.app) as served, Proxy(port_of(served)).listening() as cable:
        world = World(stage, port_of(served), cable, language)
        yield world
        await world.end()
