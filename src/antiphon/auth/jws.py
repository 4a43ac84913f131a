"""The compact form of a signed token (RFC 7515 section 7.1): opened strictly, sealed plainly.

`Unverified` holds an opened token and gives its claims to nobody before a key has verified the
signature. Strict means: three parts, canonical base64url, JSON objects in UTF-8 without
duplicate names, no header that brings its own key or asks for an extension.

Failures: `InvalidToken`, its detail for the log and never for the client.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from antiphon.auth.keys import Key
from antiphon.errors import InvalidToken

TOKEN_CHARS: Final = 8_192
"""The longest token that is looked at; what browsers and proxies carry in a header."""

REFUSED_HEADERS: Final = frozenset({"b64", "crit", "jku", "jwk", "x5c", "x5u"})
"""Keys and addresses of keys chosen by the token, and extensions (RFC 8725 section 3.10)."""


class Unverified:
    """An opened token whose signature nobody has checked yet.

    Raises:
        InvalidToken: the text is not such a token.
    """

    __slots__ = ("_algorithm", "_claims", "_signature", "_signed", "key_id")

    def __init__(self, text: str) -> None:
        if len(text) > TOKEN_CHARS:
            raise InvalidToken(f"the token has more than {TOKEN_CHARS} characters")
        parts = text.split(".")
        if len(parts) != 3:
            raise InvalidToken("the token has not three parts")
        head, body, tail = map(_decoded, parts)
        self._algorithm, self.key_id = _header(_object(head))
        self._claims = _object(body)
        self._signature = tail
        self._signed = f"{parts[0]}.{parts[1]}".encode()

    @property
    def claimed_issuer(self) -> str:
        """The unproven `iss`, good only for choosing among configured issuers; "" for none."""
        issuer = self._claims.get("iss")
        return issuer if isinstance(issuer, str) else ""

    def verified(self, keys: Iterable[Key]) -> dict[str, Any]:
        """Return the claims if one of `keys` signed them with its own algorithm.

        Raises:
            InvalidToken: none did.
        """
        for key in keys:
            if key.algorithm == self._algorithm and key.verifies(self._signed, self._signature):
                return self._claims
        raise InvalidToken("no key verifies the signature with its algorithm")


def seal(claims: dict[str, Any], key: Key) -> str:
    """Return a token with these claims, signed by a secret's key."""
    header = {"alg": key.algorithm, "typ": "JWT"}
    signed = b".".join(_encoded(msgspec.json.encode(part)) for part in (header, claims))
    return b".".join((signed, _encoded(key.sign(signed)))).decode()


def _header(header: dict[str, Any]) -> tuple[str, str]:
    """Return `alg` and `kid` ("" for none)."""
    if refused := REFUSED_HEADERS & header.keys():
        raise InvalidToken(f"the header has {', '.join(sorted(refused))}")
    algorithm, key_id = header.get("alg"), header.get("kid", "")
    if not isinstance(algorithm, str) or not isinstance(key_id, str):
        raise InvalidToken("alg or kid is not a string")
    return algorithm, key_id


def _encoded(raw: bytes) -> bytes:
    return urlsafe_b64encode(raw).rstrip(b"=")


def _decoded(part: str) -> bytes:
    """Decode base64url in its one canonical form (RFC 7515 section 2: without padding)."""
    try:
        raw = urlsafe_b64decode(part + "=" * (-len(part) % 4))
        # Python's decoder skips foreign characters and ignores stray bits at the end.
        canonical = _encoded(raw).decode() == part
    except ValueError:
        canonical = False
    if not canonical:
        raise InvalidToken("a part of the token is not base64url")
    return raw


def _object(raw: bytes) -> dict[str, Any]:
    try:
        # Each parser is strict where the other is not: json shows duplicate names, msgspec
        # refuses NaN, lone surrogates and numbers out of range.
        json.loads(raw, object_pairs_hook=_unique)
        return msgspec.json.decode(raw, type=dict[str, Any])
    except (ValueError, RecursionError, msgspec.MsgspecError):
        raise InvalidToken("a part of the token is not a JSON object") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("duplicate names")
    return found
