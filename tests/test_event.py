"""Events: tags, what may be declared, and what a stranger is told about bad ones."""

import json as stdlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import Meta, Raw, Struct

from antiphon import BadRequest, DeclarationError, Event
from antiphon.event import (
    PayloadDecoder,
    check_json,
    decoder_of,
    deprecated,
    deprecation_of,
    encode_payload,
    event_types,
    is_json,
    label_of,
    payload_types,
    tag_of,
    tag_of_name,
)


class Said(Event):
    """Somebody said something."""

    text: Annotated[str, Meta(min_length=1, max_length=10)]
    mood: Literal["good", "bad"] = "good"


class Moved(Event):
    """Somebody moved."""

    path: list[tuple[float, float]] = []
    by: dict[str, int] = {}


class Renamed(Event, tag="said"):
    """Has the tag of another."""


class Twice(Event, tag="moved"):
    """Has the tag of another, too."""


# Tags.


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("Said", "said"),
        ("GameOver", "game_over"),
        ("HTTPError", "http_error"),
        ("Level2Reached", "level2_reached"),
        ("A", "a"),
        ("already_snake", "already_snake"),
        ("Outer.Inner", "inner"),
        ("test.<locals>.GameOver", "game_over"),
    ],
)
def test_a_tag_is_the_name_in_snake_case(name: str, tag: str) -> None:
    assert tag_of_name(name) == tag


def test_an_event_travels_under_its_tag() -> None:
    assert tag_of(Said) == "said"
    assert msgspec.json.encode(Said(text="hi")) == b'{"type":"said","text":"hi","mood":"good"}'
    assert tag_of(Renamed) == "said"


# What may be declared.


