"""The codes of `antiphon.codes` as part of a contract: what each means is said there, once."""

from collections.abc import Iterator

from antiphon import codes
from antiphon.contract.model import Code
from antiphon.contract.prose import AttributeDocs

_RFC_6455 = range(1000, 2000)


def errors(docs: AttributeDocs) -> tuple[Code, ...]:
    """Return the codes of error replies."""
    return tuple(
        _code(code, meaning, again=code.number in codes.TEMPORARY_ERRORS)
        for code, meaning in _declared(docs, range(100, 400))
    )


def closes(docs: AttributeDocs) -> tuple[Code, ...]:
    """Return the codes that end a connection: those of the protocol and those of WebSocket."""
    meanings = docs.of_module(codes.__name__)
    standard = (
        Code(number=number, text=_in_words(name), meaning=meanings.get(name, ""), again=True)
        for name, number in vars(codes).items()
        if isinstance(number, int) and number in _RFC_6455
    )
    ours = (
        _code(code, meaning, again=codes.reconnects(code.number))
        for code, meaning in _declared(docs, range(3000, 4000))
    )
    return (*standard, *ours)


def unsubscribes(docs: AttributeDocs) -> tuple[Code, ...]:
    """Return the codes that end a subscription."""
    return tuple(
        _code(code, meaning, again=code.number >= codes.RESUBSCRIBE.number)
        for code, meaning in _declared(docs, range(2000, 3000))
    )


def _declared(docs: AttributeDocs, numbers: range) -> Iterator[tuple[codes.Code, str]]:
    meanings = docs.of_module(codes.__name__)
    for name, code in vars(codes).items():
        if isinstance(code, codes.Code) and code.number in numbers:
            yield code, meanings.get(name, "")


def _in_words(name: str) -> str:
    """Turn a constant's name into what RFC 6455 calls it; nothing is sent with these."""
    return name.lower().replace("_", " ")


def _code(code: codes.Code, meaning: str, *, again: bool) -> Code:
    return Code(number=code.number, text=code.text, meaning=meaning, again=again)
