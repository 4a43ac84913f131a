"""A served app, over real sockets, where no part of it alone is enough to tell."""

import asyncio

import pytest

from antiphon import Anonymous, App, Limits
from antiphon.testing import serve
from antiphon.wire.client import HandshakeFailed


async def test_one_connection_too_many_gets_503_until_another_ends() -> None:
    app = App("x", auth=Anonymous(), limits=Limits(connections=2))
    async with serve(app) as server:
        async with server.connect() as first, server.connect():
            with pytest.raises(HandshakeFailed) as caught:
                async with server.connect():
                    raise AssertionError("a third connection")
            assert caught.value.status == 503
            await first.peer.close()
            while len(app.hub) == 2:  # noqa: ASYNC110 - the hub has no event for it
                await asyncio.sleep(0.01)
            async with server.connect():
                assert len(app.hub) == 2
