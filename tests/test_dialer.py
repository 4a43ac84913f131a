"""The protocol's client: against apps in process and served, and against a scripted server."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from antiphon.dialer import ErrorReply, Peer, dial
from antiphon.publication import StreamPosition
from antiphon.testing import connect, serve
from antiphon.wire.client import HandshakeFailed, SocketClosed
from tests.testing.newsroom import JWT_OF_TESTS, Said, build

Answer = Callable[[dict[str, Any]], list[bytes]]


class Script:
    """A pipe whose other end answers by a function."""

    def __init__(self, answer: Answer) -> None:
        self.sent: list[dict[str, Any]] = []
        self.closed = False
        self._answer = answer
        self._waiting: asyncio.Queue[bytes | SocketClosed] = asyncio.Queue()

    def say(self, text: bytes) -> None:
        self._waiting.put_nowait(text)

    def end(self, code: int, reason: str) -> None:
        self._waiting.put_nowait(SocketClosed(code, reason))

    async def send(self, text: bytes) -> None:
        command = json.loads(text)
        self.sent.append(command)
        for answer in self._answer(command):
            self.say(answer)

    async def receive(self) -> bytes:
        found = await self._waiting.get()
        if isinstance(found, SocketClosed):
            raise found
        return found

    async def close(self) -> None:
        self.closed = True


def silent(command: dict[str, Any]) -> list[bytes]:
    return []


async def test_nothing_is_sent_that_says_nothing() -> None:
    def answer(command: dict[str, Any]) -> list[bytes]:
        if "id" not in command:
            return []
        name = next(key for key in command if key != "id")
        result = {"client": "c", "version": ""} if name in ("connect", "refresh") else {}
        return [json.dumps({"id": command["id"], name: result}).encode()]

    pipe = Script(answer)
    async with Peer(pipe) as peer:
        await peer.connect(token="t", subs={"news": StreamPosition(3, "e")})
        await peer.subscribe("a")
        await peer.subscribe("b", recover=True, offset=0, epoch="e", data=0, flag=2)
        await peer.publish("a", {"type": "said"})
        await peer.unsubscribe("a")
        await peer.rpc("m")
        await peer.send(None)
        await peer.refresh("t2")
        await peer.sub_refresh("b", "t3")
        assert peer.id == "c"
    assert pipe.closed
    assert pipe.sent == [
        {
            "id": 1,
            "connect": {
                "token": "t",
                "subs": {"news": {"recover": True, "offset": 3, "epoch": "e"}},
                "name": "antiphon",
            },
        },
        {"id": 2, "subscribe": {"channel": "a"}},
        {
            "id": 3,
            "subscribe": {"channel": "b", "data": 0, "recover": True, "epoch": "e", "flag": 2},
        },
        {"id": 4, "publish": {"channel": "a", "data": {"type": "said"}}},
        {"id": 5, "unsubscribe": {"channel": "a"}},
        {"id": 6, "rpc": {"method": "m"}},
        {"send": {"data": None}},
        {"id": 7, "refresh": {"token": "t2"}},
        {"id": 8, "sub_refresh": {"channel": "b", "token": "t3"}},
    ]


async def test_pings_are_answered() -> None:
    pipe = Script(silent)
    async with Peer(pipe) as peer:
        pipe.say(b"{}")
        pipe.say(b'{}\n{"push":{"channel":"a","join":{"info":{"user":"u","client":"c"}}}}')
        await peer.next("a", "join")
    assert pipe.sent == [{}, {}]


async def test_replies_find_their_commands_in_any_order() -> None:
    pipe = Script(silent)
    async with Peer(pipe) as peer:
        calls = asyncio.gather(peer.rpc("one"), peer.rpc("two"))
        while len(pipe.sent) < 2:  # noqa: ASYNC110 - the pipe has no event to wait for
            await asyncio.sleep(0)
        pipe.say(b'{"id":9,"rpc":{}}\n{"id":2,"rpc":{"data":2}}\n{"id":1,"rpc":{"data":1}}')
        assert [bytes(data) for data in await calls] == [b"1", b"2"]


async def test_a_reply_to_one_who_gave_up_harms_nobody() -> None:
    pipe = Script(silent)
    async with Peer(pipe) as peer:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await peer.rpc("slow")
        pipe.say(b'{"id":1,"rpc":{"data":1}}')
        pipe.say(b'{"push":{"message":{"data":2}}}')
        assert bytes(await peer.next_message()) == b"2"


async def test_errors_are_raised() -> None:
    pipe = Script(lambda c: [b'{"id":1,"error":{"code":111,"message":"slow","temporary":true}}'])
    async with Peer(pipe) as peer:
        with pytest.raises(ErrorReply, match="111 slow") as refused:
            await peer.publish("a", {})
    error = refused.value
    assert (error.code, error.message, error.temporary) == (111, "slow", True)


async def test_the_end_reaches_everybody_who_waits() -> None:
    pipe = Script(silent)
    async with Peer(pipe) as peer:
        waiting = [
            asyncio.create_task(peer.rpc("m")),
            asyncio.create_task(peer.next("a")),
            asyncio.create_task(peer.next_message()),
        ]
        await asyncio.sleep(0)
        pipe.say(b'{"push":{"channel":"b","unsubscribe":{"code":2000}}}')
        pipe.end(3503, "force disconnect")
        for outcome in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(outcome, SocketClosed)
            assert (outcome.code, outcome.reason) == (3503, "force disconnect")
        assert await peer.ended() == (3503, "force disconnect")
        assert (await peer.next("b", "unsubscribe")).unsubscribe is not None
        with pytest.raises(SocketClosed):
            await peer.next("b")
        with pytest.raises(SocketClosed):
            await peer.rpc("m")


@pytest.mark.parametrize("nonsense", [b"hello", b'{"id":"x"}', b"[]", b'{"push":{"pub":{}}}'])
async def test_nonsense_ends_the_connection(nonsense: bytes) -> None:
    pipe = Script(lambda c: [nonsense])
    async with Peer(pipe) as peer:
        with pytest.raises(SocketClosed, match="not of the protocol") as ended:
            await peer.rpc("m")
        assert ended.value.code == 1002


async def test_kinds_are_taken_apart_and_each_in_order() -> None:
    pipe = Script(silent)
    async with Peer(pipe) as peer:
        info = b'{"info":{"user":"u","client":"c"}}'
        for number in (b"1", b"2"):
            pipe.say(b'{"push":{"channel":"a","pub":{"data":' + number + b"}}}")
        pipe.say(b'{"push":{"channel":"a","leave":' + info + b"}}")
        assert (await peer.next("a", "leave")).leave is not None
        found = [push.pub async for push in _first(peer, 2)]
        assert [bytes(pub.data) for pub in found if pub] == [b"1", b"2"]


async def _first(peer: Peer, count: int) -> Any:
    async for push in peer.pushes("a"):
        yield push
        count -= 1
        if not count:
            return


async def test_every_command_against_an_app() -> None:
    app = build()
    async with serve(app) as server:
        async with dial(server.websocket_url(), token=JWT_OF_TESTS.issue("alice")) as peer:
            assert list(peer.connected.subs) == ["inbox:alice"]
            entered = await peer.subscribe("chat:lobby")
            assert entered.recoverable
            await peer.publish("chat:lobby", Said("hi"))
            publication = (await peer.next("chat:lobby", "pub")).pub
            assert publication is not None
            assert bytes(publication.data) == b'{"type":"said","text":"hi"}'
            assert list(await peer.presence("chat:lobby")) == [peer.id]
            stats = await peer.presence_stats("chat:lobby")
            assert (stats.num_clients, stats.num_users) == (1, 1)
            page = await peer.history(
                "chat:lobby", limit=-1, since=StreamPosition(0, entered.epoch)
            )
            assert [p.offset for p in page.publications] == [1]
            assert (await peer.history("chat:lobby")).offset == 1
            refreshed = await peer.refresh(JWT_OF_TESTS.issue("alice", ttl=60))
            assert refreshed.client == peer.id
            await peer.unsubscribe("chat:lobby")
            recovered = await peer.subscribe("chat:lobby", recover=True, epoch=entered.epoch)
            assert recovered.recovered
            again = (await peer.next("chat:lobby", "pub")).pub
            assert again is not None and again.offset == 1
        while app.clients_of("alice"):  # noqa: ASYNC110 - the server notices when it does
            await asyncio.sleep(0)


async def test_a_subscription_is_refreshed() -> None:
    async with connect(build(), user="alice") as alice:
        first = JWT_OF_TESTS.issue("alice", channel="chat:secret", ttl=60)
        entered = await alice.peer.subscribe("chat:secret", token=first)
        assert entered.expires
        second = JWT_OF_TESTS.issue("alice", channel="chat:secret", ttl=600)
        assert (await alice.peer.sub_refresh("chat:secret", second)).ttl > 500


async def test_dialling_what_is_no_websocket() -> None:
    async with serve(build()) as server:
        with pytest.raises(HandshakeFailed):
            async with dial(server.websocket_url() + "s"):
                pass
    with pytest.raises(OSError):
        async with dial("ws://127.0.0.1:1/connection/websocket"):
            pass
