import subprocess
import sys
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from antiphon.wire.deflate import LARGEST, Agreement, Deflater, inflate, negotiate
from antiphon.wire.rules import Violation

TAIL = b"\x00\x00\xff\xff"
ANSWER = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
LIMIT = 1_000_000


def deflater(window: int = 15, threshold: int = 0) -> Deflater:
    return Deflater(level=6, window=window, threshold=threshold)


@pytest.mark.parametrize(
    ("offer", "window", "echoed"),
    [
        ("permessage-deflate", 15, ""),
        (" permessage-deflate ", 15, ""),
        ("permessage-deflate; client_max_window_bits", 15, ""),
        ("permessage-deflate;client_max_window_bits=8", 15, ""),
        ('permessage-deflate; client_max_window_bits="10"', 15, ""),
        ("permessage-deflate; server_no_context_takeover; client_no_context_takeover", 15, ""),
        ("permessage-deflate; server_max_window_bits=9", 9, "; server_max_window_bits=9"),
        ("permessage-deflate; server_max_window_bits=15", 15, "; server_max_window_bits=15"),
    ],
)
def test_an_offer_that_is_accepted(offer: str, window: int, echoed: str) -> None:
    assert negotiate([offer]) == Agreement(window, ANSWER + echoed)


@pytest.mark.parametrize(
    "offer",
    [
        "",
        "deflate-frame",
        "permessage-deflate; unknown",
        "permessage-deflate; unknown=1",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover=true",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=8",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=09",
        "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=x",
        "permessage-deflate; client_max_window_bits=; ",
        'permessage-deflate; client_max_window_bits="10',
        "permessage-deflate;",
        "permessage-deflate client_max_window_bits",
    ],
)
def test_an_offer_that_is_declined(offer: str) -> None:
    assert negotiate([offer]) is None


def test_the_first_good_offer_counts() -> None:
    offers = [
        "permessage-deflate; server_max_window_bits=8",
        "permessage-deflate; server_max_window_bits=10",
        "permessage-deflate",
    ]
    assert negotiate(offers) == Agreement(10, f"{ANSWER}; server_max_window_bits=10")
    assert negotiate([]) is None


@pytest.mark.parametrize("repeated", [" ; a", ";a ", " ; \t", ' ; a = "a"', "; a=", "a", " "])
def test_the_longest_offer_is_declined_before_long(repeated: str) -> None:
    """In a process of its own: an expression that backtracks cannot be interrupted."""
    offer = "permessage-deflate" + repeated * (16_384 // len(repeated)) + " !"
    program = "import sys; from antiphon.wire.deflate import negotiate; print(negotiate(sys.argv))"
    done = subprocess.run(
        [sys.executable, "-c", program, offer], capture_output=True, check=True, timeout=60
    )
    assert done.stdout.strip() == b"None"


@given(
    st.text(max_size=100)
    | st.text('permsag-dflt;=_" 19', max_size=100).map("permessage-deflate;".__add__)
)
def test_any_offer_is_answered_or_declined(offer: str) -> None:
    agreement = negotiate([offer])
    assert agreement is None or 9 <= agreement.window <= 15


@given(st.binary(max_size=5_000), st.integers(9, 15))
@example(b"", 15)
@example(b"abc" * 20_000, 9)
def test_the_round_trip(data: bytes, window: int) -> None:
    packed = deflater(window)(data)
    assert packed is not None
    assert inflate(packed, LIMIT) == data
    assert zlib.decompressobj(-window).decompress(packed + TAIL) == data


def test_the_empty_message_is_one_zero_byte() -> None:
    assert deflater()(b"") == b"\x00"


def test_short_messages_are_not_compressed() -> None:
    assert deflater(threshold=4)(b"abc") is None
    assert deflater(threshold=4)(b"abcd") is not None


def test_huge_messages_are_not_compressed() -> None:
    assert deflater()(b"a" * (LARGEST + 1)) is None
    assert deflater()(b"a" * LARGEST) is not None


def test_a_bomb_is_stopped_at_the_limit() -> None:
    zipper = zlib.compressobj(6, zlib.DEFLATED, -15)
    bomb = zipper.compress(b"\0" * 64 * 1024 * 1024) + zipper.flush()
    assert len(bomb) < 70_000
    with pytest.raises(Violation, match="1009"):
        inflate(bomb, 65_536)


def test_the_limit_is_exact() -> None:
    packed = deflater()(b"a" * 100)
    assert packed is not None
    assert inflate(packed, 100) == b"a" * 100
    with pytest.raises(Violation, match="1009"):
        inflate(packed, 99)


@given(st.binary(max_size=500))
def test_garbage_is_refused_or_inflated(data: bytes) -> None:
    try:
        assert len(inflate(data, 1_000)) <= 1_000
    except Violation as violation:
        assert violation.code in (1007, 1009)


def test_a_final_block_may_end_the_message() -> None:
    zipper = zlib.compressobj(6, zlib.DEFLATED, -15)
    final = zipper.compress(b"hello") + zipper.flush(zlib.Z_FINISH)
    assert inflate(final + b"\x00", LIMIT) == b"hello"
    with pytest.raises(Violation, match="1007"):
        inflate(final + b"more", LIMIT)
