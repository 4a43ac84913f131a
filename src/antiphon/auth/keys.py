"""Verification keys, each with the one algorithm it is good for.

The key decides the algorithm, never the token: that closes `none`, and an RSA public key taken
for an HMAC secret (RFC 8725 sections 2.1 and 3.1). A secret, a PEM public key and a member of a
JWK Set (RFC 7517) become the same thing, a `Key`.

Failures: `StartupError` for settings of the app, `UnusableKey` for members of a fetched set.
"""

from typing import Any, Final

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from antiphon.errors import StartupError

HMAC_BYTES: Final = {"HS256": 32, "HS384": 48, "HS512": 64}
"""The shortest secret for each algorithm: as long as its hash (RFC 7518 section 3.2)."""

RSA_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
RSA_BITS: Final = 2048
"""The shortest modulus (RFC 7518 section 3.3)."""
EC_ALGORITHMS: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
"""A curve has one algorithm (RFC 7518 section 3.4)."""

PUBLIC_ALGORITHMS: Final = (*RSA_ALGORITHMS, *EC_ALGORITHMS.values(), "EdDSA")

KEYGEN_COMMAND: Final = 'python -c "import secrets; print(secrets.token_urlsafe(48))"'


class UnusableKey(Exception):
    """A key that verifies no token; the text says why."""


class Key:
    """A key and the algorithm it is pinned to. Its repr shows nothing secret."""

    __slots__ = ("_mechanism", "_prepared", "algorithm")

    def __init__(self, material: Any, algorithm: str) -> None:
        self.algorithm = algorithm
        self._mechanism = jwt.get_algorithm_by_name(algorithm)
        self._prepared = self._mechanism.prepare_key(material)

    def verifies(self, signed: bytes, signature: bytes) -> bool:
        """Say whether this key made `signature`; secrets are compared in constant time."""
        return self._mechanism.verify(signed, self._prepared, signature)

    def sign(self, signed: bytes) -> bytes:
        """Return the signature of `signed`; for secrets only."""
        return self._mechanism.sign(signed, self._prepared)


def from_secret(secret: str, algorithm: str | None) -> Key:
    """Build the key of an HMAC secret of any length; HS256 by default.

    Raises:
        StartupError: the algorithm is not one of HMAC, or the secret is a public key.
    """
    name = algorithm or "HS256"
    if name not in HMAC_BYTES:
        raise StartupError(f"a JWT secret goes with {', '.join(HMAC_BYTES)}, not with {name}")
    try:
        return Key(secret.encode(), name)
    except jwt.InvalidKeyError:
        raise StartupError(
            "the JWT secret is a PEM, DER or JWK key; give a public key as public_key="
        ) from None


def demand_length(secret: str, algorithm: str | None) -> None:
    """Refuse a secret that is short enough to be guessed from one token.

    Raises:
        StartupError: with the length needed and a command that makes a good secret.
    """
    name = algorithm or "HS256"
    needed = HMAC_BYTES.get(name, 0)
    length = len(secret.encode())
    if length < needed:
        raise StartupError(
            f"a JWT secret has {length} bytes, {name} needs at least {needed};"
            f" make one with: {KEYGEN_COMMAND}"
        )


def from_pem(pem: str, algorithm: str | None) -> Key:
    """Build the key of a PEM public key: RSA, EC or Ed25519.

    Raises:
        StartupError: not such a key, or `algorithm` does not fit it.
    """
    try:
        material = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        hint = "; this is a private key, which belongs to the issuer" * ("PRIVATE" in pem)
        raise StartupError(f"the JWT public key is no PEM public key{hint}") from None
    try:
        return _pinned(material, algorithm)
    except UnusableKey as error:
        raise StartupError(f"the JWT public key cannot be used: {error}") from None


def from_jwk(jwk: dict[str, Any]) -> Key:
    """Build the key of a JWK Set's member; its `alg` counts, else the key's type.

    Raises:
        UnusableKey: not a public key for signatures.
    """
    algorithm = jwk.get("alg")
    if jwk.get("use", "sig") != "sig" or algorithm not in (None, *PUBLIC_ALGORITHMS):
        raise UnusableKey("it is not for signatures by a public key")
    try:
        return _pinned(jwt.PyJWK(jwk).key, algorithm)
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        raise UnusableKey("it cannot be read") from None


def _pinned(material: Any, algorithm: str | None) -> Key:
    fitting = _fitting(material)
    name = algorithm or fitting[0]
    if name not in fitting:
        raise UnusableKey(f"it goes with {', '.join(fitting)}, not with {name}")
    return Key(material, name)


def _fitting(material: Any) -> tuple[str, ...]:
    """Return the algorithms of a public key, its default first."""
    match material:
        case RSAPublicKey() if material.key_size >= RSA_BITS:
            return RSA_ALGORITHMS
        case RSAPublicKey():
            raise UnusableKey(f"it has {material.key_size} bits, RSA needs at least {RSA_BITS}")
        case EllipticCurvePublicKey() if material.curve.name in EC_ALGORITHMS:
            return (EC_ALGORITHMS[material.curve.name],)
        case Ed25519PublicKey():
            return ("EdDSA",)
    raise UnusableKey("it is no public key of RSA, EC (P-256, P-384, P-521) or Ed25519")
