"""`antiphon run`: serve a loaded app until a signal comes.

uvicorn's own words about starting and stopping are left out, except at log level debug: the banner
says what is served and where, and a start that fails is reported once, by the caller.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import typer
from msgspec import Struct, structs

from antiphon.app import App
from antiphon.cli.failure import BrokenApp
from antiphon.entrance import WEBSOCKET_PATH
from antiphon.errors import AntiphonError, StartupError
from antiphon.hosting import Hosting
from antiphon.server.api import API_PATH
from antiphon.wire.server import Server

LogLevel = Literal["critical", "error", "warning", "info", "debug"]


class Settings(Struct, frozen=True, kw_only=True):
    """What `antiphon.wire.server.build_server` takes from the command line."""

    host: str = "127.0.0.1"
    port: int = 8000
    uds: str | None = None
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    log_level: LogLevel = "info"
    forwarded_allow_ips: tuple[str, ...] = ()


def run(target: Any, settings: Settings, *, ready: Callable[[str], object] = str) -> None:
    """Serve an ASGI app.

    Args:
        ready: called with the URL once it is served.

    Raises:
        StartupError: it cannot be served; `BrokenApp` when its own code raised.
    """
    _check_tls(settings)
    hosting = Hosting(target)
    server = hosting.server(**structs.asdict(settings))
    logging.getLogger("uvicorn.error").addFilter(_Chatter(settings.log_level))
    try:
        with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
            runner.run(_serve(hosting, server, settings, ready))
    except AntiphonError:
        raise
    except KeyboardInterrupt:
        pass  # uvicorn has shut down by then, and passes the signal on
    except Exception as error:
        raise BrokenApp(f"the app cannot start: {error}") from error


async def _serve(
    hosting: Hosting, server: Server, settings: Settings, ready: Callable[[str], object]
) -> None:
    async def announce() -> None:
        await server.ready.wait()
        url = _url(server, settings)
        typer.echo(banner(hosting.apps, url))
        ready(url)

    announcing = asyncio.create_task(announce())
    try:
        await hosting.serve(server)
    finally:
        announcing.cancel()


def banner(apps: dict[str, App], url: str) -> str:
    """Say in a line per app what is served where, and who may come in."""
    base = url.replace("http", "ws", 1)
    lines = [f"Serving {url} (Ctrl+C stops)"]
    for path, app in apps.items():
        lines.append(f"  {app.title} {app.version}: {base}{path}{WEBSOCKET_PATH}, {_auth(app)}")
        if keys := app.server_api.keys:
            lines.append(f"  server API: {url}{path}{API_PATH}{_insecure(keys)}")
    if not apps:
        lines.append("  no antiphon.App is mounted here in sight; WebSockets go through ASGI")
    return "\n".join(lines)


def _auth(app: App) -> str:
    behaviour = app.behaviour
    names = [behaviour.auth.describe()] if behaviour.auth else []
    names += ["on_connect"] if behaviour.connect_handler else []
    return f"auth: {' and '.join(names)}{_insecure(behaviour.auth)}"


def _insecure(settings: object) -> str:
    names = ", ".join(getattr(settings, "insecure", ()))
    return f" (INSECURE: {names})" if names else ""


def _url(server: Server, settings: Settings) -> str:
    scheme = "https" if settings.ssl_certfile else "http"
    if settings.uds:
        return f"{scheme}+unix://{settings.uds}"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{scheme}://{host}:{server.port}"


def _check_tls(settings: Settings) -> None:
    if settings.ssl_certfile is None:
        if settings.ssl_keyfile is not None:
            raise StartupError("--ssl-keyfile goes with --ssl-certfile")
        return
    files = [str(file) for file in (settings.ssl_certfile, settings.ssl_keyfile) if file]
    for file in files:
        if not Path(file).is_file():
            raise StartupError(f"TLS: there is no file {file}")
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(*files)
    except (OSError, ValueError) as error:
        names = " with ".join(files)
        raise StartupError(f"TLS: cannot use {names}: {error}") from None


class _Chatter(logging.Filter):
    """Lets uvicorn's lines through that say more than the banner and the final error do."""

    def __init__(self, log_level: LogLevel) -> None:
        super().__init__()
        self._least = logging.DEBUG if log_level == "debug" else logging.WARNING

    def filter(self, record: logging.LogRecord) -> bool:
        told_by_us = isinstance(record.msg, OSError) or "startup failed" in str(record.msg)
        return record.levelno >= self._least and not told_by_us
