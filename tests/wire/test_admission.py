import pytest

from antiphon.limits import Limits
from antiphon.wire.admission import FAILED, examine
from antiphon.wire.port import Connection, Endpoint, Receiver, Refusal, Request

REQUEST = Request(path="/", query="", headers=(), scheme="ws", address="")
FORBIDDEN = Refusal(403, "no")


def never(connection: Connection) -> Receiver:
    raise AssertionError("opened")


def fail(request: Request) -> Refusal | None:
    raise ValueError("a secret")


@pytest.mark.parametrize("refusal", [None, FORBIDDEN])
def test_the_endpoints_word_counts(refusal: Refusal | None) -> None:
    endpoint = Endpoint(open=never, admit=lambda request: refusal, limits=Limits())
    assert examine(endpoint, REQUEST) is refusal


def test_an_endpoint_that_raises(caplog: pytest.LogCaptureFixture) -> None:
    endpoint = Endpoint(open=never, admit=fail, limits=Limits())
    assert examine(endpoint, REQUEST) is FAILED
    assert "secret" not in FAILED.text
    assert "a secret" in caplog.text
