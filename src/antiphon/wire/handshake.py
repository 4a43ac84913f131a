"""The opening handshake of RFC 6455 section 4.2. Pure: bytes in, a validated upgrade or a refusal out.

The parser is strict where leniency is dangerous (control characters, folded lines, bodies, a
second `Host`) and lenient where browsers differ (`Connection: keep-alive, Upgrade`, letter case).
Nothing of the client's is echoed into an answer, except a subprotocol from our own list.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable, Iterator
from hashlib import sha1
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from msgspec import Struct

from antiphon.errors import AntiphonError
from antiphon.limits import Limits
from antiphon.wire.port import Refusal

Headers = tuple[tuple[str, str], ...]

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_TARGET: Final = re.compile(rb"/[\x21-\x7e]*")
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

UPGRADE_REQUIRED: Final = {"Upgrade": "websocket", "Sec-WebSocket-Version": "13"}


class Upgrade(Struct, frozen=True, kw_only=True):
    """A valid upgrade request. `headers` has lower-case names, in order of arrival."""

    path: str
    query: str
    headers: Headers
    key: str

    def values(self, name: str) -> list[str]:
        """Return every value of a header, by its lower-case name."""
        return [value for key, value in self.headers if key == name]

    def tokens(self, name: str) -> list[str]:
        """Return the members of a comma-separated header, over all of its lines."""
        return list(_members(self.values(name)))


class Refused(AntiphonError):
    """The request is no valid upgrade; `refusal` is the answer."""

    def __init__(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        self.refusal = Refusal(status, text, headers or {})
        super().__init__(f"{status} {text}")


def parse_upgrade(head: bytes, limits: Limits) -> Upgrade:
    """Parse and validate the head of an upgrade request.

    Args:
        head: request line and headers, up to the empty line, without it.
        limits: `header_bytes` and `header_count` apply.

    Raises:
        Refused: 400 malformed, 405 not GET, 426 not a WebSocket of version 13, 431 too large.
    """
    if len(head) > limits.header_bytes:
        raise Refused(431, "request header too large")
    line, *lines = head.split(b"\r\n")
    if len(lines) > limits.header_count:
        raise Refused(431, "too many request headers")
    path, query = _parse_request_line(line)
    headers = tuple(map(_parse_header, lines))
    upgrade = Upgrade(path=path, query=query, headers=headers, key="")
    _check_request(upgrade)
    return Upgrade(path=path, query=query, headers=headers, key=_websocket_key(upgrade))


def _parse_request_line(line: bytes) -> tuple[str, str]:
    parts = line.split(b" ")
    if len(parts) != 3 or parts[2] != b"HTTP/1.1" or not _TARGET.fullmatch(parts[1]):
        raise Refused(400, "malformed request line")
    if parts[0] != b"GET":
        raise Refused(405, "only GET can be upgraded", {"Allow": "GET"})
    path, _, query = parts[1].decode("ascii").partition("?")
    return unquote(path), query


def _parse_header(line: bytes) -> tuple[str, str]:
    name, colon, value = line.partition(b":")
    if not colon or not _TOKEN.fullmatch(name) or _CONTROL.search(value):
        raise Refused(400, "malformed request header")
    return name.decode("ascii").lower(), value.strip(b" \t").decode("latin-1")


def _members(values: Iterable[str]) -> Iterator[str]:
    for value in values:
        for member in value.split(","):
            if member := member.strip(" \t"):
                yield member


def _check_request(upgrade: Upgrade) -> None:
    hosts = upgrade.values("host")
    if len(hosts) != 1 or not hosts[0]:
        raise Refused(400, "exactly one Host header is required")
    if upgrade.values("transfer-encoding") or set(upgrade.values("content-length")) - {"0"}:
        raise Refused(400, "an upgrade request has no body")
    if "upgrade" not in map(str.lower, upgrade.tokens("connection")):
        raise Refused(426, "WebSocket upgrade required", UPGRADE_REQUIRED)
    if "websocket" not in map(str.lower, upgrade.tokens("upgrade")):
        raise Refused(426, "WebSocket upgrade required", UPGRADE_REQUIRED)
    if upgrade.values("sec-websocket-version") != ["13"]:
        raise Refused(426, "WebSocket version 13 required", UPGRADE_REQUIRED)


def _websocket_key(upgrade: Upgrade) -> str:
    keys = upgrade.values("sec-websocket-key")
    try:
        if len(keys) == 1 and len(b64decode(keys[0].encode("ascii"), validate=True)) == 16:
            return keys[0]
    except (Base64Error, UnicodeEncodeError):
        pass
    raise Refused(400, "invalid Sec-WebSocket-Key")


def choose_subprotocol(upgrade: Upgrade, spoken: tuple[str, ...]) -> str | None:
    """Return the first of `spoken` that the client offers, or None."""
    offered = upgrade.tokens("sec-websocket-protocol")
    return next((name for name in spoken if name in offered), None)


def accept_response(key: str, *, subprotocol: str | None, extension: str | None) -> bytes:
    """Return the bytes of the 101 answer (RFC 6455 section 4.2.2)."""
    digest = b64encode(sha1(key.encode() + _GUID, usedforsecurity=False).digest()).decode()
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": digest}
    if subprotocol is not None:
        headers["Sec-WebSocket-Protocol"] = subprotocol
    if extension is not None:
        headers["Sec-WebSocket-Extensions"] = extension
    return _render(HTTPStatus.SWITCHING_PROTOCOLS, headers)


def refusal_response(refusal: Refusal) -> bytes:
    """Return the bytes of an HTTP answer that refuses the upgrade and ends the connection."""
    body = refusal.text.encode()
    headers = {
        **refusal.headers,
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    return _render(HTTPStatus(refusal.status), headers) + body


def _render(status: HTTPStatus, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
    lines += (f"{name}: {value}" for name, value in headers.items())
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
