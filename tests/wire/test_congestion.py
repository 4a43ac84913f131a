import asyncio
from typing import cast

from antiphon.wire.congestion import StallWatch


class Buffer:
    """A transport, as far as the watch looks at it."""

    def __init__(self, *sizes: int) -> None:
        self._sizes = list(sizes)
        self.looks = 0

    def get_write_buffer_size(self) -> int:
        self.looks += 1
        return self._sizes.pop(0) if len(self._sizes) > 1 else self._sizes[0]


def watch(buffer: Buffer) -> tuple[StallWatch, asyncio.Event]:
    aborted = asyncio.Event()
    transport = cast(asyncio.Transport, buffer)
    return StallWatch(transport, seconds=0.01, abort=aborted.set), aborted


async def test_a_peer_that_takes_nothing_is_cut() -> None:
    buffer = Buffer(100)
    _, aborted = watch(buffer)
    await aborted.wait()
    assert buffer.looks == 2


async def test_progress_prolongs_the_watch() -> None:
    buffer = Buffer(100, 90, 80, 70)
    _, aborted = watch(buffer)
    await aborted.wait()
    assert buffer.looks == 5


async def test_what_is_added_meanwhile_is_no_progress_undone() -> None:
    buffer = Buffer(100, 140)
    stall, aborted = watch(buffer)
    stall.queued = 50
    await aborted.wait()
    assert buffer.looks == 3


async def test_what_is_added_meanwhile_is_no_progress() -> None:
    buffer = Buffer(100, 150)
    stall, aborted = watch(buffer)
    stall.queued = 50
    await aborted.wait()
    assert buffer.looks == 2


async def test_a_watch_that_is_stopped() -> None:
    stopped, aborted = watch(Buffer(100))
    stopped.stop()
    _, later = watch(Buffer(100))
    await later.wait()
    assert not aborted.is_set()
