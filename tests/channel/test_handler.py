"""Handlers: which functions can be one, what they are given, and whether they may wait."""

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from antiphon import DeclarationError
from antiphon.channel.handler import Handler


def handler(function: Callable[..., Any], *offered: str) -> Handler:
    return Handler(function, leading=("client", "event"), offered=offered, where="channel 'x'")


async def rest() -> None:
    """Something to wait for."""


async def three(client: str, event: str, room: str) -> tuple[str, ...]:
    return client, event, room


async def keyword_only(client: str, event: str, *, room: str) -> tuple[str, ...]:
    return client, event, room


def plain(client: str, event: str, room: str) -> tuple[str, ...]:
    return client, event, room


async def waits(client: str, event: str, room: str) -> tuple[str, ...]:
    await rest()
    return client, event, room


class Callable_:
    """An object with an async call."""

    async def __call__(self, client: str, event: str, room: str) -> tuple[str, ...]:
        await rest()
        return client, event, room

    async def method(self, client: str, event: str, room: str) -> tuple[str, ...]:
        return client, event, room


def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def outside(*arguments: Any, **more: Any) -> Any:
        return function(*arguments, **more)

    return outside


def decorated_async(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def outside(*arguments: Any, **more: Any) -> Any:
        await rest()
        return function(*arguments, **more)

    return outside


@pytest.mark.parametrize(
    ("function", "may_wait"),
    [
        (three, False),
        (keyword_only, False),
        (plain, False),
        (waits, True),
        (Callable_(), True),
        (Callable_().method, False),
        (functools.partial(waits), True),
        (decorated(three), False),
        (decorated(waits), True),
        (decorated(plain), False),
        (decorated_async(plain), True),
    ],
)
async def test_every_kind_of_function_is_called_and_awaited(
    function: Callable[..., Any], may_wait: bool
) -> None:
    made = handler(function, "room", "code")
    assert await made("c", "e", room="r", code=0) == ("c", "e", "r")
    assert made.waits is may_wait


async def test_it_is_given_what_it_names_and_no_more() -> None:
    def wants_code(client: str, event: str, code: int, room: str = "default") -> tuple[Any, ...]:
        return code, room

    assert await handler(wants_code, "code")("c", "e", code=5) == (5, "default")
    assert await handler(wants_code, "code", "room")("c", "e", code=5, room="r") == (5, "r")


async def test_what_it_takes_by_position_may_have_any_name() -> None:
    assert await handler(lambda a, b: (a, b))("c", "e") == ("c", "e")
    assert await handler(lambda *all_: all_)("c", "e") == ("c", "e")
    everything = handler(lambda client, event, **rest: rest, "room", "code")
    assert await everything("c", "e", room="r", code=5) == {"room": "r", "code": 5}


def generator(client: str, event: str) -> Iterator[int]:
    yield 1


async def async_generator(client: str, event: str) -> AsyncIterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda: None, "must take (client, event, ...)"),
        (lambda client: None, "must take (client, event, ...)"),
        (lambda client, *, event: None, "must take (client, event, ...)"),
        (lambda client, event, rome: None, "wants 'rome'; it can be given room"),
        (lambda client, event, *, rome: None, "wants 'rome'"),
        (generator, "generator() is a generator"),
        (async_generator, "async_generator() is a generator"),
        (5, "5 is no function"),
    ],
)
def test_what_cannot_be_called_is_refused_with_name_and_reason(function: Any, said: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        handler(function, "room")
    assert str(caught.value).startswith("channel 'x': ")
    assert said in str(caught.value)
