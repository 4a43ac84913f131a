"""Tokens that must not get in: the table of threat T9, against a secret and against a public key.

The forger works by hand, with no library that would refuse to make such tokens.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from antiphon.auth import JWT, Attempt
from antiphon.errors import InvalidToken

NOW = 1_800_000_000
SECRET = "a secret with more than 32 bytes, for tests"
GOOD = {"sub": "mallory", "exp": NOW + 60, "iss": "https://issuer", "aud": "app"}
HEADER = {"alg": "HS256", "typ": "JWT"}

Json = dict[str, Any] | str
"""An object, or JSON text that no encoder would write."""


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def part(content: Json) -> str:
    return encoded((content if isinstance(content, str) else json.dumps(content)).encode())


def forge(header: Json, claims: Json, secret: str | bytes = SECRET, digest: str = "sha256") -> str:
    signed = f"{part(header)}.{part(claims)}"
    secret = secret.encode() if isinstance(secret, str) else secret
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), digest))}"


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name}


def stray_bits(token: str) -> str:
    """The same signature, in another spelling: the last character carries two unused bits."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


TOKEN = forge(HEADER, GOOD)
HEAD, BODY, TAIL = TOKEN.split(".")

FORGED = {
    "alg none": f"{part({'alg': 'none'})}.{BODY}.",
    "alg None": f"{part({'alg': 'None'})}.{BODY}.",
    "alg nOnE, signed": forge({"alg": "nOnE"}, GOOD),
    "alg missing": forge({"typ": "JWT"}, GOOD),
    "alg not a string": forge({"alg": ["HS256"]}, GOOD),
    "alg of the same family": forge({"alg": "HS512"}, GOOD, digest="sha512"),
    "alg changed after signing": f"{part({'alg': 'HS512'})}.{BODY}.{TAIL}",
    "another secret": forge(HEADER, GOOD, secret="another secret with more than 32 bytes"),
    "empty secret": forge(HEADER, GOOD, secret=""),
    "zero-length signature": f"{HEAD}.{BODY}.",
    "half a signature": f"{HEAD}.{BODY}.{TAIL[:20]}",
    "claims changed after signing": f"{HEAD}.{part({**GOOD, 'sub': 'admin'})}.{TAIL}",
    "crit": forge({**HEADER, "crit": ["x"], "x": 1}, GOOD),
    "crit empty": forge({**HEADER, "crit": []}, GOOD),
    "b64": forge({**HEADER, "b64": False}, GOOD),
    "jku": forge({**HEADER, "jku": "https://evil/jwks"}, GOOD),
    "x5u": forge({**HEADER, "x5u": "https://evil/cert"}, GOOD),
    "x5c": forge({**HEADER, "x5c": ["MIIB"]}, GOOD),
    "jwk": forge({**HEADER, "jwk": {"kty": "oct", "k": encoded(SECRET.encode())}}, GOOD),
    "kid not a string": forge({**HEADER, "kid": {"a": 1}}, GOOD),
    "exp missing": forge(HEADER, without("exp")),
    "exp null": forge(HEADER, {**GOOD, "exp": None}),
    "exp a string": forge(HEADER, {**GOOD, "exp": str(NOW + 60)}),
    "exp true": forge(HEADER, {**GOOD, "exp": True}),
    "exp in milliseconds": forge(HEADER, {**GOOD, "exp": (NOW + 60) * 1000}),
    "exp infinite": forge(HEADER, '{"sub":"m","iss":"https://issuer","aud":"app","exp":1e400}'),
    "exp NaN": forge(HEADER, '{"sub":"m","iss":"https://issuer","aud":"app","exp":NaN}'),
    "nbf a string": forge(HEADER, {**GOOD, "nbf": "0"}),
    "sub missing": forge(HEADER, without("sub")),
    "sub null": forge(HEADER, {**GOOD, "sub": None}),
    "sub a number": forge(HEADER, {**GOOD, "sub": 1}),
    "sub a lone surrogate": forge(HEADER, json.dumps({**GOOD, "sub": "\ud800"})),
    "aud missing": forge(HEADER, without("aud")),
    "aud wrong": forge(HEADER, {**GOOD, "aud": "other"}),
    "aud wrong, as a list": forge(HEADER, {**GOOD, "aud": ["other", "app2"]}),
    "aud an object": forge(HEADER, {**GOOD, "aud": {"app": 1}}),
    "iss missing": forge(HEADER, without("iss")),
    "iss wrong": forge(HEADER, {**GOOD, "iss": "https://issuer.evil"}),
    "a channel": forge(HEADER, {**GOOD, "channel": "chat:1"}),
    "duplicate claims": forge(HEADER, json.dumps(GOOD)[:-1] + ',"sub":"admin"}'),
    "duplicate headers": forge('{"alg":"none","alg":"HS256"}', GOOD),
    "64 KB": forge(HEADER, {**GOOD, "pad": "x" * 65_536}),
    "claims a list": forge(HEADER, "[]"),
    "claims nested deeply": forge(HEADER, '{"a":' + "[" * 5_000),
    "claims not UTF-8": f"{HEAD}.{encoded(bytes([255]))}.{TAIL}",
    "header not JSON": forge("alg=HS256", GOOD),
    "five parts, encrypted": f"{TOKEN}.{TAIL}.{TAIL}",
    "two parts": f"{HEAD}.{BODY}",
    "no parts": "password",
    "padding": f"{TOKEN}=",
    "line break": f"{TOKEN}\n",
    "other alphabet": TOKEN.replace("_", "/").replace("-", "+") + "+",
    "stray bits": stray_bits(TOKEN),
    "not ASCII": f"{HEAD}.{BODY}.é",
    "lone surrogate": f"{HEAD}.{BODY}.\ud800",
}


