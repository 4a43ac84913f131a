"""centrifuge-python against a served app: what is missed is recovered, and what the server joins."""

from typing import Any

from centrifuge import StreamPosition  # type: ignore[import-untyped]

from tests.interop.language import in_either_language
from tests.interop.world import Person, World

pytestmark = in_either_language


async def of(person: Person, channel: str, event: str) -> Any:
    """Return the next event of one server-side channel, whatever comes in between."""
    while (context := await person.log.next(event)).channel != channel:
        pass
    return context


async def test_it_recovers_what_it_missed_in_order_and_once(world: World) -> None:
    channel = "room:cut"
    alice = await world.connected(world.cable.port)
    room = await alice.seated(channel)
    await world.stage.say(channel, "seen")
    assert await room.log.heard(1) == ["seen"]
    await world.meanwhile(alice, "1", "2", "3", channel=channel)
    context = await room.log.next("subscribed")
    assert (context.was_recovering, context.recovered) == (True, True)
    await world.stage.say(channel, "live")
    publications = [context.pub for context in await room.log.some("publication", 4)]
    assert [one.data["text"] for one in publications] == ["1", "2", "3", "live"]
    assert [one.offset for one in publications] == [2, 3, 4, 5]
    assert room.log.left("publication") == 0


async def test_it_recovers_nothing_when_it_missed_nothing(world: World) -> None:
    alice = await world.connected(world.cable.port)
    room = await alice.seated("room:quiet")
    await world.meanwhile(alice, channel="room:quiet")
    assert (await room.log.next("subscribed")).recovered
    await world.stage.say("room:quiet", "live")
    assert await room.log.heard(1) == ["live"]


async def test_it_recovers_after_unsubscribing_and_subscribing_again(world: World) -> None:
    alice = await world.connected()
    room = await alice.seated("room:pause")
    await room.sdk.unsubscribe()
    await world.stage.say("room:pause", "1", "2")
    await room.sdk.subscribe()
    assert (await room.log.next("subscribed")).recovered
    assert await room.log.heard(2) == ["1", "2"]


async def test_it_is_told_plainly_when_too_much_was_missed(world: World) -> None:
    alice = await world.connected(world.cable.port)
    short = await alice.seated("short:cut")
    await world.meanwhile(alice, "1", "2", "3", channel="short:cut")
    context = await short.log.next("subscribed")
    assert (context.was_recovering, context.recovered) == (True, False)
    assert context.stream_position.offset == 3
    await world.stage.say("short:cut", "live")
    assert await short.log.heard(1) == ["live"]


async def test_it_loads_its_state_anew_when_its_position_is_gone(world: World) -> None:
    bob = await world.connected(token=world.token("bob"))
    loaded = []

    async def get_state(channel: str) -> StreamPosition:
        top = await bob.call("position", channel)
        loaded.append(top["offset"])
        return StreamPosition(**top)

    alice = await world.connected(world.cable.port)
    short = await alice.seated("short:state", get_state=get_state)
    await world.meanwhile(alice, "1", "2", "3", channel="short:state")
    assert (await short.log.next("subscribed")).recovered
    assert loaded == [0, 3]


async def test_it_gets_the_last_value_at_once_where_only_that_counts(world: World) -> None:
    channel = "price:oil"
    await world.stage.say(channel, "70", "71")
    alice = await world.connected(world.cable.port)
    price = await alice.sit(channel)
    assert (await price.log.next("subscribed")).recovered
    assert await price.log.heard(1) == ["71"]
    await world.meanwhile(alice, "72", "73", channel=channel)
    assert (await price.log.next("subscribed")).recovered
    assert await price.log.heard(1) == ["73"]
    await world.stage.say(channel, "74")
    assert await price.log.heard(1) == ["74"]


async def test_it_does_not_get_the_last_value_twice(world: World) -> None:
    channel = "price:tea"
    alice = await world.connected(world.cable.port)
    price = await alice.seated(channel)
    await world.stage.say(channel, "5")
    assert await price.log.heard(1) == ["5"]
    await world.meanwhile(alice, channel=channel)
    assert (await price.log.next("subscribed")).recovered
    await world.stage.say(channel, "6")
    assert await price.log.heard(1) == ["6"]


async def test_it_enters_the_channels_that_its_token_names(world: World) -> None:
    alice = await world.connected(token=world.token(channels=["news:token"]))
    assert (await of(alice, "news:token", "subscribed")).recoverable
    assert (await of(alice, "news:token", "join")).info.client == alice.id
    await world.stage.say("news:token", "extra")
    publication = (await of(alice, "news:token", "publication")).pub
    assert (publication.data["text"], publication.offset) == ("extra", 1)


async def test_it_is_given_what_the_tokens_subs_say(world: World) -> None:
    subs = {"news:subs": {"data": {"colour": "red"}, "info": {"role": "editor"}}}
    alice = await world.connected(token=world.token(subs=subs))
    assert (await of(alice, "news:subs", "subscribed")).data == {"colour": "red"}
    assert (await of(alice, "news:subs", "join")).info.chan_info == {"role": "editor"}


async def test_it_enters_its_users_own_channel(world: World) -> None:
    carol = await world.connected(token=world.token("carol"))
    await of(carol, "inbox#carol", "subscribed")
    assert (await of(carol, "inbox#carol", "join")).info.client == carol.id
    await world.stage.say("inbox#carol", "for you")
    assert (await of(carol, "inbox#carol", "publication")).pub.data["text"] == "for you"


async def test_a_handler_subscribes_and_unsubscribes_it(world: World) -> None:
    channel = "news:follow"
    alice = await world.connected()
    await alice.call("follow", channel)
    assert (await of(alice, channel, "subscribed")).recoverable
    await of(alice, channel, "join")
    bob = await world.connected(token=world.token("bob", channels=[channel]))
    assert (await of(alice, channel, "join")).info.user == "bob"
    await world.stage.say(channel, "hello")
    assert (await of(alice, channel, "publication")).pub.data["text"] == "hello"
    await bob.sdk.disconnect()
    assert (await of(alice, channel, "leave")).info.user == "bob"
    await alice.call("unfollow", channel)
    await of(alice, channel, "unsubscribed")


async def test_server_side_subscriptions_recover_after_a_cut(world: World) -> None:
    channel = "news:cut"
    token = world.token("dave", channels=[channel])
    dave = await world.connected(world.cable.port, token=token)
    await of(dave, channel, "subscribed")
    await world.stage.say(channel, "seen")
    await of(dave, channel, "publication")
    await world.meanwhile(dave, "1", "2", "3", channel=channel)
    context = await of(dave, channel, "subscribed")
    assert (context.was_recovering, context.recovered) == (True, True)
    await world.stage.say(channel, "live")
    publications = [(await of(dave, channel, "publication")).pub for _ in range(4)]
    assert [one.data["text"] for one in publications] == ["1", "2", "3", "live"]
    assert [one.offset for one in publications] == [2, 3, 4, 5]


async def test_a_token_with_other_channels_makes_it_reconnect(world: World) -> None:
    async def get_token() -> str:
        return world.token(channels=["news:late"])

    alice = await world.connected(token=world.token(ttl=2), get_token=get_token)
    assert (await alice.log.next("connecting")).code == 3010
    await of(alice, "news:late", "subscribed")
