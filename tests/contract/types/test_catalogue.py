"""The catalogue: which definitions there are, what they are called, and what travels where."""

from antiphon.contract import contract_of
from antiphon.contract.types.catalogue import catalogue
from antiphon.contract.types.shapes import Alias, Case, Catalogue, Named, Record, Union
from tests.contract.nasty import nasty
from tests.contract.types.corner import corner
from tests.contract.zoo import zoo

CORNER = catalogue(contract_of(corner()), header="")
ZOO = catalogue(contract_of(zoo()), header="")


def record(found: Catalogue, name: str) -> Record:
    (wanted,) = (d for d in found.definitions if d.name == name and isinstance(d, Record))
    return wanted


def optional(found: Catalogue, name: str) -> set[str]:
    return {member.name for member in record(found, name).members if member.optional}


def test_what_is_received_is_always_there_and_what_is_sent_need_not_be() -> None:
    assert optional(CORNER, "Said") == set()
    assert optional(CORNER, "Author") == set()
    assert optional(CORNER, "SayIt") == {"mood", "attached"}
    assert optional(CORNER, "NewRoom") == {"moods"}
    assert (record(CORNER, "SayIt").sent, record(CORNER, "Said").sent) == (True, False)


def test_what_travels_both_ways_has_two_definitions_if_they_differ() -> None:
    assert optional(ZOO, "Texts") == set()
    assert optional(ZOO, "TextsInput") == {"documented", "old"}
    names = [definition.name for definition in ZOO.definitions]
    assert names.count("Create") == 1  # sent and received alike
    assert record(ZOO, "Create").sent
    assert "PointInput" not in names


def test_fields_that_are_left_away_are_optional_when_received_too() -> None:
    assert optional(ZOO, "OldNumbers") == {"plain"}
    assert "unset" in optional(ZOO, "Wholes")


def test_a_type_within_makes_its_holders_differ() -> None:
    """`Record.next` has a default, so what holds a `Record` may be sent otherwise."""
    found = catalogue(contract_of(nasty()), header="")
    shapes = {m.name: m.shape for m in record(found, "HandlersInput").members}
    assert shapes["record"] == Named("RecordInput")
    assert shapes["odd"] == Named("Odd")


def test_reserved_names_get_an_underscore() -> None:
    found = catalogue(contract_of(corner()), header="", reserved=["Said", "ChatRoomNumberIntEvent"])
    assert record(found, "Said_").name == "Said_"
    received = found.channels[0].receives.union
    assert received is not None
    assert received.name == "ChatRoomNumberInt_Event"
    assert received.cases[0] == Case("said", "Said_")


def test_names_of_a_language_for_channels_are_claimed_too() -> None:
    found = catalogue(
        contract_of(corner()),
        header="",
        reserved=["KeyIdUuidHandlers"],
        claimed=lambda name: [f"{name}Handlers"],
    )
    assert [c.type_name for c in found.channels] == ["ChatRoomNumberInt", "KeyIdUuid_", "BlobName"]


def test_unions_of_the_same_records_are_one() -> None:
    unions = [d for d in CORNER.definitions if isinstance(d, Union) and d.tag_field == "kind"]
    assert [union.name for union in unions] == ["SaidAttached"]
    assert unions[0].cases == (Case("photo", "Photo"), Case("place", "Place"))


def test_addresses_come_apart() -> None:
    chat, key, blob = CORNER.channels
    assert chat.literals == ("chat:", "/", "")
    assert [(p.name, p.kind) for p in chat.parameters] == [("room", "str"), ("number", "int")]
    assert chat.docs == ("One room of many.", "", "Channel `chat:{room}/{number}`.")
    assert key.parameters[0].expression == "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    assert (blob.receives.opaque, blob.sends.opaque, blob.sends.union) == (True, True, None)


def test_what_no_client_meets_has_no_definition() -> None:
    names = {definition.name for definition in ZOO.definitions}
    assert {"Mood", "Tree", "Row", "MoveTo"} <= names
    rows = [d for d in ZOO.definitions if isinstance(d, Alias)]
    assert {alias.name for alias in rows} == {"Point", "Row"}
