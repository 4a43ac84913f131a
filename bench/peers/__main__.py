"""A peer as a process: ``python -m bench.peers FD CORE MODULE OPTIONS``.

It starts the server that `bench.peers.MODULE` describes and then follows its control connection:
``load`` events, ``publish`` them, and say what that cost (``usage``).
"""

import asyncio
import gc
import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path

import uvloop

from bench import payloads
from bench.control import Answer, follow, pin
from bench.machine import raise_file_limit
from bench.peers import Peer

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Operations:
    """What the benchmark may ask of a server."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._published = 0

    async def load(self, size: int, similar: bool) -> Answer:
        """Prepare events of `size` bytes, unrelated or each similar to the one before."""
        make = payloads.similar if similar else payloads.events
        self._peer.load(make(size))
        return {}

    async def publish(self, rounds: int, burst: int) -> Answer:
        """Publish `burst` events in each of `rounds` turns of the loop."""
        for _ in range(rounds):
            first = self._published % payloads.VARIETY
            await self._peer.publish(first, burst)
            self._published += burst
            await asyncio.sleep(0)
        return {"cpu": time.process_time()}

    async def usage(self) -> Answer:
        """User and system CPU seconds since the start."""
        return {"cpu": time.process_time()}

    async def memory(self) -> Answer:
        """Resident bytes, without garbage."""
        gc.collect()
        return {"rss": _resident()}


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


async def main(fd: int, name: str, options: str) -> None:
    """Start the peer and serve the control connection until it closes."""
    peer: Peer = await import_module(f"bench.peers.{name}").start(json.loads(options))
    operations = Operations(peer)
    await follow(
        fd,
        {"url": peer.url, "dialect": peer.dialect},
        {
            "load": operations.load,
            "publish": operations.publish,
            "usage": operations.usage,
            "memory": operations.memory,
        },
    )


if __name__ == "__main__":
    pin(int(sys.argv[2]))
    raise_file_limit()
    uvloop.run(main(int(sys.argv[1]), sys.argv[3], sys.argv[4]))
