"""From what was typed to a contract: a document's file, an app, or an app at a git revision.

``asyncapi.json``, ``newsroom:app``, ``origin/main:newsroom:app``. Whatever cannot be read is
`WrongUsage`, in one line.
"""

from pathlib import Path
from typing import Final

from antiphon.cli.documents import only_app
from antiphon.cli.failure import BrokenApp, WrongUsage
from antiphon.cli.revisions import document_at
from antiphon.contract import Contract, contract_of
from antiphon.contract.asyncapi import document
from antiphon.contract.reading import Unreadable, read
from antiphon.contract.serving import as_json
from antiphon.errors import AntiphonError

_ENDINGS: Final = (".json", ".yaml", ".yml")


def contract_from(source: str) -> Contract:
    """Read a contract.

    Raises:
        WrongUsage: there is none; the text says why.
    """
    try:
        if source.endswith(_ENDINGS) or Path(source).is_file():
            return read(Path(source).read_text(encoding="utf-8"))
        if source.count(":") > 1:
            revision, module, name = source.rsplit(":", 2)
            return read(document_at(revision, f"{module}:{name}"))
        return _of_app(source)
    except BrokenApp as error:
        cause = error.__cause__
        raise WrongUsage(f"{error} ({type(cause).__name__})" if cause else str(error)) from None
    except OSError as error:
        raise WrongUsage(f"{source}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise WrongUsage(f"{source} is no text in UTF-8") from None
    except Unreadable as error:
        raise WrongUsage(f"{source}: {error}") from None
    except WrongUsage:
        raise
    except AntiphonError as error:
        raise WrongUsage(str(error)) from None


def _of_app(name: str) -> Contract:
    """Read an app by way of its document, so that it is told in the same words as one from a file."""
    _, app = only_app(name)
    return read(as_json(document(contract_of(app))).decode())
