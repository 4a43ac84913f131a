"""Keys of issuers, fetched from their JWK Sets (RFC 7517) and kept.

The map from issuer to URL is fixed by the app: no claim of a token ever becomes part of an
address (CVE-2026-32301), and a key counts for its own issuer only (CVE-2026-49998). An issuer
has at most one fetch in flight. Tokens with invented key ids cause one fetch a minute, whatever
their number. When the endpoint is away, the keys it gave last go on working.

Failures: `StartupError` for a URL that is not https; `Refusal` (100, temporary: clients come
back) while an issuer's keys cannot be had; failed fetches are logged.
"""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from http.client import HTTPException, HTTPMessage, HTTPResponse
from ipaddress import ip_address
from typing import IO, Any, Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import msgspec

from antiphon.auth.keys import Key, UnusableKey, from_jwk
from antiphon.errors import Refusal, StartupError

REFRESH_SECONDS: Final = 300.0
"""Age at which a set is fetched again."""
FORCED_SECONDS: Final = 60.0
"""From one fetch to the next for an unknown key id, or after a failure."""
RETRY_SECONDS: Final = 5.0
"""The same as long as no fetch has succeeded, when nobody can log in."""
PATIENCE_SECONDS: Final = 1.0
"""How long a token whose key is known waits for a fetch that may withdraw the key."""
FETCH_SECONDS: Final = 5.0
"""For one fetch, from the connection to the last byte."""
BODY_BYTES: Final = 65_536
"""The largest set that is read."""

Fetch = Callable[[str], Awaitable[bytes]]

_log = logging.getLogger(__name__)


class JWKS:
    """The key sets of all trusted issuers.

    Args:
        urls: issuer -> URL of its JWK Set; https, or http on a loopback host.
        fetch: gets the body behind a URL; raises OSError, HTTPException or ValueError.
        clock: seconds that never go back.

    Raises:
        StartupError: a URL is not https.
    """

    __slots__ = ("_sets",)

    waits = True

    def __init__(
        self,
        urls: Mapping[str, str],
        *,
        fetch: Fetch | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        for url in urls.values():
            _demand_https(url)
        self._sets = {
            issuer: KeySet(url, fetch=fetch or fetch_body, clock=clock)
            for issuer, url in urls.items()
        }

    async def candidates(self, issuer: str, key_id: str) -> tuple[Key, ...]:
        """Return the issuer's key with this id, if there is one.

        Raises:
            Refusal: the issuer is known, its keys cannot be had at the moment.
        """
        keys = self._sets.get(issuer)
        return () if keys is None else await keys.find(key_id)


class KeySet:
    """One issuer's keys, by id, with the fetch that renews them."""

    __slots__ = (
        "_attempted",
        "_clock",
        "_failed",
        "_fetch",
        "_flight",
        "_keys",
        "_refresh_at",
        "_url",
    )

    def __init__(self, url: str, *, fetch: Fetch, clock: Callable[[], float]) -> None:
        self._url = url
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self._attempted = self._refresh_at = -math.inf
        self._failed = False
        self._flight: asyncio.Task[None] | None = None

    async def find(self, key_id: str) -> tuple[Key, ...]:
        """Return the key with this id, or nothing. Raises as `JWKS.candidates` does."""
        if flight := self._renewal(key_id):
            patience = PATIENCE_SECONDS if key_id in self._keys else None
            # wait() leaves the flight alone when this caller is cancelled: others wait for it too.
            await asyncio.wait({flight}, timeout=patience)
        if found := self._keys.get(key_id):
            return (found,)
        if self._failed:
            raise Refusal("the issuer's keys cannot be fetched", temporary=True)
        return ()

    def _renewal(self, key_id: str) -> asyncio.Task[None] | None:
        """Return the fetch in flight; start it if one is due."""
        now = self._clock()
        forced = key_id not in self._keys and now - self._attempted >= FORCED_SECONDS
        if self._flight is None and (forced or now >= self._refresh_at):
            self._flight = asyncio.create_task(self._renew(), name=f"fetch {self._url}")
        return self._flight

    async def _renew(self) -> None:
        self._attempted = self._clock()
        self._refresh_at = self._attempted + (FORCED_SECONDS if self._keys else RETRY_SECONDS)
        self._failed = True
        try:
            self._keys = parse(await self._fetch(self._url))
            self._refresh_at = self._clock() + REFRESH_SECONDS
            self._failed = False
        except (OSError, HTTPException, ValueError) as error:
            _log.warning("cannot fetch the keys at %s: %s", self._url, error)
        finally:
            self._flight = None


def parse(body: bytes) -> dict[str, Key]:
    """Return the usable keys of a JWK Set by `kid` ("" for none; the first of two counts).

    Members that are private, symmetric, unknown or not for signatures are left out, as RFC 7517
    section 5 asks.

    Raises:
        ValueError: not a JWK Set, or none of its keys is usable.
    """
    found: dict[str, Key] = {}
    for jwk in _members(body):
        try:
            found.setdefault(str(jwk.get("kid", "")), from_jwk(jwk))
        except UnusableKey as error:
            _log.debug("left out a JWK: %s", error)
    if not found:
        raise ValueError("the JWK Set has no usable key")
    return found


class _Set(msgspec.Struct):
    keys: list[dict[str, Any]]


def _members(body: bytes) -> list[dict[str, Any]]:
    try:
        return msgspec.json.decode(body, type=_Set).keys
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(f"not a JWK Set: {error}") from None


def _demand_https(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and _is_loopback(parts.hostname or ""):
        return
    raise StartupError(f"the JWKS URL must be https://… (http:// on loopback only), not {url!r}")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def fetch_body(url: str) -> bytes:
    """Get the body behind an http(s) URL in a thread: no redirects, at most 64 KiB, 5 seconds.

    Raises:
        OSError: no connection, time-out, or a status outside 200 to 299.
        HTTPException: the answer is not HTTP.
        ValueError: the body is too large.
    """
    return await asyncio.to_thread(_get, url)


class _NoRedirect(HTTPRedirectHandler):
    """Makes urllib raise HTTPError for a redirect, which could lead anywhere."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def _get(url: str) -> bytes:
    deadline = time.monotonic() + FETCH_SECONDS
    body = bytearray()
    with _opened(url) as response:
        # The time-out of a socket holds for each read; read1 makes at most one.
        while chunk := response.read1(8_192):
            body += chunk
            if len(body) > BODY_BYTES:
                raise ValueError(f"the JWK Set has more than {BODY_BYTES} bytes")
            if time.monotonic() > deadline:
                raise TimeoutError(f"the JWK Set took more than {FETCH_SECONDS} seconds")
    return bytes(body)


def _opened(url: str) -> HTTPResponse:
    try:
        response: HTTPResponse = build_opener(_NoRedirect).open(url, timeout=FETCH_SECONDS)
    except HTTPError as error:
        error.close()
        raise OSError(f"HTTP status {error.code}") from None
    return response
