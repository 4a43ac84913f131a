import pytest

from antiphon.auth import Anonymous, Attempt, Authenticator, Identity
from antiphon.errors import InvalidToken


async def test_everybody_is_nobody() -> None:
    auth: Authenticator = Anonymous()
    assert await auth.connect(Attempt()) == Identity("")
    assert await auth.connect(Attempt(token="anything")) == Identity("")
    assert (auth.waits, auth.describe()) == (False, "anonymous")


async def test_tokens_are_worth_nothing() -> None:
    with pytest.raises(InvalidToken):
        await Anonymous().refresh("anything")
    with pytest.raises(InvalidToken):
        await Anonymous().subscribe("anything", channel="a", user="", client="c")
