"""Channels of bytes: what may be declared, and that nothing on the way looks into a payload."""

from typing import Any

import pytest

from antiphon import Anonymous, App, Channel, Client, DeclarationError, Event, History
from antiphon.testing import connect

SPACED = b'{"b": 1.0,  "a":\t[1e3]}'


class Said(Event):
    """Somebody said something."""

    text: str


def app_with_blobs(**options: Any) -> tuple[App, Channel]:
    app = App("Blobs", auth=Anonymous())
    declared: dict[str, Any] = {"publishes": bytes, "accepts": bytes, "open": True}
    return app, app.channel("blob:{name}", **(declared | options))


async def test_bytes_pass_as_they_are() -> None:
    app, blobs = app_with_blobs(history=History(5, 60))
    async with connect(app) as ann, connect(app) as bob:
        await ann.subscribe("blob:a")
        await bob.subscribe("blob:a")
        await ann.publish("blob:a", SPACED)
        await blobs.publish(b'"from code"', name="a")
        assert [await bob.next("blob:a") for _ in range(2)] == [SPACED, b'"from code"']
        past = await bob.history("blob:a")
        page = await blobs.history(name="a")
        for publications in (past.publications, page.publications):
            assert [p.event for p in publications] == [SPACED, b'"from code"']


async def test_code_publishes_any_bytes_and_reads_them_back() -> None:
    app, blobs = app_with_blobs(history=History(5, 60))
    async with app.lifespan():
        for data in (b"\xff\x00", b"", b"boom\n"):
            await blobs.publish(data, name="a")
        page = await blobs.history(name="a")
        assert [p.event for p in page.publications] == [b"\xff\x00", b"", b"boom\n"]


async def test_a_handler_gets_bytes_and_returns_bytes() -> None:
    app, blobs = app_with_blobs()
    seen: list[Any] = []

    @blobs.on_publish(bytes)
    async def wrap(client: Client, data: bytes, name: str) -> bytes | None:
        seen.append((type(data), name))
        return None if data == b"0" else b'{"is":%b}' % data

    async with connect(app) as ann:
        await ann.subscribe("blob:a")
        await ann.publish("blob:a", 0)
        await ann.publish("blob:a", SPACED)
        assert await ann.next("blob:a") == b'{"is":%b}' % SPACED
    assert seen == [(bytes, "a")] * 2


async def test_bytes_become_events_in_a_handler_and_events_bytes() -> None:
    app, blobs = app_with_blobs(publishes=Said)
    blobs.on_publish(bytes)(lambda client, data: Said(text=data.decode()))
    back = app.channel("back", publishes=bytes, accepts=Said, open=True)
    back.on_publish(Said)(lambda client, event: b'"%b"' % event.text.encode())
    async with connect(app) as ann:
        await ann.subscribe("blob:a")
        await ann.subscribe("back")
        await ann.publish("blob:a", SPACED)
        assert await ann.next("blob:a") == Said(text=SPACED.decode())
        await ann.publish("back", Said(text="x"))
        assert await ann.next("back") == b'"x"'


@pytest.mark.parametrize("mixed", [{"publishes": bytes | Said}, {"accepts": Said | bytes}])
def test_bytes_do_not_mix_with_events(mixed: dict[str, Any]) -> None:
    with pytest.raises(DeclarationError, match="'blob:{name}': bytes are handed through unseen"):
        app_with_blobs(**mixed)


@pytest.mark.parametrize("wrong", ["text", bytearray(b"x"), memoryview(b"x"), Said(text="x"), None])
async def test_a_channel_of_bytes_publishes_bytes(wrong: Any) -> None:
    _, blobs = app_with_blobs()
    with pytest.raises(DeclarationError, match=r"'blob:\{name\}' publishes bytes, not "):
        await blobs.publish(wrong, name="a")


async def test_a_channel_of_events_publishes_no_bytes() -> None:
    _, blobs = app_with_blobs(publishes=Said)
    with pytest.raises(DeclarationError, match="publishes said, not b'x'"):
        await blobs.publish(b"x", name="a")


async def test_bytes_that_lead_nowhere_stop_the_start() -> None:
    app, _ = app_with_blobs(publishes=Said)
    with pytest.raises(DeclarationError, match="accepts 'bytes', and neither publishes it"):
        await app.start()


def test_events_of_a_channel_of_bytes_cannot_be_left_out_of_its_history() -> None:
    with pytest.raises(DeclarationError):
        app_with_blobs(history=History(5, 60, without=bytes))
