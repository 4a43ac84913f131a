"""A declared channel: who may do what in it, what travels in it, what it keeps.

Deny is the default: a client may subscribe when the channel is `open`, when `on_subscribe` lets it,
when it shows a subscription token, or when the name says so (``inbox#42``). It may publish what the
channel `accepts`, while it is subscribed.

Publishing an undeclared event raises `DeclarationError` in the code that tried.
"""

from collections.abc import Callable, Mapping
from itertools import chain
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

from antiphon import place
from antiphon.channel.address import Address
from antiphon.channel.handler import Handler
from antiphon.errors import BadRequest, DeclarationError, Unrecoverable
from antiphon.event import (
    Event,
    PayloadType,
    counting,
    decoder_of,
    encode_payload,
    event_types,
    label_of,
    payload_types,
)
from antiphon.hub.client import Client
from antiphon.hub.hub import Hub
from antiphon.hub.ports import ChannelOptions, Outgoing
from antiphon.protocol.messages import UInt64
from antiphon.publication import ClientInfo, StreamPosition

F = TypeVar("F", bound=Callable[..., Any])


class History(Struct, frozen=True):
    """What a channel keeps, so that a client which comes back misses nothing.

    Args:
        size: publications at most.
        ttl: seconds after the last publication until all are dropped.
        mode: "stream" recovers every missed publication, or says that it cannot; "cache" gives
            every subscriber the latest value at once.
        without: events of the channel that are never kept, ``Typing | Moved``: they reach who is
            there, and nobody gets them later.
    """

    size: Annotated[int, Meta(ge=1)]
    ttl: Annotated[float, Meta(gt=0)]
    mode: Literal["stream", "cache"] = "stream"
    without: Any = None

    def __post_init__(self) -> None:
        if self.size < 1 or self.ttl <= 0 or self.mode not in ("stream", "cache"):
            raise DeclarationError(f"{self!r}: size and ttl are positive, mode is stream or cache")


class Labels(Struct, frozen=True):
    """What may go with a publication."""

    tags: dict[str, str] | None
    idempotency_key: str
    version: UInt64


class Published(Struct, frozen=True):
    """One publication of a channel's history, decoded."""

    event: Any
    offset: int
    info: ClientInfo | None
    tags: dict[str, str] | None


class Page(Struct, frozen=True):
    """Some publications, and the position of the newest one there is."""

    publications: list[Published]
    position: StreamPosition


