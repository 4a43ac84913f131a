import pytest

from antiphon.limits import Limits
from antiphon.wire.deflate import Deflater
from antiphon.wire.port import Connection, Endpoint, Receiver
from antiphon.wire.service import LOG_SECONDS, Member, Service


def never(connection: Connection) -> Receiver:
    raise AssertionError("opened")


@pytest.fixture
async def service() -> Service:
    register: set[Member] = set()
    endpoint = Endpoint(
        open=never,
        admit=lambda request: None,
        limits=Limits(),
        compression=1,
        compression_threshold=10,
    )
    return Service(endpoint, register)


async def test_there_is_one_compressor_per_window(service: Service) -> None:
    assert service.deflater(15) is service.deflater(15)
    assert service.deflater(15) is not service.deflater(9)
    assert isinstance(service.deflater(9), Deflater)
    assert service.deflater(9)(b"short") is None


async def test_refusals_are_logged_now_and_then(
    service: Service, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000.0
    monkeypatch.setattr("antiphon.wire.service.monotonic", lambda: now)
    caplog.set_level("INFO", "antiphon.wire")
    for _ in range(100):
        service.count_refusal(1002, "reserved bits are set")
    service.count_refusal(1007, "not UTF-8")
    now += LOG_SECONDS
    service.count_refusal(1002, "nothing to continue")
    assert caplog.messages == [
        "closed with 1002, reserved bits are set (1 so far)",
        "closed with 1007, not UTF-8 (1 so far)",
        "closed with 1002, nothing to continue (101 so far)",
    ]
