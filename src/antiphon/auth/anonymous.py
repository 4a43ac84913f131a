"""The authenticator that asks for nothing.

An app has to write ``auth=Anonymous()``; there is no default that does it. Everybody becomes the
user "" without expiry. Tokens mean nothing here: showing one for a refresh fails with
`InvalidToken`, and for a subscription with `Forbidden`, which leaves the connection alone.
"""

from antiphon.auth.identity import Attempt, Grant, Identity
from antiphon.errors import Forbidden, InvalidToken


class Anonymous:
    """Lets everybody in, as the user ""."""

    __slots__ = ()

    waits = False

    async def connect(self, attempt: Attempt) -> Identity:
        """Return the identity of nobody."""
        return Identity("")

    async def refresh(self, token: str) -> Identity:
        """Refuse: an anonymous connection does not expire."""
        raise InvalidToken("this app is anonymous, it takes no tokens")

    async def subscribe(self, token: str, *, channel: str, user: str, client: str) -> Grant:
        """Refuse: there is no key to verify the token with."""
        raise Forbidden("this app is anonymous, it takes no tokens")

    def describe(self) -> str:
        """Return "anonymous"."""
        return "anonymous"