def test_unions_are_split() -> None:
    assert event_types(Said | Moved, where="x") == (Said, Moved)
    assert event_types(Said, where="x") == (Said,)
    assert event_types(None, where="x") == ()


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (Event, "is not a subclass of antiphon.Event"),
        (int, "<class 'int'> is not a subclass"),
        ("Said", "'Said' is not a subclass"),
        (Said | int, "<class 'int'> is not a subclass"),
        (Said | None, "NoneType"),
        ([Said], "is not a subclass"),
        (Said | Renamed, "two events with the tag 'said'"),
    ],
)
def test_what_is_no_event_is_refused_with_the_place(declared: Any, said: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        event_types(declared, where="channel 'news'")
    assert str(caught.value).startswith("channel 'news': ")
    assert said in str(caught.value)


def test_two_events_with_one_tag_are_named_with_their_lines() -> None:
    lines = Path(__file__).read_text().splitlines()
    one, two = (lines.index(line) + 1 for line in (SAID, RENAMED))
    with pytest.raises(DeclarationError) as caught:
        event_types(Said | Renamed, where="x")
    here = Path(__file__).relative_to(Path.cwd())
    assert str(caught.value).startswith(
        f"x: two events with the tag 'said': Said ({here}:{one}) and Renamed ({here}:{two})"
    )


SAID = "class Said(Event):"
RENAMED = 'class Renamed(Event, tag="said"):'


def test_deprecation_tells_what_to_use_instead() -> None:
    @deprecated("use said")
    class Old(Event):
        """Is old."""

    class Young(Old):
        """Is not."""

    @deprecated("call another")
    def function() -> None: ...

    assert deprecation_of(Old) == "use said"
    assert deprecation_of(function) == "call another"
    assert deprecation_of(Young) == deprecation_of(Said) == deprecation_of(5) == ""
    assert msgspec.json.encode(Old()) == b'{"type":"old"}'


@pytest.mark.parametrize("advice", ["", None, Said])
def test_deprecation_without_advice_is_refused(advice: Any) -> None:
    with pytest.raises(DeclarationError, match="says what to use instead"):
        deprecated(advice)


def test_bytes_are_declared_alone() -> None:
    assert payload_types(bytes, where="x") == (bytes,)
    assert payload_types(Said | Moved, where="x") == (Said, Moved)
    assert payload_types(None, where="x") == ()
    assert [label_of(part) for part in (bytes, Said)] == ["bytes", "said"]
    for mixed in (bytes | Said, Said | bytes):
        with pytest.raises(DeclarationError, match="x: bytes are handed through .* declare either"):
            payload_types(mixed, where="x")


# What a stranger is told.

Decode = Callable[[Raw], Any]

EITHER = PayloadDecoder.of_events((Said, Moved)).decode
ONE = PayloadDecoder.of_events((Said,)).decode


def refusal(data: str | bytes, decode: Decode = EITHER) -> str:
    raw = data.encode() if isinstance(data, str) else data
    with pytest.raises(BadRequest) as caught:
        decode(Raw(raw))
    prefix, _, text = caught.value.text.partition("bad request: ")
    assert prefix == ""
    return text


@pytest.mark.parametrize("decode", [EITHER, ONE])
def test_a_good_event_is_decoded(decode: Decode) -> None:
    assert decode(Raw(b'{"type":"said","text":"hi","unknown":1}')) == Said(text="hi")


@pytest.mark.parametrize("decode", [EITHER, ONE])
@pytest.mark.parametrize(
    ("data", "said"),
    [
        ('{"type":"said","text":""}', "said.text: Expected `str` of length >= 1"),
        ('{"type":"said","text":"12345678901"}', "said.text: Expected `str` of length <= 10"),
        ('{"type":"said","text":5}', "said.text: Expected `str`, got `int`"),
        ('{"type":"said"}', "said: Object missing required field `text`"),
        ('{"type":"said","text":"a","mood":"x"}', "said.mood: Invalid enum value 'x'"),
    ],
)
def test_a_bad_field_is_named_with_its_rule(data: str, said: str, decode: Decode) -> None:
    assert refusal(data, decode) == said


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ('{"type":"moved","path":[[1,2],[3]]}', "moved.path[1]: Expected `array` of length 2"),
        ('{"type":"moved","by":{"a":"b"}}', "moved.by[...]: Expected `int`, got `str`"),
    ],
)
def test_a_bad_item_is_named_with_its_place(data: str, said: str) -> None:
    assert refusal(data).startswith(said.split(" of ")[0])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ('{"type":"sung"}', "undeclared event 'sung'; declared here: said, moved"),
        ('{"type":"event"}', "undeclared event 'event'"),
        ('{"type":"_never"}', "undeclared event '_never'"),
        ("{}", "no event in `type`"),
        ('{"type":5}', "no event in `type`"),
        ("[]", "no event in `type`"),
        ("null", "no event in `type`"),
        ('"said"', "no event in `type`"),
    ],
)
def test_what_is_not_declared_is_named(data: str, said: str) -> None:
    assert refusal(data).startswith(said)


def test_little_of_what_a_stranger_sent_comes_back() -> None:
    assert len(refusal('{"type":"%s"}' % ("x" * 60_000))) < 200
    assert len(refusal('{"type":"said","text":"a","mood":"%s"}' % ("x" * 60_000))) < 400


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[" * 60_000,
        b'{"type":"moved","path":' + b"[" * 60_000,
        b'{"type":"said","text":"\xff"}',
        b'{"type":"said","text":"\\ud800"}',
        b'{"type":"moved","by":{"a":NaN}}',
        b'{"type":"moved","by":{"a":' + b"9" * 60_000 + b"}}",
        b'{"type":"moved","path":[[1e400,0]]}',
    ],
)
def test_hostile_json_is_a_bad_request(data: bytes) -> None:
    assert refusal(data)


@settings(deadline=None)
@given(st.binary(max_size=100))
@example(b'{"type":"said","text":"a"}')
def test_any_bytes_are_an_event_or_a_bad_request(data: bytes) -> None:
    try:
        event = EITHER(Raw(data))
    except BadRequest as error:
        assert error.number == 107
    else:
        assert type(event) in (Said, Moved)


texts = st.text(min_size=1, max_size=10)


@settings(deadline=None)
@given(st.builds(Said, text=texts, mood=st.sampled_from(["good", "bad"])))
def test_events_survive_the_journey(event: Said) -> None:
    assert EITHER(encode_payload(event)) == event


