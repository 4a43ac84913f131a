"""From what a method does to a reply, whatever happens; and many of them without holding up the loop."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from itertools import islice
from typing import Any, Final, TypeVar

from antiphon import codes
from antiphon.errors import Refusal
from antiphon.hub.core import Core
from antiphon.server.api.results import Error, Reply

T = TypeVar("T")

SIDE_BY_SIDE: Final = 16
"""How much is begun in one turn of the loop: some milliseconds of work."""


async def reply_of(core: Core, what: str, work: Awaitable[Any]) -> Reply[Any]:
    """Wait for a result; what is raised instead becomes an error, and is logged unless it is meant."""
    try:
        return Reply(result=await work)
    except Refusal as refusal:
        return Reply(error=Error(refusal.number, refusal.text))
    except Exception:
        core.failed(f"{what} of the server API", "a backend")
        return Reply(error=Error(*codes.INTERNAL))


async def in_portions(work: Iterable[Callable[[], Awaitable[T]]]) -> list[T]:
    """Do much, some of it side by side, while the loop turns in between; return all results.

    All of it is done before the first exception that was raised in it is raised here.
    """
    rest = iter(work)
    results: list[T | BaseException] = []
    while portion := list(islice(rest, SIDE_BY_SIDE)):
        begun = (_awaited(begin) for begin in portion)
        results += await asyncio.gather(*begun, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]


async def _awaited(begin: Callable[[], Awaitable[T]]) -> T:
    return await begin()
