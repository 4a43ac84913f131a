"""`/health`: who should get traffic, and why not."""

import json
from typing import Any

from antiphon import Anonymous, App, Event
from antiphon.testing import connect
from tests.server.asgi import ask


class Said(Event):
    """Somebody said something."""


async def health(app: App) -> tuple[int, dict[str, Any]]:
    answer = await ask(app, "/health")
    assert answer.headers[b"content-type"] == b"application/json"
    assert answer.headers[b"cache-control"] == b"no-store"
    return answer.status, json.loads(answer.body)


async def test_a_serving_app_counts_what_it_serves() -> None:
    app = App("x", version="1.2.3", auth=Anonymous())
    app.channel("news", publishes=Said, open=True)
    counted = {"status": "ok", "version": "1.2.3", "connections": 0, "users": 0, "channels": 0}
    async with app.lifespan():
        assert await health(app) == (200, counted)
        async with connect(app, user="ann") as ann:
            await ann.subscribe("news")
            counted |= {"connections": 1, "users": 1, "channels": 1}
            assert await health(app) == (200, counted)


async def test_an_app_that_shuts_down_gets_no_traffic() -> None:
    app = App("x", auth=Anonymous())
    async with app.lifespan():
        await app.drain()
        status, body = await health(app)
        assert (status, body["status"]) == (503, "shutting down")


async def test_a_dead_background_task_is_told() -> None:
    app = App("x", auth=Anonymous())

    @app.background
    async def feed() -> None:
        raise KeyError("bug")

    async with app.lifespan():
        async with connect(app):
            status, body = await health(app)
    assert (status, body["status"], body["dead_tasks"]) == (503, "degraded", ["feed"])
