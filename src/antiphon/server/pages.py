"""Built pages and their assets, served from memory.

Every file under one folder is read once and found by its path in a dict: what is not in it is a
404, whatever tricks the path plays. Assets carry a hash in their name and are cached for ever; the
page is asked for anew each time, and answered with 304 while its ETag holds.

Raises `StartupError` when the pages were not built.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from antiphon.errors import StartupError
from antiphon.server.http import Receive, Scope, Send, path_of, respond

Headers = list[tuple[bytes, bytes]]

CONTENT_TYPES = {
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".svg": b"image/svg+xml",
}

SECURITY: Headers = [
    (
        b"content-security-policy",
        # To 'self' belongs the WebSocket of the page's own origin.
        b"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        b"object-src 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]


class Page(Struct, frozen=True):
    """A file, with the headers that go with it."""

    body: bytes
    etag: bytes
    headers: Headers

    async def answer(
        self,
        scope: Scope,
        send: Send,
        *,
        status: int = 200,
        extra: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        """Answer a request for it; another status than 200 is never answered with 304."""
        if scope["method"] not in ("GET", "HEAD"):
            await respond(send, 405, b"method not allowed")
        elif status == 200 and (b"if-none-match", self.etag) in scope["headers"]:
            await send({"type": "http.response.start", "status": 304, "headers": self.headers})
            await send({"type": "http.response.body", "body": b""})
        else:
            length = (b"content-length", str(len(self.body)).encode())
            headers = [*self.headers, *extra, length]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            body = self.body if scope["method"] == "GET" else b""
            await send({"type": "http.response.body", "body": body})


class Pages:
    """The files under `folder`, by their URL path; ``/`` is index.html."""

    def __init__(self, folder: Path) -> None:
        files = [path for path in folder.rglob("*") if path.suffix in CONTENT_TYPES]
        self._pages = {f"/{path.relative_to(folder).as_posix()}": _read(path) for path in files}
        if "/index.html" not in self._pages:
            raise StartupError(f"the {folder.name}'s pages are not built; `make pages` builds them")
        self._pages["/"] = self._pages.pop("/index.html")

    def __contains__(self, path: str) -> bool:
        return path in self._pages

    def __getitem__(self, path: str) -> Page:
        return self._pages[path]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a path that is `in` these pages."""
        await self._pages[path_of(scope)].answer(scope, send)


def _read(path: Path) -> Page:
    body = path.read_bytes()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'.encode()
    is_hashed = path.suffix != ".html"
    cache = b"public, max-age=31536000, immutable" if is_hashed else b"no-cache"
    content_type = (b"content-type", CONTENT_TYPES[path.suffix])
    return Page(body, etag, [content_type, (b"cache-control", cache), (b"etag", etag), *SECURITY])
