"""`antiphon types`: types for an app's clients, without serving it.

`StartupError` where there is no app, or more than one; `OSError` for a file that cannot be written.
"""

from pathlib import Path

import typer

from antiphon.cli.documents import only_app
from antiphon.contract import contract_of
from antiphon.contract.types import Language, types_of


def write(name: str, *, language: Language, output: Path | None) -> None:
    """Write the client types of the app that is called so.

    Args:
        output: a file; standard output unless given.
    """
    _, app = only_app(name)
    text = types_of(contract_of(app), language, name=name)
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
