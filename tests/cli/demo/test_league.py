"""The invented league: whole matches, from kick-off to full-time, over and over."""

from datetime import UTC, datetime
from random import Random

from antiphon.cli.demo.events import Score
from antiphon.cli.demo.league import FIXTURES, FULL_TIME, Game

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def scores(*, minutes: int) -> list[Score]:
    game = Game(FIXTURES[0], Random(7))
    found = []
    for _ in range(minutes):
        game.play()
        found.append(game.score(at=NOW))
    return found


def test_minutes_count_up_and_start_again() -> None:
    for before, after in zip(scores(minutes=300), scores(minutes=300)[1:], strict=False):
        assert after.minute == (0 if before.minute == FULL_TIME else before.minute + 1)


def test_only_a_goal_changes_the_score() -> None:
    played = scores(minutes=3000)
    for before, after in zip(played, played[1:], strict=False):
        if after.minute > 0:
            goals = after.home + after.away - before.home - before.away
            assert goals in (0, 1)
            assert not goals or after.news.startswith("Goal for")
    assert any(score.home for score in played)
    assert any(score.away for score in played)


def test_a_new_match_starts_at_nil_nil() -> None:
    kick_offs = [score for score in scores(minutes=300) if score.minute == 0]
    assert len(kick_offs) >= 3
    assert {(score.home, score.away, score.news) for score in kick_offs} == {(0, 0, "Kick-off")}
