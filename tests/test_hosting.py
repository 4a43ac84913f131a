"""Finding Apps in ASGI apps, and their lives under outer apps of every kind."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Host, Mount

from antiphon import Anonymous, App, StartupError
from antiphon.hosting import Hosting, find_apps
from antiphon.server.http import Receive, Scope, Send
from antiphon.testing import serve


@pytest.fixture
def app() -> App:
    return App("Inner", auth=Anonymous())


def test_an_app_is_found_in_itself(app: App) -> None:
    assert find_apps(app) == {"": app}


def test_apps_are_found_where_they_are_mounted(app: App) -> None:
    other = App("Other", auth=Anonymous())
    api = FastAPI(middleware=[Middleware(GZipMiddleware)])
    api.mount("/realtime", app)
    api.mount("/v2", Starlette(routes=[Mount("/live", other)]))
    assert find_apps(api) == {"/realtime": app, "/v2/live": other}
    assert find_apps(GZipMiddleware(api)) == {"/realtime": app, "/v2/live": other}


def test_an_app_at_the_root_and_behind_middleware(app: App) -> None:
    mount = Mount("/", app, middleware=[Middleware(GZipMiddleware)])
    assert find_apps(Starlette(routes=[mount])) == {"": app}


def test_what_has_no_fixed_path_is_left_to_asgi(app: App) -> None:
    routes = [Mount("/{tenant}/live", app)]
    assert find_apps(Starlette(routes=routes)) == {}


def test_what_is_routed_by_host_is_left_to_asgi(app: App) -> None:
    assert find_apps(Starlette(routes=[Host("live.example", app)])) == {}


def test_of_two_apps_in_one_place_the_first_counts(app: App) -> None:
    other = App("Other", auth=Anonymous())
    assert find_apps(Starlette(routes=[Mount("/a", app), Mount("/a", other)])) == {"/a": app}


def test_nothing_is_found_in_nothing(app: App) -> None:
    api = FastAPI()
    api.include_router(APIRouter())
    assert find_apps(api) == {}
    assert find_apps(print) == {}


async def ask(hosting: Hosting) -> AsyncIterator[dict[str, Any]]:
    """Play the server: start, then stop, and yield what the app answers."""
    answers: list[dict[str, Any]] = []
    questions = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> Any:
        return next(questions)

    async def send(message: Any) -> None:
        answers.append(message)

    await hosting({"type": "lifespan"}, receive, send)
    for answer in answers:
        yield answer


async def test_apps_live_within_the_life_of_the_outer_app(app: App) -> None:
    log: list[str] = []

    @contextlib.asynccontextmanager
    async def lifespan(api: Starlette) -> AsyncIterator[None]:
        log.append(f"outer begins, inner serves: {not app.hub.draining}")
        assert not hasattr(app.hub.core, "loop")
        yield
        log.append(f"outer ends, inner serves: {not app.hub.draining}")

    hosting = Hosting(Starlette(routes=[Mount("/live", app)], lifespan=lifespan))
    answers = [answer["type"] async for answer in ask(hosting)]
    assert answers == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert log == ["outer begins, inner serves: True", "outer ends, inner serves: False"]


async def no_lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http"


async def ignores_lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    return


@pytest.mark.parametrize("outer", [no_lifespan, ignores_lifespan])
async def test_apps_live_where_the_outer_app_knows_no_lifespan(app: App, outer: Any) -> None:
    hosting = Hosting(outer)
    hosting.apps = {"": app}
    answers = [answer["type"] async for answer in ask(hosting)]
    assert answers == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert app.hub.draining


@pytest.mark.parametrize("outer", [no_lifespan, ignores_lifespan, None])
async def test_an_app_that_cannot_start_fails_the_start(outer: Any) -> None:
    nobody = App("Nobody")
    hosting = Hosting(outer or Starlette(routes=[Mount("/live", nobody)]))
    hosting.apps = {"": nobody}
    answers = [answer async for answer in ask(hosting)]
    assert answers == [{"type": "lifespan.startup.failed", "message": ""}]


async def test_those_that_started_are_stopped_when_another_cannot(app: App) -> None:
    outer = Starlette(routes=[Mount("/a", app), Mount("/b", App("Nobody"))])
    with pytest.raises(StartupError, match="'Nobody' does not say who may connect"):
        async with serve(outer):
            pass
    assert app.hub.draining


async def test_what_the_outer_app_raises_is_raised(app: App) -> None:
    @contextlib.asynccontextmanager
    async def lifespan(api: Starlette) -> AsyncIterator[None]:
        raise LookupError("no database")
        yield

    with pytest.raises(LookupError, match="no database"):
        async with serve(Starlette(routes=[Mount("/live", app)], lifespan=lifespan)):
            pass
