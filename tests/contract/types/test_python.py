"""Python for clients: as mypy and the formatter see it, and in use against a served app.

The client that is used here is the golden file, so mypy sees this module's use of it, too.
"""

import asyncio
import runpy
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Never

import centrifuge  # type: ignore[import-untyped]
import pytest

from antiphon.testing import serve
from tests.contract.golden import corner as types
from tests.contract.types.apps import GOLDEN, NAMES, written
from tests.contract.types.corner import FULL, KEY, Moved, corner

SECONDS = 10


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the clients of all apps."""
    folder = tmp_path_factory.mktemp("python")
    for name in NAMES:
        (folder / f"{name}_client.py").write_text(written(name, "python"))
    (folder / "wrong.py").write_text("wrong: str = [ 1 ]\n")
    return folder


def said_by(folder: Path, *command: str) -> str:
    done = subprocess.run(
        (sys.executable, "-m", *command), cwd=folder, capture_output=True, text=True, timeout=50
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def checked(folder: Path) -> str:
    """What mypy says."""
    return said_by(folder, "mypy", "--strict", "--cache-dir", str(folder / "cache"), ".")


@pytest.fixture(scope="module")
def unformatted(folder: Path) -> str:
    """What the formatter says, with the settings that Black has."""
    return said_by(folder, "ruff", "format", "--isolated", "--check", ".")


def test_the_tools_can_object(checked: str, unformatted: str) -> None:
    assert "wrong.py:1: error: Incompatible types" in checked
    assert "Found 1 error in 1 file" in checked
    assert "wrong.py" in unformatted
    assert "1 file would be reformatted" in unformatted


@pytest.mark.parametrize("name", NAMES)
def test_it_passes(name: str, folder: Path, checked: str, unformatted: str) -> None:
    file = f"{name}_client.py"
    assert file not in checked
    assert file not in unformatted
    assert runpy.run_path(str(folder / file))


def test_it_is_as_reviewed() -> None:
    """Wrong? Look at the difference, and if it is meant, write the file anew as shown here."""
    assert written("corner", "python") == (GOLDEN / "corner.py").read_text()


@asynccontextmanager
async def connected(events: Any = None) -> AsyncIterator[types.Client]:
    """A client of a server that is newer than itself."""
    async with serve(corner(Moved)) as served:
        url = f"{served.url.replace('http', 'ws', 1)}/connection/websocket"
        sdk = centrifuge.Client(url, events)
        await sdk.connect()
        try:
            async with asyncio.timeout(SECONDS):
                yield types.Client(sdk)
        finally:
            await sdk.disconnect()


class Heard:
    """Notes what it hears."""

    def __init__(self) -> None:
        self.notes: list[Any] = []
        self.over = asyncio.Event()

    async def said(self, event: types.Said, context: Any) -> None:
        author, (*_, last) = event["author"], [None, *event["attached"]]
        at = last["at"][1] if last and last["kind"] == "place" else None
        self.notes.append((event["text"], author.get("born_in"), event["mood"], at))

    async def left(self, event: types.Left, context: Any) -> None:
        self.notes.append(event["author"]["name"])
        self.over.set()

    async def other(self, data: Any, context: Any) -> None:
        self.notes.append(data)


async def test_events_go_to_their_handlers() -> None:
    heard = Heard()
    async with connected() as client:
        room = client.channel.chat_room_number_int("lobby", 7)
        await room.subscribe({"said": heard.said, "left": heard.left}, heard.other)
        await room.publish({"type": "said", "text": "hi"})
        place = types.Place(kind="place", at=(1, 2))
        await room.publish({"type": "said", "text": "here", "attached": [place]})
        await room.publish({"type": "said", "text": "move"})
        await room.publish(types.Shout(type="shout", text="bye"))
        await heard.over.wait()
    assert heard.notes == [
        ("hi", 7, "good", None),
        ("here", 7, "good", 2),
        {"type": "moved", "to": "lobby"},
        "bye",
    ]


async def test_the_rest_of_a_subscription_has_handlers_too() -> None:
    class Entering(centrifuge.SubscriptionEventHandler):  # type: ignore[misc]
        async def on_subscribed(self, context: Any) -> None:
            self.over.set()

        def __init__(self) -> None:
            self.over = asyncio.Event()

    entering, heard = Entering(), Heard()
    async with connected() as client:
        room = client.channel.chat_room_number_int("lobby", 7)
        handlers: types.ChatRoomNumberIntHandlers = {"said": heard.said, "left": heard.left}
        await room.subscribe(handlers, events=entering)
        await entering.over.wait()
        await room.publish({"type": "said", "text": "move"})
        await room.publish({"type": "shout", "text": "bye"})
        await heard.over.wait()
    assert heard.notes == ["bye"]


async def test_what_the_server_subscribes_to_is_heard() -> None:
    class Hearing(centrifuge.ClientEventHandler):  # type: ignore[misc]
        async def on_publication(self, context: Any) -> None:
            await key.receive(context, {"left": heard.left})

    key, heard = CHANNELS.key_id_uuid(KEY), Heard()
    async with connected(Hearing()) as client:
        await client.call.follow()
        await heard.over.wait()
    assert heard.notes == ["key"]


async def test_opaque_payloads_arrive() -> None:
    received: asyncio.Queue[Any] = asyncio.Queue()

    async def receive(data: Any, context: Any) -> None:
        received.put_nowait(data)

    async with connected() as client:
        blobs = client.channel.blob_name("b")
        await blobs.subscribe(receive)
        await blobs.publish([1, {"two": 3}])
        assert await received.get() == [1, {"two": 3}]


async def test_calls_are_answered() -> None:
    async with connected() as client:
        made = await client.call.rooms_create({"name": "attic", "moods": ["good"]})
        assert made is not None and made["id"] == 1
        assert await client.call.rooms_create({"name": "attic"}) is None
        assert len((await client.call.keys_list())["all"]) == 1
        await client.call.rooms_close([1])
        with pytest.raises(centrifuge.ReplyError) as refused:
            await client.call.rooms_create({"name": "full"})
        assert refused.value.code == FULL


CHANNELS = types.Channels(None)


def test_names_keep_to_the_rules_of_addresses() -> None:
    assert CHANNELS.chat_room_number_int("a%b|c", -3).name == "chat:a%b|c/-3"
    assert CHANNELS.key_id_uuid(KEY).name == f"key:{KEY}"


@pytest.mark.parametrize(
    ("room", "number"), [("a/b", 3), ("", 3), ("a\n", 3), ("ä", 3), ("a", True)]
)
def test_other_names_are_refused(room: str, number: int) -> None:
    with pytest.raises(ValueError, match="no channel can be called 'chat:"):
        CHANNELS.chat_room_number_int(room, number)


async def mistakes(client: types.Client, handler: Callable[[Any, Any], Awaitable[None]]) -> Never:
    """Is never called: mypy finds a mistake in each of these lines, or says that it does not."""
    room = client.channel.chat_room_number_int("lobby", 7)
    await room.subscribe({"said": handler})  # type: ignore[typeddict-item]
    await room.subscribe({"said": handler, "left": handler, "x": handler})  # type: ignore[typeddict-unknown-key]
    await room.publish({"type": "said"})  # type: ignore[arg-type]
    await room.publish({"type": "left", "author": {"name": "me"}})  # type: ignore[arg-type]
    await client.channel.key_id_uuid("7").subscribe({"left": handler})  # type: ignore[arg-type]
    await client.call.rooms_create({"name": "attic", "moods": ["odd"]})  # type: ignore[list-item]
    raise AssertionError
