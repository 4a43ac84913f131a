"""A stage for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.hub.stage import Stage, on_stage


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with on_stage(Stage()) as stage:
        yield stage
