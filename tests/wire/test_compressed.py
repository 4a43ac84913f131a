"""permessage-deflate on a native connection."""

import zlib
from collections.abc import Iterator
from functools import partial

import pytest

from antiphon.wire.packet import Packet
from antiphon.wire.rules import CONTINUATION, PING, TEXT
from tests.wire.conftest import QUICK
from tests.wire.peer import Peer, Received, close_frame, frame
from tests.wire.servers import Site, native

TAIL = b"\x00\x00\xff\xff"


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Site, int]]:
    site = Site(limits=QUICK, compression=6, compression_threshold=64)
    with native(site) as port:
        yield site, port


@pytest.fixture
def peer(port: int) -> Iterator[Peer]:
    with Peer(port) as peer:
        head = peer.upgrade(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits")
        assert "permessage-deflate; server_no_context_takeover; client_no_context_takeover" in head
        yield peer


def packed(data: bytes) -> bytes:
    zipper = zlib.compressobj(wbits=-15)
    return (zipper.compress(data) + zipper.flush(zlib.Z_SYNC_FLUSH)).removesuffix(TAIL)


def unpacked(received: Received, window: int = 15) -> bytes:
    assert received.rsv == 0b100
    return zlib.decompressobj(-window).decompress(received.payload + TAIL)


def test_compressed_messages(peer: Peer) -> None:
    for text in (b"hello " * 50, "ü€😀".encode() * 100):
        peer.send(frame(TEXT, packed(text), rsv=0b100))
        assert unpacked(peer.frame()) == text


def test_a_compressed_message_in_fragments(peer: Peer) -> None:
    data = packed(b"hello " * 50)
    peer.send(
        frame(TEXT, data[:5], fin=False, rsv=0b100) + frame(PING) + frame(CONTINUATION, data[5:])
    )
    peer.frame()
    assert unpacked(peer.frame()) == b"hello " * 50


def test_short_messages_are_not_compressed(peer: Peer) -> None:
    peer.text(b"hello")
    assert peer.frame() == (TEXT, b"hello", True, 0)


def test_without_an_offer_nothing_is_compressed(port: int) -> None:
    with Peer(port) as peer:
        assert "Extensions" not in peer.upgrade()
        peer.text(b"x" * 100)
        assert peer.frame() == (TEXT, b"x" * 100, True, 0)


def test_the_window_that_the_client_asks_for(port: int) -> None:
    with Peer(port) as peer:
        offer = "permessage-deflate; server_max_window_bits=9"
        assert offer.partition(";")[2] in peer.upgrade(Sec_WebSocket_Extensions=offer)
        text = bytes(range(33, 126)) * 100
        peer.text(text)
        assert unpacked(peer.frame(), window=9) == text


def test_one_packet_for_subscribers_of_every_kind(port: int, site: Site) -> None:
    offers = [
        None,
        "permessage-deflate",
        "permessage-deflate; server_max_window_bits=9",
        "permessage-deflate",
    ]
    peers = [Peer(port) for _ in offers]
    for peer, offer in zip(peers, offers, strict=True):
        peer.upgrade(Sec_WebSocket_Extensions=offer)
        peer.text(b"here")
        peer.frame()
    packet = Packet(b"news " * 100)
    for connection in site.connections:
        site.call(partial(connection.write, packet))
    plain, wide, narrow, wide_again = (peer.frame() for peer in peers)
    assert plain == (TEXT, packet.payload, True, 0)
    assert wide == wide_again
    assert unpacked(wide) == unpacked(narrow, window=9) == packet.payload
    for peer in peers:
        peer.socket.close()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(frame(TEXT, packed(b"\0" * 1_000_000), rsv=0b100), 1009, id="bomb"),
        pytest.param(frame(TEXT, b"\xff\xff\xff", rsv=0b100), 1007, id="garbage"),
        pytest.param(frame(TEXT, packed(b"\xff"), rsv=0b100), 1007, id="bad UTF-8 inside"),
        pytest.param(
            frame(TEXT, b"x", fin=False) + frame(CONTINUATION, b"y", rsv=0b100),
            1002,
            id="RSV1 on a continuation",
        ),
        pytest.param(frame(PING, b"", rsv=0b100), 1002, id="RSV1 on a ping"),
        pytest.param(frame(TEXT, b"x", rsv=0b110), 1002, id="RSV2 too"),
    ],
)
def test_what_is_refused(peer: Peer, site: Site, data: bytes, code: int) -> None:
    peer.send(data)
    assert peer.closing()[0] == code
    peer.send(close_frame(code))
    assert site.messages == []
