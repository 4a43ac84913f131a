"""The invented market: every share trades, and prices stay within reason."""

from datetime import UTC, datetime
from random import Random

from antiphon.cli.demo.market import OPENINGS, Market

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_opens_at_its_opening_prices() -> None:
    market = Market(Random(1))
    quotes = [market.quote(share, at=NOW) for share in market.shares]
    assert [quote.price for quote in quotes] == list(OPENINGS.values())
    assert {quote.change for quote in quotes} == {0.0}


def test_every_share_trades_and_none_runs_away() -> None:
    market = Market(Random(1))
    traded = {market.trade() for _ in range(20_000)}
    assert traded == set(market.shares)
    assert all(abs(market.quote(share, at=NOW).change) < 10 for share in market.shares)


def test_a_trade_moves_one_price() -> None:
    market = Market(Random(1))
    before = {share: market.quote(share, at=NOW) for share in market.shares}
    moved = market.trade()
    after = {share: market.quote(share, at=NOW) for share in market.shares}
    assert [share for share in market.shares if before[share] != after[share]] == [moved]
