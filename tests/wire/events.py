"""What a client makes of the bytes of a stream, by the book: lines of JSON, or server-sent events."""

import json
import re
from typing import Any, NamedTuple


class ServerSentEvent(NamedTuple):
    """One event as `EventSource` dispatches it; `id` is the last one seen, "" for none."""

    data: str
    id: str

    def json(self) -> Any:
        return json.loads(self.data)


class EventReader:
    """Reads ``text/event-stream`` piece by piece (WHATWG HTML section 9.2.6).

    `last_id` and `retry` are what a browser would keep for its next request.
    """

    def __init__(self) -> None:
        self.last_id = ""
        self.retry: int | None = None
        self._text = ""
        self._data: list[str] = []
        self._id = ""

    def feed(self, piece: str) -> list[ServerSentEvent]:
        """Return the events that end in this piece. A line ends in CR LF, LF or CR."""
        self._text += piece
        *lines, self._text = re.split(r"\r\n|\n|\r(?!$)", self._text)
        return [event for line in lines if (event := self._line(line)) is not None]

    def _line(self, line: str) -> ServerSentEvent | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isdecimal():
            self.retry = int(value)
        return None

    def _dispatch(self) -> ServerSentEvent | None:
        data, self._data = self._data, []
        self.last_id = self._id
        return ServerSentEvent("\n".join(data), self.last_id) if data else None


class LineReader:
    """Reads lines of JSON piece by piece; each ends in a newline."""

    def __init__(self) -> None:
        self._text = ""

    def feed(self, piece: str) -> list[Any]:
        """Return the values that end in this piece."""
        *lines, self._text = (self._text + piece).split("\n")
        return [json.loads(line) for line in lines]
