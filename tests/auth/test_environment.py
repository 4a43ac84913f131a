from pathlib import Path

import pytest

from antiphon.auth import JWT
from antiphon.errors import StartupError

SECRET = "a secret with more than 32 bytes, for tests"
ORIGIN = {"ANTIPHON_JWT_ISSUER": "https://issuer", "ANTIPHON_JWT_AUDIENCE": "app"}


def failure(**variables: str) -> str:
    with pytest.raises(StartupError) as caught:
        JWT.from_env({f"ANTIPHON_JWT_{name}": value for name, value in variables.items()})
    text = str(caught.value)
    assert len(text.splitlines()) == 1
    return text


def test_nothing_set() -> None:
    for text in (failure(), failure(SECRET="", JWKS_URL="", PUBLIC_KEY="")):
        assert "set ANTIPHON_JWT_SECRET (make one with: python -c" in text
        assert "ANTIPHON_JWT_JWKS_URL" in text


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTIPHON_JWT_SECRET", raising=False)
    with pytest.raises(StartupError):
        JWT.from_env()
    monkeypatch.setenv("ANTIPHON_JWT_SECRET", SECRET)
    assert JWT.from_env().issue("alice")


def test_two_kinds() -> None:
    text = failure(SECRET=SECRET, JWKS_URL="https://issuer/jwks")
    assert text == "set only one of ANTIPHON_JWT_SECRET and ANTIPHON_JWT_JWKS_URL"


@pytest.mark.parametrize("kind", ["JWKS_URL", "PUBLIC_KEY"])
def test_keys_of_an_issuer_need_issuer_and_audience(kind: str) -> None:
    both = "ANTIPHON_JWT_ISSUER and ANTIPHON_JWT_AUDIENCE must be set too"
    assert failure(**{kind: "https://issuer"}) == f"ANTIPHON_JWT_{kind} is set, {both}"
    assert "AUDIENCE must" in failure(**{kind: "https://issuer", "ISSUER": "i"})
    assert "ISSUER must" in failure(**{kind: "https://issuer", "AUDIENCE": "a"})


def test_short_secrets() -> None:
    assert "has 6 bytes, HS256 needs at least 32; make one with: python" in failure(SECRET="secret")
    assert "has 3 bytes" in failure(SECRET=SECRET, PREVIOUS_SECRET="old")


def test_a_previous_secret_alone_is_no_key() -> None:
    assert "set ANTIPHON_JWT_SECRET" in failure(PREVIOUS_SECRET=SECRET)


async def test_secrets_in_rotation() -> None:
    old = JWT.from_env({"ANTIPHON_JWT_SECRET": "old" * 20})
    new = JWT.from_env(
        {"ANTIPHON_JWT_SECRET": "new" * 20, "ANTIPHON_JWT_PREVIOUS_SECRET": "old" * 20}
    )
    assert (await new.refresh(old.issue("alice"))).user == "alice"


async def test_issuer_and_audience_of_a_secret() -> None:
    auth = JWT.from_env({"ANTIPHON_JWT_SECRET": SECRET, **ORIGIN})
    claims = (await auth.refresh(auth.issue("alice"))).claims
    assert (claims["iss"], claims["aud"]) == ("https://issuer", "app")


def test_key_set() -> None:
    auth = JWT.from_env({"ANTIPHON_JWT_JWKS_URL": "https://issuer/jwks", **ORIGIN})
    assert auth.waits
    assert "must be https" in failure(JWKS_URL="http://issuer/jwks", ISSUER="i", AUDIENCE="a")


def test_public_key_as_text_or_path(public_pems: dict[str, str], tmp_path: Path) -> None:
    pem = public_pems["P-256"]
    path = tmp_path / "key.pem"
    path.write_text(pem)
    for value in (pem, pem.replace("\n", "\\n"), str(path)):
        assert not JWT.from_env({"ANTIPHON_JWT_PUBLIC_KEY": value, **ORIGIN}).waits


def test_public_key_that_is_not_there(tmp_path: Path) -> None:
    for value in (str(tmp_path / "none.pem"), str(tmp_path), "a\nb", "\0"):
        text = failure(PUBLIC_KEY=value, ISSUER="i", AUDIENCE="a")
        assert "ANTIPHON_JWT_PUBLIC_KEY is neither a PEM public key nor a file to read" in text
