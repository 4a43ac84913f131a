"""Who may read the documentation: by default this machine, and whoever may connect."""

import logging
from collections.abc import MutableMapping
from typing import Any

import pytest

from antiphon import (
    JWT,
    Anonymous,
    App,
    Attempt,
    DeclarationError,
    Disconnect,
    Forbidden,
    Identity,
    TokenExpired,
    Unauthorized,
)

PATH = "/asyncapi.json"
JWT_OF_TESTS = JWT(secret="s" * 32)
TOKEN = JWT_OF_TESTS.issue("ann")


async def read(
    app: App,
    *,
    client: str | None = "203.0.113.5",
    host: str = "example.com",
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[bytes, bytes]]:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        raise AssertionError("nothing is read")

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    given = {"host": host, **(headers or {})}
    scope = {
        "type": "http",
        "path": PATH,
        "method": "GET",
        "client": (client, 1) if client is not None else None,
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    await app(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"])


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def app_with(**options: Any) -> App:
    return App("x", auth=JWT_OF_TESTS, **options)


@pytest.mark.parametrize(
    ("client", "host"),
    [
        ("127.0.0.1", "localhost:8000"),
        ("127.0.0.1", "127.0.0.1:8000"),
        ("127.0.0.1", "LOCALHOST"),
        ("127.8.9.1", "localhost"),
        ("::1", "[::1]:8000"),
        ("::1", "[::1]"),
    ],
)
async def test_this_machine_reads(client: str, host: str) -> None:
    assert (await read(app_with(), client=client, host=host))[0] == 200


@pytest.mark.parametrize(
    ("client", "host", "headers"),
    [
        ("203.0.113.5", "localhost:8000", {}),
        ("127.0.0.1", "example.com", {}),
        ("127.0.0.1", "localhost.example.com", {}),
        ("127.0.0.1", "", {}),
        ("127.0.0.1", "localhost", {"x-forwarded-for": "203.0.113.5"}),
        ("127.0.0.1", "localhost", {"forwarded": "for=203.0.113.5"}),
        ("127.0.0.1", "localhost", {"x-real-ip": "203.0.113.5"}),
        ("127.0.0.1", "localhost", {"via": "1.1 proxy"}),
        ("", "localhost", {}),
        ("testclient", "localhost", {}),
        (None, "localhost", {}),
    ],
)
async def test_elsewhere_a_token_is_needed(
    client: str | None, host: str, headers: dict[str, str]
) -> None:
    app = app_with()
    status, answered = await read(app, client=client, host=host, headers=headers)
    assert (status, answered[b"www-authenticate"]) == (401, b"Bearer")
    assert answered[b"cache-control"] == b"no-store"
    shown = {**headers, **bearer(TOKEN)}
    assert (await read(app, client=client, host=host, headers=shown))[0] == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": "Basic YTpi"}, 401),
        (bearer(""), 401),
        (bearer("x.y.z"), 401),
        (bearer(JWT_OF_TESTS.issue("ann", ttl=-5)), 401),
        (bearer(JWT_OF_TESTS.issue("")), 403),
        (bearer(TOKEN), 200),
        ({"authorization": f"bearer  {TOKEN}"}, 200),
    ],
)
@pytest.mark.parametrize("client", ["127.0.0.1", "203.0.113.5"])
async def test_clients_read_by_their_token(
    headers: dict[str, str], status: int, client: str
) -> None:
    app = app_with(docs="clients")
    assert (await read(app, client=client, host="localhost", headers=headers))[0] == status


async def test_where_everybody_may_connect_everybody_reads() -> None:
    assert (await read(App("x", auth=Anonymous(), docs="clients")))[0] == 200


async def test_an_open_documentation_asks_nobody() -> None:
    app = app_with(docs="open")
    app.on_connect(lambda attempt: 1 / 0)
    assert (await read(app))[0] == 200


async def test_there_is_none_where_it_is_off() -> None:
    app = app_with(docs="off")
    assert (await read(app, client="127.0.0.1", host="localhost"))[0] == 404


async def test_a_hook_decides_by_what_it_decides_by() -> None:
    app = App("x", docs="clients")

    @app.on_connect
    def who(attempt: Attempt) -> Identity | None:
        user = attempt.cookies.get("session")
        return Identity(user) if user else None

    assert (await read(app))[0] == 401
    assert (await read(app, headers={"cookie": "session=ann"}))[0] == 200


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (Unauthorized(), 401),
        (TokenExpired(), 401),
        (Forbidden(), 403),
        (Disconnect(4500, "banned"), 403),
    ],
)
async def test_a_hook_that_refuses_is_heard(raised: Exception, status: int) -> None:
    app = App("x", docs="clients")

    @app.on_connect
    def who(attempt: Attempt) -> Identity:
        raise raised

    assert (await read(app))[0] == status


async def test_a_hook_that_fails_lets_nobody_read(caplog: pytest.LogCaptureFixture) -> None:
    app = App("x", docs="clients")

    @app.on_connect
    def who(attempt: Attempt) -> Identity:
        raise KeyError("bug")

    with caplog.at_level(logging.ERROR, "antiphon"):
        assert (await read(app))[0] == 500
    assert "KeyError: 'bug'" in caplog.text


@pytest.mark.parametrize("docs", ["closed", "", None, True])
def test_there_is_no_other_setting(docs: Any) -> None:
    with pytest.raises(DeclarationError, match="docs=.*: one of local, clients, open, off"):
        app_with(docs=docs)
