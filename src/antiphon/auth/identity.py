"""What is known about a client before, and after, it is let in.

`Attempt` is everything a client showed, and none of it is proven. `Identity` is what an
`Authenticator` or an `on_connect` hook made of it. `Grant` is what a subscription token, or an
entry of the claim `subs`, allows in one channel.

These are plain values: building one checks nothing and cannot fail.
"""

from typing import Any, Protocol

from msgspec import Raw, Struct


class Grant(Struct, frozen=True, kw_only=True):
    """What a credential grants in one channel."""

    expires_at: float | None = None
    """Unix seconds at which the subscription ends; None: never."""
    info: Any = None
    """JSON-able; becomes `chan_info`, which other subscribers see."""
    data: Any = None
    """JSON-able; sent to the client in the reply to its subscribe."""
    override: dict[str, bool] = {}
    """Channel options decided by the credential: `presence`, `join_leave`,
    `force_push_join_leave`, `force_recovery`, `force_positioning`. An option that is not in here
    stays as the channel declares it."""


class _Known(Struct, frozen=True):
    """Holds the one field of `Identity` that may be given without its name."""

    user: str


class Identity(_Known, frozen=True, kw_only=True):
    """Who a client is: ``Identity("alice", meta={"rooms": ["lobby"]})``.

    `user` is the empty string for somebody unknown who was let in all the same.
    """

    expires_at: float | None = None
    """Unix seconds at which the connection ends unless refreshed; None: never."""
    info: Any = None
    """JSON-able; becomes `conn_info`, which others see in presence, joins and publications."""
    data: Any = None
    """JSON-able; sent to the client in the reply to its connect."""
    meta: dict[str, Any] = {}
    """For handlers only; never sent to a client."""
    claims: dict[str, Any] = {}
    """All claims of the verified token."""
    channels: tuple[str, ...] = ()
    """Channels that the server subscribes the client to."""
    subscriptions: dict[str, Grant] = {}
    """The same with a grant for each; these win over `channels`."""
    renewable: bool = False
    """Whether the client is expected to bring a new token before `expires_at`."""


class Attempt(Struct, kw_only=True):
    """What a client showed on connect. Nothing in it is proven but `identity`."""

    token: str = ""
    """The `token` of the connect command."""
    data: Raw | None = None
    """JSON that the client sent with its connect command."""
    name: str = ""
    """The SDK's name for itself, e.g. `js`."""
    version: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    """Of the HTTP request, in order, names in any case."""
    emulated_headers: dict[str, str] = {}
    """The `headers` map of the connect command, for browsers, which cannot set HTTP headers."""
    query: str = ""
    """The query string of the HTTP request, without the question mark."""
    address: str = ""
    """The peer's address, or what a trusted proxy said it is."""
    identity: Identity | None = None
    """Set when `auth` has verified a token before an `on_connect` hook runs."""

    def header(self, name: str) -> str | None:
        """Return an HTTP header's value, or None. Repeated headers are joined by a comma.

        `emulated_headers` are left out on purpose: a hook that trusts a header because a reverse
        proxy sets it must not get the client's own word for it.
        """
        values = self._values(name)
        return ", ".join(values) if values else None

    @property
    def cookies(self) -> dict[str, str]:
        """The request's cookies. Broken ones are left out; of two with one name the first counts.

        Browsers send the cookie with the more specific path first (RFC 6265 section 5.4).
        """
        found: dict[str, str] = {}
        for pair in ";".join(self._values("cookie")).split(";"):
            name, separator, value = pair.partition("=")
            if separator and (name := name.strip()):
                found.setdefault(name, _unquoted(value.strip()))
        return found

    def _values(self, name: str) -> list[str]:
        wanted = name.lower()
        return [value for key, value in self.headers if key.lower() == wanted]


def _unquoted(value: str) -> str:
    quoted = len(value) >= 2 and value[0] == value[-1] == '"'
    return value[1:-1] if quoted else value


class Authenticator(Protocol):
    """Says who a client is. `JWT` and `Anonymous` are the two that come with Antiphon."""

    @property
    def waits(self) -> bool:
        """False when no method ever suspends, so that a caller needs no task for it."""

    async def connect(self, attempt: Attempt) -> Identity | None:
        """Say who makes this attempt; None: it shows no credential.

        Raises:
            InvalidToken: a credential is shown, and it is wrong.
            TokenExpired: it was right once, or will be.
            Disconnect: it is right, and the client is not welcome.
        """

    async def refresh(self, token: str) -> Identity:
        """Say who a connected client is by its new token. Raises as `connect` does."""

    async def subscribe(self, token: str, *, channel: str, user: str, client: str) -> Grant:
        """Verify a subscription token of `user`, on connection `client`, for `channel`.

        Raises:
            Forbidden: the token is wrong.
            InvalidToken: it is right, for another channel, user or connection.
            TokenExpired: it was right once, or will be.
        """

    def describe(self) -> str:
        """Name the scheme in one word, for documentation."""
