"""The token bucket: exactly rate times time, plus the burst."""

from hypothesis import given
from hypothesis import strategies as st

from antiphon.bucket import Bucket


def test_a_burst_then_the_rate() -> None:
    bucket = Bucket(rate=2, burst=3, now=0.0)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(0.25)
    assert bucket.take(0.5)
    assert not bucket.take(0.5)


def test_rest_does_not_save_up_more_than_the_burst() -> None:
    bucket = Bucket(rate=2, burst=3, now=0.0)
    assert [bucket.take(1_000.0) for _ in range(4)] == [True, True, True, False]


@given(
    st.lists(st.integers(0, 64).map(lambda n: n / 64), max_size=200),
    st.integers(1, 8),
    st.integers(1, 8),
)
def test_never_more_than_rate_and_burst_allow(gaps: list[float], rate: int, burst: int) -> None:
    bucket, now, taken = Bucket(rate=rate, burst=burst, now=0.0), 0.0, 0
    for gap in gaps:
        now += gap
        taken += bucket.take(now)
        assert taken <= burst + rate * now + 1e-9
