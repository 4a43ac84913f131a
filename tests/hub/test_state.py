"""Which command may run in which state: the whole table."""

import pytest

from antiphon.hub.state import State, Verdict, judge


@pytest.mark.parametrize(
    ("state", "connect", "other"),
    [
        (State.NEW, Verdict.RUN, Verdict.BREAK),
        (State.CONNECTING, Verdict.BREAK, Verdict.BREAK),
        (State.CONNECTED, Verdict.BREAK, Verdict.RUN),
        (State.REFUSED, Verdict.IGNORE, Verdict.IGNORE),
        (State.CLOSED, Verdict.IGNORE, Verdict.IGNORE),
    ],
)
def test_each_state_has_its_verdicts(state: State, connect: Verdict, other: Verdict) -> None:
    assert judge(state, "connect") is connect
    for name in ("subscribe", "publish", "rpc", "send", "ping", "refresh"):
        assert judge(state, name) is other
