"""picows on a transport whose handshake is already done.

picows parses and writes frames at C speed, but insists on reading an upgrade request and writing an
answer. It is given a constant request, and an answer without bytes: the client's own request was
parsed by `antiphon.wire.handshake` and answered before. So nothing hostile reaches picows' HTTP
parser, and no header is kept per connection.

Frames that picows itself refuses are reported through the logger it is given, which is no
`logging.Logger` (of those picows would make one per connection). It sends the close frame, and
closes the transport 10 ms later if that is not congested; the listener bounds the rest.
"""

import asyncio
import logging
from http import HTTPStatus
from socket import AF_INET, AF_INET6
from typing import Any, Final, Protocol, cast

from picows import WSAutoPingStrategy, WSListener, WSUpgradeResponse, WSUpgradeResponseWithListener
from picows.picows import WSCloseHandshake, WSProtocol  # type: ignore[attr-defined]

from antiphon import codes

logger = logging.getLogger("antiphon.wire")

READ_BUFFER: Final = 2048
"""Bytes; the least that picows takes. It doubles when frames need it, and never shrinks."""

_REQUEST: Final = (
    b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


class FrameWriter(Protocol):
    """What we use of `picows.WSTransport`, with opcodes and close codes as plain integers."""

    close_handshake: WSCloseHandshake | None
    """The close frames so far."""

    def send(self, msg_type: int, message: bytes) -> None:
        """Copy a payload into a frame and write it."""

    def send_reuse_external_bytearray(
        self,
        msg_type: int,
        buffer: bytearray,
        msg_offset: int,
        fin: bool = True,
        rsv1: bool = False,
    ) -> None:
        """Write a frame whose header is put in front of `msg_offset` in the buffer itself."""

    def send_close(self, close_code: int, close_message: bytes) -> None:
        """Write a close frame; every later frame is ignored."""

    def disconnect(self, graceful: bool = True) -> None:
        """Close the transport, or abort it."""


class Watched(Protocol):
    """Who hears of what picows refuses."""

    def close(self, code: int, reason: str) -> None:
        """Something of ours raised inside picows; nothing was sent."""

    def on_refused(self, code: int) -> None:
        """A frame is malformed; picows sends a close frame with this code right after."""


class _Unread:
    """Headers that keep nothing."""

    __slots__ = ()

    def __setitem__(self, name: str, value: str) -> None:
        pass


class _Silent(WSUpgradeResponse):
    """An answer without bytes."""

    __slots__ = ()

    def __init__(self) -> None:
        self.status = HTTPStatus.SWITCHING_PROTOCOLS
        self.headers = cast(Any, _Unread())

    def to_bytes(self) -> bytearray:
        return bytearray()


_SILENT: Final = _Silent()


class _Log:
    """The logger of one connection: errors go to `watched`, everything else nowhere."""

    __slots__ = ("watched",)

    def __init__(self, watched: Watched) -> None:
        self.watched = watched

    def isEnabledFor(self, level: int) -> bool:
        return False

    def debug(self, message: str, *args: object) -> None:
        pass

    info = warning = debug

    def error(self, message: str, *args: object) -> None:
        detail = args[0] if args else None
        code = detail[0] if isinstance(detail, tuple) else codes.PROTOCOL_ERROR
        self.watched.on_refused(int(code))

    def exception(self, message: str, *args: object) -> None:
        logger.exception("a frame could not be handled")
        self.watched.close(codes.INTERNAL_FAILURE, "")


class _UnixSocket:
    """A Unix socket, for picows, which sets TCP options on every socket."""

    __slots__ = ("fileno",)

    def __init__(self, sock: Any) -> None:
        self.fileno = sock.fileno

    def setsockopt(self, level: int, option: int, value: int) -> None:
        pass

    def getsockopt(self, level: int, option: int) -> int:
        return 0


class _UnixTransport:
    """A transport over a Unix socket, as far as picows uses it."""

    __slots__ = ("_transport", "abort", "close", "get_write_buffer_size", "write", "writelines")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.abort = transport.abort
        self.close = transport.close
        self.get_write_buffer_size = transport.get_write_buffer_size
        self.write = transport.write
        self.writelines = transport.writelines

    def get_extra_info(self, name: str) -> Any:
        info = self._transport.get_extra_info(name)
        return _UnixSocket(info) if name == "socket" else info


def _for_picows(transport: asyncio.Transport) -> asyncio.Transport | _UnixTransport:
    family = transport.get_extra_info("socket").family
    return transport if family in (AF_INET, AF_INET6) else _UnixTransport(transport)


class Parser:
    """One picows protocol, attached to a transport.

    Args:
        transport: gets the protocol; reading goes on as it was.
        listener: gets the frames, and `on_refused`.
        max_frame: bytes of the largest payload; a longer frame is refused by its header.
    """

    __slots__ = ("_protocol",)

    def __init__(
        self, transport: asyncio.Transport, listener: WSListener, *, max_frame: int
    ) -> None:
        answer = WSUpgradeResponseWithListener(_SILENT, listener)
        self._protocol = WSProtocol(
            None,
            None,
            False,
            lambda request: answer,
            _Log(cast(Watched, listener)),
            False,
            None,
            False,
            1.0,
            1.0,
            WSAutoPingStrategy.PING_WHEN_IDLE,
            False,
            max_frame,
            None,
            READ_BUFFER,
        )
        self._protocol.connection_made(_for_picows(transport))
        self.feed(_REQUEST)
        del self._protocol.transport.request.headers
        transport.set_protocol(self._protocol)

    @property
    def writer(self) -> FrameWriter:
        """The writing side."""
        return cast(FrameWriter, self._protocol.transport)

    def feed(self, data: bytes) -> None:
        """Parse bytes that were read already."""
        rest = memoryview(data)
        while rest:
            room = self._protocol.get_buffer(-1)
            size = min(len(room), len(rest))
            room[:size] = rest[:size]
            self._protocol.buffer_updated(size)
            rest = rest[size:]
