"""centrifuge-python against a served app: channels, calls and messages."""

import asyncio
from typing import Any

import pytest
from centrifuge import StreamPosition  # type: ignore[import-untyped]

from tests.interop.app import OUT_OF_STOCK
from tests.interop.language import in_either_language
from tests.interop.world import Log, World, error_of

pytestmark = in_either_language

LARGE = (
    'Anträge, 対話, חזון, \U0001f3b6\U0001f469\u200d\U0001f3a4 and "quotes\\\n\u2028\u0001' * 700
)


def said(text: str) -> dict[str, Any]:
    return {"type": "said", "text": text}


async def test_it_subscribes_where_a_handler_lets_it(world: World) -> None:
    alice = await world.connected()
    context = await (await alice.sit("room:open")).log.next("subscribed")
    assert (context.recoverable, context.positioned, context.was_recovering) == (True, True, False)
    assert context.stream_position.offset == 0


async def test_it_is_unsubscribed_where_a_handler_forbids_it(world: World) -> None:
    alice = await world.connected()
    context = await (await alice.sit("room:locked")).log.next("unsubscribed")
    assert context.code == 103
    assert "this room is locked" in context.reason
    await alice.call("sum", [])


@pytest.mark.parametrize(("channel", "code"), [("nowhere:1", 102), ("vault:shut", 103)])
async def test_it_is_unsubscribed_from(world: World, channel: str, code: int) -> None:
    alice = await world.connected()
    assert (await (await alice.sit(channel)).log.next("unsubscribed")).code == code


async def test_it_subscribes_by_a_token_and_refreshes_it(world: World) -> None:
    asked = Log()

    async def get_token(channel: str) -> str:
        asked.add("token")
        return world.token(channel=channel, ttl=2)

    token = world.token(channel="vault:1", ttl=2, data={"key": 7})
    alice = await world.connected()
    vault = await alice.sit("vault:1", token=token, get_token=get_token)
    assert (await vault.log.next("subscribed")).data == {"key": 7}
    await asked.some("token", 5)
    await world.stage.say("vault:1", "still here")
    assert await vault.log.heard(1) == ["still here"]
    assert vault.log.left("subscribing") == 1


async def test_a_subscription_token_that_is_expired_is_replaced(world: World) -> None:
    async def get_token(channel: str) -> str:
        return world.token(channel=channel)

    alice = await world.connected()
    expired = world.token(channel="vault:2", ttl=-10)
    vault = await alice.sit("vault:2", token=expired, get_token=get_token)
    assert (await vault.log.next("error")).error.code == 109
    await vault.log.next("subscribed")


async def test_a_refresh_with_an_expired_token_leads_to_a_new_subscription(world: World) -> None:
    fresh = [world.token(channel="vault:3", ttl=-10), world.token(channel="vault:3")]

    async def get_token(channel: str) -> str:
        return fresh.pop(0)

    alice = await world.connected()
    token = world.token(channel="vault:3", ttl=2)
    vault = await alice.sit("vault:3", token=token, get_token=get_token)
    codes = [context.code for context in await vault.log.some("subscribing", 2)]
    assert codes == [0, 2501]
    await vault.log.some("subscribed", 2)


async def test_a_subscription_token_for_something_else_is_refused(world: World) -> None:
    alice = await world.connected()
    forged = world.token(channel="vault:4")[:-4] + "AAAA"
    vault = await alice.sit("vault:4", token=forged)
    assert (await vault.log.next("unsubscribed")).code == 103
    await alice.sit("vault:5", token=world.token(channel="vault:6"))
    assert (await alice.log.next("disconnected")).code == 3500


async def test_it_publishes_and_hears_itself(world: World) -> None:
    alice = await world.connected()
    room = await alice.seated("room:echo")
    await room.sdk.publish(said("hello"))
    publication = (await room.log.next("publication")).pub
    assert publication.data == said("hello")
    assert publication.offset == 1
    assert (publication.info.user, publication.info.client) == ("alice", alice.id)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (said(""), "said.text: Expected `str` of length >= 1"),
        ({"type": "said"}, "said: Object missing required field `text`"),
        ({"type": "sung"}, "undeclared event 'sung'"),
    ],
)
async def test_a_bad_event_costs_an_error(world: World, data: Any, told: str) -> None:
    alice = await world.connected()
    room = await alice.seated("room:bounds")
    error = await error_of(room.sdk.publish(data))
    assert error.code == 107
    assert told in error.message
    await room.sdk.publish(said("fine"))
    assert await room.log.heard(1) == ["fine"]


async def test_publishing_needs_a_subscription_and_leave_to_publish(world: World) -> None:
    alice = await world.connected()
    assert (await error_of(alice.sdk.publish("room:elsewhere", said("hello")))).code == 103
    price = await alice.seated("price:mute")
    assert (await error_of(price.sdk.publish(said("hello")))).code == 108


