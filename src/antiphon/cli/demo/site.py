"""What the demo serves by HTTP: its page, tokens for whoever gives a name, and the app.

A token is handed out for any name, as nobody needs to prove anything in a demo. The secret behind
the tokens is made when the demo starts and forgotten when it ends.

Refuses a wrong request with 4xx and ``{"error": "..."}``, whose text is for the reader.
"""

import secrets
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

import antiphon
from antiphon.app import App
from antiphon.auth import JWT
from antiphon.cli.demo.app import build_app
from antiphon.server.http import Receive, Scope, Send, respond
from antiphon.server.pages import Pages

LOGIN_PATH = "/demo/token"
TOKEN_SECONDS = 3600
LONGEST_BODY = 1024


class Login(Struct):
    """What the page's login form sends."""

    name: Annotated[str, Meta(min_length=1, max_length=24, pattern=r"^\S(.*\S)?$")]


class Site:
    """An ASGI application around the demo's `app`."""

    def __init__(self, app: App, jwt: JWT, pages: Pages) -> None:
        self.app = app
        self._jwt = jwt
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the page and the tokens; the app serves the rest."""
        if scope["type"] == "http" and scope["path"] in self._pages:
            await self._pages(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == LOGIN_PATH:
            await self._login(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _login(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A page of another origin cannot send this type without asking first, and nobody answers.
        if (b"content-type", b"application/json") not in scope["headers"]:
            return await _answer(send, 415, error="Send JSON.")
        if scope["method"] != "POST":
            return await _answer(send, 405, error="Use POST.")
        try:
            login = msgspec.json.decode(await _body(receive), type=Login)
        except msgspec.DecodeError:
            return await _answer(send, 400, error="A name has 1 to 24 characters.")
        token = self._jwt.issue(login.name, ttl=TOKEN_SECONDS)
        await _answer(send, 200, token=token)


async def _body(receive: Receive) -> bytes:
    """The request's body; of one that is too long, nothing."""
    body = b""
    more = True
    while more and len(body) <= LONGEST_BODY:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body if len(body) <= LONGEST_BODY else b""


async def _answer(send: Send, status: int, **content: str) -> None:
    body = msgspec.json.encode(content)
    await respond(send, status, body, content_type="application/json")


def build() -> Site:
    """The demo, ready to be served.

    Raises:
        StartupError: the pages were not built.
    """
    pages = Pages(Path(antiphon.__file__).parent / "pages" / "demo")
    jwt = JWT(secret=secrets.token_urlsafe(48))
    return Site(build_app(jwt), jwt, pages)
