"""Who is refused before the upgrade."""

import pytest
from msgspec import structs

from antiphon import Anonymous, App, Limits
from antiphon.wire.packet import BINARY, TEXT
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
    ("query", "agreed", "opcode"),
    [
        ("format=protobuf", None, BINARY),
        ("cf_protocol=protobuf&x=1", None, BINARY),
        ("", "centrifuge-protobuf", BINARY),
        ("", "centrifuge-json", TEXT),
        ("cf_protocol_version=v2", None, TEXT),
    ],
)
async def test_a_websocket_speaks_protobuf_where_it_asks_for_it(
    query: str, agreed: str | None, opcode: int
) -> None:
    app = App("x", auth=Anonymous())
    await app.start()
    connection = MemoryConnection()
    connection.request = structs.replace(connection.request, query=query)
    connection.subprotocol = agreed
    session = app.hub.open(connection)
    assert session.form.codec.ping.opcode == opcode
    await app.stop()