async def test_it_learns_who_is_present(world: World) -> None:
    alice = await world.connected(token=world.token(info={"name": "Al"}))
    bob = await world.connected(token=world.token("bob"))
    room = await alice.seated("room:present")
    await bob.seated("room:present")
    clients = (await room.sdk.presence()).clients
    assert clients.keys() == {alice.id, bob.id}
    assert clients[alice.id].user == "alice"
    assert clients[alice.id].conn_info == {"name": "Al"}
    stats = await room.sdk.presence_stats()
    assert (stats.num_clients, stats.num_users) == (2, 2)
    price = await alice.seated("price:present")
    assert (await error_of(price.sdk.presence())).code == 108


async def test_it_hears_of_joins_its_own_included_and_of_leaves(world: World) -> None:
    alice = await world.connected()
    bob = await world.connected(token=world.token("bob"))
    room = await alice.seated("room:doors")
    assert (await room.log.next("join")).info.client == alice.id
    other = await bob.sit("room:doors")
    assert (await room.log.next("join")).info.user == "bob"
    await other.sdk.unsubscribe()
    assert (await room.log.next("leave")).info.client == bob.id
    await other.sdk.subscribe()
    assert (await room.log.next("join")).info.user == "bob"
    await bob.sdk.disconnect()
    assert (await room.log.next("leave")).info.client == bob.id


async def test_it_reads_history(world: World) -> None:
    alice = await world.connected()
    room = await alice.sit("room:history")
    epoch = (await room.log.next("subscribed")).stream_position.epoch
    await world.stage.say("room:history", *"12345")

    async def read(**options: Any) -> str:
        page = await room.sdk.history(**options)
        assert (page.offset, page.epoch) == (5, epoch)
        return "".join(publication.data["text"] for publication in page.publications)

    assert await read() == ""
    assert await read(limit=-1) == "12345"
    assert await read(limit=2) == "12"
    assert await read(limit=2, reverse=True) == "54"
    assert await read(limit=-1, since=StreamPosition(3, epoch)) == "45"
    assert await read(limit=2, since=StreamPosition(4, epoch), reverse=True) == "32"
    unknown = room.sdk.history(limit=1, since=StreamPosition(1, "another"))
    assert (await error_of(unknown)).code == 112


async def test_it_subscribes_to_many_channels_at_once(world: World) -> None:
    alice = await world.connected()
    seats = await asyncio.gather(*(alice.seated(f"short:many-{number}") for number in range(80)))
    await world.stage.say("short:many-79", "for the last one")
    assert await seats[-1].log.heard(1) == ["for the last one"]
    await asyncio.gather(*(seat.sdk.unsubscribe() for seat in seats))
    await alice.call("sum", [])


async def test_a_loop_of_subscribe_and_unsubscribe_leaves_nobody_behind(world: World) -> None:
    alice = await world.connected()
    room = await alice.seated("room:loop")
    for _ in range(20):
        stats = await room.sdk.presence_stats()
        assert (stats.num_clients, stats.num_users) == (1, 1)
        await room.sdk.unsubscribe()
        assert await alice.call("count", "room:loop") == 0
        await room.sdk.subscribe()
        await room.sdk.ready()


async def test_it_unsubscribes_right_after_it_has_connected(world: World) -> None:
    alice = world.person()
    room = await alice.sit("room:hasty")
    await alice.sdk.connect()
    await room.sdk.unsubscribe()
    assert (await room.log.next("unsubscribed")).code == 0
    assert await alice.call("count", "room:hasty") == 0
    await room.sdk.subscribe()
    await room.sdk.ready()


async def test_it_calls_methods(world: World) -> None:
    alice = await world.connected()
    calls = [alice.call("sum", [number, 1]) for number in range(20)]
    assert await asyncio.gather(*calls) == list(range(1, 21))


@pytest.mark.parametrize(
    ("method", "data", "code", "told"),
    [
        ("buy", None, OUT_OF_STOCK, "out of stock"),
        ("sell", None, 104, "method not found"),
        ("sum", ["one"], 107, "[0]: Expected `int`"),
    ],
)
async def test_a_call_that_fails_raises_the_servers_code(
    world: World, method: str, data: Any, code: int, told: str
) -> None:
    alice = await world.connected()
    error = await error_of(alice.call(method, data))
    assert error.code == code
    assert told in error.message
    assert await alice.call("sum", [1]) == 1


async def test_messages_it_does_not_know_do_it_no_harm(world: World) -> None:
    alice = await world.connected()
    await alice.call("notify", "you")
    assert await alice.call("sum", [1]) == 1
    assert alice.log.left("error") == 0


@pytest.mark.parametrize("compression", [0, 6])
async def test_large_texts_of_every_script_arrive_as_they_are(
    world: World, compression: int
) -> None:
    alice = await world.connected(world.cable.port)
    room = await alice.seated("room:large")
    assert await alice.call("echo", LARGE) == LARGE
    await room.sdk.publish(said(LARGE))
    await world.stage.say("room:large", "small", LARGE)
    assert await room.log.heard(3) == [LARGE, "small", LARGE]
    page = await room.sdk.history(limit=-1)
    assert page.publications[-1].data["text"] == LARGE
    assert (world.cable.relayed < len(LARGE)) == bool(compression)
