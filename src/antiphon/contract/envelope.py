"""What stands around payloads in an AsyncAPI document: the protocol's envelopes, and messages of its own."""

from typing import Any, Final

Node = dict[str, Any]

ENVELOPE: Final[Node] = {
    "protocol": "centrifuge",
    "description": "Each message is one or more JSON objects, one a line; in Protobuf, each behind "
    "its length. A client numbers its commands, and a reply has the number of its command. An empty "
    "object from the server is a ping; the client answers with an empty object.",
    "connect": {"id": 1, "connect": {"token": "<token>"}},
    "subscribe": {"id": 2, "subscribe": {"channel": "<channel>"}},
    "publish": {"id": 3, "publish": {"channel": "<channel>", "data": "<payload>"}},
    "rpc": {"id": 4, "rpc": {"method": "<method>", "data": "<payload>"}},
    "send": {"send": {"data": "<payload>"}},
    "reply": {"id": 4, "rpc": {"data": "<payload>"}},
    "error": {"id": 4, "error": "<payload>"},
    "publication": {
        "push": {"channel": "<channel>", "pub": {"data": "<payload>", "offset": "<offset>"}}
    },
    "message": {"push": {"message": {"data": "<payload>"}}},
}

REFUSAL: Final[Node] = {
    "name": "refusal",
    "title": "Refusal",
    "summary": "The command was refused; the connection stays.",
    "payload": {"$ref": "#/components/schemas/refusal"},
    "examples": [{"payload": {"code": 103, "message": "permission denied"}}],
    "x-envelope": "error",
}
REFUSAL_SCHEMA: Final[Node] = {
    "title": "refusal",
    "type": "object",
    "properties": {
        "code": {"type": "integer", "description": "One of x-errors, or the app's own from 400."},
        "message": {"type": "string"},
        "temporary": {"type": "boolean", "default": False},
    },
    "required": ["code", "message"],
}
NOTHING: Final[Node] = {
    "name": "nothing",
    "title": "Nothing",
    "summary": "There is no payload.",
    "payload": {"type": "null"},
}
OPAQUE: Final[Node] = {
    "name": "opaque",
    "title": "Opaque",
    "summary": "Handed through unseen, to the byte. Clients that speak JSON send and get JSON.",
    "contentType": "application/octet-stream",
    "payload": {},
}
