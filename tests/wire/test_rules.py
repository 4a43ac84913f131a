import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.errors import CLOSE_REASON_BYTES
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


@pytest.mark.parametrize("opcode", [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG])
@pytest.mark.parametrize("rsv", range(8))
@pytest.mark.parametrize("compresses", [False, True])
def test_reserved_bits(opcode: int, rsv: int, compresses: bool) -> None:
    allowed = rsv == 0 or (rsv == 4 and compresses and opcode in (TEXT, BINARY))
    try:
        check_bits(opcode, rsv, compresses=compresses)
    except Violation as violation:
        assert (violation.code, allowed) == (1002, False)
    else:
        assert allowed


@pytest.mark.parametrize(
    ("opcode", "in_message", "allowed"),
    [
        (TEXT, False, True),
        (BINARY, False, True),
        (CONTINUATION, False, False),
        (TEXT, True, False),
        (BINARY, True, False),
        (CONTINUATION, True, True),
    ],
)
def test_order(opcode: int, in_message: bool, allowed: bool) -> None:
    if allowed:
        check_order(opcode, in_message=in_message)
    else:
        with pytest.raises(Violation, match="1002"):
            check_order(opcode, in_message=in_message)


def close_codes() -> set[int]:
    valid = set()
    for code in range(65_536):
        try:
            valid.add(read_close(code.to_bytes(2, "big"))[0])
        except Violation as violation:
            assert violation.code == 1002
    return valid


def test_the_close_codes_that_may_be_sent() -> None:
    assert close_codes() == {1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)}


def test_a_close_frame_without_a_code() -> None:
    assert read_close(b"") == (1005, "")


@pytest.mark.parametrize(("payload", "code"), [(b"\x03", 1002), (b"\x03\xe8\xff", 1007)])
def test_a_bad_close_frame(payload: bytes, code: int) -> None:
    with pytest.raises(Violation, match=str(code)):
        read_close(payload)


@given(st.binary(max_size=125))
def test_any_close_frame_is_read_or_refused(payload: bytes) -> None:
    try:
        code, reason = read_close(payload)
    except Violation as violation:
        assert violation.code in (1002, 1007)
    else:
        assert payload == b"" or code.to_bytes(2, "big") + reason.encode() == payload


@given(st.text(max_size=200))
def test_a_reason_that_fits(reason: str) -> None:
    fitted = fit_reason(reason)
    assert len(fitted) <= CLOSE_REASON_BYTES
    assert reason.startswith(fitted.decode())
    assert len(fitted) == len(reason.encode()) or len(fitted) > CLOSE_REASON_BYTES - 4
