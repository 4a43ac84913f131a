"""What every Python client has that needs it, whatever the app declares."""

from typing import Final

HANDLER: Final = """
E = TypeVar("E")
H = TypeVar("H")
S = TypeVar("S")

Handler: TypeAlias = Callable[[E, Any], Awaitable[None]]
\"\"\"Takes an event, and the SDK's context of the publication.\"\"\"
"""

CHANNEL: Final = '''
class Channel(Generic[H, S]):
    """A channel: `H` handles what is received in it, `S` may be published."""

    def __init__(self, client: centrifuge.Client, name: str) -> None:
        self.name = name
        self._client = client

    async def subscribe(
        self,
        handlers: H,
        otherwise: Handler[Any] | None = None,
        *,
        events: centrifuge.SubscriptionEventHandler | None = None,
        **options: Any,
    ) -> centrifuge.Subscription:
        """Subscribe; `events` handles all but publications, `options` are the SDK's.

        What has no type that is known here, but to a newer server, goes to `otherwise`.
        """

        async def receive(context: Any) -> None:
            await self.receive(context, handlers, otherwise)

        listens: Any = copy(events or centrifuge.SubscriptionEventHandler())
        listens.on_publication = receive
        subscription = self._client.new_subscription(self.name, listens, **options)
        await subscription.subscribe()
        return subscription

    async def receive(
        self, context: Any, handlers: H, otherwise: Handler[Any] | None = None
    ) -> None:
        """Handle a publication: one of the client's `on_publication`, too."""
        data, handle = context.pub.data, cast(Any, handlers)
        if not callable(handle):
            tag = data.get("type") if isinstance(data, dict) else None
            handle = handle.get(str(tag), otherwise)
        if handle is not None:
            await handle(data, context)

    async def publish(self, event: S) -> None:
        """Publish, once it is subscribed if it is to be."""
        subscription = self._client.get_subscription(self.name)
        if subscription is not None:
            await subscription.publish(event)
        else:
            await self._client.publish(self.name, event)
'''

NAME: Final = '''
def _name(pattern: str, name: str, *parts: object) -> str:
    """Check a channel's name; ValueError if parts of it cannot stand there."""
    found = re.fullmatch(pattern, name)
    if found is None or found.groups() != tuple(map(str, parts)):
        raise ValueError(f"no channel can be called {name!r}")
    return name
'''
