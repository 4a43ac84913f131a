"""From the upgrade request to the first frame, over real sockets."""

import socket
import struct
from collections.abc import Callable

import pytest
import uvicorn

from antiphon.limits import Limits
from antiphon.wire.port import Connection, Receiver, Refusal, Request
from antiphon.wire.upgrade import Upgrades
from tests.wire.conftest import QUICK
from tests.wire.peer import Peer, until
from tests.wire.servers import Site, native, native_server, plain_app, run_server


def test_a_firefox(port: int) -> None:
    with Peer(port) as peer:
        assert " 101 " in peer.upgrade(Connection="keep-alive, Upgrade", Upgrade="WebSocket")


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"Sec_WebSocket_Version": "8"}, 426),
        ({"Sec_WebSocket_Version": None}, 426),
        ({"Sec_WebSocket_Key": "short"}, 400),
        ({"Sec_WebSocket_Key": None}, 400),
        ({"Host": None}, 400),
        ({"Content_Length": "5"}, 400),
    ],
    ids=str,
)
def test_an_invalid_handshake(port: int, site: Site, changed: dict[str, str], status: int) -> None:
    with Peer(port) as peer:
        head = peer.upgrade(**changed)
        assert head.startswith(f"HTTP/1.1 {status} ")
        assert ("Sec-WebSocket-Version: 13" in head) == (status == 426)
    assert site.requests == []


def test_a_plain_request_for_a_websocket_path_goes_to_the_app(port: int) -> None:
    with Peer(port) as peer:
        assert " 200 " in peer.upgrade(Upgrade=None, Connection=None)


def test_what_the_endpoint_sees(port: int, site: Site) -> None:
    with Peer(port) as peer:
        peer.upgrade("Cookie: a=b", "X-Forwarded-For: 1.1.1.1", path="/ws?token=x%20y")
        peer.text(b"x")
        peer.frame()
    request = site.requests[0]
    assert (request.path, request.query, request.scheme) == ("/ws", "token=x%20y", "ws")
    assert request.address == "127.0.0.1"
    assert request.header("cookie") == "a=b"
    assert request.header("sec-websocket-key") is None
    assert site.connections[0].request is request


def test_a_refusal_of_the_endpoint(port: int, site: Site) -> None:
    site.examine = lambda request: Refusal(403, "not from there", {"X-Why": "origin"})
    with Peer(port) as peer:
        head = peer.upgrade()
        assert head.startswith("HTTP/1.1 403 ")
        assert "X-Why: origin" in head
        assert peer.rest() == b"not from there"
    assert site.connections == []


def test_an_endpoint_that_cannot_decide(
    port: int, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(request: Request) -> Refusal | None:
        raise ValueError("secret db password")

    site.examine = fail
    with Peer(port) as peer:
        assert peer.upgrade().startswith("HTTP/1.1 500 ")
        assert b"secret" not in peer.rest()
    assert "secret db password" in caplog.text


def test_an_endpoint_that_cannot_open(caplog: pytest.LogCaptureFixture) -> None:
    def fail(connection: Connection) -> Receiver:
        raise ValueError("secret db password")

    site = Site(limits=QUICK)
    server = native_server(site)
    broken = type(site.endpoint)(open=fail, admit=lambda request: None, limits=QUICK)
    server.config.ws = Upgrades({"/ws": broken}, limits=QUICK)  # type: ignore[assignment]
    with run_server(server) as port, Peer(port) as peer:
        peer.upgrade()
        assert peer.closing() == (1011, "")
    assert "secret db password" in caplog.text


def test_a_peer_that_leaves_during_the_handshake_is_forgotten() -> None:
    site = Site(limits=Limits(connections=1))
    with native(site) as port:
        for _ in range(20):
            with Peer(port) as peer:
                peer.send(peer.request())
                peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            until(lambda: len(site.ends) == len(site.connections))

        def admitted() -> bool:
            with Peer(port) as peer:
                return " 101 " in peer.upgrade()

        until(admitted)


def test_the_best_common_subprotocol_is_chosen() -> None:
    site = Site(subprotocols=("b", "a"))
    with native(site) as port:
        for offered, chosen in [("a, b", "b"), ("c,a", "a"), ("c", None), (None, None)]:
            with Peer(port) as peer:
                head = peer.upgrade(Sec_WebSocket_Protocol=offered)
                expected = [f"Sec-WebSocket-Protocol: {chosen}"] if chosen else []
                assert [line for line in head.split("\r\n") if "-Protocol" in line] == expected


def test_another_websocket_of_the_app(port: int) -> None:
    with Peer(port) as peer:
        assert " 101 " in peer.upgrade(path="/other")
        assert peer.frame().payload == b"other"


def test_without_a_library_for_other_websockets(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uvicorn.protocols.websockets.auto.AutoWebSocketsProtocol", None)
    with Peer(port) as peer:
        assert peer.upgrade(path="/other").startswith("HTTP/1.1 404 ")


@pytest.mark.parametrize("http", ["httptools", "h11"])
def test_under_plain_uvicorn(http: str) -> None:
    site = Site()
    make: Callable[..., uvicorn.Config] = uvicorn.Config
    config = make(
        plain_app,
        port=0,
        http=http,
        ws=Upgrades({"/ws": site.endpoint}, limits=site.limits),
        log_config=None,
    )
    with run_server(uvicorn.Server(config)) as port, Peer(port) as peer, Peer(port) as other:
        assert " 101 " in peer.upgrade()
        peer.text(b"hello")
        assert peer.frame().payload == b"hello"
        assert " 101 " in other.upgrade(path="/other")
        assert other.frame().payload == b"other"
        other.rest()
        peer.text(b"x" * 16)
        peer.frame()
    until(lambda: site.ends)
