import ast
import re
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import jwt
import pytest

import antiphon.auth
from antiphon.auth import JWT, Attempt, Authenticator, Grant
from antiphon.errors import Disconnect, Forbidden, InvalidToken, StartupError, TokenExpired

NOW = 1_800_000_000.0
SECRET = "a secret with more than 32 bytes, for tests"
URLS = {"https://issuer": "https://issuer/jwks"}


def auth_of(**settings: Any) -> JWT:
    return JWT(**{"secret": SECRET, "clock": lambda: NOW, **settings})


def finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that never suspends."""
    with pytest.raises(StopIteration) as caught:
        coroutine.send(None)
    return caught.value.value


async def test_a_token_made_elsewhere() -> None:
    token = jwt.encode({"sub": "alice", "exp": int(NOW) + 9, "info": {"a": 1}}, SECRET)
    identity = await auth_of().connect(Attempt(token=token))
    assert identity is not None
    assert (identity.user, identity.expires_at, identity.info) == ("alice", NOW + 9, {"a": 1})
    assert identity.renewable


async def test_a_token_made_here_is_good_elsewhere() -> None:
    token = auth_of(clock=lambda: 4e9).issue("alice", ttl=60, jti="j")
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    claims = jwt.decode(token, SECRET, ["HS256"], options={"verify_iat": False})
    assert claims == {"sub": "alice", "iat": 4e9, "exp": 4e9 + 60, "jti": "j"}


async def test_no_token_is_no_credential() -> None:
    assert await auth_of().connect(Attempt(token="")) is None


def test_a_configured_key_never_waits() -> None:
    auth: Authenticator = auth_of()
    token = auth_of().issue("alice", channel="chat:1")
    grant = finished(auth.subscribe(token, channel="chat:1", user="alice", client="c"))
    assert grant == Grant(expires_at=NOW + 3600)
    assert finished(auth.refresh(auth_of().issue("alice"))).user == "alice"
    assert (auth.waits, auth.describe()) == (False, "jwt")


def test_a_key_set_may_wait() -> None:
    assert JWT(jwks=URLS, audience="app").waits


@pytest.mark.parametrize(
    ("family", "algorithm"),
    [("RSA", None), ("RSA", "RS384"), ("P-256", None), ("P-384", None), ("Ed25519", None)],
)
async def test_public_keys(
    family: str, algorithm: str | None, private_keys: dict[str, Any], public_pems: dict[str, str]
) -> None:
    defaults = {"RSA": "RS256", "P-256": "ES256", "P-384": "ES384", "Ed25519": "EdDSA"}
    claims = {"sub": "alice", "exp": int(NOW) + 9, "iss": "i", "aud": ["app"]}
    token = jwt.encode(claims, private_keys[family], algorithm or defaults[family])
    auth = JWT(
        public_key=public_pems[family],
        algorithm=algorithm,
        issuer="i",
        audience="app",
        clock=lambda: NOW,
    )
    assert (await auth.refresh(token)).user == "alice"


async def test_rotation_of_the_secret() -> None:
    old, new = auth_of(secret="old" * 20), auth_of(secret="new" * 20)
    both = auth_of(secret="new" * 20, previous_secret="old" * 20)
    for issuer in (old, new):
        assert (await both.refresh(issuer.issue("alice"))).user == "alice"
    assert (await new.refresh(both.issue("alice"))).user == "alice"
    with pytest.raises(InvalidToken):
        await new.refresh(old.issue("alice"))


async def test_expired() -> None:
    auth = auth_of()
    with pytest.raises(TokenExpired):
        await auth.connect(Attempt(token=auth.issue("alice", ttl=0)))
    token = auth.issue("alice", ttl=0, channel="chat:1")
    with pytest.raises(TokenExpired):
        await auth.subscribe(token, channel="chat:1", user="alice", client="c")


async def test_an_expired_forgery_is_a_forgery() -> None:
    token = auth_of(secret="other" * 20).issue("alice", ttl=-5)
    with pytest.raises(InvalidToken):
        await auth_of().refresh(token)


async def test_nobody() -> None:
    token = auth_of().issue("")
    with pytest.raises(Disconnect) as caught:
        await auth_of().connect(Attempt(token=token))
    assert caught.value.number == 3507
    assert (await auth_of(allow_empty_user=True).refresh(token)).user == ""


async def test_round_trip_of_a_connection_token() -> None:
    auth = auth_of(user_claim="uid", issuer="i", audience="app")
    token = auth.issue(
        "alice", ttl=1.5, info={"a": 1}, meta={"b": 2}, channels=["c"], roles=["admin"]
    )
    identity = await auth.refresh(token)
    assert (identity.user, identity.expires_at) == ("alice", NOW + 1.5)
    assert (identity.info, identity.meta, identity.channels) == ({"a": 1}, {"b": 2}, ("c",))
    assert identity.claims["roles"] == ["admin"]


async def test_round_trip_of_a_subscription_token() -> None:
    auth = auth_of()
    token = auth.issue("alice", channel="chat:1", info=[1], data="d", client="c", expire_at=0)
    grant = await auth.subscribe(token, channel="chat:1", user="alice", client="c")
    assert grant == Grant(expires_at=None, info=[1], data="d")


async def test_a_subscription_token_for_another_is_a_forgery() -> None:
    token = auth_of().issue("alice", channel="chat:1", client="c")
    for wrong in ({"channel": "chat:2"}, {"user": "bob"}, {"user": ""}, {"client": "d"}):
        where = {"channel": "chat:1", "user": "alice", "client": "c", **wrong}
        with pytest.raises(InvalidToken):
            await auth_of().subscribe(token, **where)


async def test_a_subscription_token_that_is_none_is_refused() -> None:
    auth = auth_of()
    for token in ("", "x.y.z", auth.issue("alice"), auth.issue("alice", channel="a", exp="b")):
        with pytest.raises(Forbidden) as caught:
            await auth.subscribe(token, channel="a", user="alice", client="c")
        assert caught.value.text == "permission denied: the subscription token is not valid"


async def test_a_subscription_token_opens_no_connection() -> None:
    with pytest.raises(InvalidToken):
        await auth_of().refresh(auth_of().issue("alice", channel="chat:1"))


async def test_short_secrets_and_eternal_tokens_are_named_insecure() -> None:
    auth = auth_of(
        secret="secret",
        insecure_allow_short_secret=True,
        insecure_allow_tokens_without_expiry=True,
    )
    assert (await auth.refresh(auth.issue("alice", exp=None))).expires_at is None
    assert auth.insecure == (
        "insecure_allow_short_secret",
        "insecure_allow_tokens_without_expiry",
    )
    assert auth_of().insecure == ()


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, "needs one of secret=, public_key=, jwks_url=, jwks="),
        ({"secret": ""}, "needs one of secret="),
        ({"jwks": {}}, "needs one of secret="),
        ({"secret": SECRET, "public_key": "p"}, "takes only one of secret= and public_key="),
        ({"secret": SECRET, "jwks": URLS}, "takes only one of secret= and jwks="),
        ({"secret": "short"}, "has 5 bytes"),
        ({"secret": SECRET, "previous_secret": "short"}, "has 5 bytes"),
        ({"secret": SECRET, "algorithm": "RS256"}, "not with RS256"),
        ({"secret": SECRET, "algorithm": "HS512"}, "HS512 needs at least 64"),
        ({"jwks": URLS, "audience": "a", "previous_secret": SECRET}, "goes with secret="),
        ({"jwks": URLS}, "needs audience= .ANTIPHON_JWT_AUDIENCE."),
        ({"jwks": URLS, "audience": "a", "issuer": "i"}, "issuer= does not go with jwks="),
        ({"jwks": URLS, "audience": "a", "algorithm": "RS256"}, "algorithm= does not go"),
        ({"jwks_url": "https://i", "audience": "a"}, "jwks_url= needs issuer="),
        ({"public_key": "p", "issuer": "i"}, "needs audience="),
        ({"public_key": "p", "audience": "a"}, "public_key= needs issuer="),
        ({"public_key": "p", "audience": "a", "issuer": "i"}, "no PEM public key"),
    ],
)
def test_settings_that_do_not_go_together(settings: dict[str, Any], text: str) -> None:
    with pytest.raises(StartupError, match=text) as caught:
        JWT(**settings)
    assert len(str(caught.value).splitlines()) == 1


def test_only_a_secret_issues_tokens() -> None:
    with pytest.raises(StartupError, match="with a secret only"):
        JWT(jwks=URLS, audience="app").issue("alice")


def compared_names(source: str) -> set[str]:
    """The names on either side of every == and != in `source`."""
    compares = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Compare)]
    equalities = [c for c in compares if any(isinstance(o, (ast.Eq, ast.NotEq)) for o in c.ops)]
    sides = [side for c in equalities for side in (c.left, *c.comparators)]
    return {getattr(side, "attr", getattr(side, "id", "")) for side in sides}


SECRET_NAME = re.compile("token|key$|secret|ticket|signature")


def test_secrets_are_never_compared_by_equality() -> None:
    assert compared_names("a.token == b; c != secret") == {"token", "b", "c", "secret"}
    for path in Path(antiphon.auth.__path__[0]).glob("*.py"):
        assert not list(filter(SECRET_NAME.search, compared_names(path.read_text()))), path
