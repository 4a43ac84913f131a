"""What the hub asks of the app: who decides on a connection, and which waits are promised away."""

import asyncio
from typing import Any

import pytest

from antiphon import Forbidden, Identity, InvalidToken
from antiphon.auth import Anonymous, Attempt
from antiphon.behaviour import Behaviour


def behaviour(auth: Any = None) -> Behaviour:
    return Behaviour(auth, messages=None, longest_name=255)


async def waits(attempt: Attempt) -> None:
    await asyncio.sleep(0)


async def test_without_a_hook_the_authenticator_decides() -> None:
    assert await behaviour(Anonymous()).connect(Attempt()) == Identity("")
    assert await behaviour().connect(Attempt()) is None


async def test_a_hook_may_decide_otherwise_and_sees_what_was_found() -> None:
    app = behaviour(Anonymous())
    seen = []

    def decide(attempt: Attempt) -> Identity | None:
        seen.append(attempt.identity)
        return Identity("ann") if attempt.token else None

    app.on_connect(decide)
    attempt = Attempt(token="t")
    assert await app.connect(attempt) == Identity("ann")
    assert attempt.identity == Identity("")
    assert await app.connect(Attempt()) == Identity("")
    assert seen == [Identity(""), Identity("")]


@pytest.mark.parametrize("decided", ["ann", True, {"user": "ann"}])
async def test_a_hook_returns_an_identity_or_nothing(decided: Any) -> None:
    app = behaviour()
    app.on_connect(lambda attempt: decided)
    with pytest.raises(TypeError, match="Identity or None"):
        await app.connect(Attempt())


async def test_without_an_authenticator_no_token_is_good() -> None:
    with pytest.raises(InvalidToken):
        await behaviour().refresh("t")
    with pytest.raises(Forbidden):
        await behaviour().refresh_subscription("t", channel="c", client=None)  # type: ignore[arg-type]


def test_waits_are_promised_away_where_they_can_be() -> None:
    app = behaviour(Anonymous())
    assert not (app.connect_waits or app.refresh_waits or app.disconnect_waits)
    app.on_connect(waits)
    app.on_disconnect(waits)
    assert app.connect_waits and app.disconnect_waits and not app.refresh_waits


async def test_the_end_of_a_connection_is_told_with_what_the_hook_wants() -> None:
    seen = []
    app = behaviour()
    nobody: Any = "client"
    await app.disconnected(nobody, 1000, "bye")

    def end(client: Any, reason: str) -> None:
        seen.append((client, reason))

    app.on_disconnect(end)
    await app.disconnected(nobody, 1000, "bye")
    assert seen == [("client", "bye")]


def test_without_handlers_there_are_no_messages() -> None:
    assert behaviour().message_handler() is None
