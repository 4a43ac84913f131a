"""Documents read back: ours to the last field, others' as far as they go, and no bad one."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.contract import contract_of
from antiphon.contract.asyncapi import document
from antiphon.contract.model import Contract, Messages
from antiphon.contract.reading import Unreadable, read
from antiphon.contract.servers import Location
from antiphon.contract.serving import as_json
from antiphon.contract.yaml import encode
from tests.contract.zoo import zoo

CONTRACT = contract_of(zoo())
DOCUMENT = document(CONTRACT)

FOREIGN = """
asyncapi: "3.0.0"
info:
  title: Foreign
  version: "1"
channels:
  chat:
    address: "chat/{room}"
    messages:
      said:
        "$ref": "#/components/messages/said"
    parameters:
      room: {}
operations:
  hear:
    action: send
    channel:
      "$ref": "#/channels/chat"
components:
  messages:
    said:
      payload:
        type: string
"""


def test_a_document_is_the_contract_again() -> None:
    assert read(as_json(DOCUMENT).decode()) == CONTRACT


def test_in_yaml_too() -> None:
    assert read(encode(DOCUMENT)) == CONTRACT


def test_and_so_is_a_contract() -> None:
    assert read(msgspec.json.encode(CONTRACT).decode()) == CONTRACT


def test_where_an_app_is_mounted_does_not_count() -> None:
    elsewhere = document(CONTRACT, location=Location.of("https://example.com/realtime"))
    assert read(as_json(elsewhere).decode()) == CONTRACT


def test_a_document_of_others() -> None:
    contract = read(FOREIGN.lstrip())
    (channel,) = contract.channels
    assert (channel.address, channel.publishes) == ("chat/{room}", Messages(events=("said",)))
    assert contract.events["said"].tag == "said"
    assert contract.schemas == {"said": {"type": "string"}}


def changed(**parts: Any) -> str:
    return as_json({**DOCUMENT, **parts}).decode()


def with_schema(schema: Any) -> str:
    components = DOCUMENT["components"]
    schemas = {**components["schemas"], "Moved": schema}
    return changed(components={**components, "schemas": schemas})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        ("{", "Input data was truncated"),
        ("[]", "it is no AsyncAPI document, and no contract"),
        ("{}", "it is no AsyncAPI document, and no contract"),
        ('{"title": "x"}', "Object missing required field `version`"),
        ("a:\n    b: 1", "'b: 1' is not of the YAML that antiphon writes"),
        ("a: &x 1", "'&x 1' is not of the YAML"),
        ("a: b: c", "'b: c'"),
        ("a: [1]", "[1]"),
        ("a:", "'a:'"),
        ("- 1\nb: 2", "'b: 2'"),
        ("a: 1\n- b", "'- b'"),
        ('a: "b', "'\"b'"),
        ("a: 1\n  b: 1", "'b: 1'"),
        ("# a comment", "'# a comment'"),
        (changed(asyncapi="2.6.0"), "AsyncAPI 3 is read, not '2.6.0'"),
        (changed(info=5), "Expected `object`, got `int` - at `$.info`"),
        (changed(components={}), "there is no message 'Numbers'"),
        (with_schema({"properties": 5}), "schema Moved: Expected `object`, got `int`"),
        (with_schema({"type": "file"}), "schema Moved: Invalid enum value 'file'"),
        (with_schema({"$ref": "#/nowhere"}), "schema Moved: nothing is at #/nowhere"),
        (with_schema({"items": {"pattern": "("}}), "schema Moved: pattern (: "),
        (with_schema({"multipleOf": 0}), "schema Moved: multipleOf is not positive"),
        ('{"asyncapi": ' + "[" * 100_000, "it is nested too deeply"),
    ],
)
def test_what_cannot_be_read(text: str, why: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(text)
    assert why in str(caught.value)


@given(st.text(max_size=60) | st.text(alphabet='ab:-| \n"{}[]0', max_size=60))
def test_no_text_does_harm(text: str) -> None:
    try:
        read(text)
    except Unreadable as error:
        assert "\n" not in str(error)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=5), parts),
    max_leaves=12,
)


@given(st.sampled_from(sorted(DOCUMENT)), JSON)
def test_no_part_of_a_document_does_harm(key: str, part: Any) -> None:
    try:
        assert isinstance(read(changed(**{key: part})), Contract)
    except Unreadable as error:
        assert "\n" not in str(error)


@given(st.dictionaries(st.sampled_from(["$ref", "type", "items", "anyOf", "required"]), JSON))
def test_no_schema_does_harm(schema: dict[str, Any]) -> None:
    try:
        assert isinstance(read(with_schema(schema)), Contract)
    except Unreadable as error:
        assert "\n" not in str(error)
