"""The tags filter: which publications a subscriber wants, by their tags.

A client sends a `FilterNode`: a comparison of one tag, or a combination of further nodes. `parse`
checks it and makes a `TagsFilter`, whose comparisons are closures by then: a filter is evaluated for
each publication. Subscribers with equal filters share one evaluation and one encoding.

========================  =========  ================================================================
`cmp`                     takes      matches when
========================  =========  ================================================================
`eq` `neq`                `val`      the tag is this; is not this, or is missing
`in` `nin`                `vals`     the tag is one of these; is none of these, or is missing
`ex` `nex`                           there is such a tag; there is none
`sw` `ew` `ct`            `val`      the tag starts with this, ends with it, contains it
`lt` `lte` `gt` `gte`     `val`      both are numbers, and the tag is less (or equal), greater (or equal)
========================  =========  ================================================================

A number is a sign or none, digits, and up to `FRACTION_DIGITS` digits after a point, in ASCII and
in at most `NUMBER_LENGTH` characters; anything else never matches. A filter that breaks a rule raises
`BadRequest`, which names the node. Evaluating raises nothing.
"""

import operator
import re
from collections.abc import Callable, Hashable
from decimal import Decimal
from typing import Any, Final

from antiphon.errors import BadRequest
from antiphon.protocol.messages import FilterNode

DEPTH: Final = 16
"""Levels of nodes in one filter; a lone comparison has one."""
BYTES: Final = 8_192
"""Bytes of one filter as a client sends it: it is kept for as long as the subscription."""
NODES: Final = 64
"""Nodes in one filter, whatever they are: each may be evaluated for each publication."""
VALUES: Final = 1_024
"""`vals` of all nodes of one filter together."""
NUMBER_LENGTH: Final = 200
FRACTION_DIGITS: Final = 19

Test = Callable[[dict[str, str]], bool]


class TagsFilter:
    """A filter that is valid. Equal ones match the same publications, and hash alike.

    Equal are filters of the same nodes in the same order; `vals` may stand in any order, and what a
    node's `op` or `cmp` does not use does not count.
    """

    __slots__ = ("_hash", "_key", "_test")

    def __init__(self, key: Hashable, test: Test) -> None:
        self._key = key
        self._hash = hash(key)
        self._test = test

    def matches(self, tags: dict[str, str] | None) -> bool:
        """Whether a publication with these tags, or with none, is wanted."""
        return self._test(tags or {})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TagsFilter) and self._key == other._key

    def __hash__(self) -> int:
        return self._hash


def parse(node: FilterNode) -> TagsFilter:
    """Make the filter that a client asks for in `SubscribeRequest.tf`.

    Raises:
        BadRequest: a node breaks a rule (``tf.nodes[1]: cmp 'in' needs vals``), or there are more
            than `DEPTH`, `NODES` or `VALUES` allow.
    """
    return TagsFilter(*_Reader().read(node, "tf", 1))


class _Reader:
    """Reads one filter, and counts what it is made of."""

    __slots__ = ("_nodes", "_values")

    def __init__(self) -> None:
        self._nodes = 0
        self._values = 0

    def read(self, node: FilterNode, path: str, depth: int) -> tuple[Hashable, Test]:
        """What `node` is equal by, and its test. `path` leads to it, and counts `depth` levels."""
        self._nodes += 1
        self._values += len(node.vals)
        _bound(path, self._nodes, NODES, "nodes")
        _bound(path, self._values, VALUES, "vals")
        _bound(path, depth, DEPTH, "levels")
        return self._combination(node, path, depth) if node.op else _comparison(node, path)

    def _combination(self, node: FilterNode, path: str, depth: int) -> tuple[Hashable, Test]:
        combine = _COMBINATIONS.get(node.op)
        if combine is None:
            raise BadRequest(f"{path}: op must be left out or one of {', '.join(_COMBINATIONS)}")
        if not node.nodes:
            raise BadRequest(f"{path}: op '{node.op}' needs nodes")
        if node.op == "not" and len(node.nodes) > 1:
            raise BadRequest(f"{path}: op 'not' takes one node")
        children = [
            self.read(child, f"{path}.nodes[{index}]", depth + 1)
            for index, child in enumerate(node.nodes)
        ]
        keys, tests = zip(*children, strict=True)
        return (node.op, *keys), combine(tests)


