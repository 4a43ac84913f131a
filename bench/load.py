"""The load generator as a process: ``python -m bench.load FD CORE``.

It holds the clients of every server of a scenario, each server's as one named crowd, tells when
they have received what was published, and drives round trips. It measures nothing.
"""

import asyncio
import contextlib
import sys
import time

import jwt
import uvloop
from picows import ws_connect

from bench import payloads
from bench.clients import DIALECTS, Client, Crowd
from bench.control import Answer, follow, pin
from bench.machine import raise_file_limit

AT_ONCE = 100
"""Handshakes under way at the same time."""
ARRIVAL_SECONDS = 60.0
TOKEN_SECONDS = 3_600
DEFLATE_OFFER = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


class LoadError(Exception):
    """Clients were lost, or received something else than what was published."""


class Operations:
    """What the benchmark may ask of the load generator."""

    def __init__(self) -> None:
        self._crowds: dict[str, Crowd] = {}

    async def connect(
        self, crowd: str, url: str, dialect: str, count: int, deflate: bool, secret: str
    ) -> Answer:
        """Add `count` clients to a crowd; with a `secret` each signs in as a user of its own."""
        members = self._crowds.setdefault(crowd, Crowd())
        for first in range(0, count, AT_ONCE):
            tokens = [_token(secret, first + n) for n in range(min(AT_ONCE, count - first))]
            clients = [DIALECTS[dialect](members, token) for token in tokens]
            await asyncio.gather(*(_open(client, url, deflate) for client in clients))
            members.clients += clients
            if members.refused:
                raise LoadError(f"refused: {members.refused}")
        return {"clients": len(members.clients)}

    async def wait(self, crowd: str, deliveries: int) -> Answer:
        """Wait until a crowd has received so many more than the last time.

        Answers with the bytes of all that it ever received.
        """
        members = self._crowds[crowd]
        members.target += deliveries
        await _arrival(members)
        return {"bytes": members.bytes}

    async def ask(self, crowd: str, size: int, trips: int) -> Answer:
        """Make round trips, one at a time on each connection, and wait for all of them."""
        members = self._crowds[crowd]
        members.request = payloads.encode(payloads.events(size)[0])
        members.quota = trips - len(members.clients)
        members.target += trips
        for client in members.clients:
            client.ask()
        await _arrival(members)
        return {}


async def _open(client: Client, url: str, deflate: bool) -> None:
    headers = {"Sec-WebSocket-Extensions": DEFLATE_OFFER} if deflate else None
    await ws_connect(lambda: client, url, extra_headers=headers, websocket_handshake_timeout=60)
    await asyncio.wait_for(client.ready.wait(), ARRIVAL_SECONDS)


async def _arrival(crowd: Crowd) -> None:
    if crowd.received < crowd.target and not (crowd.lost or crowd.refused):
        crowd.arrived.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(crowd.arrived.wait(), ARRIVAL_SECONDS)
    if crowd.lost or crowd.refused or crowd.received != crowd.target:
        raise LoadError(
            f"{crowd.received} of {crowd.target} received, {crowd.lost} clients lost; "
            f"refused: {crowd.refused or 'nothing'}"
        )


def _token(secret: str, number: int) -> str:
    if not secret:
        return ""
    claims = {"sub": f"user-{number}", "exp": int(time.time()) + TOKEN_SECONDS}
    return jwt.encode(claims, secret, algorithm="HS256")


async def main(fd: int) -> None:
    """Serve the control connection until it closes."""
    operations = Operations()
    await follow(
        fd,
        {},
        {"connect": operations.connect, "wait": operations.wait, "ask": operations.ask},
    )


if __name__ == "__main__":
    pin(int(sys.argv[2]))
    raise_file_limit()
    uvloop.run(main(int(sys.argv[1])))
