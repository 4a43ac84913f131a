"""Key sets, with a fetch and a clock made by hand, and over HTTP from a real server."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import create_server
from threading import Thread
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from antiphon.auth import JWT, jwks
from antiphon.auth.jwks import JWKS, fetch_body, parse
from antiphon.errors import InvalidToken, Refusal, StartupError

ISSUER = "https://issuer"
URL = "https://issuer/jwks"


class Endpoint:
    """An issuer's key set by hand: counts fetches, may be away, may be slow."""

    def __init__(self) -> None:
        self.body = b""
        self.urls: list[str] = []
        self.failure: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def fetch(self, url: str) -> bytes:
        self.urls.append(url)
        await self.open.wait()
        if self.failure:
            raise self.failure
        return self.body


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def endpoint(public: Callable[..., bytes]) -> Endpoint:
    endpoint = Endpoint()
    endpoint.body = public("one")
    return endpoint


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(endpoint: Endpoint, clock: Clock) -> JWKS:
    return JWKS({ISSUER: URL}, fetch=endpoint.fetch, clock=clock)


@pytest.fixture
def public(private_keys: dict[str, Any]) -> Callable[..., bytes]:
    """Builds the JWK Set in which the P-256 key has each of these ids."""
    mechanism = jwt.get_algorithm_by_name("ES256")
    jwk = json.loads(mechanism.to_jwk(private_keys["P-256"].public_key()))
    return lambda *ids: json.dumps({"keys": [{**jwk, "kid": kid} for kid in ids]}).encode()


async def knows(keys: JWKS, key_id: str) -> bool:
    return bool(await keys.candidates(ISSUER, key_id))


async def test_one_fetch_serves_many(keys: JWKS, endpoint: Endpoint, clock: Clock) -> None:
    assert await knows(keys, "one")
    clock.now += jwks.REFRESH_SECONDS - 1
    assert await knows(keys, "one")
    assert endpoint.urls == [URL]


async def test_an_unknown_issuer_causes_no_request(keys: JWKS, endpoint: Endpoint) -> None:
    for issuer in ("https://evil", "", "https://issuer/", "HTTPS://ISSUER"):
        assert await keys.candidates(issuer, "one") == ()
    assert endpoint.urls == []


async def test_invented_key_ids_cause_one_fetch_a_minute(
    keys: JWKS, endpoint: Endpoint, clock: Clock
) -> None:
    assert await knows(keys, "one")
    for number in range(10_000):
        clock.now += 0.006  # a minute in all
        assert not await knows(keys, f"invented {number}")
    assert len(endpoint.urls) <= 2


async def test_one_fetch_in_flight(keys: JWKS, endpoint: Endpoint) -> None:
    endpoint.open.clear()
    waiting = [asyncio.create_task(knows(keys, "one")) for _ in range(100)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    endpoint.open.set()
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert found[1:] == [True] * 99
    assert endpoint.urls == [URL]


async def test_rotation(
    keys: JWKS, endpoint: Endpoint, clock: Clock, public: Callable[..., bytes]
) -> None:
    assert await knows(keys, "one")
    endpoint.body = public("one", "two")
    clock.now += jwks.FORCED_SECONDS
    assert await knows(keys, "two")
    assert await knows(keys, "one")
    endpoint.body = public("two")
    clock.now += jwks.REFRESH_SECONDS
    assert not await knows(keys, "one")
    assert await knows(keys, "two")


async def test_an_endpoint_that_is_away_for_long(
    keys: JWKS, endpoint: Endpoint, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    assert await knows(keys, "one")
    endpoint.failure = OSError("no route")
    for _ in range(6_000):
        clock.now += 0.1  # ten minutes in all
        assert await knows(keys, "one")
    assert len(endpoint.urls) <= 11
    assert f"cannot fetch the keys at {URL}: no route" in caplog.text
    endpoint.failure = None
    clock.now += jwks.FORCED_SECONDS
    assert not await knows(keys, "two")


async def test_an_unknown_key_while_the_endpoint_is_away_may_be_tried_again(
    keys: JWKS, endpoint: Endpoint, clock: Clock
) -> None:
    endpoint.failure = TimeoutError("slow")
    for _ in range(2):
        with pytest.raises(Refusal) as caught:
            await knows(keys, "one")
        assert (caught.value.number, caught.value.temporary) == (100, True)
    assert len(endpoint.urls) == 1
    endpoint.failure = None
    clock.now += jwks.RETRY_SECONDS
    assert await knows(keys, "one")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"keys": []}', b"[" * 60_000])
async def test_a_set_without_keys_replaces_nothing(
    keys: JWKS, endpoint: Endpoint, clock: Clock, body: bytes
) -> None:
    assert await knows(keys, "one")
    endpoint.body = body
    clock.now += jwks.REFRESH_SECONDS
    assert await knows(keys, "one")
    assert len(endpoint.urls) == 2


async def test_known_keys_do_not_wait_for_a_slow_endpoint(
    keys: JWKS, endpoint: Endpoint, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "PATIENCE_SECONDS", 0.001)
    assert await knows(keys, "one")
    endpoint.open.clear()
    clock.now += jwks.REFRESH_SECONDS
    assert await knows(keys, "one")
    assert await knows(keys, "one")
    assert len(endpoint.urls) == 2
    endpoint.open.set()
    assert not await knows(keys, "two")


def test_unusable_members_are_left_out(public: Callable[..., bytes]) -> None:
    good = json.loads(public("good"))["keys"][0]
    nameless = {key: value for key, value in good.items() if key != "kid"}
    oct_key = {"kty": "oct", "k": "c2VjcmV0", "kid": "secret"}
    found = parse(json.dumps({"keys": [oct_key, {}, good, nameless]}).encode())
    assert found.keys() == {"good", ""}
    with pytest.raises(ValueError, match="no usable key"):
        parse(json.dumps({"keys": [oct_key]}).encode())


@pytest.mark.parametrize(
    "url",
    [
        "http://issuer/jwks",
        "http://127.0.0.1.evil/jwks",
        "http://localhost@evil/jwks",
        "file:///etc/passwd",
        "data:application/json,{}",
        "ftp://issuer/jwks",
        "https:///jwks",
        "//issuer/jwks",
        "",
    ],
)
def test_only_https(url: str) -> None:
    with pytest.raises(StartupError, match="must be https://"):
        JWKS({ISSUER: url})


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "[::1]:80", "127.1.2.3"])
def test_http_on_loopback(host: str) -> None:
    assert JWKS({ISSUER: f"http://{host}/jwks"}).waits


