"""The demo's HTTP side: tokens for names, the page, and the app behind both."""

import httpx
import pytest

from antiphon.auth import JWT, Attempt
from antiphon.cli.demo.app import build_app
from antiphon.cli.demo.site import LONGEST_BODY, Site
from antiphon.server.pages import Pages

SECRET = "x" * 32


@pytest.fixture
def jwt() -> JWT:
    return JWT(secret=SECRET)


@pytest.fixture
def site(jwt: JWT, tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("pages")
    (folder / "index.html").write_text("<p>hello</p>")
    return Site(build_app(jwt), jwt, Pages(folder))


@pytest.fixture
def client(site: Site) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="http://demo")


async def test_a_name_gets_a_token_of_that_name(client: httpx.AsyncClient, jwt: JWT) -> None:
    answer = await client.post("/demo/token", json={"name": "Zoë O'Hara"})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    identity = await jwt.connect(Attempt(token=answer.json()["token"]))
    assert identity is not None
    assert identity.user == "Zoë O'Hara"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b'{"name": 7}',
        b'{"name": ""}',
        b'{"name": " padded"}',
        b'{"name": "' + b"a" * 25 + b'"}',
        b'{"name": "bea"}' + b" " * LONGEST_BODY,
    ],
)
async def test_anything_else_is_refused(client: httpx.AsyncClient, content: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = await client.post("/demo/token", content=content, headers=headers)
    assert answer.status_code == 400
    assert answer.json() == {"error": "A name has 1 to 24 characters."}


async def test_a_form_of_another_origin_gets_no_token(client: httpx.AsyncClient) -> None:
    answer = await client.post("/demo/token", content=b'{"name": "bea"}')
    assert (answer.status_code, answer.json()) == (415, {"error": "Send JSON."})


async def test_a_token_is_not_for_reading(client: httpx.AsyncClient) -> None:
    answer = await client.get("/demo/token", headers={"content-type": "application/json"})
    assert answer.status_code == 405


async def test_the_page_and_the_app_are_side_by_side(client: httpx.AsyncClient) -> None:
    assert (await client.get("/")).text == "<p>hello</p>"
    assert (await client.get("/nothing-here")).status_code == 404
    assert b"antiphon" in (await client.get("/metrics")).content
