"""Addresses: a name and its parameters are one another's only form, and hostile names get nowhere."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from antiphon import BadRequest, DeclarationError
from antiphon.channel.address import Address, check_name

PLAIN = sorted(set(map(chr, range(33, 127))) - set('{}*?[]^\\"<>`') - set(":/#,"))
parts = st.text(st.sampled_from(PLAIN), min_size=1, max_size=12)
names = st.text(st.sampled_from([*PLAIN, ":", "/", "#", ","]), min_size=1, max_size=20)


@given(parts, st.integers(-(10**17), 10**17), st.uuids())
def test_a_name_gives_back_its_parameters(room: str, number: int, key: UUID) -> None:
    address = Address("chat:{room}/{number:int}#{key:uuid}")
    given_ = {"room": room, "number": number, "key": key}
    name = address.name(given_)
    check_name(name, longest=255)
    assert address.match(name) == given_


@given(names)
def test_a_matching_name_is_made_again_from_its_parameters(name: str) -> None:
    for pattern in ("{a}", "{a}:{b}", "{a}#{b}", "x{a}", "{n:int}", "{a}-{b}"):
        address = Address(pattern)
        found = address.match(name)
        if found is not None:
            assert address.name(found) == name


@given(parts, parts)
def test_two_sets_of_parameters_never_share_a_name(a: str, b: str) -> None:
    address = Address("{a}-{b}")
    try:
        name = address.name({"a": a, "b": b})
    except DeclarationError:
        assume("-" in a + b)
    else:
        assert address.match(name) == {"a": a, "b": b}


def test_a_literal_address_matches_itself_only() -> None:
    address = Address("news.eu-west")
    assert address.is_literal
    assert address.match("news.eu-west") == {}
    for name in ("newsxeu-west", "news.eu-west:1", "NEWS.eu-west", "news.eu-west\n", ""):
        assert address.match(name) is None
    assert address.name({}) == "news.eu-west"


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("chat:{room}", "chat:a.b", {"room": "a.b"}),
        ("chat:{room}", "chat:", None),
        ("chat:{room}", "chat:a:b", None),
        ("chat:{room}", "chat:a/b", None),
        ("chat:{room}", "chat:a,b", None),
        ("chat:{room}", "chat:a#b", None),
        ("chat:{room}", "Chat:a", None),
        ("chat:{room}", "chat:é", None),
        ("chat:{room}", "chat:a b", None),
        ("chat:{room}", "chat:a*", None),
        ("o:{id:int}", "o:7", {"id": 7}),
        ("o:{id:int}", "o:-7", {"id": -7}),
        ("o:{id:int}", "o:0", {"id": 0}),
        ("o:{id:int}", "o:07", None),
        ("o:{id:int}", "o:-0", None),
        ("o:{id:int}", "o:+7", None),
        ("o:{id:int}", "o:7.0", None),
        ("o:{id:int}", "o:٧", None),
        ("o:{id:int}", "o:" + "9" * 19, None),
        ("d:{u:uuid}", "d:" + "0" * 8 + "-0000" * 3 + "-" + "0" * 12, {"u": UUID(int=0)}),
        ("d:{u:uuid}", "d:" + "A" * 8 + "-0000" * 3 + "-" + "0" * 12, None),
        ("d:{u:uuid}", "d:" + "0" * 32, None),
        ("dialog#{a},{b}", "dialog#1,2", {"a": "1", "b": "2"}),
        ("dialog#{a},{b}", "dialog#1", None),
    ],
)
def test_a_parameter_has_one_spelling(pattern: str, name: str, expected: Any) -> None:
    assert Address(pattern).match(name) == expected


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("", "address is empty"),
        ("a b", "printable ASCII"),
        ("ä", "printable ASCII"),
        ("a*", "printable ASCII"),
        ("a{", "printable ASCII"),
        ("{}", "printable ASCII"),
        ("{Room}", "printable ASCII"),
        ("{1a}", "printable ASCII"),
        ("{a:int:b}", "printable ASCII"),
        ("{a:float}", "no type 'float'; there are str, int, uuid"),
        ("{a}:{a}", "'a' stands twice"),
        ("{class}", "'class' cannot be a parameter"),
        ("__proto__", "no channel can be called"),
    ],
)
def test_a_bad_pattern_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        Address(pattern)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({}, "takes room, id; given: none"),
        ({"room": "a"}, "takes room, id; given: room"),
        ({"room": "a", "id": 1, "x": 2}, "given: room, id, x"),
        ({"room": "a:b", "id": 1}, "cannot stand in"),
        ({"room": "", "id": 1}, "cannot stand in"),
        ({"room": "a b", "id": 1}, "cannot stand in"),
        ({"room": "a*", "id": 1}, "cannot stand in"),
        ({"room": "é", "id": 1}, "cannot stand in"),
        ({"room": None, "id": "x"}, "cannot stand in"),
        ({"room": "a", "id": "01"}, "cannot stand in"),
        ({"room": "a", "id": True}, "cannot stand in"),
        ({"room": "a", "id": 1.0}, "cannot stand in"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters: Any, said: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        Address("chat:{room}/{id:int}").name(parameters)
    assert said in str(caught.value)


def test_a_value_may_come_as_text() -> None:
    assert Address("o:{id:int}").name({"id": "7"}) == "o:7"


HOSTILE = [
    "",
    " ",
    "a b",
    "a\n",
    "\na",
    "a\r\n",
    "a\t",
    "a\x00",
    "a\x1b[2J",
    "a\x7f",
    "\u202enews",
    "nеws",
    "ﬁ",
    "a\u0301",
    "\U0001f600",
    "a*",
    "a?",
    "[a]",
    "{a}",
    "{{a}}",
    "a^",
    "a\\b",
    'a"b',
    "a`b",
    "<script>",
    "a>",
    "__proto__",
    "constructor",
    "prototype",
    "x" * 256,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_no_channel_can_have_is_107(name: str) -> None:
    with pytest.raises(BadRequest, match="channel: "):
        check_name(name, longest=255)


@pytest.mark.parametrize("name", ["a", "x" * 255, "chat:room/1#42,43", "$private", "a.b-c_d~e@f"])
def test_an_ordinary_name_is_fine(name: str) -> None:
    check_name(name, longest=255)
