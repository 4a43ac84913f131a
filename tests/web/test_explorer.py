"""The explorer in a real browser, used as a person would.

Nothing here waits for a time: Playwright's `expect` looks again until what it wants is there.
"""

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, Page, expect

import antiphon
from antiphon import JWT, App
from tests.contract.zoo import imported, source_of_big_app
from tests.web.conftest import Visit, overflow, served, windows
from tests.web.teahouse import MARKUP, SECRET, teahouse

BUILT = Path(antiphon.__file__).parent / "pages" / "explorer"
BUDGET = 150 * 1024
PHONE = {"width": 360, "height": 740}
TABLE = "/docs#/channel/tableNumberInt"
TOKEN = JWT(secret=SECRET).issue("alice", ttl=600)


@pytest.fixture
def app(node_modules: Path) -> App:
    """The app, where the pages were built by means of `node_modules`."""
    return teahouse()


@pytest.fixture
async def visit(browser: Browser, app: App) -> AsyncIterator[Visit]:
    async with (
        served(app) as server,
        windows(browser, f"http://127.0.0.1:{server.port}") as visit,
    ):
        yield visit


async def authorize(page: Page, token: str = TOKEN) -> Page:
    """Paste a token, and wait for the connection that it makes."""
    await page.get_by_test_id("authorize").click()
    await page.get_by_test_id("token").fill(token)
    await page.get_by_test_id("token-use").click()
    await expect(page.get_by_test_id("pill")).to_contain_text("Online")
    return page


async def subscribe(page: Page) -> Page:
    await page.get_by_test_id("subscribe").click()
    await expect(page.get_by_test_id("subscribe")).to_have_text("Unsubscribe")
    return page


async def publish(page: Page, item: str) -> None:
    """Fill in the form of an order that is open, and send it."""
    await field(page, "item").fill(item)
    await page.get_by_test_id("submit").click()


def field(page: Page, path: str) -> Any:
    return page.locator(f'[data-path="{path}"]')


def problem_at(page: Page, path: str) -> Any:
    return page.locator(".field", has=field(page, path)).locator(".problem")


async def test_a_bad_event_is_blamed_on_its_field_and_a_good_one_arrives(visit: Visit) -> None:
    page = await subscribe(await authorize(await visit(TABLE)))
    await page.get_by_test_id("try").click()
    await publish(page, "")
    await expect(problem_at(page, "item")).to_have_text("Expected `str` of length >= 1")
    await expect(field(page, "item")).to_be_focused()
    said = "107 bad request: order.item: Expected `str` of length >= 1"
    await expect(page.get_by_test_id("problem")).to_have_text(said)

    await publish(page, "cake")
    await expect(problem_at(page, "item")).to_have_text("")
    await expect(page.get_by_test_id("outcome")).to_have_text("Sent.")
    entry = page.get_by_test_id("entry").filter(has_text="ordered")
    await expect(entry).to_contain_text("table:42 · offset 1 · 45 B")
    await entry.locator("summary").click()
    await expect(entry.locator("pre")).to_contain_text('"by": "alice"')


async def test_an_error_deeper_down_is_blamed_on_what_holds_it(visit: Visit) -> None:
    page = await subscribe(await authorize(await visit(TABLE)))
    await page.get_by_test_id("try").click()
    await field(page, "sugar.lumps").fill("seven")
    await page.get_by_test_id("submit").click()
    await expect(problem_at(page, "sugar.lumps").last).to_have_text("Expected `int`, got `str`")
    await field(page, "sugar.lumps").fill("")
    await page.get_by_test_id("submit").click()
    missing = "Object missing required field `lumps`"
    await expect(problem_at(page, "sugar.lumps").last).to_have_text(missing)


async def test_json_may_be_edited_instead(visit: Visit) -> None:
    page = await subscribe(await authorize(await visit(TABLE)))
    await page.get_by_test_id("try").click()
    await field(page, "item").fill("scone")
    await page.get_by_test_id("tab-json").click()
    written = page.get_by_test_id("json")
    assert json.loads(await written.input_value())["item"] == "scone"
    await written.fill("{")
    await page.get_by_test_id("submit").click()
    await expect(page.get_by_test_id("problem")).to_contain_text("This is no JSON")
    await written.fill('{"type": "nothing"}')
    await page.get_by_test_id("submit").click()
    await expect(page.get_by_test_id("problem")).to_contain_text("undeclared event 'nothing'")


async def test_a_call_is_answered(visit: Visit) -> None:
    page = await authorize(await visit("/docs#/call/billGet"))
    await page.get_by_test_id("submit").click()
    await expect(page.get_by_test_id("answer")).to_contain_text('"total": 12.5')
    await field(page, "table").fill("0")
    await page.get_by_test_id("submit").click()
    await expect(problem_at(page, "table")).to_have_text("Expected `int` >= 1")
    await field(page, "table").fill("13")
    await page.get_by_test_id("submit").click()
    await expect(page.get_by_test_id("problem")).to_have_text(
        "107 bad request: there is no such table"
    )


