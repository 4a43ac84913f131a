"""Forms: what a subscribe agreed on, from the reply on; over a session and its topic."""

import json
from typing import Any

from centrifuge.fossil import apply_delta  # type: ignore[import-untyped]

from antiphon import BadRequest, History
from antiphon.hub import form
from antiphon.protocol import tags
from tests.hub.stage import Peer, Said, Stage, on_stage, publish

FILTER = {"key": "kind", "cmp": "eq", "val": "goal"}


def declare(stage: Stage) -> None:
    history = History(size=10, ttl=60)
    stage.app.channel("doc:{x}", publishes=Said, open=True, history=history, delta=True)
    stage.app.channel("plain", publishes=Said, open=True, history=history)
    stage.app.channel("match:{x}", publishes=Said, open=True, history=history, tags_filter=True)


def decoded(publications: list[dict[str, Any]]) -> list[str]:
    """Apply patches as the SDKs do; return the texts."""
    held, texts = b"", []
    for published in publications:
        data = published["data"].encode()
        held = apply_delta(held, data) if published.get("delta") else data
        texts.append(json.loads(held)["text"])
    return texts


def live(peer: Peer) -> list[dict[str, Any]]:
    return [push["pub"] for push in peer.pushes if "pub" in push]


def long(word: str) -> str:
    return f"aaaaaaaaaaaaaaa{word}"


async def test_live_patches() -> None:
    async with on_stage(Stage()) as stage:
        declare(stage)
        peer = await stage.connect()
        result = await peer.ask("subscribe", channel="doc:1", delta="fossil")
        assert result["delta"] is True
        await publish(stage, "doc:{x}", long("1"), long("2"), long("3"), x=1)
        stage.core.flush()
        assert decoded(live(peer)) == [long("1"), long("2"), long("3")]
        assert [p.get("delta", False) for p in live(peer)] == [False, True, True]


async def test_recovered_publications_are_a_chain_and_live_ones_go_on_from_it() -> None:
    async with on_stage(Stage()) as stage:
        declare(stage)
        await publish(stage, "doc:{x}", *map(long, "1234"), x=1)
        peer = await stage.connect()
        first = await peer.ask("subscribe", channel="doc:1", delta="fossil")
        await peer.ask("unsubscribe", channel="doc:1")
        result = await peer.ask(
            "subscribe",
            channel="doc:1",
            delta="fossil",
            recover=True,
            offset=1,
            epoch=first["epoch"],
        )
        await publish(stage, "doc:{x}", long("5"), x=1)
        stage.core.flush()
        told = [*result["publications"], *live(peer)]
        assert decoded(told) == list(map(long, "2345"))
        assert [p.get("delta", False) for p in told] == [False, True, True, True]


async def test_who_asks_for_a_delta_where_there_is_none_gets_everything_as_it_is() -> None:
    async with on_stage(Stage()) as stage:
        declare(stage)
        peer = await stage.connect()
        assert "delta" not in await peer.ask("subscribe", channel="plain", delta="fossil")
        await publish(stage, "plain", "one")
        stage.core.flush()
        assert peer.texts == ["one"]


async def test_no_more_than_so_many_bytes_of_a_reply_are_compared(monkeypatch: Any) -> None:
    monkeypatch.setattr(form, "PATCHED_BYTES", 100)
    async with on_stage(Stage()) as stage:
        declare(stage)
        await publish(stage, "doc:{x}", *map(long, "1234"), x=1)
        peer = await stage.connect()
        result = await peer.ask("subscribe", channel="doc:1", delta="fossil", recover=True)
        assert decoded(result["publications"]) == list(map(long, "1234"))
        assert [p.get("delta", False) for p in result["publications"][2:]] == [False, False]


async def test_a_filter_leaves_out_live_and_recovered_publications() -> None:
    async with on_stage(Stage()) as stage:
        declare(stage)
        (match,) = [c for c in stage.app.behaviour.router.channels if c.options.tags_filter]
        peer = await stage.connect()
        other = await stage.connect("bob")
        await other.ask("subscribe", channel="match:1")
        for text, kind in [("a", "goal"), ("b", "foul")]:
            await match.publish(Said(text), tags={"kind": kind}, x=1)
        result = await peer.ask("subscribe", channel="match:1", tf=FILTER, recover=True)
        assert [p["data"]["text"] for p in result["publications"]] == ["a"]
        assert result["recovered"] is True
        for text, kind in [("c", "foul"), ("d", "goal")]:
            await match.publish(Said(text), tags={"kind": kind}, x=1)
        stage.core.flush()
        assert peer.texts == ["d"]
        assert other.texts == ["a", "b", "c", "d"]


async def test_filters_that_are_refused() -> None:
    async with on_stage(Stage()) as stage:
        declare(stage)
        peer = await stage.connect()
        assert await peer.refusal("subscribe", channel="plain", tf=FILTER) == BadRequest.code.number
        both = {"channel": "match:1", "tf": FILTER, "delta": "fossil"}
        assert await peer.refusal("subscribe", **both) == BadRequest.code.number
        bad = await peer.ask("subscribe", channel="match:1", tf={"cmp": "eq"})
        assert bad["error"]["code"] == BadRequest.code.number
        assert "tf" in bad["error"]["message"]


async def test_a_filter_is_no_longer_than_it_may_be_kept() -> None:
    async with on_stage(Stage()) as stage:
        declare(stage)
        peer = await stage.connect()
        much = {"key": "kind", "cmp": "eq", "val": "x" * tags.BYTES}
        refused = await peer.ask("subscribe", channel="match:1", tf=much)
        assert (
            refused["error"]["message"]
            == f"bad request: tf: a filter has at most {tags.BYTES} bytes"
        )
        assert "error" not in await peer.ask("subscribe", channel="plain", tf=None)


async def test_a_filter_that_none_passes_still_moves_the_client_on() -> None:
    async with on_stage(Stage()) as stage:
        declare(stage)
        (match,) = [c for c in stage.app.behaviour.router.channels if c.options.tags_filter]
        for text in "abc":
            await match.publish(Said(text), tags={"kind": "foul"}, x=1)
        peer = await stage.connect()
        result = await peer.ask("subscribe", channel="match:1", tf=FILTER, recover=True)
        assert (result["recovered"], result["offset"]) == (True, 3)
        assert "publications" not in result
