"""Every limit, with its unit, its default and where the default comes from.

One `Limits` belongs to one app: ``App(..., limits=Limits(channels_per_client=512))``. What else is
bounded (a token's length, the kernel's receive buffer, caches) is a constant beside its use.
"""

from typing import Annotated

from msgspec import Meta, Struct

from antiphon.errors import DeclarationError

Count = Annotated[int, Meta(ge=1)]
Bytes = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds on what one client, and all clients together, may use."""

    # The handshake.
    request_seconds: Seconds = 5.0
    """From the first byte awaited to a complete HTTP request; not prolonged by single bytes."""
    header_bytes: Bytes = 16_384
    """Request line and headers together."""
    header_count: Count = 128
    connections: Count = 100_000
    """Open WebSockets per app and process; the next handshake gets HTTP 503."""

    # Messages.
    message_bytes_before_connect: Bytes = 16_384
    """A whole message, until `connect` has succeeded."""
    message_bytes: Bytes = 65_536
    """A whole message afterwards (the figure of Centrifugo and OWASP); also after inflation."""
    fragments: Count = 1_024
    """Frames that one message may arrive in; empty ones count."""
    commands_per_message: Count = 256
    """Commands that one WebSocket message may carry."""

    # The connection.
    connect_seconds: Seconds = 10.0
    """From the upgrade to a successful `connect`; then close code 3502."""
    ping_seconds: Count = 25
    """Interval of the server's pings, announced to the client; whole seconds."""
    pong_seconds: Count = 8
    """Time to answer a ping; then close code 3012. Shorter than `ping_seconds`."""
    outbox_bytes: Bytes = 1_048_576
    """Unsent bytes per connection; then close code 3008."""
    stalled_seconds: Seconds = 5.0
    """A congested connection that takes no byte at all for this long is cut."""
    pings_per_second: Count = 10
    """Ping and pong frames of the client, refilled evenly; above it close code 1008. The answers to
    our own pings count too, which are far fewer."""
    ping_burst: Count = 100
    """Such frames a connection may send at once before `pings_per_second` applies."""
    close_seconds: Seconds = 5.0
    """From our close frame to the end of the TCP connection."""
    shutdown_seconds: Seconds = 30.0
    """For telling every client to reconnect elsewhere, and for running handlers to finish."""

    # Commands.
    commands_per_second: Count = 100
    """Per connection, refilled evenly; above it commands get error 111."""
    command_burst: Count = 512
    """Commands a connection may send at once before `commands_per_second` applies: enough for a
    client that comes back to all its channels and asks each for presence and history."""
    commands_refused: Count = 1_000
    """Commands refused with error 111, less those run meanwhile, before the connection is closed
    with 3013."""
    commands_waiting: Count = 64
    """Commands held back behind one that waits; above it the connection is not read."""
    calls_in_flight: Count = 16
    """RPC handlers of one connection that may wait at the same time."""
    handlers_waiting: Count = 10_000
    """Handlers of all connections that may wait at the same time; they go on when their client has
    left. Above it a command that would wait gets error 111."""

    # Channels.
    channels_per_client: Count = 128
    channel_name_length: Count = 255
    """Characters; a longer name gets error 107."""
    history_page: Count = 300
    """Publications in one history reply and in one recovery."""

    # The server API.
    api_body_bytes: Bytes = 1_048_576
    """A whole request; above it HTTP 413."""
    api_commands: Count = 1_000
    """Commands in one request; above it HTTP 413."""
    api_requests: Count = 256
    """Requests that may be under way at the same time; above it HTTP 429."""
    api_channels: Count = 10_000
    """Channels of one broadcast; above it error 106."""
    api_publications: Count = 10_000
    """Publications in one history reply, whatever is asked for."""
    api_history_bytes: Bytes = 4_194_304
    """Payloads in one history reply; the first that do not fit are left for the next page."""

    # Credentials and state.
    expiry_grace_seconds: Seconds = 25.0
    """Past `exp`, for a refresh to arrive; then close code 3005 or unsubscribe code 2501."""
    presence_seconds: Seconds = 60.0
    """Life of a presence entry that is not renewed. It is with each ping: make it more than twice
    `ping_seconds`."""
    position_check_seconds: Seconds = 40.0
    """How often a channel's position is compared with the top of its stream."""
    idempotency_seconds: Seconds = 300.0
    """How long the result of a publish with an idempotency key is remembered."""
    history_bytes: Bytes = 268_435_456
    """What all channels' publications take in the memory engine; above it the channels published to
    longest ago lose their history, oldest first."""

    def __post_init__(self) -> None:
        """See that the bounds can be kept.

        Raises:
            DeclarationError: naming the one that cannot.
        """
        for name in self.__struct_fields__:
            if not getattr(self, name) > 0:
                raise DeclarationError(f"Limits({name}={getattr(self, name)!r}): must be positive")
        if self.ping_seconds >= self.presence_seconds:
            raise DeclarationError(
                f"Limits(presence_seconds={self.presence_seconds}): must be longer than "
                f"ping_seconds, {self.ping_seconds}, with which presence is renewed"
            )
        if self.pong_seconds >= self.ping_seconds:
            raise DeclarationError(
                f"Limits(pong_seconds={self.pong_seconds}): must be shorter than ping_seconds, "
                f"{self.ping_seconds}"
            )
