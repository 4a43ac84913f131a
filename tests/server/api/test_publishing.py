"""Publishing: what backends publish is what the app declares, and gets where it is meant to."""

from base64 import b64encode
from typing import Any

import pytest

from antiphon import History, Limits
from tests.hub.stage import Peer, Said, Stage, on_stage, publish
from tests.server.api.backend import Backend, api_stage

HI = {"type": "said", "text": "hi"}
UNDECLARED = "bad request: undeclared event 'sung'; declared here: said"
NAME = "bad request: channel: a name is printable ASCII without spaces and brackets"


def said(text: str) -> dict[str, str]:
    return {"type": "said", "text": text}


async def subscriber(stage: Stage, *channels: str) -> Peer:
    peer = await stage.connect()
    for channel in channels:
        await peer.session.client.subscribe(channel)
    return peer


async def kept(stage: Stage, channel: str) -> list[tuple[int, bytes]]:
    found, _ = await stage.core.engine.history(channel, limit=-1)
    return [(p.offset, bytes(p.data)) for p in found]


# Into one channel.


async def test_an_event_reaches_subscribers_and_the_history(stage: Stage, backend: Backend) -> None:
    peer = await subscriber(stage, "room:1")
    result = await backend.result("publish", channel="room:1", data=HI, tags={"from": "php"})
    top = (await stage.core.engine.history("room:1"))[1]
    assert result == {"offset": 1, "epoch": top.epoch}
    stage.core.flush()
    assert peer.pushes[-1] == {
        "channel": "room:1",
        "pub": {"data": HI, "offset": 1, "tags": {"from": "php"}, "epoch": top.epoch},
    }
    assert await kept(stage, "room:1") == [(1, b'{"type":"said","text":"hi"}')]
    assert stage.core.stats.publications == 1


async def test_without_history_there_is_no_position(stage: Stage, backend: Backend) -> None:
    peer = await subscriber(stage, "news")
    assert await backend.result("publish", channel="news", data=HI) == {}
    stage.core.flush()
    assert peer.texts == ["hi"]


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        ({"channel": "room:1"}, 107, "bad request: data: required"),
        ({"data": HI}, 107, "bad request: channel: required"),
        ({"channel": "", "data": HI}, 107, "bad request: channel: required"),
        ({"channel": "nowhere", "data": HI}, 102, "unknown channel"),
        ({"channel": "room:1:2", "data": HI}, 102, "unknown channel"),
        ({"channel": "a b", "data": HI}, 107, NAME),
        ({"channel": "__proto__", "data": HI}, 107, NAME),
        (
            {"channel": "x" * 256, "data": HI},
            107,
            "bad request: channel: longer than 255 characters",
        ),
        (
            {"channel": "room:1", "data": said("x" * 21)},
            107,
            "bad request: said.text: Expected `str` of length <= 20",
        ),
        (
            {"channel": "room:1", "data": {"type": "said", "text": 5}},
            107,
            "bad request: said.text: Expected `str`, got `int`",
        ),
        (
            {"channel": "room:1", "data": {"type": "said"}},
            107,
            "bad request: said: Object missing required field `text`",
        ),
        ({"channel": "room:1", "data": {"type": "sung"}}, 107, UNDECLARED),
        (
            {"channel": "room:1", "data": {"text": "hi"}},
            107,
            "bad request: no event in `type`; declared here: said",
        ),
        (
            {"channel": "room:1", "data": "hi"},
            107,
            "bad request: no event in `type`; declared here: said",
        ),
        ({"channel": "room:1", "b64data": "hi!"}, 107, "bad request: b64data: not Base64"),
        ({"channel": "room:1", "b64data": "aGk"}, 107, "bad request: b64data: not Base64"),
        ({"channel": "room:1", "b64data": "äöü"}, 107, "bad request: b64data: not Base64"),
        ({"channel": "room:1", "b64data": "aGk="}, 107, "bad request: data is not valid JSON"),
    ],
)
async def test_a_bad_publish_says_what_is_wrong_and_publishes_nothing(
    stage: Stage, backend: Backend, request_: dict[str, Any], code: int, message: str
) -> None:
    assert await backend.error("publish", **request_) == (code, message)
    assert stage.core.stats.publications == 0


