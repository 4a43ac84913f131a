"""What the cases for the Python SDK share: the served app, people at clients, a cable to cut.

A `Person` holds a client of the SDK, a `Seat` one of its subscriptions. Whatever the SDK tells is
kept in their `log`, by event, until a case asks for it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from centrifuge import (  # type: ignore[import-untyped]
    ClientDisconnectedError,
    ReplyError,
    Subscription,
)

from antiphon.testing import Served
from tests.interop.app import Stage
from tests.interop.language import JSON, Language
from tests.interop.proxy import Proxy

PATIENCE = 20.0


class Log:
    """An event handler for the SDK; keeps what its language reads in each call to ``on_<event>``."""

    def __init__(self, language: Language = JSON) -> None:
        self._read = language.read
        self._kept: defaultdict[str, asyncio.Queue[Any]] = defaultdict(asyncio.Queue)

    def __getattr__(self, name: str) -> Callable[[Any], Awaitable[None]]:
        if not name.startswith("on_"):
            raise AttributeError(name)

        async def keep(context: Any) -> None:
            self.add(name.removeprefix("on_"), self._read(context))

        return keep

    def add(self, event: str, context: Any = None) -> None:
        self._kept[event].put_nowait(context)

    async def next(self, event: str) -> Any:
        """Wait for the next one of an event."""
        try:
            return await asyncio.wait_for(self._kept[event].get(), PATIENCE)
        except TimeoutError:
            raise AssertionError(f"no {event!r} came") from None

    async def some(self, event: str, count: int) -> list[Any]:
        return [await self.next(event) for _ in range(count)]

    async def heard(self, count: int) -> list[str]:
        """Return the texts of the next publications."""
        return [context.pub.data["text"] for context in await self.some("publication", count)]

    def left(self, event: str) -> int:
        """Say how many have come and were not asked for."""
        return self._kept[event].qsize()


class Seat:
    """One subscription."""

    def __init__(self, subscription: Subscription, log: Log) -> None:
        self.sdk = subscription
        self.log = log


class Person:
    """One client; it reconnects without much ado."""

    def __init__(self, port: int, token: str, language: Language, options: dict[str, Any]) -> None:
        self.log = Log(language)
        self._language = language
        self.sdk = language.client(
            f"ws://127.0.0.1:{port}/connection/websocket",
            events=self.log,
            token=token,
            timeout=PATIENCE,
            min_reconnect_delay=0.02,
            max_reconnect_delay=0.1,
            proxy=None,
            **options,
        )

    @property
    def id(self) -> str:
        return str(self.sdk.client_id)

    async def call(self, method: str, data: Any = None) -> Any:
        """Call an RPC method."""
        return (await self.sdk.rpc(method, data)).data

    async def sit(self, channel: str, **options: Any) -> Seat:
        """Subscribe; whether that works, the log tells."""
        log = Log(self._language)
        subscription = self.sdk.new_subscription(
            channel, events=log, min_resubscribe_delay=0.02, **options
        )
        await subscription.subscribe()
        return Seat(subscription, log)

    async def seated(self, channel: str, **options: Any) -> Seat:
        """Subscribe, and wait until that has worked."""
        seat = await self.sit(channel, **options)
        await seat.log.next("subscribed")
        return seat


def port_of(served: Served) -> int:
    """Return the port an app is served on."""
    return int(served.url.rpartition(":")[2])


class World:
    """A served app, a cable to it, and the language that people speak unless they say otherwise."""

    def __init__(self, stage: Stage, port: int, cable: Proxy, language: Language) -> None:
        self.stage = stage
        self.language = language
        self.port = port
        self.cable = cable
        self._people: list[Person] = []

    def token(self, user: str = "alice", **claims: Any) -> str:
        return self.stage.jwt.issue(user, **claims)

    def person(
        self,
        port: int | None = None,
        *,
        token: str | None = None,
        language: Language | None = None,
        **options: Any,
    ) -> Person:
        """Make a client that has yet to connect."""
        token = self.token() if token is None else token
        person = Person(port or self.port, token, language or self.language, options)
        self._people.append(person)
        return person

    async def connected(self, port: int | None = None, **options: Any) -> Person:
        """Make a client and wait until it has connected."""
        person = self.person(port, **options)
        await person.sdk.connect()
        await person.log.next("connected")
        await person.log.next("connecting")
        return person

    async def meanwhile(
        self, person: Person, *texts: str, channel: str, tags: dict[str, str] | None = None
    ) -> None:
        """Cut the cable, publish while the person is away, and mend the cable."""
        self.cable.cut()
        assert (await person.log.next("connecting")).code == 1
        await self.stage.say(channel, *texts, tags=tags)
        self.cable.mend()
        await person.log.next("connected")

    async def end(self) -> None:
        for person in self._people:
            await person.sdk.disconnect()


async def error_of(call: Awaitable[Any]) -> ReplyError:
    """Return the error that the server replied with."""
    try:
        await call
    except ReplyError as error:
        return error
    raise AssertionError("the server did not refuse")


async def cut_short(call: Awaitable[Any]) -> None:
    """Await a call whose connection ends, before or after its reply."""
    try:
        await call
    except ClientDisconnectedError:
        pass
