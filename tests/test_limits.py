"""Bounds that cannot be kept are refused where they are set."""

from typing import Any

import pytest

from antiphon import DeclarationError, Limits


@pytest.mark.parametrize("name", Limits.__struct_fields__)
@pytest.mark.parametrize("value", [0, -1])
def test_every_bound_is_positive(name: str, value: int) -> None:
    with pytest.raises(DeclarationError, match=f"{name}={value}.*positive"):
        Limits(**{name: value})


def test_a_ping_is_answered_before_the_next() -> None:
    bounds: dict[str, Any] = {"ping_seconds": 5, "pong_seconds": 5}
    with pytest.raises(DeclarationError, match="shorter than ping_seconds, 5"):
        Limits(**bounds)
    assert Limits(ping_seconds=5, pong_seconds=4).pong_seconds == 4


def test_an_unknown_bound_is_an_error() -> None:
    with pytest.raises(TypeError, match="chanels"):
        Limits(chanels=3)  # type: ignore[call-arg]


def test_presence_outlives_the_pings_that_renew_it() -> None:
    with pytest.raises(DeclarationError, match="longer than ping_seconds, 60"):
        Limits(ping_seconds=60)
    assert Limits(ping_seconds=60, presence_seconds=120).presence_seconds == 120
