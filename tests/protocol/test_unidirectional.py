"""Bare pushes: what the one request may hold, and which ends stand in for errors."""

import json as stdlib
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Raw

from antiphon import codes, errors
from antiphon.errors import CLOSE_REASON_BYTES, Disconnect, Malformed, Refusal
from antiphon.protocol import messages, unidirectional
from antiphon.protocol.messages import ConnectRequest, ConnectResult, Message, Push
from antiphon.publication import ClientInfo, Publication

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4)
    ),
    max_leaves=8,
)


def decode(data: bytes) -> ConnectRequest:
    (command,) = unidirectional.decode(data, limit=1)
    assert command.id == 1
    assert command.connect is not None
    return command.connect


# What comes in.


@given(st.binary(max_size=200))
@example(b"\xff")
@example(b"null")
@example(b'{"data":"\xff"}')
@example(b'{"token":"\\ud800"}')
@example(b'{"subs":null}')
@example(b'{"subs":{"a":1}}')
@example(b"[" * 100_000)
@example(b'{"data":' + b"[" * 60_000 + b"}")
@example(b'{"subs":{"a":{"offset":' + b"9" * 60_000 + b"}}}")
@example(b'{"subs":{"a":{"offset":-1}}}')
def test_any_bytes_are_a_request_or_malformed(data: bytes) -> None:
    try:
        request = decode(data)
    except Malformed as error:
        assert error.number == codes.MALFORMED.number
    else:
        assert isinstance(request, ConnectRequest)


@given(values)
def test_any_json_is_a_request_or_malformed(value: Any) -> None:
    try:
        decode(msgspec.json.encode(value))
    except Malformed as error:
        assert error.detail


@given(
    st.text(max_size=20),
    st.dictionaries(
        st.text(max_size=8), st.tuples(st.integers(0, 2**62), st.text(max_size=8)), max_size=4
    ),
)
def test_what_a_client_says_about_itself(token: str, subs: dict[str, tuple[int, str]]) -> None:
    said = {
        "token": token,
        "data": {"a": 1},
        "subs": {
            channel: {"recover": True, "offset": offset, "epoch": epoch}
            for channel, (offset, epoch) in subs.items()
        },
        "unknown": [],
    }
    request = decode(stdlib.dumps(said).encode())
    assert request.token == token
    assert stdlib.loads(bytes(request.data)) == {"a": 1}
    assert {name: (sub.offset, sub.epoch) for name, sub in request.subs.items()} == subs


@pytest.mark.parametrize("data", [b"", b"{}"])
def test_a_client_may_say_nothing(data: bytes) -> None:
    assert decode(data) == ConnectRequest()


@pytest.mark.parametrize("data", [b"\n", b"{}\n{}", b'{"id":1,"connect":{}', b"[]", b'"x"', b"1"])
def test_what_is_no_request(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode(data)


def test_a_command_is_read_as_a_request_that_says_nothing() -> None:
    assert decode(b'{"id":1,"connect":{"token":"x"}}') == ConnectRequest()


# What goes out.


def test_the_result_of_connecting_is_a_push() -> None:
    line = unidirectional.reply(1, "connect", ConnectResult(client="c", version="v", ping=25))
    assert stdlib.loads(line) == {"connect": {"client": "c", "version": "v", "ping": 25}}


def test_pushes_have_no_envelope() -> None:
    info = ClientInfo("ann", "c")
    told = {
        unidirectional.push(Push(channel="a", join=messages.Join(info))): {
            "channel": "a",
            "join": {"info": {"user": "ann", "client": "c"}},
        },
        unidirectional.push(Push(disconnect=messages.Disconnect(3001, "shutdown", True))): {
            "disconnect": {"code": 3001, "reason": "shutdown", "reconnect": True}
        },
        unidirectional.message(Message(Raw(b'{"a":1}'))): {"message": {"data": {"a": 1}}},
        unidirectional.PING: {},
    }
    for line, expected in told.items():
        assert stdlib.loads(line) == expected


@given(values, st.integers(0, 2**53), st.none() | st.dictionaries(st.text(), st.text(), max_size=3))
def test_a_publication_is_one_line(value: Any, offset: int, tags: dict[str, str] | None) -> None:
    published = Publication(Raw(msgspec.json.encode(value)), offset=offset, tags=tags)
    line = unidirectional.publication("a", published)
    assert b"\n" not in line
    assert b"\r" not in line
    told = stdlib.loads(line)
    assert told["channel"] == "a"
    assert told["pub"]["data"] == value
    assert told["pub"].get("offset", 0) == offset


@given(values)
def test_an_opaque_publication_is_one_line(value: Any) -> None:
    for spaced in (stdlib.dumps(value, indent=1), f"\r{stdlib.dumps(value)}\r\n"):
        line = unidirectional.publication("a", Publication(Raw(spaced.encode()), opaque=True))
        assert b"\n" not in line
        assert b"\r" not in line
        assert stdlib.loads(line)["pub"] == {"data": value}


@pytest.mark.parametrize("data", [b"", b"\xff", b"{", b'"\xff"', b"{}{}"])
def test_what_is_no_json_cannot_be_said(data: bytes) -> None:
    with pytest.raises(Disconnect) as caught:
        unidirectional.publication("a", Publication(Raw(data), opaque=True))
    assert caught.value.number == 3506
    with pytest.raises(Disconnect) as caught:
        unidirectional.message(Message(Raw(data), opaque=True))
    assert caught.value.number == 3506


# How a refused client ends.


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (errors.BadRequest("a"), codes.MALFORMED),
        (errors.TokenExpired(), codes.CONNECTION_EXPIRED),
        (errors.Expired(), codes.CONNECTION_EXPIRED),
        (errors.TooManyRequests(), codes.FLOOD),
        (errors.Forbidden("a"), codes.NOT_PERMITTED),
        (errors.Unauthorized(), codes.NOT_PERMITTED),
        (errors.UnknownChannel(), codes.NOT_PERMITTED),
        (errors.LimitExceeded(), codes.NOT_PERMITTED),
        (errors.Unrecoverable(), codes.NOT_PERMITTED),
        (Refusal(), codes.SERVER_ERROR),
        (Refusal("not now", code=1234, temporary=True), codes.SERVER_ERROR),
        (Refusal("never", code=1234), codes.NOT_PERMITTED),
    ],
)
def test_a_refusal_becomes_an_end(refusal: Refusal, code: codes.Code) -> None:
    disconnect = unidirectional.disconnect_for(refusal)
    assert (disconnect.number, disconnect.reason) == (code.number, refusal.text)


@pytest.mark.parametrize("text", ["x" * (CLOSE_REASON_BYTES + 1), "{}", "123", "ü" * 100])
def test_a_text_that_is_no_reason_is_left_out(text: str) -> None:
    disconnect = unidirectional.disconnect_for(Refusal(text, code=1234))
    assert (disconnect.number, disconnect.reason) == codes.NOT_PERMITTED


@given(
    st.text(max_size=200),
    st.none() | st.integers(100, 1999),
    st.none() | st.booleans(),
)
@example(text="", code=107, temporary=True)
def test_any_refusal_becomes_an_end_that_may_be_sent(
    text: str, code: int | None, temporary: bool | None
) -> None:
    refusal = Refusal(text, code=code, temporary=temporary)
    disconnect = unidirectional.disconnect_for(refusal)
    assert len(disconnect.reason.encode()) <= CLOSE_REASON_BYTES
    if refusal.temporary:
        assert codes.reconnects(disconnect.number)
