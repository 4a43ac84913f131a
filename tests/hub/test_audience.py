"""Audiences: whole publications, chosen ones, and patches whose base everybody has."""

import msgspec
import pytest
from centrifuge.fossil import apply_delta  # type: ignore[import-untyped]
from msgspec import Raw

from antiphon.hub.audience import Audience, Choosy, News, Patched
from antiphon.hub.codec import Codec, json_message
from antiphon.hub.patches import Patches
from antiphon.hub.stats import Stats
from antiphon.protocol import json, tags
from antiphon.protocol.messages import FilterNode, Join, Push
from antiphon.publication import ClientInfo, Publication
from tests.hub.stage import MemoryConnection

CODEC = Codec(json, json_message)


def document(number: int) -> Publication:
    """One of a row of documents that are much alike, and hold more than ASCII."""
    text = f'{{"long": "{"ünchanged " * 20}", "number": {number}}}'
    return Publication(Raw(text.encode()), offset=number)


class Reader(MemoryConnection):
    """A member that applies patches as the SDKs do."""

    def __init__(self, name: str, held: Publication | None = None) -> None:
        super().__init__()
        self.name = name
        self.held = bytes(held.data) if held else b""
        self.patches = 0

    def read(self) -> list[int]:
        """Return the numbers of the documents got since the last time."""
        lines = [line for frame in self.frames for line in frame.split(b"\n")]
        self.frames.clear()
        return [number for line in lines if (number := self._read(line)) is not None]

    def _read(self, line: bytes) -> int | None:
        published = msgspec.json.decode(line)["push"].get("pub")
        if published is None:
            return None
        data = published["data"].encode()
        if published.get("delta"):
            self.patches += 1
            data = apply_delta(self.held, data)
        self.held = data
        number: int = msgspec.json.decode(data)["number"]
        return number


class Hall:
    """An audience that gets patches, and who is in it."""

    def __init__(self) -> None:
        self.patched = Patched(CODEC, Patches(), Stats())

    def add(self, name: str, base: Publication | None = None) -> Reader:
        reader = Reader(name, base)
        self.patched.add(name, reader, base)
        return reader

    def publish(self, *numbers: int, exclude: str = "") -> None:
        for number in numbers:
            self.patched.publish(News("news", document(number)), exclude)

    def flush(self) -> None:
        self.patched.flush()


@pytest.fixture
def hall() -> Hall:
    return Hall()


def test_the_first_publication_is_whole_and_the_others_are_patches(hall: Hall) -> None:
    reader = hall.add("a")
    hall.publish(1, 2, 3)
    hall.flush()
    assert (reader.read(), reader.patches) == ([1, 2, 3], 2)


def test_a_turn_of_the_loop_is_one_frame_for_those_who_follow(hall: Hall) -> None:
    reader = hall.add("a")
    hall.publish(1)
    hall.flush()
    reader.read()
    hall.publish(2, 3, 4)
    hall.flush()
    assert len(reader.frames) == 1
    assert (reader.read(), reader.patches) == ([2, 3, 4], 3)


def test_a_newcomer_gets_the_next_one_whole_and_follows_from_then_on(hall: Hall) -> None:
    first = hall.add("a")
    hall.publish(1, 2)
    second = hall.add("b")
    hall.publish(3, 4)
    hall.flush()
    assert (first.read(), first.patches) == ([1, 2, 3, 4], 3)
    assert (second.read(), second.patches) == ([3, 4], 1)


def test_who_has_got_the_newest_publication_follows_at_once(hall: Hall) -> None:
    hall.add("a")
    hall.publish(1, 2)
    back = hall.add("b", document(2))
    late = hall.add("c", document(1))
    hall.publish(3)
    hall.flush()
    assert (back.read(), back.patches) == ([3], 1)
    assert (late.read(), late.patches) == ([3], 0)


def test_the_first_member_may_bring_the_base(hall: Hall) -> None:
    back = hall.add("a", document(7))
    hall.publish(8)
    hall.flush()
    assert (back.read(), back.patches) == ([8], 1)


def test_who_is_left_out_of_a_publication_gets_the_next_one_whole(hall: Hall) -> None:
    author, reader = hall.add("a"), hall.add("b")
    hall.publish(1)
    hall.publish(2, exclude="a")
    hall.publish(3, 4)
    hall.flush()
    assert (author.read(), author.patches) == ([1, 3, 4], 1)
    assert (reader.read(), reader.patches) == ([1, 2, 3, 4], 3)


def test_a_newcomer_may_be_left_out_of_its_first_publication(hall: Hall) -> None:
    author = hall.add("a")
    hall.publish(1, exclude="a")
    hall.publish(2, 3)
    hall.flush()
    assert (author.read(), author.patches) == ([2, 3], 1)


def test_who_leaves_gets_what_was_waiting_and_nothing_more(hall: Hall) -> None:
    reader = hall.add("a")
    hall.publish(1, 2)
    hall.patched.remove("a")
    hall.publish(3)
    hall.flush()
    assert reader.read() == [1, 2]
    assert len(hall.patched) == 0


def test_a_payload_that_no_patch_makes_smaller_goes_out_whole(hall: Hall) -> None:
    reader = hall.add("a")
    hall.publish(1)
    hall.patched.publish(News("news", Publication(Raw(b'{"number":2}'), offset=2)), "")
    hall.publish(3)
    hall.flush()
    assert reader.read() == [1, 2, 3]
    assert reader.patches == 0


def test_other_pushes_stand_in_order_and_break_no_chain(hall: Hall) -> None:
    follows, new = hall.add("a"), hall.add("b")
    hall.publish(1)
    join = Push(channel="news", join=Join(ClientInfo("u", "c")))
    hall.patched.push(join)
    hall.add("c")
    hall.publish(2)
    hall.flush()
    for reader in (follows, new):
        kinds = [b"join" in line for frame in reader.frames for line in frame.split(b"\n")]
        assert kinds == [False, True, False]
        assert (reader.read(), reader.patches) == ([1, 2], 1)
    assert sorted(hall.patched.clients()) == ["a", "b", "c"]


def test_a_filter_lets_publications_pass_by_their_tags() -> None:
    chosen = tags.parse(FilterNode(key="kind", cmp="eq", val="goal"))
    audience: Audience = Choosy(CODEC, chosen, Stats())
    reader = MemoryConnection()
    audience.add("a", reader, None)
    for number, kind in enumerate(["goal", "foul", "goal"]):
        told = Publication(Raw(b"%d" % number), tags={"kind": kind})
        audience.publish(News("news", told), "")
    audience.flush()
    (frame,) = reader.frames
    told_numbers = [msgspec.json.decode(line)["push"]["pub"]["data"] for line in frame.split(b"\n")]
    assert told_numbers == [0, 2]


def test_news_are_encoded_once_for_each_codec() -> None:
    calls: list[str] = []

    class Counted(Codec):
        __slots__ = ()

    def counting(codec: Codec) -> Codec:
        encode = codec.publication

        def publication(channel: str, published: Publication) -> bytes:
            calls.append(channel)
            return encode(channel, published)

        codec.publication = publication
        return codec

    one, other = counting(Counted(json, json_message)), counting(Counted(json, json_message))
    news = News("news", document(1))
    assert news.line(one) is news.line(one)
    assert news.line(other) == news.line(one)
    assert calls == ["news", "news"]
