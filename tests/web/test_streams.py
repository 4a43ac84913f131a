"""Streams in a real browser: `EventSource` without a library, and the SDK where no WebSocket comes through.

The browser reaches the server through a cable that can be cut, and that lets through only what a
test allows.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse
from starlette.routing import Mount, Route

from antiphon import App
from antiphon.testing import serve
from tests.interop.proxy import Proxy
from tests.streaming import build, say

LISTENER = """
<!doctype html><title>Streams</title>
<script>
const heard = [], subs = [];
let opened = 0;
function take(push) {
  for (const [channel, joined] of Object.entries(push.connect?.subs ?? {})) {
    subs.push({ channel, ...joined });
    for (const pub of joined.publications ?? []) heard.push([channel, pub.data.text]);
  }
  if (push.pub) heard.push([push.channel, push.pub.data.text]);
}
function listen(url) {
  window.source = new EventSource(url);
  source.onopen = () => { opened += 1; };
  source.onmessage = ({ data }) => take(JSON.parse(data));
}
</script>
"""

FALLING_BACK = """
<!doctype html><title>SDK</title>
<script src="/centrifuge.js"></script>
<script>
const heard = [], states = [];
function connect(base, fallbacks) {
  const socket = base.replace("http", "ws") + "/connection/websocket";
  const transports = fallbacks.map((transport) => ({
    transport,
    endpoint: transport === "websocket" ? socket : `${base}/connection/${transport}`,
  }));
  window.client = new Centrifuge(transports, {
    emulationEndpoint: `${base}/emulation`,
    minReconnectDelay: 20,
    maxReconnectDelay: 200,
  });
  client.on("connected", (context) => states.push(context.transport));
  client.on("error", () => {});
  window.room = client.newSubscription("room:a");
  room.on("publication", ({ data }) => heard.push(data.text));
  room.on("subscribed", ({ recovered }) => states.push(`recovered: ${recovered}`));
  room.subscribe();
  client.connect();
}
</script>
"""


class Sieve(Proxy):
    """A proxy that drops the requests whose head holds one of some words."""

    def __init__(self, upstream: int, *words: bytes) -> None:
        super().__init__(upstream)
        self.words = words
        self.refused = 0

    def passes(self, data: bytes) -> bool:
        refused = any(word in data for word in self.words)
        self.refused += refused
        return not refused


@pytest.fixture
def app() -> App:
    return build()


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


def site(html: str, app: App, sdk: Path | None = None) -> Starlette:
    async def page(request: Request) -> HTMLResponse:
        return HTMLResponse(html)

    async def script(request: Request) -> FileResponse:
        assert sdk is not None
        return FileResponse(sdk)

    routes = [Route("/", page), Route("/centrifuge.js", script), Mount("/live", app)]
    return Starlette(routes=routes, lifespan=app.lifespan)


async def port_of(stack: AsyncExitStack, target: Any) -> int:
    served = await stack.enter_async_context(serve(target))
    return int(served.url.rpartition(":")[2])


async def until(page: Page, script: str, condition: Callable[[Any], bool]) -> Any:
    """Wait until what a script finds is as it should be."""
    found = None
    async with asyncio.timeout(30):
        while True:
            found = await page.evaluate(script)
            if condition(found):
                return found
            await asyncio.sleep(0.02)


# Without a library.


Listen = Callable[..., Awaitable[tuple[Page, Proxy]]]


@pytest.fixture
async def listen(app: App, browser: Browser, stack: AsyncExitStack) -> Listen:
    """Open a page whose `EventSource` asks for channels; also returns its cable."""

    async def listen(*channels: str) -> tuple[Page, Proxy]:
        port = await port_of(stack, site(LISTENER, app))
        cable = await stack.enter_async_context(Proxy(port).listening())
        page = await browser.new_page()
        await page.goto(f"http://127.0.0.1:{cable.port}/")
        request = json.dumps({"subs": {channel: {} for channel in channels}})
        await page.evaluate(f"listen('/live/connection/uni_sse?cf_connect={quote(request)}')")
        return page, cable

    return listen


async def test_an_event_source_resumes_by_itself(app: App, listen: Listen) -> None:
    page, cable = await listen("room:a", "room:b")
    await until(page, "opened", lambda opened: opened == 1)
    number = 0

    async def publish(count: int) -> None:
        nonlocal number
        for _ in range(count):
            number += 1
            await say(app, "room:a", str(number))
            await say(app, "room:b", str(number))
            await asyncio.sleep(0)

    for round_ in range(2):
        await publish(20)
        cable.cut()  # with what is on its way
        await publish(20)
        cable.mend()
        await until(page, f"opened > {round_ + 1}", bool)
        await publish(5)
    expected = [str(n) for n in range(1, number + 1)]
    heard = await until(page, "heard", lambda heard: len(heard) >= 2 * number)
    for channel in ("room:a", "room:b"):
        assert [text for name, text in heard if name == channel] == expected
    told = await page.evaluate("subs.slice(2)")
    assert all(joined["was_recovering"] and joined["recovered"] for joined in told)


async def test_an_event_source_is_told_what_is_lost(app: App, listen: Listen) -> None:
    page, cable = await listen("short:a")
    await until(page, "subs.length", lambda count: count == 1)
    cable.cut()
    await say(app, "short:a", "1", "2", "3")
    cable.mend()
    told = await until(page, "subs", lambda subs: len(subs) == 2)
    assert told[1]["was_recovering"] is True
    assert "recovered" not in told[1]
    await say(app, "short:a", "4")
    assert await until(page, "heard", bool) == [["short:a", "4"]]


async def test_an_event_source_outlives_a_busy_server(app: App, listen: Listen) -> None:
    page, cable = await listen("room:a")
    await until(page, "opened", lambda opened: opened == 1)
    cable.cut()
    app.hub.draining = True
    cable.mend()
    await say(app, "room:a", "1")
    await until(page, "opened", lambda opened: opened >= 2)
    app.hub.draining = False
    assert await until(page, "heard", bool) == [["room:a", "1"]]


async def test_an_event_source_that_is_refused_gives_up(listen: Listen) -> None:
    page, _ = await listen("nowhere")
    await until(page, "source.readyState === EventSource.CLOSED", bool)
    assert await page.evaluate("opened") == 0


# The SDK.


@pytest.fixture
def sdk(node_modules: Path) -> Path:
    return node_modules / "centrifuge" / "dist" / "centrifuge.js"


UPGRADES, STREAMS = b"\r\nUpgrade: websocket\r\n", b"POST /live/connection/http_stream "


@pytest.mark.parametrize(
    ("blocked", "transport"),
    [((), "websocket"), ((UPGRADES,), "http_stream"), ((UPGRADES, STREAMS), "sse")],
)
@pytest.mark.parametrize("cross_origin", [False, True])
async def test_the_sdk_falls_back(
    app: App,
    browser: Browser,
    stack: AsyncExitStack,
    sdk: Path,
    blocked: tuple[bytes, ...],
    transport: str,
    cross_origin: bool,
) -> None:
    port = await port_of(stack, site(FALLING_BACK, app, sdk))
    cable = Sieve(port, *blocked)
    await stack.enter_async_context(cable.listening())
    home = f"http://{'localhost' if cross_origin else '127.0.0.1'}:{cable.port}"
    if cross_origin:
        app._entrance._origins = frozenset({home})
    page = await browser.new_page()
    await page.goto(home)
    base = f"http://127.0.0.1:{cable.port}/live"
    await page.evaluate(f"connect('{base}', ['websocket', 'http_stream', 'sse'])")
    states = await until(page, "states", lambda states: len(states) == 2)
    assert states == [transport, "recovered: false"]
    assert bool(cable.refused) is bool(blocked)
    await page.evaluate("room.publish({ type: 'said', text: '1' })")
    await until(page, "heard", lambda heard: heard == ["1"])
    assert await page.evaluate("client.rpc('echo', 'hello').then(({ data }) => data)") == "hello"
    cable.cut()
    await say(app, "room:a", "2", "3")
    cable.mend()
    await until(page, "states", lambda states: len(states) == 4)
    await say(app, "room:a", "4")
    await until(page, "heard", lambda heard: len(heard) >= 4)
    assert await page.evaluate("heard") == ["1", "2", "3", "4"]
    assert (await page.evaluate("states"))[2:] == [transport, "recovered: true"]
    await page.evaluate("client.disconnect()")