def test_an_empty_union_refuses_everything() -> None:
    nothing = PayloadDecoder.of_events(()).decode
    for data in ("{}", '{"type":"event"}', '{"type":"said","text":"a"}', "5"):
        refusal(data, nothing)


def test_a_plain_payload_is_named_by_its_field_alone() -> None:
    class Request(Struct):
        page: Annotated[int, Meta(ge=1)]

    decode = PayloadDecoder(Request).decode
    assert refusal('{"page":0}', decode) == "page: Expected `int` >= 1"
    assert refusal("5", decode) == "Expected `object`, got `int`"


class Document(Event):
    """Passes JSON on as it is."""

    body: Raw


class Part(Struct):
    """Hides it in itself."""

    parts: "list[Part]" = []
    body: Raw = Raw(b"0")


class Whole(Event):
    """Hides it deep down."""

    parts: dict[str, Part] = {}


def test_embedded_json_is_put_on_one_line() -> None:
    """A line break would end the frame's line early, for everybody who gets it."""
    encoded = encode_payload(Document(body=Raw(b'{\n  "a": "b\\nc",\r\n  "d": 1\r}')))
    assert b"\n" not in bytes(encoded) and b"\r" not in bytes(encoded)
    assert msgspec.json.decode(encoded)["body"] == {"a": "b\nc", "d": 1}


# What is embedded, or opaque, and what JSON is.


@pytest.mark.parametrize(
    ("types", "form"),
    [
        ((Document,), b'{"type":"document","body":"%b"}'),
        ((Said, Document), b'{"type":"document","body":["%b"]}'),
        ((Whole,), b'{"type":"whole","parts":{"a":{"parts":[{"body":"%b"}]}}}'),
        ((Whole,), b'{"type":"whole","parts":{},"unknown":"%b"}'),
    ],
)
@pytest.mark.parametrize("bad", [b"\xff", b"\xc3", b"\xed\xa0\x80"])
def test_what_is_embedded_is_text_too(
    types: tuple[type[Event], ...], form: bytes, bad: bytes
) -> None:
    decode = decoder_of(types)
    assert refusal(form % bad, decode) == "data is not valid JSON"
    assert type(decode(Raw(form % b"\xc3\xbf"))) is types[-1]


@settings(deadline=None)
@given(st.binary(max_size=60), st.sampled_from([b"%b", b'"%b"', b'{"a":"%b"}', b"[%b]"]))
@example(b"\xff", b'"%b"')
@example(b"\\ud800", b'"%b"')
@example(b"[" * 50_000, b"%b")
def test_what_is_embedded_by_a_stranger_is_json_on_one_line(data: bytes, form: bytes) -> None:
    given_data = b'{"type":"document","body":%b}' % (form % data)
    try:
        event = decoder_of((Document,))(Raw(given_data))
    except BadRequest:
        return
    encoded = bytes(encode_payload(event))
    assert is_json(Raw(encoded))
    assert not {10, 13} & set(encoded)


@given(st.binary(max_size=100))
def test_opaque_payloads_are_handed_through(data: bytes) -> None:
    handed = decoder_of((bytes,))(Raw(data))
    assert handed == data
    assert type(handed) is bytes


@settings(deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=30).map(str.encode))
@example(b"NaN")
@example(b"[" * 50_000 + b"]" * 50_000)
def test_what_is_taken_for_json_is_text_that_a_parser_takes(data: bytes) -> None:
    try:
        stdlib.loads(data.decode(), parse_constant=int)
        known = True
    except (ValueError, RecursionError):
        known = False
    if is_json(data):
        assert known
    elif known:
        # The standard library reads more: lone surrogates in escapes, and what is deeply nested.
        assert b"\\u" in data or b"[[" in data


@pytest.mark.parametrize("data", [b"", b"null", b'"\xc3\xbf"', b' {"a": [1, 2.5e3]}\n'])
def test_json_and_nothing_are_let_in(data: bytes) -> None:
    assert bytes(check_json(Raw(data))) == data


@pytest.mark.parametrize("data", [b" ", b"\x00", b'"\xff"', b"{", b"{} {}", b"[" * 50_000])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(BadRequest, match="data is not valid JSON"):
        check_json(Raw(data))
