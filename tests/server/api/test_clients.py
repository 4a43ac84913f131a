"""Acting on connections: whom it reaches, what they are told, and what it may carry."""

from base64 import b64encode
from typing import Any

import pytest
from msgspec import Raw

from antiphon import Limits, UnknownChannel
from tests.hub.stage import Peer, Said, Stage, on_stage, publish
from tests.server.api.backend import Backend, api_stage, codes, unsubscribed

DAY = 86_400


async def people(stage: Stage) -> tuple[Peer, Peer, Peer]:
    """Connect Ann twice, and Bob."""
    return await stage.connect("ann"), await stage.connect("ann"), await stage.connect("bob")


def told(peer: Peer) -> dict[str, Any]:
    """Return what the one subscribe push says, but for the epoch."""
    (push,) = [push["subscribe"] for push in peer.pushes if "subscribe" in push]
    return {name: value for name, value in push.items() if name != "epoch"}


# Subscribe.


async def test_all_connections_of_a_user_are_subscribed(stage: Stage, backend: Backend) -> None:
    ann, also, bob = await people(stage)
    assert await backend.result("subscribe", user="ann", channel="closed") == {}
    for peer in (ann, also):
        assert peer.pushes == [{"channel": "closed", "subscribe": {}}]
    assert bob.pushes == []
    await publish(stage, "closed", "hi")
    stage.core.flush()
    assert (ann.texts, also.texts, bob.texts) == (["hi"], ["hi"], [])


async def test_one_connection_is_singled_out(stage: Stage, backend: Backend) -> None:
    ann, also, bob = await people(stage)
    for client in (also.id, bob.id, "nobody"):  # Bob's is none of Ann's
        await backend.result("subscribe", user="ann", client=client, channel="closed")
    assert [peer.told for peer in (ann, also, bob)] == [[], ["subscribe"], []]


async def test_an_emulated_connection_is_singled_out(stage: Stage, backend: Backend) -> None:
    ann, also, bob = await people(stage)
    ann.connection.session = bob.connection.session = "a stream's name"
    target = {"user": "ann", "session": "a stream's name"}
    await backend.result("subscribe", **target, channel="closed")
    await backend.result("subscribe", **target, client=also.id, channel="closed")
    assert [peer.told for peer in (ann, also, bob)] == [["subscribe"], [], []]
    await backend.result("unsubscribe", **target, channel="closed")
    await backend.result("refresh", **target)
    await backend.result("disconnect", **target)
    assert ann.told == ["subscribe", "unsubscribe", "refresh"]
    assert codes(ann, also, bob) == [3503, None, None]


async def test_a_session_that_nobody_has_means_nobody(stage: Stage, backend: Backend) -> None:
    ann, *_ = await people(stage)
    target = {"user": "ann", "session": "s"}
    assert await backend.result("subscribe", **target, channel="closed") == {}
    assert await backend.result("disconnect", **target) == {}
    assert await backend.result("refresh", **target, expired=True) == {}
    assert (ann.pushes, ann.code) == ([], None)


async def test_a_user_without_connections_is_no_error(backend: Backend) -> None:
    assert await backend.result("subscribe", user="eve", channel="closed") == {}
    assert await backend.result("unsubscribe", user="eve", channel="closed") == {}
    assert await backend.result("disconnect", user="eve") == {}
    assert await backend.result("refresh", user="eve") == {}


async def test_no_user_is_the_anonymous_one(stage: Stage, backend: Backend) -> None:
    nobody, ann = await stage.connect(""), await stage.connect("ann")
    await backend.result("subscribe", channel="closed", user="")
    await backend.result("disconnect", user="")
    assert (nobody.told, nobody.code, ann.pushes, ann.code) == (["subscribe"], 3503, [], None)


@pytest.mark.parametrize("method", ["subscribe", "unsubscribe", "disconnect", "refresh"])
async def test_a_forgotten_user_is_not_the_anonymous_one(
    stage: Stage, backend: Backend, method: str
) -> None:
    nobody = await stage.connect("")
    code, text = await backend.error(method, channel="closed", users="ann")
    assert (code, text.partition(";")[0]) == (107, "bad request: user: required")
    assert (nobody.told, nobody.code) == ([], None)