class Channel:
    """One declared channel or family of channels. Made by `App.channel`, which documents it."""

    def __init__(
        self,
        address: str,
        *,
        publishes: Any,
        accepts: Any,
        history: History | None,
        presence: bool,
        join_leave: bool,
        open: bool,
        personal: bool,
        publish_unsubscribed: bool,
        read_unsubscribed: bool,
        delta: bool,
        tags_filter: bool,
        description: str,
        parameters: Mapping[str, str],
        hub: Hub,
        deprecated: dict[str, int],
    ) -> None:
        self.address = Address(address)
        self.description = description
        self.parameters = dict(parameters)
        """What the address's parameters mean, by name; for documentation."""
        self.keeps = history
        self.open = open
        self.personal = personal
        where = f"channel {address!r}"
        self._where = where
        self._place = place.of_caller()
        self._hub = hub
        self.publishes = payload_types(publishes, where=where)
        self._read = decoder_of(self.publishes)
        if accepts == publishes:
            self.accepts, read = self.publishes, self._read
        else:
            self.accepts = payload_types(accepts, where=where)
            read = decoder_of(self.accepts)
        self.decode = counting(read, self.accepts, deprecated)
        self._kept = self._how_kept(history)
        self.options = ChannelOptions(
            history_size=history.size if history else 0,
            cache=history is not None and history.mode == "cache",
            presence=presence,
            join_leave=join_leave,
            publish_unsubscribed=publish_unsubscribed,
            read_unsubscribed=read_unsubscribed,
            delta=delta,
            tags_filter=tags_filter,
        )
        self.subscribe_handler: Handler | None = None
        self.unsubscribe_handler: Handler | None = None
        self.publish_handlers: dict[PayloadType, Handler] = {}
        self._check()

    def on_subscribe(self, function: F) -> F:
        """Have a function decide who may subscribe: ``(client, **parameters)``.

        It raises `Forbidden` to refuse. It may return a `Grant` with what others see of the
        subscription (`info`), what the client is told (`data`), or an expiry.
        """
        if self.subscribe_handler is not None:
            raise DeclarationError(f"{self._where}: on_subscribe is declared twice")
        self.subscribe_handler = self._handler(function, ("client",), "data")
        return function

    def on_unsubscribe(self, function: F) -> F:
        """Have a function told of every ended subscription: ``(client, **parameters)``.

        It may also take `code`: 0 when the client left by itself, else the unsubscribe or close
        code. It is called once per subscription, on disconnects too.
        """
        if self.unsubscribe_handler is not None:
            raise DeclarationError(f"{self._where}: on_unsubscribe is declared twice")
        self.unsubscribe_handler = self._handler(function, ("client",), "code")
        return function

    def on_publish(self, *events: PayloadType) -> Callable[[F], F]:
        """Have a function handle what clients publish: ``(client, event, **parameters)``.

        What it returns is what the channel gets; None publishes nothing. Without a handler an
        accepted event is published as it is.

        Args:
            events: the accepted events it handles; all of them when none is named.
        """

        for event in events:
            if event not in self.accepts:
                raise DeclarationError(f"{self._where} does not accept {event!r}")

        def declare(function: F) -> F:
            handler = self._handler(function, ("client", "event"))
            for event in events or self.accepts:
                if event in self.publish_handlers:
                    raise DeclarationError(f"{self._where}: two handlers for {event!r}")
                self.publish_handlers[event] = handler
            return function

        return declare

    async def publish(
        self,
        event: Event | bytes,
        *,
        exclude: Client | None = None,
        tags: dict[str, str] | None = None,
        idempotency_key: str = "",
        version: int = 0,
        version_epoch: str = "",
        **parameters: Any,
    ) -> StreamPosition:
        """Publish an event to every subscriber of one channel.

        Args:
            event: one that the channel `publishes`; `bytes` where it publishes `bytes`.
            exclude: a client that does not get it, usually the one that caused it. When it
                reconnects, it may get the event with what it recovers.
            tags: labels that travel with the publication.
            idempotency_key: a repeated key within five minutes publishes nothing and returns the
                first result.
            version: the number of the state that the event tells, such as a row's in a database. In
                a channel with history one that is not above the newest there publishes nothing, so
                that writers may overtake one another; 0 is none.
            version_epoch: a life of that numbering. The first version of another epoch than the
                newest one's is taken whatever its number; "" is compared with any.
            parameters: the address's, by name.

        Returns:
            The publication's place in the stream; offset 0 in a channel without history. Where
            nothing was published for its version, the newest place in the stream.

        Raises:
            DeclarationError: the event is not declared here, or an argument does not fit.
        """
        name, outgoing = self.address.name(parameters), self.encode(event)
        if tags or idempotency_key or version:
            self._check_labels(tags=tags, idempotency_key=idempotency_key, version=version)
        return await self._hub.publish(
            name,
            outgoing,
            tags=tags,
            idempotency_key=idempotency_key,
            version=version,
            version_epoch=version_epoch,
            exclude=exclude.id if exclude else "",
        )

    def _check_labels(self, **given: Any) -> None:
        """See that what goes with a publication can be kept and written: it is not checked later."""
        try:
            labels = msgspec.convert(given, Labels)
            for text in (labels.idempotency_key, *chain(*(labels.tags or {}).items())):
                text.encode()
        except (msgspec.ValidationError, UnicodeEncodeError) as error:
            raise DeclarationError(f"{self._where}: {error}") from None

    async def history(
        self,
        *,
        limit: int = 100,
        since: StreamPosition | None = None,
        reverse: bool = False,
        **parameters: Any,
    ) -> Page:
        """Read what a channel keeps, oldest first; newest first when `reverse`.

        Args:
            limit: publications at most; negative for all.
            since: read after this position (before it, when `reverse`).

        Raises:
            Unrecoverable: the position is of an earlier life of the stream.
        """
        name = self.address.name(parameters)
        found, top = await self._hub.core.engine.history(
            name, since=since.offset if since else None, limit=limit, reverse=reverse
        )
        if since is not None and since.epoch not in ("", top.epoch):
            raise Unrecoverable()
        published = [Published(self._read(p.data), p.offset, p.info, p.tags) for p in found]
        return Page(published, top)

    async def remove_history(self, **parameters: Any) -> None:
        """Drop what a channel keeps; clients that come back are told they cannot recover."""
        await self._hub.core.engine.remove_history(self.address.name(parameters))

    async def presence(self, **parameters: Any) -> dict[str, ClientInfo]:
        """Return who is in a channel, by client id."""
        return await self._hub.core.engine.presence(self.address.name(parameters))

    async def presence_stats(self, **parameters: Any) -> tuple[int, int]:
        """Return how many clients and how many distinct users are in a channel."""
        return await self._hub.core.engine.presence_stats(self.address.name(parameters))

    def encode(self, event: Any) -> Outgoing:
        """Encode an event that the channel declares, and say how long it is kept.

        Raises:
            DeclarationError: the channel does not declare it, or a field has a wrong value.
        """
        kept = self._kept.get(type(event))
        if kept is None:
            declared = ", ".join(map(label_of, self.publishes)) or "nothing"
            raise DeclarationError(f"{self._where} publishes {declared}, not {event!r}")
        if type(event) is bytes:
            return Outgoing(Raw(event), *kept, opaque=True)
        data = encode_payload(event)
        try:
            # A struct checks nothing when it is made: this is where a wrong value is noticed.
            self._read(data)
        except BadRequest as error:
            raise DeclarationError(f"{self._where} cannot carry {event!r}: {error}") from None
        return Outgoing(data, *kept)

    def relay(self, data: Raw) -> Outgoing:
        """Encode what comes from outside in the server's name, once it is found to be declared.

        Raises:
            BadRequest: the channel does not publish it; the text names event, field and rule.
        """
        return self.encode(self._read(data))

    def check_handled(self) -> None:
        """See that every accepted event leads somewhere, once all handlers are declared.

        Raises:
            DeclarationError: one has no handler, and may not be published as it is.
        """
        for event in self.accepts:
            if event not in self._kept and event not in self.publish_handlers:
                raise DeclarationError(
                    f"{self._where} accepts {label_of(event)!r}, and neither publishes it nor has a "
                    "handler for it",
                    at=self._place,
                )

    def _how_kept(self, history: History | None) -> dict[PayloadType, tuple[int, float]]:
        """Return size and time to live of the history, by event; size 0 keeps nothing."""
        size, ttl = (history.size, history.ttl) if history else (0, 0.0)
        kept = dict.fromkeys(self.publishes, (size, ttl))
        for event in event_types(history.without if history else None, where=self._where):
            if event not in kept:
                raise DeclarationError(f"{self._where}: history without {event!r}, not published")
            kept[event] = (0, 0.0)
        return kept

    def _handler(
        self, function: Callable[..., Any], leading: tuple[str, ...], *offered: str
    ) -> Handler:
        names = [*self.address.parameters, *offered]
        return Handler(function, leading=leading, offered=names, where=self._where)

    def _check(self) -> None:
        reserved = {
            "self",
            "client",
            "event",
            "exclude",
            "tags",
            "idempotency_key",
            "version",
            "version_epoch",
            "limit",
            "since",
        }
        for name in self.address.parameters.keys() & (reserved | {"reverse", "code", "data"}):
            raise DeclarationError(f"{self._where}: a parameter cannot be called {name!r}")
        for name in self.parameters.keys() - self.address.parameters.keys():
            raise DeclarationError(f"{self._where}: there is no {{{name}}} in it to describe")
        if self.personal and list(self.address.parameters) != ["user"]:
            raise DeclarationError(f"{self._where}: a personal channel has one parameter, {{user}}")
        if not (self.publishes or self.accepts):
            raise DeclarationError(f"{self._where} declares no event")
