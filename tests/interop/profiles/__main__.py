"""Serves the app of one suite, by the name ``localhost``, until Ctrl+C."""

import argparse

from antiphon.cli import main

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.interop.profiles", description=__doc__)
    parser.add_argument("suite", choices=("js", "python", "go"))
    parser.add_argument("--port", default="8000", help="8000 is where the suites look")
    parser.add_argument("--log-level", default="warning")
    chosen = parser.parse_args()
    app = f"{__package__}.{chosen.suite}:app"
    # The name stands for IPv4 and IPv6; the clients choose one of them, each in its own way.
    options = ["--host", "localhost", "--port", chosen.port, "--log-level", chosen.log_level]
    main(["run", app, *options])
