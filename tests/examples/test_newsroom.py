"""The README's app."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from antiphon import JWT
from antiphon.testing import ErrorReply, SocketClosed, connect, serve

SECRET = "a secret of the tests, at least thirty-two bytes"
ROOT = Path(__file__).resolve().parent.parent.parent

Example = Callable[[str], ModuleType]


@pytest.fixture
def newsroom(example: Example, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("ANTIPHON_JWT_SECRET", SECRET)
    return example("newsroom")


async def test_members_talk(newsroom: ModuleType) -> None:
    rooms = {"rooms": ["lobby"]}
    async with (
        connect(newsroom.app, user="alice", meta=rooms) as alice,
        connect(newsroom.app, user="bob", meta=rooms) as bob,
    ):
        await alice.subscribe("chat:lobby")
        await bob.subscribe("chat:lobby")
        await bob.publish("chat:lobby", newsroom.Said(text="hello"))
        assert await alice.next("chat:lobby") == newsroom.Said(text="hello")
        assert {info.user for info in (await alice.presence("chat:lobby")).values()} == {
            "alice",
            "bob",
        }
        with pytest.raises(ErrorReply, match="you are not a member"):
            await bob.subscribe("chat:board")
        with pytest.raises(ErrorReply, match=r"said\.text: Expected `str` of length >= 1"):
            await bob.publish("chat:lobby", newsroom.Said(text=""))


async def test_served_to_those_with_a_token(newsroom: ModuleType) -> None:
    token = JWT(secret=SECRET).issue("alice", meta={"rooms": ["lobby"]})
    async with serve(newsroom.app) as server:
        async with server.connect(token=token) as alice:
            await alice.subscribe("chat:lobby")
            await newsroom.chat.publish(newsroom.Said(text="breaking"), room="lobby")
            assert await alice.next("chat:lobby") == newsroom.Said(text="breaking")
        with pytest.raises(SocketClosed):
            async with server.connect():
                pass


def test_the_readme_shows_this_very_app() -> None:
    code = (ROOT / "examples" / "newsroom.py").read_text().partition('"""\n\n')[2]
    assert f"```python\n{code}```" in (ROOT / "README.md").read_text()
