"""pycent, the released package `cent`, against a served app: its two clients, each method, errors.

Whom it acts on are clients of centrifuge-python. Methods of Centrifugo PRO are none of ours; for `rpc`
pycent has no request. Of a batch that holds an error it makes a `KeyError`, so there is none here.
"""

import asyncio
import os
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import cent
import pytest
import requests
from cent import CentApiResponseError, CentTransportError, CentUnauthorizedError
from cent.dto import CentRequest, StreamPosition

from tests.interop.app import API_KEY
from tests.interop.world import Person, World

HI = {"type": "said", "text": "grüße"}


class Backend:
    """One of pycent's clients."""

    def __init__(self, client: cent.Client | cent.AsyncClient) -> None:
        self._client = client

    async def __call__(self, request: CentRequest[Any]) -> Any:
        """Send a request by the client's method for it."""
        send = getattr(self._client, request.api_method)
        if isinstance(self._client, cent.AsyncClient):
            return await send(request)
        return await asyncio.to_thread(send, request)

    async def error(self, request: CentRequest[Any]) -> tuple[int, str]:
        """Send what must be refused; return code and message."""
        with pytest.raises(CentApiResponseError) as caught:
            await self(request)
        return caught.value.code, caught.value.message


class Backends:
    """Makes clients of one kind, and closes them."""

    def __init__(self, kind: str, port: int) -> None:
        self._kind = kind
        self._url = f"http://127.0.0.1:{port}/api"
        self._opened: list[cent.Client | cent.AsyncClient] = []

    def __call__(self, key: str = API_KEY) -> Backend:
        client: cent.Client | cent.AsyncClient
        if self._kind == "async":
            client = cent.AsyncClient(self._url, key, session=aiohttp.ClientSession())
        else:
            session = requests.Session()
            session.trust_env = False
            client = cent.Client(self._url, key, session=session)
        self._opened.append(client)
        return Backend(client)

    async def close(self) -> None:
        for client in self._opened:
            if isinstance(client, cent.AsyncClient):
                await client.close()
            else:
                client.close()


@pytest.fixture(params=["sync", "async"])
async def backends(request: pytest.FixtureRequest, world: World) -> AsyncIterator[Backends]:
    backends = Backends(request.param, world.port)
    yield backends
    await backends.close()


@pytest.fixture
async def backend(backends: Backends) -> Backend:
    return backends()


async def told(person: Person, event: str, channel: str) -> Any:
    """Wait for what an SDK tells of a server-side subscription."""
    while (context := await person.log.next(event)).channel != channel:
        pass
    return context


async def epoch_of(world: World, channel: str) -> str:
    return (await world.stage.app.hub.core.engine.history(channel))[1].epoch


# Publishing.


async def test_it_publishes(world: World, backend: Backend) -> None:
    alice = await world.connected()
    room = await alice.seated("room:1")
    request = cent.PublishRequest(channel="room:1", data=HI, tags={"from": "pycent"})
    result = await backend(request)
    assert (result.offset, result.epoch) == (1, await epoch_of(world, "room:1"))
    publication = (await room.log.next("publication")).pub
    assert (publication.data, publication.offset) == (HI, 1)
    assert publication.tags == {"from": "pycent"}


async def test_it_publishes_with_all_options(world: World, backend: Backend) -> None:
    encoded = b64encode(b'{"type":"said","text":"from base64"}').decode()
    skipped = cent.PublishRequest(channel="room:1", data={}, b64data=encoded, skip_history=True)
    assert (await backend(skipped)).offset == 0
    repeated = cent.PublishRequest(channel="room:1", data=HI, idempotency_key="k")
    assert [(await backend(repeated)).offset for _ in range(2)] == [1, 1]
    versions = [
        cent.PublishRequest(channel="room:1", data=HI, version=version)  # type: ignore[call-arg]
        for version in (5, 4, 6)
    ]
    assert [(await backend(request)).offset for request in versions] == [2, 2, 3]


@pytest.mark.parametrize(
    ("channel", "data", "error"),
    [
        ("nowhere", HI, (102, "unknown channel")),
        ("room:a b", HI, (107, "bad request: channel: a name is printable ASCII without spaces "
                               "and brackets")),
        ("", HI, (107, "bad request: channel: required")),
        ("room:1", {"type": "said", "text": ""}, (107, "bad request: said.text: Expected `str` of "
                                                       "length >= 1")),
        ("room:1", {"type": "sung"}, (107, "bad request: undeclared event 'sung'; declared here: "
                                           "said")),
        ("room:1", "plain text", (107, "bad request: no event in `type`; declared here: said")),
    ],
)  # fmt: skip
async def test_a_bad_publish_says_what_is_wrong(
    backend: Backend, channel: str, data: Any, error: tuple[int, str]
) -> None:
    assert await backend.error(cent.PublishRequest(channel=channel, data=data)) == error


