"""Looking into channels: who is there, what they keep, and which ones there are."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from typing import Final

from msgspec import UNSET, Raw

from antiphon import publication
from antiphon.channel import Router
from antiphon.errors import NotAvailable
from antiphon.event import encode_payload, is_json
from antiphon.hub.hub import Hub
from antiphon.hub.ports import ChannelOptions
from antiphon.hub.reading import fitting, read_page
from antiphon.server.api.glob import glob
from antiphon.server.api.requests import (
    ChannelsRequest,
    HistoryRemoveRequest,
    HistoryRequest,
    PresenceRequest,
)
from antiphon.server.api.results import (
    ChannelInfo,
    ChannelsResult,
    ClientInfo,
    Done,
    HistoryResult,
    PresenceResult,
    PresenceStatsResult,
    Publication,
)

NAMES_AT_ONCE: Final = 1_000
"""Names that are compared with a pattern in one turn of the loop."""


class Looking:
    """The methods that read, and `history_remove`."""

    def __init__(self, hub: Hub, router: Router) -> None:
        self._core = hub.core
        self._router = router

    async def presence(self, request: PresenceRequest) -> PresenceResult:
        """Say who is in a channel."""
        self._check_presence(request.channel)
        present = await self._core.engine.presence(request.channel)
        return PresenceResult({client: _info(info) for client, info in present.items()})

    async def presence_stats(self, request: PresenceRequest) -> PresenceStatsResult:
        """Say how many are in a channel."""
        self._check_presence(request.channel)
        clients, users = await self._core.engine.presence_stats(request.channel)
        return PresenceStatsResult(clients, users)

    async def history(self, request: HistoryRequest) -> HistoryResult:
        """Return some of what a channel keeps."""
        self._check_history(request.channel)
        found, top = await read_page(
            self._core.engine,
            request.channel,
            limit=request.limit,
            since=request.since,
            reverse=request.reverse,
            most=self._core.limits.api_publications,
        )
        told = fitting(found, self._core.limits.api_history_bytes)
        return HistoryResult([_publication(p) for p in told], top.epoch, top.offset)

    async def history_remove(self, request: HistoryRemoveRequest) -> Done:
        """Drop what a channel keeps."""
        self._check_history(request.channel)
        await self._core.engine.remove_history(request.channel)
        return Done()

    async def channels(self, request: ChannelsRequest) -> ChannelsResult:
        """List the channels with subscribers; the loop turns in between."""
        fits: Callable[[str], bool] = glob(request.pattern) if request.pattern else bool
        found = {}
        topics = list(self._core.topics.values())
        for first in range(0, len(topics), NAMES_AT_ONCE):
            for topic in topics[first : first + NAMES_AT_ONCE]:
                if topic.subscriptions and fits(topic.name):
                    found[topic.name] = ChannelInfo(len(topic.subscriptions))
            await asyncio.sleep(0)
        return ChannelsResult(found)

    def _options(self, channel: str) -> ChannelOptions:
        return self._router.route(channel).options

    def _check_presence(self, channel: str) -> None:
        if not self._options(channel).presence:
            raise NotAvailable("this channel keeps no presence")

    def _check_history(self, channel: str) -> None:
        if not self._options(channel).history_size:
            raise NotAvailable("this channel keeps no history")


def _info(info: publication.ClientInfo) -> ClientInfo:
    return ClientInfo(info.user, info.client, info.conn_info or UNSET, info.chan_info or UNSET)


def _publication(kept: publication.Publication) -> Publication:
    told = Publication(
        kept.data,
        info=UNSET if kept.info is None else _info(kept.info),
        offset=kept.offset,
        tags=kept.tags or UNSET,
    )
    if kept.opaque:
        told.data, told.b64data = _opaque(kept.data)
    return told


def _opaque(data: Raw) -> tuple[Raw, str]:
    """Return an opaque payload as JSON, or if it is none, as null and its Base64."""
    if is_json(data):
        return encode_payload(data), ""
    return Raw(b"null"), b64encode(data).decode()
