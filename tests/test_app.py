"""The app: starting, stopping, and what it says when it cannot."""

import asyncio
from typing import Any

import pytest

from antiphon import JWT, Anonymous, App, DeclarationError, Event, Identity, StartupError
from antiphon.auth import Attempt
from antiphon.codes import NORMAL_CLOSURE
from antiphon.testing import connect
from antiphon.wire.port import Request
from tests.server.asgi import Lifespan


class Said(Event):
    """Somebody said something."""


NO_AUTH = (
    "app 'Newsroom' does not say who may connect: give it auth=JWT.from_env(), declare "
    "@app.on_connect, or write auth=Anonymous() to let everybody in"
)


async def test_nobody_is_let_in_by_default() -> None:
    app = App("Newsroom")
    with pytest.raises(StartupError) as caught:
        await app.start()
    assert str(caught.value) == NO_AUTH


@pytest.mark.parametrize("auth", [Anonymous(), JWT(secret="s" * 32)])
async def test_an_authenticator_is_enough(auth: Any) -> None:
    async with App("x", auth=auth).lifespan():
        pass


async def test_a_hook_is_enough() -> None:
    app = App("x")
    app.on_connect(lambda attempt: Identity("ann"))
    async with app.lifespan():
        pass


def test_each_hook_is_declared_once() -> None:
    app = App("x")

    def decide(attempt: Attempt) -> None: ...

    for declare in (app.on_connect, app.on_disconnect):
        declare(decide)
        with pytest.raises(DeclarationError, match=r"on_.*connect is declared twice"):
            declare(decide)


@pytest.mark.parametrize("level", [-1, 10])
def test_compression_is_a_level(level: int) -> None:
    with pytest.raises(DeclarationError, match="zlib level from 0 to 9"):
        App("x", compression=level)


def test_decorators_without_their_names_are_refused() -> None:
    app = App("x")

    def function(client: Any) -> None: ...

    with pytest.raises(DeclarationError, match="a name is a text"):
        app.rpc(function)  # type: ignore[arg-type]
    with pytest.raises(DeclarationError, match="names the events"):
        app.on_message(function)  # type: ignore[arg-type]


async def test_an_event_that_leads_nowhere_is_found_at_the_start() -> None:
    app = App("x", auth=Anonymous())
    app.channel("news", accepts=Said)
    said = r"channel 'news' accepts 'said', and neither .* \(tests/test_app\.py:\d+\)$"
    with pytest.raises(DeclarationError, match=said):
        await app.start()


# Starting and stopping.


def counting() -> tuple[App, list[str]]:
    app, seen = App("x", auth=Anonymous()), []

    @app.background
    async def work() -> None:
        seen.append("start")
        try:
            await asyncio.Event().wait()
        finally:
            seen.append("draining" if app.hub.draining else "stop")

    return app, seen


async def turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_starts_are_counted() -> None:
    app, seen = counting()
    await app.start()
    await app.start()
    await turn()
    await app.stop()
    assert seen == ["start"]
    await app.stop()
    assert seen == ["start", "stop"]


async def test_too_many_stops_do_no_harm() -> None:
    app, seen = counting()
    await app.stop()
    await app.start()
    await turn()
    await app.stop()
    await app.stop()
    await app.start()
    await turn()
    await app.stop()
    assert seen == ["start", "stop"] * 2


async def test_background_tasks_end_before_the_hub_they_publish_through() -> None:
    app, seen = counting()
    async with app.lifespan():
        await turn()
    assert seen == ["start", "stop"]


async def test_a_failed_start_is_no_start() -> None:
    app = App("Newsroom")
    for _ in range(2):
        with pytest.raises(StartupError):
            await app.start()
    app.on_connect(lambda attempt: Identity("ann"))
    await app.start()
    await app.stop()


async def test_concurrent_starts_start_once() -> None:
    app, seen = counting()
    await asyncio.gather(*[app.start() for _ in range(5)])
    await turn()
    await asyncio.gather(*[app.stop() for _ in range(5)])
    assert seen == ["start", "stop"]


async def test_the_lifespan_of_a_server_starts_and_stops() -> None:
    app, seen = counting()
    lifespan = Lifespan(app)
    assert await lifespan.say("startup") == {"type": "lifespan.startup.complete"}
    await turn()
    assert await lifespan.say("shutdown") == {"type": "lifespan.shutdown.complete"}
    await lifespan.end()
    assert seen == ["start", "stop"]


async def test_a_failed_start_is_told_to_the_server_in_one_line() -> None:
    lifespan = Lifespan(App("Newsroom"))
    answer = await lifespan.say("startup")
    assert answer == {"type": "lifespan.startup.failed", "message": NO_AUTH}
    await lifespan.end()


# WebSockets over ASGI.


async def test_a_websocket_elsewhere_is_refused() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "path": "/other", "root_path": "", "headers": []}
    await App("x", auth=Anonymous())(scope, receive, send)
    assert sent == [{"type": "websocket.close", "code": NORMAL_CLOSURE}]


def request(origin: str | None) -> Request:
    headers = [("host", "example.com")] + ([("origin", origin)] if origin else [])
    return Request(path="/", query="", headers=tuple(headers), scheme="https", address="")


@pytest.mark.parametrize(
    ("origin", "status"),
    [(None, None), ("https://example.com", None), ("https://evil.example", 403), ("null", 403)],
)
async def test_other_origins_are_refused(origin: str | None, status: int | None) -> None:
    refusal = App("x", auth=Anonymous()).endpoint().admit(request(origin))
    assert (refusal and refusal.status) == status


async def test_a_user_is_disconnected_everywhere() -> None:
    app = App("x", auth=Anonymous())
    async with app.lifespan():
        async with connect(app, user="ann"), connect(app, user="ann"):
            assert len(app.clients_of("ann")) == 2
            app.disconnect("ann")
            assert app.clients_of("ann") == []
    for code, reason in ((1000, "x"), (4000, "x" * 200), (4000, "{}")):
        with pytest.raises(ValueError, match="reason|code"):
            app.disconnect("nobody", code, reason)


@pytest.mark.parametrize(
    "origins", ["https://example.com", ["https://example.com/"], ["example.com"], ["*"], ["null"]]
)
def test_an_origin_that_could_never_match_is_an_error(origins: list[str]) -> None:
    with pytest.raises(DeclarationError, match="origin"):
        App("x", auth=Anonymous(), origins=origins)


async def test_a_browser_on_the_websocket_path_is_told_what_it_wants() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is read")

    scope = {"type": "http", "method": "GET", "path": "/connection/websocket", "headers": []}
    await App("x", auth=Anonymous())(scope, receive, send)
    assert (sent[0]["status"], sent[1]["body"]) == (426, b"connect with WebSocket")


@pytest.mark.parametrize("origins", ["*", ["*"], ["https://*.example.com"]])
def test_origins_know_no_wildcard(origins: Any) -> None:
    with pytest.raises(DeclarationError, match="origin"):
        App("x", auth=Anonymous(), origins=origins)