async def test_it_broadcasts(world: World, backend: Backend) -> None:
    alice = await world.connected()
    seats = [await alice.seated(channel) for channel in ("room:1", "room:2")]
    channels = ["room:1", "nowhere", "room:2"]
    responses = (await backend(cent.BroadcastRequest(channels=channels, data=HI))).responses
    assert [r.result and r.result.offset for r in responses] == [1, None, 1]
    (error,) = [r.error for r in responses if r.error]
    assert (error.code, error.message) == (102, "unknown channel")
    assert [await seat.log.heard(1) for seat in seats] == [["grüße"], ["grüße"]]
    error_of_all = await backend.error(cent.BroadcastRequest(channels=[], data=HI))
    assert error_of_all == (107, "bad request: channels: required")


# Connections.


async def test_it_subscribes_and_unsubscribes(world: World, backend: Backend) -> None:
    await world.stage.say("news:1", "one", "two", "three")
    alice, bob = await world.connected(), await world.connected(token=world.token("bob"))
    request = cent.SubscribeRequest(
        user="alice",
        channel="news:1",
        info={"seat": 1},
        data={"hello": "Alice"},
        recover_since=StreamPosition(offset=1, epoch=await epoch_of(world, "news:1")),
        override=cent.ChannelOptionsOverride(join_leave=cent.BoolValue(value=True)),
    )
    assert await backend(request) == cent.SubscribeResult()
    context = await told(alice, "subscribed", "news:1")
    assert (context.data, context.recoverable) == ({"hello": "Alice"}, True)
    assert [(await told(alice, "publication", "news:1")).pub.offset for _ in range(2)] == [2, 3]
    joined = (await told(alice, "join", "news:1")).info
    assert (joined.client, joined.chan_info) == (alice.id, {"seat": 1})
    request = cent.SubscribeRequest(user="bob", channel="nowhere")
    assert await backend.error(request) == (102, "unknown channel")

    gone = cent.UnsubscribeRequest(user="alice", channel="news:1")
    assert await backend(gone) == cent.UnsubscribeResult()
    await told(alice, "unsubscribed", "news:1")
    assert "news:1" not in world.stage.app.clients_of("alice")[0].channels
    assert (await alice.call("sum", [1]), await bob.call("sum", [2])) == (1, 2)


async def test_it_singles_out_a_connection(world: World, backend: Backend) -> None:
    alice, also = await world.connected(), await world.connected()
    await backend(cent.SubscribeRequest(user="alice", channel="news:1", client=also.id))
    await told(also, "subscribed", "news:1")
    listed = await backend(cent.ChannelsRequest(pattern="news:*"))
    assert {name: info.num_clients for name, info in listed.channels.items()} == {"news:1": 1}
    assert alice.id != also.id


async def test_it_disconnects(world: World, backend: Backend) -> None:
    alice, also = await world.connected(), await world.connected()
    request = cent.DisconnectRequest(
        user="alice",
        whitelist=[also.id],
        disconnect=cent.Disconnect(code=4500, reason="not welcome"),
    )
    assert await backend(request) == cent.DisconnectResult()
    context = await alice.log.next("disconnected")
    assert (context.code, context.reason) == (4500, "not welcome")
    assert await also.call("sum", [1, 2]) == 3
    await backend(cent.DisconnectRequest(user="alice"))
    assert (await also.log.next("disconnected")).code == 3503
    request.disconnect = cent.Disconnect(code=99, reason="")
    error = (
        107,
        "bad request: disconnect: a disconnect code lies between 3000 and 4999, not at 99",
    )
    assert await backend.error(request) == error


async def test_it_refreshes(world: World, backend: Backend) -> None:
    alice = await world.connected()
    in_an_hour = int(time.time()) + 3_600
    request = cent.RefreshRequest(user="alice", expire_at=in_an_hour)
    assert await backend(request) == cent.RefreshResult()
    assert await alice.call("sum", [1, 2]) == 3
    await backend(cent.RefreshRequest(user="alice", expired=True))
    assert (await alice.log.next("connecting")).code == 3005
    await alice.log.next("connected")


# Looking.


