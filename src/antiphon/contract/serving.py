"""The AsyncAPI document over HTTP, as JSON and as YAML.

It is made when it is first asked for, from what is declared by then, and kept. Where the app is, is what
the request says it asked: the host, the scheme, and the path that the app is mounted at. A host that
is none is passed over.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final

import msgspec

from antiphon.contract import yaml
from antiphon.contract.asyncapi import document
from antiphon.contract.building import Declares, contract_of
from antiphon.contract.envelope import Node
from antiphon.contract.model import Contract
from antiphon.contract.servers import Location, servers
from antiphon.errors import AntiphonError
from antiphon.server.http import Receive, Scope, Send, respond
from antiphon.server.site import Route, refuse_method

JSON_TYPE: Final = "application/json"
YAML_TYPE: Final = "application/yaml"
"""RFC 9512."""


class Documents:
    """The documents of one app.

    Args:
        app: read when the first document is asked for.
    """

    def __init__(self, app: Declares) -> None:
        self._app = app

    def routes(self) -> Mapping[str, Route]:
        """Return the routes, by path."""
        return {
            "/asyncapi.json": self._route(self._json, JSON_TYPE),
            "/asyncapi.yaml": self._route(self._yaml, YAML_TYPE),
        }

    @cached_property
    def contract(self) -> Contract:
        """What the app declared when it was first asked."""
        return contract_of(self._app)

    @cached_property
    def _document(self) -> Node:
        return document(self.contract)

    @cached_property
    def _pieces(self) -> dict[str, str]:
        """The parts of the document in YAML: all but one are the same for everybody."""
        return {key: yaml.encode({key: part}) for key, part in self._document.items()}

    def _json(self, location: Location | None) -> bytes:
        return as_json({**self._document, **self._servers(location)})

    def _yaml(self, location: Location | None) -> bytes:
        told = {key: yaml.encode({key: part}) for key, part in self._servers(location).items()}
        return "".join({**self._pieces, **told}.values()).encode()

    def _servers(self, location: Location | None) -> Node:
        return {"servers": servers(self.contract, location)} if location else {}

    def _route(self, write: Callable[[Location | None], bytes], content_type: str) -> Route:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["method"] not in ("GET", "HEAD"):
                await refuse_method(send)
                return
            body = write(location_of(scope))
            await respond(send, 200, body, content_type=content_type)

        return serve


def as_json(node: Any) -> bytes:
    """Write a document for people and programs."""
    return msgspec.json.format(msgspec.json.encode(node), indent=2) + b"\n"


def location_of(scope: Scope) -> Location | None:
    """Return where a request found the app; None where it does not say."""
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    url = f"{scope.get('scheme', 'http')}://{host.decode('latin-1')}{scope.get('root_path', '')}"
    try:
        return Location.of(url)
    except AntiphonError:
        return None
