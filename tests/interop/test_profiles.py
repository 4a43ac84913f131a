"""The apps for the SDKs' own suites: each lets do what its suite does, and refuses what it expects.

The suites show the rest; here is what they need of the apps, in each language and over each transport.
"""

import asyncio
import base64
import hmac
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from centrifuge import DeltaType  # type: ignore[import-untyped]

from antiphon.dialer import ErrorReply, dial
from antiphon.testing import AppClient, connect, serve
from antiphon.wire.client import SocketClosed
from tests.cli.terminal import environment, url_of
from tests.hub.stage import Peer, until
from tests.interop.language import BYTES
from tests.interop.profiles import go, js, python
from tests.interop.world import PATIENCE, Person, port_of

PROFILES = {"js": js.app, "go": go.app, "python": python.app}
INSECURE = [js.app, go.app]


def token(**claims: Any) -> str:
    """Sign as the suites do: with a word, which is too short for a library, and for ever."""
    parts = ({"alg": "HS256", "typ": "JWT"}, {"iat": 1738078824, **claims})
    signed = ".".join(_base64url(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{_base64url(hmac.digest(b'secret', signed.encode(), 'sha256'))}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


async def refusal(client: AppClient, name: str, *arguments: Any) -> int:
    with pytest.raises(ErrorReply) as caught:
        await getattr(client, name)(*arguments)
    return caught.value.code


@pytest.mark.parametrize("app", INSECURE)
@pytest.mark.parametrize("shown", ["", token()])
async def test_an_insecure_server_lets_everybody_do_everything(app: Any, shown: str) -> None:
    async with connect(app, token=shown) as client:
        await client.publish("elsewhere", b'{"a":  1}')
        past = await client.history("elsewhere")
        assert past.publications[-1].event == b'{"a":  1}'
        await client.subscribe("test")
        await client.subscribe("test1", token=token(channel="test1"))
        assert await refusal(client, "subscribe", "test:test") == 102
        assert await refusal(client, "rpc", "method") == 108


async def test_presence_is_what_the_two_insecure_servers_differ_in() -> None:
    async with connect(js.app) as client:
        await client.subscribe("test")
        assert (await client.presence_stats("test")).num_clients == 1
        await client.unsubscribe("test")
        assert (await client.presence_stats("test")).num_clients == 0
        assert await client.presence("test") == {}
    async with connect(go.app) as client:
        assert await refusal(client, "presence", "test") == 108
        assert await refusal(client, "presence_stats", "test") == 108


@pytest.mark.parametrize("app", PROFILES.values(), ids=PROFILES)
async def test_a_small_history_loses_the_third(app: Any) -> None:
    channel = "smallhistory:a"
    async with connect(app, token=token(sub="42")) as client:
        joined = await client.subscribe(channel, token=token(sub="42", channel=channel))
        for number in range(3):
            await client.publish(channel, number)
        assert len((await client.history(channel)).publications) == 2
        await client.unsubscribe(channel)
        again = await client.subscribe(
            channel, since=joined.position, token=token(sub="42", channel=channel)
        )
        assert not again.recovered


async def test_the_secure_server_asks_for_tokens() -> None:
    with pytest.raises(SocketClosed) as closed:
        async with connect(python.app):
            pass
    assert closed.value.code == 3501
    async with connect(python.app, token=token(sub="42")) as client:
        assert client.channels == ["#42"]
        assert (await client.next_join("#42")).client == client.id
        await client.publish("#42", 1)
        assert await client.next("#42") == b"1"
        assert await refusal(client, "subscribe", "channel") == 103
        assert await refusal(client, "publish", "channel", 1) == 103
        await client.subscribe("channel", token=token(sub="42", channel="channel"))
        assert len(await client.presence("channel")) == 1


@pytest.mark.parametrize(
    ("app", "channel", "patched"),
    [
        (js.app, "a", True),
        (js.app, "delta:a", True),
        (js.app, "recovery:a", False),
        (js.app, "smallhistory:a", False),
        (go.app, "a", True),
        (go.app, "smallhistory:a", False),
        (python.app, "a", True),
        (python.app, "smallhistory:a", False),
    ],
)
async def test_patches_come_where_the_suites_count_them(
    app: Any, channel: str, patched: bool
) -> None:
    async with app.lifespan():
        peer = Peer(app)
        await peer.connect(token(sub="42"))
        asked = {"channel": channel, "delta": "fossil", "token": token(sub="42", channel=channel)}
        assert (await peer.ask("subscribe", **asked)).get("delta", False) is patched
        for number in range(3):
            data = {"text": "what stays " * 20, "number": number}
            assert await peer.ask("publish", channel=channel, data=data) == {}
        await until(lambda: peer.told.count("pub") == 3)
        came = [push["pub"].get("delta", False) for push in peer.pushes if "pub" in push]
        assert came == [False, patched, patched]
        peer.drop()


@pytest.mark.parametrize("app", PROFILES.values(), ids=PROFILES)
async def test_bytes_pass_in_protobuf_whole_and_as_patches(app: Any) -> None:
    payloads = [bytes(range(256)) * 4 + bytes([number]) for number in range(3)]
    async with serve(app) as served:
        person = Person(port_of(served), token(sub="42"), BYTES, {})
        await person.sdk.connect()
        seat = await person.seated(
            "binary", token=token(sub="42", channel="binary"), delta=DeltaType.FOSSIL
        )
        for payload in payloads:
            await seat.sdk.publish(payload)
        came = [context.pub.data for context in await seat.log.some("publication", 3)]
        await person.sdk.disconnect()
    assert came == payloads


@asynccontextmanager
async def opened(http: httpx.AsyncClient, transport: str) -> AsyncIterator[AsyncIterator[Any]]:
    """Connect over HTTP as centrifuge-js does; yield what the server says."""
    command = json.dumps({"id": 1, "connect": {}})
    by_post = transport == "http_stream"
    request: dict[str, Any] = (
        {"content": command} if by_post else {"params": {"cf_connect": command}}
    )
    method = "POST" if by_post else "GET"
    async with http.stream(method, f"/connection/{transport}", **request) as response:
        lines = (line.removeprefix("data: ") async for line in response.aiter_lines())
        yield (json.loads(line) async for line in lines if line)


@pytest.mark.parametrize("transport", ["http_stream", "sse"])
async def test_javascript_may_do_without_websockets(transport: str) -> None:
    async with (
        serve(js.app) as served,
        httpx.AsyncClient(base_url=served.url, timeout=PATIENCE, trust_env=False) as http,
        opened(http, transport) as said,
    ):
        connected = (await anext(said))["connect"]
        commands = json.dumps({"id": 2, "subscribe": {"channel": "a"}})
        emulated = {"session": connected["session"], "node": connected["node"], "data": commands}
        assert (await http.post("/emulation", json=emulated)).status_code == 204
        assert "subscribe" in await anext(said)


async def test_javascript_has_the_key_of_a_server_api_and_the_others_have_none() -> None:
    request = {"channel": "delta:a", "data": 1}
    for app, key, status in (
        (js.app, "test-api-key", 200),
        (js.app, "another-key", 401),
        (go.app, "test-api-key", 404),
        (python.app, "test-api-key", 404),
    ):
        async with (
            serve(app) as served,
            httpx.AsyncClient(base_url=served.url, timeout=PATIENCE, trust_env=False) as http,
        ):
            headers = {"x-api-key": key}
            answer = await http.post("/api/publish", json=request, headers=headers)
        assert answer.status_code == status
        assert status != 200 or answer.json()["result"]["offset"] > 0


def test_a_profile_is_served_until_it_is_interrupted() -> None:
    command = (sys.executable, "-m", "tests.interop.profiles", "go", "--port", "0")
    with subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        try:
            assert asyncio.run(version_of(url_of(server))) == "1.0.0"
        finally:
            server.send_signal(signal.SIGINT)
    assert server.returncode == 0


async def version_of(url: str) -> str:
    async with dial(url.replace("http", "ws", 1) + "/connection/websocket") as peer:
        return peer.connected.version
