"""From data frames to whole messages. Pure.

A message that arrives in several frames is collected in one `bytearray`, so that a flood of tiny
fragments costs no more memory than its bytes. Bytes and fragments are capped. Text is checked
for UTF-8: an unfragmented message as a whole, a fragmented one frame by frame, so that it fails at
the first bad byte (RFC 6455 section 8.1).
"""

from codecs import IncrementalDecoder, getincrementaldecoder
from typing import Final

from antiphon import codes
from antiphon.wire.rules import RSV1, TEXT, Violation

_UTF8: Final = getincrementaldecoder("utf-8")


def check_size(size: int, limit: int) -> None:
    """Refuse a message of more than `limit` bytes.

    Raises:
        Violation: 1009.
    """
    if size > limit:
        raise Violation(codes.MESSAGE_TOO_BIG, "message too big")


def check_text(data: bytes) -> None:
    """Refuse text that is not UTF-8.

    Raises:
        Violation: 1007.
    """
    if data.isascii():
        return
    try:
        str(data, "utf-8")
    except UnicodeDecodeError:
        raise Violation(codes.INVALID_TEXT, "not UTF-8") from None


class Assembly:
    """One fragmented message in progress.

    Args:
        opcode: of its first frame.
        rsv: reserved bits of its first frame.
        fragments: how many frames the message may have.
    """

    __slots__ = ("_decoder", "_fragments", "compressed", "data", "opcode")

    def __init__(self, opcode: int, rsv: int, *, fragments: int) -> None:
        self.opcode = opcode
        self.compressed = rsv == RSV1
        self.data = bytearray()
        self._fragments = fragments
        checked = opcode == TEXT and not self.compressed
        self._decoder: IncrementalDecoder | None = _UTF8() if checked else None

    def add(self, payload: bytes, *, final: bool, limit: int) -> None:
        """Append a frame's payload.

        Args:
            payload: unmasked.
            final: whether the frame ends the message.
            limit: bytes that the message may have up to here.

        Raises:
            Violation: 1009 too many bytes, 1008 too many frames, 1007 not UTF-8.
        """
        self._fragments -= 1
        if self._fragments < 0:
            raise Violation(codes.POLICY_VIOLATION, "too many fragments")
        check_size(len(self.data) + len(payload), limit)
        if self._decoder is not None:
            _advance(self._decoder, payload, final=final)
        self.data += payload


def _advance(decoder: IncrementalDecoder, payload: bytes, *, final: bool) -> None:
    try:
        decoder.decode(payload, final)
    except UnicodeDecodeError:
        raise Violation(codes.INVALID_TEXT, "not UTF-8") from None
