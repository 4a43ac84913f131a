"""A client of one app, for tests: it takes and gives the app's own events.

Everything that waits for the server gives up after `patience` seconds with a `TimeoutError` that
says what did not come, so that a test fails with a reason instead of hanging.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from antiphon.dialer import Kind, Peer
from antiphon.protocol.messages import PresenceStatsResult, Push, Unsubscribe
from antiphon.publication import ClientInfo, Publication, StreamPosition
from antiphon.testing.vocabulary import Vocabulary

T = TypeVar("T")


class Received(Struct, frozen=True):
    """One publication, with the event decoded."""

    event: Any
    offset: int = 0
    info: ClientInfo | None = None
    """Who published it; None for the server."""
    tags: dict[str, str] | None = None


class Subscribed(Struct, frozen=True):
    """The reply to a subscribe."""

    position: StreamPosition
    recovered: bool
    publications: list[Received]
    """What was recovered; `AppClient.next` returns it too, first."""
    data: Any
    """What the app's `Grant` says to the client."""


class Past(Struct, frozen=True):
    """The reply to a history command."""

    publications: list[Received]
    position: StreamPosition


class AppClient:
    """A connected client. Commands raise `ErrorReply`; after the end all raise `SocketClosed`.

    Args:
        peer: connected.
        vocabulary: of the app.
        patience: seconds to wait for anything.
    """

    def __init__(self, peer: Peer, vocabulary: Vocabulary, *, patience: float) -> None:
        self.peer = peer
        """The protocol's own client, for what is not an app's business."""
        self._vocabulary = vocabulary
        self._patience = patience

    @property
    def id(self) -> str:
        """The client id, as in `Client.id`."""
        return self.peer.id

    @property
    def data(self) -> Any:
        """What the app's `Identity` says to the client, decoded."""
        return _decoded(self.peer.connected.data)

    @property
    def channels(self) -> list[str]:
        """What the server subscribed the client to on connect."""
        return list(self.peer.connected.subs)

    async def subscribe(
        self,
        channel: str,
        *,
        since: StreamPosition | None = None,
        token: str = "",
        data: Any = None,
    ) -> Subscribed:
        """Enter a channel.

        Args:
            since: recover what was published after this position.
            token: a subscription token.
            data: JSON-able; for the app's `on_subscribe`.
        """
        position = since or StreamPosition()
        command = self.peer.subscribe(
            channel,
            recover=since is not None,
            offset=position.offset,
            epoch=position.epoch,
            token=token,
            data=data,
        )
        result = await self._wait(command, f"reply to subscribe {channel}")
        return Subscribed(
            StreamPosition(result.offset, result.epoch),
            result.recovered,
            self._received(channel, result.publications),
            _decoded(result.data),
        )

    async def unsubscribe(self, channel: str) -> None:
        """Leave a channel."""
        await self._wait(self.peer.unsubscribe(channel), f"reply to unsubscribe {channel}")

    async def publish(self, channel: str, event: Any) -> None:
        """Publish an event; a dict, or JSON text in `bytes`, goes out as it is, declared or not."""
        await self._wait(self.peer.publish(channel, event), f"reply to publish in {channel}")

    async def rpc(self, method: str, request: Any = None) -> Any:
        """Call a method, and return what it returns."""
        data = await self._wait(self.peer.rpc(method, request), f"reply to rpc {method}")
        return self._vocabulary.result(method, data)

    async def send(self, event: Any) -> None:
        """Send a one-way message."""
        await self.peer.send(event)

    async def history(
        self,
        channel: str,
        *,
        limit: int = -1,
        since: StreamPosition | None = None,
        reverse: bool = False,
    ) -> Past:
        """Read what a channel keeps."""
        command = self.peer.history(channel, limit=limit, since=since, reverse=reverse)
        result = await self._wait(command, f"reply to history of {channel}")
        position = StreamPosition(result.offset, result.epoch)
        return Past(self._received(channel, result.publications), position)

    async def presence(self, channel: str) -> dict[str, ClientInfo]:
        """Ask who is in a channel; by client id."""
        return await self._wait(self.peer.presence(channel), f"reply to presence of {channel}")

    async def presence_stats(self, channel: str) -> PresenceStatsResult:
        """Ask how many are in a channel."""
        command = self.peer.presence_stats(channel)
        return await self._wait(command, f"reply to presence_stats of {channel}")

    async def next(self, channel: str) -> Any:
        """Return the event of the channel's next publication."""
        return (await self.next_publication(channel)).event

    async def next_publication(self, channel: str) -> Received:
        """Return the channel's next publication."""
        publication: Any = (await self._push(channel, "pub")).pub
        return self._received(channel, [publication])[0]

    async def next_join(self, channel: str) -> ClientInfo:
        """Return who enters the channel next."""
        join: Any = (await self._push(channel, "join")).join
        info: ClientInfo = join.info
        return info

    async def next_leave(self, channel: str) -> ClientInfo:
        """Return who leaves the channel next."""
        leave: Any = (await self._push(channel, "leave")).leave
        info: ClientInfo = leave.info
        return info

    async def next_subscribe(self, channel: str) -> StreamPosition:
        """Wait until the server subscribes the client, and return the channel's position."""
        told: Any = (await self._push(channel, "subscribe")).subscribe
        return StreamPosition(told.offset, told.epoch)

    async def next_unsubscribe(self, channel: str) -> Unsubscribe:
        """Wait until the server unsubscribes the client; says with which code."""
        told: Any = (await self._push(channel, "unsubscribe")).unsubscribe
        result: Unsubscribe = told
        return result

    async def next_message(self) -> Any:
        """Return the next event from `Client.send`."""
        return self._vocabulary.message(await self._wait(self.peer.next_message(), "message"))

    async def ended(self) -> tuple[int, str]:
        """Wait for the server to end the connection; return close code and reason."""
        return await self._wait(self.peer.ended(), "end of the connection")

    async def close(self) -> None:
        """Close the connection."""
        await self.peer.close()

    async def _push(self, channel: str, kind: Kind) -> Push:
        return await self._wait(self.peer.next(channel, kind), f"{kind} in {channel}")

    async def _wait(self, awaited: Awaitable[T], what: str) -> T:
        try:
            async with asyncio.timeout(self._patience):
                return await awaited
        except TimeoutError:
            raise TimeoutError(f"no {what} within {self._patience:g} s") from None

    def _received(self, channel: str, publications: list[Publication]) -> list[Received]:
        event = self._vocabulary.event
        return [Received(event(channel, p.data), p.offset, p.info, p.tags) for p in publications]


def _decoded(data: Raw) -> Any:
    return msgspec.json.decode(data) if data else None
