"""The app that the released SDKs are run against, one channel per kind of channel there is.

`Stage` holds the app and acts in it from the server's side. ``python -m tests.interop.app`` serves
it in a process of its own, for clients that are not Python, and prints the port as its first line.
The end of its standard input stops it.

Times are short, so that a run sees pings, expiries and refreshes, and long enough for a machine that
is busy with all clients at once.
"""

import argparse
import asyncio
import re
import sys
from typing import Annotated, Any

from msgspec import Struct

from antiphon import (
    API,
    JWT,
    App,
    Channel,
    Client,
    Event,
    Forbidden,
    History,
    Limits,
    Meta,
    Refusal,
    StreamPosition,
)
from antiphon.testing import serve

SECRET = "known to the tests of this folder alone"
API_KEY = "known-to-backends-alone"
LIMITS = Limits(
    ping_seconds=6,
    pong_seconds=5,
    expiry_grace_seconds=1,
    message_bytes=131_072,
    api_body_bytes=131_072,
)
OUT_OF_STOCK = 1234
KEPT = History(size=100, ttl=300)


class Said(Event):
    """Somebody said something."""

    text: Annotated[str, Meta(min_length=1, max_length=100_000)]


class Notice(Event):
    """For one client alone."""

    text: str


class Nudge(Event):
    """From one client, without an answer."""

    text: str


class Say(Struct):
    """What the server is to say, and where."""

    channel: str
    texts: list[str]
    tags: dict[str, str] | None = None


class Blob(Struct):
    """Bytes that the server is to publish, and where. In JSON they are Base64."""

    channel: str
    data: bytes


class End(Struct):
    """How the server is to end the connection."""

    code: int
    reason: str


class Stage:
    """An app with channels, methods and messages, and ways to act in it.

    Channels: ``room`` asks a handler that waits, ``short`` keeps two publications, ``price`` the
    last value, ``vault`` wants a subscription token, ``news`` and ``inbox`` are entered from the
    server's side. ``draft`` makes patches, ``ticker`` has tags filters, ``blob`` makes
    patches of any bytes.
    """

    def __init__(self, *, compression: int = 0) -> None:
        self.jwt = JWT(secret=SECRET)
        self.app = App(
            "Interop",
            version="7.1",
            auth=self.jwt,
            messages=Notice,
            limits=LIMITS,
            compression=compression,
            api=API(key=API_KEY),
        )
        self._channels = declare_channels(self.app)
        declare_methods(self)
        declare_deeds(self)

    async def say(self, channel: str, *texts: str, **options: Any) -> None:
        """Publish in the server's name; the options are those of `Channel.publish`."""
        for text in texts:
            await self.publish(channel, Said(text), **options)

    async def publish(self, channel: str, event: Event | bytes, **options: Any) -> None:
        """Publish whatever a channel declares."""
        kind, name = re.split("[:#]", channel)
        declared = self._channels[kind]
        parameters: dict[str, Any] = dict.fromkeys(declared.address.parameters, name)
        await declared.publish(event, **parameters, **options)

    async def count(self, channel: str) -> int:
        """Say how many clients the server counts in a channel."""
        clients, _ = await self.app.hub.core.engine.presence_stats(channel)
        return clients

    async def ponged(self) -> None:
        """Wait until the one client that is connected has answered a ping."""
        stats = self.app.hub.core.stats
        commands = stats.commands - stats.messages_in
        while stats.commands - stats.messages_in == commands:  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.02)


def declare_channels(app: App) -> dict[str, Channel]:
    """Declare one channel of each kind; the keys are what their names begin with."""
    room = app.channel(
        "room:{name}", publishes=Said, accepts=Said, history=KEPT, presence=True, join_leave=True
    )
    vault = app.channel("vault:{name}", publishes=Said, history=KEPT)
    news = app.channel("news:{name}", publishes=Said, history=KEPT, join_leave=True)
    inbox = app.channel(
        "inbox#{user}", publishes=Said, history=KEPT, join_leave=True, personal=True
    )

    @room.on_subscribe
    async def enter(client: Client, name: str) -> None:
        await asyncio.sleep(0)
        if name == "locked":
            raise Forbidden("this room is locked")

    return {"room": room, "vault": vault, "news": news, "inbox": inbox, **declare_open(app)}


def declare_open(app: App) -> dict[str, Channel]:
    """Declare those that everybody may enter."""
    short = app.channel("short:{name}", publishes=Said, history=History(size=2, ttl=300), open=True)
    price = app.channel(
        "price:{name}", publishes=Said, history=History(size=1, ttl=300, mode="cache"), open=True
    )
    draft = app.channel("draft:{name}", publishes=Said, history=KEPT, open=True, delta=True)
    ticker = app.channel("ticker:{name}", publishes=Said, history=KEPT, open=True, tags_filter=True)
    blob = app.channel(
        "blob:{name}", publishes=bytes, accepts=bytes, history=KEPT, open=True, delta=True
    )
    return {"short": short, "price": price, "draft": draft, "ticker": ticker, "blob": blob}


def declare_methods(stage: Stage) -> None:
    """Declare what clients may call to be answered, and what they may tell."""
    app = stage.app

    @app.rpc("sum")
    async def add(client: Client, request: list[int]) -> int:
        return sum(request)

    @app.rpc("echo")
    async def echo(client: Client, request: str) -> str:
        return request

    @app.rpc("buy")
    async def buy(client: Client) -> None:
        raise Refusal("out of stock", code=OUT_OF_STOCK)

    @app.rpc("count")
    async def count(client: Client, request: str) -> int:
        return await stage.count(request)

    @app.rpc("position")
    async def position(client: Client, request: str) -> StreamPosition:
        _, top = await app.hub.core.engine.history(request)
        return top

    @app.rpc("ponged")
    async def ponged(client: Client) -> None:
        await stage.ponged()

    @app.on_message(Nudge)
    async def nudge(client: Client, event: Nudge) -> None:
        client.send(Notice(event.text))


def declare_deeds(stage: Stage) -> None:
    """Declare what clients may have the server do."""
    app = stage.app

    @app.rpc("say")
    async def say(client: Client, request: Say) -> None:
        await stage.say(request.channel, *request.texts, tags=request.tags)

    @app.rpc("tell_others")
    async def tell_others(client: Client, request: Say) -> None:
        await stage.say(request.channel, *request.texts, exclude=client)

    @app.rpc("blob")
    async def blob(client: Client, request: Blob) -> None:
        await stage.publish(request.channel, request.data)

    @app.rpc("follow")
    async def follow(client: Client, request: str) -> None:
        await client.subscribe(request)

    @app.rpc("unfollow")
    async def unfollow(client: Client, request: str) -> None:
        await client.unsubscribe(request)

    @app.rpc("end")
    async def end(client: Client, request: End) -> None:
        client.disconnect(request.code, request.reason)

    @app.rpc("notify")
    async def notify(client: Client, request: str) -> None:
        client.send(Notice(request))


async def main(compression: int) -> None:
    """Serve until standard input ends: with the parent, at the latest."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, ended.set)
    async with serve(Stage(compression=compression).app) as served:
        print(served.url.rpartition(":")[2], flush=True)  # noqa: T201
        await ended.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compression", type=int, default=0, metavar="LEVEL")
    asyncio.run(main(parser.parse_args().compression))
