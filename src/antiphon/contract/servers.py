"""Where clients connect, and how they say who they are: the servers of an AsyncAPI document."""

import re
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from antiphon.contract.envelope import Node
from antiphon.contract.model import Contract, Transport
from antiphon.contract.naming import camel
from antiphon.errors import AntiphonError
from antiphon.hub.doors import SUBPROTOCOLS

LOCAL: Final = "ws://localhost:8000"
"""Where an app is, as long as nobody says otherwise."""

_URL: Final = re.compile(
    r"(?:http|ws)(s?)://([A-Za-z0-9._-]+(?::[0-9]{1,5})?|\[[0-9a-fA-F:.]+\](?::[0-9]{1,5})?)"
    r"((?:/[^/?#\s{}]+)*/?)"
)


class Location(Struct, frozen=True):
    """Where an app is served."""

    host: str
    """With the port, unless it is the scheme's own."""
    path: str
    """The path it is mounted at; "" for none."""
    secure: bool

    @classmethod
    def of(cls, url: str) -> "Location":
        """Read a URL: ``https://example.com/realtime``, or the same with ``wss``.

        Raises:
            AntiphonError: it is none.
        """
        found = _URL.fullmatch(url)
        if found is None:
            raise AntiphonError(f"{url!r} is no URL like https://example.com")
        secure, host, path = found.groups()
        return cls(host, path.rstrip("/"), bool(secure))


def servers(contract: Contract, location: Location) -> Node:
    """Return the part of a document that says where to connect."""
    security = [ref("securitySchemes", camel(scheme)) for scheme in _securities(contract)]
    return {
        camel(transport.name): {
            "host": location.host,
            "protocol": transport.protocol + ("s" if location.secure else ""),
            "pathname": location.path + transport.path,
            "description": _words_for(transport),
            **given(security=security),
            **({"x-subprotocols": list(SUBPROTOCOLS)} if transport.name == "websocket" else {}),
        }
        for transport in contract.transports
    }


def _words_for(transport: Transport) -> str:
    kind = "WebSocket" if transport.protocol == "ws" else "HTTP stream"
    if "sse" in transport.name:
        kind = "Server-sent events"
    told = transport.name.startswith("uni_")
    return f"{kind}. The client is only sent to." if told else f"{kind}, for the Centrifuge SDKs."


def _securities(contract: Contract) -> list[str]:
    unchecked = ("anonymous", "on_connect")
    return [scheme.name for scheme in contract.auth if scheme.name not in unchecked]


def security_schemes(contract: Contract) -> Iterator[tuple[str, Node]]:
    """Yield the schemes in which a token is shown. AsyncAPI has no word for a first message."""
    for name in _securities(contract):
        description = next(scheme.description for scheme in contract.auth if scheme.name == name)
        yield (
            camel(name),
            {
                "type": "http",
                "scheme": "bearer",
                **({"bearerFormat": "JWT"} if name == "jwt" else {}),
                **given(description=description),
                "x-auth-message": "connect",
            },
        )


def given(**parts: Any) -> Node:
    """Return those parts of an object that hold something."""
    return {key: part for key, part in parts.items() if part}


def ref(kind: str, name: str) -> Node:
    """Return a reference to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}
