"""YAML: whatever is written is read back the same, by readers of 1.1 too."""

from typing import Any

import pytest
import yaml as reader
from hypothesis import example, given
from hypothesis import strategies as st

from antiphon.contract.yaml import encode

texts = st.text(st.characters(codec="utf-8"), max_size=30)
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
)
nodes = st.recursive(
    scalars | texts,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(texts, children, max_size=4),
    max_leaves=20,
)


@given(nodes)
@example({"a": [], "b": {}, "c": [[1, [2]], [{"d": [{"e": 1, "f": 2}]}]]})
@example(["yes", "No", "null", "~", "1e5", "0x1", "1:30", "2026-01-31", "=", "<<", "- a", "a: b"])
@example(
    ["", " a", "a ", "a #b", "#a", "a\n", "\na", "a\nb", "a\n\n  b", "a\n b", " a\nb", "a \nb"]
)
@example(["\x85", "\u2028", "\ufeff", "\x7f", "\t", "\r\n", "a\tb\nc", "\U0001f600"])
@example([1e16, 1e-7, 1.5e300, -0.0, 123456789012345678901234567890])
def test_it_is_read_back_the_same(node: Any) -> None:
    assert reader.safe_load(encode(node)) == node


def test_it_reads_well() -> None:
    node = {
        "title": "Newsroom",
        "address": "chat:{room}",
        "text": "First.\n\nSecond.",
        "$ref": "#/components/x",
        "list": [{"name": "a", "size": 1.5}, ["b", None], []],
        "yes": True,
    }
    assert encode(node) == (
        "title: Newsroom\n"
        'address: "chat:{room}"\n'
        "text: |-\n"
        "  First.\n"
        "\n"
        "  Second.\n"
        '$ref: "#/components/x"\n'
        "list:\n"
        "  - name: a\n"
        "    size: 1.5\n"
        "  - - b\n"
        "    - null\n"
        "  - []\n"
        '"yes": true\n'
    )


@pytest.mark.parametrize("node", [{"a": object()}, [b"x"], (1, 2)])
def test_what_it_is_not_made_for_is_told(node: Any) -> None:
    with pytest.raises(TypeError, match="YAML is not made for"):
        encode(node)
