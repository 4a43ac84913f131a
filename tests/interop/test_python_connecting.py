"""centrifuge-python against a served app: connecting, tokens, and the ends of connections."""

import asyncio

import pytest

from antiphon.testing import serve
from tests.interop.app import Stage
from tests.interop.language import in_either_language
from tests.interop.world import Log, World, cut_short, port_of

pytestmark = in_either_language


async def test_it_connects_with_a_token(world: World) -> None:
    alice = world.person()
    await alice.sdk.connect()
    context = await alice.log.next("connected")
    assert len(context.client) == 36
    assert context.version == "7.1"
    assert await alice.call("sum", [1, 2]) == 3


async def test_it_disconnects_and_connects_again(world: World) -> None:
    alice = await world.connected()
    for _ in range(10):
        await alice.sdk.disconnect()
        assert (await alice.log.next("disconnected")).code == 0
        await alice.sdk.connect()
        await alice.log.next("connected")


async def test_it_answers_pings(world: World) -> None:
    alice = await world.connected()
    await alice.call("ponged")
    assert alice.log.left("connecting") == 0


async def test_it_refreshes_its_token_and_outlives_the_first_one(world: World) -> None:
    asked = Log()
    clock = asyncio.get_running_loop().time

    async def get_token() -> str:
        asked.add("token", clock())
        return world.token(ttl=2)

    alice = await world.connected(token=world.token(ttl=2), get_token=get_token)
    first = clock()
    *_, last = await asked.some("token", 5)
    await alice.call("sum", [])
    assert last - first > 4, "past the expiry, the grace and a tick of the server's clock"
    assert (alice.log.left("connecting"), alice.log.left("connected")) == (0, 0)


async def test_it_fetches_its_first_token_by_itself(world: World) -> None:
    async def get_token() -> str:
        return world.token()

    alice = await world.connected(token="", get_token=get_token)
    await alice.call("sum", [])


async def test_an_expired_token_is_replaced_by_a_fresh_one(world: World) -> None:
    async def get_token() -> str:
        return world.token()

    alice = await world.connected(token=world.token(ttl=-10), get_token=get_token)
    assert (await alice.log.next("error")).error.code == 109


async def test_a_refresh_with_an_expired_token_leads_to_a_new_connection(world: World) -> None:
    fresh = [world.token(ttl=-10), world.token()]

    async def get_token() -> str:
        return fresh.pop(0)

    alice = await world.connected(token=world.token(ttl=2), get_token=get_token)
    assert (await alice.log.next("connecting")).code == 3005
    await alice.log.next("connected")


async def test_an_expired_token_without_a_way_to_a_fresh_one_is_final(world: World) -> None:
    alice = world.person(token=world.token(ttl=-10))
    await alice.sdk.connect()
    assert (await alice.log.next("disconnected")).code == 1


async def test_a_token_that_expires_without_a_way_to_a_fresh_one_is_final(world: World) -> None:
    alice = await world.connected(token=world.token(ttl=1))
    assert (await alice.log.next("connecting")).code == 3005
    assert (await alice.log.next("disconnected")).code == 1


async def test_an_invalid_token_is_final(world: World) -> None:
    forged = world.person(token=world.token()[:-4] + "AAAA")
    await forged.sdk.connect()
    context = await forged.log.next("disconnected")
    assert (context.code, context.reason) == (3500, "invalid token")


@pytest.mark.parametrize("code", [3501, 3503, 3999, 4500, 4999])
async def test_it_stays_away_after(world: World, code: int) -> None:
    alice = await world.connected()
    await cut_short(alice.call("end", {"code": code, "reason": "because"}))
    context = await alice.log.next("disconnected")
    assert (context.code, context.reason) == (code, "because")


@pytest.mark.parametrize("code", [3001, 3005, 3011, 4000, 4499])
async def test_it_reconnects_after(world: World, code: int) -> None:
    alice = await world.connected()
    first = alice.id
    await cut_short(alice.call("end", {"code": code, "reason": "because"}))
    context = await alice.log.next("connecting")
    assert (context.code, context.reason) == (code, "because")
    assert (await alice.log.next("connected")).client != first


async def test_a_restart_of_the_server_begins_a_new_epoch(world: World) -> None:
    async with serve(Stage().app) as first:
        world.cable.upstream = port_of(first)
        alice = await world.connected(world.cable.port)
        room = await alice.sit("room:restart")
        before = await room.log.next("subscribed")
        await alice.call("say", {"channel": "room:restart", "texts": ["before"]})
        await room.log.next("publication")
    assert (await alice.log.next("connecting")).code == 3001
    world.cable.upstream = world.port
    after = await room.log.next("subscribed")
    assert (after.was_recovering, after.recovered) == (True, False)
    assert after.stream_position.epoch != before.stream_position.epoch
    assert after.stream_position.offset == 0
