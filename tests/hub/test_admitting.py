"""Who is refused before the upgrade."""

import pytest
from msgspec import structs

from antiphon import Anonymous, App, Limits
from antiphon.wire.port import Refusal
from tests.hub.stage import MemoryConnection


def refusal_of(app: App) -> Refusal | None:
    return app.endpoint().admit(MemoryConnection().request)


async def test_one_connection_too_many_gets_503_until_another_ends() -> None:
    app = App("x", auth=Anonymous(), limits=Limits(connections=2))
    await app.start()
    sessions = [app.hub.open(MemoryConnection()) for _ in range(2)]
    refused = refusal_of(app)
    assert refused is not None
    assert (refused.status, refused.text) == (503, "too many connections")
    sessions[0].on_close(1006, "")
    assert refusal_of(app) is None
    await app.stop()


async def test_a_hub_that_drains_gets_no_more_connections() -> None:
    app = App("x", auth=Anonymous())
    await app.start()
    assert refusal_of(app) is None
    await app.drain()
    refused = refusal_of(app)
    assert refused is not None
    assert (refused.status, refused.text) == (503, "shutting down")
    await app.stop()


@pytest.mark.parametrize(
    ("query", "offered", "code"),
    [
        ("format=protobuf", None, 3506),
        ("cf_protocol=protobuf&x=1", None, 3506),
        ("", "centrifuge-protobuf", 3506),
        ("", "centrifuge-json, centrifuge-protobuf", None),
        ("", "centrifuge-json", None),
        ("cf_protocol_version=v2", None, None),
    ],
)
async def test_a_client_that_will_speak_protobuf_is_told_so_for_good(
    query: str, offered: str | None, code: int | None
) -> None:
    app = App("x", auth=Anonymous())
    await app.start()
    headers = () if offered is None else (("sec-websocket-protocol", offered),)
    connection = MemoryConnection(headers)
    connection.request = structs.replace(connection.request, query=query)
    app.hub.open(connection)
    assert (connection.closed[0] if connection.closed else None) == code
    await app.stop()
