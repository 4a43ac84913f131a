"""A served app, over real sockets, where no part of it alone is enough to tell."""

import asyncio
from urllib.parse import urlsplit

import pytest

from antiphon import Anonymous, App, Client, Event, Limits
from antiphon.testing import serve
from antiphon.wire.client import HandshakeFailed
from antiphon.wire.rules import BINARY, CLOSE, CONTINUATION, PING, TEXT
from tests.wire.peer import Peer, close_frame, frame


class Said(Event):
    """Somebody said something."""

    text: str


CONNECT = frame(TEXT, b'{"id":1,"connect":{}}')

HOSTILE = {
    "malformed JSON": frame(TEXT, b"{"),
    "an unknown command": frame(TEXT, b'{"id":1,"dance":{}}'),
    "a command before connect": frame(TEXT, b'{"id":1,"rpc":{"method":"echo"}}'),
    "a second connect": CONNECT + CONNECT,
    "a wrong type": CONNECT + frame(TEXT, b'{"id":"2","rpc":{}}'),
    "a message too large": frame(TEXT, b" " * 70_000),
    "bad UTF-8": frame(TEXT, b"\xff\xfe"),
    "an unmasked frame": frame(TEXT, b"{}", masked=False),
    "RSV bits": frame(TEXT, b"{}", rsv=7),
    "a stray continuation": frame(CONTINUATION, b"{}"),
    "a message within a message": frame(TEXT, b"{", fin=False) + frame(TEXT, b"}"),
    "an unknown opcode": frame(5, b""),
    "a bad close code": close_frame(1006),
    "a close of one byte": frame(CLOSE, b"\x03"),
    "a flood of pings": frame(PING) * 2_000,
    "deep nesting": frame(BINARY, b"[" * 60_000),
    "a length of 2 to the 63": b"\x81\xff" + b"\xff" * 8 + b"\0\0\0\0",
}


@pytest.mark.parametrize("what", HOSTILE)
async def test_the_others_notice_nothing_of(what: str) -> None:
    app = App("x", auth=Anonymous())
    news = app.channel("news", publishes=Said, open=True)

    @app.rpc("echo")
    async def echo(client: Client, request: str) -> str:
        return request

    async with serve(app) as server, server.connect() as bystander:
        await bystander.subscribe("news")
        port = urlsplit(server.url).port
        assert port is not None
        await asyncio.to_thread(_attack, port, HOSTILE[what])
        await news.publish(Said(text="all is well"))
        assert await bystander.next("news") == Said(text="all is well")
        assert await bystander.rpc("echo", "still here") == "still here"


def _attack(port: int, data: bytes) -> None:
    """Say hello, do harm, and see the connection end by the server's hand."""
    with Peer(port) as peer:
        assert " 101 " in peer.upgrade(path="/connection/websocket")
        try:
            peer.send(data)
            peer.closing()
        except ConnectionError:
            pass  # what was unread when the server closed may reset the connection


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
