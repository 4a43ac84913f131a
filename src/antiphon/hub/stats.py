"""Counters of the hub: plain integers, read by whoever exports them."""


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
