"""The ways to connect: which codec a connection speaks, and what else it can and cannot do.

::

    door              language             other half                          end is said by
    websocket         JSON or Protobuf     the same socket                     the close frame
    http_stream       JSON or Protobuf     emulated, by requests of their own  a push
    sse               JSON                 emulated                            a push
    uni_websocket     JSON, pushes only    none                                a push, the close frame
    uni_http_stream   JSON, pushes only    none                                a push
    uni_sse           JSON, pushes only    none                                a push

Clients of a unidirectional door say who they are, and are only spoken to from then on.
"""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from antiphon.hub.codec import Codec, json_message, json_stream, server_sent_events
from antiphon.hub.form import Form
from antiphon.hub.resuming import Bulletin, ResumingLanguage
from antiphon.protocol import json, protobuf, unidirectional
from antiphon.wire.packet import BINARY, Packet
from antiphon.wire.port import PROTOBUF_BODY, Connection, Request

SUBPROTOCOLS: Final = ("centrifuge-json", "centrifuge-protobuf")
"""Of the WebSocket, best first."""


_FRAMED: Final = "websocket, frame pings"


class Door(Struct, frozen=True, kw_only=True):
    """One way to connect."""

    form: Callable[[Connection], Form]
    """Chooses how a connection is written to; its codec also reads."""
    emulated: bool = False
    """The client's commands come in requests of their own, which name the session."""
    unidirectional: bool = False
    """The client says who it is, and nothing after that."""
    frame_pings: bool = False
    """Pings are frames of the WebSocket, and no messages."""


def open_doors() -> Mapping[str, Door]:
    """Return the doors of one hub, by name. Connections of several doors may share a codec."""
    binary = Form(Codec(protobuf, _binary_message))
    text = Form(Codec(json, json_message, Packet))
    stream = Form(Codec(json, json_stream))
    events = Form(Codec(json, server_sent_events))
    pushes = Form(Codec(unidirectional, json_message))
    pushed_stream = Form(Codec(unidirectional, json_stream))
    bulletin = Bulletin()

    def choose(connection: Connection) -> Form:
        return binary if _speaks_protobuf(connection) else text

    def resuming(connection: Connection) -> Form:
        request = connection.request
        last_id = request.header("last-event-id") or request.parameter("last_event_id")
        language = ResumingLanguage(bulletin, last_id)
        return Form(Codec(language, language.frame))

    return {
        "websocket": Door(form=choose),
        _FRAMED: Door(form=choose, frame_pings=True),
        "http_stream": Door(
            form=lambda c: binary if _sends_protobuf(c.request) else stream, emulated=True
        ),
        "sse": Door(form=lambda _: events, emulated=True),
        "uni_websocket": Door(form=lambda _: pushes, unidirectional=True),
        "uni_http_stream": Door(form=lambda _: pushed_stream, unidirectional=True),
        "uni_sse": Door(form=resuming, unidirectional=True),
    }


def choose_door(doors: Mapping[str, Door], name: str, connection: Connection) -> Door:
    """Return the door that a transport's connection comes in by."""
    asked = connection.pings and connection.request.parameter("cf_ws_frame_ping_pong")
    framed = name == "websocket" and asked == "true"
    return doors[_FRAMED if framed else name]


def _binary_message(lines: list[bytes]) -> Packet:
    return Packet(protobuf.join(lines), BINARY)


def _speaks_protobuf(connection: Connection) -> bool:
    """Say whether a WebSocket speaks Protobuf, which is asked for in one of three ways."""
    request = connection.request
    asked = (*request.parameters("format"), *request.parameters("cf_protocol"))
    return connection.subprotocol == "centrifuge-protobuf" or "protobuf" in asked


def _sends_protobuf(request: Request) -> bool:
    return request.media_type == PROTOBUF_BODY
