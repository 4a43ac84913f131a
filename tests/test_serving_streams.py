"""Our own server and its streams: its deadlines, its end, and clients that do not read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from antiphon import App, Limits
from antiphon.hosting import Hosting
from antiphon.wire.server import Server
from tests.streaming import SECONDS, Stream, Web, build, eventually, say
from tests.wire.peer import Peer

CONNECT = {"id": 1, "connect": {}}
STREAMS = {"http_stream": CONNECT, "sse": CONNECT, "uni_http_stream": {}, "uni_sse": {}}


@asynccontextmanager
async def serving(app: App) -> AsyncIterator[tuple[Server, Web]]:
    """Serve an app; leaving stops the server."""
    hosting = Hosting(app)
    server = hosting.server(port=0, log_level=None)
    running = asyncio.ensure_future(hosting.serve(server))
    await server.ready.wait()
    async with Web(f"http://127.0.0.1:{server.port}") as web:
        try:
            yield server, web
        finally:
            server.should_exit = True
            await asyncio.wait_for(running, SECONDS)


def half_a_request(port: int) -> bytes:
    """Send half a request, and wait for the end of the server's patience with it."""
    with Peer(port) as peer:
        peer.send(b"POST /health HTTP/1.1\r\n")
        return peer.rest()


async def opened(web: Web, stack: AsyncExitStack) -> list[Stream]:
    """Open a stream of each kind, and see its client connected."""
    streams = [
        await stack.enter_async_context(web.post(transport, said))
        for transport, said in STREAMS.items()
    ]
    for stream in streams:
        assert "connect" in await stream.next()
    return streams


async def test_silence_is_no_reason_to_end_a_stream() -> None:
    app = build(limits=Limits(request_seconds=0.1, stalled_seconds=0.1))
    async with serving(app) as (server, web), AsyncExitStack() as stack:
        streams = await opened(web, stack)
        for _ in range(3):
            assert await asyncio.to_thread(half_a_request, server.port) == b""
        for client in app.clients_of(""):
            await client.subscribe("room:a")
        await say(app, "room:a", "still here")
        for stream in streams:
            _, told = await stream.some(2)
            assert told.get("push", told)["pub"]["data"]["text"] == "still here"


async def test_a_shutdown_ends_streams_and_does_not_wait_for_them() -> None:
    app = build(limits=Limits(shutdown_seconds=600, close_seconds=600))
    async with AsyncExitStack() as outer:
        stack = await outer.enter_async_context(AsyncExitStack())
        _, web = await stack.enter_async_context(serving(app))
        streams = await opened(web, outer)
        stopped = asyncio.ensure_future(stack.aclose())
        for stream in streams:
            told = (await stream.rest())[-1]
            assert told.get("push", told)["disconnect"] == {
                "code": 3001,
                "reason": "shutdown",
                "reconnect": True,
            }
        await asyncio.wait_for(stopped, SECONDS)
        assert len(app.hub) == 0


async def test_a_shutdown_does_not_wait_for_who_does_not_read() -> None:
    app = build(limits=Limits(shutdown_seconds=600, close_seconds=0.2, stalled_seconds=0.2))
    async with serving(app) as (server, web):
        with Peer(server.port, receive_buffer=4_096) as peer:
            begin(peer, "uni_sse")
            await eventually(lambda: app.clients_of(""))
            await fill(app)


@pytest.mark.parametrize("transport", ["uni_sse", "uni_http_stream"])
async def test_who_does_not_read_is_cut(transport: str, caplog: pytest.LogCaptureFixture) -> None:
    app = build(limits=Limits(stalled_seconds=0.3, close_seconds=2, outbox_bytes=100_000))
    ends: list[int] = []
    app.on_disconnect(lambda client, code: ends.append(code))
    async with serving(app) as (server, web):
        with Peer(server.port, receive_buffer=4_096) as peer:
            begin(peer, transport)
            await eventually(lambda: app.clients_of(""))
            await fill(app)
            assert ends in ([3008], [1006])
            await eventually(lambda: not server.server_state.connections)
            async with web.get("uni_sse") as stream:
                assert "connect" in await stream.next()
    assert "without completing response" not in caplog.text


def begin(peer: Peer, transport: str) -> None:
    body = b'{"subs":{"room:a":{}}}'
    head = (
        f"POST /connection/{transport} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    peer.send(head.encode() + body)


async def fill(app: App) -> None:
    """Publish until nobody is left who does not read."""
    async with asyncio.timeout(SECONDS):
        while len(app.hub):
            await say(app, "room:a", "x" * 50_000)
            await asyncio.sleep(0)


async def test_other_requests_on_the_same_connection() -> None:
    app = build()
    async with serving(app) as (server, web):
        with Peer(server.port) as peer:
            refused = await asyncio.to_thread(_ask, peer, b"HEAD /connection/sse HTTP/1.1")
            assert refused.startswith("HTTP/1.1 405")
            assert "allow: GET, POST, OPTIONS" in refused
            answer = await asyncio.to_thread(_ask, peer, b"OPTIONS /emulation HTTP/1.1")
            assert answer.startswith("HTTP/1.1 204")
            assert "content-length" not in answer.lower()
            assert "transfer-encoding" not in answer.lower()
            begun = await asyncio.to_thread(_ask, peer, b"GET /connection/uni_sse HTTP/1.1")
            assert begun.startswith("HTTP/1.1 200")


def _ask(peer: Peer, line: bytes) -> str:
    peer.send(line + b"\r\nHost: x\r\n\r\n")
    return peer.head()


async def test_what_comes_behind_a_stream_waits_and_does_no_harm() -> None:
    app = build()
    async with serving(app) as (server, web):
        with Peer(server.port) as peer:
            begin(peer, "uni_http_stream")
            peer.send(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
            peer.send(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            await eventually(lambda: app.clients_of(""))
            await say(app, "room:a", "said meanwhile")
            app.hub.core.flush()
            app.disconnect("", 4000, "enough")
            everything = (await asyncio.to_thread(peer.rest)).decode()
    assert everything.count("HTTP/1.1 200") == 4
    assert everything.index("said meanwhile") < everything.index("enough")
    assert everything.index("enough") < everything.index('"status":"ok"')
    assert len(app.hub) == 0
