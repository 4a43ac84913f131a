"""Which ways in an app has, and that none is guarded less than the others."""

import json
from collections.abc import Collection
from typing import Any, get_args

import pytest

from antiphon import Anonymous, App, DeclarationError, Identity, Limits
from antiphon.entrance import BIDIRECTIONAL, EMULATION_PATH, Transport, path_to
from tests.hub.stage import Stage, on_stage, quiet
from tests.wire.exchange import Exchange

ALL: tuple[Transport, ...] = get_args(Transport)
SOCKETS = {"websocket", "uni_websocket"}
PAGES = {"/health", "/metrics", "/connection/init"}
API = {"/api", "/api/"}
"""For backends, which show a key; it has tests of its own."""
DOCS = {"/asyncapi.json", "/asyncapi.yaml", "/docs", "/docs/", "/docs/contract.json"}
"""For whom `App(docs=...)` says; tested with it."""


def paths_of(transports: Collection[Transport]) -> set[str]:
    app = App("x", auth=Anonymous(), transports=transports)
    return set(app._entrance.site.routes)


@pytest.mark.parametrize(
    ("transports", "more"),
    [
        ((), set()),
        (("websocket",), set()),
        (("http_stream",), {EMULATION_PATH}),
        (["sse"], {EMULATION_PATH}),
        ({"uni_sse", "uni_websocket"}, set()),
        (ALL, {EMULATION_PATH}),
    ],
)
def test_an_app_offers_what_it_names(transports: Collection[Transport], more: set[str]) -> None:
    expected = PAGES | API | DOCS | {path_to(name) for name in transports} | more
    assert paths_of(transports) == expected


def test_what_sdks_may_fall_back_to_is_offered_unasked() -> None:
    assert BIDIRECTIONAL == ("websocket", "http_stream", "sse")
    assert paths_of(BIDIRECTIONAL) == set(App("x", auth=Anonymous())._entrance.site.routes)


@pytest.mark.parametrize("transports", ["sse", ["SSE"], ["sse", "webtransport"], [""], [None]])
def test_unknown_ones_are_named(transports: Any) -> None:
    with pytest.raises(DeclarationError, match=r"transports=.*: a list of websocket, http_stream"):
        App("x", auth=Anonymous(), transports=transports)


def test_sockets_are_those_that_are_offered() -> None:
    assert set(App("x", auth=Anonymous()).sockets()) == {"/connection/websocket"}
    assert set(App("x", auth=Anonymous(), transports=ALL).sockets()) == set(map(path_to, SOCKETS))
    assert App("x", auth=Anonymous(), transports=["sse"]).sockets() == {}


def test_subprotocols_are_spoken_where_clients_speak() -> None:
    app = App("x", auth=Anonymous(), transports=ALL)
    assert app.endpoint().subprotocols == ("centrifuge-json", "centrifuge-protobuf")
    assert app.endpoint("uni_websocket").subprotocols == ()


@pytest.mark.parametrize("transport", sorted(SOCKETS))
async def test_a_browser_on_a_socket_is_told_what_to_do(transport: str) -> None:
    app = App("x", auth=Anonymous(), transports=ALL)
    answer = await Exchange(app, path=path_to(transport)).done()
    assert (answer.status, answer.body) == (426, b"connect with WebSocket")
    assert answer.headers["upgrade"] == "websocket"
    assert answer.headers["connection"] == "upgrade"
    posted = await Exchange(app, "POST", path_to(transport)).done()
    assert (posted.status, posted.headers["allow"]) == (405, "GET, HEAD")
    over_http_2 = await Exchange(app, path=path_to(transport), http_version="2").done()
    assert over_http_2.status == 426
    assert "upgrade" not in over_http_2.headers


# The same guard at every door. The lists come from the app, so that a new way in is tested, too.


def guarded() -> list[str]:
    """The paths at which requests of pages are examined."""
    paths = set(App("x", auth=Anonymous(), transports=ALL)._entrance.site.routes)
    return sorted(paths - PAGES - API - DOCS - set(map(path_to, SOCKETS)))


STREAMS = [EMULATION_PATH, *(path_to(name) for name in ALL if name not in SOCKETS)]


def test_every_path_is_known_to_these_tests() -> None:
    assert guarded() == sorted(STREAMS)


@pytest.mark.parametrize("path", guarded())
@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ([("origin", "https://good.example")], True),
        ([("origin", "http://example.com")], False),
        ([("origin", "https://evil.example")], False),
        ([("origin", "null")], False),
        ([("origin", "https://good.example")] * 2, False),
        ([("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")], False),
        ([("sec-fetch-site", "same-origin")], True),
    ],
)
async def test_origins(path: str, headers: list[tuple[str, str]], allowed: bool) -> None:
    app = App("x", auth=Anonymous(), transports=ALL, origins=["https://good.example"])
    async with app.lifespan():
        answer = await Exchange(app, "OPTIONS", path, headers=headers).done()
        assert answer.status == (204 if allowed else 403)
        posted = Exchange(app, "POST", path, headers=headers)
        await posted.until(lambda: posted.sent)
        assert (posted.status == 403) is not allowed
        assert len(app.hub) == 0 or allowed


async def refused_at(stage: Stage, transport: Transport, said: Any) -> bool:
    """Say whether nobody gets in this way."""
    endpoint = stage.app.endpoint(transport)
    assert endpoint.limits is stage.app.limits
    asked = Exchange(stage.app, "POST", path_to(transport), body=json.dumps(said).encode())
    await asked.until(lambda: asked.sent)
    await quiet()
    return not stage.app.hub.users


@pytest.mark.parametrize("transport", [name for name in ALL if name not in SOCKETS])
@pytest.mark.parametrize("token", ["", "forged"])
async def test_nobody_gets_in_without_a_credential(transport: Transport, token: str) -> None:
    stage = Stage(transports=ALL)
    async with on_stage(stage):
        connect = {"token": token}
        said = connect if transport.startswith("uni") else {"id": 1, "connect": connect}
        assert await refused_at(stage, transport, said)
        await quiet()
        stage.assert_empty()
        stage.passes.identities["good"] = Identity("ann")
        connect["token"] = "good"
        assert not await refused_at(stage, transport, said)


@pytest.mark.parametrize("transport", ALL)
async def test_a_full_or_closing_house_lets_nobody_in(transport: Transport) -> None:
    stage = Stage(transports=ALL, limits=Limits(connections=1))
    async with on_stage(stage):
        await stage.connect()
        request = stage.peer().connection.request
        refusal = stage.app.endpoint(transport).admit(request)
        assert refusal is not None
        assert (refusal.status, refusal.headers) == (503, {"retry-after": "5"})
        stage.app.hub.draining = True
        refusal = stage.app.endpoint(transport).admit(request)
        assert refusal is not None
        assert (refusal.status, refusal.headers) == (503, {"retry-after": "1"})
        stage.app.hub.draining = False
