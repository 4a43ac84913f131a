"""uvicorn's `ws=` setting: from an HTTP connection to a WebSocket of ours, without ASGI in between.

`Upgrades` is what the setting takes. For every upgrade request uvicorn makes an `UpgradeProtocol`
with it and feeds it the request; the protocol validates, asks the endpoint to admit, answers, and
hands the transport to a `NativeConnection`. An upgrade of any other path goes to uvicorn's own
WebSocket protocol, so that the app's other WebSocket routes go on working; without a library for
those it gets 404.

uvicorn puts the protocol on the transport after it has fed it, so the hand-over happens in the next
turn of the event loop; until then nothing is read.
"""

import asyncio
from collections.abc import Callable, Mapping
from socket import SO_RCVBUF, SOL_SOCKET
from sys import intern
from typing import Any, Final, cast
from weakref import WeakKeyDictionary

from uvicorn.config import Config
from uvicorn.server import ServerState

from antiphon.limits import Limits
from antiphon.wire.admission import examine
from antiphon.wire.compressed import CompressedConnection
from antiphon.wire.connection import NativeConnection
from antiphon.wire.deflate import Agreement, negotiate
from antiphon.wire.handshake import (
    Refused,
    Upgrade,
    accept_response,
    choose_subprotocol,
    parse_upgrade,
    refusal_response,
)
from antiphon.wire.port import Endpoint, Refusal, Request
from antiphon.wire.proxies import TrustedProxies
from antiphon.wire.service import Member, Service

RECEIVE_BUFFER: Final = 65_536
"""Bytes that the kernel keeps for us per connection, at least. Bounds what one read can return."""

NOT_FOUND: Final = Refusal(404, "not found")

_SPENT_HEADERS: Final = frozenset(
    {
        "accept-encoding",
        "cache-control",
        "connection",
        "pragma",
        "sec-websocket-extensions",
        "sec-websocket-key",
        "sec-websocket-version",
        "upgrade",
    }
)
"""Of no use after the handshake, so not kept for the life of the connection."""


class Upgrades:
    """The paths that are served natively; give it to uvicorn as `ws=`.

    Args:
        endpoints: by path, as in the URL, percent-decoded.
        limits: `header_bytes` and `header_count` apply to all paths together.
    """

    def __init__(self, endpoints: Mapping[str, Endpoint], *, limits: Limits) -> None:
        self._endpoints = dict(endpoints)
        self._limits = limits
        self._sites: WeakKeyDictionary[ServerState, _Site] = WeakKeyDictionary()

    def __call__(
        self, *, config: Config, server_state: ServerState, app_state: dict[str, Any]
    ) -> asyncio.Protocol:
        """Make the protocol for one upgrade request; uvicorn calls this."""
        site = self._sites.get(server_state)
        if site is None:
            site = _Site(self._endpoints, self._limits, config, server_state.connections)
            self._sites[server_state] = site

        def fallback() -> asyncio.Protocol | None:
            return _uvicorn_protocol(config, server_state, app_state)

        return UpgradeProtocol(site, fallback)


class _Site:
    """What one running server shares between its upgrades, and its register of connections."""

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        limits: Limits,
        config: Config,
        members: set[Any],
    ) -> None:
        self.limits = limits
        self.services = {path: Service(endpoint, self) for path, endpoint in endpoints.items()}
        trusted = config.forwarded_allow_ips if config.proxy_headers else []
        self.proxies = TrustedProxies(trusted.split(",") if isinstance(trusted, str) else trusted)
        self._members = members

    def add(self, member: Member) -> None:
        """Enter a connection; uvicorn waits for it at shutdown."""
        self._members.add(member)

    def discard(self, member: Member) -> None:
        """Strike a connection that was entered."""
        self._members.discard(member)


class UpgradeProtocol(asyncio.Protocol):
    """One upgrade request.

    Args:
        site: of the server.
        fallback: makes the protocol for paths that are not ours, or returns None.
    """

    def __init__(self, site: _Site, fallback: Callable[[], asyncio.Protocol | None]) -> None:
        self._site = site
        self._fallback = fallback
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Take the whole request, with whatever was read behind it."""
        self._transport.pause_reading()
        head, _, tail = data.partition(b"\r\n\r\n")
        try:
            upgrade = parse_upgrade(head, self._site.limits)
        except Refused as refused:
            self._refuse(refused.refusal)
            return
        service = self._site.services.get(upgrade.path)
        if service is None:
            self._loop.call_soon(self._delegate, data)
        else:
            self._decide(service, upgrade, tail)

    def _decide(self, service: Service, upgrade: Upgrade, tail: bytes) -> None:
        request = self._request(upgrade)
        refusal = examine(service.endpoint, request)
        if refusal is None:
            self._accept(service, upgrade, request, tail)
        else:
            self._refuse(refusal)

    def _request(self, upgrade: Upgrade) -> Request:
        secure = self._transport.get_extra_info("sslcontext") is not None
        peer = self._transport.get_extra_info("peername")
        address, scheme = self._site.proxies.client(
            peer[0] if isinstance(peer, tuple) else "", "wss" if secure else "ws", upgrade
        )
        return Request(
            path=upgrade.path,
            query=upgrade.query,
            headers=tuple(
                (intern(name), value)
                for name, value in upgrade.headers
                if name not in _SPENT_HEADERS
            ),
            scheme=scheme,
            address=address,
        )

    def _refuse(self, refusal: Refusal) -> None:
        self._transport.write(refusal_response(refusal))
        self._transport.close()

    def _accept(self, service: Service, upgrade: Upgrade, request: Request, tail: bytes) -> None:
        endpoint = service.endpoint
        offers = upgrade.tokens("sec-websocket-extensions")
        agreement = negotiate(offers) if endpoint.compression else None
        subprotocol = choose_subprotocol(upgrade, endpoint.subprotocols)
        self._transport.write(
            accept_response(
                upgrade.key,
                subprotocol=subprotocol,
                extension=agreement.header if agreement else None,
            )
        )
        connection = _connection(service, request, self._transport, agreement)
        connection.subprotocol = subprotocol
        service.enter(connection)
        self._loop.call_soon(self._hand_over, connection, service, tail)

    def _hand_over(self, connection: NativeConnection, service: Service, tail: bytes) -> None:
        if self._transport.is_closing():
            service.discard(connection)
            return
        size = max(RECEIVE_BUFFER, service.limits.message_bytes)
        self._transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_RCVBUF, size)
        connection.start(tail)

    def _delegate(self, data: bytes) -> None:
        protocol = self._fallback()
        if protocol is None:
            self._refuse(NOT_FOUND)
        elif not self._transport.is_closing():
            protocol.connection_made(self._transport)
            self._transport.set_protocol(protocol)
            protocol.data_received(data)
            self._transport.resume_reading()


def _connection(
    service: Service,
    request: Request,
    transport: asyncio.Transport,
    agreement: Agreement | None,
) -> NativeConnection:
    if agreement is None:
        return NativeConnection(request, service, transport)
    return CompressedConnection(request, service, transport, service.deflater(agreement.window))


def _uvicorn_protocol(
    config: Config, server_state: ServerState, app_state: dict[str, Any]
) -> asyncio.Protocol | None:
    # Imported late: it loads the `websockets` library, which most servers of ours never need.
    from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol

    if AutoWebSocketsProtocol is None:
        return None
    return AutoWebSocketsProtocol(config=config, server_state=server_state, app_state=app_state)
