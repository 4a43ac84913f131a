"""The JSON Schemas of the OpenAPI document: of requests and results, and of what an app declares.

A type that msgspec cannot describe, such as what a method returns by an encoder of its own, is shown
as any JSON.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from antiphon.calls import BackendMethod
from antiphon.server.api.methods import SIGNATURES
from antiphon.server.api.requests import (
    BatchRequest,
    BroadcastRequest,
    LegacyCommand,
    PublishRequest,
    RPCRequest,
)
from antiphon.server.api.results import Error, RPCResult

Schema = dict[str, Any]

_TEMPLATE: Final = "#/components/schemas/{name}"
_OURS: Final[tuple[type[Struct], ...]] = (
    *dict.fromkeys(
        part for signature in SIGNATURES.values() for part in (signature.request, signature.result)
    ),
    BatchRequest,
    LegacyCommand,
    Error,
)


class Schemas:
    """All schemas of one app's document.

    Args:
        payloads: types of what channels publish.
    """

    def __init__(self, payloads: Sequence[Any], methods: Sequence[BackendMethod]) -> None:
        inputs = [method.request for method in methods]
        outputs = [method.response for method in methods]
        theirs: list[Any] = []
        for part in (*payloads, *inputs, *outputs):
            if part not in theirs and _can_be_described(part):
                theirs.append(part)
        refs, components = msgspec.json.schema_components((*_OURS, *theirs), ref_template=_TEMPLATE)
        self.components: Schema = dict(components)
        self._ours = dict(zip(_OURS, refs, strict=False))
        self._theirs = list(zip(theirs, refs[len(_OURS) :], strict=True))
        self._require()
        self._name_payloads(payloads)
        if methods:
            self._name_methods(methods)

    def of(self, part: type[Struct]) -> Schema:
        """Return the reference to one of our own types."""
        return self._ours[part]

    def _component(self, part: type[Struct]) -> Schema:
        found: Schema = self.components[self.of(part)["$ref"].rpartition("/")[2]]
        return found

    def _any_of(self, types: Sequence[Any]) -> Schema:
        """Describe what is one of some types; any JSON, where one cannot be described."""
        schemas = [ref for known, ref in self._theirs if known in types]
        described = types and all(any(one == k for k, _ in self._theirs) for one in types)
        return {"anyOf": schemas} if described else {}

    def _require(self) -> None:
        for signature in SIGNATURES.values():
            self._component(signature.request)["required"] = list(signature.required)
        batch = self._component(BatchRequest)
        batch["required"] = ["commands"]
        batch["properties"]["commands"]["items"] = {
            "type": "object",
            "properties": {name: self.of(s.request) for name, s in SIGNATURES.items()},
            "minProperties": 1,
            "maxProperties": 1,
        }
        self._component(LegacyCommand)["required"] = ["method"]
        names = self._component(LegacyCommand)["properties"]["method"]
        names["enum"] = list(SIGNATURES)
        del names["default"]

    def _name_payloads(self, payloads: Sequence[Any]) -> None:
        for request in (PublishRequest, BroadcastRequest):
            self._component(request)["properties"]["data"] |= self._any_of(payloads)

    def _name_methods(self, methods: Sequence[BackendMethod]) -> None:
        """Have a call be one of those to the methods that there are, each with its own input."""
        request = self._component(RPCRequest)
        del request["properties"]
        request["oneOf"] = [
            {
                "type": "object",
                "properties": {
                    "method": {"const": method.name},
                    "params": self._any_of([method.request]),
                },
                "required": ["method"] if method.request is None else ["method", "params"],
            }
            for method in methods
        ]
        outputs = [method.response for method in methods]
        self._component(RPCResult)["properties"]["data"] |= self._any_of(outputs)


def _can_be_described(part: Any) -> bool:
    if part in (None, bytes):  # what is opaque may be JSON, too
        return False
    try:
        msgspec.json.schema(part)
    except (TypeError, NotImplementedError):
        return False
    return True
