"""The results, written down: a table on the terminal, JSON, and Markdown in docs/performance.md.

Each bound of a scenario is a row. The Markdown goes between two marker lines of the page; the rest
of the page is written by hand and stays.
"""

import json
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.measure import Result
from bench.scenarios import Bound

ROOT = Path(__file__).resolve().parent.parent
JSON_FILE = ROOT / "bench" / "results" / "latest.json"
PAGE = ROOT / "docs" / "performance.md"
BEGIN = "<!-- bench:begin -->"
END = "<!-- bench:end -->"
COLUMNS = ("scenario", "antiphon", "peers", "measured", "bound", "verdict")
NUMERIC = {"antiphon", "bound"}
WIDTH = 150
"""Columns of the terminal's table, where the terminal does not say that it has more."""


def all_met(results: Sequence[Result]) -> bool:
    """Whether every bound of every scenario is kept."""
    return all(result.met(bound) for result in results for bound in result.scenario.bounds)


def print_table(results: Sequence[Result]) -> None:
    """Show the results on the terminal."""
    table = Table(title="Server CPU per delivery, and memory per connection")
    for column in COLUMNS:
        table.add_column(column, justify="right" if column in NUMERIC else "left")
    for row in _rows(results):
        verdict = row[-1]
        style = "green" if verdict == "met" else "bold red"
        table.add_row(*row[:-1], f"[{style}]{verdict}[/]")
    Console(width=max(WIDTH, Console().width)).print(table)


def write_files(results: Sequence[Result], machine: dict[str, Any], method: dict[str, Any]) -> None:
    """Write the JSON file, and the table of docs/performance.md."""
    JSON_FILE.parent.mkdir(exist_ok=True)
    record = {
        "machine": machine,
        "method": method,
        "scenarios": [_record(result) for result in results],
    }
    JSON_FILE.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{_markdown(results, machine, method)}\n{END}{after}")


def _rows(results: Sequence[Result]) -> Iterator[tuple[str, ...]]:
    for result in results:
        for bound in result.scenario.bounds:
            yield _row(result, bound)


def _row(result: Result, bound: Bound) -> tuple[str, ...]:
    scenario = result.scenario
    ours, *peers = (contender.label for contender in scenario.contenders)
    sign = f"× {bound.against}" if bound.against else scenario.unit
    return (
        scenario.title,
        f"{result.figure(ours):.2f} {scenario.unit}",
        ", ".join(f"{label} {result.figure(label):.2f}" for label in peers),
        f"{statistics.median(result.ratios(bound)):.2f} {sign}{_spread(result.ratios(bound))}",
        f"{bound.most:g} {sign}",
        "met" if result.met(bound) else "NOT MET",
    )


def _spread(values: Sequence[float]) -> str:
    """The quartiles, when there is more than one round."""
    if len(values) < 2:
        return ""
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return f" ({low:.2f} to {high:.2f})"


def _record(result: Result) -> dict[str, Any]:
    scenario = result.scenario
    return {
        "name": scenario.name,
        "title": scenario.title,
        "unit": scenario.unit,
        "figures": {label: round(result.figure(label), 3) for label in result.samples},
        "samples": {
            label: [round(figure, 3) for figure in figures]
            for label, figures in result.samples.items()
        },
        "bounds": [_bound_record(result, bound) for bound in scenario.bounds],
    }


def _bound_record(result: Result, bound: Bound) -> dict[str, Any]:
    return {
        "against": bound.against,
        "at_most": bound.most,
        "measured": round(statistics.median(result.ratios(bound)), 3),
        "met": result.met(bound),
    }


def _markdown(results: Sequence[Result], machine: dict[str, Any], method: dict[str, Any]) -> str:
    libraries = ", ".join(f"{name} {version}" for name, version in machine["libraries"].items())
    lines = [
        f"Measured {machine['date']} at {machine['commit']} on {machine['processor']}, "
        f"{machine['cores']} cores, {machine['kernel']}, {machine['python']}; {libraries}. "
        f"{method['rounds']} rounds of {method['seconds']:g} CPU seconds per server; "
        "the quartiles over the rounds are in brackets.",
        "",
        _line(COLUMNS),
        _line(["--:" if column in NUMERIC else "---" for column in COLUMNS]),
        *(_line(row) for row in _rows(results)),
    ]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
