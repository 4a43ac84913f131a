"""`antiphon asyncapi`: the document of an app, without serving it.

What the document gets wrong, and what the code leaves its readers to guess, is told a line each; the
first is an error, the second one where strictness is asked for. `WrongUsage` for what was typed,
`StartupError` where there is no app, or more than one.
"""

from pathlib import Path
from typing import Literal

import typer

from antiphon.app import App
from antiphon.cli.failure import WrongUsage, one_line
from antiphon.cli.target import load
from antiphon.contract import contract_of, yaml
from antiphon.contract.asyncapi import document
from antiphon.contract.gaps import gaps
from antiphon.contract.lint import problems
from antiphon.contract.servers import LOCAL, Location
from antiphon.contract.serving import as_json
from antiphon.errors import AntiphonError, StartupError
from antiphon.hosting import find_apps

Format = Literal["json", "yaml"]


def asyncapi(name: str, *, format: Format, strict: bool, output: Path | None, url: str) -> None:
    """Write the document of the app that is called so.

    Args:
        output: a file; standard output unless given.
        url: where the app is served.

    Raises:
        StartupError: it has errors, or with `strict` gaps.
    """
    path, app = only_app(name)
    location = _location(url or LOCAL + path)
    contract = contract_of(app)
    written = document(contract, location=location)
    wrong, missing = problems(written), gaps(contract)
    if not strict:
        missing = [f"warning: {gap}" for gap in missing]
    for told in (*wrong, *missing):
        typer.echo(f"antiphon: {one_line(told)}", err=True)
    if wrong or (strict and missing):
        raise StartupError(f"{name}: {len(wrong) + len(missing)} to mend")
    text = as_json(written).decode() if format == "json" else yaml.encode(written)
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


def only_app(name: str) -> tuple[str, App]:
    """Load what is called so, and return the one App in it, and where that is mounted.

    Raises:
        StartupError: there is none, or more than one.
    """
    apps = find_apps(load(name))
    if len(apps) != 1:
        mounted = ", ".join(f"{app.title!r} at {path or '/'}" for path, app in apps.items())
        raise StartupError(
            f"{name} holds {mounted}: name the one that is meant"
            if apps
            else f"{name} holds no antiphon.App in sight: name the App itself"
        )
    return next(iter(apps.items()))


def _location(url: str) -> Location:
    try:
        return Location.of(url)
    except AntiphonError as error:
        raise WrongUsage(str(error)) from None
