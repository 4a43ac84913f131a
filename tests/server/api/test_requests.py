"""Requests: no input makes their decoder raise anything but `BadRequest`."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from antiphon import BadRequest
from antiphon.server.api.methods import SIGNATURES
from antiphon.server.api.requests import BatchRequest, RequestDecoder

REQUESTS: list[type[Struct]] = [*(s.request for s in SIGNATURES.values()), BatchRequest]
DECODERS = {request: RequestDecoder(request) for request in REQUESTS}
FIELDS = sorted({name for request in DECODERS for name in request.__struct_fields__})

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
bodies = st.dictionaries(st.sampled_from(FIELDS), values).map(lambda v: json.dumps(v).encode())


def decode_all(body: bytes) -> None:
    for request, decoder in DECODERS.items():
        try:
            decoded = decoder.decode(body)
        except BadRequest as error:
            assert "\n" not in error.text
        else:
            assert type(decoded) is request


@given(bodies | st.binary(max_size=60))
def test_anything_is_a_request_or_a_bad_one(body: bytes) -> None:
    decode_all(body)


@pytest.mark.parametrize(
    "body", [b'{"data":' * 9000, b'{"data":"\xff"}', b'{"\xff":1}', b"\x00", b"nul"]
)
def test_what_is_made_to_hurt_is_a_bad_request(body: bytes) -> None:
    for decoder in DECODERS.values():
        with pytest.raises(BadRequest, match="data is not valid JSON"):
            decoder.decode(body)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"user": "u", "expire_at": -1}, "expire_at: Expected `int` >= 0"),
        ({"user": "u", "expire_at": 1.5}, "expire_at: Expected `int`, got `float`"),
        ({"user": 42}, "user: Expected `str`, got `int`"),
        ({"info": 1, "user": None, "session": []}, "session: Expected `str`, got `array`"),
    ],
)
def test_a_wrong_type_is_named(request_: dict[str, Any], said: str) -> None:
    decoder = DECODERS[SIGNATURES["refresh"].request]
    with pytest.raises(BadRequest) as caught:
        decoder.decode(json.dumps(request_).encode())
    assert caught.value.text == f"bad request: {said}"
