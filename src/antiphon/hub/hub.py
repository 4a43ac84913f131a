"""The hub itself: opens sessions, knows who is connected, keeps time, and drains.

Shutting down: new connections are refused with HTTP 503, every client is told to reconnect
elsewhere (3001), spread over time so that they do not all arrive at once, and running handlers get
until `Limits.shutdown_seconds` to finish. What channels keep is the engine's, and stays.
"""

import asyncio
import random
from collections.abc import Callable
from functools import partial

from antiphon import codes
from antiphon.errors import Disconnect
from antiphon.hub.client import Client
from antiphon.hub.commands import COMMANDS
from antiphon.hub.core import Core
from antiphon.hub.doors import choose_door, open_doors
from antiphon.hub.ports import Outgoing
from antiphon.hub.session import Session
from antiphon.hub.topic import Topic
from antiphon.hub.wheel import Ticker, Wheel
from antiphon.publication import ClientInfo, Publication, StreamPosition
from antiphon.wire.port import Connection, Refusal, Request

_DRAIN_BATCHES = 20
_DRAIN_SHARE = 0.2
"""Part of the time for shutting down that is spent on telling clients; the rest is theirs."""
_CANCEL_SECONDS = 1.0


class Hub:
    """All connections of one event loop.

    Args:
        spread: gives a number from 0 up to, not including, 1, by which first pings are spread.
    """

    def __init__(self, core: Core, *, spread: Callable[[], float] = random.random) -> None:
        self.core = core
        self.draining = False
        self.users: dict[str, dict[str, Session]] = {}
        self._sessions: dict[Session, None] = {}
        self._spread = spread
        self._pings: Wheel[Session] = Wheel(core.limits.ping_seconds)
        self._doors = open_doors()
        self._ticker = Ticker(self.second, self.stalled)
        self._patience = 0

    # Life.

    async def start(self) -> None:
        """Begin to serve, in the running event loop."""
        core = self.core
        core.loop = asyncio.get_running_loop()
        self.draining = False
        await core.engine.start(
            deliver=self._deliver,
            deliver_join=self._deliver_join,
            deliver_leave=self._deliver_leave,
        )
        self._ticker.start(core.loop)
        self._check_positions_later()

    async def drain(self) -> None:
        """Refuse new connections, send the present ones elsewhere, and wait for handlers."""
        self.draining = True
        seconds = self.core.limits.shutdown_seconds
        await self._send_away(seconds * _DRAIN_SHARE)
        await self._wait_for_tasks(seconds * (1 - _DRAIN_SHARE))

    async def stop(self) -> None:
        """Drain, unless that is done, and let go of the engine."""
        if not self.draining:
            await self.drain()
        self._ticker.stop()
        self.core.flush()
        await self.core.engine.stop()

    async def _send_away(self, seconds: float) -> None:
        sessions = list(self._sessions)
        size = max(1, len(sessions) // _DRAIN_BATCHES)
        for first in range(0, len(sessions), size):
            for session in sessions[first : first + size]:
                session.end(Disconnect.of(codes.SHUTDOWN))
            if first + size < len(sessions) and len(sessions) >= _DRAIN_BATCHES:
                await asyncio.sleep(seconds / _DRAIN_BATCHES)
        for session in tuple(self._sessions):
            session.end(Disconnect.of(codes.SHUTDOWN))  # its handshake was under way meanwhile

    async def _wait_for_tasks(self, seconds: float) -> None:
        """Wait for handlers, and for what their ends set off; cancel what takes too long."""
        tasks, loop = self.core.tasks, self.core.loop
        deadline = loop.time() + seconds
        while tasks and (left := deadline - loop.time()) > 0:
            await asyncio.wait(tuple(tasks), timeout=left)
        for task in tuple(tasks):
            task.cancel()
        if tasks:
            await asyncio.wait(tuple(tasks), timeout=_CANCEL_SECONDS)

    # What the wire calls.

    def refusal(self, request: Request) -> Refusal | None:
        """Say why no connection may be opened now; None when it may.

        A connection counts once it is open: those whose handshakes come in the same turn of the
        loop as the last one admitted get in as well.
        """
        if self.draining:
            return Refusal(503, "shutting down", {"retry-after": "1"})
        if len(self._sessions) >= self.core.limits.connections:
            return Refusal(503, "too many connections", {"retry-after": "5"})
        return None

    def open(self, connection: Connection, door: str = "websocket") -> Session:
        """Begin a conversation through one of the `doors`."""
        chosen = choose_door(self._doors, door, connection)
        session = Session(self.core, connection, chosen, COMMANDS, self)
        connection.message_limit = self.core.limits.message_bytes_before_connect
        self._sessions[session] = None
        self.core.stats.opened += 1
        return session

    # What sessions call.

    def connected(self, session: Session) -> None:
        """Count a session in."""
        interval = self.core.limits.ping_seconds
        half = interval // 2
        # Spread over the second half of the interval, so that clients do not answer in step.
        first_in = half + int(self._spread() * (interval - half + 1))
        session.slot = self._pings.add(session, first_in=first_in)
        self.users.setdefault(session.client.user, {})[session.client.id] = session

    def closed(self, session: Session) -> None:
        """Count a session out."""
        self._sessions.pop(session, None)
        self._pings.remove(session, session.slot)
        if client := getattr(session, "client", None):
            sessions = self.users.get(client.user, {})
            if sessions.pop(client.id, None) and not sessions:
                del self.users[client.user]

    # What the app calls.

    def __len__(self) -> int:
        return len(self._sessions)

    def clients_of(self, user: str) -> list[Client]:
        """Return the connections of a user on this node."""
        return [session.client for session in self.users.get(user, {}).values()]

    async def publish(
        self,
        channel: str,
        outgoing: Outgoing,
        *,
        tags: dict[str, str] | None = None,
        idempotency_key: str = "",
        version: int = 0,
        version_epoch: str = "",
        exclude: str = "",
    ) -> StreamPosition:
        """Publish in the server's name."""
        self.core.stats.publications += 1
        return await self.core.engine.publish(
            channel,
            Publication(data=outgoing.data, tags=tags, opaque=outgoing.opaque),
            size=outgoing.size,
            ttl=outgoing.ttl,
            idempotency_key=idempotency_key,
            version=version,
            version_epoch=version_epoch,
            exclude=exclude,
        )

    # What the engine calls.

    def _deliver(self, channel: str, publication: Publication, exclude: str) -> None:
        if topic := self.core.topics.get(channel):
            topic.deliver(publication, exclude)

    def _deliver_join(self, channel: str, info: ClientInfo) -> None:
        if topic := self.core.topics.get(channel):
            topic.tell_join(info)

    def _deliver_leave(self, channel: str, info: ClientInfo) -> None:
        if topic := self.core.topics.get(channel):
            topic.tell_leave(info)

    # Time.

    def second(self) -> None:
        """Do what is due in this second."""
        for session in self._pings.turn():
            session.ping()
        if self._patience:
            self._patience -= 1
        else:
            self._miss_pongs()
        for entry in self.core.calendar.turn():
            entry()

    def stalled(self, seconds: int) -> None:
        """Note that nobody could be heard for so long: pongs get their full time again."""
        self._patience = seconds + self.core.limits.pong_seconds

    def _miss_pongs(self) -> None:
        for session in self._pings.seconds_ago(self.core.limits.pong_seconds):
            if session.awaits_pong:
                session.end(Disconnect.of(codes.NO_PONG))

    def _check_positions_later(self) -> None:
        if not self.core.engine.lossless:
            seconds = self.core.limits.position_check_seconds
            self.core.calendar.after(seconds, self._check_positions)

    def _check_positions(self) -> None:
        self.core.run(self._compare_positions(), waits=True, of=self)
        self._check_positions_later()

    async def _compare_positions(self) -> None:
        """Compare each topic with its stream.

        What one of them is behind may be on its way: it has got another second to arrive.
        """
        behind = []
        for topic in tuple(self.core.topics.values()):
            if topic.offset >= 0:
                _, top = await self.core.engine.history(topic.name)
                if top != topic.position:
                    behind.append((topic, topic.position))
        if behind:
            self.core.calendar.after(1, partial(_lose_positions, behind))


def _lose_positions(behind: list[tuple[Topic, StreamPosition]]) -> None:
    """Give up the topics that are still where they were."""
    for topic, position in behind:
        if topic.position == position:
            topic.lose_position()
