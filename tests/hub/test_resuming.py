"""Event ids: what they name, and that they never run ahead of what was written."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Raw

from antiphon.errors import Disconnect
from antiphon.hub.resuming import (
    LONGEST_ID,
    Bulletin,
    ResumingLanguage,
    Resumption,
    event_id,
    parse_id,
)
from antiphon.protocol.messages import (
    ConnectResult,
    Join,
    Message,
    Push,
    Subscribe,
    SubscribeRequest,
    SubscribeResult,
    Unsubscribe,
)
from antiphon.publication import ClientInfo, Publication, StreamPosition
from tests.wire.events import EventReader, ServerSentEvent

PRINTABLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
names = st.text(PRINTABLE, min_size=1, max_size=255)
epochs = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="."))
positions = st.builds(StreamPosition, st.integers(0, 2**53), epochs)


# Ids.


@given(st.dictionaries(names, positions, max_size=10))
def test_what_an_id_names_is_read_back(places: dict[str, StreamPosition]) -> None:
    text = event_id(places)
    read = parse_id(text)
    assert read.items() <= places.items()
    if len(text) < LONGEST_ID - 300:
        assert read == places


@given(st.dictionaries(names, positions, max_size=40))
@example({f"channel:{'x' * 200}{n}": StreamPosition(n, "epoch") for n in range(100)})
@example({"x" * 10_000: StreamPosition(1, "epoch")})
def test_an_id_fits_into_a_header(places: dict[str, StreamPosition]) -> None:
    text = event_id(places)
    assert len(text) <= LONGEST_ID
    assert text.isascii()
    assert text.isprintable()
    assert text == text.strip()


def test_of_too_many_channels_the_first_are_named() -> None:
    places = {f"channel:{n}": StreamPosition(n, "epoch") for n in range(1_000)}
    read = parse_id(event_id(places))
    assert len(read) > 100
    assert list(read.items()) == list(places.items())[: len(read)]


@given(st.text(max_size=300))
@example("1.e.")
@example(".e.a")
@example("-1.e.a")
@example("²..a")
@example("9" * 5_000 + ".e.a")
@example("1" * 19 + ".e.a")
@example(" " * 100)
@example("1.e.a\0")
def test_any_text_names_some_positions_or_none(text: str) -> None:
    for channel, at in parse_id(text).items():
        assert channel
        assert 0 <= at.offset < 2**63


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", {}),
        ("7", {}),
        ("7.e", {}),
        ("7.e.a", {"a": StreamPosition(7, "e")}),
        ("7..a", {"a": StreamPosition(7, "")}),
        ("007.e.a", {"a": StreamPosition(7, "e")}),
        ("7.e.a.b", {"a.b": StreamPosition(7, "e")}),
        ("7.e.a  8.f.b", {"a": StreamPosition(7, "e"), "b": StreamPosition(8, "f")}),
        ("x.e.a 8.f.b", {"b": StreamPosition(8, "f")}),
    ],
)
def test_what_an_id_means(text: str, places: dict[str, StreamPosition]) -> None:
    assert parse_id(text) == places


# What a client that comes back asks for.


def asked(last_id: str, **request: Any) -> dict[str, SubscribeRequest]:
    language = ResumingLanguage(Bulletin(), last_id)
    (command,) = language.decode(json.dumps(request).encode(), limit=1)
    assert command.connect is not None
    return command.connect.subs


def test_a_client_goes_on_where_it_was() -> None:
    subs = asked("7.e.a 8.f.b", subs={"a": {"data": {"x": 1}}, "c": {}})
    assert (subs["a"].recover, subs["a"].offset, subs["a"].epoch) == (True, 7, "e")
    assert bytes(subs["a"].data) == b'{"x": 1}'
    assert not subs["c"].recover


def test_what_it_does_not_ask_for_is_marked() -> None:
    subs = asked("7.e.a 8.f.b", subs={"a": {}})
    assert not isinstance(subs["a"], Resumption)
    assert isinstance(subs["b"], Resumption)
    assert (subs["b"].recover, subs["b"].offset, subs["b"].epoch) == (True, 8, "f")


def test_the_id_is_newer_than_what_the_request_says() -> None:
    subs = asked("7.e.a", subs={"a": {"recover": True, "offset": 1, "epoch": "d"}})
    assert (subs["a"].offset, subs["a"].epoch) == (7, "e")


def test_a_client_that_comes_for_the_first_time() -> None:
    subs = asked("", subs={"a": {"recover": True, "offset": 1, "epoch": "d"}})
    assert (subs["a"].recover, subs["a"].offset, subs["a"].epoch) == (True, 1, "d")


# What it is told.


class Reader:
    """A client, and the language it is spoken to in."""

    def __init__(self, bulletin: Bulletin | None = None) -> None:
        self.language = ResumingLanguage(bulletin or Bulletin(), "")
        self._events = EventReader()

    def read(self, *lines: bytes) -> list[ServerSentEvent]:
        """Frame lines, and read what comes of it."""
        return self._events.feed(self.language.frame(list(lines)).payload.decode())

    def connect(self, **subs: SubscribeResult) -> str:
        """Connect, and return the id that this leads to."""
        result = ConnectResult(client="c", version="v", subs=subs)
        (event,) = self.read(self.language.reply(1, "connect", result))
        assert set(event.json()) == {"connect"}
        return event.id


def recoverable(offset: int, *recovered: int, epoch: str = "e") -> SubscribeResult:
    publications = [publication(number) for number in recovered]
    return SubscribeResult(
        recoverable=True, positioned=True, epoch=epoch, offset=offset, publications=publications
    )


def publication(offset: int = 0) -> Publication:
    return Publication(Raw(b'{"number":%d}' % offset), offset=offset)


def test_connecting_leads_to_where_the_channels_are() -> None:
    leads_to = Reader().connect(
        behind=recoverable(3, 4, 5), current=recoverable(7), unkept=SubscribeResult()
    )
    assert parse_id(leads_to) == {
        "behind": StreamPosition(5, "e"),
        "current": StreamPosition(7, "e"),
    }


def test_publications_lead_on() -> None:
    reader = Reader()
    reader.connect(a=recoverable(3), b=recoverable(7))
    language = reader.language
    ids = [
        event.id
        for event in reader.read(
            language.publication("a", publication(4)), language.publication("b", publication(8))
        )
    ]
    assert ids == ["4.e.a 7.e.b", "4.e.a 8.e.b"]


def test_ids_follow_the_order_of_writing_not_of_encoding() -> None:
    reader = Reader()
    reader.connect(a=recoverable(0), b=recoverable(0))
    # Topics are flushed one after the other, however their publications came.
    a1, b1, a2 = (
        reader.language.publication(channel, publication(offset))
        for channel, offset in (("a", 1), ("b", 1), ("a", 2))
    )
    ids = [event.id for event in [*reader.read(a1, a2), *reader.read(b1)]]
    assert ids == ["1.e.a 0.e.b", "2.e.a 0.e.b", "2.e.a 1.e.b"]


@given(st.lists(st.sampled_from("abc"), max_size=30), st.data())
def test_no_id_names_what_was_not_written(published: list[str], data: st.DataObject) -> None:
    reader = Reader()
    reader.connect(a=recoverable(0), b=recoverable(0), c=recoverable(0))
    encoded: dict[str, list[bytes]] = {"a": [], "b": [], "c": []}
    for channel in published:
        offset = len(encoded[channel]) + 1
        encoded[channel].append(reader.language.publication(channel, publication(offset)))
    written = dict.fromkeys(encoded, 0)
    for channel in data.draw(st.permutations(sorted(encoded))):
        for event in reader.read(*encoded[channel]) if encoded[channel] else ():
            written[channel] += 1
            told = {name: at.offset for name, at in parse_id(event.id).items()}
            assert told == written


def test_what_moves_no_position_has_no_id() -> None:
    reader = Reader()
    at = reader.connect(a=recoverable(3))
    language = reader.language
    join = Push(channel="a", join=Join(ClientInfo("ann", "c")))
    lines = [
        language.push(join),
        language.message(Message(Raw(b"1"))),
        language.publication("unkept", publication()),
        language.PING,
    ]
    assert b"id:" not in language.frame(lines).payload
    assert {event.id for event in reader.read(*lines)} == {at}


def test_a_channel_without_recovery_is_never_named() -> None:
    reader = Reader()
    reader.connect(a=recoverable(3), b=SubscribeResult(positioned=True, offset=5, epoch="f"))
    told = Subscribe(positioned=True, offset=5, epoch="f")
    (event,) = reader.read(
        reader.language.publication("b", publication(6)),
    )
    assert event.id == "3.e.a"
    (event,) = reader.read(reader.language.push(Push(channel="c", subscribe=told)))
    assert event.id == "3.e.a"


def test_the_server_brings_the_client_in_and_out() -> None:
    reader = Reader()
    assert reader.connect() == ""
    language = reader.language
    told = Subscribe(recoverable=True, positioned=True, offset=5, epoch="f")
    out = Push(channel="a", unsubscribe=Unsubscribe(2000, "server unsubscribe"))
    ids = [
        event.id
        for event in reader.read(
            language.push(Push(channel="a", subscribe=told)),
            language.publication("a", publication(6)),
            language.push(out),
            language.publication("a", publication(7)),
        )
    ]
    # An empty id is one: the browser forgets the one before.
    assert ids == ["5.f.a", "6.f.a", "", ""]


def test_a_publication_is_encoded_once_for_all() -> None:
    bulletin = Bulletin()
    readers = [Reader(bulletin) for _ in range(3)]
    published = publication(4)
    lines = [reader.language.publication("a", published) for reader in readers]
    assert lines[0] is lines[1] is lines[2]
    for number, (reader, line) in enumerate(zip(readers, lines, strict=True)):
        reader.connect(a=recoverable(3), b=recoverable(number))
        (event,) = reader.read(line)
        assert event.json() == {"channel": "a", "pub": {"data": {"number": 4}, "offset": 4}}
        assert event.id == f"4.e.a {number}.e.b"


def test_what_cannot_be_said_to_one_is_not_replaced_for_the_next() -> None:
    bulletin = Bulletin()
    Reader(bulletin).language.publication("secret", publication(1))
    binary = Publication(Raw(b"\xff"), offset=1, opaque=True)
    for _ in range(2):
        with pytest.raises(Disconnect):
            Reader(bulletin).language.publication("a", binary)


def test_frames_are_whole_events() -> None:
    language = Reader().language
    assert language.frame([language.PING]).payload == b"data: {}\n\n"
    assert language.frame([language.PING, language.PING]).payload == b"data: {}\n\ndata: {}\n\n"
