"""Clients in process, a served app, and time that passes on demand."""

import asyncio
import logging

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from antiphon import Anonymous, App, Client, StartupError, StreamPosition
from antiphon.testing import (
    ErrorReply,
    HandshakeFailed,
    Received,
    SocketClosed,
    advance,
    connect,
    serve,
)
from tests.testing.newsroom import (
    JWT_OF_TESTS,
    Room,
    Said,
    Shout,
    Typing,
    build,
    build_with_cookies,
)


async def test_a_message_arrives_as_the_event_it_is() -> None:
    app = build()
    async with connect(app, user="alice") as alice, connect(app, user="bob") as bob:
        await alice.subscribe("chat:lobby")
        await bob.subscribe("chat:lobby")
        await bob.publish("chat:lobby", Said("hi"))
        assert await alice.next("chat:lobby") == Said("hi")
        assert await bob.next("chat:lobby") == Said("hi")


async def test_a_publication_says_who_and_where() -> None:
    async with connect(build(), user="alice", info={"name": "Alice"}) as alice:
        subscribed = await alice.subscribe("chat:lobby")
        assert (subscribed.position.offset, subscribed.data) == (0, {"room": "lobby"})
        await alice.publish("chat:lobby", {"type": "said", "text": "hi"})
        received = await alice.next_publication("chat:lobby")
        assert (received.event, received.offset) == (Said("hi"), 1)
        assert received.info is not None
        assert (received.info.user, received.info.client) == ("alice", alice.id)
        assert bytes(received.info.conn_info) == b'{"name":"Alice"}'
        assert bytes(received.info.chan_info) == b'{"badge":"lobby"}'


async def test_refusals_raise_and_the_connection_stays() -> None:
    async with connect(build(), user="alice") as alice:
        with pytest.raises(ErrorReply, match="not a member") as refused:
            await alice.subscribe("chat:secret")
        assert (refused.value.code, refused.value.temporary) == (103, False)
        await alice.subscribe("chat:lobby")
        with pytest.raises(ErrorReply, match=r"said\.text: Expected `str`") as refused:
            await alice.publish("chat:lobby", {"type": "said", "text": 1})
        assert refused.value.code == 107
        await alice.publish("chat:lobby", Typing())
        assert await alice.next("chat:lobby") == Typing()


async def test_joins_leaves_presence_and_history() -> None:
    app = build()
    async with connect(app, user="alice") as alice:
        await alice.subscribe("chat:lobby")
        assert (await alice.next_join("chat:lobby")).user == "alice"
        async with connect(app, user="bob") as bob:
            await bob.subscribe("chat:lobby")
            await bob.publish("chat:lobby", Said("hi"))
            present = await alice.presence("chat:lobby")
            assert {info.user for info in present.values()} == {"alice", "bob"}
            assert (await alice.presence_stats("chat:lobby")).num_users == 2
        assert (await alice.next_join("chat:lobby")).user == "bob"
        assert (await alice.next_leave("chat:lobby")).user == "bob"
        past = await alice.history("chat:lobby")
        assert [p.event for p in past.publications] == [Said("hi")]
        assert past.position.offset == 1


async def test_what_was_missed_is_recovered_in_order() -> None:
    app = build()
    async with app.lifespan():
        async with connect(app, user="alice") as alice:
            position = (await alice.subscribe("chat:lobby")).position
        async with connect(app, user="bob") as bob:
            await bob.subscribe("chat:lobby")
            await bob.publish("chat:lobby", Said("one"))
            await bob.publish("chat:lobby", Said("two"))
        async with connect(app, user="alice") as alice:
            subscribed = await alice.subscribe("chat:lobby", since=position)
            assert subscribed.recovered
            assert [p.event.text for p in subscribed.publications] == ["one", "two"]
            assert [await alice.next("chat:lobby") for _ in range(2)] == [Said("one"), Said("two")]
            lost = StreamPosition(1, "another life")
            await alice.unsubscribe("chat:lobby")
            assert not (await alice.subscribe("chat:lobby", since=lost)).recovered


async def test_the_last_value_comes_on_arrival() -> None:
    app = build()
    news = app.behaviour.router.channels[1]
    async with app.lifespan():
        await news.publish(Said("old"))
        await news.publish(Said("latest"), tags={"desk": "city"})
        async with connect(app, user="alice") as alice:
            await alice.subscribe("news")
            expected = Received(Said("latest"), 2, None, {"desk": "city"})
            assert await alice.next_publication("news") == expected


async def test_calls_and_messages() -> None:
    async with connect(build(), user="alice") as alice:
        room = await alice.rpc("rooms.open", Room("lobby"))
        assert room == Room("lobby", "opened by alice")
        assert await alice.rpc("rooms.close") is None
        await alice.send(Shout("hey"))
        assert await alice.next_message() == Shout("HEY")


async def test_the_server_acts_on_a_client() -> None:
    app = build()
    async with connect(app, user="alice") as alice:
        assert alice.channels == ["inbox:alice"]
        [client] = app.clients_of("alice")
        await client.subscribe("chat:lobby")
        assert (await alice.next_subscribe("chat:lobby")).offset == 0
        await client.unsubscribe("chat:lobby")
        assert (await alice.next_unsubscribe("chat:lobby")).code == 2000
        app.disconnect("alice")
        assert await alice.ended() == (3503, "force disconnect")
        with pytest.raises(SocketClosed) as ended:
            await alice.publish("chat:lobby", Typing())
        assert ended.value.code == 3503


