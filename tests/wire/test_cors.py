"""What a browser is told about who may read an answer."""

from antiphon.wire.cors import cors_headers, preflight_headers, refusal_headers
from antiphon.wire.origin import FOREIGN
from antiphon.wire.port import Refusal, Request

PAGE = "https://app.example"


def request(**headers: str) -> Request:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Request(path="/", query="", headers=named, scheme="https", address="")


def test_a_page_may_read_with_its_cookies() -> None:
    assert dict(cors_headers(request(origin=PAGE))) == {
        b"vary": b"origin",
        b"access-control-allow-origin": PAGE.encode(),
        b"access-control-allow-credentials": b"true",
    }


def test_caches_keep_origins_apart_even_where_there_is_none() -> None:
    assert cors_headers(request()) == [(b"vary", b"origin")]


def test_a_page_may_read_why_it_is_refused() -> None:
    refusal = Refusal(503, "shutting down")
    assert refusal_headers(request(origin=PAGE), refusal) == cors_headers(request(origin=PAGE))


def test_a_foreign_page_may_read_nothing() -> None:
    assert refusal_headers(request(origin=PAGE), FOREIGN) == [(b"vary", b"origin")]


def test_a_preflight_names_methods_and_headers() -> None:
    told = dict(preflight_headers(request(origin=PAGE), ("GET", "POST")))
    assert told[b"access-control-allow-methods"] == b"GET, POST, OPTIONS"
    assert told[b"access-control-max-age"] == b"300"
    allowed = told[b"access-control-allow-headers"].split(b", ")
    assert {b"content-type", b"authorization", b"last-event-id"} <= set(allowed)
    assert told[b"access-control-allow-origin"] == PAGE.encode()


def test_bytes_of_an_odd_origin_come_back_as_they_were() -> None:
    told = dict(cors_headers(request(origin="https://\xfc.example")))
    assert told[b"access-control-allow-origin"] == b"https://\xfc.example"
