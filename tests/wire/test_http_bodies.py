"""Peers that send a request body, or take a response, as slowly as they can."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from antiphon.wire.server import Server
from tests.wire.conftest import QUICK
from tests.wire.peer import Peer, until
from tests.wire.servers import Site, native_server, plain_app, run_server
from tests.wire.test_http import drip, status, wait

HUGE = 32 * 1024 * 1024
"""Bytes of a response: more than the kernel takes."""

ENDLESS = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
CHUNK = b"1000\r\n" + b"x" * 4_096 + b"\r\n"

Respond = Callable[[Any, Any, Any], Any]


def served(respond: Respond) -> Server:
    """Build a server whose app answers HTTP requests like this."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await (respond if scope["type"] == "http" else plain_app)(scope, receive, send)

    return native_server(Site(limits=QUICK), app=app)


@contextmanager
def peer_of(respond: Respond) -> Iterator[Peer]:
    with run_server(served(respond)) as port, Peer(port) as peer:
        yield peer


async def answer(send: Any, body: bytes) -> None:
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def read(receive: Any) -> None:
    while (await receive()).get("more_body"):
        pass


async def hasty(scope: Any, receive: Any, send: Any) -> None:
    await answer(send, b"ok")


def hesitant(go: threading.Event) -> Respond:
    """Make an app that reads only after `go`."""

    async def respond(scope: Any, receive: Any, send: Any) -> None:
        while not go.is_set():  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.01)
        await read(receive)
        await answer(send, b"ok")

    return respond


@pytest.mark.parametrize(
    "start", [ENDLESS, CHUNKED + b"\r\nfffffff\r\n"], ids=["length", "chunked"]
)
def test_single_bytes_of_a_body(port: int, start: bytes) -> None:
    with Peer(port) as peer:
        peer.send(start)
        drip(peer)


def test_single_bytes_of_a_trailer(port: int) -> None:
    with Peer(port) as peer:
        peer.send(CHUNKED + b"\r\n0\r\nX: ")
        drip(peer)


def test_a_body_that_never_comes(port: int) -> None:
    with Peer(port) as peer:
        peer.send(ENDLESS)
        assert peer.rest() == b""


def test_a_body_may_take_longer_than_the_head(port: int) -> None:
    with Peer(port) as peer, Peer(port) as silent:
        peer.send(CHUNKED + b"\r\n")
        with pytest.raises(ConnectionError):
            while wait(silent):
                peer.send(CHUNK)
        peer.send(b"0\r\n\r\n")
        assert status(peer) == 200


def test_a_body_goes_on_after_the_response() -> None:
    with peer_of(hasty) as peer:
        peer.send(ENDLESS)
        assert status(peer) == 200
        drip(peer)


def test_the_rest_of_a_body_may_follow_the_response() -> None:
    with peer_of(hasty) as peer:
        for _ in range(2):
            peer.send(CHUNKED + b"\r\n" + CHUNK)
            assert status(peer) == 200
            assert peer._take(2) == b"ok"
            peer.send(CHUNK + b"0\r\n\r\n")


@pytest.mark.parametrize("chunks", [100, 0], ids=["a full buffer", "100 Continue"])
def test_the_peer_is_not_to_blame_for_an_app_that_does_not_read(chunks: int) -> None:
    go = threading.Event()
    with peer_of(hesitant(go)) as peer, Peer(peer.socket.getpeername()[1]) as silent:
        peer.send(CHUNKED + b"Expect: 100-continue\r\n" * (not chunks) + b"\r\n" + CHUNK * chunks)
        silent.rest()
        go.set()
        if not chunks:
            assert status(peer) == 100
        peer.send(b"0\r\n\r\n")
        assert status(peer) == 200


def test_a_trailer_is_no_header() -> None:
    names: list[bytes] = []

    async def respond(scope: Any, receive: Any, send: Any) -> None:
        await read(receive)
        names.extend(name for name, _ in scope["headers"])
        await answer(send, b"ok")

    with peer_of(respond) as peer:
        peer.send(CHUNKED + b"\r\n0\r\nAuthorization: late\r\n\r\n")
        assert status(peer) == 200
    assert names == [b"host", b"transfer-encoding"]


@pytest.mark.parametrize("connection", [b"keep-alive", b"close"])
@pytest.mark.parametrize("high", [65_536, 2 * HUGE], ids=["congested", "not congested"])
def test_a_peer_that_takes_no_response(connection: bytes, high: int) -> None:
    async def respond(scope: Any, receive: Any, send: Any) -> None:
        send.__self__.transport.set_write_buffer_limits(high=high)
        await answer(send, b"x" * HUGE)

    server = served(respond)
    server.config.timeout_keep_alive = 0
    with run_server(server) as port, Peer(port, receive_buffer=4_096) as peer:
        peer.send(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: " + connection + b"\r\n\r\n")
        until(lambda: server.server_state.total_requests)
        until(lambda: not server.server_state.connections)


def test_a_peer_that_vanishes_while_others_of_its_requests_wait() -> None:
    kinds: list[str] = []

    async def respond(scope: Any, receive: Any, send: Any) -> None:
        await read(receive)
        kinds.append("begun")
        kinds.append((await receive())["type"])

    with peer_of(respond) as peer:
        peer.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        until(lambda: kinds)
        peer.socket.close()
        until(lambda: kinds == ["begun", "http.disconnect"])
