from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.wire.assemble import Assembly, check_size, check_text
from antiphon.wire.rules import BINARY, TEXT, Violation


def assemble(
    parts: Sequence[bytes], *, opcode: int = TEXT, limit: int = 10_000, fragments: int = 100
) -> bytes:
    assembly = Assembly(opcode, 0, fragments=fragments)
    for number, part in enumerate(parts, 1):
        assembly.add(part, final=number == len(parts), limit=limit)
    return bytes(assembly.data)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in zip(edges, edges[1:], strict=False)]


@given(st.text(), st.lists(st.integers(min_value=0), max_size=20))
def test_text_may_be_cut_anywhere(text: str, places: list[int]) -> None:
    assert assemble(cut(text.encode(), places)) == text.encode()


@given(st.binary(), st.lists(st.integers(min_value=0), max_size=20))
def test_text_is_refused_exactly_when_it_is_no_utf8(data: bytes, places: list[int]) -> None:
    try:
        data.decode()
    except UnicodeDecodeError:
        for refuse in (lambda: assemble(cut(data, places)), lambda: check_text(data)):
            with pytest.raises(Violation, match="1007"):
                refuse()
    else:
        assert assemble(cut(data, places)) == data
        check_text(data)
    assert assemble(cut(data, places), opcode=BINARY) == data


def test_bad_text_is_noticed_in_its_frame() -> None:
    assembly = Assembly(TEXT, 0, fragments=10)
    assembly.add(b"good \xce", final=False, limit=100)
    with pytest.raises(Violation, match="1007"):
        assembly.add(b"\xce", final=False, limit=100)


def test_the_size_is_capped() -> None:
    assert assemble([b"abc", b"de"], limit=5) == b"abcde"
    with pytest.raises(Violation, match="1009"):
        assemble([b"abc", b"def"], limit=5)
    check_size(5, 5)
    with pytest.raises(Violation, match="1009"):
        check_size(6, 5)


def test_the_number_of_fragments_is_capped() -> None:
    assert assemble([b""] * 100) == b""
    with pytest.raises(Violation, match="1008"):
        assemble([b""] * 101)


def test_compressed_text_is_not_checked_before_inflation() -> None:
    assembly = Assembly(TEXT, 0b100, fragments=1)
    assembly.add(b"\xff", final=True, limit=1)
    assert assembly.compressed
