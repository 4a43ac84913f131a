"""What all connections of one endpoint share: its limits, its compressors, and the register of who is open.

One `Service` belongs to one server and one endpoint. It is bound to the event loop that runs the
server, and forgets a connection when the connection ends.
"""

import asyncio
import logging
from collections.abc import Callable
from time import monotonic
from typing import Final, Protocol

from antiphon.wire.deflate import Deflater
from antiphon.wire.packet import Deflate
from antiphon.wire.port import Endpoint

logger = logging.getLogger("antiphon.wire")

LOG_SECONDS: Final = 10.0
"""At most one line per close code in this time."""


class Member(Protocol):
    """An open connection."""

    def shutdown(self) -> None:
        """Tell the client to reconnect elsewhere."""


class Register(Protocol):
    """Where open connections are entered, so that the server can end them."""

    def add(self, member: Member) -> None:
        """Enter a connection that was opened."""

    def discard(self, member: Member) -> None:
        """Strike a connection that has ended."""


class Service:
    """See the module.

    Args:
        endpoint: what is served.
        register: of the server.
    """

    __slots__ = ("_deflaters", "_refusals", "discard", "endpoint", "enter", "limits", "loop")

    def __init__(self, endpoint: Endpoint, register: Register) -> None:
        self.endpoint = endpoint
        self.limits = endpoint.limits
        self.loop = asyncio.get_running_loop()
        self.enter: Callable[[Member], None] = register.add
        self.discard: Callable[[Member], None] = register.discard
        self._deflaters: dict[int, Deflate] = {}
        self._refusals: dict[int, _Tally] = {}

    def deflater(self, window: int) -> Deflate:
        """Return the one compressor for a window of so many bits."""
        deflater = self._deflaters.get(window)
        if deflater is None:
            deflater = self._deflaters[window] = Deflater(
                level=self.endpoint.compression,
                window=window,
                threshold=self.endpoint.compression_threshold,
            )
        return deflater

    def count_refusal(self, code: int, reason: str) -> None:
        """Count a connection that ends because its peer broke a rule; log now and then."""
        tally = self._refusals.setdefault(code, _Tally())
        tally.count += 1
        now = monotonic()
        if now >= tally.silent_until:
            tally.silent_until = now + LOG_SECONDS
            logger.info("closed with %d, %s (%d so far)", code, reason, tally.count)


class _Tally:
    __slots__ = ("count", "silent_until")

    def __init__(self) -> None:
        self.count = 0
        self.silent_until = 0.0
