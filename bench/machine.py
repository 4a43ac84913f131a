"""The machine under the benchmark: cores, file descriptors, and what to call it in a report.

Servers and load generator run on different cores, so that neither waits for the other. With a
single core both share it; the figures are CPU time and stay comparable, but get noisier.
"""

import os
import platform
import resource
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("antiphon", "picows", "aiofastnet", "uvloop", "msgspec", "websockets", "uvicorn")


def server_core() -> int:
    """The core on which servers run."""
    return min(os.sched_getaffinity(0))


def load_core() -> int:
    """The core on which everything else runs."""
    return max(os.sched_getaffinity(0))


def raise_file_limit() -> None:
    """Allow this process and its children as many sockets as the system permits."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def describe() -> dict[str, object]:
    """What a reader needs to judge the figures."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "libraries": {name: _version(name) for name in LIBRARIES},
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
