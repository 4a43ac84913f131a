"""A stage for sessions: an app without sockets, clients in memory, and time that is told to pass."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

from antiphon import App, Event, Grant, History, Identity, InvalidToken, Meta
from antiphon.auth import Attempt
from antiphon.errors import Forbidden
from antiphon.wire.packet import Packet
from antiphon.wire.port import Request

TURNS = 200
"""Turns of the event loop after which something that depends on nothing else has happened."""


class Said(Event):
    """Somebody said something."""

    text: Annotated[str, Meta(max_length=20)]


class Typing(Event):
    """Somebody types."""


class Clock:
    """Wall clock and monotonic clock in one, far from zero."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Passes:
    """An authenticator whose tokens are the names they are registered under."""

    def __init__(self) -> None:
        self.waits = False
        self.identities: dict[str, Identity | Exception] = {}
        self.grants: dict[str, Grant | Exception] = {}

    async def connect(self, attempt: Attempt) -> Identity | None:
        return await self.refresh(attempt.token) if attempt.token else None

    async def refresh(self, token: str) -> Identity:
        if self.waits:
            await asyncio.sleep(0)
        found = self.identities.get(token, InvalidToken(token))
        if isinstance(found, Exception):
            raise found
        return found

    async def subscribe(self, token: str, *, channel: str, user: str, client: str) -> Grant:
        if self.waits:
            await asyncio.sleep(0)
        found = self.grants.get(token, Forbidden("no such token"))
        if isinstance(found, Exception):
            raise found
        return found

    def describe(self) -> str:
        return "passes"


class MemoryConnection:
    """The server's end of a connection that goes nowhere."""

    def __init__(self, headers: tuple[tuple[str, str], ...] = ()) -> None:
        self.request = Request(path="/", query="q=1", headers=headers, scheme="ws", address="::1")
        self.subprotocol: str | None = None
        self.session = ""
        self.pings = False
        self.pinged = 0
        self.message_limit = 0
        self.frames: list[bytes] = []
        self.packets: list[Packet] = []
        self.closed: tuple[int, str] | None = None
        self.paused = False
        self.on_write: Callable[[], None] | None = None

    def write(self, packet: Packet) -> None:
        if self.closed is None:
            assert packet.payload.strip(), "an empty frame"
            self.frames.append(packet.payload)
            self.packets.append(packet)
            if self.on_write is not None:
                self.on_write()

    def close(self, code: int, reason: str) -> None:
        if self.closed is None:
            self.closed = (code, reason)

    def ping(self) -> None:
        self.pinged += 1

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


