"""All exceptions that Antiphon raises or understands.

::

    AntiphonError
    ├── DeclarationError      an app, channel, event or handler is declared wrongly
    ├── StartupError          the app cannot start: no auth, port taken, missing setting
    ├── Refusal               raise it in a handler: the client gets an error reply and stays
    │   ├── Unauthorized      101
    │   ├── UnknownChannel    102
    │   ├── Forbidden         103
    │   ├── MethodNotFound    104
    │   ├── AlreadySubscribed 105
    │   ├── LimitExceeded     106
    │   ├── BadRequest        107
    │   ├── NotAvailable      108
    │   ├── TokenExpired      109
    │   ├── Expired           110
    │   ├── TooManyRequests   111
    │   └── Unrecoverable     112
    └── Disconnect            raise it in a handler: the connection ends with this close code
        ├── InvalidToken      3500
        └── Malformed         3501

The first two are for developers, at start-up. The other two travel to the client: `Refusal`
with a code for replies, `Disconnect` with a close code.
"""

import msgspec

from antiphon import codes, place
from antiphon.codes import Code

CLOSE_REASON_BYTES = 123
"""RFC 6455 section 5.5: 125 bytes of control payload, less the two of the code."""


class AntiphonError(Exception):
    """Root of all exceptions in Antiphon."""


class DeclarationError(AntiphonError):
    """Something is declared wrongly; the text names the declaration, the rule and the line.

    Args:
        text: what is wrong.
        at: ``file:line`` of the declaration; the line of the app's that is running unless given.
    """

    def __init__(self, text: str, *, at: str = "") -> None:
        line = at or place.of_caller()
        super().__init__(f"{text} ({line})" if line else text)


class StartupError(AntiphonError):
    """The app cannot start; the text is one line that says why and what to do."""


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return False
    return True


class Refusal(AntiphonError):
    """An error reply. The connection stays.

    Args:
        detail: added to the code's text, for the client's developer to read.
        code: 400 to 1999 for your own codes; the subclasses carry the protocol's.
        temporary: whether the same command may succeed when tried again.

    Raises:
        ValueError: `code` is outside 100 to 1999.
    """

    code = codes.INTERNAL

    def __init__(
        self, detail: str = "", *, code: int | None = None, temporary: bool | None = None
    ) -> None:
        if code is None:
            self.number = self.code.number
            self.text = f"{self.code.text}: {detail}" if detail else self.code.text
        elif not 100 <= code <= 1999:
            raise ValueError(f"an error code lies between 100 and 1999, not at {code}")
        else:
            self.number = code
            self.text = detail or "application error"
        known = self.number in codes.TEMPORARY_ERRORS
        self.temporary = known if temporary is None else temporary
        super().__init__(f"{self.number} {self.text}")


class Unauthorized(Refusal):
    """101: the credential is not good for this."""

    code = codes.UNAUTHORIZED


class UnknownChannel(Refusal):
    """102: no declared channel has this name."""

    code = codes.UNKNOWN_CHANNEL


class Forbidden(Refusal):
    """103: the client is known, and may not do this."""

    code = codes.PERMISSION_DENIED


class MethodNotFound(Refusal):
    """104: the app declares no such RPC method."""

    code = codes.METHOD_NOT_FOUND


class AlreadySubscribed(Refusal):
    """105: the connection has this channel already."""

    code = codes.ALREADY_SUBSCRIBED


class LimitExceeded(Refusal):
    """106: a limit is hit; the text names it."""

    code = codes.LIMIT_EXCEEDED


class BadRequest(Refusal):
    """107: the command or its event is not valid; the text names field and rule."""

    code = codes.BAD_REQUEST


class NotAvailable(Refusal):
    """108: this feature is off here."""

    code = codes.NOT_AVAILABLE


class TokenExpired(Refusal):
    """109: every SDK answers by fetching a new token."""

    code = codes.TOKEN_EXPIRED


class Expired(Refusal):
    """110: the new expiry already lies in the past."""

    code = codes.EXPIRED


class TooManyRequests(Refusal):
    """111: a rate limit is hit."""

    code = codes.TOO_MANY_REQUESTS


class Unrecoverable(Refusal):
    """112: the history does not reach back to this position."""

    code = codes.UNRECOVERABLE_POSITION


class Disconnect(AntiphonError):
    """The end of a connection. See `antiphon.codes` for who reconnects after which code.

    Args:
        code: 4000 to 4499 (the client reconnects) or 4500 to 4999 (final) for your own codes.
        reason: plain words, at most 123 bytes of UTF-8. Not JSON, which SDKs would read.

    Raises:
        ValueError: the code or the reason is not one that may be sent.
    """

    def __init__(self, code: int, reason: str) -> None:
        if not 3000 <= code <= 4999:
            raise ValueError(f"a disconnect code lies between 3000 and 4999, not at {code}")
        if len(reason.encode()) > CLOSE_REASON_BYTES:
            raise ValueError(f"a close reason has at most {CLOSE_REASON_BYTES} bytes: {reason!r}")
        if _is_json(reason):
            raise ValueError(f"a close reason is in plain words, not JSON: {reason!r}")
        self.number = code
        self.reason = reason
        super().__init__(f"{code} {reason}")

    detail = ""
    """More than the client is told, for the server's log."""

    @property
    def detailed(self) -> str:
        """Code, reason and detail in one line."""
        text = f"{self.number} {self.reason}"
        return f"{text}: {self.detail}" if self.detail else text

    @classmethod
    def of(cls, code: Code) -> "Disconnect":
        """Build the disconnect for a code of `antiphon.codes`."""
        return Disconnect(code.number, code.text)


class InvalidToken(Disconnect):
    """3500: signature or a claim is wrong. The detail is for the server's log only."""

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        super().__init__(codes.INVALID_TOKEN.number, codes.INVALID_TOKEN.text)


class Malformed(Disconnect):
    """3501: the client broke the protocol. The detail is for the server's log only."""

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        super().__init__(codes.MALFORMED.number, codes.MALFORMED.text)
