"""The tags filter: what matches, what is refused and with which words, and which filters are equal."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from antiphon import codes
from antiphon.errors import BadRequest
from antiphon.protocol import tags
from antiphon.protocol.messages import FilterNode

TAGS = {"symbol": "ACME", "price": "120.50", "empty": "", "city": "Zürich"}


def leaf(cmp: str, key: str, val: str = "", *vals: str) -> FilterNode:
    return FilterNode(key=key, cmp=cmp, val=val, vals=list(vals))


def both(*nodes: FilterNode) -> FilterNode:
    return FilterNode(op="and", nodes=list(nodes))


def either(*nodes: FilterNode) -> FilterNode:
    return FilterNode(op="or", nodes=list(nodes))


def negated(*nodes: FilterNode) -> FilterNode:
    return FilterNode(op="not", nodes=list(nodes))


def refusal(node: FilterNode) -> str:
    with pytest.raises(BadRequest) as caught:
        tags.parse(node)
    assert caught.value.number == codes.BAD_REQUEST.number
    return caught.value.text.removeprefix("bad request: ")


YES = leaf("ex", "symbol")
NO = leaf("nex", "symbol")


# What matches.


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (leaf("eq", "symbol", "ACME"), True),
        (leaf("eq", "symbol", "acme"), False),
        (leaf("eq", "missing", "ACME"), False),
        (leaf("neq", "symbol", "BOLT"), True),
        (leaf("neq", "symbol", "ACME"), False),
        (leaf("neq", "missing", "ACME"), True),
        (leaf("in", "symbol", "", "BOLT", "ACME"), True),
        (leaf("in", "symbol", "", "BOLT"), False),
        (leaf("in", "missing", "", "BOLT"), False),
        (leaf("in", "missing", "", ""), False),
        (leaf("in", "empty", "", ""), True),
        (leaf("nin", "symbol", "", "BOLT"), True),
        (leaf("nin", "symbol", "", "BOLT", "ACME"), False),
        (leaf("nin", "missing", "", "BOLT"), True),
        (leaf("nin", "missing", "", ""), True),
        (leaf("ex", "symbol"), True),
        (leaf("ex", "empty"), True),
        (leaf("ex", "missing"), False),
        (leaf("nex", "symbol"), False),
        (leaf("nex", "empty"), False),
        (leaf("nex", "missing"), True),
        (leaf("sw", "symbol", "AC"), True),
        (leaf("sw", "symbol", "ME"), False),
        (leaf("sw", "missing", "AC"), False),
        (leaf("ew", "symbol", "ME"), True),
        (leaf("ew", "symbol", "AC"), False),
        (leaf("ew", "missing", "ME"), False),
        (leaf("ct", "city", "üri"), True),
        (leaf("ct", "symbol", "AM"), False),
        (leaf("ct", "missing", "AM"), False),
        (both(YES, YES), True),
        (both(YES, NO), False),
        (both(NO, YES), False),
        (either(NO, YES), True),
        (either(YES, NO), True),
        (either(NO, NO), False),
        (negated(YES), False),
        (negated(NO), True),
        (both(YES, either(NO, negated(both(YES, NO)))), True),
    ],
)
def test_matches(node: FilterNode, expected: bool) -> None:
    assert tags.parse(node).matches(TAGS) is expected


@pytest.mark.parametrize(
    ("bound", "less", "equal"),
    [
        ("120.5", False, True),
        ("+120.500", False, True),
        ("0120.5", False, True),
        ("120.5000000000000000001", True, False),
        ("120.4999999999999999999", False, False),
        ("121", True, False),
        ("-121", False, False),
        ("9" * 200, True, False),
        ("-" + "9" * 199, False, False),
    ],
)
def test_compares_decimals_exactly(bound: str, less: bool, equal: bool) -> None:
    expected = {"lt": less, "lte": less or equal, "gt": not (less or equal), "gte": not less}
    for cmp, answer in expected.items():
        assert tags.parse(leaf(cmp, "price", bound)).matches(TAGS) is answer


def test_compares_every_digit() -> None:
    tag = {"price": "9" * 180 + "." + "9" * 19}
    assert tags.parse(leaf("gt", "price", "9" * 180 + "." + "9" * 18 + "8")).matches(tag)
    assert not tags.parse(leaf("gt", "price", "1" + "0" * 180)).matches(tag)


def test_compares_zeros() -> None:
    assert tags.parse(leaf("gte", "change", "0")).matches({"change": "-0.00"})
    assert not tags.parse(leaf("lt", "change", "0")).matches({"change": "-0"})


NO_NUMBERS = [
    *("", "ACME", "NaN", "nan", "sNaN", "Infinity", "-inf", "1e3", "1E3", "1e999999999", "0x10"),
    *(
        "1_000",
        "1,5",
        " 1",
        "1 ",
        "1\n",
        "\x001",
        "１",
        "٣",
        "²",
        "−1",
        "--1",
        "+-1",
        "+",
        "-",
        ".",
    ),
    *(".5", "-.5", "5.", "1.2.3", "1" * 201, "0." + "1" * 20, "9" * 60_000),
]


@pytest.mark.parametrize("cmp", ["lt", "lte", "gt", "gte"])
@pytest.mark.parametrize("text", NO_NUMBERS, ids=[ascii(text)[:12] for text in NO_NUMBERS])
def test_what_is_no_number_never_matches(cmp: str, text: str) -> None:
    for bound in ("-1000000", "0", "1000000"):
        assert not tags.parse(leaf(cmp, "price", bound)).matches({"price": text})
    if text:
        assert not tags.parse(leaf(cmp, "price", text)).matches(TAGS)
        assert not tags.parse(leaf(cmp, "price", text)).matches({"price": text})


def test_a_publication_without_tags_misses_every_key() -> None:
    for cmp in ("eq", "sw", "ew", "ct", "lt", "lte", "gt", "gte"):
        assert not tags.parse(leaf(cmp, "price", "1")).matches(None)
    assert tags.parse(leaf("neq", "price", "1")).matches(None)
    assert tags.parse(leaf("nin", "price", "", "1")).matches(None)
    assert tags.parse(leaf("nex", "price")).matches(None)


# What is refused.


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (
            FilterNode(),
            "tf: cmp must be one of eq, neq, sw, ew, ct, lt, lte, gt, gte, in, nin, ex, nex",
        ),
        (
            leaf("EQ", "a", "b"),
            "tf: cmp must be one of eq, neq, sw, ew, ct, lt, lte, gt, gte, in, nin, ex, nex",
        ),
        (leaf("eq", "", "b"), "tf: cmp 'eq' needs key"),
        (leaf("in", "", "", "b"), "tf: cmp 'in' needs key"),
        (leaf("ex", ""), "tf: cmp 'ex' needs key"),
        (leaf("in", "a"), "tf: cmp 'in' needs vals"),
        (leaf("nin", "a", "b", "c"), "tf: cmp 'nin' takes no val"),
        (leaf("ex", "a", "b"), "tf: cmp 'ex' takes no val"),
        (leaf("nex", "a", "", "b"), "tf: cmp 'nex' takes no vals"),
        (FilterNode(op="xor", nodes=[YES]), "tf: op must be left out or one of and, or, not"),
        (both(), "tf: op 'and' needs nodes"),
        (either(), "tf: op 'or' needs nodes"),
        (negated(), "tf: op 'not' needs nodes"),
        (negated(YES, NO), "tf: op 'not' takes one node"),
        (both(YES, leaf("in", "a")), "tf.nodes[1]: cmp 'in' needs vals"),
        (either(YES, NO, negated(leaf("lt", "a"))), "tf.nodes[2].nodes[0]: cmp 'lt' needs val"),
    ],
)
def test_names_the_node_and_the_rule(node: FilterNode, text: str) -> None:
    assert refusal(node) == text


@pytest.mark.parametrize("cmp", ["eq", "neq", "sw", "ew", "ct", "lt", "lte", "gt", "gte"])
def test_a_comparison_with_one_value_has_it_and_no_others(cmp: str) -> None:
    tags.parse(leaf(cmp, "a", "1"))
    assert refusal(leaf(cmp, "a")) == f"tf: cmp '{cmp}' needs val"
    assert refusal(leaf(cmp, "a", "1", "2")) == f"tf: cmp '{cmp}' takes no vals"


def nested(levels: int) -> FilterNode:
    node = YES
    for _ in range(levels - 1):
        node = negated(node)
    return node


def test_bounds_the_levels() -> None:
    tags.parse(nested(tags.DEPTH))
    path = "tf" + ".nodes[0]" * tags.DEPTH
    assert refusal(nested(tags.DEPTH + 1)) == f"{path}: a filter has at most 16 levels"
    assert refusal(nested(100_000)) == f"{path}: a filter has at most 16 levels"


def test_bounds_the_nodes_of_all_levels_together() -> None:
    tags.parse(either(*[YES] * (tags.NODES - 1)))
    assert refusal(either(*[YES] * 9_000)) == "tf.nodes[63]: a filter has at most 64 nodes"
    assert refusal(both(either(*[YES] * 40), either(*[YES] * 40))) == (
        "tf.nodes[1].nodes[21]: a filter has at most 64 nodes"
    )


def test_bounds_the_values_of_all_nodes_together() -> None:
    half = list(map(str, range(tags.VALUES // 2)))
    tags.parse(both(leaf("in", "a", "", *half), leaf("nin", "b", "", *half)))
    too_many = both(leaf("in", "a", "", *half), leaf("nin", "b", "", *half, "one more"))
    assert refusal(too_many) == "tf.nodes[1]: a filter has at most 1024 vals"


# Which are equal.


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (leaf("eq", "a", "b"), leaf("eq", "a", "b")),
        (leaf("in", "a", "", "b", "c"), leaf("in", "a", "", "c", "b", "c")),
        (both(YES, NO), both(YES, NO)),
        (both(YES, NO), FilterNode(op="and", key="a", cmp="b", val="c", nodes=[YES, NO])),
        (YES, FilterNode(key="symbol", cmp="ex", nodes=[NO])),
    ],
)
def test_equal_filters(one: FilterNode, other: FilterNode) -> None:
    assert tags.parse(one) == tags.parse(other)
    assert len({tags.parse(one), tags.parse(other)}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (leaf("eq", "a", "b"), leaf("neq", "a", "b")),
        (leaf("eq", "a", "b"), leaf("eq", "b", "b")),
        (leaf("eq", "a", "b"), leaf("eq", "a", "c")),
        (leaf("in", "a", "", "b"), leaf("in", "a", "", "b", "c")),
        (both(YES), either(YES)),
        (both(YES), both(YES, NO)),
        (both(YES, both(YES, NO)), both(YES, YES, NO)),
        (YES, NO),
    ],
)
def test_unequal_filters(one: FilterNode, other: FilterNode) -> None:
    assert tags.parse(one) != tags.parse(other)


def test_a_filter_equals_nothing_else() -> None:
    assert tags.parse(YES) != ("ex", "symbol")


# Whatever comes.

texts = st.sampled_from(["a", "b", "ab", "1", "1.5", "-2", *NO_NUMBERS[:-1]]) | st.text(max_size=9)
keys = st.sampled_from(["a", "b", "c"])
operands = texts.filter(bool)
plain = ["eq", "neq", "sw", "ew", "ct", "lt", "lte", "gt", "gte"]
comparisons = (
    st.builds(FilterNode, key=keys, cmp=st.sampled_from(plain), val=operands)
    | st.builds(
        FilterNode,
        key=keys,
        cmp=st.sampled_from(["in", "nin"]),
        vals=st.lists(texts, min_size=1, max_size=3),
    )
    | st.builds(FilterNode, key=keys, cmp=st.sampled_from(["ex", "nex"]))
)


def combined(children: st.SearchStrategy[FilterNode]) -> st.SearchStrategy[FilterNode]:
    some = st.lists(children, min_size=1, max_size=4)
    one = st.lists(children, min_size=1, max_size=1)
    return st.builds(FilterNode, op=st.sampled_from(["and", "or"]), nodes=some) | st.builds(
        FilterNode, op=st.just("not"), nodes=one
    )


filters = st.recursive(comparisons, combined, max_leaves=12)
nodes = st.recursive(
    comparisons | st.builds(FilterNode, key=texts, cmp=texts, val=texts, vals=st.lists(texts)),
    lambda children: st.builds(
        FilterNode,
        op=st.sampled_from(["and", "or", "not", "", "nor"]),
        cmp=st.sampled_from(["", "eq", "in"]),
        nodes=st.lists(children, max_size=4),
    ),
    max_leaves=12,
)
publications = st.dictionaries(keys, texts)

HOLDS: dict[str, Callable[[str, FilterNode], bool]] = {
    "eq": lambda tag, node: tag == node.val,
    "in": lambda tag, node: tag in node.vals,
    "ex": lambda tag, node: True,
    "sw": lambda tag, node: tag.startswith(node.val),
    "ew": lambda tag, node: tag.endswith(node.val),
    "ct": lambda tag, node: node.val in tag,
    "lt": lambda tag, node: is_number(tag, node.val) and Decimal(tag) < Decimal(node.val),
    "lte": lambda tag, node: is_number(tag, node.val) and Decimal(tag) <= Decimal(node.val),
    "gt": lambda tag, node: is_number(tag, node.val) and Decimal(tag) > Decimal(node.val),
    "gte": lambda tag, node: is_number(tag, node.val) and Decimal(tag) >= Decimal(node.val),
}
OPPOSITES = {"neq": "eq", "nin": "in", "nex": "ex"}


def is_number(*given: str) -> bool:
    plain = re.compile(r"[-+]?[0-9]+([.][0-9]{1,19})?")
    return all(plain.fullmatch(text) and len(text) <= 200 for text in given)


def evaluate(node: FilterNode, given: dict[str, str]) -> bool:
    """The protocol's rules once more, one after the other."""
    if node.op:
        answers = [evaluate(child, given) for child in node.nodes]
        return {"and": all(answers), "or": any(answers), "not": not answers[0]}[node.op]
    cmp = OPPOSITES.get(node.cmp, node.cmp)
    return (node.key in given and HOLDS[cmp](given[node.key], node)) is (cmp == node.cmp)


@given(filters, publications)
def test_matches_by_the_rules(node: FilterNode, given: dict[str, str]) -> None:
    parsed = tags.parse(node)
    assert parsed.matches(given) is evaluate(node, given)
    assert parsed.matches(None) is evaluate(node, {})


@given(filters, filters, publications)
def test_equal_filters_match_the_same(
    node: FilterNode, other: FilterNode, given: dict[str, str]
) -> None:
    one, two, again = tags.parse(node), tags.parse(other), tags.parse(node)
    assert (one, hash(one)) == (again, hash(again))
    assert one != two or one.matches(given) is two.matches(given)


@given(nodes, publications)
@example(leaf("lt", "a", "1"), {"a": "1e999999999"})
def test_any_node_is_a_filter_or_refused(node: FilterNode, given: dict[str, str]) -> None:
    try:
        parsed = tags.parse(node)
    except BadRequest as error:
        assert error.text.startswith("bad request: tf")
    else:
        assert parsed.matches(given) in (True, False)
