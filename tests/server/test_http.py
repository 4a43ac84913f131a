"""Routes: the few that there are, under whatever path the app is mounted."""

import pytest

from antiphon import Anonymous, App
from antiphon.server.http import path_of
from tests.server.asgi import ask


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/health", 200),
        ("/metrics", 200),
        ("/connection/init", 200),
        ("/", 404),
        ("/health/", 404),
        ("/Health", 404),
        ("/connection/websocket", 426),
        ("", 404),
    ],
)
@pytest.mark.parametrize("root", ["", "/live"])
async def test_each_path_has_its_answer(path: str, status: int, root: str) -> None:
    answer = await ask(App("x", auth=Anonymous()), root + path, root=root)
    assert answer.status == status
    assert answer.headers[b"content-length"] == str(len(answer.body)).encode()
    assert answer.headers[b"x-content-type-options"] == b"nosniff"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "BREW"])
async def test_nothing_is_changed_over_http(method: str) -> None:
    answer = await ask(App("x", auth=Anonymous()), "/health", method=method)
    assert (answer.status, answer.body) == (405, b"method not allowed")


async def test_what_it_answers_holds_nothing_of_the_request() -> None:
    answer = await ask(App("x", auth=Anonymous()), "/<script>")
    assert b"script" not in answer.body


@pytest.mark.parametrize(
    ("path", "root", "within"),
    [
        ("/a/b", "", "/a/b"),
        ("/a/b", "/a", "/b"),
        ("/ab", "/a", "/ab"),
        ("/b", "/a", "/b"),
        ("/a", "/a", "/a"),
    ],
)
def test_the_mount_point_is_taken_off(path: str, root: str, within: str) -> None:
    assert path_of({"path": path, "root_path": root}) == within
