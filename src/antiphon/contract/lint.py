"""What is wrong with an AsyncAPI document that its official parser lets pass.

Each function below is one rule. `problems` runs them all over any document, ours or not, and returns
what they find; a part that is not of the form that AsyncAPI asks for is the parser's to report, and is
passed over here.

Two messages may have one tag, as long as the one is only sent and the other only received.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from antiphon.contract.conforming import wrong_in

Node = dict[str, Any]

_PARAMETER: Final = re.compile(r"\{([^{}]*)\}")
_INTERNAL: Final = "#/components/"


def problems(document: Node) -> list[str]:
    """Return all that is wrong, each with the place in the document."""
    return [problem for rule in _RULES for problem in rule(document)]


def _example_keeps_to_its_schema(document: Node) -> Iterator[str]:
    schemas = _map(document, "components", "schemas")
    for at, message in _messages(document):
        for place, example in enumerate(message.get("examples", ())):
            where = f"{at}.examples[{place}].payload"
            if "payload" in example and "payload" in message:
                yield from wrong_in(example["payload"], message["payload"], schemas, where)


def _address_and_parameters_agree(document: Node) -> Iterator[str]:
    for key, channel in _map(document, "channels").items():
        named = set(_PARAMETER.findall(channel.get("address") or ""))
        declared = set(_map(channel, "parameters"))
        for name in sorted(named - declared):
            yield f"channels.{key}: {{{name}}} in the address is not among its parameters"
        for name in sorted(declared - named):
            yield f"channels.{key}: parameter {name} does not stand in the address"


def _address_is_no_url(document: Node) -> Iterator[str]:
    for key, channel in _map(document, "channels").items():
        address = channel.get("address") or ""
        if "://" in address:
            yield f"channels.{key}: a scheme in the address"
        if "?" in address:
            yield f"channels.{key}: a query string in the address"
        if "#" in address and channel.get("x-users-after") != "#":
            yield f"channels.{key}: a fragment in the address"


def _host_is_no_url(document: Node) -> Iterator[str]:
    for key, server in _map(document, "servers").items():
        if "/" in str(server.get("host", "")):
            yield f"servers.{key}: a scheme or path in host"


def _reply_has_one_address(document: Node) -> Iterator[str]:
    for key, operation in _map(document, "operations").items():
        reply = _map(operation, "reply")
        channel = _followed(document, reply.get("channel"))
        if "address" in reply and channel.get("address") is not None:
            yield f"operations.{key}: reply.address, and a channel that has an address"


def _tuple_can_be_filled(document: Node) -> Iterator[str]:
    for at, node in _everywhere(document, ""):
        if node.get("items") is False and ("prefixItems" in node or node.get("minItems", 0) > 0):
            yield f"{at}: items: false forbids every item in draft 07; list them in items"


def _message_is_of_its_channel(document: Node) -> Iterator[str]:
    for key, operation in _map(document, "operations").items():
        for part in (operation, _map(operation, "reply")):
            channel = _map(part, "channel").get("$ref", "")
            for message in part.get("messages", ()):
                ref = str(message.get("$ref", ""))
                if not ref.startswith(f"{channel}/messages/") or not _followed(document, message):
                    yield f"operations.{key}: message {ref} is not of the channel {channel}"


def _tag_is_unique(document: Node) -> Iterator[str]:
    seen: dict[tuple[str, str], dict[str, str]] = {}
    for key, operation in _map(document, "operations").items():
        messages = operation.get("messages", ())
        direction = (operation.get("action", ""), _map(operation, "channel").get("$ref", ""))
        known = seen.setdefault(direction, {})
        for ref in (str(message.get("$ref", "")) for message in messages):
            tag = _tag_of(document, _followed(document, {"$ref": ref}))
            if tag is None and len(messages) > 1:
                yield f"operations.{key}: {ref} has no constant that tells it apart"
            elif tag is not None and known.setdefault(tag, ref) != ref:
                yield f"operations.{key}: {ref} and {known[tag]} have the tag {tag}"


def _component_is_used(document: Node) -> Iterator[str]:
    used = {node["$ref"] for _, node in _everywhere(document, "") if "$ref" in node}
    for kind, components in _map(document, "components").items():
        for name in components:
            if f"{_INTERNAL}{kind}/{name}" not in used:
                yield f"components.{kind}.{name}: nothing refers to it"


_RULES: Final[tuple[Callable[[Node], Iterator[str]], ...]] = (
    _example_keeps_to_its_schema,
    _address_and_parameters_agree,
    _address_is_no_url,
    _host_is_no_url,
    _reply_has_one_address,
    _tuple_can_be_filled,
    _message_is_of_its_channel,
    _tag_is_unique,
    _component_is_used,
)


def _map(node: Node, *path: str) -> Node:
    """Return what lies at a path, if it is an object."""
    found: Any = node
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _followed(document: Node, node: Any) -> Node:
    """Return what a reference within the document leads to, through further ones."""
    for _ in range(8):
        ref = node.get("$ref") if isinstance(node, dict) else None
        if not isinstance(ref, str):
            break
        node = _map(document, *ref.removeprefix("#/").split("/"))
    return node if isinstance(node, dict) else {}


def _messages(document: Node) -> Iterator[tuple[str, Node]]:
    """Yield the messages that are written out, with their places."""
    for name, message in _map(document, "components", "messages").items():
        yield f"components.messages.{name}", message
    for key, channel in _map(document, "channels").items():
        for name, message in _map(channel, "messages").items():
            if "$ref" not in message:
                yield f"channels.{key}.messages.{name}", message


def _tag_of(document: Node, message: Node) -> str | None:
    """Return the constant of a message's payload, as ``type=said``."""
    for name, schema in _map(_followed(document, message.get("payload")), "properties").items():
        if isinstance(schema, dict) and "const" in schema:
            return f"{name}={schema['const']}"
    return None


def _everywhere(node: Any, at: str) -> Iterator[tuple[str, Node]]:
    """Yield every object of a document, with its place."""
    if isinstance(node, dict):
        yield at.lstrip("."), node
        for key, child in node.items():
            yield from _everywhere(child, f"{at}.{key}")
    elif isinstance(node, list):
        for place, child in enumerate(node):
            yield from _everywhere(child, f"{at}[{place}]")
