"""What is written is read back."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from antiphon.contract.reading.plain_yaml import decode
from antiphon.contract.yaml import encode

TEXTS = st.text() | st.text(alphabet="ab:- \n|\"'{}[]#", max_size=20)
NODES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda parts: st.lists(parts) | st.dictionaries(TEXTS, parts),
    max_leaves=20,
)


@given(NODES)
def test_what_is_written_is_read_back(node: Any) -> None:
    assert decode(encode(node)) == node


def test_texts_of_several_lines() -> None:
    node = {"a": "one\n\n  two\nthree", "b": ["x\ny", {"c": "p\nq"}], "d": "e"}
    assert decode(encode(node)) == node
