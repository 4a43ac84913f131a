"""A stage with an app that has a server API, and a backend for it."""

from collections.abc import AsyncIterator

import pytest

from tests.hub.stage import Stage, declare, on_stage
from tests.server.api.backend import Backend, api_stage


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with on_stage(api_stage()) as stage:
        declare(stage)
        yield stage


@pytest.fixture
def backend(stage: Stage) -> Backend:
    return Backend(stage.app)
