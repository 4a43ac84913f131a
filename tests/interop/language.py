"""The languages that the Python SDK speaks, and clients of it that take and give values of JSON in each.

The cases are written once, with payloads that are values. In Protobuf payloads are bytes: a client
here sends a value's text, and gives back the value of what it gets.
"""

import dataclasses
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from centrifuge import Client  # type: ignore[import-untyped]


def values_in(given: Any) -> Any:
    """Return what the SDK gave, with the value of each payload in it; None for no bytes."""
    if isinstance(given, bytes):
        return json.loads(given) if given else None
    if isinstance(given, list):
        return [values_in(one) for one in given]
    if isinstance(given, dict):
        return {key: values_in(value) for key, value in given.items()}
    if dataclasses.is_dataclass(given) and not isinstance(given, type):
        fields = [field.name for field in dataclasses.fields(given)]
        return dataclasses.replace(given, **{f: values_in(getattr(given, f)) for f in fields})
    return given


class BytesClient(Client):  # type: ignore[misc]
    """Speaks Protobuf; payloads are what they are."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, use_protobuf=True, **options)


class ValueClient(BytesClient):
    """Speaks Protobuf; payloads are values of JSON."""

    async def rpc(self, method: str, data: Any, **options: Any) -> Any:
        return values_in(await super().rpc(method, json.dumps(data).encode(), **options))

    async def publish(self, channel: str, data: Any, **options: Any) -> Any:
        return await super().publish(channel, json.dumps(data).encode(), **options)

    async def history(self, channel: str, **options: Any) -> Any:
        return values_in(await super().history(channel, **options))

    async def presence(self, channel: str, **options: Any) -> Any:
        return values_in(await super().presence(channel, **options))


def _as_it_is(context: Any) -> Any:
    return context


class Language(NamedTuple):
    """The SDK's client for a language, and what is made of the contexts of that client's events."""

    client: type[Any]
    read: Callable[[Any], Any]


JSON = Language(Client, _as_it_is)
PROTOBUF = Language(ValueClient, values_in)
BYTES = Language(BytesClient, _as_it_is)
"""Protobuf with payloads that are what they are."""

in_either_language = pytest.mark.parametrize(
    "language", [pytest.param(JSON, id="json"), pytest.param(PROTOBUF, id="protobuf")]
)
