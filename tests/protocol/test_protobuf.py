"""The Protobuf codec beside Google's runtime, what peers get wrong, and what is left out."""

import types
import typing
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Raw, Struct

from antiphon import codes
from antiphon.errors import BadRequest, Malformed, Refusal, TooManyRequests
from antiphon.protocol import messages, protobuf
from antiphon.protocol.protobuf.reader import DEPTH, FIELDS
from antiphon.publication import NO_DATA, Publication
from tests.protocol import oracle
from tests.protocol.oracle import agrees, sized, split, texts

LIMIT = 16

ids = st.integers(1, 2**32 - 1)


def decode(data: bytes) -> list[messages.Command]:
    return protobuf.decode(data, limit=LIMIT)


def one(**fields: Any) -> messages.Command:
    """A command that the runtime has written."""
    (command,) = decode(sized(oracle.Command(**fields).SerializeToString()))
    return command


def parsed(line: bytes) -> Any:
    return oracle.Reply.FromString(line)


# What comes in.


@given(st.lists(oracle.written(oracle.Command), min_size=1, max_size=3))
def test_commands_come_in_as_they_were_sent(sent: list[Any]) -> None:
    commands = decode(sized(*(command.SerializeToString() for command in sent)))
    assert len(commands) == len(sent)
    for command, theirs in zip(commands, sent, strict=True):
        assert agrees(command, theirs)


REQUESTS = [name for name in messages.Command.__struct_fields__ if name != "id"]


@pytest.mark.parametrize("name", REQUESTS)
@given(st.data())
def test_the_usual_command_comes_in_as_it_was_sent(name: str, data: st.DataObject) -> None:
    """An id and one request: what SDKs send, and what is read by a shorter way."""
    request = data.draw(oracle.written(type(getattr(oracle.Command(), name))))
    sent = oracle.Command(id=data.draw(ids), **{name: request})
    (command,) = decode(sized(sent.SerializeToString()))
    assert agrees(command, sent)


@pytest.mark.parametrize("name", REQUESTS)
def test_an_empty_request_is_there(name: str) -> None:
    command = one(id=1, **{name: {}})
    assert [other for other in REQUESTS if getattr(command, other) is not None] == [name]


def test_two_requests_of_one_command_are_both_there() -> None:
    command = one(id=1, connect={}, publish={"channel": "a"})
    assert command.connect is not None
    assert command.publish == messages.PublishRequest("a")


def test_a_command_without_a_field_is_a_pong() -> None:
    assert decode(b"\x00") == [messages.Command()]
    assert decode(b"\x00\x00") == [messages.Command()] * 2


def test_a_command_may_be_an_id_alone() -> None:
    assert one(id=1) == messages.Command(1)
    assert one(id=2**32 - 1) == messages.Command(2**32 - 1)


@pytest.mark.parametrize(
    "fields",
    [
        {"publish": {"channel": "a"}},
        {"rpc": {"method": "a"}},
        {"send": {}},
        {"connect": {}},
        {"subscribe": {"channel": "a"}},
    ],
)
def test_an_absent_payload_is_no_data(fields: dict[str, Any]) -> None:
    (request,) = (getattr(one(id=1, **fields), name) for name in fields)
    assert request.data is NO_DATA


def test_an_empty_payload_is_no_data() -> None:
    (publish, rpc) = decode(
        sized(b"\x08\x01\x3a\x05\x0a\x01a\x12\x00", b"\x08\x01\x6a\x05\x0a\x00\x12\x01a")
    )
    assert publish.publish is not None and publish.publish.data is NO_DATA
    assert rpc.rpc is not None and rpc.rpc.data is NO_DATA


@given(st.integers(2**63, 2**64 - 1))
def test_an_offset_beyond_every_stream_is_malformed(offset: int) -> None:
    """See `messages.UInt64`."""
    with pytest.raises(Malformed):
        one(id=1, subscribe={"offset": offset})


@given(oracle.written(oracle.Command), oracle.written(oracle.Command))
def test_messages_that_come_twice_are_merged(first: Any, second: Any) -> None:
    """Which is what it means to put their bytes one behind the other."""
    (command,) = decode(sized(first.SerializeToString() + second.SerializeToString()))
    first.MergeFrom(second)
    assert agrees(command, first)


