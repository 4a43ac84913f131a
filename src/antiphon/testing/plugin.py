"""Fixtures for pytest, found through the entry point `pytest11`.

::

    async def test_greeting(antiphon_client) -> None:
        alice = await antiphon_client(app, user="alice")
        bob = await antiphon_client(app, user="bob")

    async def test_login(antiphon_server) -> None:
        server = await antiphon_server(app)

What a factory opened is closed after the test, the last first. The fixtures are asynchronous: they
run with pytest-asyncio where that is installed, else with anyio's plugin.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, TypeVar, cast

import pytest

from antiphon.testing.client import AppClient
from antiphon.testing.connecting import Served, connect, serve

F = TypeVar("F", bound=Callable[..., Any])

ClientFactory = Callable[..., Awaitable[AppClient]]
ServerFactory = Callable[..., Awaitable[Served]]


def _fixture(function: F) -> F:
    try:
        import pytest_asyncio
    except ImportError:
        return cast(F, pytest.fixture(function))
    return cast(F, pytest_asyncio.fixture(function))


@_fixture
async def antiphon_client() -> AsyncIterator[ClientFactory]:
    """Connects clients in process; the arguments are those of `antiphon.testing.connect`."""
    async with AsyncExitStack() as stack:

        async def open_client(*args: Any, **options: Any) -> AppClient:
            return await stack.enter_async_context(connect(*args, **options))

        yield open_client


@_fixture
async def antiphon_server() -> AsyncIterator[ServerFactory]:
    """Serves apps on free ports; the argument is that of `antiphon.testing.serve`."""
    async with AsyncExitStack() as stack:

        async def open_server(target: Any) -> Served:
            return await stack.enter_async_context(serve(target))

        yield open_server
