"""The events that every server sends: JSON of an exact size, the same for all.

They look like what a feed sends (quotes with changing figures, then text), so that compressing
them is neither free nor hopeless. All of them come from one seed. Similar ones are one document, of
which each event changes a few quotes.
"""

import json
import random
from typing import Any

EVENT = "tick"
VARIETY = 64
"""Different events per size; servers take them in turn."""
CHANGED = 3
"""Quotes of a similar event that differ from the one before."""
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


def similar(size: int) -> list[dict[str, Any]]:
    """`VARIETY` events as above, each with `CHANGED` quotes other than in the one before."""
    source = random.Random(size)
    event = _event(source, size)
    documents = []
    for _ in range(VARIETY):
        quotes = list(event["quotes"])
        for place in source.sample(range(len(quotes)), CHANGED):
            quotes[place] = {**_quote(source), "symbol": quotes[place]["symbol"]}
        event = _filled({**event, "quotes": quotes}, size)
        documents.append(event)
    return documents


def encode(event: dict[str, Any]) -> bytes:
    """An event as compact JSON."""
    return json.dumps(event, separators=(",", ":")).encode()


def _event(source: random.Random, size: int) -> dict[str, Any]:
    quotes = [_quote(source) for _ in range(max(1, size // QUOTE_BYTES - 1))]
    words = " ".join(source.choice(_WORDS) for _ in range(size))
    return _filled({"type": EVENT, "quotes": quotes, "text": words}, size)


def _filled(event: dict[str, Any], size: int) -> dict[str, Any]:
    """Cut or repeat the text so that the event has its size."""
    missing = size - len(encode({**event, "text": ""}))
    text = event["text"]
    return {**event, "text": (text * (missing // max(1, len(text)) + 1))[:missing]}


def _quote(source: random.Random) -> dict[str, Any]:
    price = source.randrange(1_000, 99_999)
    return {
        "symbol": source.choice(_SYMBOLS),
        "price": price / 100,
        "volume": source.randrange(1, 5_000),
    }
