import pytest

from antiphon.errors import StartupError
from antiphon.wire.handshake import Upgrade
from antiphon.wire.proxies import TrustedProxies


def client(
    trusted: list[str], peer: str, *, chain: str | None = None, proto: str | None = None
) -> tuple[str, str]:
    headers = {"x-forwarded-for": chain, "x-forwarded-proto": proto}
    kept = tuple((name, value) for name, value in headers.items() if value is not None)
    upgrade = Upgrade(path="/", query="", headers=kept, key="")
    return TrustedProxies(trusted).client(peer, "ws", upgrade)


@pytest.mark.parametrize(
    ("trusted", "peer", "chain", "expected"),
    [
        ([], "9.9.9.9", "1.1.1.1", "9.9.9.9"),
        (["10.0.0.1"], "9.9.9.9", "1.1.1.1", "9.9.9.9"),
        (["10.0.0.1"], "10.0.0.1", None, "10.0.0.1"),
        (["10.0.0.1"], "10.0.0.1", "1.1.1.1", "1.1.1.1"),
        (["10.0.0.1"], "10.0.0.1", "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        (["10.0.0.0/8"], "10.2.3.4", "6.6.6.6, 1.1.1.1, 10.0.0.7", "1.1.1.1"),
        (["10.0.0.0/8"], "10.2.3.4", "10.0.0.8, 10.0.0.7", "10.0.0.8"),
        (["10.0.0.1"], "10.0.0.1", "1.1.1.1:4711", "1.1.1.1"),
        (["10.0.0.1"], "10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        (["10.0.0.1"], "10.0.0.1", "2001:db8::1", "2001:db8::1"),
        (["10.0.0.1"], "10.0.0.1", "<script>", "10.0.0.1"),
        (["::1"], "::1", "1.1.1.1", "1.1.1.1"),
        (["*"], "9.9.9.9", "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        (["*"], "", "1.1.1.1", "1.1.1.1"),
        (["10.0.0.1"], "", "1.1.1.1", ""),
        ([" 10.0.0.1", ""], "10.0.0.1", "1.1.1.1", "1.1.1.1"),
    ],
)
def test_the_address(trusted: list[str], peer: str, chain: str | None, expected: str) -> None:
    assert client(trusted, peer, chain=chain)[0] == expected


@pytest.mark.parametrize(
    ("peer", "proto", "expected"),
    [
        ("10.0.0.1", "https", "wss"),
        ("10.0.0.1", "WSS", "wss"),
        ("10.0.0.1", "https, http", "ws"),
        ("10.0.0.1", None, "ws"),
        ("9.9.9.9", "https", "ws"),
    ],
)
def test_the_scheme(peer: str, proto: str | None, expected: str) -> None:
    assert client(["10.0.0.1"], peer, proto=proto)[1] == expected


@pytest.mark.parametrize("name", ["proxy.example", "10.0.0.1/8", "300.1.1.1"])
def test_a_malformed_proxy_is_a_startup_error(name: str) -> None:
    with pytest.raises(StartupError, match="trusted proxies"):
        TrustedProxies([name])
