"""Two versions of a contract, compared: what changed, and whom it breaks.

::

    compare ─── of one app: its channels, methods, one-way messages, ways in, limits and codes
       └─ channels ─── of one channel: address, who may do what, what it keeps
            └─ messages ─── of what travels one way: events by tag
                 └─ schemas ─── of one payload: types, fields and bounds, down to the last

Each finds differences and names the *rule* of each; `rules` says once what each rule means for whom.

Everything here is pure and raises nothing for contracts that `reading` has let through.
"""

from antiphon.contract.diff.compare import compare
from antiphon.contract.diff.rules import Change, Verdict

__all__ = ["Change", "Verdict", "compare"]