class Peer:
    """A client. It sees what was written to it, and closes when it is told to."""

    def __init__(
        self, app: App, headers: tuple[tuple[str, str], ...] = (), *, door: str = "websocket"
    ) -> None:
        self.connection = MemoryConnection(headers)
        self.session = app.hub.open(self.connection, door)
        self.id = ""
        self._next_id = 0

    def frame(self, *commands: dict[str, Any]) -> None:
        """Send commands in one frame, as they are."""
        self.raw("\n".join(json.dumps(command) for command in commands))

    def raw(self, text: str) -> None:
        self.session.on_message(text.encode())

    def start(self, name: str, /, **request: Any) -> int:
        """Send one command; return its id."""
        self._next_id += 1
        self.frame({"id": self._next_id, name: request})
        return self._next_id

    async def ask(self, name: str, /, **request: Any) -> dict[str, Any]:
        """Send one command; return its result, or its error as ``{"error": ...}``."""
        return await self.reply(self.start(name, **request))

    async def reply(self, command_id: int) -> dict[str, Any]:
        """Wait for the reply to a command."""
        await until(lambda: self.replies(command_id))
        (reply,) = self.replies(command_id)
        del reply["id"]
        ((name, result),) = reply.items()
        return {"error": result} if name == "error" else result

    async def refusal(self, name: str, /, **request: Any) -> int:
        """Send one command; return the code of the error it must get."""
        code: int = (await self.ask(name, **request))["error"]["code"]
        return code

    async def connect(self, token: str = "", **request: Any) -> dict[str, Any]:
        result = await self.ask("connect", token=token, **request)
        self.id = result.get("client", "")
        return result

    def drop(self, code: int = 1006) -> None:
        """End the connection from the client's side."""
        self.connection.close(code, "")
        self.session.on_close(code, "")

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Everything written so far, in order."""
        return [json.loads(line) for f in self.connection.frames for line in f.split(b"\n")]

    def replies(self, command_id: int) -> list[dict[str, Any]]:
        return [line for line in self.lines if line.get("id") == command_id]

    @property
    def pushes(self) -> list[dict[str, Any]]:
        return [line["push"] for line in self.lines if "push" in line]

    @property
    def texts(self) -> list[str]:
        """What `Said` events said, live ones only."""
        return [push["pub"]["data"]["text"] for push in self.pushes if "pub" in push]

    @property
    def told(self) -> list[str]:
        """Names of the pushes, in order."""
        return [next(name for name in push if name != "channel") for push in self.pushes]

    @property
    def code(self) -> int | None:
        """The close code, once closed by the server."""
        return self.connection.closed[0] if self.connection.closed else None


async def until(condition: Callable[[], Any]) -> None:
    """Turn the loop until something is true."""
    for _ in range(TURNS):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it does not happen")


async def quiet() -> None:
    """Turn the loop until nothing can be left to happen by itself."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


class Stage:
    """An app on a stage: its clocks are one that the test owns."""

    def __init__(self, **options: Any) -> None:
        self.passes = Passes()
        self.clock = Clock()
        self.app = App("Stage", version="1.0.0", auth=self.passes, **options)
        self.core = self.app.hub.core
        self.core.clock = self.core.wall_clock = self.clock

    def peer(self, **options: Any) -> Peer:
        return Peer(self.app, **options)

    async def connect(self, user: str = "ann", **identity: Any) -> Peer:
        """Return a connected client of a user."""
        peer = self.peer()
        self.passes.identities[f"pass of {user}"] = Identity(user, **identity)
        assert "error" not in await peer.connect(f"pass of {user}")
        return peer

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, second by second, with clients that answer no ping."""
        for _ in range(int(seconds)):
            self.clock.now += 1
            self.app.hub.second()
            await asyncio.sleep(0)

    def assert_empty(self) -> None:
        """Assert that nothing is left of any connection."""
        hub = self.app.hub
        assert len(hub) == 0
        assert not hub.users
        assert not any(hub._pings._slots)
        assert not self.core.topics
        assert not self.core.tasks


@asynccontextmanager
async def on_stage(stage: Stage) -> AsyncIterator[Stage]:
    """Start and stop the app, whose own ticker does not tick: the test lets time pass."""
    await stage.app.start()
    stage.app.hub._ticker.stop()
    try:
        yield stage
    finally:
        await stage.app.stop()


def declare(stage: Stage) -> None:
    """Declare one channel of each kind."""
    app = stage.app
    app.channel("news", publishes=Said, accepts=Said, open=True)
    app.channel(
        "room:{x}",
        publishes=Said,
        accepts=Said,
        open=True,
        presence=True,
        join_leave=True,
        history=History(size=5, ttl=60),
    )
    app.channel("last:{x}", publishes=Said, open=True, history=History(1, 60, mode="cache"))
    app.channel("closed", publishes=Said)
    app.channel("token:{x}", publishes=Said)
    app.channel("talk#{a},{b}", publishes=Said)


async def publish(stage: Stage, name: str, *texts: str, **parameters: Any) -> None:
    """Publish in the channel of an address."""
    (channel,) = [c for c in stage.app.behaviour.router.channels if c.address.pattern == name]
    for text in texts:
        await channel.publish(Said(text=text), **parameters)
