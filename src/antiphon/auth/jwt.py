"""Authentication by JSON Web Token (RFC 7519): secrets, public keys and JWK Sets.

`JWT` joins the parts: sources and keys (pinned algorithms), jws (the signed form) and claims
(what a token says). It is an `Authenticator`; with a secret it issues tokens too.

Failures: `StartupError` in one line for wrong settings; for a wrong token `InvalidToken` (3500),
`TokenExpired` (109), `Disconnect` 3507 for a token of nobody, and for subscription tokens
`Forbidden` (103). What is wrong with a token is for the log; the client gets constant texts.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from antiphon.auth import environment
from antiphon.auth.claims import Rules
from antiphon.auth.identity import Attempt, Grant, Identity
from antiphon.auth.jws import Unverified, seal
from antiphon.auth.sources import KeySettings
from antiphon.errors import Forbidden, InvalidToken, StartupError


class JWT:
    """Verifies JSON Web Tokens. Give exactly one of `secret`, `public_key`, `jwks_url`, `jwks`.

    Args:
        secret: for HMAC; at least as long as the algorithm's hash (32 bytes for HS256).
        previous_secret: still verifies tokens while `secret` is being rotated.
        public_key: in PEM; RSA, EC (P-256, P-384, P-521) or Ed25519.
        algorithm: the only one accepted; HS256, RS256 or what the key's curve says when left
            out. The keys of a JWK Set name their own.
        jwks_url: https URL of the issuer's JWK Set.
        jwks: the same for several issuers: ``{issuer: url}``.
        issuer: demanded in `iss`. Needed with `public_key` and `jwks_url`.
        audience: demanded in `aud`. Needed with `public_key`, `jwks_url` and `jwks`. Without
            one, a token that names an audience is refused (RFC 7519 section 4.1.3).
        leeway: seconds that the issuer's clock may differ from ours; tokens live that much
            longer.
        user_claim: the claim that names the user.
        allow_empty_user: a token whose user is missing or empty is one of the user "".
        insecure_allow_short_secret: take a secret that can be guessed from one token.
        insecure_allow_tokens_without_expiry: take tokens that are good for ever once stolen.
        clock: unix seconds.

    Raises:
        StartupError: settings that do not go together, in one line.
    """

    __slots__ = ("_clock", "_keys", "_origin", "_rules", "_signing_keys", "insecure")

    insecure: tuple[str, ...]
    """Names of the insecure settings in use, for warnings."""

    def __init__(
        self,
        *,
        secret: str | None = None,
        previous_secret: str | None = None,
        public_key: str | None = None,
        algorithm: str | None = None,
        jwks_url: str | None = None,
        jwks: Mapping[str, str] | None = None,
        issuer: str | None = None,
        audience: str | None = None,
        leeway: float = 0.0,
        user_claim: str = "sub",
        allow_empty_user: bool = False,
        insecure_allow_short_secret: bool = False,
        insecure_allow_tokens_without_expiry: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        settings = KeySettings(
            secret=secret,
            previous_secret=previous_secret,
            public_key=public_key,
            algorithm=algorithm,
            jwks_url=jwks_url,
            jwks=jwks,
            issuer=issuer,
            audience=audience,
        )
        self._keys = settings.source()
        if not insecure_allow_short_secret:
            settings.demand_lengths()
        self._signing_keys = settings.secret_keys()
        self._origin = {"iss": issuer or None, "aud": audience or None}
        self._rules = Rules(
            issuers=settings.issuers(),
            audience=audience or None,
            leeway=leeway,
            user_claim=user_claim,
            expiry_demanded=not insecure_allow_tokens_without_expiry,
            nobody_allowed=allow_empty_user,
        )
        self._clock = clock
        self.insecure = _names_of_true(
            insecure_allow_short_secret=insecure_allow_short_secret,
            insecure_allow_tokens_without_expiry=insecure_allow_tokens_without_expiry,
        )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "JWT":
        """Build it from the ``ANTIPHON_JWT_…`` variables listed in `antiphon.auth.environment`.

        Raises:
            StartupError: the variables name no usable key, in one line that says what to set.
        """
        return cls(**environment.read(environ))

    @property
    def waits(self) -> bool:
        """True with a JWK Set, which may have to be fetched; False otherwise."""
        return self._keys.waits

    async def connect(self, attempt: Attempt) -> Identity | None:
        """Return whom the attempt's token names; None: it shows no token.

        Raises:
            InvalidToken: signature or a claim is wrong.
            TokenExpired: outside `nbf` and `exp`.
            Disconnect: 3507, the user is empty and must not be.
            Refusal: the issuer's keys cannot be fetched; temporary.
        """
        return await self.refresh(attempt.token) if attempt.token else None

    async def refresh(self, token: str) -> Identity:
        """Return whom a connection token names. Raises as `connect` does."""
        claims = await self._verified(token)
        return self._rules.identity(claims, now=self._clock())

    async def subscribe(self, token: str, *, channel: str, user: str, client: str) -> Grant:
        """Return what a subscription token grants.

        Raises:
            Forbidden: signature or a claim is wrong.
            InvalidToken: all is right, but for another channel, user or connection.
            TokenExpired: outside `nbf` and `exp`.
            Refusal: the issuer's keys cannot be fetched; temporary.
        """
        try:
            claims = await self._verified(token)
            grant = self._rules.grant(
                claims, now=self._clock(), channel=channel, user=user, client=client
            )
        except InvalidToken as error:
            raise Forbidden("the subscription token is not valid") from error
        if grant is None:
            raise InvalidToken("the token is for another channel, user or connection")
        return grant

    def describe(self) -> str:
        """Return "jwt"."""
        return "jwt"

    def issue(
        self,
        user: str,
        *,
        ttl: float = 3600,
        channel: str | None = None,
        info: Any = None,
        meta: dict[str, Any] | None = None,
        channels: Sequence[str] | None = None,
        **claims: Any,
    ) -> str:
        """Return a token of `user` for `ttl` seconds, signed with the secret.

        Args:
            user: the user's id.
            ttl: seconds until it expires; below 0 it is expired already.
            channel: makes it a subscription token for this channel.
            info: JSON-able; what others see of the user.
            meta: JSON-able; for handlers only.
            channels: channels that the server subscribes the client to.
            claims: any others; they win over all of the above.

        Raises:
            StartupError: there is no secret: only the issuer can sign its tokens.
        """
        if not self._signing_keys:
            raise StartupError("tokens can be issued with a secret only, set ANTIPHON_JWT_SECRET")
        now = self._clock()
        chosen = {"channel": channel, "info": info, "meta": meta, "channels": channels}
        given = {k: v for k, v in {**self._origin, **chosen}.items() if v is not None}
        times = {"iat": int(now), "exp": round(now + ttl, 3)}
        return seal(
            {self._rules.user_claim: user, **times, **given, **claims}, self._signing_keys[0]
        )

    async def _verified(self, token: str) -> dict[str, Any]:
        opened = Unverified(token)
        keys = await self._keys.candidates(opened.claimed_issuer, opened.key_id)
        return opened.verified(keys)


def _names_of_true(**settings: bool) -> tuple[str, ...]:
    return tuple(name for name, value in settings.items() if value)