async def test_it_sees_who_is_there(world: World, backend: Backend) -> None:
    alice, bob = await world.connected(), await world.connected(token=world.token("bob", info=[7]))
    for person in (alice, bob):
        await person.seated("room:1")
    present = (await backend(cent.PresenceRequest(channel="room:1"))).presence
    assert present.keys() == {alice.id, bob.id}
    seen = present[bob.id]
    assert (seen.user, seen.client, seen.conn_info, seen.chan_info) == ("bob", bob.id, [7], None)
    stats = await backend(cent.PresenceStatsRequest(channel="room:1"))
    assert (stats.num_clients, stats.num_users) == (2, 2)
    error = (108, "not available: this channel keeps no presence")
    assert await backend.error(cent.PresenceRequest(channel="short:1")) == error
    assert await backend.error(cent.PresenceStatsRequest(channel="short:1")) == error


async def test_it_reads_and_removes_history(world: World, backend: Backend) -> None:
    await world.stage.say("room:1", "one", "two", "three")
    epoch = await epoch_of(world, "room:1")
    top = await backend(cent.HistoryRequest(channel="room:1"))
    assert (top.publications, top.offset, top.epoch) == ([], 3, epoch)
    since = StreamPosition(offset=1, epoch=epoch)
    page = await backend(cent.HistoryRequest(channel="room:1", limit=1, since=since))
    assert [(p.offset, p.data["text"]) for p in page.publications] == [(2, "two")]
    page = await backend(cent.HistoryRequest(channel="room:1", limit=-1, reverse=True))
    assert [p.offset for p in page.publications] == [3, 2, 1]
    lost = cent.HistoryRequest(channel="room:1", limit=1, since=StreamPosition(epoch="lost"))
    assert await backend.error(lost) == (112, "unrecoverable position")
    removed = await backend(cent.HistoryRemoveRequest(channel="room:1"))
    assert removed == cent.HistoryRemoveResult()
    page = await backend(cent.HistoryRequest(channel="room:1", limit=-1))
    assert (page.publications, page.offset, page.epoch) == ([], 3, epoch)


async def test_it_sees_channels_and_the_node(world: World, backend: Backend) -> None:
    alice, bob = await world.connected(), await world.connected(token=world.token("bob"))
    await alice.seated("room:1")
    await bob.seated("room:1")
    listed = (await backend(cent.ChannelsRequest())).channels
    assert {name: info.num_clients for name, info in listed.items()} == {
        "inbox#alice": 1,
        "inbox#bob": 1,
        "room:1": 2,
    }
    error = (107, "bad request: pattern: braces that do not pair")
    assert await backend.error(cent.ChannelsRequest(pattern="}")) == error
    (node,) = (await backend(cent.InfoRequest())).nodes
    counted = (node.num_clients, node.num_users, node.num_channels, node.num_subs)
    assert counted == (2, 2, 3, 4)
    assert node.version == "7.1"
    assert node.name.endswith(f"_{os.getpid()}")
    assert node.process is not None and node.process.rss > 1_000_000


# Batches and refusals.


@pytest.mark.parametrize("parallel", [False, True])
async def test_it_sends_batches(world: World, backend: Backend, parallel: bool) -> None:
    request = cent.BatchRequest(
        requests=[
            cent.PublishRequest(channel="room:1", data=HI),
            cent.BroadcastRequest(channels=["room:2", "nowhere"], data=HI),
            cent.SubscribeRequest(user="eve", channel="room:1"),
            cent.PresenceStatsRequest(channel="room:1"),
            cent.ChannelsRequest(pattern="none"),
        ],
        parallel=parallel,
    )
    replies = (await backend(request)).replies
    published, broadcast, subscribed, stats, listed = replies
    assert published == cent.PublishResult(offset=1, epoch=await epoch_of(world, "room:1"))
    assert [response.error is None for response in broadcast.responses] == [True, False]
    assert subscribed == cent.SubscribeResult()
    assert stats == cent.PresenceStatsResult(num_clients=0, num_users=0)
    assert listed == cent.ChannelsResult(channels={})


async def test_a_wrong_key_is_refused(backends: Backends) -> None:
    for key in ("wrong", API_KEY + "x"):
        with pytest.raises(CentUnauthorizedError):
            await backends(key)(cent.InfoRequest())


async def test_what_is_not_served_is_refused(world: World, backend: Backend) -> None:
    with pytest.raises(CentTransportError) as caught:
        await backend(cent.ConnectionsRequest(user="alice", expression=""))
    assert caught.value.status_code == 404
    large = {"type": "said", "text": "x" * world.stage.app.limits.api_body_bytes}
    with pytest.raises(CentTransportError) as caught:
        await backend(cent.PublishRequest(channel="room:1", data=large))
    assert caught.value.status_code == 413
    assert (await backend(cent.HistoryRequest(channel="room:1"))).offset == 0
