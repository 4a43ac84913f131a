"""The key: what may be one, how it is shown, and that nothing else opens or shows it."""

import logging
from typing import Any

import pytest

from antiphon import API, Anonymous, App, DeclarationError, StartupError
from antiphon.wire.port import Request
from tests.server.asgi import Answer, ask

KEY = "correct-horse-battery"
PREVIOUS = "staple-of-last-year"


def app_with(api: API | None) -> App:
    return App("x", auth=Anonymous(), api=api)


async def info(app: App, query: bytes = b"", **headers: str | bytes) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return await ask(app, "/api/info", method="POST", headers=sent, query=query, body=b"{}")


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        (b"", {"x_api_key": KEY}),
        (b"", {"x_api_key": PREVIOUS}),
        (b"", {"authorization": f"apikey {KEY}"}),
        (b"", {"authorization": f"  ApiKey   {KEY} "}),
        (b"", {"authorization": f"APIKEY {PREVIOUS}"}),
        (b"api_key=" + KEY.encode(), {}),
        (b"a=b&api_key=correct%2Dhorse%2Dbattery", {}),
        # The query counts where a header was wrong, and an empty header is none.
        (b"api_key=" + KEY.encode(), {"x_api_key": "wrong"}),
        (b"", {"x_api_key": "", "authorization": f"apikey {KEY}"}),
    ],
)
async def test_the_key_opens(query: bytes, headers: dict[str, str]) -> None:
    app = app_with(API(key=KEY, previous_key=PREVIOUS))
    async with app.lifespan():
        assert (await info(app, query, **headers)).status == 200


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        (b"", {}),
        (b"", {"x_api_key": ""}),
        (b"", {"x_api_key": "wrong"}),
        (b"", {"x_api_key": KEY[:-1]}),
        (b"", {"x_api_key": KEY + "x"}),
        (b"", {"x_api_key": KEY.upper()}),
        (b"", {"x_api_key": KEY.encode() + b"\xff\xfe"}),
        (b"", {"x_api_key": "schlüssel"}),
        (b"", {"x_api_key": b"\x00" * 5000}),
        (b"", {"authorization": KEY}),
        (b"", {"authorization": f"Bearer {KEY}"}),
        (b"", {"authorization": "apikey"}),
        (b"", {"authorization": f"apikey{KEY}"}),
        (b"", {"authorization": b"apikey \xff"}),
        # With both headers the first one counts.
        (b"", {"x_api_key": "wrong", "authorization": f"apikey {KEY}"}),
        (b"api_key=", {}),
        (b"api_key=wrong", {}),
        (b"api_key=%ff%fe", {}),
        (b"\xff=\xfe&api_key", {}),
        (b"API_KEY=" + KEY.encode(), {}),
        (b"api_key=wrong&api_key=" + KEY.encode(), {}),
    ],
)
async def test_nothing_else_opens_and_the_answer_is_always_the_same(
    query: bytes, headers: dict[str, str | bytes]
) -> None:
    answer = await info(app_with(API(key=KEY)), query, **headers)
    assert (answer.status, answer.body) == (401, b"unauthorized")
    assert answer.headers[b"www-authenticate"] == b"apikey"
    assert answer.headers[b"content-type"] == b"text/plain; charset=utf-8"


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/info", "/api/nothing", "/api/batch"])
async def test_without_the_key_no_path_says_more_than_another(path: str) -> None:
    answer = await ask(app_with(API(key=KEY)), path, method="POST")
    assert (answer.status, answer.body) == (401, b"unauthorized")
    answer = await ask(app_with(API(key=KEY)), "/api/openapi.json")
    assert (answer.status, answer.body) == (401, b"unauthorized")


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/info", "/api/openapi.json"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
async def test_without_a_key_there_is_no_server_api(path: str, method: str) -> None:
    answer = await ask(app_with(None), path, method=method, headers={"x-api-key": KEY})
    assert (answer.status, answer.body) == (404, b"not found")


@pytest.mark.parametrize("other", ["/apix", "/API/info", "/apis/info"])
async def test_other_paths_are_not_its_own(other: str) -> None:
    assert (await ask(app_with(API(key=KEY)), other)).status == 404


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"key": "x" * 15}, "the API key has 15 characters, it needs at least 16; make one with:"),
        ({"key": ""}, "the API key has 0 characters, it needs at least 16; make one with:"),
        ({"key": KEY, "previous_key": "short"}, "the API key has 5 characters, it needs"),
        ({"key": "with a space in it"}, "the API key is not printable ASCII without spaces;"),
        ({"key": "schlüsselschlüssel"}, "the API key is not printable ASCII without spaces;"),
        ({"key": "line\nbreakline\nbreak"}, "the API key is not printable ASCII"),
        ({"key": None}, "the API key is not printable ASCII without spaces;"),
        ({"key": b"b" * 32}, "the API key is not printable ASCII without spaces;"),
        ({"key": "", "insecure_allow_short_key": True}, "the API key has 0 characters, it needs"),
    ],
)
def test_what_cannot_be_a_key_is_said_in_one_line_that_does_not_show_it(
    settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(StartupError) as caught:
        API(**settings)
    text = str(caught.value)
    assert text.startswith(said)
    assert "\n" not in text
    assert "schl" not in text and "breakline" not in text


async def test_a_short_key_has_to_be_wanted() -> None:
    api = API(key="test-api-key", insecure_allow_short_key=True)
    assert api.insecure == ("insecure_allow_short_key",)
    assert API(key="x" * 16).insecure == ()
    app = app_with(api)
    async with app.lifespan():
        assert (await info(app, x_api_key="test-api-key")).status == 200


def test_the_environment_holds_the_keys() -> None:
    with pytest.raises(StartupError, match="^no key for the server API: set ANTIPHON_API_KEY; "):
        API.from_env({})
    with pytest.raises(StartupError, match="^no key for the server API"):
        API.from_env({"ANTIPHON_API_KEY": "", "ANTIPHON_API_PREVIOUS_KEY": KEY})
    headers = (("x-api-key", PREVIOUS),)
    request = Request(path="/api", query="", headers=headers, scheme="http", address="")
    both = {"ANTIPHON_API_KEY": KEY, "ANTIPHON_API_PREVIOUS_KEY": PREVIOUS}
    assert API.from_env(both).admits(request)
    assert not API.from_env({**both, "ANTIPHON_API_PREVIOUS_KEY": ""}).admits(request)


def test_a_key_alone_is_not_an_api() -> None:
    with pytest.raises(DeclarationError) as caught:
        App("x", auth=Anonymous(), api=KEY)  # type: ignore[arg-type]
    assert str(caught.value).startswith("api is an API: api=API.from_env() (")


async def test_the_key_is_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    api = API(key=KEY, previous_key=PREVIOUS)
    app = app_with(api)

    @app.api_rpc("fail")
    def fail() -> None:
        raise RuntimeError("on purpose")

    async with app.lifespan():
        headers = {"x-api-key": KEY}
        body = b'{"method":"fail"}'
        answer = await ask(app, "/api/rpc", method="POST", headers=headers, body=body)
        assert answer.body == b'{"error":{"code":100,"message":"internal server error"}}'
        await info(app, x_api_key=PREVIOUS + "?")
        pages = [await ask(app, path) for path in ("/health", "/metrics")]
        pages.append(await ask(app, "/api/openapi.json", headers=headers))
    held = repr([getattr(api, name) for name in API.__slots__])
    told = "".join(page.body.decode() for page in pages) + caplog.text + repr(api) + held
    assert "on purpose" in told
    assert KEY not in told and PREVIOUS not in told
