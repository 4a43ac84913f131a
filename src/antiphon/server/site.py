"""Every HTTP path of an app, in one table, so that whoever guards them can walk it."""

from collections.abc import Awaitable, Callable, Mapping

from antiphon.server.http import Receive, Scope, Send, path_of, respond

Route = Callable[[Scope, Receive, Send], Awaitable[None]]
Page = Callable[[], tuple[int, bytes, str]]
"""Makes status, body and content type of a page."""


class Site:
    """The routes of an app, by path. A path that ends in a slash serves what lies right below it."""

    def __init__(self, routes: Mapping[str, Route]) -> None:
        self.routes = dict(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope of type "http"."""
        path = path_of(scope)
        route = self.routes.get(path) or self._below(path)
        if route is None:
            await respond(send, 404, b"not found")
        else:
            await route(scope, receive, send)

    def _below(self, path: str) -> Route | None:
        folder, slash, _ = path.rpartition("/")
        return self.routes.get(folder + slash) if folder else None


def page(make: Page) -> Route:
    """Serve what a function makes, to whoever reads."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await refuse_method(send)
            return
        status, body, content_type = make()
        await respond(send, status, body, content_type=content_type)

    return serve


async def refuse_method(send: Send) -> None:
    """Answer a request that wants more than to read."""
    await respond(send, 405, b"method not allowed", headers={"allow": "GET, HEAD"})
