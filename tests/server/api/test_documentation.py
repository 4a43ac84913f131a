"""The page on the server API: each of its calls works, and its tables name all there is."""

import json
import re
from pathlib import Path

import pytest
from msgspec import Struct

from antiphon import API, Anonymous, App, Event, History, Limits
from antiphon.server.api.methods import SIGNATURES
from tests.server.api.backend import KEY, Backend

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "server-api.md").read_text()
CALLS = re.findall(r"^call (\w+) '(.+)'$", PAGE, re.MULTILINE)


class Said(Event):
    """Somebody said something."""

    text: str


class Typing(Event):
    """Somebody types."""


class CreateRoom(Struct):
    """A room to make."""

    name: str


def create(request: CreateRoom) -> CreateRoom:
    return request


@pytest.fixture
def app() -> App:
    app = App("Newsroom", auth=Anonymous(), api=API(key=KEY))
    app.channel(
        "chat:{room}", publishes=Said | Typing, history=History(9, 60), presence=True, open=True
    )
    app.api_rpc("rooms.create")(create)
    return app


@pytest.mark.parametrize(("method", "body"), CALLS, ids=[method for method, _ in CALLS])
async def test_every_call_works(app: App, method: str, body: str) -> None:
    async with app.lifespan():
        answer = await Backend(app).post(f"/api/{method}", body.encode())
    reply = json.loads(answer.body)
    if method == "batch":
        assert [list(part) for part in reply["replies"]] == [["publish"], ["info"]]
    else:
        assert list(reply) == ["result"]


def test_every_method_is_called_and_described() -> None:
    methods = {*SIGNATURES, "batch"}
    assert {method for method, _ in CALLS} == methods
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*?)\|", PAGE, re.MULTILINE))
    assert rows.keys() == methods
    rows["broadcast"] = rows["publish"].replace("`channel`", "`channels`")
    rows["disconnect"] = rows["disconnect"].partition(":")[0]
    for method, signature in SIGNATURES.items():
        fields = {*signature.request.__struct_fields__}
        assert set(re.findall(r"`(\w+)`", rows[method])) == fields, method


def test_the_bounds_are_those_of_the_limits() -> None:
    limits = Limits()
    assert f"`api_commands` ({limits.api_commands})" in PAGE
    assert f"`api_requests` ({limits.api_requests})" in PAGE
    assert f"`api_channels` ({limits.api_channels:,})" in PAGE
    assert f"`api_publications` ({limits.api_publications:,})" in PAGE
    assert (limits.api_body_bytes, "`api_body_bytes` (1 MiB)" in PAGE) == (1_048_576, True)
