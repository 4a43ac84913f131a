"""Exceptions: their codes, texts and bounds, as they travel to clients."""

import inspect

import pytest

from antiphon import AntiphonError, Disconnect, InvalidToken, Refusal, codes, errors
from antiphon.codes import Code

REFUSALS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, Refusal) and kind is not Refusal
]


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.__name__)
def test_each_refusal_carries_its_code_and_the_detail(kind: type[Refusal]) -> None:
    plain, detailed = kind(), kind("because")
    assert (plain.number, plain.text) == kind.code
    assert detailed.text == f"{kind.code.text}: because"
    assert plain.temporary is (kind.code.number in (100, 111))
    assert str(plain) == f"{kind.code.number} {kind.code.text}"
    assert (kind.__doc__ or "").startswith(f"{kind.code.number}: ")


def test_no_two_refusals_share_a_code() -> None:
    assert len({kind.code for kind in REFUSALS}) == len(REFUSALS)


@pytest.mark.parametrize("code", [400, 1999, 100])
def test_an_app_has_codes_of_its_own(code: int) -> None:
    refusal = Refusal("payday", code=code, temporary=True)
    assert (refusal.number, refusal.text, refusal.temporary) == (code, "payday", True)
    assert Refusal(code=402).text == "application error"
    assert not Refusal(code=402).temporary


@pytest.mark.parametrize("code", [-1, 0, 99, 2000])
def test_an_error_code_has_bounds(code: int) -> None:
    with pytest.raises(ValueError, match="between 100 and 1999"):
        Refusal("x", code=code)


@pytest.mark.parametrize("code", [3000, 3999, 4000, 4999])
def test_a_disconnect_carries_code_and_reason(code: int) -> None:
    end = Disconnect(code, "go away")
    assert (end.number, end.reason) == (code, "go away")


@pytest.mark.parametrize("code", [1000, 2999, 5000])
def test_a_disconnect_code_has_bounds(code: int) -> None:
    with pytest.raises(ValueError, match="between 3000 and 4999"):
        Disconnect(code, "x")


def test_a_reason_fits_into_a_close_frame() -> None:
    assert Disconnect(4000, "x" * 123).reason
    for reason in ("x" * 124, "é" * 62):
        with pytest.raises(ValueError, match="at most 123 bytes"):
            Disconnect(4000, reason)


@pytest.mark.parametrize("reason", ["123", "{}", "null", "true", '"x"', ' {"reconnect": true}'])
def test_a_reason_is_not_json_which_clients_would_read(reason: str) -> None:
    with pytest.raises(ValueError, match="plain words"):
        Disconnect(4000, reason)


def test_details_for_the_log_do_not_travel() -> None:
    for end in (InvalidToken("signature"), errors.Malformed("where")):
        assert "signature" not in end.reason and "where" not in end.reason
        assert end.detail in ("signature", "where")


def test_every_code_for_clients_makes_a_disconnect() -> None:
    ends = [c for c in vars(codes).values() if isinstance(c, Code) and c.number >= 3000]
    assert len(ends) > 15
    assert [Disconnect.of(c).number for c in ends] == [c.number for c in ends]


def test_one_root() -> None:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    ours = [kind for kind in kinds if issubclass(kind, Exception)]
    assert all(issubclass(kind, AntiphonError) for kind in ours)
    tree = errors.__doc__ or ""
    assert all(f" {kind.__name__} " in tree for kind in ours if kind is not AntiphonError)