@pytest.mark.parametrize("method", ["subscribe", "unsubscribe"])
async def test_the_channel_has_to_be_one(backend: Backend, method: str) -> None:
    assert await backend.error(method, user="u") == (107, "bad request: channel: required")
    assert await backend.error(method, user="u", channel="nowhere") == (102, "unknown channel")
    code, _ = await backend.error(method, user="u", channel="a b")
    assert code == 107


async def test_a_subscription_carries_what_it_is_given(stage: Stage, backend: Backend) -> None:
    ann = await stage.connect("ann")
    await backend.result(
        "subscribe",
        user="ann",
        channel="room:1",
        info={"seat": 1},
        data=["welcome"],
        expire_at=int(stage.clock.now) + 3,
    )
    stage.core.flush()
    assert told(ann) == {"recoverable": True, "positioned": True, "data": ["welcome"]}
    joined = ann.pushes[-1]["join"]["info"]
    assert joined == {"user": "ann", "client": ann.id, "chan_info": {"seat": 1}}
    await stage.pass_time(4)
    assert ann.connection.closed == (3006, "subscription expired")


async def test_base64_carries_json(stage: Stage, backend: Backend) -> None:
    ann = await stage.connect("ann")
    encoded = {"b64info": b64encode(b'{"a":\n1}').decode(), "b64data": b64encode(b"[2]").decode()}
    request: dict[str, Any] = {"user": "ann", "channel": "room:1", "info": 0, "data": 0}
    await backend.result("subscribe", **request, **encoded)
    assert told(ann)["data"] == [2]
    present = await stage.core.engine.presence("room:1")
    assert present[ann.id].chan_info == Raw(b'{"a": 1}')
    for name in ("b64info", "b64data"):
        for text, said in (("?", "not Base64"), ("aGk=", "not JSON"), ("Iv8i", "not JSON")):
            error = await backend.error("subscribe", user="ann", channel="closed", **{name: text})
            assert error == (107, f"bad request: {name}: {said}")


@pytest.mark.parametrize("ago", [0, 1, DAY])
async def test_an_expiry_in_the_past_is_refused_whoever_is_there(
    stage: Stage, backend: Backend, ago: int
) -> None:
    expire_at = int(stage.clock.now) - ago
    request: dict[str, Any] = {"user": "ann", "channel": "closed", "expire_at": expire_at}
    error = (107, "bad request: expire_at: lies in the past")
    assert await backend.error("subscribe", **request) == error
    ann = await stage.connect("ann")
    assert await backend.error("subscribe", **request) == error
    assert ann.pushes == []


async def test_options_are_overridden(stage: Stage, backend: Backend) -> None:
    ann, bob = await stage.connect("ann"), await stage.connect("bob")
    no, yes = {"value": False}, {"value": True}
    override = {
        "presence": no,
        "join_leave": no,
        "force_recovery": no,
        "force_positioning": yes,
        "force_push_join_leave": None,
    }
    await backend.result("subscribe", user="ann", channel="room:1", override=override)
    await backend.result("subscribe", user="bob", channel="room:1", override={})
    stage.core.flush()
    assert told(ann) == {"positioned": True}
    assert told(bob) == {"recoverable": True, "positioned": True}
    assert list(await stage.core.engine.presence("room:1")) == [bob.id]
    assert [push["join"]["info"]["user"] for push in bob.pushes if "join" in push] == ["bob"]


async def test_what_was_missed_is_recovered(stage: Stage, backend: Backend) -> None:
    await publish(stage, "room:{x}", "one", "two", "three", x=1)
    top = await backend.result("history", channel="room:1")
    ann = await stage.connect("ann")
    since = {"offset": 1, "epoch": top["epoch"]}
    await backend.result("subscribe", user="ann", channel="room:1", recover_since=since)
    stage.core.flush()
    assert ann.told == ["subscribe", "pub", "pub", "join"]
    assert told(ann)["offset"] == 1
    assert ann.texts == ["two", "three"]


