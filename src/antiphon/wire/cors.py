"""The headers that let a page of an allowed origin read our HTTP answers (Fetch section 3.2). Pure.

Whether an origin is allowed is asked of the endpoint; these only say so to the browser.
"""

from typing import Final

from antiphon.wire.origin import FOREIGN
from antiphon.wire.port import Refusal, Request

Headers = list[tuple[bytes, bytes]]

PREFLIGHT_SECONDS: Final = 300
"""How long a browser may remember what it may send."""

_VARY: Final = (b"vary", b"origin")


def cors_headers(request: Request) -> Headers:
    """Return what an answer to an admitted request carries."""
    origin = request.header("origin")
    if origin is None:
        return [_VARY]
    return [
        _VARY,
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
    ]


def refusal_headers(request: Request, refusal: Refusal) -> Headers:
    """Return what a refusal carries: the page may read why, unless it is a foreign one."""
    return [_VARY] if refusal is FOREIGN else cors_headers(request)


def preflight_headers(request: Request, methods: tuple[str, ...]) -> Headers:
    """Return what the answer to an admitted `OPTIONS` request carries."""
    return [
        *cors_headers(request),
        (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
        (b"access-control-allow-methods", ", ".join((*methods, "OPTIONS")).encode()),
        (b"access-control-allow-headers", b"authorization, content-type, last-event-id"),
    ]
