"""A stage for each test."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import settings
from tests.hub.stage import Stage, on_stage

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with on_stage(Stage()) as stage:
        yield stage
