"""From bodies to replies: one call, a batch of them, or the older form with the method in the body.

A body is decoded as a whole before anything in it is done. What cannot be decoded raises; whatever
goes wrong behind that is an error in the reply.
"""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import msgspec
from msgspec import UNSET, DecodeError, Raw, Struct, UnsetType, ValidationError

from antiphon.errors import AntiphonError, BadRequest, Refusal
from antiphon.hub.core import Core
from antiphon.server.api.methods import SIGNATURES, Work, not_found
from antiphon.server.api.replying import in_portions, reply_of
from antiphon.server.api.requests import BatchRequest, LegacyCommand, RequestDecoder, given
from antiphon.server.api.results import Error, Reply
from antiphon.server.api.tally import Tally

_LEGACY: Final = msgspec.json.Decoder(LegacyCommand)


class TooManyCommands(AntiphonError):
    """One body holds more than `Limits.api_commands`."""


class _Call(Struct, frozen=True):
    """A method and its request."""

    name: str
    request: Any


class _LegacyReply(Struct, omit_defaults=True):
    id: int = 0
    error: Error | UnsetType = UNSET
    result: Any = UNSET


class Executor:
    """Runs what bodies ask for.

    Args:
        work: who does what, by the methods' names.
    """

    def __init__(self, core: Core, work: Mapping[str, Work], tally: Tally) -> None:
        self._core = core
        self._work = work
        self._tally = tally
        self._batch = RequestDecoder(BatchRequest)
        self._decoders = {name: RequestDecoder(s.request) for name, s in SIGNATURES.items()}

    async def single(self, name: str, body: bytes) -> Reply[Any]:
        """Call one method.

        Raises:
            BadRequest: the body is not its request.
        """
        return await self._run(self._decode(name, body))

    async def batch(self, body: bytes) -> bytes:
        """Call many methods, and encode a reply for each, in their order.

        Raises:
            BadRequest: a part of the body is no request.
            TooManyCommands: there are too many.
        """
        asked: BatchRequest = self._batch.decode(body)
        self._check_number(asked.commands)
        calls = [partial(self._command, self._call(*one)) for one in enumerate(asked.commands)]
        if asked.parallel:
            return msgspec.json.encode({"replies": await in_portions(calls)})
        replies = []
        for call in calls:
            replies.append(await call())
            await asyncio.sleep(0)  # others have their turn
        return msgspec.json.encode({"replies": replies})

    async def legacy(self, body: bytes) -> bytes:
        """Call methods that are named in the body, one after another; encode a line for each.

        Raises:
            BadRequest: the body is no command, nor several of them.
            TooManyCommands: there are too many.
        """
        commands = _legacy_commands(body)
        self._check_number(commands)
        lines = []
        for command in commands:
            reply = await self._legacy(command)
            lines.append(msgspec.json.encode(_LegacyReply(command.id, reply.error, reply.result)))
            await asyncio.sleep(0)
        return b"\n".join(lines)

    def _decode(self, name: str, data: Raw | bytes) -> _Call:
        return _Call(name, self._decoders[name].decode(data))

    async def _run(self, call: _Call) -> Reply[Any]:
        reply = await reply_of(self._core, call.name, self._checked(call))
        self._tally.count(call.name, reply)
        return reply

    async def _checked(self, call: _Call) -> Struct:
        for field in SIGNATURES[call.name].required:
            if not getattr(call.request, field):
                raise BadRequest(f"{field}: required")
        return await self._work[call.name](call.request)

    def _call(self, number: int, command: dict[str, Raw] | None) -> _Call | Refusal:
        """Read one command of a batch; what has no method, or several, is refused in its reply."""
        if not command or len(command) > 1:
            return BadRequest("a command has one key, the method's name")
        ((name, data),) = command.items()
        if name not in SIGNATURES:
            return not_found()
        try:
            return self._decode(name, data if given(data) else b"{}")
        except BadRequest as error:
            _, _, rule = error.text.partition(": ")
            raise BadRequest(f"commands[{number}]: {rule}") from None

    async def _command(self, call: _Call | Refusal) -> dict[str, Any]:
        if isinstance(call, Refusal):
            return {"error": Error(call.number, call.text)}
        reply = await self._run(call)
        return {"error": reply.error} if reply.result is UNSET else {call.name: reply.result}

    async def _legacy(self, command: LegacyCommand) -> Reply[Any]:
        name = command.method.lower()
        try:
            if name not in SIGNATURES:
                raise not_found()
            call = self._decode(name, command.params if given(command.params) else b"{}")
        except Refusal as refusal:
            return Reply(error=Error(refusal.number, refusal.text))
        return await self._run(call)

    def _check_number(self, commands: list[Any]) -> None:
        limit = self._core.limits.api_commands
        if len(commands) > limit:
            raise TooManyCommands(f"api_commands is {limit}")


def _legacy_commands(body: bytes) -> list[LegacyCommand]:
    try:
        commands = _LEGACY.decode_lines(body)
    except (ValidationError, DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRequest("a command has a method and its params") from None
    if not commands:
        raise BadRequest("there is no command")
    return commands
