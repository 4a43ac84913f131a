"""Where the keys for a token come from: given by the app, or fetched from JWK Sets.

`choose` turns the settings of `JWT` into one `KeySource`, and refuses settings that do not go
together, or that would verify a token without knowing whom it is for. Secrets never mix with
public keys: one source holds keys of one kind.

Failures: `StartupError`, one line that names the setting and its environment variable.
"""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from antiphon.auth.jwks import JWKS
from antiphon.auth.keys import Key, demand_length, from_pem, from_secret
from antiphon.errors import StartupError


class KeySource(Protocol):
    """Gives the keys that may have signed a token."""

    @property
    def waits(self) -> bool:
        """False when `candidates` never suspends."""

    async def candidates(self, issuer: str, key_id: str) -> tuple[Key, ...]:
        """Return the keys for tokens of this issuer with this key id ("" for none)."""


class ConfiguredKeys:
    """Keys that the app was given: for tokens of any issuer and key id."""

    __slots__ = ("_keys",)

    waits = False

    def __init__(self, *keys: Key) -> None:
        self._keys = keys

    async def candidates(self, issuer: str, key_id: str) -> tuple[Key, ...]:
        """Return all of them."""
        return self._keys


class KeySettings(Struct, frozen=True, kw_only=True):
    """The settings of `JWT` that say which keys count, and for whom. Empty is the same as None."""

    secret: str | None
    previous_secret: str | None
    public_key: str | None
    algorithm: str | None
    jwks_url: str | None
    jwks: Mapping[str, str] | None
    issuer: str | None
    audience: str | None

    def source(self) -> KeySource:
        """Return the source of keys that these settings describe.

        Raises:
            StartupError: they describe none, more than one, or one that is too open.
        """
        self._demand_one_kind()
        if self.secret:
            return ConfiguredKeys(*self.secret_keys())
        if self.previous_secret:
            raise StartupError("previous_secret= goes with secret=")
        self._demand_audience()
        if self.public_key:
            self._demand_issuer("public_key=")
            return ConfiguredKeys(from_pem(self.public_key, self.algorithm))
        return JWKS(self._urls())

    def issuers(self) -> frozenset[str]:
        """Return the values of `iss` that count; none when any does."""
        return frozenset(self.jwks or ([self.issuer] if self.issuer else ()))

    def secret_keys(self) -> list[Key]:
        """Return the keys of the secrets, the current one first; [] without a secret."""
        secrets = (self.secret, self.previous_secret)
        return [from_secret(secret, self.algorithm) for secret in secrets if secret]

    def demand_lengths(self) -> None:
        """Refuse short secrets. Raises `StartupError`."""
        for secret in (self.secret, self.previous_secret):
            if secret:
                demand_length(secret, self.algorithm)

    def _demand_one_kind(self) -> None:
        kinds = ("secret", "public_key", "jwks_url", "jwks")
        given = [f"{kind}=" for kind in kinds if getattr(self, kind)]
        if not given:
            raise StartupError(f"JWT needs one of {', '.join(f'{kind}=' for kind in kinds)}")
        if len(given) > 1:
            raise StartupError(f"JWT takes only one of {' and '.join(given)}")

    def _demand_audience(self) -> None:
        if not self.audience:
            raise StartupError(
                "JWT with keys of an issuer needs audience= (ANTIPHON_JWT_AUDIENCE), the name"
                " that the issuer has for this app"
            )

    def _demand_issuer(self, kind: str) -> None:
        if not self.issuer:
            raise StartupError(
                f"JWT with {kind} needs issuer= (ANTIPHON_JWT_ISSUER), the iss of its tokens"
            )

    def _urls(self) -> Mapping[str, str]:
        if self.algorithm:
            raise StartupError("algorithm= does not go with a JWK Set, whose keys name their own")
        if self.jwks_url:
            self._demand_issuer("jwks_url=")
            return {self.issuer or "": self.jwks_url}
        if self.issuer:
            raise StartupError("issuer= does not go with jwks=, which names the issuers")
        return self.jwks or {}