@pytest.mark.parametrize(
    "unknown",
    [
        pytest.param(b"\x10\x96\x01", id="varint"),
        pytest.param(b"\x11" + bytes(8), id="64 bits"),
        pytest.param(b"\x12\x03abc", id="length"),
        pytest.param(b"\x12\x80\x01" + bytes(128), id="long"),
        pytest.param(b"\x15\xff\xff\xff\xff", id="32 bits"),
        pytest.param(b"\x80\x01\x05", id="field 16"),
        pytest.param(b"\xf8\xff\xff\xff\x0f\x05", id="field 2**29 - 1"),
    ],
)
@pytest.mark.parametrize("place", range(4))
def test_fields_of_later_protocol_versions_are_ignored(unknown: bytes, place: int) -> None:
    parts = [b"\x08\x07", b"\x3a\x06\x0a\x01a\x12\x01b"]
    publish = messages.PublishRequest("a", Raw(b"b"))
    if place < 3:
        parts.insert(place, unknown)
    else:
        within = unknown.replace(b"\x10", b"\x20").replace(b"\x11", b"\x21")
        within = within.replace(b"\x12", b"\x22").replace(b"\x15", b"\x25")
        parts[1] = b"\x3a" + sized(b"\x0a\x01a" + within + b"\x12\x01b")
    assert decode(sized(b"".join(parts))) == [messages.Command(7, publish=publish)]


def test_unknown_fields_are_ignored_in_entries_of_maps_too() -> None:
    entry = b"\x0a\x01a\x1a\x00"
    (command,) = decode(sized(b"\x22" + sized(b"\x32" + sized(entry) + b"\x1a" + sized(entry))))
    assert command.connect is not None
    assert command.connect.headers == {"a": ""}
    assert command.connect.subs == {"a": messages.SubscribeRequest()}


# What peers get wrong.


@given(st.binary(max_size=200))
@example(b"\x08\x01\x2a\x02\x52\x80")
def test_any_bytes_are_commands_or_malformed(frame: bytes) -> None:
    try:
        commands = decode(frame)
    except Malformed as error:
        assert error.number == codes.MALFORMED.number
    else:
        assert 1 <= len(commands) <= LIMIT


@given(st.binary(max_size=60), st.data())
def test_any_bytes_are_a_command_or_malformed(body: bytes, data: st.DataObject) -> None:
    """As above, with the lengths around them right, so that what is inside is looked at."""
    for tag in data.draw(st.lists(st.sampled_from(range(0x0A, 0x80, 8)), max_size=4)):
        body = bytes((tag,)) + sized(body)
    _read_as_theirs(body)


