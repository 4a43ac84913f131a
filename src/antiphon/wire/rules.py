"""The frame rules of RFC 6455 that the parser below us leaves to its user. Pure.

picows itself refuses unmasked frames, unknown opcodes, control frames that are fragmented or
longer than 125 bytes, and lengths that are not in their shortest form. This module adds the
reserved bits, the order of fragments, and what may stand in a close frame.

Everything wrong is raised as one `Violation`, which carries the close code to end with.
"""

from typing import Final

from antiphon import codes
from antiphon.errors import CLOSE_REASON_BYTES, AntiphonError

CONTINUATION: Final = 0
TEXT: Final = 1
BINARY: Final = 2
CLOSE: Final = 8
PING: Final = 9
PONG: Final = 10

RSV1: Final = 0b100
"""Marks the first frame of a compressed message (RFC 7692 section 6)."""


_STANDARD_CODES: Final = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015)})
"""Registered codes that may appear on the wire (RFC 6455 section 7.4.1 and the IANA registry)."""


class Violation(AntiphonError):
    """The peer broke a rule; the connection ends.

    Args:
        code: the close code.
        reason: constant words, sent to the peer.
    """

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"{code} {reason}")


def check_bits(opcode: int, rsv: int, *, compresses: bool) -> None:
    """Refuse reserved bits that nobody negotiated (RFC 6455 section 5.2).

    Args:
        opcode: of the frame.
        rsv: the three reserved bits, RSV1 the highest.
        compresses: whether permessage-deflate was negotiated.

    Raises:
        Violation: 1002.
    """
    if rsv and not (rsv == RSV1 and compresses and opcode in (TEXT, BINARY)):
        raise Violation(codes.PROTOCOL_ERROR, "reserved bits are set")


def check_order(opcode: int, *, in_message: bool) -> None:
    """Refuse a data frame that does not fit the message in progress (section 5.4).

    Raises:
        Violation: 1002.
    """
    if opcode == CONTINUATION and not in_message:
        raise Violation(codes.PROTOCOL_ERROR, "nothing to continue")
    if opcode != CONTINUATION and in_message:
        raise Violation(codes.PROTOCOL_ERROR, "the message before is not complete")


def read_close(payload: bytes) -> tuple[int, str]:
    """Return code and reason of a close frame (section 5.5.1); 1005 when it has none.

    Raises:
        Violation: 1002 for a code that may not be sent or half a code, 1007 for a bad reason.
    """
    if not payload:
        return codes.NO_STATUS, ""
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not (code in _STANDARD_CODES or 3000 <= code <= 4999):
        raise Violation(codes.PROTOCOL_ERROR, "invalid close code")
    try:
        return code, payload[2:].decode()
    except UnicodeDecodeError:
        raise Violation(codes.INVALID_TEXT, "the close reason is not UTF-8") from None


def fit_reason(reason: str) -> bytes:
    """Encode a close reason, cut at a character so that it fits a control frame."""
    return reason.encode()[:CLOSE_REASON_BYTES].decode(errors="ignore").encode()
