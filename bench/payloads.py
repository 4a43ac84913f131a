"""The events that every server sends: JSON of an exact size, the same for all.

They look like what a feed sends (quotes with changing figures, then text), so that compressing
them is neither free nor hopeless. All of them come from one seed.
"""

import json
import random
from typing import Any

EVENT = "tick"
VARIETY = 64
"""Different events per size; servers take them in turn."""
QUOTE_BYTES = 90
"""Room that an event has per quote; the rest is text."""

_SYMBOLS = ("ACME", "BOLT", "CRUX", "DUNE", "ECHO", "FLUX", "GRID", "HALO")
_WORDS = (
    "market opens higher after the bank kept its rate while traders wait for figures from "
    "industry and energy shares recover part of what they lost on Friday in thin volume"
).split()


def events(size: int) -> list[dict[str, Any]]:
    """`VARIETY` events, each of `size` bytes as compact JSON."""
    source = random.Random(size)
    return [_event(source, size) for _ in range(VARIETY)]


def encode(event: dict[str, Any]) -> bytes:
    """An event as compact JSON."""
    return json.dumps(event, separators=(",", ":")).encode()


def _event(source: random.Random, size: int) -> dict[str, Any]:
    quotes = [_quote(source) for _ in range(max(1, size // QUOTE_BYTES - 1))]
    event = {"type": EVENT, "quotes": quotes, "text": ""}
    missing = size - len(encode(event))
    words = " ".join(source.choice(_WORDS) for _ in range(missing // 2))
    event["text"] = words[:missing]
    return event


def _quote(source: random.Random) -> dict[str, Any]:
    price = source.randrange(1_000, 99_999)
    return {
        "symbol": source.choice(_SYMBOLS),
        "price": price / 100,
        "volume": source.randrange(1, 5_000),
    }
