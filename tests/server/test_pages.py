"""Static pages: right types, caching, and no way out of the folder."""

from pathlib import Path

import httpx
import pytest

from antiphon.errors import StartupError
from antiphon.server.http import Receive, Scope, Send, respond
from antiphon.server.pages import Pages


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.html").write_text("secret")
    site = tmp_path / "site"
    (site / "assets").mkdir(parents=True)
    (site / "index.html").write_text("<p>hello</p>")
    (site / "assets" / "main-1234.js").write_text("hello()")
    (site / "notes.txt").write_text("of no declared type")
    return site


@pytest.fixture
def client(folder: Path) -> httpx.AsyncClient:
    pages = Pages(folder)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] in pages:
            await pages(scope, receive, send)
        else:
            await respond(send, 404, b"not found")

    return httpx.AsyncClient(transport=httpx.ASGITransport(serve), base_url="http://demo")


async def test_serves_the_page_and_its_assets(client: httpx.AsyncClient) -> None:
    page = await client.get("/")
    assert (page.status_code, page.text) == (200, "<p>hello</p>")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    assert "default-src 'self'" in page.headers["content-security-policy"]
    script = await client.get("/assets/main-1234.js")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in script.headers["cache-control"]


async def test_answers_with_304_while_the_etag_holds(client: httpx.AsyncClient) -> None:
    etag = (await client.get("/")).headers["etag"]
    same = await client.get("/", headers={"if-none-match": etag})
    assert (same.status_code, same.content) == (304, b"")
    other = await client.get("/", headers={"if-none-match": '"another"'})
    assert other.status_code == 200


async def test_head_has_the_length_and_no_body(client: httpx.AsyncClient) -> None:
    head = await client.head("/")
    assert (head.headers["content-length"], head.content) == ("12", b"")


async def test_only_reading_is_allowed(client: httpx.AsyncClient) -> None:
    assert (await client.post("/")).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.html",
        "/%2e%2e/secret.html",
        "/assets/../../secret.html",
        "/assets/..%2f..%2fsecret.html",
        "//secret.html",
        "/assets",
        "/assets/",
        "/notes.txt",
        "/index.html",
    ],
)
async def test_nothing_else_is_found(client: httpx.AsyncClient, path: str) -> None:
    url = httpx.URL("http://demo").copy_with(raw_path=path.encode())
    assert (await client.get(url)).status_code == 404


def test_missing_pages_are_a_clear_word(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="make pages"):
        Pages(tmp_path)
