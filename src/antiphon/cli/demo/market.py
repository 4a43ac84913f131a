"""An invented market: shares whose prices walk at random and never stray far from the opening.

Pure: randomness and time come in as parameters.
"""

import math
from datetime import datetime
from random import Random
from typing import Final

from antiphon.cli.demo.events import Quote, Share

OPENINGS: Final = {
    Share("ANT", "Antiphon Ltd"): 142.5,
    Share("NEUM", "Neume & Sons"): 86.2,
    Share("PSLM", "Psalm Energy"): 31.75,
    Share("KYRI", "Kyrie Air"): 12.4,
    Share("VOX", "Vox Media"): 223.9,
    Share("CODA", "Coda Finance"): 301.15,
}

STEP = 0.0025
"""Standard deviation of one step of a price's logarithm."""
PULL = 0.01
"""The part of the way back to the opening that each step takes."""


class Market:
    """The prices of all shares."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._prices = dict(OPENINGS)

    @property
    def shares(self) -> tuple[Share, ...]:
        """All shares, in the order of the board."""
        return tuple(self._prices)

    def trade(self) -> Share:
        """Move the price of one share, and say which."""
        share = self._random.choice(self.shares)
        away = math.log(self._prices[share] / OPENINGS[share])
        self._prices[share] *= math.exp(self._random.gauss(0, STEP) - PULL * away)
        return share

    def quote(self, share: Share, *, at: datetime) -> Quote:
        """The latest price of `share`."""
        price = self._prices[share]
        change = (price / OPENINGS[share] - 1) * 100
        return Quote(share.symbol, round(price, 2), round(change, 2), at)
