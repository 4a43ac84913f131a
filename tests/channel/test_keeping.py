"""What a channel keeps, what it never keeps, and accepted events that lead nowhere."""

import pytest

from antiphon import Anonymous, App, DeclarationError, Event, History
from antiphon.testing import connect


class Said(Event):
    """Somebody said something."""

    text: str


class Typing(Event):
    """Somebody is typing."""


def app_without_typing() -> App:
    app = App("Rooms", auth=Anonymous())
    app.channel(
        "chat",
        publishes=Said | Typing,
        accepts=Said | Typing,
        history=History(size=2, ttl=60, without=Typing),
        open=True,
    )
    return app


async def test_an_event_that_is_not_kept_reaches_who_is_there_and_nobody_later() -> None:
    app = app_without_typing()
    async with connect(app) as alice:
        await alice.subscribe("chat")
        await alice.publish("chat", Said(text="one"))
        await alice.publish("chat", Typing())
        await alice.publish("chat", Said(text="two"))
        seen = [await alice.next("chat") for _ in range(3)]
        assert seen == [Said(text="one"), Typing(), Said(text="two")]
        (chat,) = app.behaviour.router.channels
        page = await chat.history()
        assert [(p.offset, p.event) for p in page.publications] == [
            (1, Said(text="one")),
            (2, Said(text="two")),
        ]


async def test_an_event_that_is_not_kept_is_no_gap_for_who_recovers() -> None:
    app = app_without_typing()
    (chat,) = app.behaviour.router.channels
    async with connect(app) as alice:
        reply = await alice.subscribe("chat")
        await alice.unsubscribe("chat")
        await chat.publish(Said(text="one"))
        await chat.publish(Typing())
        again = await alice.subscribe("chat", since=reply.position)
        assert again.recovered
        assert [p.event for p in again.publications] == [Said(text="one")]


def test_what_is_not_kept_has_to_be_published() -> None:
    with pytest.raises(DeclarationError, match="history without .*Typing"):
        App("x").channel("chat", publishes=Said, history=History(1, 60, without=Typing))


async def test_an_accepted_event_that_leads_nowhere_stops_the_start() -> None:
    app = App("x", auth=Anonymous())
    app.channel("chat", publishes=Said, accepts=Said | Typing)
    with pytest.raises(DeclarationError, match="'chat' accepts 'typing'"):
        await app.start()
