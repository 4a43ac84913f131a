"""Keys of every family that tokens are signed with, made once for all tests."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


@pytest.fixture(scope="session")
def private_keys() -> dict[str, Any]:
    """Private keys by family."""
    return {
        "RSA": rsa.generate_private_key(65537, 2048),
        "other RSA": rsa.generate_private_key(65537, 2048),
        "P-256": ec.generate_private_key(ec.SECP256R1()),
        "P-384": ec.generate_private_key(ec.SECP384R1()),
        "P-521": ec.generate_private_key(ec.SECP521R1()),
        "Ed25519": ed25519.Ed25519PrivateKey.generate(),
    }


@pytest.fixture(scope="session")
def public_pems(private_keys: dict[str, Any]) -> dict[str, str]:
    """Their public halves, in PEM."""
    return {
        family: key.public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode()
        for family, key in private_keys.items()
    }