async def test_to_be_subscribed_already_is_as_good(stage: Stage, backend: Backend) -> None:
    ann, also, _ = await people(stage)
    await ann.session.client.subscribe("closed")
    for _ in range(2):
        assert await backend.result("subscribe", user="ann", channel="closed") == {}
    assert (ann.told, also.told) == (["subscribe"], ["subscribe"])


async def test_what_one_connection_refuses_others_still_get() -> None:
    async with on_stage(api_stage(limits=Limits(channels_per_client=1))) as stage:
        stage.app.channel("c:{x}", publishes=Said)
        full, empty = await stage.connect("ann"), await stage.connect("ann")
        await full.session.client.subscribe("c:1")
        error = await Backend(stage.app).error("subscribe", user="ann", channel="c:2")
        assert error == (106, "limit exceeded: channels_per_client is 1")
        assert empty.told == ["subscribe"]


# Unsubscribe.


async def test_all_connections_of_a_user_are_unsubscribed(stage: Stage, backend: Backend) -> None:
    ann, also, bob = await people(stage)
    for peer in (ann, also, bob):
        await peer.ask("subscribe", channel="room:1")
    assert await backend.result("unsubscribe", user="ann", channel="room:1") == {}
    for peer in (ann, also):
        assert peer.pushes[-1] == unsubscribed("room:1")
        assert peer.session.channels == []
    assert bob.session.channels == ["room:1"]
    assert list(await stage.core.engine.presence("room:1")) == [bob.id]


async def test_one_connection_is_unsubscribed(stage: Stage, backend: Backend) -> None:
    ann, also, _ = await people(stage)
    for peer in (ann, also):
        await peer.ask("subscribe", channel="news")
    await backend.result("unsubscribe", user="ann", client=ann.id, channel="news")
    await backend.result("unsubscribe", user="ann", client=ann.id, channel="news")
    assert (ann.pushes, also.pushes) == ([unsubscribed("news")], [])


# Disconnect.


async def test_all_connections_of_a_user_are_closed(stage: Stage, backend: Backend) -> None:
    ann, also, bob = await people(stage)
    assert await backend.result("disconnect", user="ann") == {}
    assert ann.connection.closed == also.connection.closed == (3503, "force disconnect")
    assert bob.code is None


@pytest.mark.parametrize(
    ("asked", "closed"),
    [
        ({"code": 4000, "reason": "come back"}, (4000, "come back")),
        ({"code": 4999}, (4999, "")),
        ({"code": 0, "reason": "bye"}, (3503, "bye")),
        ({"code": 0, "reason": ""}, (3503, "force disconnect")),
        ({}, (3503, "force disconnect")),
        (None, (3503, "force disconnect")),
    ],
)
async def test_the_code_can_be_chosen(
    stage: Stage, backend: Backend, asked: Any, closed: tuple[int, str]
) -> None:
    ann = await stage.connect("ann")
    await backend.result("disconnect", user="ann", disconnect=asked)
    assert ann.connection.closed == closed


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"code": 2999}, "a disconnect code lies between 3000 and 4999, not at 2999"),
        ({"code": 5000}, "a disconnect code lies between 3000 and 4999, not at 5000"),
        ({"code": 4000, "reason": "x" * 124}, "a close reason has at most 123 bytes"),
        ({"reason": "ä" * 62}, "a close reason has at most 123 bytes"),
        ({"code": 4000, "reason": "{}"}, "a close reason is in plain words, not JSON"),
    ],
)
async def test_a_code_that_cannot_be_sent_is_refused(
    stage: Stage, backend: Backend, asked: Any, said: str
) -> None:
    ann = await stage.connect("ann")
    error = (107, f"bad request: disconnect: {said}")
    assert await backend.error("disconnect", user="ann", disconnect=asked) == error
    assert ann.code is None