@given(oracle.written(oracle.Command), st.data())
def test_what_is_read_of_a_spoilt_command_is_what_others_read(
    sent: Any, data: st.DataObject
) -> None:
    body = bytearray(sent.SerializeToString())
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(body)))
        body[start : start + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    _read_as_theirs(bytes(body))


def _read_as_theirs(body: bytes) -> None:
    try:
        (command,) = decode(sized(body))
    except Malformed:
        return  # We are the stricter ones.
    try:
        theirs = oracle.Command.FromString(body)
    except oracle.DecodeError:
        return  # Bad UTF-8 in a string that we skip.
    assert agrees(command, theirs) or oracle.sets_entries_aside(theirs)


@given(st.lists(oracle.written(oracle.Command), min_size=1, max_size=3), st.data())
def test_a_frame_cut_off_is_malformed(sent: list[Any], data: st.DataObject) -> None:
    frame = sized(*(command.SerializeToString() for command in sent))
    ends = {len(sized(*(c.SerializeToString() for c in sent[:n]))) for n in range(1, len(sent))}
    length = data.draw(st.integers(0, len(frame) - 1).filter(lambda length: length not in ends))
    with pytest.raises(Malformed):
        decode(frame[:length])


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x01", id="length of what is not there"),
        pytest.param(b"\x80", id="half a length"),
        pytest.param(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", id="longest length"),
        pytest.param(b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", id="eleven bytes of length"),
        pytest.param(b"\x02\x08\x01\x05", id="garbage behind"),
        pytest.param(b"{}", id="JSON"),
    ],
)
def test_what_is_no_frame_is_malformed(frame: bytes) -> None:
    with pytest.raises(Malformed):
        decode(frame)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\x08", id="tag alone"),
        pytest.param(b"\x08\x80", id="half a varint"),
        pytest.param(b"\x08\x80\x80\x80\x80\x10", id="id of 33 bits"),
        pytest.param(b"\x08" + b"\xff" * 9 + b"\x02", id="varint of 65 bits"),
        pytest.param(b"\x08" + b"\x80" * 10 + b"\x00", id="varint of eleven bytes"),
        pytest.param(b"\x80\x80\x80\x80\x80\x01\x00", id="tag of more than 32 bits"),
        pytest.param(b"\x00\x00", id="field 0"),
        pytest.param(b"\x0a\x01a", id="id as a string"),
        pytest.param(b"\x0d\x00\x00\x00\x00", id="id of 32 bits"),
        pytest.param(b"\x38\x01", id="publish as a number"),
        pytest.param(b"\x3a\x02\x08\x01", id="channel as a number"),
        pytest.param(b"\x8a\x00\x01a", id="id as a string, its tag in two bytes"),
        pytest.param(b"\x13\x14", id="group"),
        pytest.param(b"\x16", id="wire type 6"),
        pytest.param(b"\x11\x00", id="64 bits cut off"),
        pytest.param(b"\x15\x00", id="32 bits cut off"),
        pytest.param(b"\x12\x05a", id="unknown bytes cut off"),
        pytest.param(b"\x3a\x05\x0a\x01a", id="request cut off"),
        pytest.param(b"\x3a\x03\x0a\x02a", id="string reaches out of its message"),
        pytest.param(b"\x3a\x04\x0a\x02a\x12\x00", id="string reaches into the next field"),
        pytest.param(b"\x3a\x03\x0a\x01\xff", id="channel is not UTF-8"),
        pytest.param(
            b"\x08\x01\x3a\x06\x0a\x01\xff\x12\x01a", id="channel is not UTF-8, usual way"
        ),
        pytest.param(b"\x08\x01\x6a\x06\x0a\x01a\x12\x01\xff", id="method is not UTF-8, usual way"),
        pytest.param(b"\x3a\x05\x0a\x03\xed\xa0\x80", id="surrogate"),
        pytest.param(b"\x22\x05\x32\x03\x0a\x01\xff", id="header is not UTF-8"),
        pytest.param(b"\x52\x06\x38\x80\x80\x80\x80\x08", id="limit of 2**31"),
        pytest.param(
            b"\x52\x0b\x38\xff\xff\xff\xff\xf7\xff\xff\xff\xff\x01", id="limit of -2**31 - 1"
        ),
    ],
)
def test_what_is_no_command_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        decode(sized(body))


@pytest.mark.parametrize("first", [b"\x00", sized(b"\x08\x01\x3a\x06\x0a\x01a\x12\x01b")])
def test_one_frame_carries_no_more_than_the_limit(first: bytes) -> None:
    assert len(decode(first * LIMIT)) == LIMIT
    with pytest.raises(Malformed):
        decode(first * (LIMIT + 1))


def filter_of(depth: int) -> Raw:
    """A filter of so many nodes, each within the one before."""
    node = b""
    for _ in range(depth - 1):
        node = b"\x32" + sized(node)
    return Raw(node)


def test_a_filter_nests_so_deep_and_no_deeper() -> None:
    assert protobuf.decode_filter(filter_of(DEPTH + 1)).nodes
    for depth in (DEPTH + 2, 2_000):
        with pytest.raises(Malformed):
            protobuf.decode_filter(filter_of(depth))


@given(oracle.written(oracle.FilterNode))
def test_a_filter_comes_in_as_it_was_sent(sent: Any) -> None:
    assert agrees(protobuf.decode_filter(Raw(sent.SerializeToString())), sent)


@given(st.binary(max_size=60))
def test_a_filter_of_any_bytes_is_one_or_malformed(data: bytes) -> None:
    try:
        protobuf.decode_filter(Raw(data))
    except Malformed as error:
        assert error.number == codes.MALFORMED.number


