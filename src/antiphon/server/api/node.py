"""This process, as backends see it: who it is, what it holds, and what it uses."""

import os
import platform
import sys
import time
from pathlib import Path
from typing import Final

from antiphon.hub.hub import Hub
from antiphon.server.api.requests import InfoRequest
from antiphon.server.api.results import InfoResult, NodeResult, Process

_STATM: Final = Path("/proc/self/statm")


class Node:
    """The method `info`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._name = f"{platform.node()}_{os.getpid()}"
        self._born = time.monotonic()
        self._used = time.process_time()

    async def info(self, _: InfoRequest) -> InfoResult:
        """Describe the one process that there is."""
        age = time.monotonic() - self._born
        used = time.process_time() - self._used
        users, topics = self._hub.users, self._hub.core.topics
        return InfoResult(
            [
                NodeResult(
                    uid=self._hub.core.node,
                    name=self._name,
                    version=self._hub.core.version,
                    num_clients=sum(map(len, users.values())),
                    num_users=len(users),
                    num_channels=len(topics),
                    num_subs=sum(len(topic.subscriptions) for topic in topics.values()),
                    process=Process(round(100 * used / age, 2) if age else 0.0, resident_bytes()),
                    uptime=int(age),
                )
            ]
        )


def resident_bytes() -> int:
    """Return the memory that the process holds; where that is not told, the most that it held."""
    try:
        pages = int(_STATM.read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return _peak_bytes()


def _peak_bytes() -> int:
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
