"""Streams without an app behind them, and with a server played by the test."""

import asyncio
from functools import partial
from typing import Any

import pytest

from antiphon import codes
from antiphon.errors import CLOSE_REASON_BYTES
from antiphon.limits import Limits
from antiphon.wire.origin import FOREIGN
from antiphon.wire.packet import BINARY, Packet
from antiphon.wire.port import Connection, Receiver, Refusal
from antiphon.wire.stream import (
    HTTP_STREAM,
    SSE,
    UNI_HTTP_STREAM,
    UNI_SSE,
    WAITING,
    Kind,
    Stream,
    Streams,
    serve_stream,
)
from tests.hub.stage import until
from tests.wire.exchange import Exchange
from tests.wire.servers import Site

KINDS = {
    "http_stream": HTTP_STREAM,
    "sse": SSE,
    "uni_http_stream": UNI_HTTP_STREAM,
    "uni_sse": UNI_SSE,
}
EMULATED = {name: kind for name, kind in KINDS.items() if kind.emulated}
UNIDIRECTIONAL = {name: kind for name, kind in KINDS.items() if not kind.emulated}
EVENTS = {name: kind for name, kind in KINDS.items() if "GET" in kind.methods}

PAGE = "https://app.example"
QUICK = Limits(close_seconds=0.02, stalled_seconds=0.02)


def each(kinds: dict[str, Kind]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("kind", kinds.values(), ids=kinds.keys())


class House:
    """A site behind streams of one kind; its messages are kept, and not answered."""

    def __init__(self, kind: Kind, **options: Any) -> None:
        self.site = Site(**{"answer": lambda connection, data: None, **options})
        self.streams = Streams()
        self.kind = kind

    def ask(self, method: str = "POST", **options: Any) -> Exchange:
        if method == "POST":
            options.setdefault("body", b"hello")
        endpoint = self.site.endpoint
        serve = partial(serve_stream, endpoint=endpoint, kind=self.kind, streams=self.streams)
        return Exchange(serve, method, "/stream", **options)

    async def opened(self, **options: Any) -> tuple[Exchange, Stream]:
        """Return an open stream: begun, where that needs nothing to be written."""
        before = len(self.site.connections)
        asked = self.ask(**options)
        await until(lambda: len(self.site.connections) > before)
        stream = self.site.connections[-1]
        assert isinstance(stream, Stream)
        if self.kind.emulated:
            await asked.until(lambda: len(asked.sent) == 2)
        return asked, stream

    def assert_over(self, code: int, reason: str = "") -> None:
        """Assert that the one stream has ended, and is not known any more."""
        assert self.site.ends == [(code, reason)]
        (stream,) = self.site.connections
        assert self.streams.find(stream.session) is None


# Requests.


@each(KINDS)
async def test_a_request_opens_a_stream_and_says_who_it_is(kind: Kind) -> None:
    house = House(kind)
    asked, stream = await house.opened(headers=[("origin", PAGE)], query="a=b")
    assert house.site.messages == [b"hello"]
    assert stream.request.query == "a=b"
    assert stream.request.header("origin") == PAGE
    asked.leave()
    await asked.done()
    house.assert_over(1006)


@each(EVENTS)
async def test_a_get_says_it_in_its_query(kind: Kind) -> None:
    house = House(kind)
    asked = house.ask("GET", query="x=1&cf_connect=%7B%22id%22%3A1%7D+%C3%BC&cf_connect=second")
    asked.leave()
    await asked.done()
    assert house.site.messages == ['{"id":1} ü'.encode()]


@pytest.mark.parametrize("query", ["", "cf_connect=", "cf_connect", "CF_CONNECT=x", "&&=;"])
async def test_a_get_that_says_nothing(query: str) -> None:
    refused = await House(SSE).ask("GET", query=query).done()
    assert (refused.status, refused.body) == (400, b"the query lacks cf_connect")
    listener = House(UNI_SSE)
    await listener.opened(method="GET", query=query)
    assert listener.site.messages == [b""]


@each(KINDS)
async def test_other_methods(kind: Kind) -> None:
    house = House(kind)
    for method in {"GET", "HEAD", "PUT", "DELETE", "BREW"} - set(kind.methods):
        refused = await house.ask(method, headers=[("origin", PAGE)]).done()
        assert refused.status == 405
        assert refused.headers["allow"] == ", ".join((*kind.methods, "OPTIONS"))
        assert refused.headers["access-control-allow-origin"] == PAGE
    assert house.site.connections == []


@each(KINDS)
async def test_a_preflight(kind: Kind) -> None:
    house = House(kind)
    answer = await house.ask("OPTIONS", headers=[("origin", PAGE)]).done()
    assert (answer.status, answer.body) == (204, b"")
    assert "content-length" not in answer.headers
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-allow-methods"] == ", ".join((*kind.methods, "OPTIONS"))
    assert answer.headers["access-control-max-age"] == "300"
    assert house.site.connections == []


@each(KINDS)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "PUT"])
async def test_a_foreign_page_learns_nothing(kind: Kind, method: str) -> None:
    house = House(kind, admit=lambda _: FOREIGN)
    refused = await house.ask(method, headers=[("origin", "https://evil.example")]).done()
    assert refused.status == 403
    assert not [name for name in refused.headers if name.startswith("access-control")]
    assert house.site.connections == []


