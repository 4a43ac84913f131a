"""The explorer's routes: who gets what of it, with which headers."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from antiphon import Anonymous, App
from antiphon.contract import contract_of
from antiphon.contract.explorer import Explorer
from antiphon.contract.model import Contract
from antiphon.contract.serving import Documents
from antiphon.server.readers import Docs, Readers
from antiphon.server.site import Site
from tests.contract.zoo import Moved, zoo
from tests.server.asgi import Answer, ask

PAGES = ("/docs", "/docs/", "/docs/index-1234.js", "/docs/contract.json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pages as Vite builds them."""
    folder = tmp_path / "explorer"
    (folder / "docs").mkdir(parents=True)
    (folder / "index.html").write_text("<p>the page</p>")
    (folder / "docs" / "index-1234.js").write_text("explore()")
    return folder


class Served:
    """The explorer alone, of an app whose clients have to bring a token, from these pages."""

    def __init__(self, app: App, docs: Docs, folder: Path) -> None:
        readers = Readers(docs, connect=app.behaviour.connect)
        self._site = Site(Explorer(Documents(app), readers, folder).routes())

    async def get(self, path: str, *, method: str = "GET", root: str = "") -> Answer:
        app: Any = self._site
        return await ask(app, path, method=method, root=root)


async def test_the_page_is_served_with_a_strict_policy(folder: Path) -> None:
    answer = await Served(zoo(), "open", folder).get("/docs")
    assert (answer.status, answer.body) == (200, b"<p>the page</p>")
    policy = answer.headers[b"content-security-policy"].decode()
    assert policy.startswith("default-src 'self'; ")
    assert "unsafe" not in policy
    assert answer.headers[b"cache-control"] == b"no-cache"
    assert answer.headers[b"x-content-type-options"] == b"nosniff"


async def test_its_assets_are_kept_for_ever(folder: Path) -> None:
    answer = await Served(zoo(), "open", folder).get("/docs/index-1234.js")
    assert (answer.status, answer.body) == (200, b"explore()")
    assert answer.headers[b"content-type"] == b"text/javascript; charset=utf-8"
    assert b"immutable" in answer.headers[b"cache-control"]


async def test_the_contract_is_what_the_app_declares(folder: Path) -> None:
    app = zoo()
    answer = await Served(app, "open", folder).get("/docs/contract.json")
    assert answer.headers[b"content-type"] == b"application/json"
    assert msgspec.json.decode(answer.body, type=Contract) == contract_of(app)


@pytest.mark.parametrize("root", ["", "/live"])
async def test_a_slash_too_many_leads_to_the_page(folder: Path, root: str) -> None:
    answer = await Served(zoo(), "open", folder).get(f"{root}/docs/", root=root)
    assert (answer.status, answer.headers[b"location"]) == (308, b"../docs")


@pytest.mark.parametrize(
    "path", ["/docs/other.js", "/docs/../docs", "/docs/index.html", "/docs/x/y"]
)
async def test_nothing_else_is_found(folder: Path, path: str) -> None:
    assert (await Served(zoo(), "open", folder).get(path)).status == 404


@pytest.mark.parametrize("path", ["/docs", "/docs/index-1234.js", "/docs/contract.json"])
async def test_nothing_is_changed_by_it(folder: Path, path: str) -> None:
    served = Served(zoo(), "open", folder)
    assert (await served.get(path, method="POST")).status == 405
    assert (await served.get(path, method="HEAD")).status == 200


async def test_strangers_get_the_page_that_asks_for_a_token_and_nothing_of_the_app(
    folder: Path,
) -> None:
    served = Served(zoo(), "clients", folder)
    page = await served.get("/docs")
    assert (page.status, page.body) == (401, b"<p>the page</p>")
    assert page.headers[b"www-authenticate"] == b"Bearer"
    assert b"content-security-policy" in page.headers
    contract = await served.get("/docs/contract.json")
    assert (contract.status, contract.body) == (401, b"a token is needed")


async def test_who_is_not_wanted_does_not_even_get_the_page(folder: Path) -> None:
    app = App("Closed")

    @app.on_connect
    def refuse(attempt: object) -> None:
        raise RuntimeError("broken")

    answer = await Served(app, "clients", folder).get("/docs")
    assert (answer.status, answer.body) == (500, b"internal server error")


async def test_without_built_pages_a_line_says_so(tmp_path: Path) -> None:
    served = Served(zoo(), "open", tmp_path / "explorer")
    for path in ("/docs", "/docs/index-1234.js"):
        answer = await served.get(path)
        assert answer.status == 503
        assert answer.body == b"the explorer's pages are not built; `make pages` builds them"
    assert (await served.get("/docs/contract.json")).status == 200


async def test_it_is_off_where_the_app_says_so() -> None:
    app = App("Off", auth=Anonymous(), docs="off")
    for path in PAGES:
        assert (await ask(app, path)).status == 404


async def test_an_app_has_it_under_the_setting_of_its_documents() -> None:
    app = App("Open", version="1.0.0", auth=Anonymous(), docs="open")
    app.channel("news", publishes=Moved)
    answer = await ask(app, "/docs/contract.json")
    assert msgspec.json.decode(answer.body, type=Contract).title == "Open"
    assert (await ask(zoo(), "/docs/contract.json")).status == 401
