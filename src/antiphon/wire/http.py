"""uvicorn's HTTP protocol with the bounds that it lacks.

The head of a request must be complete within `Limits.request_seconds`; it may have so many bytes
and headers (431), and exactly one `Host` (400). A body must come at `BODY_RATE` at least, and be
complete soon after its response. A peer that takes nothing of its responses is cut, and so is one
that has more than `PIPELINED` requests wait. An upgrade hands over the bytes that came behind it in
the same segment, which uvicorn drops. Whatever is refused gets a constant answer, and the
connection ends.
"""

import asyncio
from collections.abc import Callable
from math import ceil
from typing import TYPE_CHECKING, Any, Final, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from antiphon.limits import Limits
from antiphon.wire.congestion import StallWatch
from antiphon.wire.handshake import Refused, refusal_response
from antiphon.wire.port import Refusal

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application

BODY_RATE: Final = 240
"""Bytes per second of a body, measured over `Limits.request_seconds` while the app would take them.
The figure of Kestrel's `MinRequestBodyDataRate`."""

PIPELINED: Final = 16
"""Requests that may wait behind one that is being answered. Each costs some KiB, and one segment can
hold thousands; no browser sends even one."""

_LINE_END: Final = 4
"""Bytes of a header line besides name and value."""

_MALFORMED: Final = Refusal(400, "malformed request")


class HttpProtocol(HttpToolsProtocol):
    """One HTTP connection.

    Args:
        limits: `request_seconds`, `header_bytes`, `header_count` and `stalled_seconds` apply.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: Limits,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._deadline: asyncio.TimerHandle | None = None
        self._watch: StallWatch | None = None
        self._answering: RequestResponseCycle | None = None
        self._in_head = True
        self._received = 0
        self._counted = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect the first request within the deadline."""
        super().connection_made(transport)
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the deadlines with the connection, and tell the app that is answering."""
        self._disarm()
        self._stop_watch()
        self.pipeline.clear()
        if self._answering is not None:
            self._answering.disconnected = True  # uvicorn tells only the last one that waits
            self._answering.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, within the bounds."""
        self._unset_keepalive_if_required()
        self._arm()
        self._received += len(data)
        try:
            self.parser.feed_data(data)
            if self._in_head and self._received > self._limits.header_bytes:
                raise Refused(431, "request header too large")
        except httptools.HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._refuse(cause.refusal if isinstance(cause, Refused) else _MALFORMED)
        except Refused as refused:
            self._refuse(refused.refusal)

    def on_message_begin(self) -> None:
        """Count the head that begins."""
        super().on_message_begin()
        self._in_head = True
        self._counted = 0
        self._arm()

    def on_url(self, url: bytes) -> None:
        """Take a part of the request line."""
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; a trailer is only counted, since the app has the headers already."""
        if self._in_head:
            super().on_header(name, value)
        self._count(len(name) + len(value) + _LINE_END)
        if len(self.headers) > self._limits.header_count:
            raise Refused(431, "too many request headers")

    def on_headers_complete(self) -> None:
        """Check the whole head, then let the app begin."""
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() == "1.1"):
            raise Refused(400, "exactly one Host header is required")
        if len(self.pipeline) == PIPELINED:
            raise Refused(429, "too many requests at once")
        self._in_head = False
        self._received = 0
        self._disarm()
        self._arm()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Expect the next request."""
        self._in_head = True
        self._received = 0
        self._disarm()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """See that the rest of the response leaves, if that was the last."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._watch_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection."""
        super().timeout_keep_alive_handler()
        self._watch_writing()

    def pause_writing(self) -> None:
        """Hold the app back, and watch the peer, until the write buffer has drained."""
        super().pause_writing()
        self._watch_writing()

    def resume_writing(self) -> None:
        """Undo `pause_writing`."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._stop_watch()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: "ASGI3Application") -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def _get_upgrade(self) -> bytes | None:
        """Return ``websocket`` if that is one of the protocols offered; uvicorn wants it alone."""
        offers = [value for name, value in self.headers if name == b"upgrade"]
        tokens = [token.strip().lower() for token in b",".join(offers).split(b",")]
        return b"websocket" if b"websocket" in tokens else None

    def _watch_writing(self) -> None:
        if self._watch is None:
            self._watch = StallWatch(
                self.transport,
                seconds=self._limits.stalled_seconds,
                abort=self.transport.abort,
            )

    def _stop_watch(self) -> None:
        if self._watch is not None:
            self._watch.stop()
            self._watch = None

    def _count(self, size: int) -> None:
        """Count what the parser has passed on: exact, where one segment holds several requests."""
        self._counted += size
        if self._counted > self._limits.header_bytes:
            raise Refused(431, "request header too large")

    def _arm(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self._limits.request_seconds, self._on_deadline)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _on_deadline(self) -> None:
        self._deadline = None
        if self._responding() and self._progresses():
            self._arm()
        else:
            self.transport.abort()

    def _progresses(self) -> bool:
        """Whether the client has sent what it owes of a body since the last time."""
        due = BODY_RATE * self._limits.request_seconds
        if self._in_head:
            return True
        if self.flow.read_paused or self.cycle.waiting_for_100_continue:
            self._received = ceil(due)  # the app may let it go on only just before the next time
            return True
        progresses, self._received = self._received >= due, 0
        return progresses

    def _responding(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _refuse(self, refusal: Refusal) -> None:
        if self._responding():
            self.transport.abort()
        else:
            self.transport.write(refusal_response(refusal))
            self.transport.close()
            self._watch_writing()

    def _upgrade(self, tail: bytes) -> None:
        """Hand over to the WebSocket protocol; any other upgrade is served as plain HTTP.

        Behind a request that is still being answered an upgrade ends the connection.
        """
        if not self._should_upgrade():
            return
        if self._responding():
            self._refuse(_MALFORMED)
            return
        self._disarm()
        self.connections.discard(self)
        protocol = cast(Callable[..., asyncio.Protocol], self.ws_protocol_class)(
            config=self.config, server_state=self.server_state, app_state=self.app_state
        )
        protocol.connection_made(self.transport)
        protocol.data_received(self._head() + tail)
        self.transport.set_protocol(protocol)
        del self.parser  # it refers to this protocol, which nobody needs any more

    def _head(self) -> bytes:
        version = self.parser.get_http_version().encode()
        lines = [b" ".join((self.parser.get_method(), self.url, b"HTTP/" + version))]
        lines += (name + b": " + value for name, value in self.headers)
        return b"\r\n".join([*lines, b"", b""])
