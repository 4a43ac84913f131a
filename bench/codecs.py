"""``python -m bench.codecs``: what one message costs to decode or encode, in JSON and in Protobuf.

Beside both stands Google's runtime, which parses in C, with what it takes to get from its messages
to the hub's and back. Times are CPU time of one call in microseconds, medians over rounds in which
everybody takes turns.
"""

import statistics
import time
import timeit
from collections.abc import Callable
from typing import Any

import msgspec
from centrifuge.protocol import client_pb2 as google
from msgspec import Raw

from antiphon.protocol import json, protobuf
from antiphon.protocol.messages import (
    Command,
    ConnectRequest,
    PresenceResult,
    PublishRequest,
    RPCRequest,
    RPCResult,
    SubscribeRequest,
)
from antiphon.publication import NO_DATA, ClientInfo, Publication
from bench import payloads

ROUNDS = 15
LIMIT = 256
CHANNEL = "chat:lobby"
SMALL, LARGE = (Raw(payloads.encode(payloads.events(size)[0])) for size in (128, 4_096))
INFO = {"user": "42", "client": "d5c2c1a8-7e4b-4cf1-b5c2-4a1f0de0a4f1"}
Call = Callable[[], object]


def main() -> None:
    """Measure everything, and print a table."""
    print(f"{'µs':<24}{'JSON':>10}{'Protobuf':>10}{'Google':>10}")
    for title, calls in [*decoding(), *encoding()]:
        print(f"{title:<24}" + "".join(f"{cost:>10.2f}" for cost in costs(calls)))


def costs(calls: list[Call]) -> list[float]:
    """The cost of each call in microseconds."""
    timers = [timeit.Timer(call, timer=time.process_time) for call in calls]
    numbers = [int(0.02 / (timer.timeit(100) / 100)) + 1 for timer in timers]
    rounds = [
        [timer.timeit(n) / n for timer, n in zip(timers, numbers, strict=True)]
        for _ in range(ROUNDS)
    ]
    return [statistics.median(column) * 1e6 for column in zip(*rounds, strict=True)]


def decoding() -> list[tuple[str, list[Call]]]:
    """Commands as SDKs send them."""
    data = bytes(SMALL)
    recover = {"channel": CHANNEL, "recover": True, "epoch": "xyza", "offset": 1234, "flag": 1}
    return [
        ("decode publish", _decoding(publish={"channel": CHANNEL, "data": data})),
        ("decode rpc", _decoding(rpc={"method": "rooms.create", "data": data})),
        ("decode subscribe", _decoding(subscribe={"channel": CHANNEL, "flag": 1})),
        ("decode recover", _decoding(subscribe=recover)),
        ("decode connect", _decoding(connect={"token": "t" * 200, "name": "js"})),
    ]


def _decoding(**command: Any) -> list[Call]:
    line = msgspec.json.encode({"id": 7} | _embedded(command))
    body = google.Command(id=7, **command).SerializeToString()
    frame = protobuf.join([body])
    assert protobuf.decode(frame, limit=LIMIT) == google_decode(frame)
    return [
        lambda: json.decode(line, limit=LIMIT),
        lambda: protobuf.decode(frame, limit=LIMIT),
        lambda: google_decode(frame),
    ]


def _embedded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _embedded(inner) for key, inner in value.items()}
    return Raw(value) if isinstance(value, bytes) else value


def encoding() -> list[tuple[str, list[Call]]]:
    """What a server sends most, and something long."""
    there = [ClientInfo(f"user-{n}", f"{n:036}", Raw(b'{"name":"A"}')) for n in range(100)]
    presence = PresenceResult({info.client: info for info in there})
    return [
        ("publication 128 B", _publishing(Publication(SMALL, offset=1234))),
        ("publication 4 KiB", _publishing(Publication(LARGE, offset=1234))),
        ("... with its client", _publishing(Publication(SMALL, ClientInfo(**INFO), 1234))),
        ("rpc reply 128 B", _replying("rpc", RPCResult(SMALL))),
        ("presence of 100", _replying("presence", presence)),
    ]


def _publishing(published: Publication) -> list[Call]:
    ours, theirs = protobuf.publication(CHANNEL, published), google_publication(published)
    assert google.Reply.FromString(ours) == google.Reply.FromString(theirs)
    return [
        lambda: json.publication(CHANNEL, published),
        lambda: protobuf.publication(CHANNEL, published),
        lambda: google_publication(published),
    ]


def _replying(name: str, result: Any) -> list[Call]:
    ours, theirs = protobuf.reply(7, name, result), GOOGLE_REPLIES[name](result)
    assert google.Reply.FromString(ours) == google.Reply.FromString(theirs)
    return [
        lambda: json.reply(7, name, result),
        lambda: protobuf.reply(7, name, result),
        lambda: GOOGLE_REPLIES[name](result),
    ]


# The same through Google's runtime, as fast as it goes.


def google_decode(frame: bytes) -> list[Command]:
    """Decode a frame of one command."""
    start = 1 if frame[0] < 0x80 else 2
    parsed = google.Command.FromString(frame[start:])
    command = Command(parsed.id)
    for field, value in parsed.ListFields():
        if field.name in GOOGLE_REQUESTS:
            setattr(command, field.name, GOOGLE_REQUESTS[field.name](value))
    return [command]


def _raw(data: bytes) -> Raw:
    return Raw(data) if data else NO_DATA


def _subscribe(r: Any) -> SubscribeRequest:
    return SubscribeRequest(
        r.channel,
        r.token,
        r.recover,
        r.epoch,
        r.offset,
        _raw(r.data),
        r.positioned,
        r.recoverable,
        r.join_leave,
        r.delta,
        NO_DATA,
        r.flag,
    )


GOOGLE_REQUESTS: dict[str, Callable[[Any], Any]] = {
    "publish": lambda r: PublishRequest(r.channel, _raw(r.data)),
    "rpc": lambda r: RPCRequest(_raw(r.data), r.method),
    "subscribe": _subscribe,
    "connect": lambda r: ConnectRequest(
        r.token,
        _raw(r.data),
        {channel: _subscribe(one) for channel, one in r.subs.items()},
        r.name,
        r.version,
        dict(r.headers),
        r.flag,
    ),
}


def google_publication(published: Publication) -> bytes:
    """Encode a publication push."""
    reply = google.Reply()
    push = reply.push
    push.channel = CHANNEL
    pub = push.pub
    pub.data = bytes(published.data)
    pub.offset = published.offset
    if published.info is not None:
        _fill(pub.info, published.info)
    encoded: bytes = reply.SerializeToString()
    return encoded


def _fill(target: Any, info: ClientInfo) -> None:
    target.user = info.user
    target.client = info.client
    if info.conn_info:
        target.conn_info = bytes(info.conn_info)


def google_rpc(result: RPCResult) -> bytes:
    """Encode the reply to an rpc command."""
    reply = google.Reply()
    reply.id = 7
    reply.rpc.data = bytes(result.data)
    encoded: bytes = reply.SerializeToString()
    return encoded


def google_presence(result: PresenceResult) -> bytes:
    """Encode the reply to a presence command."""
    reply = google.Reply()
    reply.id = 7
    presence = reply.presence.presence
    for client, info in result.presence.items():
        _fill(presence[client], info)
    encoded: bytes = reply.SerializeToString()
    return encoded


GOOGLE_REPLIES: dict[str, Callable[[Any], bytes]] = {"rpc": google_rpc, "presence": google_presence}

if __name__ == "__main__":
    main()
