"""Who may call the server API: whoever shows its key.

============================= ======================================================
``ANTIPHON_API_KEY``           the key
``ANTIPHON_API_PREVIOUS_KEY``  still accepted while the key is being rotated
============================= ======================================================

A backend shows it in the header `X-API-Key`, else as ``Authorization: apikey <key>``, else in the
query as `api_key`. Only digests are kept and compared, so that no log, traceback or repr can show
a key, and no time says how much of one was right.

Failures: `StartupError`, one line, for a key that is none. Whatever is shown, nothing is raised.
"""

import hmac
import os
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Final

from antiphon.errors import StartupError
from antiphon.wire.port import Request

KEY_VARIABLE: Final = "ANTIPHON_API_KEY"
PREVIOUS_KEY_VARIABLE: Final = "ANTIPHON_API_PREVIOUS_KEY"

KEY_CHARACTERS: Final = 16
"""The fewest: with some 5 bits each, more than anybody can try over a network."""

_KEYGEN: Final = 'make one with: python -c "import secrets; print(secrets.token_urlsafe(32))"'


class API:
    """Turns the server API on: ``App(..., api=API.from_env())``.

    Args:
        key: what backends have to show; printable ASCII without spaces.
        previous_key: accepted too, while backends change over to a new key.
        insecure_allow_short_key: take keys that can be guessed.

    Raises:
        StartupError: a key that cannot be sent, or is too short; the text does not show it.
    """

    __slots__ = ("_digests", "insecure")

    insecure: tuple[str, ...]
    """Names of the insecure settings in use, for warnings."""

    def __init__(
        self,
        *,
        key: str,
        previous_key: str | None = None,
        insecure_allow_short_key: bool = False,
    ) -> None:
        keys = (key,) if previous_key is None else (key, previous_key)
        fewest = 1 if insecure_allow_short_key else KEY_CHARACTERS
        self._digests = tuple(_digest(_checked(text, fewest).encode()) for text in keys)
        self.insecure = ("insecure_allow_short_key",) if insecure_allow_short_key else ()

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "API":
        """Build it from `ANTIPHON_API_KEY` and `ANTIPHON_API_PREVIOUS_KEY`; empty ones are unset.

        Raises:
            StartupError: there is no key, or none that may be used.
        """
        key = environ.get(KEY_VARIABLE)
        if not key:
            raise StartupError(f"no key for the server API: set {KEY_VARIABLE}; {_KEYGEN}")
        return cls(key=key, previous_key=environ.get(PREVIOUS_KEY_VARIABLE) or None)

    def admits(self, request: Request) -> bool:
        """Say whether a request shows a key, in time that does not depend on what it shows."""
        admitted = False
        for shown in _shown(request):
            digest = _digest(shown)
            for known in self._digests:
                admitted |= hmac.compare_digest(digest, known)
        return admitted


def _checked(key: str, fewest: int) -> str:
    if not isinstance(key, str) or not (key.isascii() and key.isprintable()) or " " in key:
        raise StartupError(f"the API key is not printable ASCII without spaces; {_KEYGEN}")
    if len(key) < fewest:
        raise StartupError(
            f"the API key has {len(key)} characters, it needs at least {fewest}; {_KEYGEN}"
        )
    return key


def _digest(key: bytes) -> bytes:
    return sha256(key).digest()


def _shown(request: Request) -> Iterator[bytes]:
    """Yield what a request shows: one of its headers, and its query."""
    header = request.header("x-api-key")
    if header:
        yield header.encode("latin-1")
    else:
        scheme, _, rest = (request.header("authorization") or "").strip().partition(" ")
        if scheme.lower() == "apikey":
            yield rest.strip().encode("latin-1")
    yield request.parameter("api_key").encode()