async def test_a_message_goes_one_way_and_another_comes(visit: Visit) -> None:
    page = await authorize(await visit("/docs#/messages"))
    await page.get_by_test_id("try").click()
    await page.get_by_test_id("submit").click()
    await expect(page.get_by_test_id("entry-type").filter(has_text="ring")).to_be_visible()
    await expect(page.get_by_test_id("entry-type").filter(has_text="rang")).to_be_visible()


async def test_a_refused_subscription_says_why(visit: Visit) -> None:
    page = await authorize(await visit("/docs#/channel/closed"))
    await page.get_by_test_id("subscribe").click()
    await expect(page.get_by_test_id("subscribe-problem")).to_have_text("103 permission denied")


async def test_a_wrong_token_says_so(visit: Visit) -> None:
    page = await visit(TABLE)
    await page.get_by_test_id("authorize").click()
    await page.get_by_test_id("token").fill("nonsense")
    await page.get_by_test_id("token-use").click()
    entry = page.get_by_test_id("entry").filter(has_text="disconnected")
    await expect(entry).to_contain_text("3500 invalid token")


async def test_the_log_is_filtered_paused_and_saved(visit: Visit) -> None:
    page = await subscribe(await authorize(await visit(TABLE)))
    await page.get_by_test_id("try").click()
    await publish(page, "cake")
    ordered = page.get_by_test_id("entry").filter(has=page.get_by_text("ordered", exact=True))
    await expect(ordered).to_have_count(1)
    await page.get_by_test_id("log-filter").fill("received table:42 cake")
    await expect(page.locator("[data-testid=entry]:visible")).to_have_count(1)
    await page.get_by_test_id("log-filter").fill("")

    await page.get_by_test_id("log-pause").click()
    await publish(page, "scone")
    await expect(page.get_by_test_id("log-pause")).to_have_text("Resume (2)")
    await expect(ordered).to_have_count(1)
    await page.get_by_test_id("log-pause").click()
    await expect(ordered).to_have_count(2)
    await expect(page.get_by_test_id("entry-type").first).to_have_text("ordered")

    async with page.expect_download() as download:
        await page.get_by_test_id("log-save").click()
    file = await (await download.value).path()
    saved = [json.loads(line) for line in file.read_text().splitlines()]
    assert [entry["data"]["item"] for entry in saved if entry["way"] == "in"] == ["cake", "scone"]
    await page.get_by_test_id("log-clear").click()
    await expect(page.get_by_test_id("entry")).to_have_count(0)


async def test_links_lead_to_events_and_calls(visit: Visit) -> None:
    page = await visit(f"{TABLE}/receive/Served")
    await expect(page.get_by_test_id("heading")).to_have_text("table:{number:int}")
    await expect(page.locator('[data-event="Served"]')).to_be_in_viewport()
    await expect(page.locator('[data-event="Served"]')).to_contain_text("Deprecated: use ordered")
    await page.get_by_test_id("item").filter(has_text="bill.get").click()
    await expect(page).to_have_url(f"{page.url.partition('#')[0]}#/call/billGet")
    await page.go_back()
    await expect(page.get_by_test_id("heading")).to_have_text("table:{number:int}")


async def test_the_search_finds_events_by_their_fields(visit: Visit) -> None:
    page = await visit("/docs")
    await expect(page.get_by_test_id("heading")).to_be_visible()
    await page.keyboard.press("/")
    await page.keyboard.type("strength")
    await expect(page.get_by_test_id("found")).to_have_text("orderyou send · table:{number:int}")
    await page.keyboard.press("Enter")
    await expect(page.locator('[data-event="Order"]')).to_be_visible()
    await page.get_by_test_id("search").press("Escape")
    await expect(page.get_by_test_id("contents")).to_contain_text("Codes and limits")


