"""`antiphon listen` and `antiphon send`, against a served app."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from antiphon.cli.failure import WrongUsage
from antiphon.cli.talking import event_of, websocket_url
from antiphon.testing import Served, serve
from tests.cli.terminal import environment, read_until, running
from tests.testing.newsroom import JWT_OF_TESTS, Said, build


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    async with serve(build()) as served:
        yield served


def token(user: str) -> dict[str, str]:
    return {"ANTIPHON_TOKEN": JWT_OF_TESTS.issue(user)}


async def typed(*arguments: str, env: dict[str, str]) -> tuple[int | None, str, str]:
    """Run the command to its end, beside the server in this loop."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "antiphon.cli", *arguments),
        env=environment(**env),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


async def test_what_is_sent_is_heard(server: Served, tmp_path: Path) -> None:
    with running(tmp_path, "listen", server.url, "chat:lobby", env=token("alice")) as listener:
        await asyncio.to_thread(read_until, listener, "Listening to chat:lobby")
        command = ("send", server.url, "chat:lobby", "said", "text=hello there")
        assert await typed(*command, env=token("bob")) == (0, "ok\n", "")
        for pattern in (
            r"^\d\d:\d\d:\d\d  join  bob \(",
            r'^\d\d:\d\d:\d\d  #1    \{"type":"said","text":"hello there"\}  from bob \(',
            r"^\d\d:\d\d:\d\d  leave bob \(",
        ):
            await asyncio.to_thread(read_until, listener, pattern)
        listener.send_signal(signal.SIGINT)
        rest = await asyncio.to_thread(listener.communicate)
    assert (listener.returncode, rest[0]) == (0, "")


async def test_json_for_other_programs(server: Served, tmp_path: Path) -> None:
    command = ("listen", server.url, "inbox:alice", "--json")
    with running(tmp_path, *command, env=token("alice")) as listener:
        await asyncio.to_thread(read_until, listener, "Listening to inbox:alice")
        async with server.connect(token=JWT_OF_TESTS.issue("alice")):
            inbox = server.apps[""].behaviour.router.channels[2]
            await inbox.publish(Said("for you"), user="alice")
            line = (await asyncio.to_thread(read_until, listener, "^{")).string
    assert json.loads(line) == {
        "channel": "inbox:alice",
        "pub": {"data": {"type": "said", "text": "for you"}},
    }


async def test_the_server_cannot_control_the_terminal(server: Served, tmp_path: Path) -> None:
    with running(tmp_path, "listen", server.url, "chat:lobby", env=token("alice")) as listener:
        await asyncio.to_thread(read_until, listener, "Listening")
        async with server.connect(token=JWT_OF_TESTS.issue("bob")) as stranger:
            await stranger.subscribe("chat:lobby")
            await stranger.publish("chat:lobby", Said("\x9b31m"))
            line = (await asyncio.to_thread(read_until, listener, "said")).string
    assert line.rstrip("\n").isprintable()
    assert "\\x9b31m" in line


async def test_the_end_says_why(server: Served, tmp_path: Path) -> None:
    app = server.apps[""]
    with running(tmp_path, "listen", server.url, "chat:lobby", env=token("alice")) as listener:
        await asyncio.to_thread(read_until, listener, "Listening")
        [client] = app.clients_of("alice")
        await client.unsubscribe("chat:lobby")
        last = "antiphon: the server ended the subscription: 2000 server unsubscribe"
        await asyncio.to_thread(read_until, listener, last)
        assert await asyncio.to_thread(listener.wait) == 1
    with running(tmp_path, "listen", server.url, "chat:lobby", env=token("alice")) as listener:
        await asyncio.to_thread(read_until, listener, "Listening")
        app.disconnect("alice")
        last = "antiphon: the server ended the connection: 3503 force disconnect"
        await asyncio.to_thread(read_until, listener, last)
        assert await asyncio.to_thread(listener.wait) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chat:lobby", "said"], "the server refuses: 107 bad request: said: Object missing"),
        (["chat:lobby", '{"type":"said","text":3}'], "107 bad request: said.text: Expected"),
        (["chat:lobby", "sung"], "107 bad request: undeclared event 'sung'; declared here: said"),
        (["chat:secret", "said", "text=x"], "the server refuses: 103 permission denied: you are"),
        (["nothing", "said"], "the server refuses: 102 unknown channel"),
    ],
)
async def test_refusals_are_one_line(server: Served, arguments: list[str], said: str) -> None:
    code, output, errors = await typed("send", server.url, *arguments, env=token("alice"))
    assert (code, output, errors.count("\n")) == (1, "", 1)
    assert said in errors


async def test_connections_that_fail_are_one_line(server: Served) -> None:
    host = server.url.removeprefix("http://")
    for url, env, said in (
        (host, {}, "the server ended the connection: 3501 bad request"),
        (host, {"ANTIPHON_TOKEN": "forged"}, "the server ended the connection: 3500 invalid token"),
        (f"ws://{host}/metrics", token("alice"), "/metrics is no WebSocket to connect to: "),
        ("127.0.0.1:1", {}, "cannot reach ws://127.0.0.1:1/connection/websocket: Connection ref"),
    ):
        code, output, errors = await typed("listen", url, "news", env=env)
        assert (code, output, errors.count("\n")) == (1, "", 1)
        assert said in errors


@pytest.mark.parametrize(
    ("typed_url", "url"),
    [
        ("http://h:8000", "ws://h:8000/connection/websocket"),
        ("https://h/", "wss://h/connection/websocket"),
        ("h:8000", "ws://h:8000/connection/websocket"),
        ("[::1]:8000", "ws://[::1]:8000/connection/websocket"),
        ("http://h/realtime", "ws://h/realtime/connection/websocket"),
        ("http://h/connection/websocket", "ws://h/connection/websocket"),
        ("ws://h", "ws://h/connection/websocket"),
        ("wss://h/elsewhere?a=b", "wss://h/elsewhere?a=b"),
    ],
)
def test_urls(typed_url: str, url: str) -> None:
    assert websocket_url(typed_url) == url


@pytest.mark.parametrize("url", ["", "ftp://h", "http://", "//h"])
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(WrongUsage):
        websocket_url(url)


def test_events() -> None:
    fields = ["text=a=b", "count:=3", 'tags:=["x"]', "empty="]
    expected = {"type": "said", "text": "a=b", "count": 3, "tags": ["x"], "empty": ""}
    assert event_of("said", fields) == expected
    assert event_of('{"type": "said"}', []) == {"type": "said"}
