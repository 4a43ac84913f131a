"""What surrounds the endpoints: TLS, Unix sockets, proxies, the drain, the log."""

import asyncio
import ssl
import subprocess
from pathlib import Path

import pytest

from antiphon.errors import StartupError
from antiphon.wire.server import BACKLOG, Server, warn_of_small_backlog
from tests.wire.conftest import QUICK
from tests.wire.peer import Peer, close_frame, until
from tests.wire.servers import Site, native_server, run_server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1"
    options = ["-subj", "/CN=localhost", "-keyout", str(key), "-out", str(cert)]
    subprocess.run([*command.split(), *options], check=True, capture_output=True)
    return cert, key


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_tls(certificate: tuple[Path, Path], loop: str) -> None:
    cert, key = certificate
    site = Site(limits=QUICK)
    server = native_server(site, ssl_certfile=cert, ssl_keyfile=key)
    context = ssl.create_default_context(cafile=str(cert))
    factories = {"asyncio": {"loop": asyncio.new_event_loop}, "uvloop": {}}
    with run_server(server, **factories[loop]) as port, Peer(port) as peer:
        peer.socket = context.wrap_socket(peer.socket, server_hostname="localhost")
        assert " 101 " in peer.upgrade()
        for size in (5, 60_000, 5):
            peer.text(b"x" * size)
            assert len(peer.frame().payload) == size
        assert site.requests[0].scheme == "wss"
        peer.send(close_frame(1000))
        assert peer.closing() == (1000, "")
    assert site.ends == [(1000, "")]


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_a_unix_socket(tmp_path: Path, loop: str) -> None:
    site = Site(limits=QUICK)
    path = str(tmp_path / "socket")
    factories = {"asyncio": {"loop": asyncio.new_event_loop}, "uvloop": {}}
    with run_server(native_server(site, uds=path), **factories[loop]), Peer(path) as peer:
        assert " 101 " in peer.upgrade()
        peer.text(b"hello")
        assert peer.frame().payload == b"hello"
        assert site.requests[0].address == ""


def test_a_trusted_proxy() -> None:
    site = Site()
    server = native_server(site, forwarded_allow_ips=["127.0.0.1"])
    with run_server(server) as port, Peer(port) as peer:
        peer.upgrade("X-Forwarded-For: 6.6.6.6, 1.1.1.1", "X-Forwarded-Proto: https")
    assert (site.requests[0].address, site.requests[0].scheme) == ("1.1.1.1", "wss")


def test_a_malformed_proxy() -> None:
    with pytest.raises(StartupError, match="proxy.example"):
        native_server(Site(), forwarded_allow_ips=["proxy.example"])


def test_the_drain_comes_before_the_end_of_connections() -> None:
    site = Site(limits=QUICK)
    seen: list[int] = []

    async def drain() -> None:
        seen.append(len(site.connections) - len(site.ends))
        site.connections[0].close(3001, "go elsewhere")

    with run_server(native_server(site, drain=drain)) as port:
        first, second = Peer(port), Peer(port)
        first.upgrade()
        until(lambda: site.connections)
        second.upgrade()
        until(lambda: len(site.connections) == 2)
    with first, second:
        assert first.closing() == (3001, "go elsewhere")
        assert second.closing() == (3001, "shutdown")
    assert seen == [2]
    until(lambda: len(site.ends) == 2)


def test_a_drain_that_raises_ends_the_server_all_the_same() -> None:
    site = Site(limits=QUICK)

    async def drain() -> None:
        raise ValueError("drain")

    server = native_server(site, drain=drain)
    with pytest.raises(ValueError, match="drain"):
        asyncio.run(_serve_one(server))
    assert not server.servers[0].is_serving()


async def _serve_one(server: Server) -> None:
    serving = asyncio.create_task(server.serve())
    await server.ready.wait()
    server.should_exit = True
    await serving


async def test_a_server_says_when_it_is_ready() -> None:
    server = native_server(Site())
    serving = asyncio.create_task(server.serve())
    await server.ready.wait()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.close()
    await writer.wait_closed()
    assert reader.exception() is None
    server.should_exit = True
    await serving


def test_no_query_string_in_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    site = Site(limits=QUICK)
    with run_server(native_server(site, log_level="info")) as port:
        for path in ("/ws?token=secret", "/other?token=secret", "/plain%0a?token=secret"):
            with Peer(port) as peer:
                peer.upgrade(path=path)
        with Peer(port) as peer:
            peer.send(b"GET /plain%0a?token=secret HTTP/1.1\r\nHost: x\r\n\r\n")
            peer.head()
    logged = "".join(capfd.readouterr())
    assert '"GET /plain%0A HTTP/1.1" 200' in logged
    assert "secret" not in logged


def test_a_flood_of_protocol_errors_fills_no_log(caplog: pytest.LogCaptureFixture) -> None:
    site = Site(limits=QUICK)
    caplog.set_level("INFO", "antiphon.wire")
    with run_server(native_server(site, log_level="info")) as port:
        for _ in range(50):
            with Peer(port) as peer:
                peer.upgrade()
                peer.send(b"\x83\x80\0\0\0\0")
                assert peer.closing()[0] == 1002
        until(lambda: len(site.ends) == 50)
    assert caplog.text.count("closed with 1002") == 1


def test_the_kernels_backlog(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    setting = tmp_path / "somaxconn"
    for text in (str(BACKLOG), "nonsense"):
        setting.write_text(text)
        warn_of_small_backlog(setting)
    warn_of_small_backlog(tmp_path / "missing")
    assert caplog.text == ""
    setting.write_text("128")
    warn_of_small_backlog(setting)
    assert "128 of 4096" in caplog.text
