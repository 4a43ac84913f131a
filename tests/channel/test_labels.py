"""What goes with a publication: checked before it is kept, for what is kept is written to everybody."""

from typing import Any

import pytest

from antiphon import DeclarationError, History
from tests.hub.stage import Said, Stage, on_stage


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ({"tags": {"minute": 89}}, "tags"),
        ({"tags": ["goal"]}, "tags"),
        ({"tags": {"name": "\ud800"}}, "surrogates"),
        ({"version": "3"}, "version"),
        ({"version": -1}, "version"),
        ({"idempotency_key": 5}, "idempotency_key"),
    ],
)
async def test_what_cannot_be_written_is_not_kept(labels: dict[str, Any], names: str) -> None:
    async with on_stage(Stage()) as stage:
        room = stage.app.channel("room:{x}", publishes=Said, history=History(5, 60))
        with pytest.raises(DeclarationError, match=names):
            await room.publish(Said("hi"), x=1, **labels)
        assert (await room.history(x=1)).publications == []
