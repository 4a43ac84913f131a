"""The server: uvicorn with our HTTP bounds, our WebSocket path, and a drain before it shuts down.

`build_server` is the one place where uvicorn's settings are chosen. It starts nothing; the result's
`serve` or `run` does.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from math import ceil
from os import PathLike
from pathlib import Path
from typing import Any, Final, cast

import uvicorn

from antiphon.limits import Limits
from antiphon.wire.access_log import logging_config
from antiphon.wire.http import HttpProtocol
from antiphon.wire.port import Endpoint
from antiphon.wire.proxies import TrustedProxies
from antiphon.wire.upgrade import Upgrades

logger = logging.getLogger("antiphon.wire")

BACKLOG: Final = 4096
"""Handshakes that the kernel holds for us. With 100 a reconnect storm drops most of its SYNs."""

_SOMAXCONN: Final = Path("/proc/sys/net/core/somaxconn")

Drain = Callable[[], Awaitable[None]]


class Server(uvicorn.Server):
    """A uvicorn server that says farewell first. `ready` is set once it listens.

    Args:
        config: of uvicorn.
        drain: awaited once at shutdown, when nothing more is accepted and every connection
            is still open.
    """

    def __init__(self, config: uvicorn.Config, drain: Drain | None) -> None:
        super().__init__(config)
        self._drain = drain
        self.ready = asyncio.Event()

    @property
    def port(self) -> int:
        """The TCP port that is listened on, once started."""
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as uvicorn does; warn if the kernel cuts the backlog."""
        warn_of_small_backlog(_SOMAXCONN)
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, drain, then shut down as uvicorn does."""
        for server in self.servers:
            server.close()
        try:
            if self._drain is not None:
                await self._drain()
        finally:
            await super().shutdown(sockets)


def build_server(
    app: Callable[..., Any] | str,
    endpoints: Mapping[str, Endpoint],
    *,
    limits: Limits,
    host: str = "127.0.0.1",
    port: int = 8000,
    uds: str | None = None,
    ssl_certfile: str | PathLike[str] | None = None,
    ssl_keyfile: str | PathLike[str] | None = None,
    log_level: str | None = "info",
    forwarded_allow_ips: Sequence[str] = (),
    drain: Drain | None = None,
) -> Server:
    """Put an ASGI app and WebSocket endpoints behind one port.

    Args:
        app: the ASGI app, or where to import it from; serves everything but the endpoints.
        endpoints: by path.
        limits: of handshakes, HTTP requests, and the shutdown.
        host: address to bind.
        port: to bind; 0 for any free one, see `Server.port`.
        uds: path of a Unix socket to bind instead.
        ssl_certfile: PEM with the certificate chain; turns TLS on.
        ssl_keyfile: PEM with its key, if not in the same file.
        log_level: critical, error, warning, info or debug; None leaves logging as it is.
        forwarded_allow_ips: proxies whose ``X-Forwarded-*`` headers count; none by default.
        drain: see `Server`.

    Raises:
        StartupError: one of `forwarded_allow_ips` is no address.
    """
    TrustedProxies(forwarded_allow_ips)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        uds=uds,
        ssl_certfile=ssl_certfile,
        ssl_keyfile=ssl_keyfile,
        http=cast(Any, partial(HttpProtocol, limits=limits)),
        ws=cast(Any, Upgrades(endpoints, limits=limits)),
        backlog=BACKLOG,
        log_config=None if log_level is None else logging_config(log_level),
        log_level=log_level,
        proxy_headers=bool(forwarded_allow_ips),
        forwarded_allow_ips=list(forwarded_allow_ips),
        server_header=False,
        timeout_graceful_shutdown=ceil(limits.shutdown_seconds),
    )
    return Server(config, drain)


def warn_of_small_backlog(setting: Path) -> None:
    """Log if the kernel allows a shorter backlog than `BACKLOG`; not every system has the file."""
    try:
        allowed = int(setting.read_text())
    except (OSError, ValueError):
        return
    if allowed < BACKLOG:
        logger.warning(
            "the kernel holds only %d of %d handshakes: raise net.core.somaxconn", allowed, BACKLOG
        )
