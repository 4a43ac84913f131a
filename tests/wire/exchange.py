"""One HTTP request to an ASGI app, with a server played by the test."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from tests.wire.events import EventReader, LineReader, ServerSentEvent

PATIENCE = 10
"""Seconds to wait for what must happen."""

App = Callable[[Any, Any, Any], Any]


class Exchange:
    """A request, and what is answered; clear `taking` to have the client take nothing.

    Args:
        body: in one piece; None sends nothing, see `put`.
    """

    def __init__(
        self,
        app: App,
        method: str = "GET",
        path: str = "/",
        *,
        query: str = "",
        headers: Iterable[tuple[str, str]] = (),
        body: bytes | None = b"",
        **scope: Any,
    ) -> None:
        self.sent: list[dict[str, Any]] = []
        self.taking = asyncio.Event()
        self.taking.set()
        self._inbound: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._arrived = asyncio.Event()
        if body is not None:
            self.put(body)
        full = {
            "type": "http",
            "method": method,
            "path": path,
            "root_path": "",
            "query_string": query.encode(),
            "scheme": "http",
            "client": ("127.0.0.1", 5),
            "headers": [
                (name.lower().encode(), value.encode("latin-1"))
                for name, value in (("host", "example.com"), *headers)
            ],
            **scope,
        }
        self.app = asyncio.ensure_future(app(full, self._inbound.get, self._send))

    def put(self, piece: bytes, *, more: bool = False) -> None:
        """Send a piece of the body."""
        self._inbound.put_nowait({"type": "http.request", "body": piece, "more_body": more})

    def leave(self) -> None:
        """Be gone."""
        self._inbound.put_nowait({"type": "http.disconnect"})

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait until a condition holds that something sent brings about."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._arrived.clear()
                await self._arrived.wait()

    async def done(self) -> "Exchange":
        """Wait for the end of the app's call."""
        async with asyncio.timeout(PATIENCE):
            await self.app
        return self

    @property
    def status(self) -> int | None:
        """Of the response, once it has begun."""
        return self.sent[0]["status"] if self.sent else None

    @property
    def headers(self) -> dict[str, str]:
        """Of the response."""
        pairs = [
            (name.decode(), value.decode("latin-1")) for name, value in self.sent[0]["headers"]
        ]
        assert len(dict(pairs)) == len(pairs), "a header twice"
        return dict(pairs)

    @property
    def body(self) -> bytes:
        """As far as it was sent."""
        return b"".join(message.get("body", b"") for message in self.sent[1:])

    @property
    def ended(self) -> bool:
        """Whether the response is whole."""
        return bool(self.sent) and not self.sent[-1].get("more_body", "status" in self.sent[-1])

    @property
    def lines(self) -> list[Any]:
        """The body as lines of JSON."""
        return LineReader().feed(self.body.decode())

    @property
    def events(self) -> list[ServerSentEvent]:
        """The body as server-sent events."""
        return EventReader().feed(self.body.decode())

    async def _send(self, message: Any) -> None:
        await self.taking.wait()
        assert not self.ended, "something behind the end"
        assert (message["type"] == "http.response.start") is (not self.sent)
        self.sent.append(dict(message))
        self._arrived.set()
        if self.ended:
            self.leave()  # as servers tell an app that goes on receiving