class Handler(BaseHTTPRequestHandler):
    """Answers a path with what the server's `pages` say, and notes that it was asked."""

    server: "Server"

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        status, body = self.server.pages[self.path]
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", body.decode())
        self.end_headers()
        # A client that has seen enough hangs up.
        with suppress(OSError):
            self.wfile.write(body)
            while self.path == "/endless":
                self.wfile.write(b" ")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    with Server() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def test_fetching(server: Server) -> None:
    server.pages = {"/jwks?a=b": (200, b"x" * jwks.BODY_BYTES)}
    assert await fetch_body(server.url("/jwks?a=b")) == b"x" * jwks.BODY_BYTES


async def test_a_body_that_is_too_large(server: Server) -> None:
    server.pages = {"/large": (200, b"x" * (jwks.BODY_BYTES + 1)), "/endless": (200, b"")}
    for path in server.pages:
        with pytest.raises(ValueError, match="more than 65536 bytes"):
            await fetch_body(server.url(path))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(server: Server, status: int) -> None:
    server.pages = {"/old": (status, b"/new"), "/new": (200, b"{}")}
    with pytest.raises(OSError, match=f"HTTP status {status}"):
        await fetch_body(server.url("/old"))
    assert server.asked == ["/old"]


async def test_a_server_that_fails(server: Server) -> None:
    server.pages = {"/gone": (404, b"{}"), "/broken": (500, b"{}")}
    for path in server.pages:
        with pytest.raises(OSError, match="HTTP status"):
            await fetch_body(server.url(path))


async def test_a_server_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(jwks, "FETCH_SECONDS", 0.05)
    with create_server(("127.0.0.1", 0)) as silent, pytest.raises(TimeoutError):
        await fetch_body(f"http://127.0.0.1:{silent.getsockname()[1]}/")


async def test_a_server_that_answers_for_ever(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "FETCH_SECONDS", 0.05)
    monkeypatch.setattr(jwks, "BODY_BYTES", 1 << 40)
    server.pages = {"/endless": (200, b"")}
    with pytest.raises(TimeoutError):
        await fetch_body(server.url("/endless"))


def token_of(key: Any, issuer: str, key_id: str = "one", **claims: Any) -> str:
    claims = {"sub": "alice", "exp": 4_000_000_000, "iss": issuer, "aud": "app", **claims}
    return jwt.encode(claims, key, "ES256", {"kid": key_id})


async def test_tokens_of_a_served_key_set(
    server: Server, private_keys: dict[str, Any], public: Callable[..., bytes]
) -> None:
    server.pages = {"/jwks": (200, public("one"))}
    auth = JWT(jwks_url=server.url("/jwks"), issuer=ISSUER, audience="app")
    key = private_keys["P-256"]
    assert (await auth.refresh(token_of(key, ISSUER))).user == "alice"
    other = ec.generate_private_key(ec.SECP256R1())
    forged = [
        token_of(other, ISSUER),
        token_of(key, ISSUER, "two"),
        token_of(key, "https://evil"),
        token_of(key, ISSUER, aud="other"),
        jwt.encode({"sub": "alice", "exp": 4e9, "iss": ISSUER, "aud": "app"}, key, "ES256"),
    ]
    for token in forged:
        with pytest.raises(InvalidToken):
            await auth.refresh(token)
    assert server.asked == ["/jwks"]


async def test_an_issuer_cannot_sign_for_another(
    server: Server, private_keys: dict[str, Any], public: Callable[..., bytes]
) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    mechanism = jwt.get_algorithm_by_name("ES256")
    other_set = {"keys": [{**json.loads(mechanism.to_jwk(other.public_key())), "kid": "one"}]}
    server.pages = {"/a": (200, public("one")), "/b": (200, json.dumps(other_set).encode())}
    urls = {"https://a": server.url("/a"), "https://b": server.url("/b")}
    auth = JWT(jwks=urls, audience="app")
    key = private_keys["P-256"]
    for signer, issuer in ((key, "https://a"), (other, "https://b")):
        assert (await auth.refresh(token_of(signer, issuer))).user == "alice"
    for signer, issuer in ((key, "https://b"), (other, "https://a")):
        with pytest.raises(InvalidToken):
            await auth.refresh(token_of(signer, issuer))
