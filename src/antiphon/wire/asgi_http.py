"""Whole HTTP requests over ASGI, and what they are answered with."""

from typing import Final

from antiphon.errors import AntiphonError
from antiphon.wire.asgi import Receive
from antiphon.wire.port import Refusal

DONE: Final = Refusal(204, "")
CLIENT_GONE: Final = Refusal(499, "the client is gone")
TOO_LARGE: Final = Refusal(413, "request too large")


class Rejected(AntiphonError):
    """The request is answered with `refusal`."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(f"{refusal.status} {refusal.text}")


def check_method(method: str, allowed: tuple[str, ...]) -> None:
    """Take one of the methods, or the question of a browser whether it may use them.

    Raises:
        Rejected: 405.
    """
    methods = (*allowed, "OPTIONS")
    if method not in methods:
        raise Rejected(Refusal(405, "method not allowed", {"allow": ", ".join(methods)}))


async def read_body(receive: Receive, limit: int) -> bytes:
    """Return a request's body.

    Raises:
        Rejected: 413 it has more than `limit` bytes, 499 the client is gone.
    """
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Rejected(CLIENT_GONE)
        body += message.get("body", b"")
        if len(body) > limit:
            raise Rejected(TOO_LARGE)
        if not message.get("more_body"):
            return bytes(body)
