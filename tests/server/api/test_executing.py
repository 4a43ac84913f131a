"""Batches, and the older form: every command has its reply, and a broken body does nothing."""

import asyncio
import json
from typing import Any

import pytest

from antiphon import Limits
from tests.hub.stage import Said, Stage, on_stage, quiet
from tests.server.api.backend import Backend, api_stage

HI = {"type": "said", "text": "hi"}
NOT_FOUND = {"error": {"code": 104, "message": "not found"}}
NO_COMMAND = {
    "error": {"code": 107, "message": "bad request: a command has one key, the method's name"}
}


def publish(channel: str) -> dict[str, Any]:
    return {"publish": {"channel": channel, "data": HI}}


async def batch(backend: Backend, *commands: Any, parallel: bool = False) -> list[dict[str, Any]]:
    reply = await backend.call("batch", commands=commands, parallel=parallel)
    assert list(reply) == ["replies"]
    replies: list[dict[str, Any]] = reply["replies"]
    return replies


async def legacy(backend: Backend, *commands: Any) -> list[dict[str, Any]]:
    answer = await backend.post("/api", "\n".join(map(json.dumps, commands)).encode())
    assert (answer.status, answer.headers[b"content-type"]) == (200, b"application/json")
    return [json.loads(line) for line in answer.body.decode().split("\n")]


# Batches.


@pytest.mark.parametrize("parallel", [False, True])
async def test_each_command_has_its_reply_in_its_place(
    stage: Stage, backend: Backend, parallel: bool
) -> None:
    ann = await stage.connect("ann")
    target = {"user": "ann", "channel": "closed"}
    replies = await batch(
        backend,
        publish("news"),
        {"subscribe": target},
        publish("nowhere"),
        {"unsubscribe": target},
        {"channels": {}},
        {"rpc": {"method": "nothing"}},
        {"presence_stats": {"channel": "room:1"}},
        {"publish": {"data": HI}},
        {"map_publish": {"channel": "m"}},
        {"batch": {"commands": []}},
        None,
        {},
        {"info": {}, "channels": {}},
        parallel=parallel,
    )
    assert replies == [
        {"publish": {}},
        {"subscribe": {}},
        {"error": {"code": 102, "message": "unknown channel"}},
        {"unsubscribe": {}},
        {"channels": {"channels": {}}},
        NOT_FOUND,
        {"presence_stats": {"num_clients": 0, "num_users": 0}},
        {"error": {"code": 107, "message": "bad request: channel: required"}},
        NOT_FOUND,
        NOT_FOUND,
        NO_COMMAND,
        NO_COMMAND,
        NO_COMMAND,
    ]
    assert ann.told == ["subscribe", "unsubscribe"]


async def test_an_empty_batch_has_no_replies(backend: Backend) -> None:
    assert await batch(backend) == []
    assert await backend.call("batch") == {"replies": []}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "bad request: data is not valid JSON"),
        (b"[]", "bad request: Expected `object`, got `array`"),
        ({"commands": {}}, "bad request: commands: Expected `array`, got `object`"),
        ({"commands": [1]}, "bad request: commands[0]: Expected `object | null`, got `int`"),
        (
            {"commands": [{"publish": []}]},
            "bad request: commands[0]: Expected `object`, got `array`",
        ),
        ({"commands": [], "parallel": 1}, "bad request: parallel: Expected `bool`, got `int`"),
        (
            {"commands": [publish("news"), {"publish": {"channel": 1}}]},
            "bad request: commands[1]: channel: Expected `str`, got `int`",
        ),
    ],
)
async def test_of_a_broken_batch_nothing_is_done(
    stage: Stage, backend: Backend, body: Any, text: str
) -> None:
    assert await backend.refusal("/api/batch", body) == (400, text)
    assert stage.core.stats.publications == 0


