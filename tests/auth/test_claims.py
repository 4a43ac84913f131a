"""Every claim of the two kinds of token, and what it becomes."""

from base64 import b64encode
from typing import Any

import pytest

from antiphon.auth import Grant, Identity
from antiphon.auth.claims import Rules
from antiphon.errors import Disconnect, InvalidToken, TokenExpired

NOW = 1_800_000_000.0
USER: dict[str, Any] = {"sub": "alice", "exp": NOW + 60}
SEAT: dict[str, Any] = {**USER, "channel": "chat:1"}


def identity(rules: Rules | None = None, **claims: Any) -> Identity:
    return (rules or Rules()).identity({**USER, **claims}, now=NOW)


def grant(rules: Rules | None = None, **claims: Any) -> Grant | None:
    return (rules or Rules()).grant(
        {**SEAT, **claims}, now=NOW, channel="chat:1", user="alice", client="c1"
    )


def granted(**claims: Any) -> Grant:
    found = grant(**claims)
    assert found is not None
    return found


def b64(json: str) -> str:
    return b64encode(json.encode()).decode()


def test_plain_token() -> None:
    assert identity() == Identity("alice", expires_at=NOW + 60, claims=USER, renewable=True)


def test_plain_seat() -> None:
    assert grant() == Grant(expires_at=NOW + 60)


@pytest.mark.parametrize("read", [identity, grant])
@pytest.mark.parametrize(
    "claims", [{"exp": NOW}, {"exp": NOW - 1}, {"exp": 0}, {"nbf": NOW + 1}, {"nbf": NOW + 0.5}]
)
def test_outside_its_time(read: Any, claims: dict[str, float]) -> None:
    with pytest.raises(TokenExpired) as caught:
        read(**claims)
    assert (caught.value.number, caught.value.temporary) == (109, False)


@pytest.mark.parametrize("claims", [{"nbf": NOW}, {"iat": NOW + 1000}, {"jti": "j"}])
def test_inside_its_time(claims: dict[str, Any]) -> None:
    assert identity(**claims).expires_at == NOW + 60


def test_leeway_goes_both_ways_and_prolongs_the_connection() -> None:
    rules = Rules(leeway=10.0)
    assert identity(rules, exp=NOW - 9).expires_at == NOW + 1
    assert identity(rules, nbf=NOW + 10).user == "alice"
    with pytest.raises(TokenExpired):
        identity(rules, exp=NOW - 10)
    with pytest.raises(TokenExpired):
        identity(rules, nbf=NOW + 11)


@pytest.mark.parametrize(("expire_at", "expected"), [(NOW + 5, NOW + 5), (0, None), (1, 1.0)])
def test_expire_at_overrides_the_end_of_connection_and_seat(
    expire_at: float, expected: float | None
) -> None:
    assert identity(expire_at=expire_at).expires_at == expected
    assert granted(expire_at=expire_at).expires_at == expected


def test_expire_at_does_not_save_an_expired_token() -> None:
    with pytest.raises(TokenExpired):
        identity(exp=NOW - 1, expire_at=0)


def test_without_expiry_only_where_the_app_says_so() -> None:
    with pytest.raises(InvalidToken, match="3500"):
        identity(exp=None)
    assert identity(Rules(expiry_demanded=False), exp=None).expires_at is None


def test_issuers() -> None:
    rules = Rules(issuers=frozenset({"a", "b"}))
    assert identity(rules, iss="b").claims["iss"] == "b"
    for wrong in ({"iss": "c"}, {"iss": ""}, {"iss": None}, {"iss": ["a"]}, {}):
        with pytest.raises(InvalidToken):
            identity(rules, **wrong)
    assert identity(iss="anybody").user == "alice"


def test_audience() -> None:
    rules = Rules(audience="app")
    for right in ("app", ["app"], ["other", "app"]):
        assert identity(rules, aud=right).user == "alice"
    for wrong in ("ap", "apps", ["other"], [], None, {"app": 1}, ["app", 1]):
        with pytest.raises(InvalidToken):
            identity(rules, aud=wrong)


def test_a_token_for_an_audience_is_not_for_an_app_without_one() -> None:
    assert identity(aud=[]).user == "alice"
    with pytest.raises(InvalidToken):
        identity(aud="somebody else")


def test_nobody() -> None:
    with pytest.raises(Disconnect) as caught:
        identity(sub="")
    assert caught.value.number == 3507
    with pytest.raises(InvalidToken):
        Rules().identity({"exp": NOW + 60}, now=NOW)


