import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from antiphon.auth.keys import UnusableKey, demand_length, from_jwk, from_pem, from_secret
from antiphon.errors import StartupError

LONG = "s" * 64

FAMILIES = [
    ("RSA", None, "RS256"),
    ("RSA", "RS384", "RS384"),
    ("RSA", "RS512", "RS512"),
    ("RSA", "PS256", "PS256"),
    ("P-256", None, "ES256"),
    ("P-384", None, "ES384"),
    ("P-521", None, "ES512"),
    ("P-521", "ES512", "ES512"),
    ("Ed25519", None, "EdDSA"),
]


def signed(key: Any, algorithm: str) -> tuple[bytes, bytes]:
    return b"text", jwt.get_algorithm_by_name(algorithm).sign(b"text", key)


def pem_of(private_key: Any) -> str:
    public = private_key.public_key()
    pem: bytes = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode()


def jwk_of(private_key: Any, algorithm: str, **more: Any) -> dict[str, Any]:
    mechanism = jwt.get_algorithm_by_name(algorithm)
    return {**json.loads(mechanism.to_jwk(private_key.public_key())), **more}


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_secrets_sign_and_verify(algorithm: str) -> None:
    key = from_secret(LONG, algorithm)
    assert key.verifies(b"text", key.sign(b"text"))
    assert key.verifies(*signed(LONG.encode(), algorithm))
    assert not key.verifies(b"text", b"")
    assert not from_secret(LONG + "!", algorithm).verifies(*signed(LONG.encode(), algorithm))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "none", "HS1", "hs256"])
def test_secrets_go_with_hmac_only(algorithm: str) -> None:
    with pytest.raises(StartupError, match="HS256, HS384, HS512, not with"):
        from_secret(LONG, algorithm)


def test_a_public_key_is_no_secret(public_pems: dict[str, str]) -> None:
    with pytest.raises(StartupError, match="give a public key as public_key="):
        from_secret(public_pems["RSA"], None)


@pytest.mark.parametrize(("algorithm", "needed"), [(None, 32), ("HS384", 48), ("HS512", 64)])
def test_secrets_have_a_length(algorithm: str | None, needed: int) -> None:
    demand_length("é" * (needed // 2), algorithm)
    with pytest.raises(StartupError, match=f"has {needed - 1} bytes.*needs at least {needed}"):
        demand_length("s" * (needed - 1), algorithm)


@pytest.mark.parametrize(("family", "asked", "pinned"), FAMILIES)
def test_public_keys(
    family: str,
    asked: str | None,
    pinned: str,
    private_keys: dict[str, Any],
    public_pems: dict[str, str],
) -> None:
    key = from_pem(public_pems[family], asked)
    assert key.algorithm == pinned
    text, signature = signed(private_keys[family], pinned)
    assert key.verifies(text, signature)
    assert not key.verifies(b"other", signature)
    assert not key.verifies(text, signature[:-1])


@pytest.mark.parametrize(("family", "asked", "pinned"), FAMILIES)
def test_members_of_a_key_set(
    family: str, asked: str | None, pinned: str, private_keys: dict[str, Any]
) -> None:
    named = {"alg": asked} if asked else {}
    key = from_jwk(jwk_of(private_keys[family], pinned, use="sig", **named))
    assert key.algorithm == pinned
    assert key.verifies(*signed(private_keys[family], pinned))


@pytest.mark.parametrize(
    ("family", "algorithm"),
    [("RSA", "HS256"), ("RSA", "ES256"), ("P-256", "ES384"), ("P-384", "RS256"), ("Ed25519", "x")],
)
def test_a_key_refuses_algorithms_of_others(
    family: str, algorithm: str, public_pems: dict[str, str]
) -> None:
    with pytest.raises(StartupError, match=f"not with {algorithm}"):
        from_pem(public_pems[family], algorithm)


def test_keys_that_are_too_weak_or_strange() -> None:
    weak = rsa.generate_private_key(65537, 1024)
    with pytest.raises(StartupError, match="has 1024 bits, RSA needs at least 2048"):
        from_pem(pem_of(weak), None)
    for strange in (ec.generate_private_key(ec.SECP256K1()), ed448.Ed448PrivateKey.generate()):
        with pytest.raises(StartupError, match="P-256, P-384, P-521"):
            from_pem(pem_of(strange), None)


def test_text_that_is_no_public_key(private_keys: dict[str, Any]) -> None:
    private = private_keys["RSA"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(StartupError, match="this is a private key"):
        from_pem(private.decode(), None)
    for text in ("", "secret", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "é"):
        with pytest.raises(StartupError, match="is no PEM public key$"):
            from_pem(text, None)


def test_members_that_are_left_out(private_keys: dict[str, Any]) -> None:
    rsa_jwk = jwk_of(private_keys["RSA"], "RS256")
    private = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private_keys["RSA"]))
    unusable: list[dict[str, Any]] = [
        {},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"},
        {"kty": "EC", "crv": "P-256"},
        {"kty": "RSA", "n": 5, "e": []},
        {"kty": ["RSA"]},
        {**rsa_jwk, "use": "enc"},
        {**rsa_jwk, "alg": "HS256"},
        {**rsa_jwk, "alg": "RSA-OAEP"},
        {**rsa_jwk, "alg": "none"},
        {**rsa_jwk, "alg": ["RS256"]},
        jwk_of(private_keys["P-256"], "ES256", alg="ES384"),
        private,
    ]
    for jwk in unusable:
        with pytest.raises(UnusableKey):
            from_jwk(jwk)


def test_nothing_secret_is_shown() -> None:
    assert LONG not in repr(from_secret(LONG, None))