async def test_in_order_one_begins_when_the_one_before_has_ended() -> None:
    async with on_stage(api_stage()) as stage:
        begun: list[int] = []
        doors = [asyncio.Event(), asyncio.Event()]

        @stage.app.api_rpc("wait")
        async def wait(request: int) -> int:
            begun.append(request)
            await doors[request].wait()
            return request

        backend = Backend(stage.app)
        calls = [{"rpc": {"method": "wait", "params": number}} for number in (0, 1)]
        for parallel, first in ((False, [0]), (True, [0, 1])):
            begun.clear()
            running = asyncio.create_task(batch(backend, *calls, parallel=parallel))
            await quiet()
            assert begun == first
            for door in doors:
                door.set()
            assert await running == [{"rpc": {"data": 0}}, {"rpc": {"data": 1}}]
            for door in doors:
                door.clear()


@pytest.mark.parametrize("parallel", [False, True])
async def test_a_body_holds_so_many_commands_at_most(parallel: bool) -> None:
    async with on_stage(api_stage(limits=Limits(api_commands=3))) as stage:
        stage.app.channel("news", publishes=Said)
        backend = Backend(stage.app)
        three = [publish("news")] * 3
        assert await batch(backend, *three, parallel=parallel) == [{"publish": {}}] * 3
        four = {"commands": [*three, None], "parallel": parallel}
        too_large = (413, "too large: api_commands is 3")
        assert await backend.refusal("/api/batch", four) == too_large
        command = json.dumps({"method": "info", "params": {}}).encode()
        assert (await backend.post("/api", b"\n".join([command] * 3))).status == 200
        assert await backend.refusal("/api", b"\n".join([command] * 4)) == too_large
        assert stage.core.stats.publications == 3


# The older form.


async def test_a_method_may_stand_in_the_body(stage: Stage, backend: Backend) -> None:
    command = {"method": "publish", "params": {"channel": "news", "data": HI}}
    assert await legacy(backend, command) == [{"result": {}}]
    (reply,) = await legacy(backend, {"id": 7, "method": "INFO"})
    assert (reply["id"], list(reply["result"])) == (7, ["nodes"])


async def test_several_commands_stand_on_lines(backend: Backend) -> None:
    replies = await legacy(
        backend,
        {"method": "publish", "params": {"channel": "room:1", "data": HI}, "id": 1},
        {"method": "publish", "params": {"channel": "nowhere", "data": HI}, "id": 2},
        {"method": "publish", "params": {"channel": 5}},
        {"method": "history", "params": None},
        {"method": "batch", "params": {}},
        {"method": "map_publish"},
        {"params": {}},
    )
    assert replies[0]["result"]["offset"] == 1
    assert replies[1:] == [
        {"id": 2, "error": {"code": 102, "message": "unknown channel"}},
        {"error": {"code": 107, "message": "bad request: channel: Expected `str`, got `int`"}},
        {"error": {"code": 107, "message": "bad request: channel: required"}},
        NOT_FOUND,
        NOT_FOUND,
        NOT_FOUND,
    ]


async def test_one_command_may_stand_on_several_lines(backend: Backend) -> None:
    body = json.dumps({"method": "channels", "params": {"pattern": "*"}}, indent=2).encode()
    answer = await backend.post("/api", b"\n" + body + b"\n")
    assert (answer.status, answer.body) == (200, b'{"result":{"channels":{}}}')


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "bad request: there is no command"),
        (b" \n ", "bad request: there is no command"),
        (b"{", "bad request: a command has a method and its params"),
        (b"[]", "bad request: a command has a method and its params"),
        (b'{"method":0}', "bad request: a command has a method and its params"),
        (b'{"method":"info"}\n{"method"', "bad request: a command has a method and its params"),
        (b'{"method":"\xff"}', "bad request: a command has a method and its params"),
        (b"[" * 9000, "bad request: a command has a method and its params"),
    ],
)
async def test_what_is_no_command_is_refused(backend: Backend, body: bytes, text: str) -> None:
    assert await backend.refusal("/api", body) == (400, text)
