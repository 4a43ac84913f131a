"""The demo in a real browser: two windows, two people, one server.

Nothing here waits for a time: Playwright's `expect` looks again until what it wants is there.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from antiphon import codes
from antiphon.cli.demo import Site, build
from antiphon.cli.demo import app as demo_app
from antiphon.cli.demo.league import FIXTURES
from antiphon.cli.demo.market import OPENINGS
from tests.web.conftest import Visit, overflow, served, windows

PHONE = {"width": 360, "height": 740}


@pytest.fixture
def site(node_modules: Path) -> Site:
    """The demo, with the pages that were built by means of `node_modules`."""
    return build()


@pytest.fixture
def quiet_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have everything published once, when the app starts, and then no more."""
    monkeypatch.setattr(demo_app, "SECONDS_PER_TRADE", 3600)
    monkeypatch.setattr(demo_app, "SECONDS_PER_MINUTE_OF_PLAY", 3600)


@pytest.fixture
async def visit(browser: Browser, site: Site) -> AsyncIterator[Visit]:
    async with (
        served(site) as server,
        windows(browser, f"http://127.0.0.1:{server.port}") as visit,
    ):
        yield visit


async def enter(page: Page, name: str) -> Page:
    """Log in, and wait until one can talk."""
    await page.get_by_test_id("name").fill(name)
    await page.get_by_test_id("enter").click()
    await expect(page.get_by_test_id("send")).to_be_enabled()
    return page


async def say(page: Page, *texts: str) -> None:
    for text in texts:
        await page.get_by_test_id("text").fill(text)
        await page.get_by_test_id("send").click()
        await expect(page.get_by_test_id("message-text").last).to_have_text(text)


async def test_two_people_talk(visit: Visit) -> None:
    bea, cy = await enter(await visit(), "Bea"), await enter(await visit(), "Cy")
    await say(bea, "Is anybody there?")
    await expect(cy.get_by_test_id("message-text")).to_have_text(["Is anybody there?"])
    await expect(cy.get_by_test_id("message-name")).to_have_text(["Bea"])
    await say(cy, "I am.")
    for page in (bea, cy):
        await expect(page.get_by_test_id("message-text")).to_have_text(
            ["Is anybody there?", "I am."]
        )
        await expect(page.get_by_test_id("message-name")).to_have_text(["Bea", "Cy"])


async def test_typing_shows_until_it_is_said(visit: Visit) -> None:
    bea, cy = await enter(await visit(), "Bea"), await enter(await visit(), "Cy")
    await cy.get_by_test_id("text").press_sequentially("hm")
    await expect(bea.get_by_test_id("typing")).to_have_text("Cy is typing")
    await cy.get_by_test_id("text").press("Enter")
    await expect(bea.get_by_test_id("message-text")).to_have_text(["hm"])
    await expect(bea.get_by_test_id("typing")).to_have_text("")
    await expect(cy.get_by_test_id("typing")).to_have_text("")


async def test_everybody_sees_who_is_here(visit: Visit) -> None:
    bea, cy = await enter(await visit(), "Bea"), await enter(await visit(), "Cy")
    for page in (bea, cy):
        await expect(page.get_by_test_id("person")).to_contain_text(["Bea", "Cy"])
        await expect(page.get_by_test_id("people-count")).to_have_text("2 here")
    await expect(bea.get_by_test_id("note")).to_have_text(["Cy came in"])
    await cy.context.close()
    await expect(bea.get_by_test_id("person")).to_contain_text(["Bea"])
    await expect(bea.get_by_test_id("note")).to_have_text(["Cy came in", "Cy left"])


async def test_what_was_missed_appears_on_return(visit: Visit) -> None:
    bea, cy = await enter(await visit(), "Bea"), await enter(await visit(), "Cy")
    await say(bea, "I have to go.")
    await bea.get_by_test_id("switch").click()
    await expect(bea.get_by_test_id("pill")).to_contain_text("Offline")
    await expect(bea.get_by_test_id("away-banner")).to_be_visible()
    await expect(bea.get_by_test_id("send")).to_be_disabled()
    await expect(cy.get_by_test_id("person")).to_contain_text(["Cy"])
    await say(cy, "one", "two", "three")
    await expect(bea.get_by_test_id("message")).to_have_count(1)

    await bea.get_by_test_id("switch").click()
    await expect(bea.get_by_test_id("pill")).to_contain_text("Online")
    missed = bea.locator("[data-testid=message][data-away]")
    await expect(missed.get_by_test_id("message-text")).to_have_text(["one", "two", "three"])
    await expect(bea.get_by_test_id("divider")).to_have_text(["While you were away"])
    await say(cy, "Welcome back.")
    everything = ["I have to go.", "one", "two", "three", "Welcome back."]
    await expect(bea.get_by_test_id("message-text")).to_have_text(everything)
    await expect(missed).to_have_count(3)


