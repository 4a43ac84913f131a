"""Declared channels: every mistake is one clear error, and publishing is typed."""

import re
from typing import Any

import pytest

from antiphon import (
    Anonymous,
    App,
    Channel,
    Client,
    ClientInfo,
    DeclarationError,
    Event,
    History,
    StreamPosition,
)
from antiphon.errors import Unrecoverable
from antiphon.testing import connect


class Said(Event):
    """Somebody said something."""

    text: str


class Typing(Event):
    """Somebody types."""


class SaidToo(Event, tag="said"):
    """Has the tag of another."""


class Scored(Event):
    """Cannot be trusted with strangers."""

    points: dict[int, int]


def app() -> App:
    return App("x", auth=Anonymous())


@pytest.mark.parametrize(
    ("address", "options", "said"),
    [
        ("news", {}, "channel 'news' declares no event"),
        ("", {"publishes": Said}, "address is empty"),
        ("a b", {"publishes": Said}, "printable ASCII"),
        ("news", {"publishes": int}, "channel 'news': <class 'int'> is not a subclass"),
        ("news", {"publishes": Said | SaidToo}, "two events with the tag 'said'"),
        (
            "news",
            {"accepts": Scored},
            "channel 'news': Scored.points (tests/channel/test_channel.py:",
        ),
        ("inbox:{name}", {"publishes": Said, "personal": True}, "has one parameter, {user}"),
        ("inbox", {"publishes": Said, "personal": True}, "has one parameter, {user}"),
        (
            "a:{x}",
            {"publishes": Said, "parameters": {"y": "?"}},
            "there is no {y} in it to describe",
        ),
        ("a:{client}", {"publishes": Said}, "cannot be called 'client'"),
        ("a:{limit}", {"publishes": Said}, "cannot be called 'limit'"),
        ("a:{self}", {"publishes": Said}, "cannot be called 'self'"),
        ("a:{version}", {"publishes": Said}, "cannot be called 'version'"),
        ("a:{version_epoch}", {"publishes": Said}, "cannot be called 'version_epoch'"),
        ("a:{class}", {"publishes": Said}, "'class' cannot be a parameter"),
    ],
)
def test_a_bad_declaration_is_refused(address: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        app().channel(address, **options)
    assert said in str(caught.value)


def test_a_declaration_is_named_with_its_line() -> None:
    with pytest.raises(DeclarationError) as caught:
        app().channel("a:{x:float}", publishes=Said)
    assert re.search(r"\(tests/channel/test_channel\.py:\d+\)$", str(caught.value))


def test_an_address_is_declared_once() -> None:
    one = app()
    one.channel("news", publishes=Said)
    with pytest.raises(DeclarationError, match="channel 'news' is declared twice"):
        one.channel("news", publishes=Typing)


@pytest.mark.parametrize(
    "options",
    [
        {"size": 0, "ttl": 1},
        {"size": -1, "ttl": 1},
        {"size": 1, "ttl": 0},
        {"size": 1, "ttl": 1, "mode": "x"},
    ],
)
def test_a_history_has_sense(options: dict[str, Any]) -> None:
    with pytest.raises(DeclarationError, match="size and ttl are positive"):
        History(**options)


def test_each_hook_is_declared_once() -> None:
    news = app().channel("news", publishes=Said, accepts=Said)
    for declare in (news.on_subscribe, news.on_unsubscribe):
        declare(lambda client: None)
        with pytest.raises(DeclarationError, match="channel 'news': on_.* is declared twice"):
            declare(lambda client: None)
    news.on_publish(Said)(lambda client, event: event)
    with pytest.raises(DeclarationError, match="channel 'news': two handlers for"):
        news.on_publish()(lambda client, event: event)


def test_a_handler_of_what_is_not_accepted_is_refused_even_without_parentheses() -> None:
    news = app().channel("news", publishes=Said, accepts=Said)
    for wrong in (Typing, lambda client, event: event):
        with pytest.raises(DeclarationError, match="channel 'news' does not accept"):
            news.on_publish(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("hook", ["on_subscribe", "on_unsubscribe"])
def test_a_handler_that_wants_what_there_is_not_is_refused(hook: str) -> None:
    room = app().channel("chat:{room}", publishes=Said)
    with pytest.raises(DeclarationError, match=r"channel 'chat:\{room\}': .* wants 'rome'"):
        getattr(room, hook)(lambda client, rome: None)


# Publishing from code.


def kept() -> tuple[App, Channel]:
    one = app()
    return one, one.channel(
        "chat:{room}", publishes=Said, open=True, presence=True, history=History(5, 60)
    )


async def test_publishing_returns_the_place_in_the_stream() -> None:
    one, chat = kept()
    async with one.lifespan():
        first = await chat.publish(Said(text="1"), room="a")
        second = await chat.publish(Said(text="2"), room="a")
        other = await chat.publish(Said(text="1"), room="b")
    assert (first.offset, second.offset, other.offset) == (1, 2, 1)
    assert first.epoch == second.epoch != other.epoch


@pytest.mark.parametrize(
    ("event", "parameters", "said"),
    [
        (Typing(), {"room": "a"}, r"channel 'chat:{room}' publishes said, not Typing()"),
        (SaidToo(), {"room": "a"}, "publishes said, not SaidToo()"),
        ({"type": "said"}, {"room": "a"}, "publishes said"),
        (Said(text="x"), {}, "takes room; given: none"),
        (Said(text="x"), {"room": "a", "x": 1}, "takes room; given: room, x"),
        (Said(text="x"), {"room": "a:b"}, "cannot stand in"),
    ],
)
async def test_a_mistake_in_publishing_is_told(event: Any, parameters: Any, said: str) -> None:
    _, chat = kept()
    with pytest.raises(DeclarationError) as caught:
        await chat.publish(event, **parameters)
    assert said in str(caught.value)


async def test_history_comes_back_as_events() -> None:
    one, chat = kept()
    async with one.lifespan():
        await chat.publish(Said(text="1"), room="a", tags={"k": "v"})
        top = await chat.publish(Said(text="2"), room="a")
        page = await chat.history(room="a")
        assert [p.event for p in page.publications] == [Said(text="1"), Said(text="2")]
        assert [(p.offset, p.tags) for p in page.publications] == [(1, {"k": "v"}), (2, None)]
        assert page.position == top
        newest = await chat.history(room="a", limit=1, reverse=True)
        assert [p.offset for p in newest.publications] == [2]
        rest = await chat.history(room="a", since=StreamPosition(1, top.epoch))
        assert [p.offset for p in rest.publications] == [2]


async def test_history_of_another_life_of_the_stream_is_no_history() -> None:
    one, chat = kept()
    async with one.lifespan():
        await chat.publish(Said(text="1"), room="a")
        with pytest.raises(Unrecoverable):
            await chat.history(room="a", since=StreamPosition(0, "other"))
        assert len((await chat.history(room="a", since=StreamPosition(0))).publications) == 1


async def test_history_can_be_removed() -> None:
    one, chat = kept()
    async with one.lifespan():
        await chat.publish(Said(text="1"), room="a")
        await chat.remove_history(room="a")
        page = await chat.history(room="a")
        assert (page.publications, page.position.offset) == ([], 1)


async def test_presence_is_seen_from_code() -> None:
    one, chat = kept()
    async with connect(one, user="ann") as ann:
        assert await chat.presence(room="a") == {}
        await ann.subscribe("chat:a")
        ((_, info),) = (await chat.presence(room="a")).items()
        assert isinstance(info, ClientInfo) and info.user == "ann"
        assert await chat.presence_stats(room="a") == (1, 1)
        assert await chat.presence_stats(room="b") == (0, 0)


# Handlers of what clients publish.


async def test_a_handler_gets_typed_parameters_and_decides_what_is_published() -> None:
    one = app()
    chat = one.channel("c:{n:int}", publishes=Said, accepts=Said | Typing, open=True)
    seen: list[Any] = []

    @chat.on_publish(Said)
    async def said(client: Client, event: Said, n: int) -> Said:
        return Said(text=f"{client.user} {n} {event.text}")

    @chat.on_publish(Typing)
    def typing(client: Client, event: Typing) -> None:
        seen.append(event)

    async with connect(one, user="ann") as ann:
        await ann.subscribe("c:7")
        await ann.publish("c:7", Typing())
        await ann.publish("c:7", Said(text="x"))
        assert await ann.next("c:7") == Said(text="ann 7 x")
        assert seen == [Typing()]
