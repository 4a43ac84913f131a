"""Antiphon: a real-time server for Python. Typed events over one lasting WebSocket per client."""

from msgspec import Meta

from antiphon.app import App
from antiphon.auth import JWT, Anonymous, Attempt, Authenticator, Grant, Identity
from antiphon.channel import Channel, History, Page, Published
from antiphon.errors import (
    AlreadySubscribed,
    AntiphonError,
    BadRequest,
    DeclarationError,
    Disconnect,
    Expired,
    Forbidden,
    InvalidToken,
    LimitExceeded,
    Malformed,
    MethodNotFound,
    NotAvailable,
    Refusal,
    StartupError,
    TokenExpired,
    TooManyRequests,
    Unauthorized,
    UnknownChannel,
    Unrecoverable,
)
from antiphon.event import Event, deprecated
from antiphon.hub.client import Client
from antiphon.limits import Limits
from antiphon.publication import ClientInfo, StreamPosition
from antiphon.server.api import API

__version__ = "0.1.0"

__all__ = [
    "API",
    "JWT",
    "AlreadySubscribed",
    "Anonymous",
    "AntiphonError",
    "App",
    "Attempt",
    "Authenticator",
    "BadRequest",
    "Channel",
    "Client",
    "ClientInfo",
    "DeclarationError",
    "Disconnect",
    "Event",
    "Expired",
    "Forbidden",
    "Grant",
    "History",
    "Identity",
    "InvalidToken",
    "LimitExceeded",
    "Limits",
    "Malformed",
    "Meta",
    "MethodNotFound",
    "NotAvailable",
    "Page",
    "Published",
    "Refusal",
    "StartupError",
    "StreamPosition",
    "TokenExpired",
    "TooManyRequests",
    "Unauthorized",
    "UnknownChannel",
    "Unrecoverable",
    "deprecated",
]
