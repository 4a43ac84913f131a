"""A plain `EventSource`, as a browser runs it: it comes back by itself with the last id it saw."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from antiphon import History
from antiphon.entrance import path_to
from tests.hub.stage import Said, Stage, declare, on_stage, publish, quiet, until
from tests.hub.streams import ALL, pass_of
from tests.wire.events import EventReader, ServerSentEvent
from tests.wire.exchange import Exchange


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage(transports=ALL)
    declare(stage)
    stage.app.channel("short:{x}", publishes=Said, open=True, history=History(size=2, ttl=60))
    pass_of(stage, "ann")
    async with on_stage(stage):
        yield stage


class EventSource:
    """Keeps what a browser keeps across connections: the URL and the last id."""

    def __init__(self, stage: Stage, *channels: str, token: str = "pass of ann") -> None:
        self.stage = stage
        self.heard: list[tuple[str, str]] = []
        """Channel and text of each publication, recovered or live, in order."""
        self.told: dict[str, Any] = {}
        """The last result of connecting."""
        request = {"token": token, "subs": {channel: {} for channel in channels}}
        self._query = f"cf_connect={json.dumps(request).replace('#', '%23')}"
        self._last_id = ""
        self._exchange: Exchange

    async def connect(self, *, last_id: str | None = None) -> dict[str, Any]:
        """Make the request; return what is told of the channels."""
        sent = self._last_id if last_id is None else last_id
        headers = [("last-event-id", sent)] if sent else []
        self._reader = EventReader()
        self._seen = 0
        self._exchange = Exchange(
            self.stage.app, path=path_to("uni_sse"), query=self._query, headers=headers
        )
        await until(lambda: self._exchange.body)
        self.read()
        told: dict[str, Any] = self.told.get("subs", {})
        return told

    def read(self, upto: int | None = None) -> None:
        """Take what has arrived; `upto` a number of bytes, because the rest is lost on the way."""
        text = self._exchange.body[self._seen : upto].decode()
        self._seen += len(text.encode())
        for event in self._reader.feed(text):
            self._take(event)

    async def lose(self, upto: int | None = None) -> None:
        """Lose the connection, and with it what has arrived behind some bytes."""
        await quiet()
        self.read(upto)
        self._exchange.leave()
        await self._exchange.done()

    @property
    def size(self) -> int:
        """Bytes that were sent on this connection."""
        return len(self._exchange.body)

    def _take(self, event: ServerSentEvent) -> None:
        self._last_id = event.id
        push = event.json()
        if "connect" in push:
            self.told = push["connect"]
            for channel, joined in push["connect"].get("subs", {}).items():
                for publication in joined.get("publications", ()):
                    self.heard.append((channel, publication["data"]["text"]))
        elif "pub" in push:
            self.heard.append((push["channel"], push["pub"]["data"]["text"]))


async def test_what_was_missed_comes_in_order_and_once(stage: Stage) -> None:
    source = EventSource(stage, "room:a")
    await source.connect()
    await publish(stage, "room:{x}", "1", "2", x="a")
    await source.lose()
    await publish(stage, "room:{x}", "3", "4", x="a")
    told = await source.connect()
    assert (told["room:a"]["was_recovering"], told["room:a"]["recovered"]) == (True, True)
    await publish(stage, "room:{x}", "5", x="a")
    await source.lose()
    assert source.heard == [("room:a", text) for text in "12345"]


async def test_it_may_miss_nothing(stage: Stage) -> None:
    source = EventSource(stage, "room:a")
    await source.connect()
    for _ in range(3):
        await source.lose()
        told = await source.connect()
        assert told["room:a"]["recovered"] is True
        assert "publications" not in told["room:a"]
    assert source.heard == []


async def test_it_may_be_cut_anywhere(stage: Stage) -> None:
    """Whatever byte is the last one to arrive, everything is heard once, and in order."""
    channels = ("room:a", "room:b", "room:c")
    source = EventSource(stage, *channels)
    await source.connect()
    expected: dict[str, list[str]] = {channel: [] for channel in channels}
    before = source.size
    number = 0
    for cut in range(0, 2_400, 97):
        for channel in ("a", "b", "a", "c", "b"):
            number += 1
            expected[f"room:{channel}"].append(str(number))
            await publish(stage, "room:{x}", str(number), x=channel)
        await source.lose(before + cut)
        told = await source.connect()
        assert all(joined["recovered"] for joined in told.values())
        before = source.size
    heard = {channel: [t for c, t in source.heard if c == channel] for channel in channels}
    assert heard == expected


async def test_what_cannot_be_recovered_is_said_to_be_lost(stage: Stage) -> None:
    source = EventSource(stage, "short:a", "room:a")
    await source.connect()
    await source.lose()
    await publish(stage, "short:{x}", "1", "2", "3", x="a")
    await publish(stage, "room:{x}", "kept", x="a")
    told = await source.connect()
    assert told["short:a"]["was_recovering"] is True
    assert "recovered" not in told["short:a"]
    assert told["short:a"]["offset"] == 3
    assert told["room:a"]["recovered"] is True
    await publish(stage, "short:{x}", "4", x="a")
    await source.lose()
    await source.connect()
    assert source.heard == [("room:a", "kept"), ("short:a", "4")]


async def test_a_stream_in_another_life_is_lost(stage: Stage) -> None:
    source = EventSource(stage, "room:a")
    await source.connect()
    await publish(stage, "room:{x}", "1", x="a")
    await source.lose()
    told = await source.connect(last_id="1.another.room:a")
    assert told["room:a"]["was_recovering"] is True
    assert "recovered" not in told["room:a"]


async def test_the_last_value_comes_again_only_if_it_changed(stage: Stage) -> None:
    await publish(stage, "last:{x}", "1", x="a")
    source = EventSource(stage, "last:a")
    await source.connect()
    await source.lose()
    await source.connect()
    await source.lose()
    await publish(stage, "last:{x}", "2", "3", x="a")
    await source.connect()
    assert source.heard == [("last:a", "1"), ("last:a", "3")]


async def test_channels_of_the_credential(stage: Stage) -> None:
    pass_of(stage, "bob", channels=("room:a",))
    source = EventSource(stage, token="pass of bob")
    await source.connect()
    await publish(stage, "room:{x}", "1", x="a")
    await source.lose()
    await publish(stage, "room:{x}", "2", x="a")
    assert (await source.connect())["room:a"]["recovered"] is True
    assert source.heard == [("room:a", "1"), ("room:a", "2")]


async def test_a_channel_that_the_server_brought_it_into(stage: Stage) -> None:
    source = EventSource(stage, "room:a")
    await source.connect()
    (client,) = stage.app.clients_of("ann")
    await client.subscribe("room:b")
    await publish(stage, "room:{x}", "1", x="b")
    await source.lose()
    await publish(stage, "room:{x}", "2", x="a")
    # It is the server's to bring it in again: an id asks for nothing.
    told = await source.connect()
    assert set(told) == {"room:a"}
    assert told["room:a"]["recovered"] is True
    assert source.heard == [("room:b", "1"), ("room:a", "2")]


async def test_a_channel_that_the_server_put_it_out_of(stage: Stage) -> None:
    pass_of(stage, "bob", channels=("room:a", "room:b"))
    source = EventSource(stage, token="pass of bob")
    await source.connect()
    (client,) = stage.app.clients_of("bob")
    await client.unsubscribe("room:a")
    await publish(stage, "room:{x}", "unheard", x="a")
    await source.lose()
    pass_of(stage, "bob", channels=("room:a",))
    told = await source.connect()
    assert "was_recovering" not in told["room:a"]
    assert source.heard == []


async def test_of_no_channel_at_all_nothing_is_remembered(stage: Stage) -> None:
    pass_of(stage, "bob", channels=("room:a",))
    source = EventSource(stage, token="pass of bob")
    await source.connect()
    (client,) = stage.app.clients_of("bob")
    await client.unsubscribe("room:a")
    await source.lose()
    told = await source.connect()
    assert "was_recovering" not in told["room:a"]


async def test_an_id_lets_nobody_in(stage: Stage) -> None:
    source = EventSource(stage, "room:a")
    assert set(await source.connect(last_id="1.e.closed 1.e.nowhere 1.e.room:b")) == {"room:a"}
    (client,) = stage.app.clients_of("ann")
    assert client.channels == ["room:a"]


@pytest.mark.parametrize("last_id", ["x", "7", "../../etc/passwd", "9" * 5_000, "1.e. " * 500])
async def test_a_foreign_id_means_nothing(stage: Stage, last_id: str) -> None:
    source = EventSource(stage, "room:a")
    told = await source.connect(last_id=last_id)
    assert "was_recovering" not in told["room:a"]


async def test_where_no_header_can_be_set_the_query_names_the_id(stage: Stage) -> None:
    source = EventSource(stage, "room:a")
    await source.connect()
    await source.lose()
    await publish(stage, "room:{x}", "1", x="a")
    query, last_id = source._query, source._last_id.replace(" ", "+")
    source._query, source._last_id = f"{query}&last_event_id={last_id}", ""
    await source.connect()
    assert source.heard == [("room:a", "1")]
    await source.lose()
    await publish(stage, "room:{x}", "2", x="a")
    await source.connect()  # by itself: with the same URL, and the header
    assert source.heard == [("room:a", "1"), ("room:a", "2")]
