"""Codes are those of the protocol, each once."""

import pytest

from antiphon import codes
from antiphon.codes import Code

ALL = [value for value in vars(codes).values() if isinstance(value, Code)]


@pytest.mark.parametrize(
    ("code", "number", "text"),
    [
        (codes.INTERNAL, 100, "internal server error"),
        (codes.UNAUTHORIZED, 101, "unauthorized"),
        (codes.UNKNOWN_CHANNEL, 102, "unknown channel"),
        (codes.PERMISSION_DENIED, 103, "permission denied"),
        (codes.METHOD_NOT_FOUND, 104, "method not found"),
        (codes.ALREADY_SUBSCRIBED, 105, "already subscribed"),
        (codes.LIMIT_EXCEEDED, 106, "limit exceeded"),
        (codes.BAD_REQUEST, 107, "bad request"),
        (codes.NOT_AVAILABLE, 108, "not available"),
        (codes.TOKEN_EXPIRED, 109, "token expired"),
        (codes.EXPIRED, 110, "expired"),
        (codes.TOO_MANY_REQUESTS, 111, "too many requests"),
        (codes.UNRECOVERABLE_POSITION, 112, "unrecoverable position"),
        (codes.CONNECTION_CLOSED, 3000, "connection closed"),
        (codes.SHUTDOWN, 3001, "shutdown"),
        (codes.SERVER_ERROR, 3004, "internal server error"),
        (codes.CONNECTION_EXPIRED, 3005, "connection expired"),
        (codes.SUBSCRIPTION_EXPIRED, 3006, "subscription expired"),
        (codes.SLOW, 3008, "slow"),
        (codes.WRITE_ERROR, 3009, "write error"),
        (codes.INSUFFICIENT_STATE, 3010, "insufficient state"),
        (codes.FORCE_RECONNECT, 3011, "force reconnect"),
        (codes.NO_PONG, 3012, "no pong"),
        (codes.FLOOD, 3013, "too many requests"),
        (codes.INVALID_TOKEN, 3500, "invalid token"),
        (codes.MALFORMED, 3501, "bad request"),
        (codes.STALE, 3502, "stale"),
        (codes.FORCE_DISCONNECT, 3503, "force disconnect"),
        (codes.CONNECTION_LIMIT, 3504, "connection limit"),
        (codes.CHANNEL_LIMIT, 3505, "channel limit"),
        (codes.INAPPROPRIATE_PROTOCOL, 3506, "inappropriate protocol"),
        (codes.NOT_PERMITTED, 3507, "permission denied"),
        (codes.NO_HANDLER, 3508, "not available"),
        (codes.TOO_MANY_ERRORS, 3509, "too many errors"),
        (codes.UNSUBSCRIBED, 2000, "server unsubscribe"),
        (codes.RESUBSCRIBE, 2500, "insufficient state"),
        (codes.SUBSCRIPTION_RENEW, 2501, "subscription expired"),
        (codes.STATE_INVALIDATED, 2502, "state invalidated"),
    ],
)
def test_a_code_is_the_protocols(code: Code, number: int, text: str) -> None:
    assert code == (number, text)
    assert code in ALL


def test_each_number_is_used_once() -> None:
    assert len({code.number for code in ALL}) == len(ALL) == 38
