"""The JSON codec: what peers get wrong, what is left out, and that every line is one object."""

import json as stdlib
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Raw

from antiphon import codes
from antiphon.errors import BadRequest, Malformed, TooManyRequests
from antiphon.protocol import json, messages
from antiphon.publication import ClientInfo, Publication

LIMIT = 16

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4)
    ),
    max_leaves=8,
)
ids = st.integers(1, 2**32 - 1)


def decode(data: bytes) -> list[messages.Command]:
    return json.decode(data, limit=LIMIT)


def line(**fields: Any) -> bytes:
    return msgspec.json.encode(fields)


def data(value: Any) -> Raw:
    return Raw(msgspec.json.encode(value))


# What comes in.


@given(st.binary(max_size=200))
@example(b"")
@example(b"\n")
@example(b"\xff")
@example(b"[" * 100_000)
@example(b'{"id":1,"rpc":{"data":' + b"[" * 60_000 + b"}}")
@example(b'{"id":' + b"9" * 64_000 + b"}")
@example(b'{"id":1,"subscribe":{"flag":' + b"9" * 64_000 + b"}}")
@example(b'{"id":1,"rpc":{"method":"\\ud800"}}')
@example(b'{"id":1,"rpc":{"method":"\xed\xa0\x80"}}')
def test_any_bytes_are_commands_or_malformed(frame: bytes) -> None:
    try:
        commands = decode(frame)
    except Malformed as error:
        assert error.number == codes.MALFORMED.number
    else:
        assert 1 <= len(commands) <= LIMIT


_names = st.sampled_from([*messages.Command.__struct_fields__, "unknown"])


@given(st.dictionaries(_names, values, max_size=4))
def test_any_json_is_a_command_or_malformed(fields: dict[str, Any]) -> None:
    try:
        decode(line(**fields))
    except Malformed:
        pass


@given(ids, st.text(max_size=20), values)
def test_a_command_comes_in_as_it_was_sent(number: int, method: str, payload: Any) -> None:
    (command,) = decode(line(id=number, rpc={"method": method, "data": payload}))
    assert command.id == number
    assert command.rpc is not None
    assert command.rpc.method == method
    assert msgspec.json.decode(command.rpc.data) == payload


@given(st.lists(ids, min_size=1, max_size=LIMIT), st.booleans())
def test_lines_are_commands_in_order(numbers: list[int], trailing: bool) -> None:
    frame = b"\n".join(line(id=number, rpc={}) for number in numbers) + b"\n" * trailing
    assert [command.id for command in decode(frame)] == numbers


@pytest.mark.parametrize("trailing", [b"", b"\n"])
def test_one_frame_carries_no_more_than_the_limit(trailing: bytes) -> None:
    assert len(decode(b"\n".join([b"{}"] * LIMIT) + trailing)) == LIMIT
    with pytest.raises(Malformed):
        decode(b"\n".join([b"{}"] * (LIMIT + 1)) + trailing)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b" ",
        b"\n\n",
        b"[]",
        b"null",
        b"1",
        b'"{}"',
        b"{",
        b"{} {}",
        b"{}{}",
        b'{"id":-1}',
        b'{"id":4294967296}',
        b'{"id":1.5}',
        b'{"id":"1"}',
        b'{"id":1,"rpc":[]}',
        b'{"id":1,"rpc":{"method":1}}',
        b'{"id":1,"rpc":{"data":tru}}',
        b'{"id":1,"rpc":{"data":NaN}}',
        b'{"id":1,"subscribe":{"offset":-1}}',
        b'{"id":1,"subscribe":{"offset":9223372036854775808}}',
        b'{"id":1,"subscribe":{"recover":1}}',
        b'{"id":1,"connect":{"subs":{"a":null}}}',
        b'{"id":1,"connect":{"headers":{"a":1}}}',
        b'{"id":1,"history":{"limit":2147483648}}',
        b"\xef\xbb\xbf{}",
    ],
)
def test_what_is_no_command_is_malformed(frame: bytes) -> None:
    with pytest.raises(Malformed):
        decode(frame)


def test_a_value_does_not_reach_across_lines() -> None:
    """Passed on as it is, the newline would break the frames of everybody who gets it."""
    with pytest.raises(Malformed):
        decode(b'{"id":1,"publish":{"data":{"a":\n1}}}')


def test_bad_utf8_is_malformed_even_where_a_value_is_passed_on() -> None:
    with pytest.raises(Malformed):
        decode(b'{"id":1,"publish":{"data":"\xff"}}')


def test_fields_of_later_protocol_versions_are_ignored() -> None:
    (command,) = decode(b'{"id":1,"connect":{"dict":"x","profile":"y","subs":{}},"new":{}}')
    assert command.connect == messages.ConnectRequest()


# Emulation.


@given(st.text(), st.text(), st.text())
def test_a_posted_frame_comes_in_as_it_was_sent(session: str, node: str, frame: str) -> None:
    sent = line(session=session, node=node, data=frame)
    request = json.decode_emulation(sent)
    assert request == messages.EmulationRequest(session, node, frame.encode())


