"""What the wire offers to what sits above it, and what it asks of it.

A listening server has an `Endpoint` per WebSocket path. For each handshake the wire asks the
endpoint to `admit` the request, answers the upgrade, then calls `open` with a `Connection` and
keeps the `Receiver` that it returns.
"""

from collections.abc import Callable, Mapping
from typing import Final, Protocol
from urllib.parse import parse_qs

from msgspec import Struct

from antiphon.limits import Limits
from antiphon.wire.packet import Packet

PROTOBUF_BODY: Final = "application/octet-stream"
"""The media type of Protobuf in HTTP."""


QUERY_FIELDS: Final = 64
"""Parameters of a query that is looked into."""


class Request(Struct, frozen=True, kw_only=True):
    """The HTTP request that opened a connection.

    `headers` holds lower-case names in the order of arrival; a name may repeat. `query` is the
    part behind the question mark, undecoded. `address` is the peer's IP (or the trusted proxy's
    word for it), "" on a Unix socket.
    """

    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    scheme: str
    address: str

    def header(self, name: str) -> str | None:
        """Return the first value of a header, by its lower-case name."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def parameter(self, name: str) -> str:
        """Return the first value of a query parameter, decoded; "" where there is none."""
        return next(iter(self.parameters(name)), "")

    def parameters(self, name: str) -> list[str]:
        """Return every value of a query parameter, decoded; none in a query of too many."""
        if name not in self.query:  # it costs far less to look
            return []
        try:
            return parse_qs(self.query, max_num_fields=QUERY_FIELDS).get(name, [])
        except ValueError:
            return []

    @property
    def media_type(self) -> str:
        """What the body is, in lower case and without parameters; "" where nothing says so."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()


class Refusal(Struct, frozen=True):
    """An HTTP answer instead of an upgrade. `text` is constant: nothing of the client's is in it."""

    status: int
    text: str
    headers: Mapping[str, str] = {}


class Connection(Protocol):
    """One open WebSocket or HTTP stream, as seen from above.

    Every method is safe to call after the end.
    """

    request: Request
    subprotocol: str | None
    """The WebSocket subprotocol that was agreed on."""
    session: str
    """What the client's own requests name an HTTP stream by, a secret; "" of a WebSocket."""
    pings: bool
    """Whether `ping` can be called: not where another server has the frames."""
    message_limit: int
    """Bytes of the largest inbound message; may be raised once the client is known."""

    def write(self, packet: Packet) -> None:
        """Send one message. Never blocks: a client that stays behind is closed with 3008."""

    def close(self, code: int, reason: str) -> None:
        """Tell the client, by a close frame if there is one, and end within `Limits.close_seconds`."""

    def ping(self) -> None:
        """Send a ping frame, where `pings`; the answer is `Receiver.on_pong`."""

    def pause_reading(self) -> None:
        """Take no further messages from the client until `resume_reading`."""

    def resume_reading(self) -> None:
        """Undo `pause_reading`."""


class Receiver(Protocol):
    """What sits above one connection."""

    def on_message(self, data: bytes) -> None:
        """Take one whole message: a text message is valid UTF-8 already."""

    def on_pong(self) -> None:
        """Note that the client answered a ping frame, or sent a pong unasked."""

    def on_close(self, code: int, reason: str) -> None:
        """Note the end, exactly once. The code is the peer's, ours, 1005 or 1006."""


class Endpoint(Struct, frozen=True, kw_only=True):
    """What is served on one WebSocket path."""

    open: Callable[[Connection], Receiver]
    admit: Callable[[Request], Refusal | None]
    limits: Limits
    compression: int = 0
    """zlib level 1 to 9 for permessage-deflate, 0 for none."""
    compression_threshold: int = 256
    """Payload bytes below which a message is sent uncompressed."""
    subprotocols: tuple[str, ...] = ()
    """Those we speak, best first; the first that the client also offers is selected."""
