"""The lint: each thing that the official parser lets pass is found, and a right document is left alone."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from antiphon.contract.lint import problems

Document = dict[str, Any]

RIGHT: Document = {
    "asyncapi": "3.0.0",
    "info": {"title": "Right", "version": "1"},
    "servers": {"main": {"host": "example.com:8000", "protocol": "wss", "pathname": "/ws"}},
    "channels": {
        "room": {
            "address": "room/{id}",
            "parameters": {"id": {}},
            "messages": {
                "said": {"$ref": "#/components/messages/said"},
                "left": {"$ref": "#/components/messages/left"},
            },
        },
        "replies": {"address": None, "messages": {"done": {"payload": {"type": "null"}}}},
    },
    "operations": {
        "sendRoom": {
            "action": "send",
            "channel": {"$ref": "#/channels/room"},
            "messages": [
                {"$ref": "#/channels/room/messages/said"},
                {"$ref": "#/channels/room/messages/left"},
            ],
        },
        "receiveRoom": {
            "action": "receive",
            "channel": {"$ref": "#/channels/room"},
            "messages": [{"$ref": "#/channels/room/messages/said"}],
            "reply": {
                "address": {"location": "$message.payload#/to"},
                "channel": {"$ref": "#/channels/replies"},
                "messages": [{"$ref": "#/channels/replies/messages/done"}],
            },
        },
    },
    "components": {
        "messages": {
            "said": {
                "payload": {"$ref": "#/components/schemas/said"},
                "examples": [{"payload": {"type": "said", "at": [1, 2]}}],
            },
            "left": {"payload": {"properties": {"type": {"const": "left"}}}},
        },
        "schemas": {
            "said": {
                "type": "object",
                "properties": {
                    "type": {"const": "said"},
                    "at": {"type": "array", "items": [{}, {}], "additionalItems": False},
                },
            }
        },
    },
}


def test_a_right_document_is_left_alone() -> None:
    assert problems(RIGHT) == []


def room(document: Document) -> Document:
    return document["channels"]["room"]  # type: ignore[no-any-return]


def operation(document: Document, name: str) -> Document:
    return document["operations"][name]  # type: ignore[no-any-return]


def wrong_example(document: Document) -> None:
    document["components"]["messages"]["said"]["examples"][0]["payload"]["type"] = "left"


def wrong_example_in_a_channel(document: Document) -> None:
    done = document["channels"]["replies"]["messages"]["done"]
    done["examples"] = [{"payload": None}, {"payload": 5}]


def parameter_without_a_declaration(document: Document) -> None:
    del room(document)["parameters"]


def parameter_that_is_not_in_the_address(document: Document) -> None:
    room(document)["parameters"]["user"] = {}


def query_in_the_address(document: Document) -> None:
    room(document)["address"] += "?since=1"


def fragment_in_the_address(document: Document) -> None:
    room(document)["address"] += "#top"


def scheme_in_the_address(document: Document) -> None:
    room(document)["address"] = "wss://example.com/{id}"


def scheme_in_the_host(document: Document) -> None:
    document["servers"]["main"]["host"] = "wss://example.com"


def two_addresses_of_a_reply(document: Document) -> None:
    document["channels"]["replies"]["address"] = "replies"


def tuple_that_nothing_fits(document: Document) -> None:
    at = document["components"]["schemas"]["said"]["properties"]["at"]
    del document["components"]["messages"]["said"]["examples"]
    at.update(prefixItems=at.pop("items"), items=False)


def message_of_another_channel(document: Document) -> None:
    received = operation(document, "receiveRoom")
    received["messages"] = [{"$ref": "#/components/messages/said"}]


def message_that_is_not_in_the_channel(document: Document) -> None:
    operation(document, "receiveRoom")["messages"] = [{"$ref": "#/channels/room/messages/gone"}]


def reply_of_another_channel(document: Document) -> None:
    reply = operation(document, "receiveRoom")["reply"]
    reply["messages"] = [{"$ref": "#/channels/room/messages/said"}]


def tag_of_two(document: Document) -> None:
    document["components"]["messages"]["left"]["payload"]["properties"]["type"]["const"] = "said"


def tag_of_two_in_two_operations(document: Document) -> None:
    tag_of_two(document)
    sent = operation(document, "sendRoom")
    document["operations"]["sendMore"] = {**sent, "messages": [sent["messages"].pop()]}


def no_tag(document: Document) -> None:
    document["components"]["messages"]["left"]["payload"] = {"type": "object"}


def unused_component(document: Document) -> None:
    document["components"]["schemas"]["gone"] = {}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (wrong_example, "components.messages.said.examples[0].payload.type: is not 'said'"),
        (
            wrong_example_in_a_channel,
            "channels.replies.messages.done.examples[1].payload: expected null",
        ),
        (
            parameter_without_a_declaration,
            "channels.room: {id} in the address is not among its parameters",
        ),
        (
            parameter_that_is_not_in_the_address,
            "channels.room: parameter user does not stand in the address",
        ),
        (query_in_the_address, "channels.room: a query string in the address"),
        (fragment_in_the_address, "channels.room: a fragment in the address"),
        (scheme_in_the_address, "channels.room: a scheme in the address"),
        (scheme_in_the_host, "servers.main: a scheme or path in host"),
        (
            two_addresses_of_a_reply,
            "operations.receiveRoom: reply.address, and a channel that has an address",
        ),
        (
            tuple_that_nothing_fits,
            "components.schemas.said.properties.at: items: false forbids every item in draft 07; "
            "list them in items",
        ),
        (
            message_of_another_channel,
            "operations.receiveRoom: message #/components/messages/said is not of the channel "
            "#/channels/room",
        ),
        (
            message_that_is_not_in_the_channel,
            "operations.receiveRoom: message #/channels/room/messages/gone is not of the channel "
            "#/channels/room",
        ),
        (
            reply_of_another_channel,
            "operations.receiveRoom: message #/channels/room/messages/said is not of the channel "
            "#/channels/replies",
        ),
        (
            tag_of_two,
            "operations.sendRoom: #/channels/room/messages/left and #/channels/room/messages/said "
            "have the tag type=said",
        ),
        (
            tag_of_two_in_two_operations,
            "operations.sendMore: #/channels/room/messages/left and #/channels/room/messages/said "
            "have the tag type=said",
        ),
        (
            no_tag,
            "operations.sendRoom: #/channels/room/messages/left has no constant that tells it apart",
        ),
        (unused_component, "components.schemas.gone: nothing refers to it"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_the_parser_lets_pass_is_found(spoil: Callable[[Document], None], said: str) -> None:
    document = copy.deepcopy(RIGHT)
    spoil(document)
    assert problems(document) == [said]


def test_users_may_stand_in_an_address() -> None:
    document = copy.deepcopy(RIGHT)
    room(document).update({"address": "inbox#{id}", "x-users-after": "#"})
    assert problems(document) == []


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"channels": [], "operations": 5, "components": None, "servers": "x"},
        {"operations": {"a": {"channel": 5, "reply": []}}},
        {"components": {"messages": {"a": {"payload": {"$ref": "#/nowhere/at/all"}}}}},
    ],
)
def test_what_is_for_the_parser_to_report_does_no_harm(document: Document) -> None:
    for problem in problems(document):
        assert problem.startswith(("operations.a", "components.messages.a"))
