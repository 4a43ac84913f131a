"""The states of a session, as a table.

::

    NEW ──connect──▶ CONNECTING ──accepted──▶ CONNECTED ──▶ CLOSED
                         └───────refused────▶ REFUSED ────▶ CLOSED

A socket that ends, from any state, leads to CLOSED. The rules that decide which command may run
in which state live here and nowhere else:

* before `connect`, any other command ends the connection with 3501;
* a second `connect` ends it with 3501;
* after an error reply to `connect` nothing is read any more: the client closes, or the deadline
  for connecting does (Centrifuge protocol, connect).
"""

from enum import Enum, IntEnum
from typing import Final


class State(IntEnum):
    """Where a session is in its life; the number is the row of the table."""

    NEW = 0
    CONNECTING = 1
    CONNECTED = 2
    REFUSED = 3
    CLOSED = 4


class Verdict(Enum):
    """What happens to a command."""

    RUN = "run"
    IGNORE = "ignore"
    BREAK = "break"
    """The client broke the protocol: close with 3501."""


_TABLE: Final[tuple[tuple[Verdict, Verdict], ...]] = (
    # a connect      any other command
    (Verdict.RUN, Verdict.BREAK),  # NEW
    (Verdict.BREAK, Verdict.BREAK),  # CONNECTING
    (Verdict.BREAK, Verdict.RUN),  # CONNECTED
    (Verdict.IGNORE, Verdict.IGNORE),  # REFUSED
    (Verdict.IGNORE, Verdict.IGNORE),  # CLOSED
)
"""CONNECTING is never asked: commands wait in the lane until the connect has been decided."""


def judge(state: State, command: str) -> Verdict:
    """Decide what happens to a command, by its name, in a state."""
    connect, other = _TABLE[state]
    return connect if command == "connect" else other
