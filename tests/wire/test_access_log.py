import io
import logging
import logging.config
import sys

import pytest

from antiphon.wire.access_log import Redaction, logging_config


def redact(*args: object) -> tuple[object, ...]:
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, "%s", args, None)
    assert Redaction().filter(record)
    assert isinstance(record.args, tuple)
    return record.args


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("/ws?token=secret", "/ws"),
        ("/ws", "/ws"),
        ("%2A?token=secret", "%2A"),
        ("a?b", "a?b"),
        ("\x1b[31mred\n", "\\x1b[31mred\\n"),
        ("/a\nb?c", "/a\\nb"),
        ("ü", "ü"),
        (200, 200),
        (None, None),
    ],
)
def test_an_argument(argument: object, expected: object) -> None:
    assert redact("first", argument) == ("first", expected)


def test_records_without_arguments_pass() -> None:
    record = logging.LogRecord("uvicorn.error", logging.INFO, "", 0, "plain", (), None)
    assert Redaction().filter(record)
    assert record.getMessage() == "plain"


def test_an_exception_cannot_forge_a_line() -> None:
    try:
        raise ValueError("\x1b[31mred\nERROR: forged\r\u2028")
    except ValueError:
        record = logging.LogRecord("antiphon", logging.ERROR, "", 0, "failed", (), sys.exc_info())
    assert Redaction().filter(record)
    first, *lines = logging.Formatter().format(record).split("\n")
    assert first == "failed"
    assert lines[0] == "    Traceback (most recent call last):"
    assert lines[-2:] == ["    ValueError: \\x1b[31mred", "    ERROR: forged\\r\\u2028"]
    assert all(line.startswith("    ") and line.isprintable() for line in lines)


def test_every_handler_redacts() -> None:
    config = logging_config("warning")
    assert all(handler["filters"] == ["redaction"] for handler in config["handlers"].values())
    config["loggers"] = {"antiphon.test_access_log": {"handlers": ["access"], "level": "INFO"}}
    stream = config["handlers"]["access"]["stream"] = io.StringIO()
    logging.config.dictConfig(config)
    logger = logging.getLogger("antiphon.test_access_log")
    logger.info('%s - "%s %s HTTP/%s" %d', "1.1.1.1:1", "GET", "/ws?token=secret", "1.1", 200)
    logger.handlers.clear()
    assert '"GET /ws HTTP/1.1"' in stream.getvalue()
    assert "secret" not in stream.getvalue()


def test_our_loggers_write_where_uvicorns_do_unless_somebody_listens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "antiphon" not in logging_config("warning")["loggers"]
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    added = logging_config("warning")["loggers"]["antiphon"]
    assert added == {"handlers": ["default"], "level": "WARNING"}
