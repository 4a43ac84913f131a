"""`antiphon token`: a token signed with the secret of the environment.

Failures: `WrongUsage` for what was typed, `StartupError` for what is not set.
"""

import re
from typing import Any, Final

import msgspec

from antiphon.auth import JWT
from antiphon.cli.failure import WrongUsage

_TTL: Final = re.compile(r"([1-9][0-9]*)([smhd])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds_of(text: str) -> int:
    """Read a time to live: ``30s``, ``15m``, ``1h``, ``7d``."""
    found = _TTL.fullmatch(text)
    if found is None:
        raise WrongUsage(f"{text!r} is no time like 30s, 15m, 1h or 7d")
    return int(found[1]) * _SECONDS[found[2]]


def json_of(text: str, wanted: Any = Any) -> Any:
    """Read JSON that somebody typed."""
    try:
        return msgspec.json.decode(text, type=wanted)
    except msgspec.DecodeError as error:
        raise WrongUsage(f"{text!r}: {error}") from None


def issue(user: str, *, ttl: str, channel: str | None, info: str | None, meta: str | None) -> str:
    """Return a token; the texts are as typed."""
    seconds = seconds_of(ttl)
    public = None if info is None else json_of(info)
    private = None if meta is None else json_of(meta, dict[str, Any])
    return JWT.from_env().issue(user, ttl=seconds, channel=channel, info=public, meta=private)
