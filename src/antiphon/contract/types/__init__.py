"""Client types: what an app declares, as a file of a client's language.

`types_of` writes it. For TypeScript and Python that is models and typed calls over the SDK, for the
others the models. Equal contracts make equal files: there is no date in them.
"""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from antiphon.contract.model import Contract
from antiphon.contract.types import dart, kotlin, python, swift, typescript
from antiphon.contract.types.names import on_one_line

Language = Literal["ts", "python", "swift", "kotlin", "dart"]

_WRITERS: Final[Mapping[Language, Callable[[Contract, str], str]]] = {
    "ts": typescript.write,
    "python": python.write,
    "swift": swift.write,
    "kotlin": kotlin.write,
    "dart": dart.write,
}


def types_of(contract: Contract, language: Language, *, name: str) -> str:
    """Write client types.

    Args:
        name: where the app is, ``module:app``; the file says so.
    """
    title = f"{contract.title} {contract.version}"
    header = f"{title}, written by `antiphon types {name} --lang {language}`."
    return _WRITERS[language](contract, on_one_line(header))