async def refused(auth: JWT, token: str) -> InvalidToken:
    with pytest.raises(InvalidToken) as caught:
        await auth.connect(Attempt(token=token))
    with pytest.raises(InvalidToken):
        await auth.refresh(token)
    return caught.value


def secret_auth() -> JWT:
    return JWT(secret=SECRET, issuer="https://issuer", audience="app", clock=lambda: NOW)


async def test_the_token_that_the_forgeries_start_from_is_good() -> None:
    identity = await secret_auth().connect(Attempt(token=TOKEN))
    assert identity is not None
    assert identity.user == "mallory"


@pytest.mark.parametrize("name", FORGED)
async def test_forged_for_a_secret(name: str) -> None:
    error = await refused(secret_auth(), FORGED[name])
    assert (error.number, error.reason) == (3500, "invalid token")
    assert error.detail


def rsa_signed(keys: dict[str, Any], family: str, algorithm: str) -> str:
    return jwt.encode(GOOD, keys[family], algorithm)


def with_header(token: str, header: dict[str, Any]) -> str:
    return ".".join([part(header), *token.split(".")[1:]])


def rsa_jwk(pem: str) -> str:
    key: Any = load_pem_public_key(pem.encode())
    return jwt.algorithms.RSAAlgorithm.to_jwk(key)


FORGED_FOR_RSA: dict[str, Callable[[dict[str, Any], str], str]] = {
    "HMAC with the public PEM": lambda keys, pem: forge(HEADER, GOOD, pem),
    "HMAC with the stripped PEM": lambda keys, pem: forge(HEADER, GOOD, pem.strip()),
    "HMAC with the JWK": lambda keys, pem: forge(HEADER, GOOD, rsa_jwk(pem)),
    "HMAC with the PEM, called RS256": lambda keys, pem: forge({"alg": "RS256"}, GOOD, pem),
    "none": lambda keys, pem: f"{part({'alg': 'none'})}.{BODY}.",
    "another RSA key": lambda keys, pem: rsa_signed(keys, "other RSA", "RS256"),
    "right key, RS512": lambda keys, pem: rsa_signed(keys, "RSA", "RS512"),
    "right key, PS256": lambda keys, pem: rsa_signed(keys, "RSA", "PS256"),
    "right key, PS256 called RS256": lambda keys, pem: with_header(
        rsa_signed(keys, "RSA", "PS256"), {"alg": "RS256"}
    ),
    "ES256": lambda keys, pem: rsa_signed(keys, "P-256", "ES256"),
    "ES256 called RS256": lambda keys, pem: with_header(
        rsa_signed(keys, "P-256", "ES256"), {"alg": "RS256"}
    ),
    "zero-length signature": lambda keys, pem: f"{part({'alg': 'RS256'})}.{BODY}.",
}


@pytest.mark.parametrize("name", FORGED_FOR_RSA)
async def test_forged_for_a_public_key(
    name: str, private_keys: dict[str, Any], public_pems: dict[str, str]
) -> None:
    pem = public_pems["RSA"]
    auth = JWT(public_key=pem, issuer="https://issuer", audience="app", clock=lambda: NOW)
    assert await auth.connect(Attempt(token=rsa_signed(private_keys, "RSA", "RS256")))
    await refused(auth, FORGED_FOR_RSA[name](private_keys, pem))


def test_signing_by_hand_is_what_the_standard_says() -> None:
    signed, _, signature = TOKEN.rpartition(".")
    expected = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest()
    assert signature == encoded(expected)