def test_nobody_where_allowed() -> None:
    rules = Rules(nobody_allowed=True)
    assert identity(rules, sub="").user == ""
    assert rules.identity({"exp": NOW + 60}, now=NOW).user == ""
    with pytest.raises(InvalidToken):
        identity(rules, sub=5)


def test_another_claim_names_the_user() -> None:
    rules = Rules(user_claim="email")
    assert identity(rules, email="a@b.c").user == "a@b.c"
    assert grant(rules, email="alice", sub="bob") == Grant(expires_at=NOW + 60)
    with pytest.raises(InvalidToken):
        identity(rules)


@pytest.mark.parametrize("read", [identity, granted])
def test_info(read: Any) -> None:
    assert read(info={"name": "A"}).info == {"name": "A"}
    assert read(b64info=b64('{"name":"B"}')).info == {"name": "B"}
    assert read(info=1, b64info=b64("[2]")).info == [2]
    assert read(info=0).info == 0


@pytest.mark.parametrize("broken", ["e30", "!!!!", b64("{"), b64('"\ud7ff'), "é", b64("[" * 3000)])
def test_info_that_is_not_json_in_base64(broken: str) -> None:
    with pytest.raises(InvalidToken):
        identity(b64info=broken)
    with pytest.raises(InvalidToken):
        grant(b64data=broken)


def test_data_belongs_to_channels() -> None:
    assert granted(data={"seat": 4}).data == {"seat": 4}
    assert granted(b64data=b64("4")).data == 4
    assert identity(data={"seat": 4}).data is None


def test_meta() -> None:
    assert identity(meta={"rooms": ["lobby"]}).meta == {"rooms": ["lobby"]}
    with pytest.raises(InvalidToken):
        identity(meta=["lobby"])


def test_channels() -> None:
    assert identity(channels=["a", "b"]).channels == ("a", "b")
    for wrong in ("a", [""], [1], {"a": 1}):
        with pytest.raises(InvalidToken):
            identity(channels=wrong)


def test_subscriptions_win_over_channels() -> None:
    found = identity(
        channels=["a"],
        subs={
            "b": {"info": 1, "data": 2, "override": {"presence": {"value": False}}},
            "c": {"b64info": b64("3"), "b64data": b64("4"), "future": "ignored"},
            "d": {},
        },
    )
    assert found.channels == ()
    assert found.subscriptions == {
        "b": Grant(info=1, data=2, override={"presence": False}),
        "c": Grant(info=3, data=4),
        "d": Grant(),
    }


@pytest.mark.parametrize(
    "subs",
    [
        ["a"],
        {"": {}},
        {"a": None},
        {"a": {"b64info": 1}},
        {"a": {"override": {"presence": True}}},
        {"a": {"override": {"presence": {"value": 1}}}},
        {"a": {"override": {"presence": {}}}},
    ],
)
def test_subscriptions_of_the_wrong_shape(subs: Any) -> None:
    with pytest.raises(InvalidToken):
        identity(subs=subs)


def test_all_overrides() -> None:
    names = ("presence join_leave force_push_join_leave force_recovery force_positioning").split()
    override = {name: {"value": True} for name in names}
    assert granted(override=override).override == dict.fromkeys(names, True)


@pytest.mark.parametrize("channel", ["chat:1", "", None])
def test_a_channel_makes_it_no_connection_token(channel: str | None) -> None:
    with pytest.raises(InvalidToken):
        identity(channel=channel)


@pytest.mark.parametrize(
    "elsewhere", [{"channel": "chat:2"}, {"sub": "bob"}, {"sub": ""}, {"client": "c2"}]
)
def test_a_seat_for_somebody_or_something_else(elsewhere: dict[str, Any]) -> None:
    assert grant(**elsewhere) is None


def test_a_seat_without_user_is_for_connections_without_one() -> None:
    claims = {"exp": NOW + 60, "channel": "chat:1"}
    seats = [
        Rules().grant(claims, now=NOW, channel="chat:1", user=u, client="c") for u in ("", "a")
    ]
    assert seats == [Grant(expires_at=NOW + 60), None]


def test_a_seat_for_this_very_connection() -> None:
    assert grant(client="c1") == grant(client="") == Grant(expires_at=NOW + 60)


@pytest.mark.parametrize("channel", ["", None, 1, ["chat:1"]])
def test_a_seat_needs_its_channel(channel: Any) -> None:
    with pytest.raises(InvalidToken):
        grant(channel=channel)
