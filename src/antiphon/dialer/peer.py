"""One connection of the Centrifuge JSON protocol, seen from the client.

Commands may be issued side by side; a reader task hands every reply to the command that waits for
it, every push to the inbox, and answers pings. What a subscribe reply recovers is put into the
inbox ahead of live publications, as the official SDKs do.

Whatever the server says that is not of the protocol ends the connection with 1002.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Final, Protocol, Self

import msgspec
from msgspec import Raw

from antiphon import codes
from antiphon.dialer.inbox import Inbox, Kind
from antiphon.errors import AntiphonError
from antiphon.protocol import json
from antiphon.protocol.messages import (
    ConnectResult,
    HistoryResult,
    PresenceStatsResult,
    Push,
    RefreshResult,
    Reply,
    SubRefreshResult,
    SubscribeResult,
)
from antiphon.publication import ClientInfo, StreamPosition
from antiphon.wire.client import SocketClosed, open_socket

SUBPROTOCOL: Final = "centrifuge-json"

_decoder: Final = msgspec.json.Decoder(Reply)
_encode: Final = msgspec.json.Encoder().encode


class Pipe(Protocol):
    """What a peer speaks over: whole text messages, both ways, in order.

    `send` and `receive` raise `SocketClosed` after the end; `close` does not.
    """

    async def send(self, text: bytes) -> None: ...

    async def receive(self) -> bytes: ...

    async def close(self) -> None: ...


class ErrorReply(AntiphonError):
    """The server answered a command with an error; the connection goes on.

    Args:
        code: see `antiphon.codes`.
        message: for developers; names the field and the rule of bad input.
        temporary: the same command may succeed when tried again.
    """

    def __init__(self, code: int, message: str, temporary: bool) -> None:
        self.code = code
        self.message = message
        self.temporary = temporary
        super().__init__(f"{code} {message}")


@asynccontextmanager
async def dial(
    url: str,
    *,
    token: str = "",
    data: Any = None,
    headers: Mapping[str, str] | None = None,
    subs: Mapping[str, StreamPosition] | None = None,
    through: Callable[[Pipe], Pipe] = lambda pipe: pipe,
) -> AsyncIterator["Peer"]:
    """Connect to a server; the connection is closed on exit.

    Args:
        url: ``ws://127.0.0.1:8000/connection/websocket``.
        token: of the connection.
        data: JSON-able; the app's `Attempt.data`.
        headers: of the HTTP request.
        subs: see `Peer.connect`.
        through: what the peer speaks through; the socket itself unless given.

    Raises:
        HandshakeFailed: the server refuses the WebSocket.
        ErrorReply: it refuses the connection, e.g. 109 for an expired token.
        SocketClosed: it ends the connection, e.g. with 3500 for a wrong token.
        OSError: there is no server.
    """
    socket = await open_socket(url, headers=headers, subprotocols=[SUBPROTOCOL])
    async with Peer(through(socket)) as peer:
        await peer.connect(token=token, data=data, subs=subs)
        yield peer


class Peer:
    """A client over a pipe. Enter it to begin reading; leaving it closes the pipe.

    Every command raises `ErrorReply` or `SocketClosed`.

    Args:
        pipe: open.
    """

    def __init__(self, pipe: Pipe) -> None:
        self.pipe = pipe
        self.inbox = Inbox()
        self.connected: ConnectResult
        """The reply to `connect`."""
        self._ids = count(1)
        self._waiting: dict[int, tuple[asyncio.Future[Reply | None], str]] = {}
        self._ended: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()

    async def __aenter__(self) -> Self:
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def id(self) -> str:
        """The client id that the server gave."""
        return self.connected.client

    # Commands.

    async def connect(
        self,
        *,
        token: str = "",
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        subs: Mapping[str, StreamPosition] | None = None,
    ) -> ConnectResult:
        """Say who this is.

        Args:
            headers: the `headers` map of the command, for what cannot set HTTP headers.
            subs: positions to recover server-side subscriptions from, by channel.
        """
        wanted = {
            channel: {"recover": True, "offset": position.offset, "epoch": position.epoch}
            for channel, position in (subs or {}).items()
        }
        reply = await self._call(
            "connect",
            token=token,
            data=data,
            headers=headers,
            subs=wanted or None,
            name="antiphon",
        )
        self.connected = reply.connect
        return self.connected

    async def subscribe(
        self,
        channel: str,
        *,
        token: str = "",
        data: Any = None,
        recover: bool = False,
        offset: int = 0,
        epoch: str = "",
        flag: int = 0,
    ) -> SubscribeResult:
        """Enter a channel.

        Args:
            token: a subscription token.
            data: JSON-able; for the app's `on_subscribe`.
            recover: ask for what was published after `offset` in `epoch`.
            flag: bits, see `antiphon.protocol.messages`.
        """
        reply = await self._call(
            "subscribe",
            channel,
            token=token,
            data=data,
            recover=recover,
            offset=offset,
            epoch=epoch,
            flag=flag,
        )
        result: SubscribeResult = reply.subscribe
        return result

    async def unsubscribe(self, channel: str) -> None:
        """Leave a channel."""
        await self._call("unsubscribe", channel)

    async def publish(self, channel: str, data: Any) -> None:
        """Publish an event: a struct, or a dict with its `type`; `bytes` are JSON text."""
        await self._call("publish", channel, data=_as_it_is(data))

    async def presence(self, channel: str) -> dict[str, ClientInfo]:
        """Ask who is in a channel; by client id."""
        reply = await self._call("presence", channel)
        present: dict[str, ClientInfo] = reply.presence.presence
        return present

    async def presence_stats(self, channel: str) -> PresenceStatsResult:
        """Ask how many are in a channel."""
        reply = await self._call("presence_stats", channel)
        result: PresenceStatsResult = reply.presence_stats
        return result

    async def history(
        self,
        channel: str,
        *,
        limit: int = 0,
        since: StreamPosition | None = None,
        reverse: bool = False,
    ) -> HistoryResult:
        """Read what a channel keeps; `limit` 0 asks for the position only, -1 for all."""
        asked = {"offset": since.offset, "epoch": since.epoch} if since else None
        reply = await self._call("history", channel, limit=limit, since=asked, reverse=reverse)
        result: HistoryResult = reply.history
        return result

    async def rpc(self, method: str, data: Any = None) -> Raw:
        """Call a method; its result is JSON, empty when it returns nothing."""
        reply = await self._call("rpc", method=method, data=_as_it_is(data))
        result: Raw = reply.rpc.data
        return result

    async def send(self, data: Any) -> None:
        """Send a one-way message; there is no reply."""
        await self.pipe.send(_encode({"send": {"data": _as_it_is(data)}}))

    async def refresh(self, token: str) -> RefreshResult:
        """Prolong the connection."""
        reply = await self._call("refresh", token=token)
        result: RefreshResult = reply.refresh
        return result

    async def sub_refresh(self, channel: str, token: str) -> SubRefreshResult:
        """Prolong a subscription."""
        reply = await self._call("sub_refresh", channel, token=token)
        result: SubRefreshResult = reply.sub_refresh
        return result

    # What comes unasked.

    async def next(self, channel: str, kind: Kind | None = None) -> Push:
        """Return the channel's next push of a kind, or of any; others stay to be taken."""
        return await self.inbox.take(channel, kind)

    async def next_message(self) -> Raw:
        """Return the next message outside channels, as JSON."""
        push = await self.inbox.take("", "message")
        return push.message.data if push.message else Raw()

    async def pushes(self, channel: str) -> AsyncIterator[Push]:
        """Iterate over everything pushed in a channel; the end of the connection raises."""
        while True:
            yield await self.inbox.take(channel)

    async def ended(self) -> tuple[int, str]:
        """Wait for the end of the connection, and return its close code and reason."""
        return await asyncio.shield(self._ended)

    async def close(self) -> None:
        """Close the connection. Safe to call twice."""
        self._end(codes.NORMAL_CLOSURE, "")
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        await self.pipe.close()

    # Within.

    async def _call(self, command: str, channel: str = "", **fields: Any) -> Any:
        """Issue a command and return the reply. Fields that hold nothing are left out."""
        if self._ended.done():
            raise self._closed()
        number = next(self._ids)
        body = _without_defaults({"channel": channel, **fields})
        future: asyncio.Future[Reply | None] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future, channel
        try:
            await self.pipe.send(_encode({"id": number, command: body}))
            reply = await future
        finally:
            del self._waiting[number]
        if reply is None:
            raise self._closed()
        if reply.error is not None:
            raise ErrorReply(reply.error.code, reply.error.message, reply.error.temporary)
        return reply

    async def _read(self) -> None:
        try:
            while True:
                for reply in _decoder.decode_lines(await self.pipe.receive()):
                    await self._take(reply)
        except SocketClosed as closed:
            self._end(closed.code, closed.reason)
        except msgspec.DecodeError as error:
            self._end(codes.PROTOCOL_ERROR, f"not of the protocol: {error}")
        finally:
            # Whatever stops the reader, nobody may wait for it any longer.
            self._end(codes.ABNORMAL_CLOSURE, "")

    async def _take(self, reply: Reply) -> None:
        if reply.push is not None:
            self.inbox.put(reply.push)
        elif reply.id == 0:
            await self.pipe.send(json.PING)
        elif reply.id in self._waiting:
            future, channel = self._waiting[reply.id]
            self._put_recovered(reply, channel)
            if not future.done():
                future.set_result(reply)

    def _put_recovered(self, reply: Reply, channel: str) -> None:
        joined = dict(reply.connect.subs) if reply.connect else {}
        if reply.subscribe is not None:
            joined[channel] = reply.subscribe
        for name, result in joined.items():
            for publication in result.publications:
                self.inbox.put(Push(channel=name, pub=publication))

    def _end(self, code: int, reason: str) -> None:
        if self._ended.done():
            return
        self._ended.set_result((code, reason))
        self.inbox.close(self._closed)
        for future, _ in self._waiting.values():
            if not future.done():
                future.set_result(None)

    def _closed(self) -> SocketClosed:
        return SocketClosed(*self._ended.result())


def _as_it_is(data: Any) -> Any:
    return Raw(data) if isinstance(data, bytes) else data


def _without_defaults(body: dict[str, Any]) -> dict[str, Any]:
    # Of `data` only None is nothing: 0, False and "" are values.
    return {
        name: value
        for name, value in body.items()
        if (value is not None if name == "data" else value)
    }
