"""Addresses: the names of channels, and the patterns that declare them.

``chat:{room}`` declares every channel whose name is ``chat:`` and one part; ``{id:int}`` has the
part checked and converted. A part is any run of allowed characters without ``:``, ``/``, ``#`` and
``,``, so that a parameter never reaches across a separator.

Names are compared as they are: nothing is folded or normalised. A name that no channel can have
gets error 107, before any pattern is tried.
"""

import keyword
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from antiphon.errors import BadRequest, DeclarationError

_NAME: Final = re.compile(r"[!-~]+")
_FORBIDDEN: Final = frozenset('{}*?[]^\\"<>`')
"""Wildcards and brackets mean something to brokers; quotes and angles to whoever prints a name."""
_RESERVED: Final = frozenset({"__proto__", "constructor", "prototype"})
"""SDKs keep subscriptions in plain objects keyed by name; these would already exist there."""

_PART: Final = r"[!$%&'()+.0-9;=@A-Z_a-z|~-]+"
"""All of printable ASCII but these and the separators ``:``, ``/``, ``#`` and ``,``. It means the
same to browsers, which read it in documents."""
_PARAMETER: Final = re.compile(r"\{([a-z_][a-z0-9_]*)(?::([a-z]+))?\}")
_CONVERTERS: Final[Mapping[str, tuple[str, Callable[[str], Any], type]]] = {
    "str": (_PART, str, str),
    "int": (r"0|-?[1-9][0-9]{0,17}", int, int),
    "uuid": (r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", UUID, UUID),
}
"""Pattern, conversion and type. Each value has one spelling only, so that it has one channel."""


def check_name(name: str, *, longest: int) -> None:
    """Refuse what no channel can be called.

    Raises:
        BadRequest: with the rule that is broken.
    """
    if len(name) > longest:
        raise BadRequest(f"channel: longer than {longest} characters")
    if name in _RESERVED or not _NAME.fullmatch(name) or not _FORBIDDEN.isdisjoint(name):
        raise BadRequest("channel: a name is printable ASCII without spaces and brackets")


class Address:
    """A pattern, parsed.

    Raises:
        DeclarationError: the pattern is not one.
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.parameters: dict[str, type] = {}
        self.expressions: dict[str, str] = {}
        """What a parameter looks like, as a regular expression for all of it."""
        self._converters: dict[str, Callable[[str], Any]] = {}
        self._regex = re.compile(self._expression())

    @property
    def is_literal(self) -> bool:
        """Whether the address names one channel only."""
        return not self.parameters

    @property
    def template(self) -> str:
        """The pattern with bare names: ``order:{id}`` for ``order:{id:int}``."""
        return _PARAMETER.sub(r"{\1}", self.pattern)

    def match(self, name: str) -> dict[str, Any] | None:
        """Return the parameters in a channel's name; None when it is not of this address."""
        found = self._regex.fullmatch(name)
        if found is None:
            return None
        return {key: self._converters[key](value) for key, value in found.groupdict().items()}

    def name(self, parameters: Mapping[str, Any]) -> str:
        """Return the name of the channel with these parameters.

        Raises:
            DeclarationError: a parameter is missing, unknown, or cannot stand in a name.
        """
        if parameters.keys() != self.parameters.keys():
            wanted = ", ".join(self.parameters) or "no parameters"
            given = ", ".join(parameters) or "none"
            raise DeclarationError(f"channel {self.pattern!r} takes {wanted}; given: {given}")
        texts = {key: str(value) for key, value in parameters.items()}
        name = _PARAMETER.sub(lambda match: texts[match[1]], self.pattern)
        found = self._regex.fullmatch(name)
        # Found again, or another set of parameters would have the same channel.
        if found is None or found.groupdict() != texts:
            raise DeclarationError(f"{dict(parameters)} cannot stand in {self.pattern!r}")
        return name

    def _expression(self) -> str:
        parts = []
        end = 0
        for match in _PARAMETER.finditer(self.pattern):
            parts.append(self._literal(self.pattern[end : match.start()]))
            parts.append(self._parameter(match[1], match[2] or "str"))
            end = match.end()
        parts.append(self._literal(self.pattern[end:]))
        if not self.pattern:
            raise DeclarationError("a channel's address is empty")
        if self.pattern in _RESERVED:
            raise DeclarationError(f"no channel can be called {self.pattern!r}")
        return "".join(parts)

    def _literal(self, text: str) -> str:
        if text and (not _NAME.fullmatch(text) or not _FORBIDDEN.isdisjoint(text)):
            raise DeclarationError(
                f"channel {self.pattern!r}: {text!r} is not printable ASCII without spaces and "
                "brackets, nor a parameter like {room} or {id:int}"
            )
        return re.escape(text)

    def _parameter(self, name: str, kind: str) -> str:
        if kind not in _CONVERTERS:
            known = ", ".join(_CONVERTERS)
            raise DeclarationError(f"channel {self.pattern!r}: no type {kind!r}; there are {known}")
        if keyword.iskeyword(name):
            raise DeclarationError(f"channel {self.pattern!r}: {name!r} cannot be a parameter")
        if name in self.parameters:
            raise DeclarationError(f"channel {self.pattern!r}: {name!r} stands twice")
        expression, convert, self.parameters[name] = _CONVERTERS[kind]
        self.expressions[name] = expression
        self._converters[name] = convert
        return f"(?P<{name}>{expression})"
