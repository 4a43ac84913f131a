"""The OpenAPI document: valid by a validator that is not ours, and true of what is served."""

import json
from typing import Annotated, Any

import pytest
from msgspec import Meta, Struct
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from antiphon import API, Anonymous, App, Event
from antiphon.server.api.methods import SIGNATURES
from tests.hub.stage import Stage, publish
from tests.server.api.backend import KEY, Backend

HI = {"type": "said", "text": "hi"}
POST = "application~1json"


class Said(Event):
    """Somebody said something."""

    text: Annotated[str, Meta(max_length=20)]


class Typing(Event):
    """Somebody types."""


class PublishRequest(Event):
    """Has the name of a type of ours."""


class Room(Struct):
    """A room to make."""

    name: str


class Unheard:
    """No type that JSON could carry."""


def odd() -> Unheard:
    return Unheard()


def count(request: list[int]) -> int:
    return len(request)


def create(request: Room) -> Room:
    return request


def clear() -> None: ...


@pytest.fixture
def app() -> App:
    app = App("Document", version="1.2", auth=Anonymous(), api=API(key=KEY))
    app.channel("chat:{room}", publishes=Said | Typing)
    app.channel("log", publishes=Typing | PublishRequest)
    app.channel("inbox", accepts=Said)
    app.api_rpc("rooms.create")(create)
    app.api_rpc("rooms.clear")(clear)
    app.api_rpc("count")(count)
    app.api_rpc("odd")(odd)
    return app


def errors(document: dict[str, Any], pointer: str, instance: Any) -> list[str]:
    """Return what is wrong with something, by a schema in the document."""
    schema = {"$ref": f"#/{pointer}", **{k: document[k] for k in ("paths", "components")}}
    return [error.message for error in OAS31Validator(schema).iter_errors(instance)]


def of_request(method: str) -> str:
    return f"paths/~1api~1{method}/post/requestBody/content/{POST}/schema"


def of_reply(method: str) -> str:
    return f"paths/~1api~1{method}/post/responses/200/content/{POST}/schema"


def test_the_document_is_valid(app: App) -> None:
    validate(app.openapi(), cls=OpenAPIV31SpecValidator)
    validate(App("Bare", auth=Anonymous()).openapi(), cls=OpenAPIV31SpecValidator)
    assert json.loads(json.dumps(app.openapi())) == app.openapi()


def test_every_method_is_in_it(app: App) -> None:
    document = app.openapi()
    assert list(document["paths"]) == [
        *(f"/api/{name}" for name in SIGNATURES),
        "/api/batch",
        "/api",
    ]
    for path in document["paths"].values():
        responses = set(path["post"]["responses"]) - {"default"}
        assert responses == {"200", "400", "401", "413", "429", "503"}
    assert document["info"]["version"] == "1.2"
    assert document["security"] == [{"header": []}, {"authorization": []}, {"query": []}]
    assert document["x-channels"] == [
        {"address": "chat:{room}", "publishes": ["said", "typing"]},
        {"address": "log", "publishes": ["typing", "publish_request"]},
        {"address": "inbox", "publishes": []},
    ]


@pytest.mark.parametrize("method", [*SIGNATURES, "batch"])
def test_every_example_is_a_request(app: App, method: str) -> None:
    document = app.openapi()
    content = document["paths"][f"/api/{method}"]["post"]["requestBody"]["content"]
    example = content["application/json"].get("example")
    if example is not None:
        assert errors(document, of_request(method), example) == []
    else:
        assert method in ("publish", "broadcast", "rpc")