@each({**EMULATED, "uni_http_stream": UNI_HTTP_STREAM})
async def test_a_refusal_has_its_own_headers_and_may_be_read(kind: Kind) -> None:
    house = House(kind, admit=lambda _: Refusal(503, "shutting down", {"retry-after": "1"}))
    refused = await house.ask(headers=[("origin", PAGE)]).done()
    assert (refused.status, refused.body) == (503, b"shutting down")
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["access-control-allow-origin"] == PAGE
    assert refused.headers["x-content-type-options"] == "nosniff"
    assert refused.headers["content-length"] == "13"


async def test_an_event_source_is_sent_away_so_that_it_comes_back() -> None:
    house = House(UNI_SSE, admit=lambda _: Refusal(503, "shutting down", {"retry-after": "1"}))
    told = await house.ask("GET", headers=[("origin", PAGE)]).done()
    assert (told.status, told.body) == (200, b"retry: 5000\n\n")
    assert told.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert told.headers["access-control-allow-origin"] == PAGE
    assert house.site.connections == []


@each(KINDS)
async def test_an_endpoint_that_cannot_examine(
    kind: Kind, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(request: object) -> None:
        raise ValueError("a secret")

    refused = await House(kind, admit=fail).ask().done()
    assert refused.status == (200 if kind is UNI_SSE else 500)
    assert b"secret" not in refused.body
    assert "a secret" in caplog.text


@each(KINDS)
async def test_too_large_a_request(kind: Kind) -> None:
    house = House(kind, limits=Limits(message_bytes_before_connect=10))
    refused = await house.ask(body=b"0123456789a", headers=[("origin", PAGE)]).done()
    assert refused.status == 413
    assert refused.headers["access-control-allow-origin"] == PAGE
    assert house.site.connections == []
    asked, _ = await house.opened(body=b"0123456789")
    asked.leave()


@each(EVENTS)
async def test_too_long_a_query(kind: Kind) -> None:
    house = House(kind, limits=Limits(message_bytes_before_connect=10))
    refused = await house.ask("GET", query="cf_connect=0123456789a").done()
    assert refused.status == 413
    assert house.site.connections == []


@each(KINDS)
async def test_a_client_that_leaves_before_it_is_done(kind: Kind) -> None:
    house = House(kind)
    asked = house.ask(body=None)
    asked.put(b"hel", more=True)
    asked.leave()
    assert (await asked.done()).status == 499
    assert house.site.connections == []


@each({**EMULATED, "uni_http_stream": UNI_HTTP_STREAM})
async def test_while_a_body_comes_the_house_may_close(kind: Kind) -> None:
    house = House(kind)
    asked = house.ask(body=None)
    asked.put(b"hel", more=True)
    await asyncio.sleep(0)
    house.site.examine = lambda _: Refusal(503, "shutting down")
    asked.put(b"lo")
    assert (await asked.done()).status == 503
    assert house.site.connections == []


# Responses.


@each(EMULATED)
async def test_an_emulated_stream_begins_at_once(kind: Kind) -> None:
    asked, stream = await House(kind).opened(headers=[("origin", PAGE)])
    assert (asked.status, asked.body, asked.ended) == (200, kind.prelude, False)
    assert asked.headers["content-type"] == kind.content_type.decode()
    assert asked.headers["access-control-allow-origin"] == PAGE
    stream.write(Packet(b"one"))
    stream.write(Packet(b"two", BINARY))
    await asked.until(lambda: asked.body == kind.prelude + b"onetwo")
    asked.leave()


@each(UNIDIRECTIONAL)
async def test_a_stream_that_is_only_read_begins_with_the_first_packet(kind: Kind) -> None:
    asked, stream = await House(kind).opened()
    for _ in range(20):
        await asyncio.sleep(0)
    assert asked.sent == []
    stream.write(Packet(b"one"))
    await asked.until(lambda: asked.body == kind.prelude + b"one")
    assert asked.status == 200
    asked.leave()


@each(KINDS)
async def test_nobody_on_the_way_keeps_or_holds_back_anything(kind: Kind) -> None:
    asked, stream = await House(kind).opened()
    stream.write(Packet(b"one"))
    await asked.until(lambda: asked.sent)
    assert asked.headers["x-accel-buffering"] == "no"
    assert {"no-store", "no-cache", "no-transform"} <= set(
        asked.headers["cache-control"].split(", ")
    )
    assert asked.headers["x-content-type-options"] == "nosniff"
    assert "content-length" not in asked.headers
    asked.leave()


@pytest.mark.parametrize(
    "media_type", ["application/octet-stream", "Application/Octet-Stream; x=y"]
)
async def test_protobuf_is_answered_with_protobuf(media_type: str) -> None:
    asked, _ = await House(HTTP_STREAM).opened(headers=[("content-type", media_type)])
    assert asked.headers["content-type"] == "application/octet-stream"
    asked.leave()
    other, _ = await House(SSE).opened(headers=[("content-type", media_type)])
    assert other.headers["content-type"] == "text/event-stream; charset=utf-8"
    other.leave()


# Ends.


@each(EMULATED)
async def test_what_was_written_before_a_close_arrives(kind: Kind) -> None:
    house = House(kind)
    asked, stream = await house.opened()
    stream.write(Packet(b"last words"))
    stream.close(3001, "shutdown")
    stream.write(Packet(b"too late"))
    await asked.done()
    assert asked.ended
    assert asked.body == kind.prelude + b"last words"
    house.assert_over(3001, "shutdown")


STATUSES = [
    (codes.MALFORMED, 400),
    (codes.CHANNEL_LIMIT, 400),
    (codes.INVALID_TOKEN, 401),
    (codes.CONNECTION_EXPIRED, 401),
    (codes.NOT_PERMITTED, 403),
    (codes.FORCE_DISCONNECT, 403),
    (codes.CONNECTION_LIMIT, 403),
    ((4500, "cheating"), 403),
    (codes.FLOOD, 429),
    (codes.SERVER_ERROR, 500),
    ((codes.INTERNAL_FAILURE, ""), 500),
    (codes.SHUTDOWN, 503),
    (codes.STALE, 503),
    (codes.INSUFFICIENT_STATE, 503),
    ((4000, "later"), 503),
]


@pytest.mark.parametrize(("code", "status"), STATUSES)
async def test_a_stream_that_never_began_ends_in_a_status(
    code: tuple[int, str], status: int
) -> None:
    house = House(UNI_HTTP_STREAM)
    asked, stream = await house.opened(headers=[("origin", PAGE)])
    stream.close(*code)
    await asked.done()
    assert (asked.status, asked.body.decode()) == (status, code[1])
    assert asked.headers["access-control-allow-origin"] == PAGE
    house.assert_over(*code)


@pytest.mark.parametrize(("code", "status"), STATUSES)
async def test_an_event_source_comes_back_if_that_may_help(
    code: tuple[int, str], status: int
) -> None:
    asked, stream = await House(UNI_SSE).opened(method="GET")
    stream.close(*code)
    await asked.done()
    if status in (429, 500, 503):
        assert (asked.status, asked.body) == (200, b"retry: 5000\n\n")
    else:
        assert asked.status == status


async def test_any_reason_makes_an_answer() -> None:
    asked, stream = await House(UNI_HTTP_STREAM).opened()
    reason = "ü\r\nset-cookie: a=b\r\n\r\n<script>"
    assert len(reason.encode()) <= CLOSE_REASON_BYTES
    stream.close(4500, reason)
    await asked.done()
    assert asked.body.decode() == reason
    assert "set-cookie" not in asked.headers
    assert asked.headers["content-type"] == "text/plain; charset=utf-8"


@each(KINDS)
async def test_a_client_that_vanishes(kind: Kind) -> None:
    house = House(kind)
    asked, stream = await house.opened()
    asked.leave()
    await asked.done()
    house.assert_over(1006)
    stream.write(Packet(b"late"))
    stream.close(3001, "shutdown")
    await stream.take(b"late")
    await asyncio.sleep(0)
    house.assert_over(1006)
    assert house.site.messages == [b"hello"]


@each(KINDS)
async def test_a_request_that_is_cancelled(kind: Kind) -> None:
    house = House(kind)
    asked, _ = await house.opened()
    asked.app.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked.app
    house.assert_over(1006)


@each(EMULATED)
async def test_a_client_that_reads_too_little(kind: Kind) -> None:
    house = House(kind, limits=Limits(outbox_bytes=10))
    asked, stream = await house.opened()
    for _ in range(5):
        stream.write(Packet(b"123456"))
    await asked.done()
    assert asked.ended
    assert asked.body == kind.prelude
    house.assert_over(*codes.SLOW)


@each(KINDS)
async def test_a_client_that_takes_nothing_at_all(kind: Kind) -> None:
    house = House(kind, limits=QUICK)
    asked, stream = await house.opened()
    asked.taking.clear()
    stream.write(Packet(b"one"))
    await asked.done()
    assert not asked.ended
    house.assert_over(1006)


@each(KINDS)
async def test_a_client_that_does_not_take_the_end(kind: Kind) -> None:
    house = House(kind, limits=QUICK)
    asked, stream = await house.opened()
    asked.taking.clear()
    stream.close(3001, "shutdown")
    await asked.done()
    house.assert_over(3001, "shutdown")


@each(KINDS)
async def test_an_endpoint_that_cannot_open(kind: Kind, caplog: pytest.LogCaptureFixture) -> None:
    def fail(connection: Connection) -> Receiver:
        raise ValueError("a secret")

    house = House(kind)
    house.site.endpoint = type(house.site.endpoint)(
        open=fail, admit=lambda _: None, limits=house.site.limits
    )
    asked = await house.ask().done()
    assert asked.ended
    assert asked.status == (500 if kind is UNI_HTTP_STREAM else 200)
    assert b"secret" not in asked.body
    assert "a secret" in caplog.text


# Messages in requests of their own.


async def test_names_are_secrets() -> None:
    house = House(HTTP_STREAM)
    streams = [(await house.opened())[1] for _ in range(100)]
    names = {stream.session for stream in streams}
    assert len(names) == 100
    assert min(map(len, names)) >= 22  # 128 bits in base 64
    assert all(house.streams.find(stream.session) is stream for stream in streams)
    assert house.streams.find("") is None
    assert house.streams.find(min(names)[:-1]) is None


@each(UNIDIRECTIONAL)
async def test_what_is_only_read_has_no_name(kind: Kind) -> None:
    house = House(kind)
    asked, stream = await house.opened()
    assert stream.session == ""
    assert house.streams.find("") is None
    asked.leave()


@each(EMULATED)
async def test_messages_in_order(kind: Kind) -> None:
    house = House(kind)
    asked, stream = await house.opened()
    for number in range(5):
        await stream.take(b"%d" % number)
    assert house.site.messages == [b"hello", b"0", b"1", b"2", b"3", b"4"]
    asked.leave()


async def test_a_message_too_large_ends_the_stream() -> None:
    house = House(HTTP_STREAM)
    asked, stream = await house.opened()
    stream.message_limit = 3
    await stream.take(b"abcd")
    await asked.done()
    assert asked.ended
    assert house.site.messages == [b"hello"]
    assert house.site.ends[0][0] == 1009


async def test_paused_messages_wait_in_order() -> None:
    house = House(HTTP_STREAM)
    asked, stream = await house.opened()
    stream.pause_reading()
    waiting = [asyncio.ensure_future(stream.take(b"%d" % number)) for number in range(3)]
    await asyncio.sleep(0)
    assert house.site.messages == [b"hello"]
    stream.resume_reading()
    later = asyncio.ensure_future(stream.take(b"later"))
    await asyncio.gather(*waiting, later)
    assert house.site.messages[1:] == [b"0", b"1", b"2", b"later"]
    asked.leave()


async def test_each_message_may_pause_the_next() -> None:
    house = House(HTTP_STREAM, answer=lambda connection, data: connection.pause_reading())
    asked, stream = await house.opened()
    waiting = [asyncio.ensure_future(stream.take(b"%d" % number)) for number in range(3)]
    for taken in range(1, 4):
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(house.site.messages) == taken
        stream.resume_reading()
    await asyncio.gather(*waiting)
    assert house.site.messages == [b"hello", b"0", b"1", b"2"]
    asked.leave()


async def test_only_so_many_wait() -> None:
    house = House(HTTP_STREAM)
    asked, stream = await house.opened()
    stream.pause_reading()
    waiting = [asyncio.ensure_future(stream.take(b"x")) for _ in range(WAITING - 1)]
    await asyncio.sleep(0)
    assert not stream.busy
    waiting.append(asyncio.ensure_future(stream.take(b"x")))
    await asyncio.sleep(0)
    assert stream.busy
    stream.resume_reading()
    await asyncio.gather(*waiting)
    assert not stream.busy
    asked.leave()


async def test_one_that_gives_up_waiting_makes_room() -> None:
    house = House(HTTP_STREAM)
    asked, stream = await house.opened()
    stream.pause_reading()
    waiting = [asyncio.ensure_future(stream.take(b"%d" % number)) for number in range(WAITING)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.wait([waiting[0]])
    assert not stream.busy
    stream.resume_reading()
    await asyncio.gather(*waiting[1:])
    assert house.site.messages[1:] == [b"%d" % number for number in range(1, WAITING)]
    asked.leave()


@pytest.mark.parametrize("how", ["close", "leave", "stall", "cancel"])
async def test_however_a_stream_ends_nobody_waits_any_more(how: str) -> None:
    house = House(HTTP_STREAM, limits=QUICK)
    asked, stream = await house.opened()
    stream.pause_reading()
    waiting = [asyncio.ensure_future(stream.take(b"x")) for _ in range(3)]
    await asyncio.sleep(0)
    if how == "close":
        stream.close(3001, "shutdown")
    elif how == "leave":
        asked.leave()
    elif how == "stall":
        asked.taking.clear()
        stream.write(Packet(b"x"))
    else:
        asked.app.cancel()
    async with asyncio.timeout(10):
        await asyncio.wait([asked.app])
        await asyncio.gather(*waiting)
    assert house.site.messages == [b"hello"]
