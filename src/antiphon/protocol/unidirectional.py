"""JSON for clients that are only spoken to: bare pushes, and one request to begin with.

The client's one message is a `ConnectRequest`, not a command. The result of connecting is a push
like everything that follows. There are no other replies, and so no errors: `disconnect_for` says
with which code a connection ends that a bidirectional client would be refused by an error reply.

Decoding raises `Malformed`, and nothing else, on any input. Encoding is as in JSON.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from antiphon import codes
from antiphon.codes import Code
from antiphon.errors import Disconnect, Malformed, Refusal
from antiphon.protocol import json, opaque
from antiphon.protocol.messages import Command, ConnectRequest, Message, Push, Result
from antiphon.publication import Publication

PING: Final = json.PING

_decoder: Final = msgspec.json.Decoder(ConnectRequest)
_encode: Final = msgspec.json.Encoder().encode

whole, patched, decode_filter = json.whole, json.patched, json.decode_filter

_ENDS: Final[Mapping[int, Code]] = MappingProxyType(
    {
        codes.BAD_REQUEST.number: codes.MALFORMED,
        codes.TOKEN_EXPIRED.number: codes.CONNECTION_EXPIRED,
        codes.EXPIRED.number: codes.CONNECTION_EXPIRED,
        codes.TOO_MANY_REQUESTS.number: codes.FLOOD,
    }
)


def decode(data: bytes, *, limit: int) -> list[Command]:
    """Decode the client's one message; `limit` says nothing here.

    Raises:
        Malformed: it is no JSON in UTF-8, or has a field of a wrong type.
    """
    try:
        data.decode()
        return [Command(id=1, connect=_decoder.decode(data or b"{}"))]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from None


def reply(command_id: int, name: str, result: Result) -> bytes:
    """Encode the result of connecting as a push."""
    result = opaque.seen_result(result)
    return _encode(Push(**{name: result}))  # type: ignore[arg-type]


def push(payload: Push) -> bytes:
    """Encode a push."""
    return _encode(payload)


def publication(channel: str, published: Publication) -> bytes:
    """Encode a publication push. The payload's bytes pass through as they are."""
    if published.opaque:
        published = opaque.seen_publication(published)
    return _encode(Push(channel=channel, pub=published))


def message(told: Message) -> bytes:
    """Encode a message push, which belongs to no channel."""
    if told.opaque:
        told = Message(opaque.seen(told.data))
    return _encode(Push(message=told))


def disconnect_for(refusal: Refusal) -> Disconnect:
    """Return how a connection ends that is refused; final unless the refusal is temporary."""
    code = _ENDS.get(refusal.number, codes.NOT_PERMITTED)
    if refusal.temporary and not codes.reconnects(code.number):
        code = codes.SERVER_ERROR
    try:
        return Disconnect(code.number, refusal.text)
    except ValueError:  # an app's own text may be longer than a reason, or look like JSON
        return Disconnect.of(code)
