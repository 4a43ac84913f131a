"""One connection's conversation: messages in, commands in order, replies out.

Commands of one session run one after another, in its `Lane`. A handler that does not wait runs to
its end inside the callback that brought the message.

What a handler raises costs the client one error reply (`Refusal`, or 100 with a traceback in the
log) or its connection (`Disconnect`). After the end of the connection nothing is written, presence
and subscriptions are undone, and handlers still running may finish.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol

from antiphon import codes
from antiphon.auth import Grant, Identity
from antiphon.bucket import Bucket
from antiphon.errors import Disconnect, Malformed, Refusal, TooManyRequests
from antiphon.hub.client import Client
from antiphon.hub.core import Core
from antiphon.hub.doors import Door
from antiphon.hub.joining import json_of
from antiphon.hub.lane import Lane
from antiphon.hub.membership import Membership
from antiphon.hub.replies import Replies
from antiphon.hub.running import start
from antiphon.hub.state import State, Verdict, judge
from antiphon.protocol import messages
from antiphon.protocol.messages import Error, Push, Result
from antiphon.protocol.unidirectional import disconnect_for
from antiphon.publication import ClientInfo, StreamPosition
from antiphon.wire.port import Connection

log = logging.getLogger("antiphon")

_REQUESTS = tuple(name for name in messages.Command.__struct_fields__ if name != "id")

Rest = Coroutine[Any, Any, None] | None
"""What remains of a command and may wait; None when all is done."""

Command = Callable[["Session", int, Any], Rest]
"""Called with the session, the command's id and its request; may raise instead of returning."""


class Lifecycle(Protocol):
    """Whoever keeps count of sessions."""

    def connected(self, session: "Session") -> None: ...

    def closed(self, session: "Session") -> None: ...


