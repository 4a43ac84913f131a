"""``python -m bench``: measure, print, write down, and say with the exit code whether it is enough.

The exit code is 1 when a bound is not met, unless ``--no-fail``, and 2 when a server failed. A run
of all scenarios writes bench/results/latest.json and the table in docs/performance.md; one with
``--only`` just prints.
"""

from typing import Annotated

import typer
from rich.console import Console

from bench import machine, report
from bench.control import ChildError
from bench.measure import Result, run
from bench.scenarios import Scenario, all_scenarios

ROUNDS = 9
SECONDS = 0.3


def bench(
    only: Annotated[
        list[str] | None, typer.Option(help="Scenarios whose name begins so; may repeat.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds per scenario.")] = ROUNDS,
    seconds: Annotated[float, typer.Option(help="CPU seconds per server and round.")] = SECONDS,
    no_fail: Annotated[bool, typer.Option("--no-fail", help="Exit with 0 in any case.")] = False,
) -> None:
    """Measure what a delivery costs Antiphon, beside its peers."""
    scenarios = _selected(only or [])
    machine.raise_file_limit()
    try:
        results = _measure(scenarios, rounds=rounds, seconds=seconds)
    except ChildError as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(2) from None
    report.print_table(results)
    if not only:
        method = {"rounds": rounds, "seconds": seconds}
        report.write_files(results, machine.describe(), method)
    if not (no_fail or report.all_met(results)):
        raise typer.Exit(1)


def _selected(prefixes: list[str]) -> list[Scenario]:
    known = all_scenarios()
    chosen = [s for s in known if not prefixes or s.name.startswith(tuple(prefixes))]
    if not chosen:
        names = ", ".join(scenario.name for scenario in known)
        raise typer.BadParameter(f"no such scenario; there are {names}")
    return chosen


def _measure(scenarios: list[Scenario], *, rounds: int, seconds: float) -> list[Result]:
    console = Console(stderr=True)
    results = []
    for number, scenario in enumerate(scenarios, 1):
        console.print(f"[{number}/{len(scenarios)}] {scenario.title}", markup=False)
        results.append(run(scenario, rounds=rounds, seconds=seconds))
    return results


if __name__ == "__main__":
    typer.run(bench)
