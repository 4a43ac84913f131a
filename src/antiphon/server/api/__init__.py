"""The server API: what backends may do over HTTP, as clients of Centrifugo's API know it.

`API` turns it on and holds the key; `build` makes what serves it.
"""

from functools import partial

from antiphon.calls import BackendMethod, Calls
from antiphon.channel import Router
from antiphon.hub.hub import Hub
from antiphon.server.api.executing import Executor
from antiphon.server.api.http import API_PATH, ServerAPI
from antiphon.server.api.key import API
from antiphon.server.api.methods import bind
from antiphon.server.api.node import Node
from antiphon.server.api.openapi import document
from antiphon.server.api.tally import Tally

__all__ = ["API", "API_PATH", "ServerAPI", "build"]


def build(keys: API | None, *, hub: Hub, router: Router, title: str) -> ServerAPI:
    """Join the parts that serve the API of one app.

    Args:
        keys: None turns it off.
        title: of the app, for the document.
    """
    methods, tally = Calls(BackendMethod), Tally()
    work = bind(hub, router, methods.methods, Node(hub))
    return ServerAPI(
        keys,
        hub=hub,
        executor=Executor(hub.core, work, tally),
        methods=methods,
        tally=tally,
        describe=partial(document, title, hub.core.version, router.channels, methods.methods),
    )
