"""One WebSocket on picows frames: the native implementation of `antiphon.wire.port.Connection`.

It owns its TCP connection from the handshake to the end. Whatever goes wrong ends in a close
handshake or an abort, each bounded in time, and in one `on_close` of the receiver, which is never
called from within a call of the receiver's own. No exception leaves it.

Its memory is bounded: a congested connection is not read from; pings and pongs are rationed (1008);
the outbox is capped (3008), and a peer that takes nothing is cut; a grown read buffer is exchanged.
"""

import asyncio
import logging
from collections import deque
from typing import Final

from picows import WSFrame, WSListener, WSMsgType, WSTransport

from antiphon import codes
from antiphon.bucket import Bucket
from antiphon.wire.assemble import Assembly, check_size, check_text
from antiphon.wire.congestion import StallWatch
from antiphon.wire.deflate import inflate
from antiphon.wire.packet import HEADROOM, Packet
from antiphon.wire.parser import FrameWriter, Parser
from antiphon.wire.port import Receiver, Request
from antiphon.wire.rules import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Violation,
    check_bits,
    check_order,
    fit_reason,
    read_close,
)
from antiphon.wire.service import Service

logger = logging.getLogger("antiphon.wire")

_TEXT: Final = WSMsgType.TEXT

_OPEN: Final = 0
_CLOSING: Final = 1
"""Our close frame is sent; the peer's is awaited."""
_BROKEN: Final = 2
"""picows refused a frame, and cannot read on."""
_CLOSED: Final = 3

_LARGE: Final = 14_000
"""Bytes in the read buffer above which it is exchanged; it has 2, 4, 7, 14, 28 ... KiB."""