async def test_a_keyboard_is_enough(visit: Visit) -> None:
    page = await visit(TABLE)
    await expect(page.get_by_test_id("heading")).to_be_visible()
    await page.get_by_test_id("authorize").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("token-form")).to_be_hidden()
    await expect(page.get_by_test_id("authorize")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.type(TOKEN)
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("pill")).to_contain_text("Online")
    await page.get_by_test_id("parameter-number").focus()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("subscribe")).to_have_text("Unsubscribe")
    outline = await page.get_by_test_id("subscribe").evaluate("(e) => getComputedStyle(e).outline")
    assert "2px" in outline
    await page.get_by_test_id("try").focus()
    await page.keyboard.press("Enter")
    await expect(field(page, "item")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("outcome")).to_have_text("Sent.")
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("composer")).to_be_hidden()
    await expect(page.get_by_test_id("try")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_is_wider_than_a_phone(visit: Visit, scheme: str) -> None:
    page = await visit("/docs", size=PHONE, color_scheme=scheme)
    for fragment in (
        "#/",
        "#/channel/tableNumberInt",
        "#/call/billGet",
        "#/messages",
        "#/reference",
    ):
        await page.goto(page.url.partition("#")[0] + fragment)
        await expect(page.get_by_test_id("heading")).to_be_visible()
        assert await overflow(page) == 0
    await page.goto(page.url.partition("#")[0] + "#/channel/tableNumberInt")
    await subscribe(await authorize(page))
    await page.get_by_test_id("try").click()
    await publish(page, "long" * 25)
    await expect(page.get_by_test_id("outcome")).to_have_text("Sent.")
    for view in ("browse", "log", "docs"):
        await page.get_by_test_id(f"view-{view}").click()
        assert await overflow(page) == 0


async def test_what_an_app_or_a_peer_says_is_never_markup(visit: Visit) -> None:
    page = await subscribe(await authorize(await visit(TABLE)))
    await expect(page.get_by_test_id("title")).to_have_text(f"Tea house {MARKUP}")
    await expect(page.locator('[data-event="Order"]')).to_contain_text(
        "[Press](javascript:alert(3))"
    )
    await page.get_by_test_id("try").click()
    await publish(page, MARKUP)
    entry = page.get_by_test_id("entry").filter(has_text="ordered")
    await entry.locator("summary").click()
    await expect(entry.locator("pre")).to_contain_text(MARKUP)
    await expect(
        page.locator("img, main b, #log b, body script, [href^='javascript']")
    ).to_have_count(0)


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("JavaScript", 'client.newSubscription("table:42")'),
        ("Swift", 'client.newSubscription(channel: "table:42", delegate: listener)'),
        ("Kotlin", 'client.newSubscription("table:42", object : SubscriptionEventListener() {'),
        ("Dart", 'client.newSubscription("table:42")'),
        ("Python", 'client.new_subscription("table:42", events=Listener())'),
        ("Bare WebSocket", '→ {"id":2,"subscribe":{"channel":"table:42"}}'),
    ],
)
async def test_code_is_shown_in_every_language(visit: Visit, language: str, line: str) -> None:
    page = await authorize(await visit(TABLE))
    await page.get_by_test_id("language").select_option(language)
    code = page.get_by_test_id("snippet")
    await expect(code).to_contain_text(line)
    await expect(code).to_contain_text("/connection/websocket")
    await expect(code).not_to_contain_text(TOKEN)
    await page.get_by_test_id("parameter-number").fill("7")
    await expect(code).to_contain_text("table:7")


async def test_it_works_below_the_path_that_an_app_is_mounted_at(
    browser: Browser, app: App
) -> None:
    outer = FastAPI()
    outer.mount("/live", app)
    async with (
        served(outer) as server,
        windows(browser, f"http://127.0.0.1:{server.port}") as visit,
    ):
        page = await subscribe(await authorize(await visit("/live" + TABLE)))
        await expect(page.get_by_test_id("snippet")).to_contain_text("/live/connection/websocket")
        await page.goto(f"http://127.0.0.1:{server.port}/live/docs/")
        await expect(page).to_have_url(f"http://127.0.0.1:{server.port}/live/docs")
        await expect(page.get_by_test_id("heading")).to_contain_text("Tea house")


async def test_a_token_opens_what_only_clients_may_read(browser: Browser, app: App) -> None:
    """Seen from another host by name: not local any more."""
    async with served(app) as server:
        page = await browser.new_page(extra_http_headers={"x-forwarded-for": "203.0.113.7"})
        answer = await page.goto(f"http://127.0.0.1:{server.port}/docs")
        assert answer is not None
        assert answer.status == 401
        await expect(page.get_by_text("This app asks who you are")).to_be_visible()
        await page.get_by_test_id("token").fill("nonsense")
        await page.get_by_test_id("token-use").click()
        await expect(page.get_by_test_id("token-problem")).to_have_text(
            "This token is not accepted."
        )
        await page.get_by_test_id("token").fill(TOKEN)
        await page.get_by_test_id("token-use").click()
        await expect(page.get_by_test_id("heading")).to_contain_text("Tea house")


async def test_five_hundred_events_are_no_burden(
    browser: Browser, node_modules: Path, tmp_path: Path
) -> None:
    for module in imported("big_for_the_explorer", source_of_big_app(500), tmp_path):
        async with (
            served(module.app) as server,
            windows(browser, f"http://127.0.0.1:{server.port}") as visit,
        ):
            page = await visit("/docs#/channel/c490Room/receive/Event499")
            await expect(page.locator('[data-event="Event499"]').last).to_be_in_viewport()
            await page.get_by_test_id("search").fill("event number 1")
            await expect(page.get_by_test_id("found").locator("li")).to_have_count(100)
            await page.get_by_test_id("search").fill("event321")
            await expect(page.get_by_test_id("found").locator("li")).to_have_count(2)


def test_the_page_keeps_to_its_budget(node_modules: Path) -> None:
    files = [path for path in BUILT.rglob("*") if path.is_file()]
    sizes = {path.name: len(gzip.compress(path.read_bytes())) for path in files}
    assert "index.html" in sizes
    assert sum(sizes.values()) <= BUDGET, sizes
