"""Every code that crosses the wire, with its meaning and whether the client comes back.

Three families, all from the Centrifuge client protocol:

* **errors** travel in a reply (``{"id": 3, "error": {"code": 103, ...}}``). The connection stays.
  0-399 belong to the protocol, 400-1999 to applications.
* **disconnects** are WebSocket close codes. 3000-3499: the client reconnects by itself.
  3500-3999: it does not. Applications use 4000-4499 (reconnect) and 4500-4999 (final).
* **unsubscribes** travel in an unsubscribe push. Below 2500 the client stays unsubscribed; from
  2500 on it subscribes again, recovering what it missed.

Codes below 3000 on a close frame come from RFC 6455 section 7.4.1.
"""

from typing import Final, NamedTuple


class Code(NamedTuple):
    """A code and the text that is sent with it."""

    number: int
    text: str


# Errors in replies.
INTERNAL: Final = Code(100, "internal server error")
"""A handler raised. Temporary: the client may try again."""
UNAUTHORIZED: Final = Code(101, "unauthorized")
"""The credential is not good for this. Final."""
UNKNOWN_CHANNEL: Final = Code(102, "unknown channel")
"""No declared channel has this name. Final."""
PERMISSION_DENIED: Final = Code(103, "permission denied")
"""The client is known, and may not do this. Final."""
METHOD_NOT_FOUND: Final = Code(104, "method not found")
"""RPC exists in this app, this method does not. Final."""
ALREADY_SUBSCRIBED: Final = Code(105, "already subscribed")
"""The connection has this channel already. Final."""
LIMIT_EXCEEDED: Final = Code(106, "limit exceeded")
"""A limit is hit, e.g. too many channels on one connection. Final."""
BAD_REQUEST: Final = Code(107, "bad request")
"""The command or its event is not valid; the text says which field and why. Final."""
NOT_AVAILABLE: Final = Code(108, "not available")
"""The feature is off for this channel or app. Final."""
TOKEN_EXPIRED: Final = Code(109, "token expired")
"""Every SDK fetches a new token and tries again."""
EXPIRED: Final = Code(110, "expired")
"""The new expiry of a connection or subscription already lies in the past. Final."""
TOO_MANY_REQUESTS: Final = Code(111, "too many requests")
"""A rate limit is hit. Temporary."""
UNRECOVERABLE_POSITION: Final = Code(112, "unrecoverable position")
"""The history does not reach back to the position asked for. Final."""

TEMPORARY_ERRORS: Final = frozenset({INTERNAL.number, TOO_MANY_REQUESTS.number})
"""Errors after which the same command may succeed when tried again."""

# Disconnects after which the client reconnects.
CONNECTION_CLOSED: Final = Code(3000, "connection closed")
SHUTDOWN: Final = Code(3001, "shutdown")
"""This server is going away; another one, or this one restarted, takes over."""
SERVER_ERROR: Final = Code(3004, "internal server error")
CONNECTION_EXPIRED: Final = Code(3005, "connection expired")
"""The credential's expiry passed and no refresh came."""
SUBSCRIPTION_EXPIRED: Final = Code(3006, "subscription expired")
"""A server-side subscription expired."""
SLOW: Final = Code(3008, "slow")
"""The client does not read as fast as it is written to; its outbox reached the bound."""
WRITE_ERROR: Final = Code(3009, "write error")
INSUFFICIENT_STATE: Final = Code(3010, "insufficient state")
"""The server noticed a gap in a stream; the client reconnects and recovers."""
FORCE_RECONNECT: Final = Code(3011, "force reconnect")
NO_PONG: Final = Code(3012, "no pong")
"""A ping was not answered in time."""
FLOOD: Final = Code(3013, "too many requests")
"""The client went on after error 111."""

# Disconnects that are final.
INVALID_TOKEN: Final = Code(3500, "invalid token")
MALFORMED: Final = Code(3501, "bad request")
"""The client broke the protocol: undecodable frame, command before connect, second connect."""
STALE: Final = Code(3502, "stale")
"""No successful connect before the deadline."""
FORCE_DISCONNECT: Final = Code(3503, "force disconnect")
CONNECTION_LIMIT: Final = Code(3504, "connection limit")
CHANNEL_LIMIT: Final = Code(3505, "channel limit")
INAPPROPRIATE_PROTOCOL: Final = Code(3506, "inappropriate protocol")
NOT_PERMITTED: Final = Code(3507, "permission denied")
"""Authenticated as nobody, where anonymous users are not allowed."""
NO_HANDLER: Final = Code(3508, "not available")
"""A one-way message for which the app declares no handler."""
TOO_MANY_ERRORS: Final = Code(3509, "too many errors")

# Unsubscribe pushes.
UNSUBSCRIBED: Final = Code(2000, "server unsubscribe")
"""Final: the client stays unsubscribed."""
RESUBSCRIBE: Final = Code(2500, "insufficient state")
"""The client subscribes again and recovers."""
SUBSCRIPTION_RENEW: Final = Code(2501, "subscription expired")
"""The client fetches a new subscription token and subscribes again."""
STATE_INVALIDATED: Final = Code(2502, "state invalidated")
"""The client forgets token and position, then subscribes again."""

# RFC 6455 section 7.4.1.
NORMAL_CLOSURE: Final = 1000
GOING_AWAY: Final = 1001
PROTOCOL_ERROR: Final = 1002
NO_STATUS: Final = 1005
"""Never sent: the peer's close frame carried no code."""
ABNORMAL_CLOSURE: Final = 1006
"""Never sent: the connection ended without a close frame."""
INVALID_TEXT: Final = 1007
POLICY_VIOLATION: Final = 1008
"""Too many fragments or pings."""
MESSAGE_TOO_BIG: Final = 1009
INTERNAL_FAILURE: Final = 1011


def reconnects(number: int) -> bool:
    """Say whether a client comes back by itself after a disconnect with this code."""
    return not (3500 <= number <= 3999 or 4500 <= number <= 4999)
