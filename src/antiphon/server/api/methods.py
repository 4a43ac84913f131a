"""The methods of the server API: what each takes, what it gives, and who does it."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from msgspec import UNSET, Raw, Struct

from antiphon import codes
from antiphon.calls import BackendMethod
from antiphon.channel import Router
from antiphon.errors import Refusal
from antiphon.hub.hub import Hub
from antiphon.server.api import requests, results
from antiphon.server.api.clients import Clients
from antiphon.server.api.looking import Looking
from antiphon.server.api.node import Node
from antiphon.server.api.publishing import Publishing

Work = Callable[[Any], Awaitable[Struct]]


class Signature(Struct, frozen=True):
    """One method. Fields that are `required` may not be empty."""

    text: str
    request: type[Struct]
    result: type[Struct]
    required: tuple[str, ...] = ()
    example: dict[str, Any] | None = None
    """A request; none where the app's own events and methods are in it."""


SIGNATURES: Final[Mapping[str, Signature]] = MappingProxyType(
    {
        "publish": Signature(
            "Publish an event into a channel",
            request=requests.PublishRequest,
            result=results.PublishResult,
            required=("channel",),
        ),
        "broadcast": Signature(
            "Publish an event into many channels",
            request=requests.BroadcastRequest,
            result=results.BroadcastResult,
            required=("channels",),
        ),
        "subscribe": Signature(
            "Subscribe a user's connections to a channel",
            request=requests.SubscribeRequest,
            result=results.Done,
            required=("channel",),
            example={"user": "42", "channel": "chat:lobby"},
        ),
        "unsubscribe": Signature(
            "Unsubscribe a user's connections from a channel",
            request=requests.UnsubscribeRequest,
            result=results.Done,
            required=("channel",),
            example={"user": "42", "channel": "chat:lobby"},
        ),
        "disconnect": Signature(
            "Close a user's connections",
            request=requests.DisconnectRequest,
            result=results.Done,
            example={"user": "42", "disconnect": {"code": 4500, "reason": "banned"}},
        ),
        "refresh": Signature(
            "Prolong or end a user's connections",
            request=requests.RefreshRequest,
            result=results.Done,
            example={"user": "42", "expire_at": 1_900_000_000},
        ),
        "presence": Signature(
            "See who is in a channel",
            request=requests.PresenceRequest,
            result=results.PresenceResult,
            required=("channel",),
            example={"channel": "chat:lobby"},
        ),
        "presence_stats": Signature(
            "Count who is in a channel",
            request=requests.PresenceRequest,
            result=results.PresenceStatsResult,
            required=("channel",),
            example={"channel": "chat:lobby"},
        ),
        "history": Signature(
            "Read what a channel keeps",
            request=requests.HistoryRequest,
            result=results.HistoryResult,
            required=("channel",),
            example={"channel": "chat:lobby", "limit": 50, "reverse": True},
        ),
        "history_remove": Signature(
            "Drop what a channel keeps",
            request=requests.HistoryRemoveRequest,
            result=results.Done,
            required=("channel",),
            example={"channel": "chat:lobby"},
        ),
        "info": Signature(
            "See which processes serve the app",
            request=requests.InfoRequest,
            result=results.InfoResult,
            example={},
        ),
        "rpc": Signature(
            "Call a method of the app",
            request=requests.RPCRequest,
            result=results.RPCResult,
            required=("method",),
        ),
        "channels": Signature(
            "List the channels that have subscribers",
            request=requests.ChannelsRequest,
            result=results.ChannelsResult,
            example={"pattern": "chat:*"},
        ),
    }
)
"""By name. A batch is not among them: it is made of these."""


class Calling:
    """The method `rpc`: the app's own methods for backends."""

    def __init__(self, methods: Mapping[str, BackendMethod]) -> None:
        self._methods = methods

    async def rpc(self, request: requests.RPCRequest) -> results.RPCResult:
        """Call a method that the app declares with `App.api_rpc`."""
        method = self._methods.get(request.method)
        if method is None:
            raise not_found()
        params = request.params if isinstance(request.params, Raw) else Raw()
        return results.RPCResult(await method(params) or UNSET)


def not_found() -> Refusal:
    """Make the error for a method that there is not, in this API's own words."""
    return Refusal("not found", code=codes.METHOD_NOT_FOUND.number)


def bind(
    hub: Hub, router: Router, methods: Mapping[str, BackendMethod], node: Node
) -> dict[str, Work]:
    """Return who does what, by the methods' names."""
    publishing, looking = Publishing(hub, router), Looking(hub, router)
    clients, calling = Clients(hub, router), Calling(methods)
    return {
        "publish": publishing.publish,
        "broadcast": publishing.broadcast,
        "subscribe": clients.subscribe,
        "unsubscribe": clients.unsubscribe,
        "disconnect": clients.disconnect,
        "refresh": clients.refresh,
        "presence": looking.presence,
        "presence_stats": looking.presence_stats,
        "history": looking.history,
        "history_remove": looking.history_remove,
        "info": node.info,
        "rpc": calling.rpc,
        "channels": looking.channels,
    }
