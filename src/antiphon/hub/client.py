"""The client, as handlers see it."""

from typing import Any, Protocol

from antiphon import codes
from antiphon.auth import Grant, Identity
from antiphon.errors import Disconnect
from antiphon.publication import ClientInfo, StreamPosition


class _Owner(Protocol):
    def send(self, event: Any) -> None: ...

    async def subscribe(self, channel: str, grant: Grant, since: StreamPosition | None) -> None: ...

    async def unsubscribe(self, channel: str) -> None: ...

    def end(self, disconnect: Disconnect) -> None: ...

    @property
    def channels(self) -> list[str]: ...


class Client:
    """One authenticated connection. Handlers get it; a user may have several.

    After the end of the connection every method is safe to call and does nothing.
    """

    __slots__ = ("_identity", "_owner", "id", "info")

    def __init__(self, client_id: str, identity: Identity, info: ClientInfo, owner: _Owner) -> None:
        self.id = client_id
        """UUID, new with every connection."""
        self.info = info
        """What others see: user, client id and the credential's `info`."""
        self._identity = identity
        self._owner = owner

    def __repr__(self) -> str:
        return f"<Client {self.id} of user {self.user!r}>"

    @property
    def user(self) -> str:
        """The user's id; "" for an anonymous one."""
        return self._identity.user

    @property
    def claims(self) -> dict[str, Any]:
        """All claims of the token it connected with, verified; empty when there was none."""
        return self._identity.claims

    @property
    def meta(self) -> dict[str, Any]:
        """What the credential carries for the server only."""
        return self._identity.meta

    @property
    def channels(self) -> list[str]:
        """The channels that this connection is subscribed to."""
        return self._owner.channels

    def send(self, event: Any) -> None:
        """Send an event, or opaque `bytes`, to this connection alone, outside any channel.

        Raises:
            DeclarationError: the app does not declare the event among its `messages`.
        """
        self._owner.send(event)

    async def subscribe(
        self, channel: str, *, grant: Grant | None = None, since: StreamPosition | None = None
    ) -> None:
        """Subscribe this connection from the server's side; nobody is asked for permission.

        Args:
            grant: what others see of the subscription, what the client is told, when it ends.
            since: send what was published after this position, as far as the channel keeps all
                of it; the push that tells of the subscription says from where.

        Raises:
            UnknownChannel, AlreadySubscribed, LimitExceeded: as for the client's own subscribe.
        """
        await self._owner.subscribe(channel, grant or Grant(), since)

    async def unsubscribe(self, channel: str) -> None:
        """End a subscription, whoever made it. Does nothing when there is none."""
        await self._owner.unsubscribe(channel)

    def disconnect(
        self,
        code: int = codes.FORCE_DISCONNECT.number,
        reason: str = codes.FORCE_DISCONNECT.text,
    ) -> None:
        """Close the connection. See `antiphon.codes` for who reconnects after which code."""
        self._owner.end(Disconnect(code, reason))
