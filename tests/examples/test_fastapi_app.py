"""HTTP handlers that publish, in a mounted app, under several servers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

import httpx
import pytest
import uvicorn

from antiphon.dialer import dial
from antiphon.testing import connect, serve

Example = Callable[[str], ModuleType]


@pytest.fixture
def shop(example: Example) -> ModuleType:
    return example("fastapi_app")


async def test_in_process(shop: ModuleType) -> None:
    transport = httpx.ASGITransport(shop.api)
    async with (
        connect(shop.realtime) as guest,
        httpx.AsyncClient(transport=transport, base_url="http://shop") as http,
    ):
        await guest.subscribe("orders")
        number = (await http.post("/orders", json={"item": "tea"})).json()
        assert await guest.next("orders") == shop.OrderPlaced(number=number, item="tea")
        assert (await http.post(f"/orders/{number}/served")).status_code == 204
        assert await guest.next("orders") == shop.OrderServed(number=number)
        assert (await http.post(f"/orders/{number}/served")).status_code == 404


async def test_served_without_asgi_in_between(shop: ModuleType) -> None:
    async with serve(shop.api) as server, server.connect() as guest:
        assert server.websocket_url().endswith("/realtime/connection/websocket")
        await order(server.url, guest_subscribes=guest.subscribe("orders"))
        assert (await guest.next("orders")).item == "tea"


async def test_under_plain_uvicorn(shop: ModuleType) -> None:
    async with plain_uvicorn(shop) as url:
        websocket = url.replace("http", "ws", 1) + "/realtime/connection/websocket"
        async with dial(websocket) as peer:
            await order(url, guest_subscribes=peer.subscribe("orders"))
            publication = (await peer.next("orders", "pub")).pub
            assert publication is not None
            assert b'"tea"' in bytes(publication.data)


async def order(url: str, *, guest_subscribes: Awaitable[Any]) -> None:
    await guest_subscribes
    async with httpx.AsyncClient() as http:
        assert (await http.post(f"{url}/orders", json={"item": "tea"})).status_code == 201
        assert (await http.get(f"{url}/realtime/health")).json()["status"] == "ok"


@asynccontextmanager
async def plain_uvicorn(shop: ModuleType) -> AsyncIterator[str]:
    config = uvicorn.Config(
        shop.api, host="127.0.0.1", port=0, log_config=None, ws="websockets-sansio"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
