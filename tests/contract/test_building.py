"""From an app to its contract: everything is in it, in a fixed order, and as plain values."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from antiphon import Anonymous, App, Client, Event
from antiphon.contract import Contract, contract_of
from antiphon.contract.building import LIMITS_OF_A_CLIENT
from antiphon.contract.model import History, Messages, Parameter, Payload
from antiphon.limits import Limits
from tests.contract.zoo import imported, source_of_big_app, zoo


@pytest.fixture(scope="module")
def contract() -> Contract:
    return contract_of(zoo())


def test_it_survives_being_written_and_read(contract: Contract) -> None:
    written = msgspec.json.encode(contract)
    assert msgspec.json.decode(written, type=Contract) == contract


def test_it_is_the_same_each_time(contract: Contract) -> None:
    assert msgspec.json.encode(contract_of(zoo())) == msgspec.json.encode(contract)


def test_the_app_is_described(contract: Contract) -> None:
    assert (contract.title, contract.version) == ("Zoo", "2.0.0")
    assert contract.description == "One of everything.\n\nFor tests."
    assert [scheme.name for scheme in contract.auth] == ["jwt", "on_connect"]
    assert all(scheme.description for scheme in contract.auth)
    assert [(t.name, t.protocol, t.path) for t in contract.transports] == [
        ("websocket", "ws", "/connection/websocket"),
        ("http_stream", "http", "/connection/http_stream"),
        ("sse", "http", "/connection/sse"),
        ("uni_websocket", "ws", "/connection/uni_websocket"),
        ("uni_sse", "http", "/connection/uni_sse"),
    ]


def test_channels_are_in_the_order_of_their_declarations(contract: Contract) -> None:
    assert [(channel.key, channel.address) for channel in contract.channels] == [
        ("everything", "everything"),
        ("keptRoomNumberIntKeyUuid", "kept:{room}/{number:int}/{key:uuid}"),
        ("latest", "latest"),
        ("inboxUser", "inbox#{user}"),
        ("blobName", "blob:{name}"),
    ]


def test_a_channel_says_all_that_was_declared(contract: Contract) -> None:
    kept = contract.channels[1]
    assert kept.template == "kept:{room}/{number}/{key}"
    assert kept.description == "Where things are kept."
    assert kept.publishes == Messages(events=("Moved", "Numbers"))
    assert kept.accepts == Messages(events=("MoveTo",))
    assert kept.history == History(size=10, ttl=60, mode="stream", without=("Numbers",))
    assert kept.delivery == "recoverable"
    assert (kept.presence, kept.join_leave, kept.delta, kept.tags_filter) == (True,) * 4
    assert (kept.decides, kept.open, kept.personal, kept.read_unsubscribed) == (
        True,
        False,
        False,
        False,
    )


def test_parameters_have_types_and_examples(contract: Contract) -> None:
    room, number, key = contract.channels[1].parameters
    assert (room.name, room.type, room.description) == ("room", "str", "The room's name.")
    assert number == Parameter(
        name="number", type="int", pattern="^(?:0|-?[1-9][0-9]{0,17})$", example="42"
    )
    assert key.type == "uuid"


def test_what_else_channels_say(contract: Contract) -> None:
    everything, _, latest, inbox, blob = contract.channels
    assert (everything.delivery, everything.history, everything.open) == (
        "at-most-once",
        None,
        True,
    )
    assert latest.delivery == "latest-value"
    assert inbox.personal
    assert blob.publish_unsubscribed
    assert blob.publishes == blob.accepts == Messages(opaque=True)
    assert bool(blob.publishes) and not everything.accepts


def test_events_have_tags_docstrings_and_advice(contract: Contract) -> None:
    events = contract.events
    assert list(events) == ["Numbers", "Texts", "Times", "Wholes", "OldNumbers", "Moved", "MoveTo"]
    assert (events["Moved"].tag, events["MoveTo"].tag) == ("moved", "moved")
    assert events["Moved"].description == "Somebody moved."
    assert {name: e.deprecated for name, e in events.items() if e.deprecated} == {
        "OldNumbers": "use numbers"
    }
    assert all(len(event.examples) == 1 for event in events.values())


class Undocumented(Event):
    what: int


class Unmakeable(Event):
    """Has a field that no example is found for."""

    word: Annotated[str, msgspec.Meta(pattern="(?<=y)x(?=z)")]


def test_an_event_has_no_docstring_but_its_own() -> None:
    app = App("x", auth=Anonymous())
    app.channel("news", publishes=Undocumented)
    assert contract_of(app).events["Undocumented"].description == ""


def test_there_is_no_example_rather_than_a_wrong_one() -> None:
    app = App("x", auth=Anonymous())
    app.channel("news", publishes=Unmakeable)
    assert contract_of(app).events["Unmakeable"].examples == ()


def test_methods_say_what_they_take_and_give(contract: Contract) -> None:
    create, rooms, blob, quiet = contract.methods
    assert (create.key, create.name) == ("roomsCreate", "rooms.create")
    assert create.description == "Make a room.\n\nIt is empty at first."
    assert create.request == Payload(
        schema={"$ref": "#/components/schemas/Create"}, examples=({"name": "lobby"},)
    )
    assert create.response is not None
    assert create.response.schema == {
        "anyOf": [{"$ref": "#/components/schemas/PageCreate"}, {"type": "null"}]
    }
    assert (rooms.request, rooms.deprecated) == (None, "use rooms.create")
    assert blob.request == blob.response == Payload(opaque=True)
    assert quiet.request is not None and quiet.request.examples == (3,)
    assert quiet.response is None


def test_a_method_without_annotations_may_answer_anything() -> None:
    app = App("x", auth=Anonymous())

    @app.rpc("bare")
    def bare(client: Client):  # type: ignore[no-untyped-def]
        return 5

    (method,) = contract_of(app).methods
    assert (method.request, method.response) == (None, Payload())


def test_one_way_messages_are_told_by_direction(contract: Contract) -> None:
    assert contract.accepts == Messages(events=("MoveTo", "Texts"))
    assert contract.sends == Messages(events=("Moved", "Numbers"))


def test_limits_are_those_of_one_client(contract: Contract) -> None:
    assert contract.limits["message_bytes"] == 65_536
    assert set(LIMITS_OF_A_CLIENT) <= set(Limits.__struct_fields__)
    assert not contract.limits.keys() & {"connections", "history_bytes", "handlers_waiting"}


def test_fields_are_read_from_schemas(contract: Contract) -> None:
    fields = {field.name: field for field in contract.fields("Texts")}
    assert list(fields)[:3] == ["type", "plain", "short"]
    assert fields["plain"].required and fields["plain"].always_sent
    assert (fields["documented"].required, fields["documented"].always_sent) == (False, True)
    assert fields["documented"].description == "What it is for."
    assert fields["old"].deprecated
    given = {field.name: field for field in contract.fields("Numbers")}["given"]
    assert (given.examples, given.description) == ((7, 8), "As an example says.")
    unset = {field.name: field for field in contract.fields("Wholes")}["unset"]
    assert not unset.always_sent
    assert [field.always_sent for field in contract.fields("OldNumbers")] == [True, False]
    assert contract.fields("Mood") == ()


# How much work it is.


@pytest.fixture
def big(tmp_path: Path) -> Iterator[App]:
    for module in imported("five_hundred", source_of_big_app(500), tmp_path):
        yield module.app


def test_types_are_looked_at_once_and_sources_read_once(
    big: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The budget is half a second for 500 events; this counts what would break it."""
    counted: dict[str, int] = {"types": 0, "modules": 0, "decoded": 0}

    def counting(name: str, function: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            counted[name] += 1
            return function(*arguments, **options)

        return call

    monkeypatch.setattr(
        msgspec.inspect, "multi_type_info", counting("types", msgspec.inspect.multi_type_info)
    )
    monkeypatch.setattr(ast, "parse", counting("modules", ast.parse))
    monkeypatch.setattr(msgspec.json, "decode", counting("decoded", msgspec.json.decode))
    contract = contract_of(big)
    assert len(contract.events) == 500
    assert contract.schemas["Event7"]["properties"]["count"]["description"] == "How many."
    assert counted["types"] == 1
    assert counted["modules"] <= 2  # the app's, and that of our codes
    assert counted["decoded"] <= 4 * 500  # an example, two defaults, and what a `Meta` says


def test_a_declaration_looks_at_its_types_a_fixed_number_of_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    look = msgspec.inspect.multi_type_info

    def counting(types: Any) -> Any:
        looked.append(len(list(types)))
        return look(types)

    def looks_at(events: int) -> int:
        looked.clear()
        for module in imported(f"app_of_{events}", source_of_big_app(events), tmp_path):
            assert len(module.app.behaviour.router.channels) == events // 10
        return sum(looked)

    monkeypatch.setattr(msgspec.inspect, "multi_type_info", counting)
    more = looks_at(100) - looks_at(50)
    assert more <= 50 + 5  # each event, and the union of each channel
