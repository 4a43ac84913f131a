"""Antiphon: an app with one declared event, one open channel and one RPC method.

Options: ``compression`` (zlib level), ``secret`` (clients then need a token, HS256, instead of
`Anonymous`) and ``dialect`` (of the clients: ``protobuf``, ``delta``). The limit on commands per second is lifted, because the benchmark's clients ask as
fast as they are answered; every other limit keeps its default.
"""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

import msgspec

from antiphon import JWT, Anonymous, App, Channel, Client, Event, Limits
from antiphon.entrance import WEBSOCKET_PATH
from antiphon.wire.server import build_server
from bench.peers import Options

UNLIMITED = 1_000_000_000
LIMITS = Limits(commands_per_second=UNLIMITED, command_burst=UNLIMITED)


class Quote(msgspec.Struct):
    """One line of a tick."""

    symbol: str
    price: float
    volume: int


class Tick(Event):
    """The event of `bench.payloads`."""

    quotes: list[Quote]
    text: str


class Broadcast:
    """The peer."""

    def __init__(self, url: str, dialect: str, channel: Channel) -> None:
        self.url = url
        self.dialect = dialect
        self.serving: asyncio.Task[None] | None = None
        self._channel = channel
        self._events: list[Tick] = []

    def load(self, events: Sequence[dict[str, Any]]) -> None:
        self._events = [msgspec.convert(event, Tick) for event in events]

    async def publish(self, first: int, count: int) -> None:
        channel = self._channel
        for event in self._events[first : first + count]:
            await channel.publish(event)


async def echo(client: Client, request: Tick) -> Tick:
    """Answer with what was asked: decoded, checked and encoded again."""
    return request


def _app(options: Options) -> App:
    secret = options.get("secret")
    return App(
        "Bench",
        version="1",
        auth=JWT(secret=secret) if secret else Anonymous(),
        compression=options.get("compression", 0),
        limits=LIMITS,
    )


async def start(options: Options) -> Broadcast:
    """Serve on a free port of the loopback interface, with the server of ``antiphon run``."""
    app = _app(options)
    channel = app.channel("bench", publishes=Tick, open=True, delta=True)
    app.rpc("echo")(echo)
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    server = build_server(app, app.sockets(), limits=LIMITS, log_level="error")
    port = listener.getsockname()[1]
    dialect = options.get("dialect", "centrifuge")
    query = "?format=protobuf" if dialect == "protobuf" else ""
    peer = Broadcast(f"ws://127.0.0.1:{port}{WEBSOCKET_PATH}{query}", dialect, channel)
    peer.serving = asyncio.create_task(server.serve(sockets=[listener]))
    return peer
