"""Table T1 of the threat model: who may open a connection from a page."""

import pytest

from antiphon.wire.origin import origin_allowed
from antiphon.wire.port import Request

ALLOWED = frozenset({"https://good.example", "http://localhost:3000"})


def request(
    *origins: str, host: str = "good.example", scheme: str = "wss", site: str | None = None
) -> Request:
    headers = (("host", host), *(("origin", origin) for origin in origins))
    if site is not None:
        headers = (*headers, ("sec-fetch-site", site))
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


@pytest.mark.parametrize("allowed", [ALLOWED, frozenset[str]()])
@pytest.mark.parametrize(
    ("site", "expected"),
    [
        pytest.param(None, True, id="no browser, or an old one"),
        pytest.param("same-origin", True, id="EventSource sends no origin to its own"),
        pytest.param("cross-site", False, id="an image in a page of somebody else"),
        pytest.param("same-site", False, id="an image in a page of a sibling"),
        pytest.param("none", False, id="a link in a mail, or typed by hand"),
        pytest.param("", False, id="empty"),
        pytest.param("Same-Origin", False, id="no browser writes it so"),
    ],
)
def test_without_an_origin_the_browser_says_where_it_comes_from(
    site: str | None, expected: bool, allowed: frozenset[str]
) -> None:
    assert origin_allowed(request(site=site, scheme="https"), allowed) is expected


@pytest.mark.parametrize("site", [None, "same-origin", "same-site", "cross-site", "none"])
def test_where_there_is_an_origin_it_alone_decides(site: str | None) -> None:
    assert origin_allowed(request("https://good.example", site=site), ALLOWED)
    assert not origin_allowed(request("https://evil.example", site=site), ALLOWED)
