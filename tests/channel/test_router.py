"""From a name to its declaration: which one wins, and what strangers' guesses cost."""

from typing import Any

import pytest

from antiphon import Anonymous, BadRequest, Event, Forbidden, Grant, NotAvailable, UnknownChannel
from antiphon.app import App
from antiphon.channel import Channel, Router
from antiphon.publication import NO_DATA


class Said(Event):
    """Somebody said something."""


class Who:
    """A client, as far as a route looks at it."""

    id = "1"

    def __init__(self, user: str) -> None:
        self.user = user


def router(*addresses: str, **options: Any) -> Router:
    app = App("x", auth=Anonymous())
    for address in addresses:
        app.channel(address, publishes=Said, **options)
    return app.behaviour.router


def declared(router: Router, name: str) -> Channel:
    channel: Channel = router.route(name).channel
    return channel


def test_a_literal_wins_then_the_earlier_pattern() -> None:
    found = router("chat:{a}", "{b}:{c}", "chat:lobby")
    assert declared(found, "chat:lobby").address.pattern == "chat:lobby"
    assert declared(found, "chat:x").address.pattern == "chat:{a}"
    assert declared(found, "x:y").address.pattern == "{b}:{c}"


def test_a_channel_declared_later_is_found() -> None:
    app = App("x", auth=Anonymous())
    app.channel("{a}", publishes=Said)
    routes = app.behaviour.router
    assert declared(routes, "news").address.pattern == "{a}"
    app.channel("news", publishes=Said)
    assert declared(routes, "news").address.pattern == "news"


def test_what_is_not_declared_is_unknown_and_what_cannot_be_is_a_bad_request() -> None:
    routes = router("chat:{a}")
    for name in ("chat", "chat:", "chats:x", "xchat:x", "chat:x:y"):
        with pytest.raises(UnknownChannel):
            routes.route(name)
    with pytest.raises(BadRequest):
        routes.route("chat:a b")
    with pytest.raises(BadRequest, match="longer than 255"):
        routes.route("chat:" + "x" * 255)


def test_guesses_are_not_remembered() -> None:
    routes = router("chat:{a}")
    routes.route("chat:1")
    for number in range(100):
        with pytest.raises(UnknownChannel):
            routes.route(f"guess:{number}")
    assert routes._find.cache_info().currsize == 1


async def allowed(routes: Router, name: str, user: str = "ann", token: str = "") -> bool:
    client: Any = Who(user)
    try:
        await routes.route(name).authorise(client, NO_DATA, token)
    except Forbidden:
        return False
    return True


async def test_deny_is_the_default() -> None:
    assert not await allowed(router("news"), "news")
    assert await allowed(router("news", open=True), "news")


@pytest.mark.parametrize(
    ("name", "user", "expected"),
    [
        ("dialog#ann,bob", "ann", True),
        ("dialog#ann,bob", "bob", True),
        ("dialog#ann,bob", "eve", False),
        ("dialog#ann,bob", "an", False),
        ("dialog#ann,bob", "ann,bob", False),
        ("dialog#ann,bob", "", False),
    ],
)
@pytest.mark.parametrize("is_open", [False, True])
async def test_users_in_the_name_are_the_ones_admitted(
    name: str, user: str, expected: bool, is_open: bool
) -> None:
    assert await allowed(router("dialog#{a},{b}", open=is_open), name, user) is expected


async def test_a_dollar_asks_for_a_token_even_where_all_is_open() -> None:
    assert not await allowed(router("${a}", open=True), "$secret")


async def test_the_handler_has_the_last_word_within_the_name() -> None:
    app = App("x", auth=Anonymous())
    app.channel("inbox#{user}", publishes=Said).on_subscribe(lambda client, user: Grant(info=user))
    route = app.behaviour.router.route("inbox#ann")
    ann, eve = Who("ann"), Who("eve")
    assert (await route.authorise(ann, NO_DATA, "")).info == "ann"  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        await route.authorise(eve, NO_DATA, "")  # type: ignore[arg-type]


async def test_without_an_authenticator_a_token_opens_nothing() -> None:
    app = App("x")
    app.channel("news", publishes=Said, open=True)
    assert not await allowed(app.behaviour.router, "news", token="t")


async def test_clients_publish_only_where_something_is_accepted() -> None:
    ann: Any = Who("ann")
    with pytest.raises(NotAvailable, match="108"):
        await router("news").route("news").accept(ann, NO_DATA)
