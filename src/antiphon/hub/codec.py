"""How connections are written to: a language of the protocol, put into one kind of frame.

Connections with the same codec can be written the same bytes, so that whatever goes to many of them
is encoded once. Most codecs are made once for a hub. Encoding raises `Disconnect` 3506 where
something cannot be said in the language at all: a payload that is not JSON, to a JSON client.
"""

from collections.abc import Callable
from typing import Protocol

from msgspec import Raw

from antiphon.protocol import json
from antiphon.protocol.messages import Command, FilterNode, Message, Push, Result
from antiphon.publication import Publication
from antiphon.wire.packet import Packet


class Language(Protocol):
    """A module of `antiphon.protocol`. What it encodes are lines: whole messages, to be framed."""

    PING: bytes

    def decode(self, data: bytes, *, limit: int) -> list[Command]:
        """Raise `Malformed` on anything that is not a batch of commands."""

    def decode_filter(self, data: Raw) -> FilterNode:
        """Raise `Malformed` on anything that is not a tags filter."""

    def reply(self, command_id: int, name: str, result: Result) -> bytes: ...

    def push(self, payload: Push) -> bytes: ...

    def publication(self, channel: str, published: Publication) -> bytes: ...

    def message(self, told: Message) -> bytes: ...

    def whole(self, published: Publication) -> Publication:
        """Return a publication as those get it who may get patches to it, too."""

    def patched(self, published: Publication, patch: bytes) -> Publication:
        """Return a publication whose payload is a patch to the one before."""


class Codec:
    """One way of writing.

    Args:
        language: of the protocol.
        frame: makes one packet of some lines, at least one.
        packet: does that for one line, faster.
    """

    __slots__ = (
        "decode",
        "decode_filter",
        "frame",
        "message",
        "packet",
        "patched",
        "ping",
        "publication",
        "push",
        "reply",
        "whole",
    )

    def __init__(
        self,
        language: Language,
        frame: Callable[[list[bytes]], Packet],
        packet: Callable[[bytes], Packet] | None = None,
    ) -> None:
        self.frame = frame
        self.packet = packet or (lambda line: frame([line]))
        self.ping = self.packet(language.PING)
        # The language's own functions, so that a call costs no more than it does there.
        self.decode = language.decode
        self.decode_filter = language.decode_filter
        self.message = language.message
        self.patched = language.patched
        self.publication = language.publication
        self.push = language.push
        self.reply = language.reply
        self.whole = language.whole


def json_message(lines: list[bytes]) -> Packet:
    """Frame lines of JSON as one WebSocket message: joined by newlines, none at the end."""
    return Packet(json.join(lines))


def json_stream(lines: list[bytes]) -> Packet:
    """Frame lines of JSON as a piece of an HTTP stream: each ends in a newline."""
    return Packet(b"\n".join([*lines, b""]))


def server_sent_events(lines: list[bytes]) -> Packet:
    """Frame lines of JSON as events of `EventSource`, one each (WHATWG HTML section 9.2)."""
    return Packet(b"data: %b\n\n" % b"\n\ndata: ".join(lines))
