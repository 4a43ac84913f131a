"""Channels as an app declares them: address, options, handlers, and typed publishing."""

from antiphon.channel.channel import Channel, History, Page, Published
from antiphon.channel.router import Router

__all__ = ["Channel", "History", "Page", "Published", "Router"]