class NativeConnection(WSListener):
    """A connection without compression.

    Args:
        request: that opened it.
        service: what it shares with the other connections of its endpoint.
        transport: on which the upgrade was answered.
    """

    __slots__ = (
        "_assembly",
        "_flowing",
        "_grown",
        "_held",
        "_paused",
        "_ping",
        "_pings",
        "_receiver",
        "_service",
        "_state",
        "_swapping",
        "_timer",
        "_transport",
        "_watch",
        "_writer",
        "binary",
        "message_limit",
        "request",
        "subprotocol",
    )

    session = ""
    pings = True
    _compresses = False
    _writer: FrameWriter

    binary: bool
    """Whether the message being delivered is binary."""

    def __init__(self, request: Request, service: Service, transport: asyncio.Transport) -> None:
        self.request = request
        self.subprotocol: str | None = None
        self.message_limit = service.limits.message_bytes
        self.binary = False
        self._service = service
        self._transport = transport
        self._state = _OPEN
        self._flowing = True
        self._paused = False
        self._grown = False
        self._swapping = False
        self._receiver: Receiver | None = None
        self._assembly: Assembly | None = None
        self._held: deque[tuple[bytes, bool]] | None = None
        self._ping: bytes | None = None
        self._pings: Bucket | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._watch: StallWatch | None = None

    def start(self, tail: bytes) -> None:
        """Open the endpoint and begin to read: first `tail`, which came with the handshake."""
        parser = self._attach_parser()
        try:
            self._receiver = self._service.endpoint.open(self)
        except Exception:
            logger.exception("a connection could not be opened")
            self.close(codes.INTERNAL_FAILURE, "")
        parser.feed(tail)
        self._steer_reading()

    def _attach_parser(self) -> Parser:
        parser = Parser(self._transport, self, max_frame=self._service.limits.message_bytes)
        self._writer = parser.writer
        return parser

    # What sits above calls these.

    def write(self, packet: Packet) -> None:
        """Send one message. Never blocks: a client that stays behind is closed with 3008."""
        if self._flowing:
            self._writer.send_reuse_external_bytearray(packet.opcode, packet.frame, HEADROOM)
        else:
            self._queue(packet.opcode, packet.frame, False)

    def close(self, code: int, reason: str) -> None:
        """Send a close frame and end the TCP connection within `Limits.close_seconds`."""
        if self._state != _OPEN:
            return
        self._stop(_CLOSING, code, reason)
        self._writer.send_close(code, fit_reason(reason))
        self._steer_reading()

    def ping(self) -> None:
        """Send a ping frame, unless the connection is congested."""
        if self._flowing:
            self._writer.send(PING, b"")

    def shutdown(self) -> None:
        """Send the client elsewhere."""
        self.close(*codes.SHUTDOWN)

    def pause_reading(self) -> None:
        """Take no further messages from the client until `resume_reading`."""
        self._paused = True
        if self._held is None:
            self._held = deque()
        self._steer_reading()

    def resume_reading(self) -> None:
        """Undo `pause_reading`; messages that picows had read already come first."""
        self._paused = False
        self._service.loop.call_soon(self._release)

    # picows calls these.

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take one whole, unmasked frame."""
        size = frame.payload_size
        if self._grown or size + frame.tail_size > _LARGE:
            self._note_growth(frame)
        try:
            if (
                frame.msg_type is _TEXT
                and frame.fin
                and not (frame.rsv1 or frame.rsv2 or frame.rsv3)
                and self._assembly is None
                and self._state == _OPEN
            ):
                check_size(size, self.message_limit)
                data = frame.get_payload_as_bytes()
                if not data.isascii():
                    check_text(data)
                self._deliver(data, False)
            else:
                self._on_unusual_frame(frame)
        except Violation as violation:
            self._fail(violation)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Note the end of the TCP connection."""
        self._state = _CLOSED
        self._flowing = False
        self._service.discard(self)
        self._stop_timers()
        self._notify(codes.ABNORMAL_CLOSURE, "")
        del self._writer  # it knows this connection through its logger

    def on_refused(self, code: int) -> None:
        """Give up reading: picows refused a frame, and sends a close frame right after this.

        Behind ours it is ignored: no text of picows' reaches the peer. picows parses one frame ahead;
        a close frame before the refused one may still be due, and is answered first.
        """
        farewell = self._writer.close_handshake
        if self._state == _OPEN and farewell is not None and farewell.recv is not None:
            code = farewell.recv.code.value or codes.NO_STATUS
            self._answer_close(code, farewell.recv.reason or "")
        elif self._state == _OPEN:
            self._service.count_refusal(code, "refused frame")
            self._stop(_BROKEN, code, "")
            self._writer.send_close(code, b"refused frame")
        self._state = _BROKEN
        self._steer_reading()

    def pause_writing(self) -> None:
        """Read no more and watch the peer, until the write buffer has drained."""
        self._flowing = False
        if self._watch is None and self._state != _CLOSED:
            self._watch = StallWatch(
                self._transport,
                seconds=self._service.limits.stalled_seconds,
                abort=self._transport.abort,
            )
        self._steer_reading()

    def resume_writing(self) -> None:
        """Undo `pause_writing`, and answer the last ping."""
        if self._watch is not None:
            self._watch.stop()
            self._watch = None
        if self._state == _OPEN:
            self._flowing = True
            if self._ping is not None:
                self._writer.send(PONG, self._ping)
                self._ping = None
        self._steer_reading()

    # Reading.

    def _on_unusual_frame(self, frame: WSFrame) -> None:
        opcode = frame.msg_type.value
        payload = frame.get_payload_as_bytes()
        if self._state != _OPEN:
            if opcode == CLOSE:
                self._writer.disconnect()
            return
        rsv = frame.rsv1 << 2 | frame.rsv2 << 1 | frame.rsv3
        check_bits(opcode, rsv, compresses=self._compresses)
        if opcode in (TEXT, BINARY, CONTINUATION):
            self._on_data(opcode, rsv, payload, bool(frame.fin))
        elif opcode == CLOSE:
            self._on_close_frame(payload)
        else:
            self._count_ping()
            if opcode == PING and self._flowing:
                self._writer.send(PONG, payload)
            elif opcode == PING:
                self._ping = payload
            elif self._receiver is not None:
                self._receiver.on_pong()

    def _on_data(self, opcode: int, rsv: int, payload: bytes, final: bool) -> None:
        assembly = self._assembly
        check_order(opcode, in_message=assembly is not None)
        if assembly is None:
            assembly = Assembly(opcode, rsv, fragments=self._service.limits.fragments)
            self._assembly = assembly
        assembly.add(payload, final=final, limit=self.message_limit)
        if final:
            self._assembly = None
            self._deliver(self._unpack(assembly), assembly.opcode == BINARY)

    def _unpack(self, assembly: Assembly) -> bytes:
        if not assembly.compressed:
            return bytes(assembly.data)
        data = inflate(assembly.data, self.message_limit)
        if assembly.opcode == TEXT:
            check_text(data)
        return data

    def _deliver(self, data: bytes, binary: bool) -> None:
        if self._held is not None:
            self._held.append((data, binary))
        else:
            self._hand_up(data, binary)

    def _hand_up(self, data: bytes, binary: bool) -> None:
        self.binary = binary
        try:
            if self._receiver is not None:
                self._receiver.on_message(data)
        except Exception:
            logger.exception("a message could not be handled")
            self.close(codes.INTERNAL_FAILURE, "")

    def _release(self) -> None:
        while self._held and not self._paused:
            self._hand_up(*self._held.popleft())
        if not self._paused:
            self._held = None
        self._steer_reading()

    def _count_ping(self) -> None:
        """Count a ping or pong; whoever sends none has no bucket."""
        limits, now = self._service.limits, self._service.loop.time()
        if self._pings is None:
            self._pings = Bucket(rate=limits.pings_per_second, burst=limits.ping_burst, now=now)
        if not self._pings.take(now):
            raise Violation(codes.POLICY_VIOLATION, "too many pings")

    def _on_close_frame(self, payload: bytes) -> None:
        try:
            self._answer_close(*read_close(payload))
        except Violation as violation:
            self._fail(violation)
            self._writer.disconnect()  # the peer has said its last word, however wrong

    def _answer_close(self, code: int, reason: str) -> None:
        self._stop(_CLOSING, code, reason)
        if code == codes.NO_STATUS:
            self._writer.send(CLOSE, b"")
        else:
            self._writer.send_close(code, b"")
        self._writer.disconnect()

    def _fail(self, violation: Violation) -> None:
        self._service.count_refusal(violation.code, violation.reason)
        self.close(violation.code, violation.reason)

    def _steer_reading(self) -> None:
        """Read if nothing speaks against it. The transport ignores what is so already."""
        idle = self._held is None and self._watch is None and not self._swapping
        if idle and self._state <= _CLOSING:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    # The read buffer.

    def _note_growth(self, frame: WSFrame) -> None:
        """Exchange the parser as soon as no part of a frame is left in its buffer."""
        self._grown = True
        if frame.last_in_buffer and not frame.tail_size:
            self._grown = False
            self._swapping = True
            self._steer_reading()
            self._service.loop.call_soon(self._exchange_parser)

    def _exchange_parser(self) -> None:
        self._swapping = False
        if self._state == _OPEN:
            self._attach_parser()
        self._steer_reading()

    # Writing and ending.

    def _queue(self, opcode: int, frame: bytearray, rsv1: bool) -> None:
        """Write while congested: the transport keeps it, up to `Limits.outbox_bytes`."""
        watch = self._watch
        if watch is None or self._state != _OPEN:
            return
        size = self._transport.get_write_buffer_size()
        if size > self._service.limits.outbox_bytes:
            self.close(*codes.SLOW)
            return
        self._writer.send_reuse_external_bytearray(opcode, frame, HEADROOM, True, rsv1)
        watch.queued += self._transport.get_write_buffer_size() - size

    def _stop(self, state: int, code: int, reason: str) -> None:
        """Leave the open state: no message either way, and a deadline for the rest."""
        self._state = state
        self._flowing = False
        self._assembly = self._held = self._ping = None
        loop = self._service.loop
        self._timer = loop.call_later(self._service.limits.close_seconds, self._transport.abort)
        loop.call_soon(self._notify, code, reason)

    def _stop_timers(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._watch is not None:
            self._watch.stop()
            self._watch = None

    def _notify(self, code: int, reason: str) -> None:
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            try:
                receiver.on_close(code, reason)
            except Exception:
                logger.exception("the end of a connection could not be handled")