async def test_some_connections_may_stay(stage: Stage, backend: Backend) -> None:
    ann, also, bob = await people(stage)
    await backend.result("disconnect", user="ann", whitelist=[ann.id, "x", bob.id])
    assert codes(ann, also, bob) == [None, 3503, None]
    await backend.result("disconnect", user="ann", client=ann.id, whitelist=[ann.id])
    assert ann.code is None
    await backend.result("disconnect", user="ann", client=ann.id, whitelist=[])
    assert ann.code == 3503


async def test_many_connections_are_closed(stage: Stage, backend: Backend) -> None:
    peers = [await stage.connect("ann") for _ in range(200)]
    await backend.result("disconnect", user="ann", whitelist=[peers[7].id])
    assert [peer.code for peer in peers].count(3503) == 199
    assert stage.app.clients_of("ann") == [peers[7].session.client]


# Refresh.


async def test_connections_are_prolonged(stage: Stage, backend: Backend) -> None:
    ann, also, bob = await people(stage)
    expire_at = int(stage.clock.now) + 5
    assert await backend.result("refresh", user="ann", client=ann.id, expire_at=expire_at) == {}
    assert ann.pushes == [{"refresh": {"expires": True, "ttl": 5}}]
    assert also.pushes == bob.pushes == []
    await stage.pass_time(6)
    assert codes(ann, also, bob) == [3005, None, None]


async def test_without_an_expiry_connections_do_not_end(stage: Stage, backend: Backend) -> None:
    ann = await stage.connect("ann", expires_at=stage.clock.now + 5)
    await backend.result("refresh", user="ann", info={"name": "Anna"})
    assert ann.pushes == [{"refresh": {}}]
    assert ann.session.client.info.conn_info == Raw(b'{"name": "Anna"}')
    await stage.pass_time(8)
    assert ann.code is None


@pytest.mark.parametrize("request_", [{"expired": True}, {"expire_at": 1}])
async def test_what_has_expired_is_closed(
    stage: Stage, backend: Backend, request_: dict[str, Any]
) -> None:
    ann, also, bob = await people(stage)
    assert await backend.result("refresh", user="ann", **request_) == {}
    for peer in (ann, also):
        assert peer.connection.closed == (3005, "connection expired")
        assert peer.pushes == []
    assert bob.code is None


async def test_a_client_that_leaves_meanwhile_disturbs_nobody(
    stage: Stage, backend: Backend
) -> None:
    ann, also, _ = await people(stage)
    ann.connection.on_write = also.drop
    assert await backend.result("subscribe", user="ann", channel="closed") == {}
    assert (ann.told, also.told) == (["subscribe"], [])
    assert stage.app.clients_of("ann") == [ann.session.client]
    with pytest.raises(UnknownChannel):
        await ann.session.client.subscribe("nowhere")


async def test_what_others_see_stays_on_one_line(stage: Stage, backend: Backend) -> None:
    ann, bob = await stage.connect("ann"), await stage.connect("bob")
    for peer in (ann, bob):
        await peer.ask("subscribe", channel="room:1")
    body = b'{"user": "ann", "info": {\n "name":\r\n "Ann"}}'
    assert (await backend.post("/api/refresh", body)).status == 200
    await ann.ask("publish", channel="room:1", data={"type": "said", "text": "hi"})
    stage.core.flush()
    (published,) = [push["pub"] for push in bob.pushes if "pub" in push]
    assert published["info"]["conn_info"] == {"name": "Ann"}


async def test_null_info_changes_nothing(stage: Stage, backend: Backend) -> None:
    ann = await stage.connect("ann", info={"name": "Ann"})
    await backend.result("refresh", user="ann", info=None)
    await backend.result("subscribe", user="ann", channel="room:1", info=None, data=None)
    assert ann.session.client.info.conn_info == Raw(b'{"name":"Ann"}')
    (told,) = [push["subscribe"] for push in ann.pushes if "subscribe" in push]
    assert "data" not in told
