"""Table T1 of the threat model: who may open a connection from a page."""

import pytest

from antiphon.wire.origin import origin_allowed
from antiphon.wire.port import Request

ALLOWED = frozenset({"https://good.example", "http://localhost:3000"})


def request(*origins: str, host: str = "good.example", scheme: str = "wss") -> Request:
    headers = (("host", host), *(("origin", origin) for origin in origins))
    return Request(path="/", query="", headers=headers, scheme=scheme, address="")


@pytest.mark.parametrize(
    ("origins", "expected"),
    [
        pytest.param(["https://good.example"], True, id="exact"),
        pytest.param(["http://localhost:3000"], True, id="exact with port"),
        pytest.param(["http://good.example"], False, id="other scheme"),
        pytest.param(["https://good.example:444"], False, id="other port"),
        pytest.param(["https://good.example:443"], False, id="default port spelt out"),
        pytest.param(["https://GOOD.example"], False, id="upper case"),
        pytest.param(["https://good.example."], False, id="trailing dot"),
        pytest.param(["https://good.example.evil.com"], False, id="suffix"),
        pytest.param(["https://goodXexample"], False, id="any character for the dot"),
        pytest.param(["https://evil.good.example"], False, id="subdomain"),
        pytest.param(["null"], False, id="null"),
        pytest.param([""], False, id="empty"),
        pytest.param(["https://good.example", "https://good.example"], False, id="twice"),
        pytest.param(["https://gööd.example"], False, id="IDN"),
        pytest.param(["https://good.example/path"], False, id="with path"),
        pytest.param([], True, id="missing: not a page"),
    ],
)
def test_an_allow_list(origins: list[str], expected: bool) -> None:
    assert origin_allowed(request(*origins), ALLOWED) is expected


@pytest.mark.parametrize(
    ("origin", "host", "scheme", "expected"),
    [
        ("https://good.example", "good.example", "wss", True),
        ("https://good.example", "GOOD.example", "wss", True),
        ("http://good.example", "good.example", "wss", False),
        ("http://good.example", "good.example", "ws", True),
        ("https://good.example", "good.example", "ws", True),
        ("http://localhost:8000", "localhost:8000", "ws", True),
        ("http://localhost:8000", "localhost:8001", "ws", False),
        ("https://evil.com", "good.example", "wss", False),
        ("https://good.example.evil.com", "good.example", "wss", False),
        ("https://user@good.example", "good.example", "wss", False),
        ("file://good.example", "good.example", "ws", False),
        ("null", "null", "ws", False),
        ("", "", "ws", False),
    ],
)
def test_without_a_list_the_page_comes_from_the_host(
    origin: str, host: str, scheme: str, expected: bool
) -> None:
    assert origin_allowed(request(origin, host=host, scheme=scheme), frozenset()) is expected


def test_null_cannot_be_allowed() -> None:
    assert not origin_allowed(request("null"), frozenset({"null"}))
