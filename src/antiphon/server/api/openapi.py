"""The server API as an OpenAPI 3.1 document, with the app's own events and methods in it.

The schemas come from the types that decode and encode, so that the document says what is done.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from antiphon.calls import BackendMethod
from antiphon.channel import Channel
from antiphon.event import label_of
from antiphon.server.api.methods import SIGNATURES, Signature
from antiphon.server.api.requests import BatchRequest, LegacyCommand
from antiphon.server.api.results import Error
from antiphon.server.api.schemas import Schema, Schemas

_JSON: Final = "application/json"
_TEXT: Final[Schema] = {"text/plain": {"schema": {"type": "string"}}}

_REFUSALS: Final = {
    "401": ("Unauthorized", "No key, or a wrong one."),
    "413": ("TooLarge", "The body is too long, or holds too many commands."),
    "429": ("TooMany", "Too many requests are under way."),
    "503": ("ShuttingDown", "The process goes away; try again, elsewhere."),
}
"""Plain text, each with its name among the components."""

_ERROR_MODE: Final[Schema] = {
    "name": "X-Centrifugo-Error-Mode",
    "in": "header",
    "description": "With `transport` an error comes with an HTTP status of its own.",
    "schema": {"type": "string", "enum": ["transport"]},
}
_KEY: Final[Schema] = {
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "authorization": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`apikey` and the key, with a space between.",
    },
    "query": {"type": "apiKey", "in": "query", "name": "api_key"},
}


def document(
    title: str,
    version: str,
    channels: Sequence[Channel],
    methods: Mapping[str, BackendMethod],
    *,
    mount: str = "",
) -> dict[str, Any]:
    """Describe the server API of an app.

    Args:
        mount: the path that the app is mounted at.
    """
    payloads = list(dict.fromkeys(part for channel in channels for part in channel.publishes))
    schemas = Schemas(payloads, list(methods.values()))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{title}: server API",
            "version": version,
            "description": "For backends: publish events, act on connections, look into channels.",
        },
        "servers": [{"url": mount or "/"}],
        "security": [{name: []} for name in _KEY],
        "paths": _paths(schemas),
        "components": {
            "schemas": schemas.components,
            "responses": _responses(schemas),
            "parameters": {"ErrorMode": _ERROR_MODE},
            "securitySchemes": _KEY,
        },
        "x-channels": [_channel(channel) for channel in channels],
    }


def _channel(channel: Channel) -> Schema:
    return {
        "address": channel.address.pattern,
        "publishes": [label_of(part) for part in channel.publishes],
    }


def _paths(schemas: Schemas) -> Schema:
    paths = {f"/api/{name}": _method(schemas, name, s) for name, s in SIGNATURES.items()}
    paths["/api/batch"] = _operation(
        "batch",
        "Call many methods at once",
        request=schemas.of(BatchRequest),
        reply=_object("replies", {"type": "array", "items": _batched(schemas)}),
        example={"commands": [{"info": {}}, {"channels": {"pattern": "chat:*"}}]},
    )
    paths["/api"] = _operation(
        "legacy",
        "Call methods that are named in the body; several commands and replies stand on lines",
        request=schemas.of(LegacyCommand),
        reply={"oneOf": [_object("result", {"type": "object"}), _error(schemas)]},
        example={"method": "info", "params": {}},
    )
    return paths


def _method(schemas: Schemas, name: str, signature: Signature) -> Schema:
    result = _object("result", schemas.of(signature.result))
    path = _operation(
        name,
        signature.text,
        request=schemas.of(signature.request),
        reply={"oneOf": [result, _error(schemas)]},
        example=signature.example,
    )
    operation = path["post"]
    operation["parameters"] = [{"$ref": "#/components/parameters/ErrorMode"}]
    operation["responses"]["default"] = {"$ref": "#/components/responses/Error"}
    return path


def _operation(
    name: str, text: str, *, request: Schema, reply: Schema, example: dict[str, Any] | None
) -> Schema:
    responses: Schema = {
        status: {"$ref": f"#/components/responses/{component}"}
        for status, (component, _) in _REFUSALS.items()
    }
    responses["200"] = {"description": "The reply.", "content": {_JSON: {"schema": reply}}}
    responses["400"] = {"$ref": "#/components/responses/BadRequest"}
    body = {"schema": request} if example is None else {"schema": request, "example": example}
    return {
        "post": {
            "operationId": name,
            "summary": text,
            "requestBody": {"required": True, "content": {_JSON: body}},
            "responses": responses,
        }
    }


def _responses(schemas: Schemas) -> Schema:
    error = {_JSON: {"schema": schemas.of(Error)}}
    responses: Schema = {
        component: {"description": text, "content": _TEXT} for component, text in _REFUSALS.values()
    }
    responses["Error"] = {"description": "An error, in the transport mode.", "content": error}
    responses["BadRequest"] = {
        "description": "The body is no such request, in plain text; or an error, in JSON, in the "
        "transport mode.",
        "content": _TEXT | error,
    }
    return responses


def _object(name: str, schema: Schema) -> Schema:
    return {"type": "object", "properties": {name: schema}, "required": [name]}


def _error(schemas: Schemas) -> Schema:
    return _object("error", schemas.of(Error))


def _batched(schemas: Schemas) -> Schema:
    results = [_object(name, schemas.of(s.result)) for name, s in SIGNATURES.items()]
    return {"oneOf": [*results, _error(schemas)]}
