"""A live channel: who is subscribed on this node, and what waits to be written to them.

A publication is encoded once per group of subscribers that speak the same codec, and put into the
group's outbox. Once per turn of the event loop the outbox becomes one packet, written once to each
member. Whoever joins in between gets what comes after, whoever leaves what came before, so that
nobody gets a publication from before their own reply, and no coming and going costs a write to all.
"""

from collections.abc import Callable

from antiphon.hub.ports import Codec
from antiphon.hub.stats import Stats
from antiphon.hub.subscription import Subscription
from antiphon.protocol.messages import Join, Leave, Push
from antiphon.publication import ClientInfo, Publication, StreamPosition
from antiphon.wire.packet import Packet
from antiphon.wire.port import Connection


class Group:
    """The members of a topic that are written the same bytes, and what waits for them.

    Most members get the whole outbox. Lines of their own have those who joined after its first
    line, and those whom a line leaves out.
    """

    __slots__ = ("_members", "_outbox", "_own", "_targets", "codec")

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self._outbox: list[bytes] = []
        self._own: dict[str, list[bytes]] = {}
        self._members: dict[str, Connection] = {}
        self._targets: tuple[Connection, ...] = ()

    def __len__(self) -> int:
        return len(self._members)

    def add(self, client: str, connection: Connection) -> None:
        """Take a member in, from the next line on."""
        self._members[client] = connection
        self._targets = ()
        if self._outbox:
            self._own[client] = []

    def remove(self, client: str, stats: Stats) -> None:
        """Let a member go, with what waits for it."""
        connection = self._members.pop(client, None)
        lines = self._own.pop(client, self._outbox)
        self._targets = ()
        if connection is not None:
            self._write(lines, (connection,), stats)

    def append(self, line: bytes, exclude: str = "") -> None:
        """Have a line wait for every member, except the client `exclude`."""
        own = self._own
        if exclude in self._members and exclude not in own:
            own[exclude] = self._outbox.copy()
        self._outbox.append(line)
        for client, lines in own.items():
            if client != exclude:
                lines.append(line)

    def flush(self, stats: Stats) -> None:
        """Write what waits, in one packet to each member."""
        lines, own = self._outbox, self._own
        if not lines:
            return
        self._outbox = []
        # Iterating over a copy: a write may close a slow connection, which leaves the group.
        targets = self._targets
        if not targets:
            targets = self._targets = tuple(self._members.values())
        if own:
            self._own = {}
            members = self._members
            targets = tuple(members[client] for client in members.keys() - own.keys())
            for connection, few in [(members[client], few) for client, few in own.items()]:
                self._write(few, (connection,), stats)
        self._write(lines, targets, stats)

    def _write(self, lines: list[bytes], targets: tuple[Connection, ...], stats: Stats) -> None:
        if lines and targets:
            packet = Packet(self.codec.join_lines(lines))
            for connection in targets:
                connection.write(packet)
            stats.deliveries += len(lines) * len(targets)


