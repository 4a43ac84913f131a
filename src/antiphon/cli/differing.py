"""`antiphon diff`: what changed between two contracts, for people or for programs.

Exit code 1 where something breaks, 2 where one of the two cannot be read.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from antiphon.cli.contracts import contract_from
from antiphon.cli.failure import WrongUsage, printable
from antiphon.contract.diff import Change, Verdict, compare
from antiphon.contract.diff.rules import GRAVEST

_STYLES: Final[dict[Verdict, str]] = {"breaking": "bold red", "risky": "yellow", "safe": "green"}


def diff(old: str, new: str, *, as_json: bool) -> int:
    """Print what changed, and return the exit code.

    Raises:
        WrongUsage: one of the two cannot be read.
    """
    before, after = contract_from(old), contract_from(new)
    try:
        changes = compare(before, after)
    except RecursionError:
        raise WrongUsage(f"{old} and {new} are nested too deeply to compare") from None
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(_for_programs(changes)), indent=2))
    else:
        _show(changes)
    return int(any(change.verdict == "breaking" for change in changes))


def _for_programs(changes: list[Change]) -> dict[str, Any]:
    told = [{"verdict": change.verdict, **msgspec.to_builtins(change)} for change in changes]
    return {**_counts(changes), "changes": told}


def _counts(changes: Iterable[Change]) -> dict[str, int]:
    verdicts: list[str] = [change.verdict for change in changes]
    return {verdict: verdicts.count(verdict) for verdict in GRAVEST}


def _show(changes: list[Change]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for where in dict.fromkeys(change.where for change in changes):
        console.print(Text(printable(where), style="bold"))
        for line in _lines([change for change in changes if change.where == where]):
            console.print(line)
    told = ", ".join(f"{count} {verdict}" for verdict, count in _counts(changes).items())
    console.print(told if changes else "nothing changed")


def _lines(changes: list[Change]) -> Iterator[Text]:
    """Yield a line for each, the gravest first."""
    for change in sorted(changes, key=lambda change: GRAVEST.index(change.verdict)):
        whole = " ".join(filter(None, (change.subject, change.text)))
        yield Text.assemble(
            "  ",
            (f"{change.verdict:<8}", _STYLES[change.verdict]),
            f"  {printable(whole)}  ",
            (f"({change.rule}; {_whom(change)})", "dim"),
        )


def _whom(change: Change) -> str:
    return f"old clients: {change.old_clients}, old servers: {change.old_servers}"
