"""The demo's app: rooms with chat, and a live feed, as a user of Antiphon would write them."""

import asyncio
import re
import secrets
from datetime import UTC, datetime
from random import Random

from antiphon import JWT, App, Channel, Client, Forbidden, History, __version__
from antiphon.cli.demo.events import (
    Contents,
    IAmTyping,
    Quote,
    Said,
    SayIt,
    Score,
    Typing,
)
from antiphon.cli.demo.league import FIXTURES, Game
from antiphon.cli.demo.market import Market

DAY = 86_400
ROOM = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_ROOM = 32
SECONDS_PER_TRADE = 0.25
SECONDS_PER_MINUTE_OF_PLAY = 2.0


def build_app(jwt: JWT) -> App:
    """The whole app; `jwt` says who may come in."""
    app = App("Antiphon demo", version=__version__, auth=jwt)
    declare_rooms(app)
    declare_feed(app, secrets.SystemRandom())

    @app.rpc("demo.ping")
    async def ping(client: Client) -> None:
        """Answer, so that a client learns how long that takes."""

    return app


def declare_rooms(app: App) -> None:
    """Rooms come to be when somebody enters one."""
    chat = app.channel(
        "chat:{room}",
        publishes=Said | Typing,
        accepts=SayIt | IAmTyping,
        history=History(size=100, ttl=DAY, without=Typing),
        presence=True,
        join_leave=True,
    )

    @chat.on_subscribe
    async def enter(client: Client, room: str) -> None:
        if len(room) > LONGEST_ROOM or not ROOM.fullmatch(room):
            raise Forbidden("a room's name has small letters, digits and single hyphens")

    @chat.on_publish(SayIt)
    async def say(client: Client, event: SayIt) -> Said:
        return Said(event.text, client.user, now())

    @chat.on_publish(IAmTyping)
    async def type_something(client: Client, event: IAmTyping, room: str) -> None:
        await chat.publish(Typing(client.user), room=room, exclude=client)


def declare_feed(app: App, random: Random) -> None:
    """One channel per share and per match, each of which keeps its last value."""
    last = History(size=1, ttl=DAY, mode="cache")
    quotes = app.channel("quotes:{symbol}", publishes=Quote, history=last, open=True)
    scores = app.channel("scores:{match}", publishes=Score, history=last, open=True)
    market = Market(random)

    @app.rpc("feed.contents")
    async def contents(client: Client) -> Contents:
        """What there is to subscribe to."""
        return Contents(market.shares, FIXTURES)

    @app.background
    async def trade() -> None:
        for share in market.shares:
            await quotes.publish(market.quote(share, at=now()), symbol=share.symbol)
        while True:
            await asyncio.sleep(SECONDS_PER_TRADE)
            share = market.trade()
            await quotes.publish(market.quote(share, at=now()), symbol=share.symbol)

    @app.background
    async def play() -> None:
        await asyncio.gather(*(play_on(Game(fixture, random), scores) for fixture in FIXTURES))


async def play_on(game: Game, scores: Channel) -> None:
    """Play `game` for as long as the app runs."""
    while True:
        await scores.publish(game.score(at=now()), match=game.fixture.match)
        await asyncio.sleep(SECONDS_PER_MINUTE_OF_PLAY)
        game.play()


def now() -> datetime:
    """The time that goes into events."""
    return datetime.now(UTC)
