"""What a contract leaves its readers to guess: gaps in what the code says.

They are warnings, and errors where an author asks for strictness. A gap names the declaration and says
how to fill it.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from antiphon.contract.model import Contract, Method, Schema

_OF_PYTHON_ONLY: Final = re.compile(r"\(\?(?:P[<=>]|[aiLmsux-]+[:)]|\(|#)|\\[AZ]|[*+?}]\+")
"""What other languages do not read in a regular expression, or read as something else."""


def gaps(contract: Contract) -> list[str]:
    """Return what is missing, in the order of the declarations."""
    return [
        *_of_events(contract),
        *_of_methods(contract),
        *(gap for name, schema in contract.schemas.items() for gap in _of_fields(name, schema)),
    ]


def _of_events(contract: Contract) -> Iterator[str]:
    for event in contract.events.values():
        if not event.description:
            yield f"event {event.name} has no docstring"
        if not event.examples:
            yield f"event {event.name}: no example can be made; give its fields Meta(examples=[...])"


def _of_methods(contract: Contract) -> Iterator[str]:
    for method in contract.methods:
        if not method.description:
            yield f"rpc {method.name!r} has no docstring"
        yield from _of_payloads(method)


def _of_payloads(method: Method) -> Iterator[str]:
    for kind, payload in (("request", method.request), ("answer", method.response)):
        if payload is None or payload.opaque:
            continue
        if not payload.schema:
            yield f"rpc {method.name!r}: nothing is known of its {kind}; annotate its type"
        elif not payload.examples:
            yield f"rpc {method.name!r}: no example can be made of its {kind}; give its fields some"


def _of_fields(name: str, schema: Schema) -> Iterator[str]:
    for field, its in schema.get("properties", {}).items():
        for node in _nodes(its):
            if node.get("x-format") in ("date-time", "time"):
                yield f"{name}.{field}: the zone may be missing; Meta(tz=True) asks for it"
            if _OF_PYTHON_ONLY.search(node.get("pattern", "")):
                yield f"{name}.{field}: only Python can read the pattern {node['pattern']}"
        if not its.keys() - {"description", "default", "examples", "deprecated", "title"}:
            yield f"{name}.{field}: nothing is known of what it holds"


def _nodes(node: Any) -> Iterator[Schema]:
    if isinstance(node, dict):
        yield node
        for key in ("items", "additionalProperties", "additionalItems", "propertyNames"):
            yield from _nodes(node.get(key))
        for key in ("items", "anyOf", "allOf"):
            for part in node[key] if isinstance(node.get(key), list) else ():
                yield from _nodes(part)
