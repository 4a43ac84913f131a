"""The watch over a connection whose peer reads too slowly.

It starts when the transport's write buffer passes its high-water mark and ends when the buffer has
drained. Meanwhile it looks every few seconds whether the peer took anything at all, and cuts the
connection when it did not. That the buffer is bounded in bytes is checked where it is written to.
"""

import asyncio
from collections.abc import Callable


class StallWatch:
    """Aborts a congested transport that makes no progress.

    Args:
        transport: the congested one.
        seconds: how long the peer may take nothing.
        abort: called then, once.
    """

    __slots__ = ("_abort", "_loop", "_seconds", "_size", "_timer", "_transport", "queued")

    queued: int
    """Bytes added to the buffer since the last look; whoever writes adds to it."""

    def __init__(
        self, transport: asyncio.Transport, *, seconds: float, abort: Callable[[], None]
    ) -> None:
        self._transport = transport
        self._seconds = seconds
        self._abort = abort
        self._loop = asyncio.get_running_loop()
        self._size = transport.get_write_buffer_size()
        self.queued = 0
        self._timer = self._loop.call_later(seconds, self._look)

    def stop(self) -> None:
        """End the watch."""
        self._timer.cancel()

    def _look(self) -> None:
        size = self._transport.get_write_buffer_size()
        if size >= self._size + self.queued:
            self._abort()
            return
        self._size = size
        self.queued = 0
        self._timer = self._loop.call_later(self._seconds, self._look)
