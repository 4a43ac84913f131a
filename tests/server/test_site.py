"""The table of paths."""

from typing import Any

import pytest

from antiphon.server.http import Receive, Scope, Send, respond
from antiphon.server.site import Site, page
from tests.wire.exchange import Exchange


def named(name: bytes) -> Any:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, 200, name)

    return serve


SITE = Site({path: named(path.encode()) for path in ("/", "/a", "/api", "/api/", "/only/")})


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", b"/"),
        ("/a", b"/a"),
        ("/api", b"/api"),
        ("/api/", b"/api/"),
        ("/api/publish", b"/api/"),
        ("/only/this", b"/only/"),
        ("/only", None),
        ("/api/publish/more", None),
        ("/a/", None),
        ("/a/b", None),
        ("/b", None),
        ("//", None),
        ("", None),
        ("a", None),
        ("/API", None),
    ],
)
@pytest.mark.parametrize("root", ["", "/live"])
async def test_each_path_has_one_route(path: str, route: bytes | None, root: str) -> None:
    answer = await Exchange(SITE, path=root + path, root_path=root).done()
    assert answer.status == (404 if route is None else 200)
    assert answer.body == (b"not found" if route is None else route)


def hello() -> tuple[int, bytes, str]:
    return 503, b"hello", "text/x-hello"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_page_is_made_for_whoever_reads(method: str) -> None:
    answer = await Exchange(page(hello), method).done()
    assert (answer.status, answer.body) == (503, b"hello")
    assert answer.headers["content-type"] == "text/x-hello"
    assert answer.headers["content-length"] == "5"


@pytest.mark.parametrize("method", ["POST", "OPTIONS", "DELETE", "get"])
async def test_a_page_is_only_read(method: str) -> None:
    answer = await Exchange(page(hello), method).done()
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"
