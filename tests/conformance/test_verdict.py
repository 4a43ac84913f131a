from pathlib import Path

from tests.conformance.verdict import EXPLAINED, judge

GOOD = {"behavior": "OK", "behaviorClose": "OK"}


def test_what_passes() -> None:
    cases = {
        "1.1.1": GOOD,
        "7.1.6": {"behavior": "INFORMATIONAL", "behaviorClose": "INFORMATIONAL"},
        **{name: {"behavior": "NON-STRICT", "behaviorClose": "OK"} for name in EXPLAINED},
    }
    verdict = judge(cases)
    assert verdict.failures == []
    assert verdict.counts == {"OK": 1, "INFORMATIONAL": 1, "NON-STRICT": len(EXPLAINED)}


def test_what_fails() -> None:
    for behavior, close in [
        ("FAILED", "OK"),
        ("UNIMPLEMENTED", "OK"),
        ("NON-STRICT", "OK"),
        ("OK", "UNCLEAN"),
        ("OK", "WRONG CODE"),
        ("OK", "FAILED BY CLIENT"),
    ]:
        cases = {"1.1.1": {"behavior": behavior, "behaviorClose": close}, "1.1.2": GOOD}
        assert judge(cases).failures == [f"1.1.1: {behavior}, close {close}"]


def test_every_exception_is_explained() -> None:
    readme = (Path(__file__).parent / "README.md").read_text()
    assert all(f"| {name} |" in readme for name in EXPLAINED)