class Topic:
    """The subscriptions of one channel on this node.

    `offset` is the newest one that arrived here, -1 until it is known; `epoch` is the life of the
    stream that it belongs to.
    """

    __slots__ = (
        "_ahead",
        "_groups",
        "_on_dirty",
        "_stats",
        "dirty",
        "epoch",
        "name",
        "offset",
        "subscriptions",
    )

    def __init__(self, name: str, *, on_dirty: Callable[["Topic"], None], stats: Stats) -> None:
        self.name = name
        self.offset = -1
        self.epoch = ""
        self.dirty = False
        self.subscriptions: dict[str, Subscription] = {}
        self._ahead: dict[Subscription, int] = {}
        self._groups: dict[Codec, Group] = {}
        self._on_dirty = on_dirty
        self._stats = stats

    @property
    def position(self) -> StreamPosition:
        """The newest position that arrived here."""
        return StreamPosition(self.offset, self.epoch)

    def add(self, subscription: Subscription) -> None:
        """Take a subscription in the making; it buffers until `go_live`."""
        self.subscriptions[subscription.info.client] = subscription

    def holds(self, subscription: Subscription) -> bool:
        """Say whether the subscription has been added, and not been removed."""
        return self.subscriptions.get(subscription.info.client) is subscription

    def align(self, top: StreamPosition) -> None:
        """Compare with the stream's top, and take it over where no position is known.

        A stream in another life voids every position that is held here.
        """
        if self.epoch not in ("", top.epoch):
            self.lose_position()
        if self.offset < 0:
            self.offset = top.offset
        self.epoch = top.epoch

    def go_live(self, subscription: Subscription, seen: int) -> list[Publication]:
        """Deliver to the subscription what is newer than `seen`; return what it has buffered of it.

        An engine may say of a stream what it has not delivered yet. Then the subscription is ahead
        of the others, and becomes one of them when they have got there.
        """
        buffered, subscription.buffer = subscription.buffer or [], None
        if 0 <= self.offset < seen:
            self._ahead[subscription] = seen
        else:
            self._enlist(subscription)
        return [p for p in buffered if not p.offset or p.offset > seen]

    def remove(self, subscription: Subscription) -> None:
        """Deliver nothing more to the subscription."""
        if not self.holds(subscription):
            return
        client = subscription.info.client
        del self.subscriptions[client]
        self._ahead.pop(subscription, None)
        if group := self._groups.get(subscription.codec):
            group.remove(client, self._stats)
            if not group:
                del self._groups[subscription.codec]

    def deliver(self, publication: Publication, exclude: str) -> None:
        """Hand one publication to every subscription, except that of the client `exclude`."""
        if publication.offset and not self._advance(publication):
            return
        self._buffer(publication, exclude)
        for group in self._groups.values():
            group.append(group.codec.publication(self.name, publication), exclude)
        if self._ahead:
            self._catch_up()
        self._mark()

    def tell_join(self, info: ClientInfo) -> None:
        """Push a join to every live subscription."""
        self._push(Push(channel=self.name, join=Join(info)))

    def tell_leave(self, info: ClientInfo) -> None:
        """Push a leave to every live subscription."""
        self._push(Push(channel=self.name, leave=Leave(info)))

    def lose_position(self) -> None:
        """Have every client recover: something was lost on the way to this node."""
        self.flush()
        self.offset = -1
        self.epoch = ""
        for subscription in tuple(self.subscriptions.values()):
            subscription.holder.lose_position(self.name)

    def flush(self) -> None:
        """Write every group's outbox."""
        for group in tuple(self._groups.values()):
            group.flush(self._stats)

    def _enlist(self, subscription: Subscription) -> None:
        group = self._groups.get(subscription.codec)
        if group is None:
            group = self._groups[subscription.codec] = Group(subscription.codec)
        group.add(subscription.info.client, subscription.connection)

    def _catch_up(self) -> None:
        """Make those members of a group that the topic has caught up with."""
        for subscription in [s for s, seen in self._ahead.items() if seen <= self.offset]:
            del self._ahead[subscription]
            self._enlist(subscription)

    def _buffer(self, publication: Publication, exclude: str) -> None:
        """Hold a publication for the subscriptions in the making."""
        # Live ones are in a group each: equal counts mean that nobody is joining just now.
        if len(self.subscriptions) == sum(map(len, self._groups.values())):
            return
        for subscription in self.subscriptions.values():
            # One with an offset is held for the excluded client too: it would look lost to it.
            wanted = publication.offset or subscription.info.client != exclude
            if subscription.buffer is not None and wanted:
                subscription.buffer.append(publication)

    def _advance(self, publication: Publication) -> bool:
        """Note the new offset; an unexpected one means that this node missed something."""
        offset, restarted = publication.offset, False
        if publication.epoch:
            restarted = self.epoch not in ("", publication.epoch)
        if not restarted and (self.offset < 0 or offset == self.offset + 1):
            self.offset = offset
            self.epoch = publication.epoch or self.epoch
            return True
        if restarted or offset > self.offset:
            self.lose_position()
        return False

    def _push(self, payload: Push) -> None:
        for group in self._groups.values():
            group.append(group.codec.push(payload))
        self._mark()

    def _mark(self) -> None:
        if not self.dirty:
            self.dirty = True
            self._on_dirty(self)
