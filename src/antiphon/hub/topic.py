"""A live channel: who is subscribed on this node, and what waits to be written to them.

A publication is encoded once per group of subscribers that speak the same codec, and put into the
group's outbox. Once per turn of the event loop the outbox becomes one packet, written once to each
member. Whoever joins or leaves in between finds the outbox flushed before, so that nobody gets a
publication from before their own reply.
"""

from collections.abc import Callable

from antiphon.hub.ports import Codec
from antiphon.hub.stats import Stats
from antiphon.hub.subscription import Subscription
from antiphon.protocol.messages import Join, Leave, Push
from antiphon.publication import ClientInfo, Publication
from antiphon.wire.packet import Packet
from antiphon.wire.port import Connection


class Group:
    """The members of a topic that are written the same bytes."""

    __slots__ = ("_members", "_targets", "codec", "outbox")

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.outbox: list[bytes] = []
        self._members: dict[str, Connection] = {}
        self._targets: tuple[Connection, ...] = ()

    def __len__(self) -> int:
        return len(self._members)

    def add(self, client: str, connection: Connection) -> None:
        self._members[client] = connection
        self._targets = ()

    def remove(self, client: str) -> None:
        self._members.pop(client, None)
        self._targets = ()

    def flush(self, stats: Stats) -> None:
        """Write what waits, in one packet, to every member."""
        lines = self.outbox
        if not lines:
            return
        self.outbox = []
        # Iterating over a copy: a write may close a slow connection, which leaves the group.
        targets = self._targets
        if not targets:
            targets = self._targets = tuple(self._members.values())
        packet = Packet(self.codec.join_lines(lines))
        for connection in targets:
            connection.write(packet)
        stats.deliveries += len(lines) * len(targets)

    def write_except(self, client: str, line: bytes, stats: Stats) -> None:
        """Write one line, now, to every member but one."""
        packet = Packet(line)
        for member, connection in tuple(self._members.items()):
            if member != client:
                connection.write(packet)
                stats.deliveries += 1


class Topic:
    """The subscriptions of one channel on this node.

    `offset` is the newest one that arrived here; -1 until it is known.
    """

    __slots__ = ("_groups", "_on_dirty", "_stats", "dirty", "name", "offset", "subscriptions")

    def __init__(self, name: str, *, on_dirty: Callable[["Topic"], None], stats: Stats) -> None:
        self.name = name
        self.offset = -1
        self.dirty = False
        self.subscriptions: dict[str, Subscription] = {}
        self._groups: dict[Codec, Group] = {}
        self._on_dirty = on_dirty
        self._stats = stats

    def add(self, subscription: Subscription) -> None:
        """Take a subscription in the making; it buffers until `go_live`."""
        self.subscriptions[subscription.info.client] = subscription

    def go_live(self, subscription: Subscription) -> list[Publication]:
        """Deliver to the subscription from here on, and return what it buffered."""
        self.flush()
        buffered, subscription.buffer = subscription.buffer or [], None
        group = self._groups.get(subscription.codec)
        if group is None:
            group = self._groups[subscription.codec] = Group(subscription.codec)
        group.add(subscription.info.client, subscription.connection)
        return buffered

    def remove(self, subscription: Subscription) -> None:
        """Deliver nothing more to the subscription."""
        self.flush()
        client = subscription.info.client
        if self.subscriptions.get(client) is subscription:
            del self.subscriptions[client]
            if group := self._groups.get(subscription.codec):
                group.remove(client)
                if not group:
                    del self._groups[subscription.codec]

    def deliver(self, publication: Publication, exclude: str) -> None:
        """Hand one publication to every subscription, except that of the client `exclude`."""
        if publication.offset and not self._advance(publication):
            return
        for subscription in self._pending():
            if subscription.info.client != exclude:
                subscription.buffer.append(publication)  # type: ignore[union-attr]
        for group in self._groups.values():
            line = group.codec.publication(self.name, publication)
            if exclude:
                group.flush(self._stats)
                group.write_except(exclude, line, self._stats)
            else:
                group.outbox.append(line)
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
        for subscription in tuple(self.subscriptions.values()):
            subscription.holder.lose_position(self.name)

    def flush(self) -> None:
        """Write every group's outbox."""
        for group in tuple(self._groups.values()):
            group.flush(self._stats)

    def _pending(self) -> list[Subscription]:
        # Live ones are in a group each: equal counts mean that nobody is joining just now.
        if len(self.subscriptions) == sum(map(len, self._groups.values())):
            return []
        return [s for s in self.subscriptions.values() if s.buffer is not None]

    def _advance(self, publication: Publication) -> bool:
        """Note the new offset; an unexpected one means that this node missed something."""
        offset = publication.offset
        if self.offset < 0 or offset == self.offset + 1:
            self.offset = offset
            return True
        if offset == 1 or offset > self.offset:
            # Offset 1 begins a new life of the stream: every position held here is void.
            self.lose_position()
        return False

    def _push(self, payload: Push) -> None:
        for group in self._groups.values():
            group.outbox.append(group.codec.push(payload))
        self._mark()

    def _mark(self) -> None:
        if not self.dirty:
            self.dirty = True
            self._on_dirty(self)
