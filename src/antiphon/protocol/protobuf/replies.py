"""The fields of what servers send, as in `client.proto`.

Publications and the clients in them are most of what is sent, and are written out; the rest goes
by tables. Fails as `writer` says.
"""

from typing import Final

from antiphon.protocol.protobuf.writer import (
    Write,
    by_table,
    mapped,
    nested,
    payload,
    repeated,
    scalar,
    text,
    varint,
    write_pair,
)
from antiphon.publication import ClientInfo, Publication


def write_client_info(info: ClientInfo) -> bytes:
    """Write a client, with both names even where they are empty."""
    names = write_pair(info.user.encode(), info.client.encode())
    of_connection, of_subscription = info.conn_info, info.chan_info
    if not of_connection and not of_subscription:
        return names
    parts = [names]
    if of_connection:
        parts += b"\x1a", varint(len(of_connection)), of_connection
    if of_subscription:
        parts += b"\x22", varint(len(of_subscription)), of_subscription
    return b"".join(parts)


def write_publication(published: Publication) -> bytes:
    """Write a publication, with its data even where that is empty. `opaque` is no field of it."""
    data = published.data
    parts = [b"\x22", varint(len(data)), data]
    if published.info is not None:
        _put_info(parts, published.info)
    if published.offset:
        parts += b"\x30", varint(published.offset)
    if published.tags:
        _put_tags(parts, published.tags)
    if published.delta:
        parts.append(b"\x40\x01")
    if published.epoch:
        _put_epoch(parts, published.epoch)
    return b"".join(parts)


_, _put_info = nested("info", 5, write_client_info)
_, _put_tags = mapped("tags", 7, str.encode)
_, _put_epoch = text("epoch", 14)

_subscribe = by_table(
    scalar("expires", 1),
    scalar("ttl", 2),
    scalar("recoverable", 3),
    text("epoch", 6),
    repeated("publications", 7, write_publication),
    scalar("recovered", 8),
    scalar("offset", 9),
    scalar("positioned", 10),
    payload("data", 11),
    scalar("was_recovering", 12),
    scalar("delta", 13),
)
_connect = by_table(
    text("client", 1),
    text("version", 2),
    scalar("expires", 3),
    scalar("ttl", 4),
    payload("data", 5),
    mapped("subs", 6, _subscribe),
    scalar("ping", 7),
    scalar("pong", 8),
    text("session", 9),
    text("node", 10),
)
_history = by_table(
    repeated("publications", 1, write_publication),
    text("epoch", 2),
    scalar("offset", 3),
)
_refresh = by_table(
    text("client", 1),
    text("version", 2),
    scalar("expires", 3),
    scalar("ttl", 4),
)
_expiry = by_table(scalar("expires", 1), scalar("ttl", 2))
_presence_stats = by_table(scalar("num_clients", 1), scalar("num_users", 2))

_error = by_table(scalar("code", 1), text("message", 2), scalar("temporary", 3))

_RESULTS: tuple[tuple[str, int, Write], ...] = (
    ("error", 2, _error),
    ("connect", 5, _connect),
    ("subscribe", 6, _subscribe),
    ("unsubscribe", 7, by_table()),
    ("publish", 8, by_table()),
    ("presence", 9, by_table(mapped("presence", 1, write_client_info))),
    ("presence_stats", 10, _presence_stats),
    ("history", 11, _history),
    ("rpc", 13, by_table(payload("data", 1))),
    ("refresh", 14, _refresh),
    ("sub_refresh", 15, _expiry),
)
RESULTS: Final = {name: nested(name, place, write)[1] for name, place, write in _RESULTS}
"""How to write the result of each command into a `Reply`."""

_joined = by_table(nested("info", 1, write_client_info))
_subscribed = by_table(
    scalar("recoverable", 1),
    text("epoch", 4),
    scalar("offset", 5),
    scalar("positioned", 6),
    payload("data", 7),
)
_connected = by_table(
    text("client", 1),
    text("version", 2),
    payload("data", 3),
    mapped("subs", 4, _subscribe),
    scalar("expires", 5),
    scalar("ttl", 6),
    scalar("ping", 7),
    scalar("pong", 8),
    text("session", 9),
    text("node", 10),
)
"""`Connect` numbers the fields of a `ConnectResult` in another way."""
write_push: Final = by_table(
    text("channel", 2),
    nested("pub", 4, write_publication),
    nested("join", 5, _joined),
    nested("leave", 6, _joined),
    nested("unsubscribe", 7, by_table(scalar("code", 2), text("reason", 3))),
    nested("message", 8, by_table(payload("data", 1))),
    nested("subscribe", 9, _subscribed),
    nested("connect", 10, _connected),
    nested(
        "disconnect", 11, by_table(scalar("code", 1), text("reason", 2), scalar("reconnect", 3))
    ),
    nested("refresh", 12, _expiry),
)
