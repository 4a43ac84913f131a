"""`info`: one process, and figures that add up."""

import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from antiphon.server.api import node
from tests.hub.stage import Stage
from tests.server.api.backend import Backend


async def info(backend: Backend) -> dict[str, Any]:
    result = await backend.result("info")
    (found,) = result["nodes"]
    assert isinstance(found, dict)
    return found


async def test_the_process_says_who_it_is_and_what_it_holds(stage: Stage, backend: Backend) -> None:
    empty = await info(backend)
    assert {name for name in empty if name.startswith("num_")} == {
        "num_clients",
        "num_users",
        "num_channels",
        "num_subs",
    }
    assert not any(empty[name] for name in empty if name.startswith("num_"))
    ann, also, bob = [await stage.connect(user) for user in ("ann", "ann", "bob")]
    stage.peer()  # not connected yet, so it does not count
    for peer, channel in ((ann, "news"), (ann, "room:1"), (also, "news"), (bob, "news")):
        await peer.ask("subscribe", channel=channel)
    found = await info(backend)
    counts = [found[f"num_{name}"] for name in ("clients", "users", "channels", "subs")]
    assert counts == [3, 2, 2, 4]
    assert (found["uid"], found["name"]) == (empty["uid"], empty["name"])
    assert found["name"].endswith(f"_{os.getpid()}")
    assert found["version"] == "1.0.0"


async def test_the_process_says_what_it_uses(backend: Backend) -> None:
    process = (await info(backend))["process"]
    assert 1_000_000 < process["rss"] < 100_000_000_000
    assert process.get("cpu", 0.0) >= 0.0


async def test_age_is_told_in_seconds(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "uptime" not in await info(backend)
    now = time.monotonic() + 90.5
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert 90 <= (await info(backend))["uptime"] <= 100


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such figure")
@pytest.mark.parametrize("text", [None, "", "1", "a b c"])
def test_where_linux_does_not_tell_the_peak_is_told(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    statm = tmp_path / "statm"
    if text is not None:
        statm.write_text(text)
    monkeypatch.setattr(node, "_STATM", statm)
    assert 1_000_000 < node.resident_bytes() < 100_000_000_000