def _bound(path: str, count: int, most: int, what: str) -> None:
    if count > most:
        raise BadRequest(f"{path}: a filter has at most {most} {what}")


def _comparison(node: FilterNode, path: str) -> tuple[Hashable, Test]:
    cmp, key = node.cmp, node.key
    if cmp in _OF_VAL:
        _check(node, path, "val")
        return (cmp, key, node.val), _OF_VAL[cmp](key, node.val)
    if cmp in _OF_VALS:
        _check(node, path, "vals")
        vals = frozenset(node.vals)
        return (cmp, key, vals), _OF_VALS[cmp](key, vals)
    if cmp in _OF_KEY:
        _check(node, path, "")
        return (cmp, key), _OF_KEY[cmp](key)
    raise BadRequest(f"{path}: cmp must be one of {', '.join([*_OF_VAL, *_OF_VALS, *_OF_KEY])}")


def _check(node: FilterNode, path: str, operand: str) -> None:
    """See that a comparison has its key, the field called `operand`, and no other operand."""
    if not node.key:
        raise BadRequest(f"{path}: cmp '{node.cmp}' needs key")
    for field, given in (("val", node.val), ("vals", node.vals)):
        if given and field != operand:
            raise BadRequest(f"{path}: cmp '{node.cmp}' takes no {field}")
        if not given and field == operand:
            raise BadRequest(f"{path}: cmp '{node.cmp}' needs {field}")


# Comparisons. No `val` is empty, so where one is sought in a tag, a missing tag is as an empty one.


def _numeric(holds: Callable[[Any, Any], bool]) -> Callable[[str, str], Test]:
    def compare(key: str, val: str) -> Test:
        bound = _number(val)
        if bound is None:
            return lambda tags: False

        def test(tags: dict[str, str]) -> bool:
            tag = tags.get(key)
            number = None if tag is None else _number(tag)
            return number is not None and holds(number, bound)

        return test

    return compare


_NUMBER: Final = re.compile(rf"[+-]?[0-9]+(?:\.[0-9]{{1,{FRACTION_DIGITS}}})?")


def _number(text: str) -> Decimal | int | None:
    """The number that `text` is, exactly. Without an exponent its length bounds what it costs."""
    if len(text) > NUMBER_LENGTH:
        return None
    if text.isascii() and text.isdigit():  # nearly always, and six times as fast
        return int(text)
    return Decimal(text) if _NUMBER.fullmatch(text) else None


_OF_VAL: Final[dict[str, Callable[[str, str], Test]]] = {
    "eq": lambda key, val: lambda tags: tags.get(key) == val,
    "neq": lambda key, val: lambda tags: tags.get(key) != val,
    "sw": lambda key, val: lambda tags: tags.get(key, "").startswith(val),
    "ew": lambda key, val: lambda tags: tags.get(key, "").endswith(val),
    "ct": lambda key, val: lambda tags: val in tags.get(key, ""),
    "lt": _numeric(operator.lt),
    "lte": _numeric(operator.le),
    "gt": _numeric(operator.gt),
    "gte": _numeric(operator.ge),
}
_OF_VALS: Final[dict[str, Callable[[str, frozenset[str]], Test]]] = {
    "in": lambda key, vals: lambda tags: tags.get(key) in vals,
    "nin": lambda key, vals: lambda tags: tags.get(key) not in vals,
}
_OF_KEY: Final[dict[str, Callable[[str], Test]]] = {
    "ex": lambda key: lambda tags: key in tags,
    "nex": lambda key: lambda tags: key not in tags,
}


# Combinations.


def _all(tests: tuple[Test, ...]) -> Test:
    def test(tags: dict[str, str]) -> bool:
        for each in tests:
            if not each(tags):
                return False
        return True

    return test


def _any(tests: tuple[Test, ...]) -> Test:
    def test(tags: dict[str, str]) -> bool:
        for each in tests:
            if each(tags):
                return True
        return False

    return test


def _not(tests: tuple[Test, ...]) -> Test:
    (negated,) = tests
    return lambda tags: not negated(tags)


_COMBINATIONS: Final[dict[str, Callable[[tuple[Test, ...]], Test]]] = {
    "and": _all,
    "or": _any,
    "not": _not,
}
