"""A WebSocket peer that does exactly what a test says, right or wrong, on a blocking socket."""

import base64
import os
import socket
import struct
import time
from collections.abc import Callable
from typing import NamedTuple

from antiphon.wire.rules import CLOSE, TEXT

SECONDS = 20.0
"""How long a test waits for what must happen."""

KEY = base64.b64encode(os.urandom(16)).decode()


def until(condition: Callable[[], object]) -> None:
    """Wait for a condition; fail after `SECONDS`."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True
) -> bytes:
    """Build a frame, masked with zeros."""
    first = fin << 7 | rsv << 4 | opcode
    return bytes([first]) + length(len(payload), masked=masked) + b"\0\0\0\0" * masked + payload


def length(size: int, *, masked: bool = True) -> bytes:
    """Build the length field in its shortest form."""
    if size < 126:
        return bytes([masked << 7 | size])
    if size < 65_536:
        return bytes([masked << 7 | 126]) + struct.pack(">H", size)
    return bytes([masked << 7 | 127]) + struct.pack(">Q", size)


def close_frame(code: int, reason: bytes = b"") -> bytes:
    """Build a close frame."""
    return frame(CLOSE, struct.pack(">H", code) + reason)


class Received(NamedTuple):
    """A frame from the server."""

    opcode: int
    payload: bytes
    fin: bool
    rsv: int


class Peer:
    """One TCP connection to a server on the loopback."""

    def __init__(self, address: int | str, *, receive_buffer: int = 0) -> None:
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(SECONDS)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(address if isinstance(address, str) else ("127.0.0.1", address))
        self._read = b""

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *exc: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def text(self, payload: bytes) -> None:
        """Send an unfragmented text message."""
        self.send(frame(TEXT, payload))

    def request(self, *lines: str, path: str = "/ws", **headers: str | None) -> bytes:
        """Build an upgrade request; `headers` change or drop what it has, `lines` are added."""
        values: dict[str, str | None] = {
            "Host": "127.0.0.1",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": KEY,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        kept = [f"{name}: {value}" for name, value in values.items() if value is not None]
        return "\r\n".join([f"GET {path} HTTP/1.1", *kept, *lines, "", ""]).encode("latin-1")

    def upgrade(self, *lines: str, path: str = "/ws", **headers: str | None) -> str:
        """Send an upgrade request; return the head of the answer."""
        self.send(self.request(*lines, path=path, **headers))
        return self.head()

    def head(self) -> str:
        """Return the head of an HTTP answer."""
        while b"\r\n\r\n" not in self._read:
            self._fill()
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        return head.decode("latin-1")

    def frame(self) -> Received:
        """Return the next frame."""
        first, second = self._take(2)
        size = second & 0x7F
        if size >= 126:
            size = int.from_bytes(self._take(2 if size == 126 else 8), "big")
        return Received(first & 0xF, self._take(size), bool(first & 0x80), first >> 4 & 7)

    def closing(self) -> tuple[int, str]:
        """Skip to the close frame; return its code and reason, 1005 if it is empty."""
        while (received := self.frame()).opcode != CLOSE:
            pass
        if not received.payload:
            return 1005, ""
        return int.from_bytes(received.payload[:2], "big"), received.payload[2:].decode()

    def rest(self) -> bytes:
        """Read to the end of the connection, however it ends."""
        try:
            while True:
                self._fill()
        except OSError:
            return self._read

    def _take(self, size: int) -> bytes:
        while len(self._read) < size:
            self._fill()
        taken, self._read = self._read[:size], self._read[size:]
        return taken

    def _fill(self) -> None:
        data = self.socket.recv(65_536)
        if not data:
            raise ConnectionResetError("the server has closed the connection")
        self._read += data
