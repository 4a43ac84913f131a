"""`antiphon record` and `antiphon check`: a conversation in a file, and what of it no contract allows.

A recording holds payloads, and of other commands nothing but their names: no token is in it. Failures
are `TalkFailed` of a connection, `WrongUsage` of what cannot be read.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import typer
from msgspec import Raw

from antiphon.cli.contracts import contract_from
from antiphon.cli.failure import WrongUsage, one_line
from antiphon.cli.talking import TalkFailed, connected, enter, explained
from antiphon.contract.conversation import Conversation, Line
from antiphon.dialer import Pipe
from antiphon.protocol.messages import Push, Reply

_PAYLOADS: Final = frozenset({"publish", "rpc", "send"})
"""Commands whose data is an event or a request."""

_PUSHES: Final = ("join", "leave", "subscribe", "unsubscribe", "connect", "disconnect", "refresh")

_decoder: Final = msgspec.json.Decoder(Reply)

Told = dict[str, Any]


class RecordedPipe:
    """A pipe that tells what goes over it.

    Args:
        pipe: open.
        tell: called with each line, in the order of the conversation.
    """

    def __init__(self, pipe: Pipe, tell: Callable[[Line], None]) -> None:
        self._pipe = pipe
        self._tell = tell
        self._begun = time.monotonic()
        self._calls: dict[int, Told] = {}

    async def send(self, text: bytes) -> None:
        """Send, and tell what."""
        command = msgspec.json.decode(text, type=Told)
        for kind in command.keys() - {"id"}:
            named = _names(command[kind])
            self._calls[command.get("id", 0)] = named
            said = {"payload": command[kind].get("data")} if kind in _PAYLOADS else {}
            self._say("sent", kind, **named, **said)
        await self._pipe.send(text)

    async def receive(self) -> bytes:
        """Receive, and tell what."""
        text = await self._pipe.receive()
        for reply in _replies(text):
            self._say_reply(reply)
        return text

    async def close(self) -> None:
        """Close the pipe."""
        await self._pipe.close()

    def _say_reply(self, reply: Reply) -> None:
        if reply.push is not None:
            self._say_push(reply.push)
            return
        named = self._calls.pop(reply.id, {})
        if reply.error is not None:
            self._say("received", "error", **named, payload=msgspec.to_builtins(reply.error))
        elif reply.rpc is not None:
            self._say("received", "reply", **named, payload=_payload(reply.rpc.data))
        else:
            self._say_recovered(reply, named.get("channel", ""))

    def _say_recovered(self, reply: Reply, channel: str) -> None:
        """Tell what a subscription brings along."""
        joined = dict(reply.connect.subs) if reply.connect else {}
        if reply.subscribe is not None:
            joined[channel] = reply.subscribe
        for name, result in joined.items():
            for publication in result.publications:
                self._say_publication(name, publication.data)

    def _say_push(self, push: Push) -> None:
        if push.pub is not None:
            self._say_publication(push.channel, push.pub.data)
        elif push.message is not None:
            self._say("received", "message", payload=_payload(push.message.data))
        else:
            kinds = [kind for kind in _PUSHES if getattr(push, kind) is not None]
            self._say("received", *kinds[:1] or ("push",), channel=push.channel)

    def _say_publication(self, channel: str, data: Raw) -> None:
        self._say("received", "publication", channel=channel, payload=_payload(data))

    def _say(self, direction: Literal["sent", "received"], kind: str, **said: Any) -> None:
        at = round(time.monotonic() - self._begun, 3)
        self._tell(Line(at=at, direction=direction, kind=kind, **said))


def _replies(text: bytes) -> list[Reply]:
    """Read a message; of what is not of the protocol nothing is told, the peer notices."""
    try:
        return _decoder.decode_lines(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []


def _payload(data: Raw) -> Any:
    return data or None


def _names(body: Told) -> Told:
    return {name: body[name] for name in ("channel", "method") if name in body}


async def record(url: str, channels: Sequence[str], output: Path, *, token: str) -> None:
    """Write down what is said in some channels, until the connection ends.

    Raises:
        TalkFailed: the server is not there, refuses, or ends the connection.
    """
    with output.open("wb") as file:

        def write(line: Line) -> None:
            file.write(msgspec.json.encode(line) + b"\n")
            file.flush()

        async with connected(url, token, through=lambda pipe: RecordedPipe(pipe, write)) as peer:
            with explained(url):
                for channel in channels:
                    await enter(peer, channel)
                typer.echo(f"Recording {', '.join(channels)} (Ctrl+C stops)", err=True)
                code, reason = await peer.ended()
                raise TalkFailed(f"the server ended the connection: {code} {reason}")


def check(source: str, recording: Path) -> int:
    """Print what a recording holds that a contract does not allow, and return the exit code.

    Raises:
        WrongUsage: one of the two cannot be read.
    """
    conversation = Conversation(contract_from(source))
    counts: Counter[bool] = Counter()
    number = 0
    for number, line in enumerate(_lines(recording), 1):
        for finding in conversation.findings(line):
            counts[finding.violation] += 1
            kind = "violation" if finding.violation else "deprecated"
            typer.echo(one_line(f"{recording}:{number}: {kind}: {line.kind} {finding.text}"))
    typer.echo(f"{number} lines, violations: {counts[True]}, deprecated: {counts[False]}")
    return int(counts[True] > 0)


def _lines(recording: Path) -> Iterator[Line]:
    try:
        text = recording.read_bytes()
    except OSError as error:
        raise WrongUsage(f"{recording}: {error.strerror or error}") from None
    for number, line in enumerate(text.splitlines(), 1):
        try:
            yield msgspec.json.decode(line, type=Line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise WrongUsage(f"{recording}:{number}: {error}") from None
