"""The bounds of plain HTTP on our server, over real sockets."""

from contextlib import suppress

import pytest

from antiphon.wire.http import PIPELINED
from tests.wire.conftest import QUICK
from tests.wire.peer import Peer, close_frame, frame
from tests.wire.servers import Site

REQUEST = b"GET /path HTTP/1.1\r\nHost: x\r\n\r\n"


def status(peer: Peer) -> int:
    return int(peer.head().split()[1])


def drip(peer: Peer) -> None:
    """Send single bytes until the server has enough of it."""
    with pytest.raises(ConnectionError):
        while True:
            peer.send(b"x")
            wait(peer)


def wait(peer: Peer) -> bool:
    """Wait a moment for bytes or the end; say whether it is still silent."""
    peer.socket.settimeout(0.02)
    try:
        peer._fill()
    except TimeoutError:
        return True
    return False


def with_headers(*lines: bytes) -> bytes:
    return b"\r\n".join([b"GET / HTTP/1.1", b"Host: x", *lines, b"", b""])


def test_requests_that_wait_in_line(port: int) -> None:
    with Peer(port) as peer:
        peer.send(REQUEST * (PIPELINED + 1))
        for _ in range(PIPELINED + 1):
            assert status(peer) == 200
            assert peer._take(2) == b"ok"


def test_too_many_requests_that_wait(port: int) -> None:
    with Peer(port) as peer:
        with suppress(ConnectionError):
            peer.send(REQUEST * 8_000)
        assert peer.rest().count(b"HTTP/1.1 200") <= PIPELINED + 1


def test_requests_on_one_connection(port: int) -> None:
    with Peer(port) as peer:
        for _ in range(3):
            peer.send(REQUEST)
            head = peer.head()
            assert head.startswith("HTTP/1.1 200 ")
            assert "server:" not in head.lower()
            assert peer._take(2) == b"ok"


@pytest.mark.parametrize(
    "start",
    [b"", b"G", b"GET / HTTP/1.1\r\nHo", b"\r\n", REQUEST + b"GET / HT"],
    ids=["silent", "a byte", "half a request", "a newline", "half a second one"],
)
def test_a_request_must_be_complete_in_time(port: int, start: bytes) -> None:
    with Peer(port) as peer:
        if start:
            peer.send(start)
        rest = peer.rest()
        assert rest.count(b"HTTP/1.1 200") == start.count(b"\r\n\r\n")


def test_a_newline_does_not_prolong_an_idle_connection(port: int) -> None:
    with Peer(port) as peer:
        peer.send(REQUEST)
        peer.head()
        peer.send(b"\r\n")
        assert peer.rest() == b"ok"


def test_single_bytes_do_not_prolong_the_deadline(port: int) -> None:
    with Peer(port) as peer:
        peer.send(b"GET / HTTP/1.1\r\nHost: ")
        drip(peer)


def test_the_size_of_the_head_is_capped(port: int) -> None:
    room = QUICK.header_bytes - len(b"/") - len(b"HostX") - len(b"Xy") - 8
    for size, expected in [(room - 1, 200), (room + 8, 431)]:
        with Peer(port) as peer:
            peer.send(with_headers(b"Xy: " + b"z" * size))
            assert status(peer) == expected


def test_the_size_is_counted_over_segments(port: int) -> None:
    with Peer(port) as peer:
        peer.send(b"GET / HTTP/1.1\r\nX: ")
        for _ in range(QUICK.header_bytes // 1_024 + 1):
            peer.send(b"y" * 1_024)
        assert status(peer) == 431
        assert peer.rest().endswith(b"request header too large")


def test_the_number_of_headers_is_capped(port: int) -> None:
    for more, expected in [(127, 200), (128, 431)]:
        with Peer(port) as peer:
            peer.send(with_headers(*[b"X: y"] * more))
            assert status(peer) == expected


def test_a_hundred_thousand_headers(port: int) -> None:
    with Peer(port) as peer:
        try:
            peer.send(with_headers(*[b"X-Y: z"] * 100_000))
            assert status(peer) == 431
        except ConnectionError:
            pass  # cut off before the answer was read, which is as good
        assert b"200" not in peer.rest()


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: x\r\nX\x00: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
    ids=["no Host", "two Hosts", "nonsense", "TLS", "NUL", "two lengths", "length and chunked"],
)
def test_what_is_malformed(port: int, data: bytes) -> None:
    with Peer(port) as peer:
        peer.send(data)
        assert status(peer) == 400
        assert b"HTTP/" not in peer.rest()


def test_http_1_0_needs_no_host(port: int) -> None:
    with Peer(port) as peer:
        peer.send(b"GET / HTTP/1.0\r\n\r\n")
        assert status(peer) == 200


def test_other_upgrades_are_served_as_plain_http(port: int) -> None:
    with Peer(port) as peer:
        peer.send(with_headers(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c"))
        assert status(peer) == 200


def test_frames_glued_to_the_upgrade_request(port: int, site: Site) -> None:
    with Peer(port) as peer:
        glued = frame(1, b"glued") + frame(1, b"x" * 5_000) + close_frame(1000)
        peer.send(peer.request() + glued)
        assert peer.head().startswith("HTTP/1.1 101 ")
        assert peer.frame().payload == b"glued"
        assert peer.frame().payload == b"x" * 5_000
        assert peer.closing() == (1000, "")
    assert site.messages[0] == b"glued"


@pytest.mark.parametrize("offer", ["websocket, h2c", "h2c,WebSocket"])
def test_websocket_among_other_upgrades(port: int, offer: str) -> None:
    with Peer(port) as peer:
        assert peer.upgrade(Upgrade=offer).startswith("HTTP/1.1 101 ")


def test_an_upgrade_behind_an_unanswered_request(port: int, site: Site) -> None:
    with Peer(port) as peer:
        peer.send(REQUEST + peer.request())
        assert b" 101 " not in peer.rest()
    assert site.requests == []
