import pytest

from antiphon.auth import Attempt, Grant, Identity


def test_the_user_is_given_by_position_and_all_else_by_name() -> None:
    identity = Identity("alice", meta={"rooms": ["lobby"]})
    assert (identity.user, identity.meta) == ("alice", {"rooms": ["lobby"]})
    with pytest.raises(TypeError):
        Identity("alice", 12.0)  # type: ignore[call-arg]


def test_defaults_are_not_shared() -> None:
    assert Identity("a").meta is not Identity("b").meta
    assert Grant().override is not Grant().override
    assert Attempt().emulated_headers is not Attempt().emulated_headers


def test_headers_are_found_in_any_case_and_joined() -> None:
    attempt = Attempt(headers=(("X-Team", "red"), ("x-team", "blue"), ("Host", "a")))
    assert attempt.header("x-TEAM") == "red, blue"
    assert attempt.header("Authorization") is None


def test_a_client_cannot_claim_a_header_that_a_proxy_sets() -> None:
    attempt = Attempt(emulated_headers={"X-Forwarded-User": "admin", "Cookie": "session=admin"})
    assert attempt.header("X-Forwarded-User") is None
    assert attempt.cookies == {}


@pytest.mark.parametrize(
    ("header", "cookies"),
    [
        ("session=abc", {"session": "abc"}),
        ("a=1; b=2;c=3", {"a": "1", "b": "2", "c": "3"}),
        ('quoted="a b"; lone="', {"quoted": "a b", "lone": '"'}),
        ("base64=YQ==", {"base64": "YQ=="}),
        ("twice=first; twice=second", {"twice": "first"}),
        ("; novalue; =noname; [odd]{}=x; good=1", {"[odd]{}": "x", "good": "1"}),
        ("empty=", {"empty": ""}),
        ("", {}),
    ],
)
def test_cookies_survive_what_browsers_and_attackers_send(
    header: str, cookies: dict[str, str]
) -> None:
    assert Attempt(headers=(("Cookie", header),)).cookies == cookies


def test_cookies_of_several_headers_are_one_jar() -> None:
    attempt = Attempt(headers=(("cookie", "a=1"), ("Cookie", "b=2")))
    assert attempt.cookies == {"a": "1", "b": "2"}
