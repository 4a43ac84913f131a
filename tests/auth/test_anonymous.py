import pytest

from antiphon.auth import Anonymous, Attempt, Authenticator, Identity
from antiphon.errors import Forbidden, InvalidToken


async def test_everybody_is_nobody() -> None:
    auth: Authenticator = Anonymous()
    assert await auth.connect(Attempt()) == Identity("")
    assert await auth.connect(Attempt(token="anything")) == Identity("")
    assert (auth.waits, auth.describe()) == (False, "anonymous")


async def test_a_token_refreshes_nothing() -> None:
    with pytest.raises(InvalidToken):
        await Anonymous().refresh("anything")


async def test_a_token_opens_no_channel_and_costs_no_connection() -> None:
    with pytest.raises(Forbidden):
        await Anonymous().subscribe("anything", channel="a", user="", client="c")
