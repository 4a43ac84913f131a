"""A live channel: who is subscribed on this node, and how far its stream has arrived here.

A subscription is entered first, buffers while its stream is read, and then becomes a member of the
audience of its form. A gap in the stream has every client recover.
"""

from collections.abc import Callable

from antiphon.errors import Disconnect
from antiphon.hub.audience import Audience, News
from antiphon.hub.form import Form
from antiphon.hub.patches import Patches
from antiphon.hub.stats import Stats
from antiphon.hub.subscription import Subscription
from antiphon.protocol.messages import Join, Leave, Push
from antiphon.publication import ClientInfo, Publication, StreamPosition


class Topic:
    """The subscriptions of one channel on this node.

    `offset` is the newest one that arrived here, -1 until it is known; `epoch` is the life of the
    stream that it belongs to.
    """

    __slots__ = (
        "_ahead",
        "_audiences",
        "_on_dirty",
        "_patches",
        "_stats",
        "dirty",
        "epoch",
        "name",
        "offset",
        "subscriptions",
    )

    def __init__(
        self,
        name: str,
        *,
        on_dirty: Callable[["Topic"], None],
        patches: Patches,
        stats: Stats,
    ) -> None:
        self.name = name
        self.offset = -1
        self.epoch = ""
        self.dirty = False
        self.subscriptions: dict[str, Subscription] = {}
        self._ahead: dict[Subscription, int] = {}
        self._audiences: dict[Form, Audience] = {}
        self._on_dirty = on_dirty
        self._patches = patches
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

    def go_live(
        self, subscription: Subscription, seen: int, newest: Publication | None = None
    ) -> list[Publication]:
        """Deliver to the subscription what is newer than `seen`; return what it has buffered of it.

        An engine may say of a stream what it has not delivered yet. Then the subscription is ahead
        of the others, and becomes one of them when they have got there.

        Args:
            newest: the publication with the offset `seen`, if the client has got it.
        """
        buffered, subscription.buffer = subscription.buffer or [], None
        late = [p for p in buffered if not p.offset or p.offset > seen]
        if 0 <= self.offset < seen:
            self._ahead[subscription] = seen
        else:
            self._enlist(subscription, None if late else newest)
        return late

    def remove(self, subscription: Subscription) -> None:
        """Deliver nothing more to the subscription."""
        if not self.holds(subscription):
            return
        client, form = subscription.info.client, subscription.form
        del self.subscriptions[client]
        self._ahead.pop(subscription, None)
        if audience := self._audiences.get(form):
            audience.remove(client)
            if not audience:
                del self._audiences[form]

    def deliver(self, publication: Publication, exclude: str) -> None:
        """Hand one publication to every subscription, except that of the client `exclude`."""
        if publication.offset and not self._advance(publication):
            return
        self._buffer(publication, exclude)
        news = News(self.name, publication)
        for audience in tuple(self._audiences.values()):
            try:
                audience.publish(news, exclude)
            except Disconnect as error:
                self._end(audience, error)
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
        """Write what waits for every audience."""
        for audience in tuple(self._audiences.values()):
            audience.flush()

    def _enlist(self, subscription: Subscription, newest: Publication | None) -> None:
        form = subscription.form
        audience = self._audiences.get(form)
        if audience is None:
            audience = self._audiences[form] = form.audience(self._patches, self._stats)
        audience.add(subscription.info.client, subscription.connection, newest)

    def _end(self, audience: Audience, error: Disconnect) -> None:
        for client in audience.clients():
            if subscription := self.subscriptions.get(client):
                subscription.holder.end(error)

    def _catch_up(self) -> None:
        """Make those members of an audience that the topic has caught up with."""
        for subscription in [s for s, seen in self._ahead.items() if seen <= self.offset]:
            del self._ahead[subscription]
            self._enlist(subscription, None)

    def _buffer(self, publication: Publication, exclude: str) -> None:
        """Hold a publication for the subscriptions in the making."""
        # Live ones are in an audience each: equal counts mean that nobody is joining just now.
        if len(self.subscriptions) == sum(map(len, self._audiences.values())):
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
        for audience in self._audiences.values():
            audience.push(payload)
        self._mark()

    def _mark(self) -> None:
        if not self.dirty:
            self.dirty = True
            self._on_dirty(self)
