"""What can be typed, and how it fails: one line on stderr, exit code 1, or 2 for wrong usage.

What a command returns is its exit code.
"""

import asyncio
import sys
import webbrowser
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer

import antiphon
from antiphon.cli import clients, describing, differing, documents, recording, talking, tokens
from antiphon.cli.demo import build
from antiphon.cli.failure import BrokenApp, WrongUsage, one_line, traceback_of
from antiphon.cli.reloading import supervise
from antiphon.cli.running import LogLevel, Settings, run
from antiphon.cli.target import load
from antiphon.contract.types import Language
from antiphon.errors import AntiphonError

WRONG_USAGE: Final = 2

cli = typer.Typer(name="antiphon", add_completion=False, pretty_exceptions_enable=False)

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for any free one.")]
Url = Annotated[str, typer.Argument(help="http://host:8000, or the whole ws:// URL.")]
ChannelName = Annotated[str, typer.Argument(help="Such as chat:lobby.")]
Token = Annotated[str, typer.Option(envvar="ANTIPHON_TOKEN", help="Of the connection.")]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run what was typed, and exit."""
    sys.exit(execute(sys.argv[1:] if arguments is None else arguments))


def execute(arguments: Sequence[str]) -> int:
    """Run what was typed, and return the exit code."""
    try:
        return int(cli(list(arguments), standalone_mode=False) or 0)
    except BrokenApp as error:
        typer.echo(traceback_of(error.__cause__ or error), err=True, nl=False)
        return _fail(str(error), 1)
    except WrongUsage as error:
        return _fail(str(error), WRONG_USAGE)
    except (AntiphonError, OSError) as error:
        return _fail(str(error), 1)
    except Exception as error:
        # The library's own exceptions for what was typed have moved between its releases.
        explain = getattr(error, "format_message", None)
        if explain is None:
            raise
        return _fail(explain(), WRONG_USAGE)


def _fail(text: str, code: int) -> int:
    typer.echo(f"antiphon: {one_line(text)}", err=True)
    return code


@cli.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Antiphon, a real-time server for Python."""
    if version:
        typer.echo(f"antiphon {antiphon.__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@cli.command("run")
def run_app(
    app: Annotated[str, typer.Argument(help="Where it is: module:app.")],
    host: Host = "127.0.0.1",
    port: Port = 8000,
    uds: Annotated[str | None, typer.Option(help="Unix socket to listen on instead.")] = None,
    ssl_certfile: Annotated[Path | None, typer.Option(help="Certificate chain, PEM.")] = None,
    ssl_keyfile: Annotated[Path | None, typer.Option(help="Its key, PEM.")] = None,
    reload: Annotated[bool, typer.Option("--reload", help="Start again on changes.")] = False,
    log_level: LogLevel = "info",
    forwarded_allow_ips: Annotated[
        str, typer.Option(help="Proxies to trust, separated by commas: 10.0.0.7,192.168.0.0/16.")
    ] = "",
) -> None:
    """Serve an App, or any ASGI app that Apps are mounted in."""
    if reload:
        supervise([argument for argument in sys.argv[1:] if argument != "--reload"])
    settings = Settings(
        host=host,
        port=port,
        uds=uds,
        ssl_certfile=ssl_certfile,
        ssl_keyfile=ssl_keyfile,
        log_level=log_level,
        forwarded_allow_ips=tuple(filter(None, forwarded_allow_ips.split(","))),
    )
    run(load(app), settings)


@cli.command()
def demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    open: Annotated[bool, typer.Option("--open", help="Show it in a browser.")] = False,
) -> None:
    """Serve the demo: rooms with chat, and a live feed."""
    show = webbrowser.open if open else str
    run(build(), Settings(host=host, port=port, log_level="warning"), ready=show)


@cli.command()
def token(
    user: Annotated[str, typer.Option(help="The user's id.")],
    channel: Annotated[
        str | None, typer.Option(help="Make it a subscription token for this channel.")
    ] = None,
    ttl: Annotated[str, typer.Option(help="Time to live: 30s, 15m, 1h, 7d.")] = "1h",
    info: Annotated[str | None, typer.Option(help="JSON that others see.")] = None,
    meta: Annotated[str | None, typer.Option(help="JSON object for handlers.")] = None,
) -> None:
    """Print a token, signed with ANTIPHON_JWT_SECRET."""
    typer.echo(tokens.issue(user, ttl=ttl, channel=channel, info=info, meta=meta))


@cli.command()
def openapi(
    app: Annotated[str, typer.Argument(help="Where it is: module:app.")],
) -> None:
    """Print the OpenAPI document of an App's server API."""
    typer.echo(describing.openapi(load(app)))


@cli.command()
def listen(
    url: Url,
    channel: ChannelName,
    token: Token = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON, a line each.")] = False,
) -> None:
    """Print what is published in a channel, and who comes and goes."""
    address = talking.websocket_url(url)
    _talk(talking.listen(address, channel, token=token, as_json=json))


@cli.command()
def send(
    url: Url,
    channel: ChannelName,
    event: Annotated[str, typer.Argument(help="Its type, such as said; or the whole JSON.")],
    fields: Annotated[
        list[str] | None, typer.Argument(help="text=hello for text, count:=3 for JSON.")
    ] = None,
    token: Token = "",
) -> None:
    """Publish one event in a channel."""
    typed = talking.event_of(event, fields or [])
    _talk(talking.send(talking.websocket_url(url), channel, typed, token=token))
    typer.echo("ok")


@cli.command()
def asyncapi(
    app: Annotated[str, typer.Argument(help="Where it is: module:app.")],
    format: Annotated[documents.Format, typer.Option(help="How it is written.")] = "json",
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail where the code leaves something unsaid.")
    ] = False,
    output: Annotated[Path | None, typer.Option(help="File to write it to.")] = None,
    url: Annotated[str, typer.Option(help="Where the app is served: https://example.com.")] = "",
) -> None:
    """Print the AsyncAPI document of an app."""
    documents.asyncapi(app, format=format, strict=strict, output=output, url=url)


@cli.command("types")
def types_for(
    app: Annotated[str, typer.Argument(help="Where it is: module:app.")],
    lang: Annotated[Language, typer.Option(help="What the client is written in.")],
    output: Annotated[Path | None, typer.Option(help="File to write them to.")] = None,
) -> None:
    """Print types for an app's clients, with typed calls for ts and python."""
    clients.write(app, language=lang, output=output)


@cli.command()
def diff(
    old: Annotated[str, typer.Argument(help="A document, module:app, or REVISION:module:app.")],
    new: Annotated[str, typer.Argument(help="The same.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Tell what changed between two contracts, and whom it breaks."""
    return differing.diff(old, new, as_json=json)


@cli.command()
def record(
    url: Url,
    channels: Annotated[list[str], typer.Argument(help="Such as chat:lobby.")],
    output: Annotated[Path, typer.Option(help="File to write: JSON, a line each.")],
    token: Token = "",
) -> None:
    """Write down what is said in some channels."""
    address = talking.websocket_url(url)
    _talk(recording.record(address, channels, output, token=token))


@cli.command()
def check(
    contract: Annotated[
        str, typer.Argument(help="A document, module:app, or REVISION:module:app.")
    ],
    file: Annotated[Path, typer.Argument(help="What antiphon record has written.")],
) -> int:
    """Tell what a recording holds that a contract does not allow."""
    return recording.check(contract, file)


def _talk(talk: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(talk)
    except KeyboardInterrupt:
        raise typer.Exit from None
