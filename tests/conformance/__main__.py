"""Run the Autobahn test suite against our server: ``python -m tests.conformance [CASE ...]``.

A case may be a pattern, like ``12.*``; without one all cases run. Exits with 1 if a case fails. Without
a CPython 2.7 on the machine it says so and exits with 0, since the suite runs nowhere else.
"""

import asyncio
import sys
from pathlib import Path
from typing import Final

from tests.conformance import suite
from tests.conformance.echo import build_echo_server
from tests.conformance.suite import say
from tests.conformance.verdict import read_report

CACHE: Final = Path(".cache")


async def conform(python: Path, folder: Path, cases: list[str]) -> int:
    """Start the server, run the cases, print the verdict, and return the exit code."""
    server = build_echo_server()
    serving = asyncio.create_task(server.serve())
    await server.ready.wait()
    group = ""
    async for case in suite.run(python, folder, f"ws://127.0.0.1:{server.port}/", cases):
        if case.partition(".")[0] != group:
            group = case.partition(".")[0]
            say(f"running cases {group}.*")
    server.should_exit = True
    await serving
    return _report()


def _report() -> int:
    verdict = read_report(suite.REPORTS, suite.AGENT)
    for behavior, count in sorted(verdict.counts.items()):
        say(f"{count:4} {behavior}")
    for failure in verdict.failures:
        say(f"FAILED {failure}")
    say(f"report: {suite.REPORTS / 'index.html'}")
    return 1 if verdict.failures else 0


def main() -> int:
    """Run, or say why not."""
    python = suite.find_python()
    if python is None:
        say("skipped: no Python 2.7 found")
        return 0
    try:
        folder = suite.install(python, CACHE)
        return asyncio.run(conform(python, folder, sys.argv[1:] or ["*"]))
    except suite.SuiteFailed as error:
        say(f"the test suite failed: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
