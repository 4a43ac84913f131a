import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from antiphon.wire.client import WAITING, HandshakeFailed, Socket, SocketClosed, open_socket
from antiphon.wire.handshake import accept_response
from antiphon.wire.packet import Packet
from antiphon.wire.port import Connection, Refusal
from tests.wire.conftest import QUICK
from tests.wire.peer import frame, until
from tests.wire.servers import Site, native


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Site, int]]:
    site = Site(limits=QUICK, subprotocols=("json",))
    with native(site) as port:
        yield site, port


@asynccontextmanager
async def opened(port: int, **options: object) -> AsyncIterator[Socket]:
    socket = await open_socket(f"ws://127.0.0.1:{port}/ws", **options)  # type: ignore[arg-type]
    try:
        yield socket
    finally:
        await socket.close()


async def test_messages_both_ways(port: int) -> None:
    async with opened(port) as socket:
        for text in (b"hello", "ü".encode(), b"x" * 60_000):
            await socket.send(text)
            assert await socket.receive() == text


async def test_headers_and_subprotocols(port: int, site: Site) -> None:
    headers = {"Authorization": "Bearer x"}
    async with opened(port, headers=headers, subprotocols=["xml", "json"]) as socket:
        assert socket.subprotocol == "json"
    async with opened(port) as socket:
        assert socket.subprotocol is None
    assert site.requests[0].header("authorization") == "Bearer x"


async def test_our_close(port: int, site: Site) -> None:
    socket = await open_socket(f"ws://127.0.0.1:{port}/ws")
    await socket.close(4000, "bye")
    await socket.close()
    with pytest.raises(SocketClosed, match="4000"):
        await socket.receive()
    with pytest.raises(SocketClosed):
        await socket.send(b"late")
    await asyncio.to_thread(until, lambda: site.ends)
    assert site.ends == [(4000, "bye")]


async def test_the_servers_close_comes_after_its_messages(port: int, site: Site) -> None:
    def farewell(connection: Connection, data: bytes) -> None:
        connection.write(Packet(b"last words"))
        connection.close(3001, "shutdown")

    site.answer = farewell
    async with opened(port) as socket:
        await socket.send(b"x")
        assert await socket.receive() == b"last words"
        with pytest.raises(SocketClosed) as caught:
            await socket.receive()
        assert (caught.value.code, caught.value.reason) == (3001, "shutdown")


async def test_a_flood_is_held_back(port: int, site: Site) -> None:
    count = WAITING * 3

    def flood(connection: Connection, data: bytes) -> None:
        for number in range(count):
            connection.write(Packet(str(number).encode()))

    site.answer = flood
    async with opened(port) as socket:
        await socket.send(b"x")
        received = [int(await socket.receive()) for _ in range(count)]
        assert received == list(range(count))


async def test_a_refusal(port: int, site: Site) -> None:
    site.examine = lambda request: Refusal(403, "no")
    with pytest.raises(HandshakeFailed) as caught:
        await open_socket(f"ws://127.0.0.1:{port}/ws")
    assert caught.value.status == 403


@pytest.mark.parametrize("url", ["nonsense", "http://127.0.0.1/", "ws://"])
async def test_a_bad_url(url: str) -> None:
    with pytest.raises(HandshakeFailed):
        await open_socket(url)


async def test_no_server() -> None:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    with pytest.raises(OSError):
        await open_socket(f"ws://127.0.0.1:{port}/")


@asynccontextmanager
async def scripted(*frames: bytes) -> AsyncIterator[Socket]:
    """A socket to a server that sends frames as they are, right or wrong."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = next(line for line in head.split("\r\n") if "-Key: " in line).partition(": ")[2]
        writer.write(accept_response(key, subprotocol=None, extension=None) + b"".join(frames))
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, opened(server.sockets[0].getsockname()[1]) as socket:
        yield socket


async def test_fragments() -> None:
    parts = (frame(1, b"a", fin=False, masked=False), frame(0, b"b", masked=False))
    async with scripted(*parts) as socket:
        assert await socket.receive() == b"ab"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frame(1, b"\xff", masked=False), 1007),
        (frame(1, b"x", rsv=4, masked=False), 1002),
        (frame(0, b"x", masked=False), 1002),
        (frame(8, b"\x03", masked=False), 1002),
        (frame(8, masked=False), 1005),
    ],
)
async def test_a_server_that_breaks_the_rules(data: bytes, code: int) -> None:
    async with scripted(data) as socket:
        with pytest.raises(SocketClosed) as caught:
            await socket.receive()
        assert caught.value.code in (code, 1006)
