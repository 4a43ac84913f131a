"""The same limits on every transport: our own, and plain ASGI under two servers."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from antiphon.wire.packet import Packet
from antiphon.wire.port import Connection, Refusal
from antiphon.wire.rules import CONTINUATION, TEXT
from tests.wire.conftest import QUICK
from tests.wire.peer import Peer, close_frame, frame, until
from tests.wire.servers import Site, hypercorn_asgi, native, uvicorn_asgi

Transport = Callable[[Site], AbstractContextManager[int]]


@pytest.fixture(scope="module", params=[native, uvicorn_asgi, hypercorn_asgi])
def served(request: pytest.FixtureRequest) -> Iterator[tuple[Site, int]]:
    site = Site(limits=QUICK, subprotocols=("json",))
    transport: Transport = request.param
    with transport(site) as port:
        yield site, port


def test_messages_in_order(peer: Peer, site: Site) -> None:
    texts = [f"message {number} ü".encode() for number in range(200)]
    for text in texts:
        peer.text(text)
    assert [peer.frame().payload for _ in texts] == texts
    assert site.messages == texts


def test_a_fragmented_message(peer: Peer) -> None:
    peer.send(frame(TEXT, b"a", fin=False) + frame(CONTINUATION, b"b"))
    assert peer.frame().payload == b"ab"


def test_the_subprotocol(port: int) -> None:
    with Peer(port) as peer:
        head = peer.upgrade(Sec_WebSocket_Protocol="xml, json").lower()
        assert "sec-websocket-protocol: json" in head


def test_a_refusal(port: int, site: Site) -> None:
    site.examine = lambda request: Refusal(403, "not from there")
    with Peer(port) as peer:
        assert peer.upgrade(Origin="https://evil.example").startswith("HTTP/1.1 403")
    assert site.requests[0].header("origin") == "https://evil.example"
    assert site.connections == []


def test_too_large_a_message(peer: Peer, site: Site) -> None:
    peer.text(b"x" * QUICK.message_bytes)
    assert len(peer.frame().payload) == QUICK.message_bytes
    peer.text(b"x" * (QUICK.message_bytes + 1))
    assert peer.closing()[0] == 1009
    until(lambda: site.ends)
    assert site.ends[0][0] == 1009
    assert len(site.messages) == 1


def test_the_limit_can_be_lowered(port: int, site: Site) -> None:
    def lower(connection: Connection, data: bytes) -> None:
        connection.message_limit = 3

    site.answer = lower
    with Peer(port) as peer:
        peer.upgrade()
        peer.text(b"first")
        peer.text(b"abc")
        peer.text(b"abcd")
        assert peer.closing()[0] == 1009
    assert site.messages == [b"first", b"abc"]


def test_bad_text(peer: Peer, site: Site) -> None:
    peer.text(b"\xff")
    peer.rest()
    assert site.messages == []


def test_the_peers_close(peer: Peer, site: Site) -> None:
    peer.send(close_frame(4321, b"bye"))
    assert peer.closing()[0] in (4321, 1000)
    until(lambda: site.ends)
    assert site.ends[0][0] in (4321, 1006)  # hypercorn does not tell


def test_our_close(peer: Peer, site: Site) -> None:
    peer.text(b"x")
    peer.frame()
    site.call(lambda: site.connections[0].close(3005, "connection expired"))
    assert peer.closing() == (3005, "connection expired")
    peer.send(close_frame(3005))
    peer.rest()
    assert site.ends == [(3005, "connection expired")]


def test_what_was_written_before_a_close_arrives(peer: Peer, site: Site) -> None:
    peer.text(b"x")
    peer.frame()

    def farewell() -> None:
        site.connections[0].write(Packet(b"last words"))
        site.connections[0].close(3001, "shutdown")
        site.connections[0].write(Packet(b"too late"))

    site.call(farewell)
    assert peer.frame().payload == b"last words"
    assert peer.closing() == (3001, "shutdown")


def test_the_end_is_noted_when_the_peer_vanishes(port: int, site: Site) -> None:
    with Peer(port) as peer:
        peer.upgrade()
        peer.text(b"x")
        peer.frame()
    until(lambda: site.ends)
    assert site.ends[0][0] in (1005, 1006)


def test_a_slow_consumer(port: int, site: Site) -> None:
    with Peer(port, receive_buffer=4_096) as peer:
        peer.upgrade()
        until(lambda: site.connections)
        packet = Packet(b"x" * 65_536)

        def flood() -> None:
            for _ in range(200):
                site.connections[0].write(packet)

        site.call(flood)
        until(lambda: site.ends)
        assert site.ends == [(3008, "slow")]


def test_reading_can_be_paused(port: int, site: Site) -> None:
    def pause(connection: Connection, data: bytes) -> None:
        if data == b"wait":
            connection.pause_reading()

    site.answer = pause
    with Peer(port) as peer:
        peer.upgrade()
        for text in (b"one", b"wait", b"two", b"three"):
            peer.text(text)
        until(lambda: site.messages == [b"one", b"wait"])
        site.call(site.connections[0].resume_reading)
        until(lambda: site.messages[2:] == [b"two", b"three"])


def test_a_receiver_that_raises(port: int, site: Site, caplog: pytest.LogCaptureFixture) -> None:
    def fail(connection: Connection, data: bytes) -> None:
        raise ValueError("a secret")

    site.answer = fail
    with Peer(port) as peer:
        peer.upgrade()
        peer.text(b"x")
        assert peer.closing() == (1011, "")
    assert "a secret" in caplog.text


def test_a_peer_that_never_answers_the_close(peer: Peer, site: Site) -> None:
    peer.text(b"x")
    peer.frame()
    site.call(lambda: site.connections[0].close(4000, "enough"))
    assert peer.closing() == (4000, "enough")
    until(lambda: site.ends)
    assert site.ends == [(4000, "enough")]
