"""uvicorn's logging without what must not be in a log.

A query string may hold a credential, so it is cut from every path that uvicorn logs. Paths arrive
here percent-encoded; control characters in anything else are escaped, tracebacks are indented too,
so that a client cannot forge a line.
"""

import logging
from copy import deepcopy
from typing import Any, Final

from uvicorn.config import LOGGING_CONFIG

_PATHS: Final = ("/", "%2A")
"""How paths begin; the second is the ``*`` of ``OPTIONS *``."""

_INDENT: Final = "    "
_FORMATTER: Final = logging.Formatter()


class Redaction(logging.Filter):
    """Cuts query strings from, and escapes control characters in, what a record was given."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record in place, and let it pass."""
        if isinstance(record.args, tuple):
            record.args = tuple(map(_redact, record.args))
        if record.exc_info and not record.exc_text:
            lines = _FORMATTER.formatException(record.exc_info).split("\n")
            record.exc_text = "\n".join(_INDENT + _escape(line) for line in lines)
        return True


def logging_config(level: str) -> dict[str, Any]:
    """Return uvicorn's logging configuration with the redaction on every handler.

    Where nobody listens to the "antiphon" loggers yet, they write to the same place as uvicorn's,
    from `level` on.
    """
    config: dict[str, Any] = deepcopy(LOGGING_CONFIG)
    config["filters"] = {"redaction": {"()": Redaction}}
    for handler in config["handlers"].values():
        handler["filters"] = ["redaction"]
    if not logging.getLogger("antiphon").hasHandlers():
        config["loggers"]["antiphon"] = {"handlers": ["default"], "level": level.upper()}
    return config


def _redact(argument: object) -> object:
    if not isinstance(argument, str):
        return argument
    if argument.startswith(_PATHS):
        argument = argument.partition("?")[0]
    return _escape(argument)


def _escape(text: str) -> str:
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
