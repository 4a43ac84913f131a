"""The JSON codec: what peers get wrong, what is left out, and that every line is one object."""

import json as stdlib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Raw

from antiphon import codes
from antiphon.errors import BadRequest, Disconnect, Malformed, TooManyRequests
from antiphon.protocol import json, messages, unidirectional
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
    written = json.message(messages.Message(data(payload)))
    assert stdlib.loads(written) == {"push": {"message": {"data": payload}}}


# What is opaque.

SPACED = b'{"a" :  [1.0, "\\u00e4\xc3\xa4"]}'
GIVEN = b'\r\n{"a" :\n [1.0,\r"\\u00e4\xc3\xa4"]}\n'
WRITTEN = b'  {"a" :  [1.0, "\\u00e4\xc3\xa4"]} '


def opaque(payload: bytes, offset: int = 0) -> Publication:
    return Publication(Raw(payload), offset=offset, opaque=True)


Encode = Callable[[Publication], bytes]

HOLDERS: dict[str, Encode] = {
    "push": lambda p: json.publication("a", p),
    "message": lambda p: json.message(messages.Message(p.data, opaque=True)),
    "rpc": lambda p: json.reply(1, "rpc", messages.RPCResult(p.data, opaque=True)),
    "history": lambda p: json.reply(1, "history", messages.HistoryResult([p], "e", 1)),
    "subscribe": lambda p: json.reply(1, "subscribe", messages.SubscribeResult(publications=[p])),
    "connect": lambda p: json.reply(1, "connect", connected(p)),
    "connect push": lambda p: unidirectional.reply(1, "connect", connected(p)),
    "bare push": lambda p: unidirectional.publication("a", p),
    "bare message": lambda p: unidirectional.message(messages.Message(p.data, opaque=True)),
}
every_holder = pytest.mark.parametrize("encode", HOLDERS.values(), ids=HOLDERS)


def connected(published: Publication) -> messages.ConnectResult:
    joined = messages.SubscribeResult(publications=[published])
    return messages.ConnectResult("c", "1", subs={"a": joined})


@every_holder
def test_what_turns_out_to_be_json_passes_as_it_is(encode: Encode) -> None:
    for payload, written in ((SPACED, SPACED), (GIVEN, WRITTEN), (b"null", b"null")):
        line = encode(opaque(payload))
        assert b'"data":%b}' % written in line
        assert b"opaque" not in line
        assert not {10, 13} & set(line)


@every_holder
@pytest.mark.parametrize("payload", [b"boom", b" ", b'"\xff"', b"{} {}", b'"\n"', b"[" * 60_000])
def test_what_is_no_json_is_the_wrong_protocol(encode: Encode, payload: bytes) -> None:
    with pytest.raises(Disconnect) as caught:
        encode(opaque(payload))
    assert caught.value.number == codes.INAPPROPRIATE_PROTOCOL.number


@every_holder
@given(payload=st.binary(max_size=50) | values.map(msgspec.json.encode))
def test_every_line_that_is_written_is_an_object(encode: Encode, payload: bytes) -> None:
    try:
        line = encode(opaque(payload))
    except Disconnect as error:
        assert error.number == codes.INAPPROPRIATE_PROTOCOL.number
    else:
        assert type(stdlib.loads(line)) is dict


def test_what_is_kept_stays_as_it_is() -> None:
    page = messages.HistoryResult([opaque(GIVEN, 1), Publication(data(2), offset=2)], "e", 2)
    line = json.reply(1, "history", page)
    assert [p["offset"] for p in stdlib.loads(line)["history"]["publications"]] == [1, 2]
    assert page.publications[0] == opaque(GIVEN, 1)


def test_an_opaque_answer_of_nothing_is_empty() -> None:
    assert json.reply(1, "rpc", messages.RPCResult(Raw(b""), opaque=True)) == b'{"id":1,"rpc":{}}'
