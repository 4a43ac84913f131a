"""Gaps: what the code leaves its readers to guess, each told with the declaration."""

import datetime as dt
from typing import Annotated, Any

import pytest
from msgspec import Meta

from antiphon import Anonymous, App, Client, Event
from antiphon.auth import JWT
from antiphon.cli.demo.app import build_app
from antiphon.contract import contract_of
from antiphon.contract.gaps import gaps


class Silent(Event):
    what: int = 0


class Vague(Event):
    """Holds what nobody knows."""

    anything: Any
    described: Annotated[Any, Meta(description="Still nothing is known.")]
    when: dt.datetime
    times: list[dt.time] = []


class Pythonic(Event):
    """Has patterns that browsers do not read."""

    named: Annotated[str, Meta(pattern=r"(?P<year>\d+)")]
    anchored: Annotated[str, Meta(pattern=r"\A\d+\Z")]
    flagged: Annotated[dict[str, Annotated[str, Meta(pattern=r"(?i)a")]], Meta(max_length=3)]
    fine: Annotated[str, Meta(pattern=r"^(?:a|b)(?=c)?\d+\.\w*$")]


class Unmakeable(Event):
    """Has a field that no example is found for."""

    word: Annotated[str, Meta(pattern="(?<=y)x(?=z)")]


def found(*events: type[Event]) -> list[str]:
    app = App("x", auth=Anonymous())
    for event in events:
        app.channel(event.__name__, publishes=event)
    return gaps(contract_of(app))


def test_an_event_says_what_it_means() -> None:
    assert found(Silent) == ["event Silent has no docstring"]


def test_a_field_says_what_it_holds() -> None:
    assert found(Vague) == [
        "Vague.anything: nothing is known of what it holds",
        "Vague.described: nothing is known of what it holds",
        "Vague.when: the zone may be missing; Meta(tz=True) asks for it",
        "Vague.times: the zone may be missing; Meta(tz=True) asks for it",
    ]


def test_a_pattern_can_be_read_by_others() -> None:
    assert [gap.partition(":")[0] for gap in found(Pythonic)] == [
        "Pythonic.named",
        "Pythonic.anchored",
        "Pythonic.flagged",
    ]


def test_an_example_can_be_made() -> None:
    assert found(Unmakeable) == [
        "event Unmakeable: no example can be made; give its fields Meta(examples=[...])"
    ]


def test_a_call_says_what_it_does_takes_and_gives() -> None:
    app = App("x", auth=Anonymous())

    @app.rpc("bare")
    def bare(client: Client, request: Any):  # type: ignore[no-untyped-def]
        return request

    @app.rpc("opaque")
    def opaque(client: Client, request: bytes) -> bytes:
        """Echo."""
        return request

    @app.rpc("clever")
    def clever(client: Client, request: Annotated[str, Meta(pattern="(?<=y)x")]) -> None:
        """Take what is hard to say."""

    assert gaps(contract_of(app)) == [
        "rpc 'bare' has no docstring",
        "rpc 'bare': nothing is known of its request; annotate its type",
        "rpc 'bare': nothing is known of its answer; annotate its type",
        "rpc 'clever': no example can be made of its request; give its fields some",
    ]


@pytest.mark.parametrize("app", [build_app(JWT(secret="s" * 32))], ids=["demo"])
def test_our_own_apps_have_none(app: App) -> None:
    assert gaps(contract_of(app)) == []
