"""The fixtures, as pytest finds them through the entry point."""

import subprocess
import sys
from pathlib import Path

from antiphon.testing.plugin import ClientFactory, ServerFactory
from tests.testing.newsroom import JWT_OF_TESTS, Said, build


async def test_clients_live_as_long_as_the_test(antiphon_client: ClientFactory) -> None:
    app = build()
    alice = await antiphon_client(app, user="alice")
    bob = await antiphon_client(app, user="bob")
    await alice.subscribe("chat:lobby")
    await bob.subscribe("chat:lobby")
    await bob.publish("chat:lobby", Said("hi"))
    assert await alice.next("chat:lobby") == Said("hi")


async def test_a_server_lives_as_long_as_the_test(antiphon_server: ServerFactory) -> None:
    server = await antiphon_server(build())
    async with server.connect(token=JWT_OF_TESTS.issue("alice")) as alice:
        assert alice.channels == ["inbox:alice"]


USER_TEST = """
import pytest
from antiphon import Anonymous, App, Event
from antiphon.testing import connect

class TestResult(Event):
    __test__ = False

app = App("Users", auth=Anonymous())

@app.rpc("ping")
async def ping(client) -> str:
    return "pong"

pytestmark = pytest.mark.asyncio

async def test_ping(antiphon_client):
    client = await antiphon_client(app)
    assert await client.rpc("ping") == "pong"

async def test_again_in_another_loop(antiphon_client):
    client = await antiphon_client(app, user="alice")
    assert await client.rpc("ping") == "pong"
"""


def test_users_need_nothing_but_the_package(tmp_path: Path) -> None:
    (tmp_path / "test_app.py").write_text(USER_TEST)
    loops = "asyncio_default_fixture_loop_scope=function"
    command = (sys.executable, "-m", "pytest", "-q", "-W", "error", "-o", loops)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_nothing_but_the_plugin_needs_pytest() -> None:
    probe = "import sys, antiphon.testing; assert 'pytest' not in sys.modules"
    done = subprocess.run((sys.executable, "-c", probe), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
