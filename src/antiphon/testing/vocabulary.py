"""From JSON back to an app's own types: what a test compares with. Opaque payloads are `bytes`.

Decoding is strict, as it is for the app's other clients: what does not fit its declaration raises
`BadRequest`, in the test, where it belongs.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Raw

from antiphon.app import App
from antiphon.event import decoder_of


class Vocabulary:
    """The events and RPC results of an app."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._of_channel = lru_cache(maxsize=None)(self._find)
        self._message = decoder_of(app.behaviour.messages.sends)

    def event(self, channel: str, data: Raw) -> Any:
        """Decode what a channel published."""
        return self._of_channel(channel)(data)

    def message(self, data: Raw) -> Any:
        """Decode what came outside channels."""
        return self._message(data)

    def result(self, method: str, data: Raw) -> Any:
        """Decode what a method returned, by its return annotation; None if it returned nothing."""
        if not data:
            return None
        called = self._app.behaviour.calls.find(method)
        if called.opaque:
            return bytes(data)
        declared = called.response
        return msgspec.json.decode(data, type=Any if declared is None else declared)

    def _find(self, channel: str) -> Callable[[Raw], Any]:
        # The same rule as the router's: a literal address wins, then the first that matches.
        declared = sorted(
            self._app.behaviour.router.channels, key=lambda found: not found.address.is_literal
        )
        for found in declared:
            if found.address.match(channel) is not None:
                return decoder_of(found.publishes)
        raise LookupError(f"the app declares no channel {channel!r}")