@given(st.binary(max_size=60))
@example(b"")
@example(b"[" * 100_000)
@example(b'{"data":"\xff"}')
@example(b'{"data":"\\ud800"}')
@example(b'{"data":' + b'{"x":' * 60_000)
def test_any_bytes_are_a_posted_frame_or_malformed(body: bytes) -> None:
    try:
        json.decode_emulation(body)
    except Malformed as error:
        assert error.number == codes.MALFORMED.number


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}{}",
        b"[]",
        b"null",
        b'{"session":1}',
        b'{"node":null}',
        b'{"data":{}}',
        b'{"data":1}',
        b'{"data":"\xff"}',
        b'{"data":"\\ud800"}',
    ],
)
def test_what_is_no_posted_frame_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        json.decode_emulation(body)


# What goes out.

INFO = ClientInfo("u", "c")


@pytest.mark.parametrize(
    ("name", "result", "written"),
    [
        ("publish", messages.PublishResult(), b"{}"),
        ("unsubscribe", messages.UnsubscribeResult(), b"{}"),
        ("subscribe", messages.SubscribeResult(), b"{}"),
        ("sub_refresh", messages.SubRefreshResult(), b"{}"),
        ("rpc", messages.RPCResult(), b"{}"),
        ("rpc", messages.RPCResult(data(None)), b'{"data":null}'),
        ("presence", messages.PresenceResult({}), b'{"presence":{}}'),
        (
            "presence",
            messages.PresenceResult({"c": ClientInfo("", "")}),
            b'{"presence":{"c":{"user":"","client":""}}}',
        ),
        ("presence_stats", messages.PresenceStatsResult(0, 0), b'{"num_clients":0,"num_users":0}'),
        (
            "history",
            messages.HistoryResult([], "", 0),
            b'{"publications":[],"epoch":"","offset":0}',
        ),
        ("connect", messages.ConnectResult("c", "1"), b'{"client":"c","version":"1"}'),
        ("refresh", messages.RefreshResult("c", "1"), b'{"client":"c","version":"1"}'),
    ],
)
def test_a_result_is_an_object_without_its_defaults(
    name: str, result: messages.Result, written: bytes
) -> None:
    assert json.reply(7, name, result) == b'{"id":7,"%s":%s}' % (name.encode(), written)


def test_a_full_result_has_every_field() -> None:
    result = messages.SubscribeResult(
        expires=True,
        ttl=60,
        recoverable=True,
        epoch="e",
        publications=[Publication(data(1), offset=3)],
        recovered=True,
        offset=2,
        positioned=True,
        data=data({"a": 1}),
        was_recovering=True,
    )
    assert stdlib.loads(json.reply(1, "subscribe", result))["subscribe"] == {
        "expires": True,
        "ttl": 60,
        "recoverable": True,
        "epoch": "e",
        "publications": [{"data": 1, "offset": 3}],
        "recovered": True,
        "offset": 2,
        "positioned": True,
        "data": {"a": 1},
        "was_recovering": True,
    }


@pytest.mark.parametrize(
    ("refusal", "written"),
    [
        (BadRequest("x"), {"code": 107, "message": "bad request: x"}),
        (TooManyRequests(), {"code": 111, "message": "too many requests", "temporary": True}),
    ],
)
def test_an_error_says_temporary_only_when_it_is(refusal: Any, written: dict[str, Any]) -> None:
    error = messages.Error(refusal.number, refusal.text, refusal.temporary)
    assert stdlib.loads(json.reply(3, "error", error)) == {"id": 3, "error": written}


@pytest.mark.parametrize(
    ("push", "written"),
    [
        (messages.Push(channel="a", join=messages.Join(INFO)), "join"),
        (messages.Push(channel="a", leave=messages.Leave(INFO)), "leave"),
    ],
)
def test_joins_and_leaves_carry_the_client(push: messages.Push, written: str) -> None:
    told = {"channel": "a", written: {"info": {"user": "u", "client": "c"}}}
    assert stdlib.loads(json.push(push)) == {"push": told}


def test_an_empty_payload_of_a_push_is_an_object() -> None:
    assert json.push(messages.Push(channel="a", subscribe=messages.Subscribe())) == (
        b'{"push":{"channel":"a","subscribe":{}}}'
    )


@given(values, st.integers(0, 2**60), st.dictionaries(st.text(max_size=5), st.text(max_size=5)))
def test_a_publication_is_written_whole_on_one_line(
    payload: Any, offset: int, tags: dict[str, str]
) -> None:
    info = ClientInfo("u", "c", data({"name": "A"}))
    published = Publication(data(payload), info, offset, tags or None, "e" if offset == 1 else "")
    written = json.publication("news", published)
    pub = stdlib.loads(written)["push"]["pub"]
    assert b"\n" not in written
    assert pub.pop("data") == payload
    assert pub.pop("info") == {"user": "u", "client": "c", "conn_info": {"name": "A"}}
    assert pub.pop("offset", 0) == offset
    assert pub.pop("tags", None) == (tags or None)
    assert pub.pop("epoch", "") == published.epoch
    assert not pub


@given(st.lists(st.binary(min_size=1).filter(lambda b: b"\n" not in b), min_size=1))
def test_joined_lines_hold_no_empty_one(lines: list[bytes]) -> None:
    assert json.join(lines).split(b"\n") == lines


@given(values)
def test_a_message_belongs_to_no_channel(payload: Any) -> None:
    assert stdlib.loads(json.message(data(payload))) == {"push": {"message": {"data": payload}}}
