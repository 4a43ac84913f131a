"""The server under test: every message comes back as it came, compression on, limits raised.

The suite sends messages of 16 MiB and messages in 65,536 fragments; the limits of a real server refuse
both, so they are raised here, and only here.
"""

from typing import Final

from antiphon.limits import Limits
from antiphon.wire.connection import NativeConnection
from antiphon.wire.packet import BINARY, TEXT, Packet
from antiphon.wire.port import Connection, Endpoint, Refusal, Request
from antiphon.wire.server import Server, build_server

LIMITS: Final = Limits(
    message_bytes=32 * 1024 * 1024, fragments=1_000_000, outbox_bytes=128 * 1024 * 1024
)


class Echo:
    """Sends back what it receives, text as text and binary as binary."""

    def __init__(self, connection: Connection) -> None:
        assert isinstance(connection, NativeConnection)
        self._connection = connection

    def on_message(self, data: bytes) -> None:
        """Send the message back."""
        self._connection.write(Packet(data, BINARY if self._connection.binary else TEXT))

    def on_pong(self) -> None:
        pass

    def on_close(self, code: int, reason: str) -> None:
        """Nothing is left to do."""


def build_echo_server() -> Server:
    """Build a server on a free port of the loopback, with the echo at ``/``."""
    endpoint = Endpoint(
        open=Echo, admit=_admit, limits=LIMITS, compression=6, compression_threshold=0
    )
    return build_server(_no_app, {"/": endpoint}, limits=LIMITS, port=0, log_level="warning")


def _admit(request: Request) -> Refusal | None:
    return None


async def _no_app(scope: object, receive: object, send: object) -> None:
    raise RuntimeError("this server has no HTTP side")
