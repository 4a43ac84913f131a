"""What an app declares, for whoever has to know: one model, and what is derived from it.

`contract_of` reads an app. `Contract` is what it returns; its module says what is in it.
"""

from antiphon.contract.building import contract_of
from antiphon.contract.model import Contract

__all__ = ["Contract", "contract_of"]
