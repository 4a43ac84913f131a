"""One client's place in one channel."""

from msgspec import Raw

from antiphon.hub.form import Form
from antiphon.hub.ports import ChannelOptions, Holder, Route
from antiphon.hub.wheel import Alarm
from antiphon.publication import ClientInfo, Publication
from antiphon.wire.port import Connection


class Subscription:
    """From the moment a client is let in until it leaves.

    While `buffer` is a list, the subscription is being made: what is published meanwhile is held
    there, so that nothing falls between reading the stream and going live.
    """

    __slots__ = (
        "alarm",
        "buffer",
        "channel",
        "connection",
        "data",
        "expires_at",
        "form",
        "holder",
        "info",
        "options",
        "renewable",
        "route",
        "server_side",
    )

    def __init__(
        self,
        channel: str,
        route: Route,
        info: ClientInfo,
        *,
        holder: Holder,
        connection: Connection,
        form: Form,
        options: ChannelOptions,
        server_side: bool,
        expires_at: float | None,
        data: Raw,
    ) -> None:
        self.channel = channel
        self.route = route
        self.info = info
        self.holder = holder
        self.connection = connection
        self.form = form
        self.server_side = server_side
        self.expires_at = expires_at
        self.data = data
        self.options = options
        """Those of the channel, as far as the credential does not decide otherwise."""
        self.renewable = False
        """Whether the client is expected to bring a new token before `expires_at`."""
        self.buffer: list[Publication] | None = []
        self.alarm: Alarm | None = None
        """Goes off when the subscription expires."""

    @property
    def live(self) -> bool:
        """Whether the client has been told that it is subscribed."""
        return self.buffer is None