async def test_null_is_no_event(backend: Backend) -> None:
    """Of all fields `data` alone may be null; which is no event, but JSON all the same."""
    request = {"channel": "room:1", "data": None, "tags": None, "b64data": None}
    refused = "bad request: no event in `type`; declared here: said"
    assert await backend.error("publish", **request) == (107, refused)


async def test_fields_that_are_null_count_as_left_out(stage: Stage, backend: Backend) -> None:
    nulls = dict.fromkeys(
        ["b64data", "skip_history", "tags", "idempotency_key", "delta", "version"]
    )
    assert (await backend.result("publish", channel="room:1", data=HI, **nulls))["offset"] == 1


async def test_what_is_not_known_is_dropped(stage: Stage, backend: Backend) -> None:
    data = {"type": "said", "text": "hi", "secret": 1}
    await backend.result("publish", channel="room:1", data=data, pro_only=[1])
    assert await kept(stage, "room:1") == [(1, b'{"type":"said","text":"hi"}')]


async def test_base64_counts_where_both_are_given(stage: Stage, backend: Backend) -> None:
    encoded = b64encode(b'{"type": "said", "text": "there"}').decode()
    await backend.result("publish", channel="room:1", data=HI, b64data=encoded)
    assert await kept(stage, "room:1") == [(1, b'{"type":"said","text":"there"}')]


async def test_history_can_be_skipped(stage: Stage, backend: Backend) -> None:
    peer = await subscriber(stage, "room:1")
    assert await backend.result("publish", channel="room:1", data=HI, skip_history=True) == {}
    stage.core.flush()
    assert peer.texts == ["hi"]
    assert await kept(stage, "room:1") == []


async def test_a_repeated_key_gets_the_first_result(stage: Stage, backend: Backend) -> None:
    peer = await subscriber(stage, "room:1")
    first = await backend.result("publish", channel="room:1", data=HI, idempotency_key="k")
    again = await backend.result("publish", channel="room:1", data=HI, idempotency_key="k")
    stage.core.flush()
    assert first == again
    assert peer.texts == ["hi"]


async def test_a_version_that_is_late_gets_the_position_and_is_not_delivered(
    stage: Stage, backend: Backend
) -> None:
    peer = await subscriber(stage, "room:1")

    async def put(version: int, epoch: str = "") -> int:
        result = await backend.result(
            "publish",
            channel="room:1",
            data=said(f"v{version}"),
            version=version,
            version_epoch=epoch,
            delta=True,
        )
        return int(result["offset"])

    assert [await put(2, "a"), await put(1, "a"), await put(3), await put(1, "b")] == [1, 1, 2, 3]
    stage.core.flush()
    assert peer.texts == ["v2", "v3", "v1"]


@pytest.mark.parametrize("name", ["idempotency_key", "version_epoch"])
async def test_what_is_kept_for_long_is_not_long(backend: Backend, name: str) -> None:
    request = {"channel": "room:1", "data": HI}
    await backend.result("publish", **request, **{name: "x" * 255})
    status, text = await backend.refusal("/api/publish", {**request, name: "x" * 256})
    assert (status, text) == (400, f"bad request: {name}: Expected `str` of length <= 255")


@pytest.mark.parametrize(
    ("request_", "payload", "told"),
    [
        ({"data": {"any": "JSON"}}, b'{"any": "JSON"}', {"data": {"any": "JSON"}}),
        ({"data": None}, b"null", {"data": None}),
        (
            {"b64data": b64encode(b"\x00\xff").decode()},
            b"\x00\xff",
            {"data": None, "b64data": b64encode(b"\x00\xff").decode()},
        ),
    ],
)
async def test_where_bytes_are_declared_anything_passes(
    stage: Stage, backend: Backend, request_: dict[str, Any], payload: bytes, told: dict[str, Any]
) -> None:
    stage.app.channel("raw", publishes=bytes, history=History(9, 60))
    assert (await backend.result("publish", channel="raw", **request_))["offset"] == 1
    assert await kept(stage, "raw") == [(1, payload)]
    found = await backend.result("history", channel="raw", limit=1)
    assert found["publications"] == [told | {"offset": 1}]


