"""What the suite's report means: which cases fail, and which are non-strict for a known reason.

A case passes when its behaviour is OK or INFORMATIONAL, or NON-STRICT where ``README.md`` says why, and
its close is OK or INFORMATIONAL. Everything else fails. The listed cases depend on how TCP cuts the
bytes into segments, so they may also come out as OK.
"""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

EXPLAINED: Final = frozenset(
    {"4.1.3", "4.1.4", "4.1.5", "4.2.3", "4.2.4", "4.2.5", "6.4.3", "6.4.4"}
)
"""Cases that may be NON-STRICT, each with its reason in ``README.md``."""

_GOOD: Final = frozenset({"OK", "INFORMATIONAL"})


class Verdict(NamedTuple):
    """How often each behaviour was seen, and a line for every case that fails."""

    counts: Counter[str]
    failures: list[str]


def read_report(folder: Path, agent: str) -> Verdict:
    """Judge the report that the suite wrote to `folder`."""
    index = json.loads((folder / "index.json").read_text())
    return judge(index[agent])


def judge(cases: Mapping[str, Mapping[str, object]]) -> Verdict:
    """Judge the cases, by id, as the suite's ``index.json`` has them."""
    counts = Counter(str(case["behavior"]) for case in cases.values())
    failures = []
    for name, case in cases.items():
        behavior, close = str(case["behavior"]), str(case["behaviorClose"])
        expected = _GOOD | {"NON-STRICT"} if name in EXPLAINED else _GOOD
        if behavior not in expected or close not in _GOOD:
            failures.append(f"{name}: {behavior}, close {close}")
    return Verdict(counts, failures)
