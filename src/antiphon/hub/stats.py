"""Counters of the hub: plain integers, read by whoever exports them."""

from typing import Final

_CLOSE_CODES: Final = frozenset([*range(1000, 1016), *range(3000, 3020), *range(3500, 3520)])
"""Counted one by one; all others together, under 0, because clients and apps choose them."""


class Stats:
    """What has happened since the start. Counting costs an addition, never a lock."""

    __slots__ = (
        "closed",
        "commands",
        "connected",
        "deliveries",
        "handler_errors",
        "messages_in",
        "opened",
        "publications",
        "recovered",
        "refused",
        "unrecovered",
    )

    def __init__(self) -> None:
        self.opened = 0
        self.connected = 0
        self.closed: dict[int, int] = {}
        self.messages_in = 0
        self.commands = 0
        self.publications = 0
        self.deliveries = 0
        self.refused: dict[int, int] = {}
        self.handler_errors = 0
        self.recovered = 0
        self.unrecovered = 0

    def count_closed(self, code: int) -> None:
        """Count an ended connection by its close code, which its client may have chosen."""
        known = code if code in _CLOSE_CODES else 0
        self.closed[known] = self.closed.get(known, 0) + 1
