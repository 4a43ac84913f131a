"""Who is this? Credentials in, identities out.

An `Authenticator` turns what a client showed (an `Attempt`) into an `Identity`, and a
subscription token into a `Grant`. `JWT` verifies tokens; `Anonymous` lets strangers in and has
to be written down. Nothing here knows sockets, sessions or channels.

Failures: `StartupError` for a wrong setting; `InvalidToken`, `TokenExpired`, `Forbidden` and
`Disconnect` for a wrong credential.
"""

from antiphon.auth.anonymous import Anonymous
from antiphon.auth.identity import Attempt, Authenticator, Grant, Identity
from antiphon.auth.jwt import JWT

__all__ = ["JWT", "Anonymous", "Attempt", "Authenticator", "Grant", "Identity"]
