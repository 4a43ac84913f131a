"""Handlers: the functions of an app, checked against what they will be called with.

A handler takes its leading arguments by position (the client, the event) and may name any of the
others it wants (an address's parameters, a close code). A name it cannot be given is an error at
import, not at the first call.
"""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from antiphon.errors import DeclarationError
from antiphon.hub.running import never_waits

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_ANY = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class Handler:
    """A function of the app, plain or async.

    `waits` is False when the function surely runs to its end without suspending.

    Raises:
        DeclarationError: its parameters do not fit.
    """

    __slots__ = ("_function", "_names", "is_async", "waits")

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        leading: tuple[str, ...],
        offered: Iterable[str] = (),
        where: str,
    ) -> None:
        self._function = function
        self._names = _named(function, leading, set(offered), where)
        # Behind a decorator stands another function, in a callable object its method.
        wrapped = inspect.unwrap(function)
        runs = (function, wrapped, getattr(function, "__call__", None))  # noqa: B004
        if any(inspect.isgeneratorfunction(f) or inspect.isasyncgenfunction(f) for f in runs):
            raise DeclarationError(f"{where}: {name_of(function)}() is a generator")
        self.is_async = any(map(inspect.iscoroutinefunction, runs))
        self.waits = not (never_waits(function) and never_waits(wrapped))

    def begin(self, *leading: Any, **offered: Any) -> Any:
        """Call the function with the leading arguments and those it names.

        Returns what the function returns: of an async one, the coroutine.
        """
        if not self._names:
            return self._function(*leading)
        return self._function(*leading, **{name: offered[name] for name in self._names})

    async def __call__(self, *leading: Any, **offered: Any) -> Any:
        """Call the function and wait for its result."""
        result = self.begin(*leading, **offered)
        return await result if self.is_async else result


def name_of(function: Callable[..., Any]) -> str:
    """Return the name under which a function's author knows it."""
    return getattr(function, "__name__", None) or repr(function)


def _named(
    function: Callable[..., Any], leading: tuple[str, ...], offered: set[str], where: str
) -> tuple[str, ...]:
    """Return the names of the offered arguments that a function wants."""
    name = name_of(function)
    if not callable(function):
        raise DeclarationError(f"{where}: {name} is no function")
    parameters = list(inspect.signature(function).parameters.values())
    kinds = [parameter.kind for parameter in parameters]
    taken = sum(kind in _POSITIONAL for kind in kinds)
    if taken < len(leading) and inspect.Parameter.VAR_POSITIONAL not in kinds:
        raise DeclarationError(f"{where}: {name}() must take ({', '.join(leading)}, ...)")
    if inspect.Parameter.VAR_KEYWORD in kinds:
        return tuple(offered)
    wanted = []
    for parameter in parameters[min(taken, len(leading)) :]:
        if parameter.name in offered:
            wanted.append(parameter.name)
        elif parameter.default is parameter.empty and parameter.kind not in _ANY:
            choices = ", ".join(sorted(offered)) or "nothing more"
            raise DeclarationError(
                f"{where}: {name}() wants {parameter.name!r}; it can be given {choices}"
            )
    return tuple(wanted)
