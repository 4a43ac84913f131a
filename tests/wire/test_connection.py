"""Hostile and unlucky peers on a native connection."""

import struct
from collections.abc import Iterator
from functools import partial

import pytest

from antiphon.wire.packet import Packet
from antiphon.wire.port import Connection
from antiphon.wire.rules import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT
from tests.wire.conftest import QUICK
from tests.wire.peer import Peer, close_frame, frame, until
from tests.wire.servers import Site, native, native_on_asyncio


def resident() -> int:
    """Bytes of memory that this process has."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096


@pytest.fixture(scope="module", params=[native, native_on_asyncio], ids=["uvloop", "asyncio"])
def served(request: pytest.FixtureRequest) -> Iterator[tuple[Site, int]]:
    """A site on either event loop, served once for all tests."""
    site = Site(limits=QUICK)
    with request.param(site) as port:
        yield site, port


def test_messages_come_back_as_they_came(peer: Peer, site: Site) -> None:
    for opcode, payload in [
        (TEXT, b"hello"),
        (TEXT, "ü€😀".encode()),
        (BINARY, b"\xff\0"),
        (TEXT, b""),
    ]:
        peer.send(frame(opcode, payload))
        assert peer.frame() == (opcode, payload, True, 0)
    assert site.messages == [b"hello", "ü€😀".encode(), b"\xff\0", b""]


def test_a_fragmented_message_with_a_ping_in_between(peer: Peer) -> None:
    peer.send(
        frame(TEXT, "ü".encode()[:1], fin=False)
        + frame(PING, b"now")
        + frame(CONTINUATION, b"", fin=False)
        + frame(CONTINUATION, "ü".encode()[1:])
    )
    assert peer.frame() == (PONG, b"now", True, 0)
    assert peer.frame() == (TEXT, "ü".encode(), True, 0)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(frame(TEXT, b"\xff"), 1007, id="bad UTF-8"),
        pytest.param(frame(TEXT, b"\xed\xa0\x80"), 1007, id="a surrogate"),
        pytest.param(
            frame(TEXT, b"\xc3", fin=False) + frame(CONTINUATION, b"x"),
            1007,
            id="bad across frames",
        ),
        pytest.param(
            frame(TEXT, b"\xc3", fin=False) + frame(CONTINUATION), 1007, id="half a character"
        ),
        pytest.param(frame(TEXT, b"x", masked=False), 1002, id="unmasked"),
        pytest.param(frame(TEXT, b"x", rsv=0b100), 1002, id="RSV1 without compression"),
        pytest.param(frame(TEXT, b"x", rsv=0b010), 1002, id="RSV2"),
        pytest.param(frame(TEXT, b"x", rsv=0b001), 1002, id="RSV3"),
        pytest.param(frame(PING, b"x", rsv=0b100), 1002, id="RSV1 on a ping"),
        pytest.param(frame(CONTINUATION, b"x"), 1002, id="stray continuation"),
        pytest.param(
            frame(TEXT, b"x", fin=False) + frame(TEXT, b"y"), 1002, id="text inside a message"
        ),
        pytest.param(frame(3), 1002, id="reserved data opcode"),
        pytest.param(frame(0xB), 1002, id="reserved control opcode"),
        pytest.param(frame(PING, fin=False), 1002, id="fragmented ping"),
        pytest.param(frame(PING, b"x" * 126), 1002, id="long ping"),
        pytest.param(b"\x81\xfe\0\x7d", 1002, id="16-bit length below 126"),
        pytest.param(b"\x81\xff" + struct.pack(">Q", 65_535), 1002, id="64-bit length below 65536"),
        pytest.param(b"\x81\xff" + struct.pack(">Q", 1 << 63), 1002, id="top bit of the length"),
        pytest.param(b"\x81\xff" + b"\xff" * 8, 1002, id="greatest length"),
        pytest.param(b"\x81\xff" + struct.pack(">Q", 65_537), 1009, id="declared too large"),
        pytest.param(b"\x81\xff" + struct.pack(">Q", 1 << 32), 1009, id="declared 4 GiB"),
        pytest.param(
            frame(BINARY, b"x" * 60_000, fin=False) + frame(CONTINUATION, b"x" * 5_537),
            1009,
            id="too large in fragments",
        ),
        pytest.param(
            frame(TEXT, fin=False) + frame(CONTINUATION, fin=False) * 1_024, 1008, id="fragments"
        ),
    ],
)
def test_a_broken_rule_ends_the_connection(peer: Peer, site: Site, data: bytes, code: int) -> None:
    with Peer(peer.socket.getpeername()[1]) as other:
        other.upgrade()
        peer.send(data)
        assert peer.closing()[0] == code
        peer.rest()
        until(lambda: site.ends)
        other.text(b"still here")
        assert other.frame().payload == b"still here"
    until(lambda: len(site.ends) == 2)
    assert site.ends[0][0] == code
    assert site.messages == [b"still here"]


@pytest.mark.parametrize("opcode", [PING, PONG])
def test_too_many_pings(peer: Peer, site: Site, opcode: int) -> None:
    peer.send(frame(opcode, b"x") * 10 * QUICK.ping_burst)
    answers = 0
    while (received := peer.frame()).opcode == PONG:
        answers += 1
    assert received.payload == struct.pack(">H", 1008) + b"too many pings"
    assert peer.rest() == b""
    if opcode == PING:
        assert QUICK.ping_burst <= answers < 10 * QUICK.ping_burst
    else:
        assert answers == 0
    assert site.ends == [(1008, "too many pings")]


def test_our_pings_and_the_pongs_to_them(peer: Peer, site: Site) -> None:
    peer.text(b"hello")
    peer.frame()
    pongs = site.pongs
    site.call(site.connections[0].ping)
    assert peer.frame() == (PING, b"", True, 0)
    peer.send(frame(PONG))
    until(lambda: site.pongs == pongs + 1)


def test_a_close_reason_is_our_own(peer: Peer) -> None:
    peer.send(frame(TEXT, b"x", masked=False))
    assert peer.closing() == (1002, "refused frame")
    assert peer.rest() == b""


@pytest.mark.parametrize(
    "code", [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]
)
def test_a_close_code_that_may_not_be_sent(peer: Peer, site: Site, code: int) -> None:
    peer.send(close_frame(code))
    assert peer.closing()[0] == 1002
    assert peer.rest() == b""
    until(lambda: site.ends)
    assert site.ends[0][0] == 1002


@pytest.mark.parametrize(
    ("payload", "code"),
    [(b"\x03", 1002), (b"\x03\xe8\xff", 1007), (b"\x03\xe8" + b"x" * 124, 1002)],
    ids=["half a code", "bad reason", "too long"],
)
def test_a_bad_close_frame(peer: Peer, payload: bytes, code: int) -> None:
    peer.send(frame(CLOSE, payload))
    assert peer.closing()[0] == code


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1011, 1014, 3000, 4999])
def test_a_close_is_answered_and_the_connection_ends(peer: Peer, site: Site, code: int) -> None:
    peer.send(close_frame(code, b"bye"))
    assert peer.closing() == (code, "")
    assert peer.rest() == b""
    until(lambda: site.ends)
    assert site.ends == [(code, "bye")]


def test_a_close_without_a_code(peer: Peer, site: Site) -> None:
    peer.send(frame(CLOSE))
    assert peer.closing() == (1005, "")
    until(lambda: site.ends)
    assert site.ends == [(1005, "")]


def test_what_follows_a_close_is_ignored(peer: Peer, site: Site) -> None:
    peer.send(close_frame(1000) + close_frame(1001) + frame(TEXT, b"late"))
    assert peer.closing() == (1000, "")
    assert peer.rest() == b""
    until(lambda: site.ends)
    assert site.ends == [(1000, "")]
    assert site.messages == []


def test_a_reset_is_noted(peer: Peer, site: Site) -> None:
    peer.text(b"x")
    peer.frame()
    peer.socket.setsockopt(1, 13, struct.pack("ii", 1, 0))  # SO_LINGER: close with a reset
    peer.socket.close()
    until(lambda: site.ends)
    assert site.ends == [(1006, "")]


def test_our_close_waits_for_the_answer(peer: Peer, site: Site) -> None:
    peer.text(b"x")
    peer.frame()
    site.call(lambda: site.connections[0].close(4000, "enough"))
    assert peer.closing() == (4000, "enough")
    peer.send(frame(TEXT, b"late") + close_frame(4000))
    assert peer.rest() == b""
    assert site.ends == [(4000, "enough")]
    assert site.messages == [b"x"]


def test_a_peer_that_never_answers_the_close(peer: Peer, site: Site) -> None:
    peer.text(b"x")
    peer.frame()
    site.call(lambda: site.connections[0].close(4000, "enough"))
    peer.closing()
    assert peer.rest() == b""  # the server ends it
    assert site.ends == [(4000, "enough")]


def test_a_long_reason_is_cut_at_a_character(peer: Peer, site: Site) -> None:
    peer.text(b"x")
    peer.frame()
    site.call(lambda: site.connections[0].close(4000, "€" * 100))
    assert peer.closing() == (4000, "€" * 41)


def test_a_receiver_that_raises(port: int, site: Site, caplog: pytest.LogCaptureFixture) -> None:
    def fail(connection: Connection, data: bytes) -> None:
        raise ValueError("a secret")

    site.answer = fail
    with Peer(port) as peer:
        peer.upgrade()
        peer.text(b"x")
        assert peer.closing() == (1011, "")
    assert "a secret" in caplog.text


def test_every_method_is_safe_after_the_end(peer: Peer, site: Site) -> None:
    peer.text(b"x")
    peer.frame()
    peer.send(close_frame(1000))
    peer.rest()
    connection = site.connections[0]

    def use() -> None:
        connection.write(Packet(b"late"))
        connection.pause_reading()
        connection.resume_reading()
        connection.close(1000, "")

    until(lambda: site.ends)
    site.call(use)
    assert site.ends == [(1000, "")]


def test_nothing_is_written_to_a_file_descriptor_that_another_peer_has(
    site: Site, port: int
) -> None:
    for _ in range(20):
        with Peer(port) as first:
            first.upgrade()
            until(lambda: len(site.connections) % 2 == 1)
            first.socket.setsockopt(1, 13, struct.pack("ii", 1, 0))
        until(lambda: len(site.ends) % 2 == 1)
        gone = site.connections[-1]
        with Peer(port) as second:
            second.upgrade()
            until(lambda: len(site.connections) % 2 == 0)
            site.call(partial(gone.write, Packet(b"for the first")))
            second.text(b"mine")
            assert second.frame().payload == b"mine"
            second.send(close_frame(1000))
            second.rest()
        until(lambda: len(site.ends) % 2 == 0)


def test_reading_can_be_paused(port: int, site: Site) -> None:
    def pause(connection: Connection, data: bytes) -> None:
        if data == b"wait":
            connection.pause_reading()

    site.answer = pause
    with Peer(port) as peer:
        peer.upgrade()
        peer.send(
            b"".join(frame(TEXT, text) for text in (b"one", b"wait", b"two", b"wait", b"three"))
        )
        until(lambda: site.messages == [b"one", b"wait"])
        peer.text(b"four")
        site.call(site.connections[0].resume_reading)
        until(lambda: site.messages[2:] == [b"two", b"wait"])
        site.call(site.connections[0].resume_reading)
        until(lambda: site.messages[4:] == [b"three", b"four"])


def test_a_ping_flood_from_a_peer_that_does_not_read(port: int, site: Site) -> None:
    with Peer(port, receive_buffer=4_096) as peer:
        peer.upgrade()
        flood = frame(PING, b"x" * 125) * 500
        before = resident()
        with pytest.raises(OSError):
            for _ in range(100_000):
                peer.send(flood)
    until(lambda: site.ends)
    assert site.ends == [(1008, "too many pings")]
    assert resident() - before < 32 * 1024 * 1024


def test_a_slow_consumer_is_dropped_with_3008(port: int, site: Site) -> None:
    with Peer(port, receive_buffer=4_096) as peer:
        peer.upgrade()
        until(lambda: site.connections)
        packet = Packet(b"x" * 65_536)

        def flood() -> None:
            for _ in range(500):
                site.connections[0].write(packet)

        before = resident()
        site.call(flood)
        until(lambda: site.ends)
        assert site.ends == [(3008, "slow")]
        assert resident() - before < 16 * 1024 * 1024
        assert peer.closing() == (3008, "slow")


def test_a_congested_peer_that_takes_nothing_is_cut(port: int, site: Site) -> None:
    with Peer(port, receive_buffer=4_096) as peer:
        peer.upgrade()
        until(lambda: site.connections)
        packet = Packet(b"x" * 65_536)

        def fill() -> None:
            transport = site.connections[0]._transport  # type: ignore[attr-defined]
            while transport.get_write_buffer_size() < 200_000:
                site.connections[0].write(packet)

        site.call(fill)
        until(lambda: site.ends)
        assert site.ends == [(1006, "")]


def test_a_slow_peer_gets_everything(port: int, site: Site) -> None:
    with Peer(port, receive_buffer=4_096) as peer:
        peer.upgrade()
        until(lambda: site.connections)
        packet = Packet(b"x" * 65_536)
        count = 0

        def fill() -> None:
            nonlocal count
            transport = site.connections[0]._transport  # type: ignore[attr-defined]
            while transport.get_write_buffer_size() < 200_000:
                site.connections[0].write(packet)
                count += 1

        site.call(fill)
        peer.send(frame(PING, b"first") + frame(PING, b"last"))
        frames = [peer.frame() for _ in range(count)]
        assert {len(received.payload) for received in frames} == {65_536}
        pongs = {peer.frame().payload}
        while b"last" not in pongs:
            pongs.add(peer.frame().payload)
        peer.text(b"and again")
        assert peer.frame().payload == b"and again"


def test_a_large_message_leaves_no_large_buffer(port: int, site: Site) -> None:
    peers = [Peer(port) for _ in range(100)]
    for peer in peers:
        peer.upgrade()
        peer.text(b"x" * 60_000)
        assert len(peer.frame().payload) == 60_000
    parsers = {id(connection._writer) for connection in site.connections}  # type: ignore[attr-defined]
    for peer in peers:
        peer.text(b"x" * 60_000)
        peer.frame()
        peer.send(frame(TEXT, b"a", fin=False) + frame(CONTINUATION, b"b"))
        assert peer.frame().payload == b"ab"
        peer.socket.close()
    until(lambda: len(site.ends) == 100)
    assert len(parsers) == 100


def test_the_limit_can_be_raised(port: int, site: Site) -> None:
    def raise_limit(connection: Connection, data: bytes) -> None:
        connection.message_limit = len(data) + 1

    site.answer = raise_limit
    with Peer(port) as peer:
        peer.upgrade()
        peer.text(b"abc")
        peer.text(b"abcd")
        peer.text(b"abcdef")
        assert peer.closing() == (1009, "message too big")
        assert site.messages == [b"abc", b"abcd"]