@pytest.mark.parametrize(
    ("within", "fields"),
    [
        pytest.param(b"\x32\x00", 1, id="headers"),
        pytest.param(b"\x1a\x02\x0a\x00", 2, id="subs"),
        pytest.param(b"\x7a\x00", 1, id="unknown fields"),
        pytest.param(b"\x38\x01", 1, id="flags"),
    ],
)
def test_a_frame_holds_no_more_fields_than_can_be_read_at_once(within: bytes, fields: int) -> None:
    often = FIELDS // fields
    assert decode(sized(b"\x22" + sized(within * (often - 1))))[0].connect is not None
    with pytest.raises(Malformed):
        decode(sized(b"\x22" + sized(within * often)))


def test_fields_are_counted_over_the_whole_frame() -> None:
    command = sized(b"\x22" + sized(b"\x38\x01" * (FIELDS // 2)))
    assert len(decode(command)) == 1
    with pytest.raises(Malformed):
        decode(command * 2)


# Emulation.


@given(texts, texts, st.binary())
def test_a_posted_frame_comes_in_as_it_was_sent(session: str, node: str, data: bytes) -> None:
    sent = oracle.EmulationRequest(session=session, node=node, data=data)
    request = protobuf.decode_emulation(sent.SerializeToString())
    assert request == messages.EmulationRequest(session, node, data)


@given(st.binary(max_size=40))
@example(b"\x0a")
@example(b"\x0a\x01\xff")
@example(b"\x08\x01")
def test_any_bytes_are_a_posted_frame_or_malformed(data: bytes) -> None:
    try:
        protobuf.decode_emulation(data)
    except Malformed as error:
        assert error.number == codes.MALFORMED.number


# What goes out.

raws = st.binary(max_size=200).map(Raw)
_SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    int: st.integers(0, 2**32 - 1),
    bool: st.booleans(),
    Raw: raws,
    type(None): st.none(),
}


def any_of(hint: Any) -> Any:
    """Any value of a type, as fields of Structs have it."""
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return st.one_of([any_of(part) for part in parts])
    if origin is list:
        return st.lists(any_of(parts[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(texts, any_of(parts[1]), max_size=3)
    assert issubclass(hint, Struct)
    fields = {name: any_of(part) for name, part in typing.get_type_hints(hint).items()}
    if "offset" in fields:
        fields["offset"] = st.integers(0, 2**63 - 1)
    return st.builds(hint, **fields)


RESULTS: dict[str, type[messages.Result]] = {
    "error": messages.Error,
    "connect": messages.ConnectResult,
    "subscribe": messages.SubscribeResult,
    "unsubscribe": messages.UnsubscribeResult,
    "publish": messages.PublishResult,
    "presence": messages.PresenceResult,
    "presence_stats": messages.PresenceStatsResult,
    "history": messages.HistoryResult,
    "rpc": messages.RPCResult,
    "refresh": messages.RefreshResult,
    "sub_refresh": messages.SubRefreshResult,
}


def test_every_result_has_its_place() -> None:
    assert set(RESULTS.values()) == set(typing.get_args(messages.Result))


def names_of(theirs: Any) -> list[str]:
    return [field.name for field, _ in theirs.ListFields()]


@pytest.mark.parametrize("name", RESULTS)
@given(st.data(), ids)
def test_a_result_goes_out_whole(name: str, data: st.DataObject, number: int) -> None:
    result = data.draw(any_of(RESULTS[name]))
    reply = parsed(protobuf.reply(number, name, result))
    assert names_of(reply) == ["id", name]
    assert reply.id == number
    assert agrees(result, getattr(reply, name))


@pytest.mark.parametrize(
    ("name", "result", "written"),
    [
        ("publish", messages.PublishResult(), b"\x42\x00"),
        ("unsubscribe", messages.UnsubscribeResult(), b"\x3a\x00"),
        ("subscribe", messages.SubscribeResult(), b"\x32\x00"),
        ("sub_refresh", messages.SubRefreshResult(), b"\x7a\x00"),
        ("presence", messages.PresenceResult({}), b"\x4a\x00"),
        ("presence_stats", messages.PresenceStatsResult(0, 0), b"\x52\x00"),
        ("history", messages.HistoryResult([], "", 0), b"\x5a\x00"),
        ("connect", messages.ConnectResult("c", "1"), b"\x2a\x06\x0a\x01c\x12\x011"),
        ("refresh", messages.RefreshResult("c", "1"), b"\x72\x06\x0a\x01c\x12\x011"),
    ],
)
def test_a_result_is_there_without_its_defaults(
    name: str, result: messages.Result, written: bytes
) -> None:
    assert protobuf.reply(7, name, result) == b"\x08\x07" + written


@given(ids, st.integers(100, 1999), texts, st.booleans())
def test_an_error_goes_out_whole(number: int, code: int, text: str, temporary: bool) -> None:
    error = messages.Error(code, text, temporary)
    reply = parsed(protobuf.reply(number, "error", error))
    assert (reply.id, names_of(reply)) == (number, ["id", "error"])
    assert (reply.error.code, reply.error.temporary) == (code, temporary)
    assert reply.error.message == text


@pytest.mark.parametrize(
    ("refusal", "written"),
    [
        (BadRequest("x"), b"\x08\x6b\x12\x0ebad request: x"),
        (TooManyRequests(), b"\x08\x6f\x12\x11too many requests\x18\x01"),
    ],
)
def test_an_error_says_temporary_only_when_it_is(refusal: Refusal, written: bytes) -> None:
    error = messages.Error(refusal.number, refusal.text, refusal.temporary)
    assert protobuf.reply(3, "error", error) == b"\x08\x03\x12" + sized(written)


@given(any_of(messages.Push))
def test_a_push_goes_out_whole(push: messages.Push) -> None:
    reply = parsed(protobuf.push(push))
    assert names_of(reply) == ["push"]
    assert agrees(push, reply.push)


@pytest.mark.parametrize(
    ("payload", "written"),
    [
        (messages.Push(subscribe=messages.Subscribe()), b"\x4a\x00"),
        (messages.Push(refresh=messages.Refresh()), b"\x62\x00"),
        (messages.Push(message=messages.Message(NO_DATA)), b"\x42\x00"),
        (messages.Push(), b""),
    ],
)
def test_an_empty_payload_of_a_push_is_there(payload: messages.Push, written: bytes) -> None:
    assert protobuf.push(payload) == b"\x22" + sized(written)


@given(texts, any_of(Publication))
def test_a_publication_goes_out_whole(channel: str, published: Publication) -> None:
    line = protobuf.publication(channel, published)
    push = parsed(line).push
    assert push.channel == channel
    assert agrees(published, push.pub)
    assert parsed(line) == parsed(protobuf.push(messages.Push(channel=channel, pub=published)))


@given(texts, raws, ids)
def test_opaque_is_not_written(channel: str, data: Raw, offset: int) -> None:
    plain, opaque = (Publication(data, offset=offset, opaque=it) for it in (False, True))
    assert protobuf.publication(channel, opaque) == protobuf.publication(channel, plain)


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16_383, 16_384, 70_000])
def test_payloads_of_any_size_pass_through(size: int) -> None:
    sent = bytes(range(256)) * (size // 256) + bytes(size % 256)
    data = Raw(sent)
    assert parsed(protobuf.publication("a", Publication(data))).push.pub.data == sent
    assert parsed(protobuf.reply(1, "rpc", messages.RPCResult(data))).rpc.data == sent
    assert parsed(protobuf.message(messages.Message(data))).push.message.data == sent
    publish = one(id=1, publish={"channel": "a", "data": sent}).publish
    assert publish is not None and bytes(publish.data) == sent


@given(raws)
def test_a_message_belongs_to_no_channel(data: Raw) -> None:
    reply = parsed(protobuf.message(messages.Message(data)))
    assert names_of(reply) == ["push"]
    assert names_of(reply.push) == ["message"]
    assert reply.push.message.data == bytes(data)


def test_a_negative_number_is_refused_rather_than_written_wrongly() -> None:
    with pytest.raises(ValueError, match="ttl"):
        protobuf.reply(1, "sub_refresh", messages.SubRefreshResult(ttl=-1))


@given(st.lists(st.binary(max_size=300), min_size=1))
def test_joined_lines_come_apart_again(lines: list[bytes]) -> None:
    assert split(protobuf.join(lines)) == lines


def test_a_ping_is_one_zero_byte() -> None:
    assert protobuf.join([protobuf.PING]) == b"\x00"
    assert parsed(protobuf.PING) == oracle.Reply()
