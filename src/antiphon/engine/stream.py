"""One channel's stream in memory: the latest publications, the top offset and the epoch.

The publications go after `ttl` seconds without a new one; offset and epoch stay, so that a client
with an old position is told of a gap rather than of a new stream. The version of the newest that had
one stays, too. A stream knows what it weighs, so that its owner can bound the sum. Pure: time comes
in.
"""

from collections import deque
from itertools import islice

from antiphon.publication import Publication, StreamPosition

PUBLICATION_BYTES = 384
"""What a publication takes in CPython besides its payload: its own objects and those of its info."""


def weigh(publication: Publication) -> int:
    """Return the bytes that a publication takes, about: what it shares with others counts too."""
    weight = PUBLICATION_BYTES + len(publication.data)
    if info := publication.info:
        weight += len(info.conn_info) + len(info.chan_info)
    if tags := publication.tags:
        weight += sum(map(len, tags)) + sum(map(len, tags.values()))
    return weight


class Stream:
    """A bounded, expiring list of publications with consecutive offsets from 1."""

    __slots__ = (
        "_items",
        "epoch",
        "expires_at",
        "top",
        "touched_at",
        "version",
        "version_epoch",
        "weight",
    )

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self.top = 0
        self.version = 0
        """What the app calls its newest state here; 0 when it never said."""
        self.version_epoch = ""
        self._items: deque[Publication] = deque()
        self.expires_at = 0.0
        self.touched_at = 0.0
        """When it was last used, while it had no publications."""
        self.weight = 0
        """Bytes that its publications take; 0 when there are none."""

    @property
    def position(self) -> StreamPosition:
        """The position of the newest publication."""
        return StreamPosition(self.top, self.epoch)

    def outdates(self, version: int, version_epoch: str) -> bool:
        """Say whether a publication of this version comes too late.

        Versions of different epochs do not compare; no epoch is any.
        """
        return 0 < version <= self.version and version_epoch in ("", self.version_epoch)

    def append(self, publication: Publication, *, size: int, expires_at: float) -> None:
        """Give the publication the next offset and keep it, with at most `size` in all."""
        self.top += 1
        publication.offset = self.top
        if self.top == 1:
            publication.epoch = self.epoch
        self._items.append(publication)
        self.weight += weigh(publication)
        while len(self._items) > size:
            self.drop_oldest()
        self.expires_at = expires_at

    def drop_oldest(self) -> None:
        """Drop the oldest publication, of at least one."""
        self.weight -= weigh(self._items.popleft())

    def clear(self) -> None:
        """Drop the publications; offset, epoch and version stay."""
        self._items.clear()
        self.weight = 0

    def read(self, *, since: int | None, limit: int, reverse: bool) -> list[Publication]:
        """Return up to `limit` publications, all of them when it is negative.

        Forward: those after offset `since`, or from the oldest. Reverse: those before it, newest
        first, or from the newest.
        """
        items = self._items
        if not items or limit == 0:
            return []
        first, kept = items[0].offset, len(items)
        # Clients send any `since` of 64 bits: `islice` takes no index that large.
        count = kept if limit < 0 else min(limit, kept)
        if reverse:
            end = kept if since is None else min(max(since - first, 0), kept)
            start = max(end - count, 0)
            return list(islice(items, start, end))[::-1]
        start = 0 if since is None else min(max(since + 1 - first, 0), kept)
        return list(islice(items, start, start + count))
