"""Personal channels: one for every user whose id can stand in a channel's name."""

import logging

import pytest

from antiphon import Anonymous, App, Event
from antiphon.testing import connect


class Notice(Event):
    """Something for one user."""


def app_with_inbox() -> App:
    app = App("x", auth=Anonymous())
    app.channel("inbox#{user}", publishes=Notice, personal=True)
    return app


@pytest.mark.parametrize("user", ["42", "auth0|1", "alice@example.com", "a-b_c.d"])
async def test_a_user_is_in_the_own_channel_from_the_start(user: str) -> None:
    app = app_with_inbox()
    (inbox,) = app.behaviour.router.channels
    async with connect(app, user=user) as client:
        assert client.channels == [f"inbox#{user}"]
        await inbox.publish(Notice(), user=user)
        assert await client.next(f"inbox#{user}") == Notice()


@pytest.mark.parametrize("user", ["zoë", "a b", "a:b", "1,2", "x" * 300])
async def test_an_id_that_no_channel_can_carry_does_not_lock_its_user_out(
    user: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "antiphon"):
        async with connect(app_with_inbox(), user=user) as client:
            assert client.channels == []
    assert "the id cannot stand in it" in caplog.text


async def test_nobody_has_no_channel_of_their_own() -> None:
    async with connect(app_with_inbox()) as client:
        assert client.channels == []
