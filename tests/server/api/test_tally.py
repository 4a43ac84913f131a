"""Counters: by names of our own, whatever a backend sends."""

from antiphon import Refusal
from tests.hub.stage import Stage
from tests.server.api.backend import Backend
from tests.server.test_metrics import samples

HI = {"type": "said", "text": "hi"}


async def counted(stage: Stage) -> dict[str, float]:
    found = await samples(stage.app)
    return {
        name.removeprefix("antiphon_api_"): value
        for name, value in found.items()
        if name.startswith("antiphon_api_") and "created" not in name
    }


async def test_calls_and_refusals_are_counted(stage: Stage, backend: Backend) -> None:
    assert await counted(stage) == {}

    @stage.app.api_rpc("fail")
    def fail() -> None:
        raise Refusal("no", code=1234)

    for channel in ("news", "news", "nowhere", "a b"):
        await backend.call("publish", channel=channel, data=HI)
    await backend.call("rpc", method="fail")
    await backend.call("rpc", method="<script>")
    commands: list[object] = [{"info": {}}, {"publish": {}}, {"made_up": {}}, None]
    await backend.call("batch", commands=commands)
    await backend.post("/api", b'{"method":"info"}{"method":"made_up"}')
    for path, body in (("/api/made_up", b"{}"), ("/api/info", b"{"), ("/api/info", b"[]")):
        await backend.post(path, body)
    await backend.post("/api/info", b"{}", x_api_key="wrong")
    assert await counted(stage) == {
        "calls_total0publish": 2,
        "calls_total102publish": 1,
        "calls_total107publish": 2,
        "calls_totalapprpc": 1,
        "calls_total104rpc": 1,
        "calls_total0info": 2,
        "refused_total404": 1,
        "refused_total400": 2,
        "refused_total401": 1,
    }
