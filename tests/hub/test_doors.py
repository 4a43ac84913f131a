"""Which way of writing each way in leads to, and who shares one."""

from typing import Any

import pytest

from antiphon.hub.doors import SUBPROTOCOLS, open_doors
from antiphon.hub.form import Form
from antiphon.wire.packet import BINARY, TEXT
from tests.hub.stage import MemoryConnection

DOORS = open_doors()
OCTETS = (("content-type", "application/octet-stream"),)

LINES = [b'{"a":1}', b'{"b":2}']


def form(door: str, **request: Any) -> Form:
    """The form of a connection that was opened by such a request."""
    connection = MemoryConnection()
    connection.subprotocol = request.pop("subprotocol", None)
    fields = {"path": "/", "query": "", "headers": (), "scheme": "http", "address": "", **request}
    connection.request = type(connection.request)(**fields)
    return DOORS[door].form(connection)


def test_what_each_can_do() -> None:
    told = {name: (door.emulated, door.unidirectional) for name, door in DOORS.items()}
    assert told == {
        "websocket": (False, False),
        "websocket, frame pings": (False, False),
        "http_stream": (True, False),
        "sse": (True, False),
        "uni_websocket": (False, True),
        "uni_http_stream": (False, True),
        "uni_sse": (False, True),
    }


@pytest.mark.parametrize(
    ("door", "framed"),
    [
        ("websocket", b'{"a":1}\n{"b":2}'),
        ("http_stream", b'{"a":1}\n{"b":2}\n'),
        ("sse", b'data: {"a":1}\n\ndata: {"b":2}\n\n'),
        ("uni_websocket", b'{"a":1}\n{"b":2}'),
        ("uni_http_stream", b'{"a":1}\n{"b":2}\n'),
    ],
)
def test_how_lines_become_a_packet(door: str, framed: bytes) -> None:
    packet = form(door).codec.frame(LINES)
    assert (packet.payload, packet.opcode) == (framed, TEXT)
    (one, _) = LINES
    assert form(door).codec.packet(one).payload == form(door).codec.frame([one]).payload


@pytest.mark.parametrize(
    ("door", "ping"),
    [
        ("websocket", b"{}"),
        ("http_stream", b"{}\n"),
        ("sse", b"data: {}\n\n"),
        ("uni_websocket", b"{}"),
        ("uni_http_stream", b"{}\n"),
        ("uni_sse", b"data: {}\n\n"),
    ],
)
def test_how_a_ping_looks(door: str, ping: bytes) -> None:
    assert form(door).codec.ping.payload == ping


@pytest.mark.parametrize("door", [name for name in DOORS if name != "uni_sse"])
def test_connections_that_speak_alike_are_written_the_same_bytes(door: str) -> None:
    assert form(door).codec is form(door, query="a=b").codec


def test_those_with_ids_of_their_own_are_not() -> None:
    assert form("uni_sse").codec is not form("uni_sse").codec


@pytest.mark.parametrize(
    ("request_", "speaks"),
    [
        ({}, False),
        ({"subprotocol": "centrifuge-json"}, False),
        ({"subprotocol": "centrifuge-protobuf"}, True),
        ({"query": "format=protobuf"}, True),
        ({"query": "cf_protocol=protobuf"}, True),
        ({"query": "a=b&cf_protocol=json&format=protobuf"}, True),
        ({"query": "cf_protocol_version=v2"}, False),
        ({"query": "format=Protobuf"}, False),
        ({"query": "format="}, False),
        ({"query": "x=protobuf&%ff=%zz"}, False),
        ({"headers": OCTETS}, False),
    ],
)
def test_protobuf_over_websocket(request_: dict[str, Any], speaks: bool) -> None:
    packet = form("websocket", **request_).codec.frame(LINES)
    assert packet.opcode == (BINARY if speaks else TEXT)


@pytest.mark.parametrize("door", ["sse", "uni_websocket", "uni_http_stream", "uni_sse"])
def test_json_is_all_that_others_speak(door: str) -> None:
    packet = form(door, query="format=protobuf", headers=OCTETS).codec.frame(LINES)
    assert packet.opcode == TEXT


def test_protobuf_over_an_http_stream_is_asked_for_by_its_media_type() -> None:
    assert form("http_stream", headers=OCTETS).codec is not form("http_stream").codec
    assert form("http_stream", query="format=protobuf").codec is form("http_stream").codec
    assert (
        form("http_stream", headers=OCTETS).codec
        is form("websocket", query="format=protobuf").codec
    )


def test_json_is_offered_first() -> None:
    assert SUBPROTOCOLS == ("centrifuge-json", "centrifuge-protobuf")
