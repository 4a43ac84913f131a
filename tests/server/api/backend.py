"""A backend that calls the server API of an app, without a socket in between."""

import json
from typing import Any

from antiphon import API, App
from tests.hub.stage import Peer, Stage
from tests.server.asgi import Answer, ask

KEY = "a key that backends know".replace(" ", "-")
INTERNAL = (100, "internal server error")


class Backend:
    """One that knows the key."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def post(self, path: str, body: bytes, **headers: str) -> Answer:
        """Send a body as it is."""
        sent = {"x-api-key": KEY} | {k.replace("_", "-"): v for k, v in headers.items()}
        return await ask(self.app, path, method="POST", headers=sent, body=body)

    async def call(self, method: str, /, **request: Any) -> dict[str, Any]:
        """Call a method; return the whole reply."""
        answer = await self.post(f"/api/{method}", json.dumps(request).encode())
        assert (answer.status, answer.headers[b"content-type"]) == (200, b"application/json")
        reply: dict[str, Any] = json.loads(answer.body)
        return reply

    async def result(self, method: str, /, **request: Any) -> Any:
        """Call a method that must succeed."""
        reply = await self.call(method, **request)
        assert list(reply) == ["result"], reply
        return reply["result"]

    async def error(self, method: str, /, **request: Any) -> tuple[int, str]:
        """Call a method that must be refused; return code and message."""
        reply = await self.call(method, **request)
        assert list(reply) == ["error"], reply
        assert list(reply["error"]) == ["code", "message"]
        return reply["error"]["code"], reply["error"]["message"]

    async def refusal(self, path: str, body: Any) -> tuple[int, str]:
        """Send what must be refused before any method is called; return status and text."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = await self.post(path, sent)
        assert answer.headers[b"content-type"] == b"text/plain; charset=utf-8"
        return answer.status, answer.body.decode()


def api_stage(**options: Any) -> Stage:
    """Make a stage whose app has a server API."""
    return Stage(api=API(key=KEY), **options)


def unsubscribed(channel: str) -> dict[str, Any]:
    """Return the push that tells a client."""
    return {"channel": channel, "unsubscribe": {"code": 2000, "reason": "server unsubscribe"}}


def codes(*peers: Peer) -> list[int | None]:
    """Return the codes that peers were closed with."""
    return [peer.code for peer in peers]
