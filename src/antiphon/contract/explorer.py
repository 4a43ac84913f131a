"""The explorer over HTTP: our own page about an app, at ``/docs``.

==========================  ======================================================================
``/docs``                   the page
``/docs/contract.json``     what it shows: the `Contract`, as msgspec writes it
``/docs/`` and a name       the page's script and style, with a hash in their names
==========================  ======================================================================

What an app declares is read only by those whom `antiphon.server.readers` lets read; with ``off``, none
of these paths exists. The page itself, its script and its style are the same for every app and say
nothing of this one. So somebody without a token gets them with a 401, and is asked for the token:
a browser cannot send one when it opens a page.

Where the pages were not built, all but the contract answer 503 with a line that says so.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Final

import msgspec

from antiphon.contract.serving import JSON_TYPE, Documents
from antiphon.errors import StartupError
from antiphon.server.http import Receive, Scope, Send, path_of, respond
from antiphon.server.pages import Pages
from antiphon.server.readers import Readers
from antiphon.server.site import Route, page
from antiphon.wire.asgi import answer

PATH: Final = "/docs"
CONTRACT_PATH: Final = f"{PATH}/contract.json"
_FOLDER: Final = Path(__file__).parent.parent / "pages" / "explorer"
_UNAUTHORIZED: Final = 401
_MOVED: Final = 308


class Explorer:
    """The explorer of one app.

    Args:
        documents: hold the contract.
        readers: say who may read it.
        folder: the built pages; read when they are first asked for.
    """

    def __init__(self, documents: Documents, readers: Readers, folder: Path = _FOLDER) -> None:
        self._documents = documents
        self._readers = readers
        self._folder = folder

    def routes(self) -> Mapping[str, Route]:
        """Return the routes, by path."""
        return {
            PATH: self._when_built(self._page),
            f"{PATH}/": self._when_built(self._asset),
            CONTRACT_PATH: self._readers.guard(page(self._contract)),
        }

    @cached_property
    def _pages(self) -> Pages:
        return Pages(self._folder)

    @cached_property
    def _encoded(self) -> bytes:
        return msgspec.json.encode(self._documents.contract)

    def _contract(self) -> tuple[int, bytes, str]:
        return 200, self._encoded, JSON_TYPE

    async def _page(self, scope: Scope, send: Send) -> None:
        shell = self._pages["/"]
        refusal = await self._readers.refusal(scope)
        if refusal is None:
            await shell.answer(scope, send)
        elif refusal.status == _UNAUTHORIZED:
            challenge = [(name.encode(), value.encode()) for name, value in refusal.headers.items()]
            await shell.answer(scope, send, status=refusal.status, extra=challenge)
        else:
            await answer(send, refusal, [], prefix="http")

    async def _asset(self, scope: Scope, send: Send) -> None:
        path = path_of(scope)
        if path == f"{PATH}/":
            await _move(send, b"../docs")
        elif path in self._pages:
            await self._pages[path].answer(scope, send)
        else:
            await respond(send, 404, b"not found")

    def _when_built(self, serve: Callable[[Scope, Send], Awaitable[None]]) -> Route:
        async def route(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await serve(scope, send)
            except StartupError as error:
                await respond(send, 503, str(error).encode())

        return route


async def _move(send: Send, where: bytes) -> None:
    """Redirect to a path as seen from the one asked for, which holds wherever the app is mounted."""
    headers = [(b"location", where), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": _MOVED, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
