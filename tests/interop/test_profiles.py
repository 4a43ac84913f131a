"""The apps for the SDKs' own suites: each lets do what its suite does, and refuses what it expects."""

import asyncio
import base64
import hmac
import json
import signal
import subprocess
import sys
from typing import Any

import pytest

from antiphon.dialer import ErrorReply, dial
from antiphon.testing import AppClient, connect
from antiphon.wire.client import SocketClosed
from tests.cli.terminal import environment, url_of
from tests.interop.profiles import go, js, python

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
