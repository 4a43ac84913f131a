"""What a server pushed and nobody has taken yet, by channel and in order.

The inbox is not bounded: it belongs to a test or a terminal, which asked for what is in it.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Literal

from antiphon.protocol.messages import Push

Kind = Literal["pub", "join", "leave", "subscribe", "unsubscribe", "message"]
"""The payloads of a `Push`."""


class Inbox:
    """Pushes of all channels; messages, which belong to none, are those of channel ""."""

    __slots__ = ("_arrived", "_end", "_pushes")

    def __init__(self) -> None:
        self._pushes: defaultdict[str, deque[Push]] = defaultdict(deque)
        self._arrived = asyncio.Event()
        self._end: Callable[[], Exception] | None = None

    def put(self, push: Push) -> None:
        """Take in one push."""
        self._pushes[push.channel].append(push)
        self._wake()

    def close(self, end: Callable[[], Exception]) -> None:
        """Expect nothing more: once the inbox is empty, `take` raises what `end` makes."""
        self._end = end
        self._wake()

    async def take(self, channel: str, kind: Kind | None = None) -> Push:
        """Return the first push of this kind, or of any, and leave the others where they are.

        Waits for as long as it takes; the end of the connection raises.
        """
        while True:
            pushes = self._pushes[channel]
            for index, push in enumerate(pushes):
                if kind is None or getattr(push, kind) is not None:
                    del pushes[index]
                    return push
            if self._end is not None:
                raise self._end()
            await self._arrived.wait()

    def _wake(self) -> None:
        # Whoever waits holds the old one; whoever comes next has seen what is there now.
        self._arrived.set()
        self._arrived = asyncio.Event()
