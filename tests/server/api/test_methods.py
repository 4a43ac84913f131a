"""The methods as a whole: each is there, and calls reach what the app declares for backends."""

from typing import Annotated

import pytest
from msgspec import Meta, Struct

from antiphon import BadRequest, Disconnect, Forbidden, Refusal
from antiphon.server.api.executing import Executor
from antiphon.server.api.methods import SIGNATURES, bind
from antiphon.server.api.node import Node
from tests.hub.stage import Stage
from tests.server.api.backend import INTERNAL, Backend


class Room(Struct):
    """A room to make."""

    name: Annotated[str, Meta(min_length=1)]


def test_every_method_has_somebody_who_does_it(stage: Stage) -> None:
    work = bind(stage.app.hub, stage.app.behaviour.router, {}, Node(stage.app.hub))
    assert work.keys() == SIGNATURES.keys()
    assert Executor.__doc__


async def test_a_backend_calls_a_method_of_the_app(stage: Stage, backend: Backend) -> None:
    made: list[Room] = []

    @stage.app.api_rpc("rooms.create")
    async def create(request: Room) -> Room:
        made.append(request)
        return request

    @stage.app.api_rpc("nothing")
    def nothing() -> None:
        made.clear()

    room = {"name": "lobby"}
    result = await backend.result("rpc", method="rooms.create", params=room | {"more": 1})
    assert (result, made) == ({"data": room}, [Room("lobby")])
    assert await backend.result("rpc", method="nothing") == {}
    assert await backend.result("rpc", method="nothing", params=None) == {}
    assert made == []


async def test_a_method_has_to_be_one(stage: Stage, backend: Backend) -> None:
    assert await backend.error("rpc", method="any") == (104, "not found")
    stage.app.rpc("clients.only")(lambda client: None)
    assert await backend.error("rpc", method="clients.only") == (104, "not found")
    assert await backend.error("rpc") == (107, "bad request: method: required")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"name": ""}, "bad request: name: Expected `str` of length >= 1"),
        ({}, "bad request: Object missing required field `name`"),
        ([], "bad request: Expected `object`, got `array`"),
        (None, "bad request: Expected `object`, got `null`"),
    ],
)
async def test_input_is_validated(
    stage: Stage, backend: Backend, params: object, message: str
) -> None:
    @stage.app.api_rpc("rooms.create")
    def create(request: Room) -> None:
        raise AssertionError("it is not reached")

    error = await backend.error("rpc", method="rooms.create", params=params)
    assert error == (107, message)


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (BadRequest("too late"), (107, "bad request: too late")),
        (Forbidden(), (103, "permission denied")),
        (Refusal("out of stock", code=1001), (1001, "out of stock")),
        (ValueError("secret"), INTERNAL),
        (Disconnect(4000, "secret"), INTERNAL),
    ],
)
async def test_what_a_method_raises_is_an_error(
    stage: Stage, backend: Backend, raised: Exception, error: tuple[int, str]
) -> None:
    @stage.app.api_rpc("fail")
    async def fail() -> None:
        raise raised

    assert await backend.error("rpc", method="fail") == error
    assert stage.core.stats.handler_errors == (error == INTERNAL)
    assert await backend.result("channels") == {"channels": {}}


async def test_what_cannot_be_encoded_is_the_servers_fault(stage: Stage, backend: Backend) -> None:
    @stage.app.api_rpc("odd")
    def odd() -> object:
        return object()

    assert await backend.error("rpc", method="odd") == INTERNAL
