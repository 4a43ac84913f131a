"""centrifuge-python against a served app: payloads that are no JSON, which Protobuf carries alone."""

from centrifuge import DeltaType  # type: ignore[import-untyped]

from tests.interop.language import BYTES, JSON
from tests.interop.world import World

NO_JSON = bytes(range(256))


async def test_bytes_go_through_as_they_are_both_ways(world: World) -> None:
    alice = await world.connected(language=BYTES)
    blob = await alice.seated("blob:both")
    await blob.sdk.publish(NO_JSON)
    await world.stage.publish("blob:both", NO_JSON[::-1])
    data = [context.pub.data for context in await blob.log.some("publication", 2)]
    assert data == [NO_JSON, NO_JSON[::-1]]
    page = await blob.sdk.history(limit=-1)
    assert [publication.data for publication in page.publications] == data


async def test_bytes_are_recovered_and_patched(world: World) -> None:
    versions = [NO_JSON + bytes((number, 255 - number)) + NO_JSON for number in range(3)]
    alice = await world.connected(language=BYTES)
    blob = await alice.seated("blob:patched", delta=DeltaType.FOSSIL)
    await blob.sdk.unsubscribe()
    for version in versions:
        await world.stage.publish("blob:patched", version)
    await blob.sdk.subscribe()
    assert (await blob.log.next("subscribed")).recovered
    publications = [context.pub for context in await blob.log.some("publication", 3)]
    assert [publication.data for publication in publications] == versions
    assert [publication.delta for publication in publications] == [False, True, True]


async def test_bytes_that_are_no_json_end_a_connection_in_json(world: World) -> None:
    alice, bob = await world.connected(language=JSON), await world.connected(language=BYTES)
    await alice.seated("blob:end")
    blob = await bob.seated("blob:end")
    await blob.sdk.publish(NO_JSON)
    assert (await alice.log.next("disconnected")).code == 3506
    assert (await blob.log.next("publication")).pub.data == NO_JSON