class Session:
    """The receiver of one connection's messages."""

    __slots__ = (
        "_alarm",
        "_bucket",
        "_commands",
        "_lane",
        "_lifecycle",
        "_refused",
        "_replies",
        "awaits_pong",
        "channels_of_token",
        "client",
        "connection",
        "core",
        "deaf",
        "door",
        "expires_at",
        "form",
        "known",
        "membership",
        "renewable",
        "slot",
        "state",
    )

    client: Client
    membership: Membership

    def __init__(
        self,
        core: Core,
        connection: Connection,
        door: Door,
        commands: Mapping[str, Command],
        lifecycle: Lifecycle,
    ) -> None:
        self.core = core
        self.connection = connection
        self.door = door
        self.form = door.form(connection)
        self.state = State.NEW
        self.deaf = False
        """Whether messages are read no more: it has ended, was refused, or only listens."""
        self.awaits_pong = False
        self.known: Identity | None = None
        """Who the client is, where that needs no proof: set for clients within the process only,
        before their first message."""
        self.expires_at: float | None = None
        self.renewable = False
        self.channels_of_token: frozenset[str] = frozenset()
        self.slot = 0
        limits = core.limits
        self._bucket = Bucket(
            rate=limits.commands_per_second, burst=limits.command_burst, now=core.clock()
        )
        self._commands = commands
        self._lifecycle = lifecycle
        self._replies = Replies(connection, self.form.codec)
        self._lane = Lane(self)
        self._refused = 0
        self._alarm = core.after(limits.connect_seconds, self._give_up)

    # What the wire calls.

    def on_message(self, data: bytes) -> None:
        """Run the commands of one message."""
        if self.deaf:
            return
        self.core.stats.messages_in += 1
        try:
            commands = self.form.codec.decode(data, limit=self.core.limits.commands_per_message)
        except Malformed as error:
            self.end(error)
            return
        if len(commands) == 1:
            self._take(commands[0])
            return
        self._replies.gather()
        try:
            for command in commands:
                self._take(command)
        finally:
            self._replies.let_go()

    def on_pong(self) -> None:
        """Note that a client whose pings are frames is there; a pong of another one says nothing."""
        if self.door.frame_pings:
            self.awaits_pong = False

    def on_close(self, code: int, reason: str) -> None:
        """Note that the connection is gone."""
        self._tear_down(code, reason)

    # What commands and the hub call.

    @property
    def channels(self) -> list[str]:
        """The channels that the client is in."""
        return list(self.membership.subscriptions)

    def identify(self, identity: Identity) -> None:
        """Make a known client of this connection."""
        client_id = str(uuid.uuid4())
        info = ClientInfo(identity.user, client_id, json_of(identity.info))
        self.client = Client(client_id, identity, info, self)
        self.membership = Membership(self.core, self.connection, self.form, self.client, self)
        self.expires_at = identity.expires_at
        self.renewable = identity.renewable

    def admit(self) -> None:
        """Let the client in: from here on it may do what a connected client may."""
        self.state = State.CONNECTED
        self.connection.message_limit = self.core.limits.message_bytes
        self.core.stats.connected += 1
        self.watch_expiry()
        self._lifecycle.connected(self)

    def respond(self, command_id: int, name: str, result: Result) -> None:
        """Write the reply to a command."""
        self._replies.write(self.form.codec.reply(command_id, name, result))

    def refuse(self, command_id: int, refusal: Refusal) -> None:
        """Write an error reply."""
        refused = self.core.stats.refused
        refused[refusal.number] = refused.get(refusal.number, 0) + 1
        if command_id:
            error = Error(refusal.number, refusal.text, refusal.temporary)
            self.respond(command_id, "error", error)

    def flush(self) -> None:
        """Write the replies gathered so far, ahead of anything that must come behind them."""
        self._replies.flush()

    def end(self, disconnect: Disconnect) -> None:
        """Close the connection; replies gathered so far still go out."""
        if self.state is State.CLOSED:
            return
        self.core.explain(disconnect, self._name())
        self.flush()
        self.core.flush()  # publications of this turn are still to be written
        if self.door.emulated or (self.door.unidirectional and self.state is State.CONNECTED):
            self._push_end(disconnect)
        self.flush()
        self.connection.close(disconnect.number, disconnect.reason)
        self._tear_down(disconnect.number, disconnect.reason)

    def ping(self) -> None:
        """Ask whether the client is still there; one that cannot answer is only told that we are."""
        self.awaits_pong = not self.door.unidirectional
        if self.door.frame_pings:
            self.connection.ping()
        else:
            self.connection.write(self.form.codec.ping)
        if self.membership.subscriptions:
            work = self.membership.renew_presence()
            self.core.run(work, waits=self.core.engine.waits, of=self.client)

    def push(self, payload: Push) -> None:
        """Push something that belongs to no channel, behind the replies gathered so far."""
        self._replies.write(self.form.codec.push(payload))

    def send(self, event: Any) -> None:
        """Push an event to this connection alone."""
        if self.state is not State.CONNECTED:
            return
        told = self.core.app.encode_message(event)
        try:
            self._replies.write(self.form.codec.message(told))
        except Disconnect as error:
            self.end(error)

    async def subscribe(self, channel: str, grant: Grant, since: StreamPosition | None) -> None:
        """Subscribe from the server's side."""
        if self.state is not State.CONNECTED:
            return
        try:
            await self.membership.join_unasked(channel, grant, since)
        except Disconnect as error:
            self.end(error)
        except Refusal:
            if self.state is State.CONNECTED:
                raise

    async def unsubscribe(self, channel: str) -> None:
        """Unsubscribe from the server's side."""
        if self.state is State.CONNECTED:
            await self.membership.put_out(channel, codes.UNSUBSCRIBED)

    def watch_expiry(self) -> None:
        """End the connection when its credential does, with some grace for a refresh."""
        self._alarm.cancel()
        if self.expires_at is not None:
            grace = self.core.limits.expiry_grace_seconds if self.renewable else 0.0
            self._alarm = self.core.at(self.expires_at + grace, self._expire)

    # Commands, in order.

    def _take(self, command: messages.Command) -> None:
        for name in _REQUESTS:
            request = getattr(command, name)
            if request is not None:
                break
        else:
            self._pong(command)
            return
        if self._bucket.take(self.core.clock()):
            if self._refused:
                self._refused -= 1
            if self._lane.busy:
                self._lane.hold(name, command.id, request)
            else:
                self.run(name, command.id, request)
        else:
            self._slow_down(command.id)

    def _pong(self, command: messages.Command) -> None:
        if command.id or not self.awaits_pong or self.state is not State.CONNECTED:
            self.end(Malformed("an empty command, and no ping to answer"))
        self.awaits_pong = False

    def _slow_down(self, command_id: int) -> None:
        self._refused += 1
        if self._refused > self.core.limits.commands_refused:
            self.end(Disconnect.of(codes.FLOOD))
        else:
            rate = self.core.limits.commands_per_second
            self.refuse(command_id, TooManyRequests(f"commands_per_second is {rate}"))

    def run(self, name: str, command_id: int, request: Any) -> None:
        """Run one command, up to its first wait."""
        # Nearly every command meets a connected session, where all but `connect` just run.
        connected = self.state is State.CONNECTED and name != "connect"
        verdict = Verdict.RUN if connected else judge(self.state, name)
        if verdict is Verdict.IGNORE:
            return
        command = self._commands.get(name)
        if verdict is Verdict.BREAK or command is None or not (command_id or name == "send"):
            self.end(Malformed(f"{name} with id {command_id} in state {self.state.name}"))
            return
        self.core.stats.commands += 1
        try:
            rest = command(self, command_id, request)
            if rest is None:
                return
            future = start(rest, self.core.loop)
            if future.done():
                future.result()
                return
        except (Exception, asyncio.CancelledError) as error:
            self._failed(command_id, error)
        else:
            self._lane.wait(name, command_id, future)

    def finished(self, command_id: int, future: asyncio.Future[None]) -> None:
        """Reply with what a command that waited failed with, if it did."""
        if future.cancelled():
            if self.state is not State.CLOSED:
                self._failed(command_id, asyncio.CancelledError())
        elif error := future.exception():
            self._failed(command_id, error)

    def _failed(self, command_id: int, error: BaseException) -> None:
        if isinstance(error, Refusal) and self.door.unidirectional:
            self.end(disconnect_for(error))
        elif isinstance(error, Refusal):
            self.refuse(command_id, error)
        elif isinstance(error, Disconnect):
            self.end(error)
        else:
            self.core.stats.handler_errors += 1
            log.error("a handler raised for %s", self._name(), exc_info=error)
            self._failed(command_id, Refusal())
        if self.state is State.CONNECTING:
            self.state = State.REFUSED
            self.deaf = True

    def _name(self) -> str:
        return repr(self.client) if self.state is State.CONNECTED else "a client that connects"

    # Ending.

    def _push_end(self, disconnect: Disconnect) -> None:
        told = messages.Disconnect(
            disconnect.number, disconnect.reason, codes.reconnects(disconnect.number)
        )
        self.push(Push(disconnect=told))

    def _give_up(self) -> None:
        self.end(Disconnect.of(codes.STALE))

    def _expire(self) -> None:
        self.end(Disconnect.of(codes.CONNECTION_EXPIRED))

    def _tear_down(self, code: int, reason: str) -> None:
        if self.state is State.CLOSED:
            return
        was_connected = self.state is State.CONNECTED
        self.state = State.CLOSED
        self.deaf = True
        self._lane.clear()
        self._alarm.cancel()
        self.core.stats.count_closed(code)
        self._lifecycle.closed(self)
        if was_connected:
            app = self.core.app
            left = self.membership.leave_all(code)
            self.core.run(left, waits=self.core.engine.waits, of=self.client)
            told = app.disconnected(self.client, code, reason)
            self.core.run(told, waits=app.disconnect_waits, of=self.client)
