"""The clients of the load generator: cheap ones, that count what arrives and ask again.

They are picows clients, so the generator needs less time per message than any server here. Each
dialect says how to join the broadcast, how many deliveries a frame holds, and how to ask.
"""

import asyncio
import itertools
import zlib

from picows import WSFrame, WSListener, WSMsgType, WSTransport

TEXT = WSMsgType.TEXT
BINARY = WSMsgType.BINARY
FLUSHED = b"\x00\x00\xff\xff"
"""What RFC 7692 section 7.2.1 takes off the end of a compressed message."""
INFLATED_KEPT = 256


class Crowd:
    """The clients of one server, and what they have received together.

    `received` counts deliveries and `bytes` their frames' payloads; `arrived` is set when it has reached `target`, or a client was
    lost or had something refused. While `quota` lasts, a delivery makes its receiver ask again.
    """

    def __init__(self, request: bytes = b"") -> None:
        self.request = request
        self.clients: list[Client] = []
        self.lost = 0
        self.refused = ""
        self.received = 0
        self.bytes = 0
        self.target = 0
        self.quota = 0
        self.arrived = asyncio.Event()
        self._inflated: dict[bytes, bytes] = {}

    def take(self, client: "Client", deliveries: int) -> None:
        """Count deliveries that one client has got."""
        self.received += deliveries
        if self.quota:
            self.quota -= 1
            client.ask()
        if self.received >= self.target:
            self.arrived.set()

    def fail(self, refused: str) -> None:
        """Note that the server refused something; nobody need wait any longer."""
        self.refused = refused
        self.arrived.set()

    def inflate(self, payload: bytes) -> bytes:
        """Inflate a message. All clients get the same bytes: inflating them once is enough."""
        text = self._inflated.get(payload)
        if text is None:
            if len(self._inflated) >= INFLATED_KEPT:
                self._inflated.clear()
            text = zlib.decompressobj(-zlib.MAX_WBITS).decompress(payload + FLUSHED)
            self._inflated[payload] = text
        return text


class Client(WSListener):  # type: ignore[misc]
    """One connection that speaks no protocol above WebSocket: each frame is a delivery."""

    def __init__(self, crowd: Crowd, token: str = "") -> None:
        self.crowd = crowd
        self.token = token
        self.ready = asyncio.Event()
        self.transport: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        self.ready.set()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == TEXT:
            self.crowd.take(self, 1)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.crowd.lost += 1
        self.crowd.arrived.set()

    def ask(self) -> None:
        """Send the request that the server answers."""
        self.transport.send(TEXT, self.crowd.request)


class CentrifugeClient(Client):
    """One connection with the Centrifuge JSON protocol, subscribed to one channel.

    A frame may hold several messages. ``"pub"`` and ``"rpc"`` occur once in each that counts, and
    never in the events.
    """

    subscribe = b'{"id":2,"subscribe":{"channel":"bench"}}'

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        self._ids = itertools.count(3)
        transport.send(TEXT, b'{"id":1,"connect":{"token":"%s"}}' % self.token.encode())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        payload = frame.get_payload_as_bytes()
        self.crowd.bytes += len(payload)
        if frame.rsv1:
            payload = self.crowd.inflate(payload)
        deliveries = payload.count(b'"pub":') + payload.count(b'"rpc":')
        if deliveries:
            self.crowd.take(self, deliveries)
        elif payload == b"{}":
            transport.send(TEXT, b"{}")
        elif b'"error":' in payload:
            self.crowd.fail(payload.decode())
            self.ready.set()
        elif b'"connect":' in payload:
            transport.send(TEXT, self.subscribe)
        elif b'"subscribe":' in payload:
            self.ready.set()

    def ask(self) -> None:
        self.transport.send(
            TEXT,
            b'{"id":%d,"rpc":{"method":"echo","data":%s}}' % (next(self._ids), self.crowd.request),
        )


class DeltaClient(CentrifugeClient):
    """One that asks for patches. It applies none: only the server is measured."""

    subscribe = b'{"id":2,"subscribe":{"channel":"bench","delta":"fossil"}}'


class ProtobufClient(Client):
    """One connection with the Centrifuge protocol in Protobuf, subscribed to one channel.

    Each message of a frame has its length in front. The second byte of a length of two bytes ends
    it, and no message here is longer than 16,383 bytes. Pushes begin with the tag of field 4.
    """

    CONNECT = b"\x04\x08\x01\x22\x00"
    SUBSCRIBE = b"\x0b\x08\x02\x2a\x07\x0a\x05bench"
    PUSH = 0x22

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        transport.send(BINARY, self.CONNECT)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        payload = frame.get_payload_as_bytes()
        self.crowd.bytes += len(payload)
        deliveries = position = 0
        while position < len(payload):
            size, position = payload[position], position + 1
            if size > 0x7F:
                size, position = (size & 0x7F) | payload[position] << 7, position + 1
            if size:
                deliveries += self._take(transport, payload[position : position + 2])
            else:
                transport.send(BINARY, b"\x00")
            position += size
        if deliveries:
            self.crowd.take(self, deliveries)

    def _take(self, transport: WSTransport, start: bytes) -> int:
        """Go on with a message, by its first bytes; return how many deliveries it is."""
        if start == self.CONNECT[1:3]:
            transport.send(BINARY, self.SUBSCRIBE)
        elif start == self.SUBSCRIBE[1:3]:
            self.ready.set()
        return start[0] == self.PUSH


DIALECTS: dict[str, type[Client]] = {
    "plain": Client,
    "centrifuge": CentrifugeClient,
    "delta": DeltaClient,
    "protobuf": ProtobufClient,
}
