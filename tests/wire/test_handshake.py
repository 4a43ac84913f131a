import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from antiphon.limits import Limits
from antiphon.wire.handshake import (
    Refused,
    Upgrade,
    accept_response,
    choose_subprotocol,
    parse_upgrade,
    refusal_response,
)
from antiphon.wire.port import Refusal

LIMITS = Limits()
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HEADERS = {
    "Host": "example.com",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
}


def head(*lines: str, first: str = "GET /ws HTTP/1.1", **changed: str | None) -> bytes:
    headers = {**HEADERS, **{name.replace("_", "-"): value for name, value in changed.items()}}
    kept = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join([first, *kept, *lines]).encode("latin-1")


def refusal(data: bytes) -> Refusal:
    with pytest.raises(Refused) as caught:
        parse_upgrade(data, LIMITS)
    return caught.value.refusal


def test_a_valid_request() -> None:
    data = head("Cookie: a=b", first="GET /a%20b?token=c%3F&d HTTP/1.1")
    upgrade = parse_upgrade(data, LIMITS)
    assert (upgrade.path, upgrade.query, upgrade.key) == ("/a b", "token=c%3F&d", KEY)
    assert upgrade.headers[0] == ("host", "example.com")
    assert upgrade.values("cookie") == ["a=b"]


@pytest.mark.parametrize(
    "changed",
    [
        {"Connection": "keep-alive, Upgrade"},
        {"Connection": "UPGRADE"},
        {"Connection": "upgrade ,\tkeep-alive"},
        {"Upgrade": "WebSocket"},
        {"Content-Length": "0"},
    ],
    ids=str,
)
def test_what_browsers_do_differently(changed: dict[str, str]) -> None:
    assert parse_upgrade(head(**changed), LIMITS).key == KEY


def test_a_connection_header_in_two_lines() -> None:
    data = head("Connection: Upgrade", Connection="keep-alive")
    assert parse_upgrade(data, LIMITS).key == KEY


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 400),
        (b"GET", 400),
        (head(first="GET /ws HTTP/1.0"), 400),
        (head(first="GET  /ws HTTP/1.1"), 400),
        (head(first="GET http://example.com/ws HTTP/1.1"), 400),
        (head(first="GET /w\x00s HTTP/1.1"), 400),
        (head(first="GET /ü HTTP/1.1"), 400),
        (head(first="POST /ws HTTP/1.1"), 405),
        (head(Host=None), 400),
        (head(Host=""), 400),
        (head("Host: example.com"), 400),
        (head("X: a\x00b"), 400),
        (head("X: a\nb"), 400),
        (head("X: a\rb"), 400),
        (head("X: a\x7f"), 400),
        (head(" folded"), 400),
        (head("X y: z"), 400),
        (head(": z"), 400),
        (head("no colon"), 400),
        (head(Content_Length="5"), 400),
        (head("Content-Length: 0", Content_Length="7"), 400),
        (head(Transfer_Encoding="chunked"), 400),
        (head(Connection=None), 426),
        (head(Connection="keep-alive"), 426),
        (head(Connection="close, upgraded"), 426),
        (head(Upgrade=None), 426),
        (head(Upgrade="h2c"), 426),
        (head(Sec_WebSocket_Version=None), 426),
        (head(**{"Sec-WebSocket-Version": "8"}), 426),
        (head(**{"Sec-WebSocket-Version": "13, 8"}), 426),
        (head("Sec-WebSocket-Version: 13"), 426),
        (head(Sec_WebSocket_Key=None), 400),
        (head(**{"Sec-WebSocket-Key": ""}), 400),
        (head(**{"Sec-WebSocket-Key": "AAAA"}), 400),
        (head(**{"Sec-WebSocket-Key": KEY[:-1] + "é"}), 400),
        (head(**{"Sec-WebSocket-Key": "$" * 24}), 400),
        (head(f"Sec-WebSocket-Key: {KEY}"), 400),
    ],
)
def test_what_is_refused(data: bytes, status: int) -> None:
    assert refusal(data).status == status


def test_the_version_that_we_speak_is_named() -> None:
    assert refusal(head(**{"Sec-WebSocket-Version": "8"})).headers == {
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
    }


def test_the_number_of_headers_is_capped() -> None:
    more = [f"X-{number}: y" for number in range(LIMITS.header_count - len(HEADERS))]
    assert parse_upgrade(head(*more), LIMITS).key == KEY
    assert refusal(head(*more, "X: y")).status == 431


def test_the_size_is_capped() -> None:
    room = LIMITS.header_bytes - len(head("X: "))
    assert parse_upgrade(head("X: " + "y" * room), LIMITS).key == KEY
    assert refusal(head("X: " + "y" * (room + 1))).status == 431


@given(st.binary(max_size=300))
@example(head())
def test_nothing_but_an_upgrade_or_a_refusal_comes_out(data: bytes) -> None:
    try:
        assert parse_upgrade(data, LIMITS).path.startswith("/")
    except Refused as refused:
        assert refused.refusal.status in (400, 405, 426, 431)


@given(st.sampled_from(sorted(HEADERS)), st.text(st.characters(codec="latin-1"), max_size=30))
def test_a_refusal_says_nothing_of_the_clients(name: str, value: str) -> None:
    secret = f"secret{value}"
    try:
        parse_upgrade(head(**{name: secret}), LIMITS)
    except Refused as refused:
        assert b"secret" not in refusal_response(refused.refusal)


def test_the_answer_of_the_rfc() -> None:
    answer = accept_response(KEY, subprotocol="chat", extension="permessage-deflate")
    assert answer.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in answer
    assert b"\r\nSec-WebSocket-Protocol: chat\r\n" in answer
    assert answer.endswith(b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")


def test_an_answer_without_extras() -> None:
    answer = accept_response(KEY, subprotocol=None, extension=None)
    assert b"Protocol:" not in answer
    assert b"Extensions:" not in answer


def test_a_refusal_on_the_wire() -> None:
    answer = refusal_response(Refusal(503, "later", {"Retry-After": "5"}))
    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n")
    assert answer.endswith(b"\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlater")


def test_our_order_of_subprotocols_counts() -> None:
    upgrade = Upgrade(path="/", query="", key=KEY, headers=(("sec-websocket-protocol", "b, a"),))
    assert choose_subprotocol(upgrade, ("a", "b")) == "a"
    assert choose_subprotocol(upgrade, ("c",)) is None
    assert choose_subprotocol(upgrade, ()) is None
