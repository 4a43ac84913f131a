"""Opaque payloads on their way to clients that speak JSON: they have to turn out to be JSON.

What an app hands through unseen may be any bytes. Inside a JSON message only JSON can stand, and on
one line. Anything else raises `Disconnect` 3506: its client speaks the wrong protocol for what it
was to be sent.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from msgspec import Raw
from msgspec.structs import replace

from antiphon import codes
from antiphon.errors import Disconnect
from antiphon.event import is_json, on_one_line
from antiphon.protocol.messages import (
    ConnectResult,
    HistoryResult,
    Result,
    RPCResult,
    SubscribeResult,
)
from antiphon.publication import Publication


def check(data: Raw) -> None:
    """Raise `Disconnect` 3506 unless a payload is JSON."""
    if not is_json(data):
        raise Disconnect.of(codes.INAPPROPRIATE_PROTOCOL)


def seen(data: Raw) -> Raw:
    """Return a payload on one line."""
    check(data)
    return Raw(on_one_line(bytes(data)))


def seen_publication(published: Publication) -> Publication:
    """Return a publication whose payload has been seen."""
    return replace(published, data=seen(published.data), opaque=False)


def seen_result(result: Result) -> Result:
    """Return a result whose payloads have been seen."""
    see = _HOLDERS.get(type(result))
    return result if see is None else see(result)


def _page(result: Any) -> Any:
    publications: list[Publication] = result.publications
    if not any(published.opaque for published in publications):
        return result
    told = [seen_publication(p) if p.opaque else p for p in publications]
    return replace(result, publications=told)


def _subs(result: ConnectResult) -> ConnectResult:
    if not result.subs:
        return result
    return replace(result, subs={channel: _page(joined) for channel, joined in result.subs.items()})


def _answer(result: RPCResult) -> RPCResult:
    if not result.opaque:
        return result
    return RPCResult(seen(result.data)) if result.data else RPCResult()


_HOLDERS: Final[Mapping[type, Callable[[Any], Any]]] = MappingProxyType(
    {ConnectResult: _subs, HistoryResult: _page, SubscribeResult: _page, RPCResult: _answer}
)
"""What to do with the results that may hold opaque payloads."""
