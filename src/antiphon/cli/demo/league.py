"""An invented league: matches of ninety minutes, and the next one right after.

Pure: randomness and time come in as parameters.
"""

from datetime import datetime
from random import Random
from typing import Final

from antiphon.cli.demo.events import Fixture, Score

FIXTURES: Final = (
    Fixture("harbour-valley", "Harbour", "Valley"),
    Fixture("oak-hill-kingsport", "Oak Hill", "Kingsport"),
    Fixture("north-end-easton", "North End", "Easton"),
)

HALF_TIME = 45
FULL_TIME = 90
GOALS_PER_MINUTE = 0.04
INCIDENTS_PER_MINUTE = 0.2
INCIDENTS = ("Corner for {}", "Free kick for {}", "{} shoot wide", "Saved! {} were close")


class Game:
    """One match, from its kick-off through all its replays."""

    def __init__(self, fixture: Fixture, random: Random) -> None:
        self.fixture = fixture
        self._random = random
        self._minute = random.randrange(FULL_TIME)
        self._goals = [0, 0]
        self._news = "Under way"

    def play(self) -> None:
        """Let a minute pass."""
        if self._minute >= FULL_TIME:
            self._minute, self._goals, self._news = 0, [0, 0], "Kick-off"
            return
        self._minute += 1
        side = self._random.randrange(2)
        team = (self.fixture.home, self.fixture.away)[side]
        luck = self._random.random()
        if self._minute in (HALF_TIME, FULL_TIME):
            self._news = "Half-time" if self._minute == HALF_TIME else "Full-time"
        elif luck < GOALS_PER_MINUTE:
            self._goals[side] += 1
            self._news = f"Goal for {team}!"
        elif luck < GOALS_PER_MINUTE + INCIDENTS_PER_MINUTE:
            self._news = self._random.choice(INCIDENTS).format(team)

    def score(self, *, at: datetime) -> Score:
        """How the match stands."""
        home, away = self._goals
        return Score(self.fixture.match, home, away, self._minute, self._news, at)
