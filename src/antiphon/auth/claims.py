"""Claims of verified tokens: their types, their rules, and what they grant.

The names are those of Centrifugo's tokens, so that tokens made for it work here. `Rules` holds
what the app demands of every token; `identity` and `grant` read the two kinds, connection token
and subscription token. Pure: time comes in as a parameter.

Failures: `InvalidToken` for a claim that is missing, of the wrong type or not ours,
`TokenExpired` for one outside its time, `Disconnect` 3507 for a token of nobody.
"""

from base64 import b64decode
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from antiphon import codes
from antiphon.auth.identity import Grant, Identity
from antiphon.errors import Disconnect, InvalidToken, TokenExpired

NumericDate = Annotated[float, Meta(ge=0, le=253_402_300_799)]
"""Unix seconds up to the year 9999: a time in milliseconds is an error, not a far future."""

ChannelName = Annotated[str, Meta(min_length=1)]

T = TypeVar("T")


class Registered(Struct, frozen=True, kw_only=True):
    """Claims that both kinds of token share (RFC 7519 section 4.1)."""

    exp: NumericDate | None = None
    nbf: NumericDate | None = None
    iat: NumericDate | None = None
    jti: str | None = None
    iss: str | None = None
    aud: str | list[str] | None = None
    expire_at: NumericDate | None = None
    """When the connection or subscription ends, if not at `exp`; 0: never."""


class Switch(Struct, frozen=True):
    """How Centrifugo writes an overridden option: ``{"value": true}``."""

    value: bool


class Override(Struct, frozen=True, omit_defaults=True):
    """Channel options that a credential may decide."""

    presence: Switch | None = None
    join_leave: Switch | None = None
    force_push_join_leave: Switch | None = None
    force_recovery: Switch | None = None
    force_positioning: Switch | None = None


class Granted(Struct, frozen=True, kw_only=True):
    """What is granted in one channel. The `b64` forms hold JSON in base64, and win."""

    info: Any = None
    b64info: str | None = None
    data: Any = None
    b64data: str | None = None
    override: Override = Override()


class Connection(Struct, frozen=True, kw_only=True):
    """Claims of a connection token."""

    info: Any = None
    b64info: str | None = None
    meta: dict[str, Any] = {}
    channels: list[ChannelName] = []
    subs: dict[ChannelName, Granted] = {}
    channel: Any | UnsetType = UNSET
    """Marks a subscription token, which must not open a connection."""


class Subscription(Struct, frozen=True, kw_only=True):
    """Claims of a subscription token that say whom it is for."""

    channel: ChannelName
    client: str = ""


class Rules(Struct, frozen=True, kw_only=True):
    """What an app demands of every token."""

    issuers: frozenset[str] = frozenset()
    """Values of `iss`, of which one is demanded; none: `iss` is not looked at."""
    audience: str | None = None
    """Demanded in `aud`; None: a token that names an audience is for somebody else."""
    leeway: float = 0.0
    """Seconds that the issuer's clock may differ from ours."""
    user_claim: str = "sub"
    expiry_demanded: bool = True
    nobody_allowed: bool = False
    """Whether a token without a user is one of the user ""."""

    def check(self, claims: dict[str, Any], *, now: float) -> Registered:
        """Check what both kinds of token share.

        Raises:
            InvalidToken: wrong type, issuer or audience, or no expiry.
            TokenExpired: outside `nbf` and `exp`.
        """
        registered = _read(claims, Registered)
        self._check_origin(registered)
        if registered.exp is None and self.expiry_demanded:
            raise InvalidToken("the token has no exp")
        if registered.exp is not None and now >= registered.exp + self.leeway:
            raise TokenExpired
        if registered.nbf is not None and now < registered.nbf - self.leeway:
            raise TokenExpired
        return registered

    def _check_origin(self, registered: Registered) -> None:
        if self.issuers and registered.iss not in self.issuers:
            raise InvalidToken("iss is not the issuer we trust")
        audiences = registered.aud or []
        if isinstance(audiences, str):
            audiences = [audiences]
        # RFC 7519 section 4.1.3: a token for an audience that we are not must be rejected.
        if (audiences or self.audience) and self.audience not in audiences:
            raise InvalidToken("aud does not name us")

    def _expires_at(self, registered: Registered) -> float | None:
        if registered.expire_at is not None:
            return registered.expire_at or None
        return None if registered.exp is None else registered.exp + self.leeway

    def identity(self, claims: dict[str, Any], *, now: float) -> Identity:
        """Return whom a connection token names. Raises as `check` does, and `Disconnect` 3507."""
        registered = self.check(claims, now=now)
        connection = _read(claims, Connection)
        if connection.channel is not UNSET:
            raise InvalidToken("this is a subscription token")
        subscriptions = {name: _grant(granted) for name, granted in connection.subs.items()}
        return Identity(
            self._user(claims),
            expires_at=self._expires_at(registered),
            info=_json(connection.info, connection.b64info),
            meta=connection.meta,
            claims=claims,
            channels=() if subscriptions else tuple(connection.channels),
            subscriptions=subscriptions,
            renewable=True,
        )

    def grant(
        self, claims: dict[str, Any], *, now: float, channel: str, user: str, client: str
    ) -> Grant | None:
        """Return what a subscription token grants; None: it is for somebody or something else.

        Raises as `check` does.
        """
        registered = self.check(claims, now=now)
        meant = _read(claims, Subscription)
        granted = _read(claims, Granted)
        # A token without a user is good for a connection without one, and for no other.
        if claims.get(self.user_claim, "") != user or meant.channel != channel:
            return None
        if meant.client not in ("", client):
            return None
        return _grant(granted, expires_at=self._expires_at(registered))

    def _user(self, claims: dict[str, Any]) -> str:
        user = claims.get(self.user_claim, "" if self.nobody_allowed else None)
        if not isinstance(user, str):
            raise InvalidToken(f"{self.user_claim} is missing or not a string")
        if not user and not self.nobody_allowed:
            raise Disconnect.of(codes.NOT_PERMITTED)
        return user


def _read(claims: dict[str, Any], kind: type[T]) -> T:
    try:
        return msgspec.convert(claims, kind)
    except msgspec.ValidationError as error:
        raise InvalidToken(f"claims: {error}") from None


def _grant(granted: Granted, expires_at: float | None = None) -> Grant:
    switches = msgspec.to_builtins(granted.override)
    return Grant(
        expires_at=expires_at,
        info=_json(granted.info, granted.b64info),
        data=_json(granted.data, granted.b64data),
        override={name: switch["value"] for name, switch in switches.items()},
    )


def _json(plain: Any, encoded: str | None) -> Any:
    if not encoded:
        return plain
    try:
        return msgspec.json.decode(b64decode(encoded, validate=True))
    except (ValueError, RecursionError, msgspec.MsgspecError):
        raise InvalidToken("b64info or b64data is not JSON in base64") from None
