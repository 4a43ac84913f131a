"""permessage-deflate (RFC 7692): negotiation, compression of packets, capped inflation. Pure.

Neither side keeps a compression context from one message to the next: we always answer
`server_no_context_takeover` and `client_no_context_takeover`. So one compressed packet serves every
subscriber, and a connection holds no zlib state. A client that asks for a smaller window gets
packets compressed for that window (a packet keeps one copy per window). A window of 8 bits is
declined, since zlib cannot make one.
"""

import re
import zlib
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from antiphon import codes
from antiphon.wire.rules import Violation

WINDOW: Final = 15
"""Bits of the window when the client does not ask for a smaller one."""

LARGEST: Final = 262_144
"""Bytes above which a payload goes out as it is: compressing it would hold up every other connection
for several milliseconds, and whoever asks for large replies could do nothing else all day."""

_TAIL: Final = b"\x00\x00\xff\xff"
"""Ends a flushed block; not sent (RFC 7692 section 7.2.1)."""

_WORD: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_PARAMETER: Final = re.compile(rf'({_WORD})(?:[ \t]*=[ \t]*(?:({_WORD})|"({_WORD})"))?')
_BITS: Final = {str(bits): bits for bits in range(8, 16)}


class Agreement(Struct, frozen=True):
    """What was negotiated: bits of our window, and the extension header of the answer."""

    window: int
    header: str


class Deflater:
    """Compresses payloads, each by itself, up to `LARGEST` bytes.

    Args:
        level: of zlib, 1 to 9.
        window: bits of the window, 9 to 15.
        threshold: bytes below which a payload is not compressed.
    """

    __slots__ = ("_level", "_threshold", "_window")

    def __init__(self, *, level: int, window: int, threshold: int) -> None:
        self._level = level
        self._window = window
        self._threshold = threshold

    def __call__(self, payload: bytes) -> bytes | None:
        """Return the compressed payload, or None if it is shorter than the threshold or too large.

        An empty payload becomes one zero byte (RFC 7692 section 7.2.3.6).
        """
        if not self._threshold <= len(payload) <= LARGEST:
            return None
        zipper = zlib.compressobj(self._level, zlib.DEFLATED, -self._window)
        return (zipper.compress(payload) + zipper.flush(zlib.Z_SYNC_FLUSH)).removesuffix(_TAIL)


def inflate(data: bytes | bytearray, limit: int) -> bytes:
    """Return the message that `data` is the compressed form of.

    Args:
        data: payload of the whole message.
        limit: bytes of the largest result; inflation stops there.

    Raises:
        Violation: 1009 the message is larger, 1007 `data` is not a deflate stream.
    """
    unzipper = zlib.decompressobj(-WINDOW)
    try:
        message = unzipper.decompress(data + _TAIL, limit + 1)
    except zlib.error:
        raise Violation(codes.INVALID_TEXT, "invalid compressed data") from None
    if len(message) > limit:
        raise Violation(codes.MESSAGE_TOO_BIG, "message too big")
    if unzipper.unused_data.strip(b"\x00") not in (b"", b"\xff\xff"):
        raise Violation(codes.INVALID_TEXT, "invalid compressed data")
    return message


def negotiate(offers: Iterable[str]) -> Agreement | None:
    """Accept the first offer that we can serve (RFC 7692 section 7.1).

    Args:
        offers: the members of `Sec-WebSocket-Extensions`, in the client's order of preference.
    """
    for offer in offers:
        agreement = _answer(offer)
        if agreement is not None:
            return agreement
    return None


def _answer(offer: str) -> Agreement | None:
    name, *rest = (part.strip(" \t") for part in offer.split(";"))
    parameters = [_PARAMETER.fullmatch(part) for part in rest]
    if name != "permessage-deflate" or None in parameters:
        return None
    window = _window([match.groups("") for match in parameters if match])
    if window is None:
        return None
    header = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    if "server_max_window_bits" in offer:
        header += f"; server_max_window_bits={window}"
    return Agreement(window, header)


def _window(parameters: list[tuple[str, ...]]) -> int | None:
    """Return our window if every parameter is valid and none repeats, else None."""
    seen = {name: token or quoted for name, token, quoted in parameters}
    takeover = {seen.pop(f"{side}_no_context_takeover", "") for side in ("server", "client")}
    client = seen.pop("client_max_window_bits", "")
    window = _BITS.get(seen.pop("server_max_window_bits", str(WINDOW)))
    total = len({name for name, _, _ in parameters})
    if seen or total != len(parameters) or takeover != {""} or client not in ("", *_BITS):
        return None
    return window if window != 8 else None
