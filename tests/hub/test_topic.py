"""A live channel: one packet for all, in order, from the right moment on, and no gap unseen."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from antiphon.errors import Disconnect
from antiphon.hub.codec import Codec, json_message
from antiphon.hub.form import Form
from antiphon.hub.patches import Patches
from antiphon.hub.ports import ChannelOptions
from antiphon.hub.stats import Stats
from antiphon.hub.subscription import Subscription
from antiphon.hub.topic import Topic
from antiphon.protocol import json
from antiphon.publication import ClientInfo, Publication, StreamPosition
from tests.hub.stage import MemoryConnection

JSON = Form(Codec(json, json_message))
OTHER = Form(Codec(json, json_message))
"""Speaks JSON, but is another codec."""


class Holder:
    """Whoever holds a subscription; notes what it is told."""

    def __init__(self) -> None:
        self.lost: list[str] = []

    def lose_position(self, channel: str) -> None:
        self.lost.append(channel)

    def end(self, disconnect: Disconnect) -> None:
        raise AssertionError(disconnect)


class Member(Subscription):
    """A subscription with its own connection and holder."""

    __slots__ = ("memory", "owner")

    def __init__(self, name: str, form: Form = JSON) -> None:
        self.memory, self.owner = MemoryConnection(), Holder()
        super().__init__(
            "news",
            None,  # type: ignore[arg-type]
            ClientInfo("u", name),
            holder=self.owner,
            connection=self.memory,
            form=form,
            options=ChannelOptions(),
            server_side=False,
            expires_at=None,
            data=Raw(),
        )

    @property
    def got(self) -> list[int]:
        """The payloads of the publications written so far."""
        lines = [line for frame in self.memory.frames for line in frame.split(b"\n")]
        pushes = [msgspec.json.decode(line)["push"] for line in lines]
        return [push["pub"]["data"] for push in pushes if "pub" in push]


class Newsroom:
    """A topic, and what it asked to be flushed."""

    def __init__(self) -> None:
        self.dirty: list[Topic] = []
        self.stats = Stats()
        self.topic = Topic("news", on_dirty=self.dirty.append, patches=Patches(), stats=self.stats)
        self.top = 0

    def member(self, name: str, **options: Any) -> Member:
        member = Member(name, **options)
        self.topic.add(member)
        assert self.topic.go_live(member, max(self.topic.offset, 0)) == []
        return member

    def deliver(self, *numbers: int, exclude: str = "", stored: bool = False) -> None:
        for number in numbers:
            offset = number if stored else 0
            self.topic.deliver(Publication(Raw(b"%d" % number), offset=offset), exclude)

    def flush(self) -> None:
        for topic in self.dirty:
            topic.dirty = False
            topic.flush()
        self.dirty.clear()


@pytest.fixture
def room() -> Newsroom:
    return Newsroom()


def test_all_members_are_written_one_packet_per_flush(room: Newsroom) -> None:
    members = [room.member(name) for name in "abc"]
    room.deliver(1, 2, 3)
    assert room.dirty == [room.topic]
    assert not any(member.memory.packets for member in members)
    room.flush()
    assert [member.got for member in members] == [[1, 2, 3]] * 3
    assert len({id(p) for member in members for p in member.memory.packets}) == 1
    assert room.stats.deliveries == 9


def test_a_flush_without_anything_to_say_writes_nothing(room: Newsroom) -> None:
    member = room.member("a")
    room.topic.flush()
    assert member.memory.frames == []


def test_each_codec_is_a_group_of_its_own(room: Newsroom) -> None:
    plain, other = room.member("a"), room.member("b", form=OTHER)
    room.deliver(1)
    room.flush()
    assert plain.got == other.got == [1]
    assert plain.memory.packets[0] is not other.memory.packets[0]


def test_the_excluded_client_gets_nothing_and_order_is_kept(room: Newsroom) -> None:
    a, b = room.member("a"), room.member("b")
    room.deliver(1)
    room.deliver(2, exclude="a")
    room.deliver(3)
    room.flush()
    assert (a.got, b.got) == ([1, 3], [1, 2, 3])


def test_who_joins_gets_nothing_from_before(room: Newsroom) -> None:
    a = room.member("a")
    room.deliver(1)
    b = room.member("b")
    room.deliver(2)
    room.flush()
    assert (a.got, b.got) == ([1, 2], [2])


def test_who_leaves_gets_what_was_waiting_and_nothing_more(room: Newsroom) -> None:
    a, b = room.member("a"), room.member("b")
    room.deliver(1)
    room.topic.remove(a)
    room.topic.remove(a)
    room.deliver(2)
    room.flush()
    assert (a.got, b.got) == ([1], [1, 2])


def test_a_subscription_in_the_making_buffers(room: Newsroom) -> None:
    member = Member("a")
    room.topic.add(member)
    room.deliver(1, 2, stored=True)
    assert [p.offset for p in room.topic.go_live(member, 1)] == [2]
    room.deliver(3, stored=True)
    room.flush()
    assert member.got == [3]


def test_what_is_excluded_is_buffered_only_where_it_would_look_lost(room: Newsroom) -> None:
    member = Member("a")
    room.topic.add(member)
    room.deliver(5, exclude="a", stored=True)
    room.topic.offset = -1
    room.deliver(6, exclude="a")
    assert [p.offset for p in room.topic.go_live(member, 0)] == [5]


def test_who_is_ahead_of_the_topic_waits_for_the_others(room: Newsroom) -> None:
    a = room.member("a")
    room.topic.align(StreamPosition(2, "e"))
    b = Member("b")
    room.topic.add(b)
    room.topic.go_live(b, 4)
    room.deliver(3, 4, 5, stored=True)
    room.flush()
    assert (a.got, b.got) == ([3, 4, 5], [5])


def test_who_is_ahead_may_leave(room: Newsroom) -> None:
    room.member("a")
    room.topic.align(StreamPosition(2, "e"))
    b = Member("b")
    room.topic.add(b)
    room.topic.go_live(b, 4)
    room.topic.remove(b)
    room.deliver(3, 4, 5, stored=True)
    room.flush()
    assert b.got == []


@pytest.mark.parametrize(("exclude", "third"), [("", [1, 2]), ("c", [2])])
def test_a_write_may_end_connections(room: Newsroom, exclude: str, third: list[int]) -> None:
    a, b, c = room.member("a"), room.member("b", form=OTHER), room.member("c")

    def end() -> None:
        room.topic.remove(a)
        room.topic.remove(b)

    a.memory.on_write = end
    room.deliver(1, exclude=exclude)
    room.flush()
    room.deliver(2)
    room.flush()
    assert (a.got, c.got) == ([1], third)
    assert list(room.topic.subscriptions) == ["c"]


def test_a_gap_voids_every_position(room: Newsroom) -> None:
    members = [room.member("a"), room.member("b")]
    room.topic.align(StreamPosition(2, "e"))
    room.deliver(3, 5, stored=True)
    room.flush()
    assert [member.owner.lost for member in members] == [["news"], ["news"]]
    assert [member.got for member in members] == [[3], [3]]
    assert room.topic.position == StreamPosition(-1, "")


def test_a_repeated_publication_is_dropped(room: Newsroom) -> None:
    member = room.member("a")
    room.topic.align(StreamPosition(2, "e"))
    room.deliver(3, 3, 2, 1, stored=True)
    room.flush()
    assert (member.got, member.owner.lost) == ([3], [])


def first(epoch: str) -> Publication:
    return Publication(Raw(b"1"), offset=1, epoch=epoch)


def test_a_late_first_publication_of_the_same_life_is_dropped(room: Newsroom) -> None:
    member = room.member("a")
    room.topic.align(StreamPosition(2, "e"))
    room.topic.deliver(first("e"), "")
    room.flush()
    assert (member.got, member.owner.lost) == ([], [])


@pytest.mark.parametrize("offset", [0, 1, 2])
def test_a_new_life_of_the_stream_voids_every_position(room: Newsroom, offset: int) -> None:
    member = room.member("a")
    room.topic.align(StreamPosition(offset, "old"))
    room.topic.deliver(first("new"), "")
    room.flush()
    assert (member.got, member.owner.lost) == ([], ["news"])


def test_a_read_of_another_life_voids_every_position(room: Newsroom) -> None:
    member = room.member("a")
    room.topic.align(StreamPosition(2, "old"))
    room.topic.align(StreamPosition(0, "new"))
    assert member.owner.lost == ["news"]
    assert room.topic.position == StreamPosition(0, "new")


def test_a_read_does_not_move_a_known_position(room: Newsroom) -> None:
    room.topic.align(StreamPosition(2, "e"))
    room.topic.align(StreamPosition(4, "e"))
    assert room.topic.position == StreamPosition(2, "e")


def test_the_first_publication_tells_the_epoch(room: Newsroom) -> None:
    room.member("a")
    room.topic.deliver(first("e"), "")
    assert room.topic.position == StreamPosition(1, "e")


def test_joins_and_leaves_stand_in_order_with_publications(room: Newsroom) -> None:
    member = room.member("a")
    info = ClientInfo("bob", "b")
    room.topic.tell_join(info)
    room.deliver(1)
    room.topic.tell_leave(info)
    room.flush()
    (frame,) = member.memory.frames
    told = [set(msgspec.json.decode(line)["push"]) - {"channel"} for line in frame.split(b"\n")]
    assert told == [{"join"}, {"pub"}, {"leave"}]
