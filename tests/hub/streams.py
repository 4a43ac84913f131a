"""Clients on the stage that come over HTTP: a stream, and requests that bring their commands."""

import json
from typing import Any, get_args

from antiphon import Identity
from antiphon.entrance import EMULATION_PATH, Transport, path_to
from tests.hub.stage import Stage, until
from tests.wire.exchange import Exchange

ALL = get_args(Transport)
EMULATED = ("http_stream", "sse")
UNIDIRECTIONAL_STREAMS = ("uni_http_stream", "uni_sse")


class StreamPeer:
    """A client with an open stream, or one that was refused.

    Args:
        said: what the request brings; commands, or for one that only listens a request to connect.
        request: more of it, as in `Exchange`.
    """

    def __init__(self, stage: Stage, transport: str, *said: dict[str, Any], **request: Any) -> None:
        self.stage = stage
        self.transport = transport
        self.session = ""
        self.node = ""
        request.setdefault("body", "\n".join(map(json.dumps, said)).encode())
        self.exchange = Exchange(stage.app, "POST", path_to(transport), **request)
        self._next_id = 1

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What the stream has brought so far."""
        if self.transport.endswith("sse"):
            return [event.json() for event in self.exchange.events]
        return self.exchange.lines

    @property
    def pushes(self) -> list[dict[str, Any]]:
        """Pushes, with an envelope or without."""
        if self.transport in EMULATED:
            return [line["push"] for line in self.lines if "push" in line]
        return [line for line in self.lines if line]

    @property
    def texts(self) -> list[str]:
        """What `Said` events said, live ones only."""
        return [push["pub"]["data"]["text"] for push in self.pushes if "pub" in push]

    @property
    def end(self) -> tuple[int, str] | None:
        """What the last push says about the end."""
        told = self.pushes[-1].get("disconnect") if self.pushes else None
        return (told["code"], told["reason"]) if told else None

    async def connected(self) -> dict[str, Any]:
        """Wait for the result of connecting."""
        await until(lambda: self.lines)
        result: dict[str, Any] = self.lines[0]["connect"]
        self.session, self.node = result.get("session", ""), result.get("node", "")
        return result

    def post(self, text: str, **emulated: str) -> Exchange:
        """Begin a request that brings commands as they are."""
        body = {"session": self.session, "node": self.node, "data": text, **emulated}
        return Exchange(self.stage.app, "POST", EMULATION_PATH, body=json.dumps(body).encode())

    async def send(self, *commands: dict[str, Any]) -> int | None:
        """Bring commands; return the status."""
        return (await self.post("\n".join(map(json.dumps, commands))).done()).status

    async def ask(self, name: str, /, **request: Any) -> dict[str, Any]:
        """Send one command; return the reply without its id."""
        self._next_id += 1
        command_id = self._next_id
        assert await self.send({"id": command_id, name: request}) == 204
        await until(lambda: [line for line in self.lines if line.get("id") == command_id])
        (reply,) = (line for line in self.lines if line.get("id") == command_id)
        return {key: value for key, value in reply.items() if key != "id"}

    async def leave(self) -> None:
        """Be gone, and wait until that was noticed."""
        self.exchange.leave()
        await self.exchange.done()


def pass_of(stage: Stage, user: str, **identity: Any) -> str:
    """Return a token of a user."""
    stage.passes.identities[f"pass of {user}"] = Identity(user, **identity)
    return f"pass of {user}"


def open_stream(
    stage: Stage, transport: str, user: str = "ann", *, subs: Any = None, **request: Any
) -> StreamPeer:
    """Open a stream for a user, whose passes are known or made here."""
    connect: dict[str, Any] = {"token": f"pass of {user}"}
    if connect["token"] not in stage.passes.identities:
        pass_of(stage, user)
    if subs is not None:
        connect["subs"] = subs
    said = {"id": 1, "connect": connect} if transport in EMULATED else connect
    return StreamPeer(stage, transport, said, **request)


async def connect_stream(stage: Stage, transport: str, *args: Any, **options: Any) -> StreamPeer:
    """Return a connected client."""
    peer = open_stream(stage, transport, *args, **options)
    await peer.connected()
    return peer