async def test_meta_and_claims_reach_handlers_only() -> None:
    app = App("Meta", auth=JWT_OF_TESTS)
    seen: list[Client] = []

    @app.rpc("look")
    async def look(client: Client) -> None:
        seen.append(client)

    async with connect(app, user="alice", meta={"rooms": ["a"]}, claims={"plan": "pro"}) as alice:
        await alice.rpc("look")
    assert (seen[0].meta, seen[0].claims) == ({"rooms": ["a"]}, {"plan": "pro"})


async def test_without_a_user_the_app_decides() -> None:
    app = build()
    with pytest.raises(SocketClosed) as ended:
        async with connect(app):
            pass
    assert ended.value.code == 3501
    with pytest.raises(SocketClosed) as ended:
        async with connect(app, token="forged"):
            pass
    assert ended.value.code == 3500
    async with connect(app, token=JWT_OF_TESTS.issue("alice")) as alice:
        assert alice.channels == ["inbox:alice"]


async def test_a_hook_sees_cookies() -> None:
    app = build_with_cookies()
    async with connect(app, headers={"Cookie": "session=1"}) as bob:
        assert bob.data == {"hello": "bob"}
    with pytest.raises(ErrorReply, match="no session"):
        async with connect(app):
            pass


async def test_the_origin_is_checked() -> None:
    with pytest.raises(HandshakeFailed, match="origin") as refused:
        async with connect(build(), user="alice", headers={"Origin": "https://evil.example"}):
            pass
    assert refused.value.status == 403


async def test_the_app_has_stopped_afterwards() -> None:
    app = build()
    gone: list[str] = []

    @app.on_disconnect
    async def forget(client: Client) -> None:
        gone.append(client.user)

    async with connect(app, user="alice"), connect(app, user="bob"):
        assert len(app.hub) == 2
    assert gone == ["bob", "alice"]
    assert len(app.hub) == 0


async def test_an_app_that_lets_nobody_in_does_not_start() -> None:
    with pytest.raises(StartupError, match="who may connect"):
        async with connect(App("Nobody"), user="alice"):
            pass


def test_an_app_lives_in_one_loop_after_another() -> None:
    app = App("Loops", auth=Anonymous())

    @app.background
    async def wait() -> None:
        await asyncio.Event().wait()

    async def live() -> None:
        async with app.lifespan():
            await asyncio.sleep(0)

    async def live_later() -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await live()

    async def many() -> None:
        await asyncio.gather(live(), live_later(), live_later(), live())

    asyncio.run(many())
    asyncio.run(many())


async def test_what_does_not_come_is_named() -> None:
    async with connect(build(), user="alice", patience=0.05) as alice:
        await alice.subscribe("chat:lobby")
        with pytest.raises(TimeoutError, match=r"no pub in chat:lobby within 0\.05 s"):
            await alice.next("chat:lobby")


async def test_too_large_a_message_ends_the_connection() -> None:
    async with connect(build(), user="alice") as alice:
        await alice.subscribe("chat:lobby")
        with pytest.raises(SocketClosed) as ended:
            await alice.publish("chat:lobby", Said("x" * 70_000))
        assert ended.value.code == 1009


async def test_pings_are_answered_as_time_passes() -> None:
    app = build()
    async with connect(app, user="alice") as alice:
        await advance(app, seconds=120)
        await alice.rpc("rooms.close")


async def test_one_that_never_speaks_is_dropped_in_time() -> None:
    app = build()
    async with serve(app) as server:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", int(server.url.rpartition(":")[2])
        )
        writer.write(
            b"GET /connection/websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
            b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        async with asyncio.timeout(5):
            while not len(app.hub):  # noqa: ASYNC110 - the answer comes before the session
                await asyncio.sleep(0)
        await advance(app, seconds=int(app.limits.connect_seconds) + 1)
        header = await reader.readexactly(4)
        assert header[0] == 0x88
        assert int.from_bytes(header[2:4], "big") == 3502
        writer.close()
        await writer.wait_closed()


async def test_the_same_over_a_socket() -> None:
    async with serve(build()) as server:
        token = JWT_OF_TESTS.issue("alice")
        async with server.connect(token=token) as alice:
            await alice.subscribe("chat:lobby")
            await alice.publish("chat:lobby", Said("hi"))
            assert await alice.next("chat:lobby") == Said("hi")
        with pytest.raises(SocketClosed) as ended:
            async with server.connect(token="forged"):
                pass
        assert ended.value.code == 3500


async def test_a_test_user_is_nobody_on_the_network() -> None:
    app = build()
    async with connect(app, user="alice"), serve(app) as server:
        with pytest.raises(SocketClosed) as ended:
            async with server.connect():
                pass
        assert ended.value.code == 3501


async def test_serving_leaves_logging_alone(caplog: pytest.LogCaptureFixture) -> None:
    async with serve(build()):
        logging.getLogger("antiphon").error("still heard")
    assert "still heard" in caplog.text


async def test_serving_what_cannot_start_says_why() -> None:
    with pytest.raises(StartupError, match="who may connect"):
        async with serve(App("Nobody")):
            pass


async def test_several_apps_are_told_apart() -> None:
    first, second = build(), build_with_cookies()
    outer = Starlette(routes=[Mount("/first", first), Mount("/second", second)])
    async with serve(outer) as server:
        with pytest.raises(LookupError, match="say which app"):
            server.connect()
        async with server.connect(first, token=JWT_OF_TESTS.issue("alice")) as alice:
            assert alice.channels == ["inbox:alice"]
        async with server.connect(second, headers={"Cookie": "session=1"}) as bob:
            assert bob.data == {"hello": "bob"}
