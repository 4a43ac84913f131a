"""From a file back to a contract: an AsyncAPI document, or a contract itself.

What is read has been looked through: what it refers to is there, its schemas are of the form that
`antiphon.contract.schema` describes, so that nothing that works on it later has to ask. What is not
so is `Unreadable`, in one line that says where.
"""

from typing import Any

import msgspec

from antiphon.contract.model import Contract
from antiphon.contract.reading import documents, plain_yaml
from antiphon.contract.reading.shape import Unreadable, check

__all__ = ["Unreadable", "read"]


def read(text: str) -> Contract:
    """Read a document in JSON, or in YAML as `antiphon asyncapi` writes it.

    Raises:
        Unreadable: it is neither, or something in it is missing or of another form.
    """
    try:
        node = _parse(text)
        if "asyncapi" in node:
            contract = documents.contract_of(node)
        else:
            contract = msgspec.convert(node, Contract)
        check(contract)
    except RecursionError:
        raise Unreadable("it is nested too deeply") from None
    except msgspec.ValidationError as error:
        raise Unreadable(str(error)) from None
    return contract


def _parse(text: str) -> dict[str, Any]:
    if text.lstrip().startswith("{"):
        try:
            node = msgspec.json.decode(text)
        except msgspec.DecodeError as error:
            raise Unreadable(str(error)) from None
    else:
        node = plain_yaml.decode(text)
    if not isinstance(node, dict) or not {"asyncapi", "title"} & node.keys():
        raise Unreadable("it is no AsyncAPI document, and no contract")
    return node
