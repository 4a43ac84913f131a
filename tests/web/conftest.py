"""What the tests of pages have in common: one Chromium per test, and what a page has to keep to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from antiphon.hosting import Hosting
from antiphon.wire.server import Server

ARGUMENTS = ["--no-sandbox", "--disable-background-networking"]
DESKTOP = {"width": 1280, "height": 800}

Visit = Callable[..., Awaitable[Page]]


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        await browser.close()


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[Server]:
    """Serve an app on a free port."""
    hosting = Hosting(app)
    server = hosting.server(port=0, log_level="warning")
    serving = asyncio.create_task(hosting.serve(server))
    await server.ready.wait()
    yield server
    server.should_exit = True
    await serving


@asynccontextmanager
async def windows(browser: Browser, origin: str) -> AsyncIterator[Visit]:
    """Open windows of their own; each must load from `origin` only, and without complaint."""
    complaints: list[str] = []
    loaded: set[str] = set()

    def listen(line: ConsoleMessage) -> None:
        if line.type in ("error", "warning"):
            complaints.append(line.text)

    async def open_window(
        path: str = "/", *, size: dict[str, int] = DESKTOP, **options: Any
    ) -> Page:
        context = await browser.new_context(viewport=size, **options)  # type: ignore[arg-type]
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: loaded.add(request.url))
        page.on("console", listen)
        await page.goto(origin + path)
        return page

    yield open_window
    assert not complaints
    assert not {url for url in loaded if not url.startswith((origin, "blob:"))}


async def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    found: int = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return found
