"""Bodies of requests, bounded while they come."""

import asyncio
from typing import Any

import pytest

from antiphon.wire.asgi_http import Rejected, check_method, read_body

Pieces = list[dict[str, Any]]


def piece(data: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": data, "more_body": more}


async def read(pieces: Pieces, limit: int = 10) -> bytes:
    """Read from a server that has these pieces, which are taken out, and no others."""

    async def receive() -> dict[str, Any]:
        return pieces.pop(0)

    return await read_body(receive, limit)


async def status_of(pieces: Pieces) -> int:
    with pytest.raises(Rejected) as caught:
        await read(pieces)
    assert str(caught.value).startswith(str(caught.value.refusal.status))
    return caught.value.refusal.status


@pytest.mark.parametrize(
    ("pieces", "body"),
    [
        pytest.param([piece(b"")], b"", id="nothing"),
        pytest.param([piece(b"whole")], b"whole", id="one piece"),
        pytest.param([piece(b"ab", more=True), piece(b"cd")], b"abcd", id="two"),
        pytest.param([piece(b"ab", more=True), piece(b"")], b"ab", id="an empty last one"),
        pytest.param([{"type": "http.request"}], b"", id="as few keys as ASGI allows"),
        pytest.param([piece(b"0123456789")], b"0123456789", id="as much as there may be"),
    ],
)
async def test_a_body_is_put_together(pieces: Pieces, body: bytes) -> None:
    assert await read(pieces) == body


async def test_a_byte_too_many() -> None:
    assert await status_of([piece(b"0123456789", more=True), piece(b"0")]) == 413


async def test_it_is_not_read_on_once_too_large() -> None:
    left = [piece(b"0" * 11, more=True), piece(b"never asked for")]
    assert await status_of(left) == 413
    assert len(left) == 1


async def test_a_client_that_leaves_in_the_middle() -> None:
    assert await status_of([piece(b"ab", more=True), {"type": "http.disconnect"}]) == 499


async def test_waiting_for_a_body_holds_up_nobody() -> None:
    pieces: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    reading = asyncio.ensure_future(read_body(pieces.get, 10))
    await asyncio.sleep(0)
    assert not reading.done()
    pieces.put_nowait(piece(b"late"))
    assert await reading == b"late"


@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
def test_an_allowed_method(method: str) -> None:
    check_method(method, ("POST",))


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "post", ""])
def test_any_other_method(method: str) -> None:
    with pytest.raises(Rejected) as caught:
        check_method(method, ("POST",))
    assert caught.value.refusal.status == 405
    assert caught.value.refusal.headers == {"allow": "POST, OPTIONS"}