@pytest.mark.parametrize(
    ("method", "request_", "valid"),
    [
        ("publish", {"channel": "chat:1", "data": HI}, True),
        ("publish", {"channel": "log", "data": {"type": "publish_request"}}, True),
        ("publish", {"channel": "chat:1", "b64data": "e30="}, True),
        ("publish", {"data": HI}, False),
        ("publish", {"channel": "chat:1", "data": {"type": "sung"}}, False),
        ("publish", {"channel": "chat:1", "data": HI | {"text": "x" * 21}}, False),
        ("publish", {"channel": "chat:1", "data": HI, "version": -1}, False),
        ("broadcast", {"channels": ["chat:1"], "data": {"type": "typing"}}, True),
        ("broadcast", {"channels": "chat:1", "data": {"type": "typing"}}, False),
        ("rpc", {"method": "rooms.create", "params": {"name": "a"}}, True),
        ("rpc", {"method": "rooms.create", "params": {"name": 5}}, False),
        ("rpc", {"method": "rooms.create"}, False),
        ("rpc", {"method": "rooms.clear"}, True),
        ("rpc", {"method": "count", "params": [1]}, True),
        ("rpc", {"method": "nowhere"}, False),
        ("batch", {"commands": [{"publish": {"channel": "chat:1", "data": HI}}]}, True),
        ("batch", {"commands": [{"publish": {"channel": 1}}]}, False),
        ("batch", {"commands": [{}]}, False),
        ("batch", {}, False),
    ],
)
def test_requests_are_described(
    app: App, method: str, request_: dict[str, Any], valid: bool
) -> None:
    assert (errors(app.openapi(), of_request(method), request_) == []) is valid


async def test_replies_are_described(stage: Stage, backend: Backend) -> None:
    stage.app.api_rpc("rooms.create")(create)
    document = stage.app.openapi()
    ann = await stage.connect("ann", info={"age": 7})
    await ann.ask("subscribe", channel="room:1")
    await ann.ask("publish", channel="room:1", data=HI)
    await publish(stage, "room:{x}", "there", x=1)
    room: dict[str, Any] = {"channel": "room:1"}
    calls: dict[str, dict[str, Any]] = {
        "publish": room | {"data": HI, "tags": {"k": "v"}},
        "broadcast": {"channels": ["room:1", "nowhere"], "data": HI},
        "subscribe": room | {"user": "ann"},
        "unsubscribe": room | {"user": "eve"},
        "refresh": {"user": "eve"},
        "presence": room,
        "presence_stats": room,
        "history": room | {"limit": -1},
        "history_remove": room,
        "info": {},
        "rpc": {"method": "rooms.create", "params": {"name": "a"}},
        "channels": {},
        "disconnect": {"user": "ann"},
    }
    assert calls.keys() == SIGNATURES.keys()
    for method, request in calls.items():
        assert errors(document, of_request(method), request) == []
        reply = await backend.call(method, **request)
        assert list(reply) == ["result"]
        assert errors(document, of_reply(method), reply) == []
        assert errors(document, of_reply(method), {"result": 1}) != []
    refused = await backend.call("publish")
    assert errors(document, of_reply("publish"), refused) == []
    commands = [{name: request} for name, request in calls.items()] + [{"nothing": {}}]
    replies = await backend.call("batch", commands=commands)
    assert errors(document, of_reply("batch"), replies) == []


def test_what_cannot_be_described_is_any_json(app: App) -> None:
    document = app.openapi()
    reply = {"result": {"data": {"whatever": 1}}}
    assert errors(document, of_reply("rpc"), reply) == []
    assert errors(document, "components/schemas/RPCResult", {"data": 5}) == []


def test_where_bytes_are_declared_any_json_may_be_published(app: App) -> None:
    app.channel("raw", publishes=bytes)
    document = app.openapi()
    validate(document, cls=OpenAPIV31SpecValidator)
    assert document["x-channels"][-1] == {"address": "raw", "publishes": ["bytes"]}
    assert errors(document, of_request("publish"), {"channel": "raw", "data": 1}) == []


def test_without_methods_any_call_is_a_request() -> None:
    document = App("Bare", auth=Anonymous()).openapi()
    assert errors(document, of_request("rpc"), {"method": "any", "params": [1]}) == []
    assert errors(document, of_request("publish"), {"channel": "any", "data": 1}) == []


def test_the_mount_point_is_its_server(app: App) -> None:
    assert app.openapi()["servers"] == [{"url": "/"}]
    assert app.server_api.describe(mount="/live")["servers"] == [{"url": "/live"}]
