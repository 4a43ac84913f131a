"""The servers under measurement, one module each, and how they are told what to do.

A module here is a peer when it has ``async def start(options) -> Peer``. That is all there is to
adding one: `scenarios` names it, and `__main__` runs it as a process with the same control
protocol as the others.
"""

from collections.abc import Sequence
from typing import Any, Protocol

Options = dict[str, Any]


class Peer(Protocol):
    """A running server. It answers every message of a client with the same content."""

    url: str
    dialect: str
    """How clients talk to it; a key of `bench.clients.DIALECTS`."""

    def load(self, events: Sequence[dict[str, Any]]) -> None:
        """Take the events to publish, in whatever form is then cheapest."""

    async def publish(self, first: int, count: int) -> None:
        """Publish `count` events from number `first` on to everyone, in one turn of the loop."""
