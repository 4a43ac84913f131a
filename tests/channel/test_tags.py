"""The tag on the wire: asked for even where an app declares one event only."""

import pytest
from msgspec import Raw

from antiphon import BadRequest, Event
from antiphon.event import PayloadDecoder


class Said(Event):
    """Somebody said something."""

    text: str


DECODE = PayloadDecoder.of_events((Said,)).decode


def test_the_one_event_is_told_by_its_tag() -> None:
    assert DECODE(Raw(b'{"type": "said", "text": "hi"}')) == Said(text="hi")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"text": "hi"}', "no event in `type`; declared here: said"),
        (b'{"type": "other", "text": "hi"}', "undeclared event 'other'; declared here: said"),
        (b'{"type": "_never", "nothing": ""}', "undeclared event '_never'; declared here: said"),
        (b'{"type": "said", "text": 1}', "said.text: Expected `str`, got `int`"),
    ],
)
def test_everything_else_is_refused_and_says_why(data: bytes, why: str) -> None:
    with pytest.raises(BadRequest) as caught:
        DECODE(Raw(data))
    assert why in caught.value.text