# Into many.


async def test_a_broadcast_answers_for_each_channel(stage: Stage, backend: Backend) -> None:
    peer = await subscriber(stage, "room:1", "room:2", "news")
    await publish(stage, "room:{x}", "before", x=2)
    channels = ["room:1", "nowhere", "room:2", "", "news", "room:1"]
    result = await backend.result("broadcast", channels=channels, data=HI, tags={"k": "v"})
    responses = result["responses"]
    assert [r["result"].get("offset") for r in responses if "result" in r] == [1, 2, None, 2]
    assert [r["error"] for r in responses if "error" in r] == [
        {"code": 102, "message": "unknown channel"},
        {"code": 107, "message": NAME},
    ]
    assert [list(r) for r in responses] == [
        [name] for name in ("result", "error", "result", "error", "result", "result")
    ]
    stage.core.flush()
    assert sorted(push["channel"] for push in peer.pushes if "pub" in push) == [
        "news",
        "room:1",
        "room:1",
        "room:2",
        "room:2",
    ]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"data": HI}, "bad request: channels: required"),
        ({"channels": [], "data": HI}, "bad request: channels: required"),
        ({"channels": ["news"]}, "bad request: data: required"),
        ({"channels": ["news"], "b64data": "?"}, "bad request: b64data: not Base64"),
    ],
)
async def test_a_bad_broadcast_is_refused_as_a_whole(
    backend: Backend, request_: dict[str, Any], message: str
) -> None:
    assert await backend.error("broadcast", **request_) == (107, message)


async def test_what_one_channel_does_not_declare_others_still_get(
    stage: Stage, backend: Backend
) -> None:
    result = await backend.result("broadcast", channels=["news", "news"], data={"type": "sung"})
    error = {"error": {"code": 107, "message": UNDECLARED}}
    assert result == {"responses": [error, error]}


async def test_a_key_belongs_to_each_channel(stage: Stage, backend: Backend) -> None:
    request: dict[str, Any] = {"data": HI, "idempotency_key": "k", "skip_history": False}
    await backend.result("broadcast", channels=["room:1"], **request)
    result = await backend.result("broadcast", channels=["room:1", "room:2"], **request)
    assert [r["result"]["offset"] for r in result["responses"]] == [1, 1]
    assert [len(await kept(stage, room)) for room in ("room:1", "room:2")] == [1, 1]


async def test_a_broadcast_has_so_many_channels_at_most() -> None:
    async with on_stage(api_stage(limits=Limits(api_channels=150))) as stage:
        stage.app.channel("room:{x}", publishes=Said)
        backend = Backend(stage.app)
        channels = [f"room:{number}" for number in range(150)]
        result = await backend.result("broadcast", channels=channels, data=HI)
        assert result == {"responses": [{"result": {}}] * 150}
        error = await backend.error("broadcast", channels=[*channels, "room:x"], data=HI)
        assert error == (106, "limit exceeded: api_channels is 150")


async def test_an_engine_that_fails_costs_one_channel(
    stage: Stage, backend: Backend, caplog: pytest.LogCaptureFixture
) -> None:
    publish = stage.core.engine.publish

    async def failing(channel: str, *arguments: Any, **options: Any) -> Any:
        if channel == "room:2":
            raise ConnectionError("the engine is away")
        return await publish(channel, *arguments, **options)

    stage.core.engine.publish = failing  # type: ignore[method-assign]
    result = await backend.result("broadcast", channels=["room:1", "room:2"], data=HI)
    assert [list(r) for r in result["responses"]] == [["result"], ["error"]]
    internal = {"code": 100, "message": "internal server error"}
    assert result["responses"][1]["error"] == internal
    assert await backend.error("publish", channel="room:2", data=HI) == tuple(internal.values())
    assert "the engine is away" in caplog.text
    assert stage.core.stats.handler_errors == 2
