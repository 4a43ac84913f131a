"""From an ASGI app to a server: the Antiphon apps in it, their endpoints, their lives.

The target may be an `App`, or any ASGI app in which Apps are mounted. Those found get their
WebSockets served without ASGI in between, and are started and stopped with the target, whether or
not its own lifespan does that. Apps that are hidden in ways this cannot see still work, through ASGI.

A start that fails raises its cause instead of ending the process.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

from antiphon.app import App
from antiphon.errors import StartupError
from antiphon.limits import Limits
from antiphon.server.http import Receive, Scope, Send
from antiphon.wire.server import Server, build_server


def find_apps(target: Any) -> dict[str, App]:
    """Return the Apps in an ASGI app, by the path they are mounted at ("" for none).

    It follows `routes` (Starlette, FastAPI) and `app` (what middleware calls the app it wraps).
    """
    found: dict[str, App] = {}
    for path, app in _walk(target, "", set()):
        found.setdefault(path, app)  # of two routes for one path the first counts
    return found


def _walk(target: Any, path: str, seen: set[tuple[int, str]]) -> Iterator[tuple[str, App]]:
    if (id(target), path) in seen or "{" in path:
        return
    seen.add((id(target), path))
    if isinstance(target, App):
        yield path, target
        return
    for route in getattr(target, "routes", None) or ():
        # Without a path it is routed by something else, such as its host, which we do not look at.
        if hasattr(route, "app") and hasattr(route, "path"):
            yield from _walk(route.app, path + route.path.rstrip("/"), seen)
    if hasattr(target, "app"):
        yield from _walk(target.app, path, seen)


class Hosting:
    """The target as it is served: an ASGI app around it.

    Args:
        target: an ASGI app.
    """

    def __init__(self, target: Any) -> None:
        self.apps = find_apps(target)
        self._target = target
        self._failure: Exception | None = None

    def server(self, **options: Any) -> Server:
        """Build the server; the options are those of `antiphon.wire.server.build_server`."""
        apps = list(self.apps.values())
        return build_server(
            self,
            {
                mounted + path: endpoint
                for mounted, app in self.apps.items()
                for path, endpoint in app.sockets().items()
            },
            limits=apps[0].limits if apps else Limits(),
            drain=self._drain,
            **options,
        )

    async def serve(self, server: Server) -> None:
        """Run the server until it is told to stop.

        Raises:
            StartupError: it could not start.
            Exception: what the target's own lifespan raised.
        """
        try:
            await server.serve()
        except SystemExit as stop:
            # uvicorn only logs why; a port that is taken is the context of its exit.
            raise self._failure or _cannot_listen(server, stop.__context__) from None
        except OSError as error:
            if server.started:
                raise
            raise _cannot_listen(server, error) from None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] != "lifespan":
            await self._target(scope, receive, send)
            return
        relay = _Relay(self.apps, receive, send)
        try:
            await relay.run(self._target, scope)
        except Exception as error:
            if relay.answered:
                raise
            self._failure = error
            await send({"type": "lifespan.startup.failed", "message": ""})

    async def _drain(self) -> None:
        await asyncio.gather(*(app.drain() for app in self.apps.values()))


def reason_of(error: OSError) -> str:
    """Say why in the system's words; asyncio's own say more than a person wants to read."""
    if error.errno and error.errno > 0:
        return os.strerror(error.errno)
    return error.strerror or str(error)


def _cannot_listen(server: Server, cause: BaseException | None) -> StartupError:
    config = server.config
    place = config.uds or f"{config.host}:{config.port}"
    reason = reason_of(cause) if isinstance(cause, OSError) else cause
    return StartupError(f"cannot listen on {place}: {reason}")


class _Relay:
    """The lifespan between server and target: Apps start behind the target, and stop before it.

    So the target's own resources exist for as long as the Apps' background tasks run.
    """

    def __init__(self, apps: dict[str, App], receive: Receive, send: Send) -> None:
        self.answered = False
        self._apps = apps
        self._receive = receive
        self._send = send
        self._received = False
        self._refusal: StartupError | None = None
        self._stack = AsyncExitStack()

    async def run(self, target: Any, scope: Scope) -> None:
        """Live from start to stop; raises what the start fails with."""
        try:
            await target(scope, self._pass_in, self._pass_out)
        except Exception:
            if self._received or self.answered:
                raise
            # It knows no lifespan, which ASGI has an app say by raising.
        if self._refusal is not None:
            raise self._refusal
        if not self.answered:
            await self._live_alone()

    async def _pass_in(self) -> Any:
        message = await self._receive()
        self._received = True
        if message["type"] == "lifespan.shutdown":
            await self._stack.aclose()
        return message

    async def _pass_out(self, message: Any) -> None:
        if message["type"] == "lifespan.startup.complete":
            await self._start()
        elif message["type"] == "lifespan.startup.failed":
            # Held back: what the target raises next, if anything, says more.
            self._refusal = StartupError(message.get("message") or "its lifespan failed")
            return
        self.answered = True
        await self._send(message)

    async def _start(self) -> None:
        try:
            for app in self._apps.values():
                await self._stack.enter_async_context(app.lifespan())
        except BaseException:
            await self._stack.aclose()
            raise

    async def _live_alone(self) -> None:
        if not self._received:
            await self._pass_in()
        await self._pass_out({"type": "lifespan.startup.complete"})
        await self._pass_in()
        await self._pass_out({"type": "lifespan.shutdown.complete"})