async def test_what_cannot_be_recovered_is_said_to_be_gone(visit: Visit, site: Site) -> None:
    bea, cy = await enter(await visit(), "Bea"), await enter(await visit(), "Cy")
    await say(bea, "one")
    await bea.get_by_test_id("switch").click()
    await expect(bea.get_by_test_id("pill")).to_contain_text("Offline")
    await say(cy, "two")
    await site.app.hub.core.engine.remove_history("chat:lobby")
    await say(cy, "three")
    await bea.get_by_test_id("switch").click()
    await expect(bea.get_by_test_id("divider")).to_have_text(["Some of what was said is gone"])
    await expect(bea.get_by_test_id("message-text")).to_have_text(["three"])


async def test_a_cut_connection_comes_back_by_itself(visit: Visit, site: Site) -> None:
    bea, cy = await enter(await visit(), "Bea"), await enter(await visit(), "Cy")
    await say(bea, "Before.")
    site.app.disconnect("Bea", *codes.SHUTDOWN)
    await expect(cy.get_by_test_id("note")).to_have_text(["Bea left", "Bea came in"])
    await say(cy, "After.")
    await expect(bea.get_by_test_id("pill")).to_contain_text("Online")
    await expect(bea.get_by_test_id("message-text")).to_have_text(["Before.", "After."])


async def test_who_enters_later_finds_the_history(visit: Visit) -> None:
    await say(await enter(await visit(), "Bea"), "first", "second")
    cy = await enter(await visit(), "Cy")
    await expect(cy.get_by_test_id("message-text")).to_have_text(["first", "second"])
    await expect(cy.locator("[data-testid=message][data-away]")).to_have_count(0)


async def test_rooms_are_apart(visit: Visit) -> None:
    bea, cy = await enter(await visit(), "Bea"), await enter(await visit(), "Cy")
    await bea.get_by_test_id("new-room-name").fill("Choir Practice!")
    await bea.get_by_test_id("new-room-name").press("Enter")
    await expect(bea.get_by_test_id("room-name")).to_have_text("choir-practice")
    await expect(bea.get_by_test_id("send")).to_be_enabled()
    await say(bea, "for ourselves")
    await expect(cy.get_by_test_id("person")).to_contain_text(["Cy"])
    await expect(cy.get_by_test_id("message")).to_have_count(0)
    dan = await enter(await visit("/#choir-practice"), "Dan")
    await expect(dan.get_by_test_id("message-text")).to_have_text(["for ourselves"])
    await dan.get_by_test_id("room").filter(has_text="lobby").click()
    await expect(cy.get_by_test_id("person")).to_contain_text(["Cy", "Dan"])
    await expect(dan.get_by_test_id("message")).to_have_count(0)


async def test_the_feed_has_its_last_values_on_arrival(quiet_feed: None, visit: Visit) -> None:
    page = await enter(await visit(), "Bea")
    prices = [f"{price:.2f}" for price in OPENINGS.values()]
    await expect(page.get_by_test_id("quote-price")).to_have_text(prices)
    await expect(page.get_by_test_id("score-home")).to_have_text(["0"] * len(FIXTURES))


async def test_the_feed_moves(visit: Visit) -> None:
    page = await enter(await visit(), "Bea")
    flashed = page.locator("[data-testid=quote-price][data-flash]")
    await expect(flashed.first).to_be_attached()


async def test_typed_text_is_never_markup(visit: Visit) -> None:
    name = "<b>Bea</b>"
    markup = "<img src=x onerror=alert(1)>"
    bea, cy = await enter(await visit(), name), await enter(await visit(), "Cy")
    await say(bea, markup)
    await expect(cy.get_by_test_id("message-text")).to_have_text([markup])
    await expect(cy.get_by_test_id("message-name")).to_have_text([name])
    await expect(cy.locator("#log img, #log b, #people b")).to_have_count(0)


async def test_a_keyboard_is_enough(visit: Visit) -> None:
    page = await visit()
    await page.keyboard.type("Bea")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("send")).to_be_enabled()
    await page.keyboard.type("Look, no hands.")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("message-text")).to_have_text(["Look, no hands."])


async def test_a_reload_keeps_the_name_until_one_leaves(visit: Visit) -> None:
    page = await enter(await visit(), "Bea")
    await page.reload()
    await expect(page.get_by_test_id("me")).to_contain_text("Bea")
    await expect(page.get_by_test_id("send")).to_be_enabled()
    await page.get_by_test_id("leave").click()
    await expect(page.get_by_test_id("name")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_is_wider_than_a_phone(visit: Visit, scheme: str) -> None:
    page = await visit(size=PHONE)
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    assert await overflow(page) == 0
    await enter(page, "A name of 24 characters.")
    await say(page, "long" * 100)
    assert await overflow(page) == 0
    await page.get_by_test_id("view-feed").click()
    await expect(page.get_by_test_id("quote").first).to_be_visible()
    await expect(page.get_by_test_id("log")).to_be_hidden()
    assert await overflow(page) == 0
