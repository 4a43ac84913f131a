"""`antiphon record` and `antiphon check`, against a served app."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from antiphon.cli.recording import RecordedPipe
from antiphon.contract import contract_of
from antiphon.contract.asyncapi import document
from antiphon.contract.conversation import Line
from antiphon.contract.serving import as_json
from antiphon.dialer import ErrorReply, dial
from antiphon.testing import Served, serve
from antiphon.wire.client import SocketClosed
from tests.cli.terminal import read_until, running, type_in
from tests.testing.newsroom import JWT_OF_TESTS, Room, Said, Shout, build


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    async with serve(build()) as served:
        yield served


def lines_of(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def without_time(lines: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{key: its for key, its in line.items() if key != "at"} for line in lines]


async def test_what_is_said_in_a_channel_is_written_down(server: Served, tmp_path: Path) -> None:
    token = JWT_OF_TESTS.issue("alice")
    command = ("record", server.url, "chat:lobby", "news", "--output", "talk.jsonl")
    with running(tmp_path, *command, env={"ANTIPHON_TOKEN": token}) as recorder:
        await asyncio.to_thread(read_until, recorder, "Recording chat:lobby, news")
        async with server.connect(token=JWT_OF_TESTS.issue("bob")) as bob:
            await bob.subscribe("chat:lobby")
            await bob.publish("chat:lobby", Said("hello"))
            await bob.unsubscribe("chat:lobby")
        server.apps[""].disconnect("alice")
        ended = "antiphon: the server ended the connection: 3503 force disconnect"
        await asyncio.to_thread(read_until, recorder, ended)
        assert await asyncio.to_thread(recorder.wait) == 1
    file = tmp_path / "talk.jsonl"
    lines = without_time(lines_of(file))
    assert [line for line in lines if line["kind"] != "join"] == [
        {"direction": "sent", "kind": "connect"},
        {"direction": "sent", "kind": "subscribe", "channel": "chat:lobby"},
        {"direction": "sent", "kind": "subscribe", "channel": "news"},
        {
            "direction": "received",
            "kind": "publication",
            "channel": "chat:lobby",
            "payload": {"type": "said", "text": "hello"},
        },
        {"direction": "received", "kind": "leave", "channel": "chat:lobby"},
    ]
    assert lines.count({"direction": "received", "kind": "join", "channel": "chat:lobby"}) == 2
    assert token not in file.read_text()

    (tmp_path / "newsroom.json").write_bytes(as_json(document(contract_of(build()))))
    checked = await asyncio.to_thread(type_in, tmp_path, "check", "newsroom.json", "talk.jsonl")
    assert (checked.returncode, checked.stdout, checked.stderr) == (
        0,
        "7 lines, violations: 0, deprecated: 0\n",
        "",
    )


async def test_a_client_of_ones_own_can_be_recorded(server: Served) -> None:
    told: list[Line] = []
    url = f"{server.url.replace('http', 'ws', 1)}/connection/websocket"
    token = JWT_OF_TESTS.issue("alice")
    async with dial(url, token=token, through=lambda p: RecordedPipe(p, told.append)) as peer:
        await server.apps[""].behaviour.router.channels[1].publish(Said("before"))
        await peer.subscribe("news", recover=True)
        await peer.rpc("rooms.open", Room("lobby"))
        await peer.send(Shout("hey"))
        await peer.next_message()
        with pytest.raises(ErrorReply):
            await peer.rpc("nothing", 5)
    assert [(line.kind, line.channel or line.method) for line in told] == [
        ("connect", ""),
        ("subscribe", "news"),
        ("publication", "news"),
        ("rpc", "rooms.open"),
        ("reply", "rooms.open"),
        ("send", ""),
        ("message", ""),
        ("rpc", "nothing"),
        ("error", "nothing"),
    ]


class OddPipe:
    """A server that says what is not of the protocol."""

    async def send(self, text: bytes) -> None:
        raise SocketClosed(1000, "")

    async def receive(self) -> bytes:
        return b'{"push":{"pub":5}}\n\xff'

    async def close(self) -> None: ...


async def test_what_is_not_of_the_protocol_is_handed_through() -> None:
    told: list[Line] = []
    assert await RecordedPipe(OddPipe(), told.append).receive() == await OddPipe().receive()
    assert told == []


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    done = type_in(tmp_path, "record", "127.0.0.1:1", "news", "--output", "talk.jsonl")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "cannot reach ws://127.0.0.1:1/connection/websocket" in done.stderr


def test_findings_are_lines_and_an_exit_code(tmp_path: Path) -> None:
    (tmp_path / "newsroom.json").write_bytes(as_json(document(contract_of(build()))))
    talk = [
        {"at": 1, "direction": "sent", "kind": "publish", "channel": "chat:a", "payload": {}},
        {
            "at": 2,
            "direction": "received",
            "kind": "publication",
            "channel": "news",
            "payload": {"type": "said", "text": 5},
        },
    ]
    (tmp_path / "talk.jsonl").write_text("\n".join(map(json.dumps, talk)))
    done = type_in(tmp_path, "check", "newsroom.json", "talk.jsonl")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        "talk.jsonl:1: violation: publish chat:a: no event in `type`",
        "talk.jsonl:2: violation: publication news: said.text: expected string",
        "2 lines, violations: 2, deprecated: 0",
    ]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "talk.jsonl: No such file or directory"),
        ({"talk.jsonl": "{"}, "talk.jsonl:1: Input data was truncated"),
        ({"talk.jsonl": '{"at": 0}'}, "talk.jsonl:1: Object missing required field `direction`"),
        ({"newsroom.json": "{}"}, "newsroom.json: it is no AsyncAPI document, and no contract"),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path: Path, files: dict[str, str], said: str) -> None:
    (tmp_path / "newsroom.json").write_bytes(as_json(document(contract_of(build()))))
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = type_in(tmp_path, "check", "newsroom.json", "talk.jsonl")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", done.stderr)
    assert done.stderr == f"antiphon: {said}\n"


async def test_an_interrupt_is_the_end_of_it(server: Served, tmp_path: Path) -> None:
    env = {"ANTIPHON_TOKEN": JWT_OF_TESTS.issue("alice")}
    command = ("record", server.url, "news", "--output", "talk.jsonl")
    with running(tmp_path, *command, env=env) as recorder:
        await asyncio.to_thread(read_until, recorder, "Recording news")
        recorder.send_signal(signal.SIGINT)
        rest = await asyncio.to_thread(recorder.communicate)
    assert (recorder.returncode, rest[0]) == (0, "")
