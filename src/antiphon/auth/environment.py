"""Settings of `JWT` in environment variables.

=============================== =====================================================
``ANTIPHON_JWT_SECRET``          HMAC secret, for HS256
``ANTIPHON_JWT_PREVIOUS_SECRET`` still accepted while the secret is being rotated
``ANTIPHON_JWT_PUBLIC_KEY``      the issuer's public key: PEM text, or a path to it
``ANTIPHON_JWT_JWKS_URL``        https URL of the issuer's JWK Set
``ANTIPHON_JWT_ISSUER``          demanded in `iss`; optional with a secret
``ANTIPHON_JWT_AUDIENCE``        demanded in `aud`; optional with a secret
=============================== =====================================================

An empty variable counts as unset. Failures: `StartupError`, one line that names the variable.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypedDict

from antiphon.auth.keys import KEYGEN_COMMAND
from antiphon.errors import StartupError

PREFIX: Final = "ANTIPHON_JWT_"

KINDS: Final = ("SECRET", "JWKS_URL", "PUBLIC_KEY")
"""Of these exactly one is set."""


class Settings(TypedDict, total=False):
    """Keyword arguments of `JWT`."""

    secret: str | None
    previous_secret: str | None
    public_key: str | None
    jwks_url: str | None
    issuer: str | None
    audience: str | None


def read(environ: Mapping[str, str]) -> Settings:
    """Return the settings that are in `environ`.

    Raises:
        StartupError: no key, more than one kind of key, a missing companion, or no such file.
    """
    kind = _kind(environ)
    if kind != "SECRET":
        _demand(environ, kind, "ISSUER", "AUDIENCE")
    pem = environ.get(PREFIX + "PUBLIC_KEY")
    return Settings(
        secret=environ.get(PREFIX + "SECRET"),
        previous_secret=environ.get(PREFIX + "PREVIOUS_SECRET"),
        public_key=_pem(pem) if pem else None,
        jwks_url=environ.get(PREFIX + "JWKS_URL"),
        issuer=environ.get(PREFIX + "ISSUER"),
        audience=environ.get(PREFIX + "AUDIENCE"),
    )


def _kind(environ: Mapping[str, str]) -> str:
    found = [kind for kind in KINDS if environ.get(PREFIX + kind)]
    if not found:
        raise StartupError(
            f"no key for JSON Web Tokens: set {PREFIX}SECRET (make one with: {KEYGEN_COMMAND}),"
            f" or {PREFIX}JWKS_URL or {PREFIX}PUBLIC_KEY with {PREFIX}ISSUER and {PREFIX}AUDIENCE"
        )
    if len(found) > 1:
        raise StartupError(f"set only one of {' and '.join(PREFIX + kind for kind in found)}")
    return found[0]


def _demand(environ: Mapping[str, str], kind: str, *companions: str) -> None:
    if missing := [PREFIX + name for name in companions if not environ.get(PREFIX + name)]:
        raise StartupError(f"{PREFIX}{kind} is set, {' and '.join(missing)} must be set too")


def _pem(text: str) -> str:
    """Return the PEM that `text` is, or that lies in the file it names."""
    if "-----BEGIN" in text:
        # Files of variables hold one line each, and write line breaks as \n.
        return text.replace("\\n", "\n")
    try:
        return Path(text).read_text("ascii")
    except (OSError, ValueError):
        raise StartupError(
            f"{PREFIX}PUBLIC_KEY is neither a PEM public key nor a file to read: {text[:200]!r}"
        ) from None
