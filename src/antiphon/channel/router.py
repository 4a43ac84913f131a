"""From a channel's name to what the app declares about it."""

import logging
from functools import lru_cache
from typing import Any, Final

from msgspec import Raw

from antiphon.auth import Authenticator, Grant
from antiphon.channel.address import check_name
from antiphon.channel.channel import Channel
from antiphon.errors import BadRequest, DeclarationError, Forbidden, NotAvailable, UnknownChannel
from antiphon.hub.client import Client
from antiphon.hub.ports import Outgoing

log = logging.getLogger("antiphon")

_KNOWN_NAMES: Final = 16_384
"""Names whose route is remembered. Only names of declared channels are, so that a stranger's
guesses push nothing out."""


class ChannelRoute:
    """One concrete channel: its declaration, and the parameters in its name."""

    __slots__ = ("_auth", "_name", "_parameters", "channel", "options")

    def __init__(
        self, channel: Channel, name: str, parameters: dict[str, Any], auth: Authenticator | None
    ) -> None:
        self.options = channel.options
        self.channel = channel
        self._name = name
        self._parameters = parameters
        self._auth = auth

    @property
    def subscribe_waits(self) -> bool:
        handler = self.channel.subscribe_handler
        return handler is not None and handler.waits

    @property
    def publish_waits(self) -> bool:
        return any(handler.waits for handler in self.channel.publish_handlers.values())

    @property
    def unsubscribe_waits(self) -> bool:
        handler = self.channel.unsubscribe_handler
        return handler is not None and handler.waits

    async def authorise(self, client: Client, data: Raw, token: str) -> Grant:
        """Let a client subscribe, or raise `Forbidden` or what the handler raises."""
        if token:
            if self._auth is None:
                raise Forbidden("this app takes no subscription tokens")
            return await self._auth.subscribe(
                token, channel=self._name, user=client.user, client=client.id
            )
        named = self._check_users(client)
        handler = self.channel.subscribe_handler
        if handler is not None:
            return _grant(await handler(client, **self._parameters, data=data))
        if not (named or self.channel.open):
            raise Forbidden()
        return Grant()

    def check_reader(self, client: Client) -> None:
        """Raise `Forbidden` where the name asks for a token, or lists users that this is none of."""
        self._check_users(client)

    async def accept(self, client: Client, data: Raw) -> Outgoing | None:
        """Validate what a client publishes, have it handled, and encode what the channel gets."""
        channel = self.channel
        if not channel.accepts:
            raise NotAvailable("clients publish nothing here")
        event = channel.decode(data)
        handler = channel.publish_handlers.get(type(event))
        if handler is not None:
            event = await handler(client, event, **self._parameters)
        return None if event is None else channel.encode(event)

    async def left(self, client: Client, code: int) -> None:
        """Tell the app of an ended subscription."""
        if handler := self.channel.unsubscribe_handler:
            await handler(client, **self._parameters, code=code)

    def _check_users(self, client: Client) -> bool:
        """Say whether the name itself admits the user: ``dialog#1,2`` is for users 1 and 2.

        Raises:
            Forbidden: the name lists users, and this is none of them; or it begins with ``$``,
                which asks for a subscription token.
        """
        if self._name.startswith("$"):
            raise Forbidden("a subscription token is needed")
        _, separator, users = self._name.partition("#")
        if separator and (not client.user or client.user not in users.split(",")):
            raise Forbidden()
        return bool(separator)


def _grant(decided: Any) -> Grant:
    """Read what `on_subscribe` returned. What says neither yes nor no lets nobody in."""
    if decided is None:
        return Grant()
    if not isinstance(decided, Grant):
        raise TypeError(f"on_subscribe returns None or a Grant, not {decided!r}")
    return decided


class Router:
    """All channels of an app."""

    def __init__(self, auth: Authenticator | None, *, longest_name: int) -> None:
        self.channels: list[Channel] = []
        self._auth = auth
        self._longest = longest_name
        self._literal: dict[str, Channel] = {}
        self._find = lru_cache(maxsize=_KNOWN_NAMES)(self._search)

    def add(self, channel: Channel) -> None:
        """Declare a channel.

        Raises:
            DeclarationError: its address is declared already.
        """
        pattern = channel.address.pattern
        if any(known.address.pattern == pattern for known in self.channels):
            raise DeclarationError(f"channel {pattern!r} is declared twice")
        self.channels.append(channel)
        if channel.address.is_literal:
            self._literal[pattern] = channel
        self._find.cache_clear()

    def route(self, name: str) -> ChannelRoute:
        """Find a channel by its name. A literal address wins over a pattern, then the earlier.

        Raises:
            BadRequest: no channel can have this name.
            UnknownChannel: none that is declared has it.
        """
        return self._find(name)

    def personal(self, user: str) -> list[str]:
        """Name the personal channels of a user; nobody has none.

        A user whose id cannot stand in a channel's name does without, and the log says so: to
        refuse the connection would lock the user out of everything else, too.
        """
        if not user:
            return []
        return [name for c in self.channels if c.personal if (name := self._personal(c, user))]

    def _personal(self, channel: Channel, user: str) -> str:
        try:
            name = channel.address.name({"user": user})
            check_name(name, longest=self._longest)
        except (DeclarationError, BadRequest):
            log.warning(
                "user %r has no %r: the id cannot stand in it", user, channel.address.pattern
            )
            return ""
        return name

    def _search(self, name: str) -> ChannelRoute:
        check_name(name, longest=self._longest)
        if channel := self._literal.get(name):
            return ChannelRoute(channel, name, {}, self._auth)
        for channel in self.channels:
            if (parameters := channel.address.match(name)) is not None:
                return ChannelRoute(channel, name, parameters, self._auth)
        raise UnknownChannel()
