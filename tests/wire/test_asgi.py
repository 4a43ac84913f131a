"""What plain ASGI leaves to us, with a server played by the test; real servers are in test_limits."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from antiphon.limits import Limits
from antiphon.wire.asgi_websocket import serve_websocket
from antiphon.wire.packet import Packet
from antiphon.wire.port import Connection, Receiver, Refusal
from tests.wire.servers import Site

SCOPE = {
    "type": "websocket",
    "path": "/ws",
    "query_string": b"a=b",
    "scheme": "wss",
    "client": ("1.2.3.4", 5),
    "headers": [(b"Host", b"example.com"), (b"cookie", b"a=\xfc")],
    "subprotocols": [],
}


class Server:
    """An ASGI server with one WebSocket; `block` holds sends back."""

    def __init__(self, site: Site, **scope: object) -> None:
        self.sent: list[dict[str, Any]] = []
        self.block = asyncio.Event()
        self.block.set()
        self.arrived = asyncio.Event()
        self.on_send: Callable[[], None] = lambda: None
        self._inbound: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.put(type="websocket.connect")
        running = serve_websocket({**SCOPE, **scope}, self._inbound.get, self._send, site.endpoint)
        self.app = asyncio.ensure_future(running)

    def put(self, **message: object) -> None:
        """Let the app receive something."""
        self._inbound.put_nowait(message)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition holds that something sent brings about."""
        while not condition():
            self.arrived.clear()
            await asyncio.wait_for(self.arrived.wait(), 10)

    async def _send(self, message: Any) -> None:
        await self.block.wait()
        self.on_send()
        self.sent.append(dict(message))
        self.arrived.set()


async def test_a_conversation() -> None:
    site = Site()
    server = Server(site)
    server.put(type="websocket.receive", text="ü")
    server.put(type="websocket.receive", bytes=b"\xff", text=None)
    await server.until(lambda: len(server.sent) == 3)
    assert server.sent == [
        {"type": "websocket.accept", "subprotocol": None},
        {"type": "websocket.send", "text": "ü"},
        {"type": "websocket.send", "bytes": b"\xff"},
    ]
    server.put(type="websocket.disconnect", code=1001, reason="bye")
    await server.app
    assert site.ends == [(1001, "bye")]
    request = site.requests[0]
    assert (request.path, request.query, request.scheme) == ("/ws", "a=b", "wss")
    assert request.address == "1.2.3.4"
    assert request.headers == (("host", "example.com"), ("cookie", "a=ü"))


async def test_a_disconnect_without_a_code() -> None:
    site = Site()
    server = Server(site, client=None)
    server.put(type="websocket.disconnect")
    await server.app
    assert site.ends == [(1005, "")]
    assert site.requests[0].address == ""


async def test_a_refusal_as_an_http_answer() -> None:
    refusal = Refusal(503, "later", {"Retry-After": "5"})
    server = Server(Site(admit=lambda _: refusal), extensions={"websocket.http.response": {}})
    await server.app
    start, body = server.sent
    assert start["status"] == 503
    assert (b"retry-after", b"5") in start["headers"]
    assert (b"content-length", b"5") in start["headers"]
    assert body["body"] == b"later"


@pytest.mark.parametrize("scope", [{}, {"extensions": None}, {"extensions": {}}], ids=str)
async def test_a_refusal_without_the_extension(scope: dict[str, object]) -> None:
    server = Server(Site(admit=lambda _: Refusal(403, "no")), **scope)
    await server.app
    assert server.sent == [{"type": "websocket.close"}]


async def test_an_endpoint_that_cannot_open() -> None:
    def fail(connection: Connection) -> Receiver:
        raise ValueError("a secret")

    site = Site(limits=Limits(close_seconds=0.01))
    site.endpoint = type(site.endpoint)(open=fail, admit=lambda _: None, limits=site.limits)
    server = Server(site)
    await server.app
    assert server.sent[-1] == {"type": "websocket.close", "code": 1011, "reason": ""}


async def test_a_send_that_takes_too_long_ends_the_connection() -> None:
    site = Site(limits=Limits(stalled_seconds=0.01))
    server = Server(site)
    await server.until(lambda: server.sent)
    server.block.clear()
    server.put(type="websocket.receive", text="x")
    await server.app
    assert site.ends == [(1006, "")]


async def test_a_full_outbox_makes_way_for_the_close() -> None:
    site = Site(limits=Limits(outbox_bytes=10, close_seconds=0.05))
    server = Server(site)
    await server.until(lambda: server.sent)
    for _ in range(5):
        site.connections[0].write(Packet(b"123456"))
    await server.app
    assert server.sent[1:] == [{"type": "websocket.close", "code": 3008, "reason": "slow"}]
    assert site.ends == [(3008, "slow")]


async def test_every_method_is_safe_after_the_end() -> None:
    site = Site()
    server = Server(site)
    server.put(type="websocket.disconnect", code=1000)
    await server.app
    connection = site.connections[0]
    connection.write(Packet(b"late"))
    connection.pause_reading()
    connection.resume_reading()
    connection.close(1000, "")
    await asyncio.sleep(0)
    assert site.ends == [(1000, "")]


async def test_an_app_that_is_cancelled_notes_the_end() -> None:
    site = Site()
    server = Server(site)
    await server.until(lambda: server.sent)
    server.app.cancel()
    with pytest.raises(asyncio.CancelledError):
        await server.app
    assert site.ends == [(1006, "")]


@pytest.mark.parametrize("turns", range(4))
async def test_the_hub_may_go_on_while_a_failed_connection_ends(turns: int) -> None:
    site = Site(limits=Limits(outbox_bytes=10))
    server = Server(site)
    await server.until(lambda: server.sent)
    errors: list[BaseException] = []

    def go_on(turns: int) -> None:
        if turns:
            asyncio.get_running_loop().call_soon(go_on, turns - 1)
            return
        try:
            for _ in range(3):
                site.connections[0].write(Packet(b"123456"))
            site.connections[0].close(3001, "shutdown")
        except Exception as error:
            errors.append(error)

    def fail() -> None:
        go_on(turns)
        raise ConnectionResetError

    server.on_send = fail
    server.put(type="websocket.receive", text="x")
    await server.app
    assert errors == []
    assert len(site.ends) == 1
