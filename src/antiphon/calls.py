"""RPC methods, for clients and for backends, and one-way messages, as an app declares them.

A method's types are its annotations: the parameter behind the client is what is sent, the return
annotation is what the caller gets. A backend's method has no client. Input is validated before the
handler sees it; a bad one is answered with error 107, which names the field and the rule. What is
declared as `bytes` is handed through unseen, both ways.
"""

import inspect
import typing
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

from msgspec import Raw

from antiphon.channel.handler import Handler
from antiphon.errors import DeclarationError, MethodNotFound, NotAvailable
from antiphon.event import (
    PayloadDecoder,
    PayloadType,
    counting,
    decoder_of,
    encode_payload,
    is_json,
    payload_types,
)
from antiphon.hub.client import Client
from antiphon.payload import check_received, check_sent
from antiphon.protocol.messages import Message
from antiphon.publication import NO_DATA

_NOTHING = Raw(b"null")


class _Method:
    """One method: decodes what is sent, calls the handler, encodes what it returns.

    `request` and `response` are the annotated types; `request` is None for a method without input.
    `function` is the app's own.
    """

    __slots__ = (
        "_decode",
        "_handler",
        "function",
        "name",
        "opaque",
        "request",
        "response",
        "waits",
    )

    kind: ClassVar[str]
    given: ClassVar[tuple[str, ...]]
    """What the handler gets besides its input."""

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        where = f"{self.kind} {name!r}"
        parameters = list(inspect.signature(function).parameters)
        hints = _hints(function, where)
        self.name = name
        self.function = function
        self.request: Any = None
        self._decode: Callable[[Raw], Any] | None = None
        leading = self.given
        if len(parameters) > len(self.given):
            sent = parameters[len(self.given)]
            leading = (*self.given, "request")
            self.request = hints.get(sent)
            if self.request is None:
                raise DeclarationError(f"{where}: {sent!r} needs a type annotation")
            check_received((self.request,), where=where)
            self._decode = _decoder(self.request)
        self.response: Any = hints.get("return")
        self.opaque = self.response in (bytes, bytes | None)
        self._handler = Handler(function, leading=leading, where=where)
        self.waits = self._handler.waits

    @property
    def is_async(self) -> bool:
        """Whether `begin` returns something to await."""
        return self._handler.is_async

    def encode(self, result: Any) -> Raw:
        """Encode what the handler answered."""
        if result is None:
            return NO_DATA
        return Raw(result) if self.opaque else encode_payload(result)


class RPCMethod(_Method):
    """What clients call: ``(client, request: Type) -> Type``."""

    __slots__ = ()

    kind, given = "rpc", ("client",)

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        super().__init__(name, function)
        check_sent((self.response,), where=f"{self.kind} {name!r}: answer")

    def begin(self, client: Client, data: Raw) -> Any:
        """Decode what the client sends and call the handler; return what that returns."""
        if self._decode is None:
            return self._handler.begin(client)
        return self._handler.begin(client, self._decode(data))


class BackendMethod(_Method):
    """What backends call through the server API: ``(request: Type) -> Type``."""

    __slots__ = ()

    kind, given = "api_rpc", ()

    async def __call__(self, data: Raw) -> Raw:
        """Decode what the backend sends, call the handler, and encode what that returns."""
        given = () if self._decode is None else (self._decode(data),)
        return self._checked(self.encode(await self._handler(*given)))

    def _checked(self, answer: Raw) -> Raw:
        """Return an answer as JSON on one line, which opaque ones have to be: a reply is JSON."""
        if not self.opaque or not answer:
            return answer
        if not is_json(answer):
            raise TypeError(f"{self.kind} {self.name!r} answered with what is no JSON")
        return encode_payload(answer)


M = TypeVar("M", bound=_Method)


def _decoder(request: Any) -> Callable[[Raw], Any]:
    """Return what decodes the input of a method; to a typed one nothing at all is ``null``."""
    if request is bytes:
        return bytes
    decode = PayloadDecoder(request).decode
    return lambda data: decode(data or _NOTHING)


def _hints(function: Callable[..., Any], where: str) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        raise DeclarationError(f"{where}: {error}; declare its types at module level") from None


class Calls(Generic[M]):
    """The methods of an app, of one kind."""

    def __init__(self, kind: type[M]) -> None:
        self.methods: dict[str, M] = {}
        self._kind = kind

    def add(self, name: str, function: Callable[..., Any]) -> None:
        """Declare a method.

        Raises:
            DeclarationError: the name is taken, or the signature does not fit.
        """
        self.check(name)
        self.methods[name] = self._kind(name, function)

    def check(self, name: str) -> None:
        """See that a method may have this name.

        Raises:
            DeclarationError: it is no text, empty, or taken.
        """
        if not isinstance(name, str) or not name or name in self.methods:
            raise DeclarationError(
                f"{self._kind.kind} {name!r}: a name is a text, not empty, and declared once"
            )

    def find(self, name: str) -> M:
        """Return a method by name.

        Raises:
            NotAvailable: the app declares none at all.
            MethodNotFound: it declares others.
        """
        method = self.methods.get(name)
        if method is None:
            raise MethodNotFound() if self.methods else NotAvailable("this app has no methods")
        return method


class Messages:
    """The handlers of one-way messages from clients, and the messages to them.

    Args:
        sends: the events that `Client.send` may carry, or `bytes`.
    """

    def __init__(self, sends: Any) -> None:
        self.deprecated: dict[str, int] = {}
        """How often clients have sent each deprecated event, by its tag."""
        self.sends = payload_types(sends, where="messages")
        self.handlers: dict[PayloadType, Handler] = {}
        self.waits = False
        self._decode = decoder_of(())

    def check(self, events: tuple[PayloadType, ...]) -> None:
        """See that handlers for some events may be added.

        Raises:
            DeclarationError: none are named, one is no event, or has a handler or a tag already.
        """
        for event in events:
            if event in self.handlers:
                raise DeclarationError(f"on_message: two handlers for {event!r}")
        declared = (*self.handlers, *events)
        if not events or not all(isinstance(event, type) for event in events):
            raise DeclarationError("on_message names the events it handles: @app.on_message(Event)")
        payload_types(typing.Union[declared], where="on_message")  # noqa: UP007

    def add(self, events: tuple[PayloadType, ...], function: Callable[..., Any]) -> None:
        """Declare a handler for some events.

        Raises:
            DeclarationError: as `check` does, or the signature does not fit.
        """
        self.check(events)
        handler = Handler(function, leading=("client", "event"), where="on_message")
        self.handlers.update(dict.fromkeys(events, handler))
        known = tuple(self.handlers)
        self._decode = counting(decoder_of(known), known, self.deprecated)
        self.waits = any(handler.waits for handler in self.handlers.values())

    async def __call__(self, client: Client, data: Raw) -> None:
        """Handle one message."""
        event = self._decode(data)
        await self.handlers[type(event)](client, event)

    def encode(self, event: Any) -> Message:
        """Encode a message to a client.

        Raises:
            DeclarationError: the app does not declare it.
        """
        if type(event) not in self.sends:
            raise DeclarationError(f"{event!r} is not among the app's messages")
        if type(event) is bytes:
            return Message(Raw(event), opaque=True)
        return Message(encode_payload(event))
