"""centrifuge-python against a served app: patches, tags filters, and payloads in both languages."""

import pytest
from centrifuge import (  # type: ignore[import-untyped]
    CentrifugeError,
    DeltaType,
    Filter,
    FilterNode,
)

from tests.interop.language import JSON, PROTOBUF, in_either_language
from tests.interop.world import Seat, World

pytestmark = in_either_language

SCRIPTS = 'Anträge, 対話, חזון, \U0001f3b6\U0001f469\u200d\U0001f3a4 and "quotes\\\n\u2028' * 50
VERSIONS = [f"{SCRIPTS}{number}{SCRIPTS}" for number in range(5)]
GOALS = Filter.eq("kind", "goal")


async def came(seat: Seat, *texts: str) -> list[bool]:
    """Expect publications with these texts, and say of each whether it came as a patch."""
    publications = [context.pub for context in await seat.log.some("publication", len(texts))]
    assert [publication.data["text"] for publication in publications] == list(texts)
    return [publication.delta for publication in publications]


async def test_it_gets_patches_where_it_asks_for_them(world: World) -> None:
    alice, bob = await world.connected(), await world.connected()
    draft = await alice.seated("draft:live", delta=DeltaType.FOSSIL)
    plain = await bob.seated("draft:live")
    await world.stage.say("draft:live", *VERSIONS)
    assert await came(draft, *VERSIONS) == [False, True, True, True, True]
    assert not any(await came(plain, *VERSIONS))


async def test_patches_cut_no_character_of_any_script(world: World) -> None:
    alice = await world.connected()
    draft = await alice.seated("draft:scripts", delta=DeltaType.FOSSIL)
    # Characters that begin with the same bytes as their neighbour.
    texts = [f"{SCRIPTS}{one * 3}{SCRIPTS}{one}" for one in "aäâ対寿\U0001f3b6\U0001f3a4ןח"]
    await world.stage.say("draft:scripts", *texts)
    assert await came(draft, *texts) == [False] + [True] * (len(texts) - 1)


async def test_it_recovers_by_patches_and_goes_on_with_patches(world: World) -> None:
    channel = "draft:cut"
    seen, *missed, live = VERSIONS
    alice = await world.connected(world.cable.port)
    draft = await alice.seated(channel, delta=DeltaType.FOSSIL)
    await world.stage.say(channel, seen)
    assert await came(draft, seen) == [False]
    await world.meanwhile(alice, *missed, channel=channel)
    assert (await draft.log.next("subscribed")).recovered
    await world.stage.say(channel, live)
    assert await came(draft, *missed, live) == [False, True, True, True]


async def test_it_asks_in_vain_for_patches_where_a_channel_makes_none(world: World) -> None:
    alice = await world.connected()
    short = await alice.seated("short:draft", delta=DeltaType.FOSSIL)
    await world.stage.say("short:draft", *VERSIONS)
    assert not any(await came(short, *VERSIONS))


async def test_it_hears_what_its_filter_lets_through(world: World) -> None:
    channel = "ticker:live"
    alice = await world.connected()
    goals = await alice.seated(channel, tags_filter=GOALS)
    await world.stage.say(channel, "1")
    await world.stage.say(channel, "2", tags={"kind": "pass"})
    await world.stage.say(channel, "3", tags={"kind": "goal"})
    publication = (await goals.log.next("publication")).pub
    assert (publication.data["text"], publication.offset) == ("3", 3)
    assert publication.tags == {"kind": "goal"}


async def test_it_combines_and_compares(world: World) -> None:
    channel = "ticker:combined"
    chosen = Filter.all(
        Filter.gte("price", "99.5"),
        Filter.any(Filter.is_in("place", ["Aix", "Bonn"]), Filter.eq("vip", "yes")),
        Filter.negate(Filter.exists("sold")),
    )
    alice = await world.connected()
    ticker = await alice.seated(channel, tags_filter=chosen)
    await world.stage.say(channel, "cheap", tags={"price": "99.4", "place": "Aix"})
    await world.stage.say(channel, "Bonn", tags={"price": "99.50", "place": "Bonn"})
    await world.stage.say(channel, "far", tags={"price": "1000", "place": "Rome"})
    await world.stage.say(channel, "vip", tags={"price": "1000", "place": "Rome", "vip": "yes"})
    await world.stage.say(channel, "sold", tags={"price": "1000", "place": "Aix", "sold": ""})
    await world.stage.say(channel, "Aix", tags={"price": "100", "place": "Aix"})
    assert await ticker.log.heard(3) == ["Bonn", "vip", "Aix"]


async def test_it_recovers_what_its_filter_lets_through(world: World) -> None:
    channel = "ticker:cut"
    alice = await world.connected(world.cable.port)
    goals = await alice.seated(channel, tags_filter=GOALS)
    await world.stage.say(channel, "1", tags={"kind": "goal"})
    assert await goals.log.heard(1) == ["1"]
    for passes in ("2", "3"):
        await world.meanwhile(alice, passes, channel=channel, tags={"kind": "pass"})
        assert (await goals.log.next("subscribed")).recovered
    await world.meanwhile(alice, "4", channel=channel, tags={"kind": "goal"})
    assert (await goals.log.next("subscribed")).recovered
    await world.stage.say(channel, "5", tags={"kind": "goal"})
    assert await goals.log.heard(2) == ["4", "5"]
    assert goals.log.left("publication") == 0


@pytest.mark.parametrize(
    ("channel", "chosen", "told"),
    [
        (
            "ticker:bad",
            Filter.any(GOALS, FilterNode({"key": "kind", "cmp": "in"})),
            "tf.nodes[1]: cmp 'in' needs vals",
        ),
        ("short:1", GOALS, "tags filter"),
    ],
)
async def test_a_filter_is_refused_that(
    world: World, channel: str, chosen: FilterNode, told: str
) -> None:
    alice = await world.connected()
    context = await (await alice.sit(channel, tags_filter=chosen)).log.next("unsubscribed")
    assert context.code == 107
    assert told in context.reason
    await alice.call("sum", [])


async def test_the_sdk_itself_refuses_a_filter_with_patches(world: World) -> None:
    alice = await world.connected()
    with pytest.raises(CentrifugeError, match="together"):
        await alice.sit("ticker:both", delta=DeltaType.FOSSIL, tags_filter=GOALS)


async def test_clients_of_either_language_hear_the_same(world: World) -> None:
    channel = "room:babel"
    mine = await (await world.connected(token=world.token(info={"name": "Äl"}))).seated(channel)
    others = [await world.connected(language=language) for language in (JSON, PROTOBUF)]
    rooms = [mine, *[await other.seated(channel) for other in others]]
    for number, room in enumerate(rooms):
        await room.sdk.publish({"type": "said", "text": f"{number}: 対話"})
    await world.stage.say(channel, "from the server")
    first, *rest = [
        [context.pub for context in await room.log.some("publication", 4)] for room in rooms
    ]
    texts = [publication.data["text"] for publication in first]
    assert texts == ["0: 対話", "1: 対話", "2: 対話", "from the server"]
    assert first[0].info.conn_info == {"name": "Äl"}
    assert rest == [first, first]


async def test_json_goes_through_a_channel_of_bytes(world: World) -> None:
    alice = await world.connected()
    blob = await alice.seated("blob:json")
    await blob.sdk.publish({"any": ["thing", 1.5, None, "ä"]})
    await world.stage.publish("blob:json", b'[1,\n "two"]')
    data = [context.pub.data for context in await blob.log.some("publication", 2)]
    assert data == [{"any": ["thing", 1.5, None, "ä"]}, [1, "two"]]
