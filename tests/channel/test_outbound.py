"""What leaves the server is what was declared, too."""

from typing import Annotated

import pytest

from antiphon import Anonymous, App, DeclarationError, Event, History, Meta
from antiphon.testing import connect


class Said(Event):
    """Somebody said something."""

    text: Annotated[str, Meta(max_length=5)]


@pytest.mark.parametrize("text", [5, None, "too long"])
async def test_a_wrong_value_is_noticed_where_it_is_published(text: object) -> None:
    app = App("x", auth=Anonymous())
    chat = app.channel("chat", publishes=Said, open=True)
    async with connect(app) as alice:
        await alice.subscribe("chat")
        with pytest.raises(DeclarationError, match="'chat' cannot carry Said.*said.text"):
            await chat.publish(Said(text=text))  # type: ignore[arg-type]
        await chat.publish(Said(text="fine"))
        assert await alice.next("chat") == Said(text="fine")


async def test_writers_that_overtake_one_another_publish_in_order() -> None:
    app = App("x", auth=Anonymous())
    row = app.channel("row:{id:int}", publishes=Said, open=True, history=History(9, 60))
    async with connect(app) as alice:
        await alice.subscribe("row:1")
        second = await row.publish(Said(text="two"), id=1, version=2)
        assert await row.publish(Said(text="one"), id=1, version=1) == second
        await row.publish(Said(text="anew"), id=1, version=1, version_epoch="after the move")
        assert await alice.next("row:1") == Said(text="two")
        assert await alice.next("row:1") == Said(text="anew")
    assert second.offset == 1
