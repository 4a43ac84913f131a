"""What an app declares, in the form in which the hub asks for it."""

from collections.abc import Callable
from typing import Any

from antiphon.auth import Attempt, Authenticator, Grant, Identity
from antiphon.calls import Calls, Messages, RPCMethod
from antiphon.channel import Router
from antiphon.channel.handler import Handler
from antiphon.channel.router import ChannelRoute
from antiphon.errors import DeclarationError, Forbidden, InvalidToken
from antiphon.hub.client import Client
from antiphon.hub.ports import MessageHandler, Method
from antiphon.protocol.messages import Message


class Behaviour:
    """Everything that the hub asks of the app."""

    def __init__(self, auth: Authenticator | None, *, messages: Any, longest_name: int) -> None:
        self.auth = auth
        self.router = Router(auth, longest_name=longest_name)
        self.calls = Calls(RPCMethod)
        self.method: Callable[[str], Method] = self.calls.find
        self.messages = Messages(messages)
        self.deprecated = self.messages.deprecated
        """How often clients have sent each deprecated event, by its tag; channels count there too."""
        self.connect_handler: Handler | None = None
        self.disconnect_handler: Handler | None = None

    def on_connect(self, function: Callable[..., Any]) -> None:
        """Declare who decides on attempts to connect."""
        if self.connect_handler is not None:
            raise DeclarationError("on_connect is declared twice")
        self.connect_handler = Handler(function, leading=("attempt",), where="on_connect")

    def on_disconnect(self, function: Callable[..., Any]) -> None:
        """Declare who is told of ended connections."""
        if self.disconnect_handler is not None:
            raise DeclarationError("on_disconnect is declared twice")
        self.disconnect_handler = Handler(
            function, leading=("client",), offered=("code", "reason"), where="on_disconnect"
        )

    @property
    def connect_waits(self) -> bool:
        hook = self.connect_handler
        return (self.auth is not None and self.auth.waits) or (hook is not None and hook.waits)

    @property
    def refresh_waits(self) -> bool:
        return self.auth is not None and self.auth.waits

    @property
    def disconnect_waits(self) -> bool:
        return self.disconnect_handler is not None and self.disconnect_handler.waits

    async def connect(self, attempt: Attempt) -> Identity | None:
        """Ask the authenticator, then the hook, which may decide otherwise.

        Without a hook, what the authenticator says counts. A hook sees it as `attempt.identity`;
        returning None leaves it as it is.
        """
        if self.auth is not None:
            attempt.identity = await self.auth.connect(attempt)
        if self.connect_handler is not None:
            decided = await self.connect_handler(attempt)
            if decided is not None:
                return _identity(decided)
        return attempt.identity

    async def refresh(self, token: str) -> Identity:
        if self.auth is None:
            raise InvalidToken("no authenticator for tokens")
        return await self.auth.refresh(token)

    async def refresh_subscription(self, token: str, *, channel: str, client: Client) -> Grant:
        if self.auth is None:
            raise Forbidden("this app takes no subscription tokens")
        return await self.auth.subscribe(token, channel=channel, user=client.user, client=client.id)

    async def disconnected(self, client: Client, code: int, reason: str) -> None:
        if self.disconnect_handler is not None:
            await self.disconnect_handler(client, code=code, reason=reason)

    def route(self, channel: str) -> ChannelRoute:
        return self.router.route(channel)

    def personal_channels(self, user: str) -> list[str]:
        return self.router.personal(user)

    def message_handler(self) -> MessageHandler | None:
        return self.messages if self.messages.handlers else None

    def encode_message(self, event: Any) -> Message:
        return self.messages.encode(event)


def _identity(decided: Any) -> Identity:
    if not isinstance(decided, Identity):
        raise TypeError(f"on_connect returns an Identity or None, not {decided!r}")
    return decided
