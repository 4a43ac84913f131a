"""The check of `Origin`, against pages of other sites that connect in a user's name. Pure.

A browser sends its cookies along with any WebSocket handshake, whichever page asked for it, and
names that page's origin (RFC 6455 section 10.2; Fetch section 3.1 for HTTP). Only exact matches
pass: no pattern, no suffix, no wildcard.

A request without the header passes, unless a browser sent it for anything else than a page of the
same origin: a link, or an image of another site, leads to an HTTP stream too. Browsers that send no
`Sec-Fetch-Site` are not told from other clients. Where cookies authenticate, ask for more than the
origin.
"""

from typing import Final

from antiphon.wire.port import Refusal, Request

FOREIGN: Final = Refusal(403, "this origin may not connect")
"""What a page gets whose origin is not allowed."""


def origin_allowed(request: Request, allowed: frozenset[str]) -> bool:
    """Say whether the page that opens this connection may do so.

    Args:
        request: its `Origin` header counts, and `Host` where `allowed` is empty.
        allowed: origins as browsers send them: ``https://example.com``, with the port unless it is
            the scheme's own. Empty: the page must come from the host it connects to, and
            from https if the connection is encrypted.
    """
    origins = [value for name, value in request.headers if name == "origin"]
    if not origins:
        return request.header("sec-fetch-site") in (None, "same-origin")
    if len(origins) > 1 or origins[0] == "null":
        return False
    return origins[0] in allowed if allowed else _same_host(request, origins[0])


def _same_host(request: Request, origin: str) -> bool:
    host = request.header("host")
    schemes = ("https",) if request.scheme in ("wss", "https") else ("http", "https")
    return host is not None and any(origin == f"{scheme}://{host.lower()}" for scheme in schemes)
