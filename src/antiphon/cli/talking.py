"""`antiphon listen` and `antiphon send`: a client in a terminal, for trying things.

It does not reconnect: the end of the connection is the end of the command, and says why. Failures
are `TalkFailed` and `WrongUsage`, in one line.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from antiphon import codes
from antiphon.cli.failure import WrongUsage, printable
from antiphon.cli.tokens import json_of
from antiphon.dialer import ErrorReply, Peer, Pipe, dial
from antiphon.entrance import WEBSOCKET_PATH
from antiphon.errors import AntiphonError
from antiphon.event import TAG_FIELD
from antiphon.hosting import reason_of
from antiphon.protocol.messages import Push
from antiphon.publication import ClientInfo
from antiphon.wire.client import HandshakeFailed, SocketClosed

PATIENCE: Final = 10.0
"""Seconds for a server to answer."""

_SCHEMES: Final = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


class TalkFailed(AntiphonError):
    """The server is not there, or does not want what was asked; the text says which."""


def websocket_url(url: str) -> str:
    """Complete a URL: ``http://host:8000`` becomes ``ws://host:8000/connection/websocket``.

    Raises:
        WrongUsage: it is no URL of http, https, ws or wss.
    """
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise WrongUsage(f"{url!r} is no URL like http://host:8000 or wss://host{WEBSOCKET_PATH}")
    path = parts.path.rstrip("/")
    if not path.endswith(WEBSOCKET_PATH) and parts.scheme in ("http", "https") or not path:
        path += WEBSOCKET_PATH
    return parts._replace(scheme=_SCHEMES[parts.scheme], path=path, fragment="").geturl()


def event_of(event: str, fields: Sequence[str]) -> dict[str, Any]:
    """Build an event from what was typed: JSON, or a type and ``name=text``, ``name:=json``.

    Raises:
        WrongUsage: it is neither.
    """
    if event.startswith("{"):
        if fields:
            raise WrongUsage("an event in JSON has its fields inside")
        typed: dict[str, Any] = json_of(event, dict[str, Any])
        return typed
    return {TAG_FIELD: event, **dict(map(_field, fields))}


def _field(text: str) -> tuple[str, Any]:
    name, separator, value = text.partition("=")
    if not separator or not name.rstrip(":"):
        raise WrongUsage(f"{text!r} is no field like text=hello or count:=3")
    if name.endswith(":"):
        return name[:-1], json_of(value)
    return name, value


async def listen(url: str, channel: str, *, token: str, as_json: bool) -> None:
    """Print what is pushed in a channel, until the connection ends."""
    show = _show_json if as_json else _show
    async with connected(url, token) as peer:
        with explained(url):
            await enter(peer, channel)
            typer.echo(f"Listening to {channel} (Ctrl+C stops)", err=True)
            async for push in peer.pushes(channel):
                show(push)
                if push.unsubscribe is not None:
                    code, reason = push.unsubscribe.code, push.unsubscribe.reason
                    raise TalkFailed(f"the server ended the subscription: {code} {reason}")


async def send(url: str, channel: str, event: dict[str, Any], *, token: str) -> None:
    """Publish one event; subscribe first where the channel wants that."""
    async with connected(url, token) as peer:
        with explained(url):
            async with asyncio.timeout(PATIENCE):
                await _publish(peer, channel, event)


async def _publish(peer: Peer, channel: str, event: dict[str, Any]) -> None:
    try:
        await peer.publish(channel, event)
    except ErrorReply as error:
        if error.code != codes.PERMISSION_DENIED.number or channel in peer.connected.subs:
            raise
        await enter(peer, channel)
        await peer.publish(channel, event)


async def enter(peer: Peer, channel: str) -> None:
    """Subscribe, unless the server has done so."""
    if channel not in peer.connected.subs:
        async with asyncio.timeout(PATIENCE):
            await peer.subscribe(channel)


@asynccontextmanager
async def connected(
    url: str, token: str, *, through: Callable[[Pipe], Pipe] = lambda pipe: pipe
) -> AsyncIterator[Peer]:
    """Connect, see `dial`.

    Raises:
        TalkFailed: there is no server, or it does not want us.
    """
    opening = dial(url, token=token, through=through)
    try:
        with explained(url):
            async with asyncio.timeout(PATIENCE):
                peer = await opening.__aenter__()
    except TalkFailed as failed:
        if token:
            raise
        raise TalkFailed(f"{failed} (no token was shown: --token or ANTIPHON_TOKEN)") from None
    try:
        yield peer
    finally:
        await peer.close()


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Turn what ends a conversation into `TalkFailed`."""
    try:
        yield
    except ErrorReply as error:
        raise TalkFailed(f"the server refuses: {error}") from None
    except SocketClosed as closed:
        raise TalkFailed(
            f"the server ended the connection: {closed.code} {closed.reason}"
        ) from None
    except HandshakeFailed as error:
        raise TalkFailed(f"{url} is no WebSocket to connect to: {error}") from None
    except TimeoutError:
        raise TalkFailed(f"no answer from {url} within {PATIENCE:g} s") from None
    except OSError as error:
        raise TalkFailed(f"cannot reach {url}: {reason_of(error)}") from None


def _show_json(push: Push) -> None:
    typer.echo(msgspec.json.encode(push))


def _show(push: Push) -> None:
    line = Text(f"{datetime.now():%H:%M:%S}  ", style="dim")
    line.append_text(_line(push))
    Console(highlight=False, soft_wrap=True).print(line)


def _line(push: Push) -> Text:
    if push.pub is not None:
        offset = f"#{push.pub.offset}" if push.pub.offset else "-"
        data = printable(bytes(push.pub.data).decode())
        by = f"  from {_name(push.pub.info)}" if push.pub.info else ""
        return Text.assemble((f"{offset:<6}", "cyan"), data, (by, "dim"))
    if push.join is not None:
        return Text.assemble(("join  ", "green"), _name(push.join.info))
    if push.leave is not None:
        return Text.assemble(("leave ", "yellow"), _name(push.leave.info))
    return Text(printable(msgspec.json.encode(push).decode()))


def _name(info: ClientInfo) -> str:
    return printable(f"{info.user or 'anonymous'} ({info.client})")
