"""What is counted of the server API, for `/metrics`. No label holds anything that a caller chose."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from msgspec import UNSET
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from antiphon.server.api.results import Error, Reply

_PROTOCOL_CODES = range(100, 400)


class Tally(Collector):
    """Counters of one server API."""

    def __init__(self) -> None:
        self.calls: Counter[tuple[str, str]] = Counter()
        """Calls by the method's name, and the error's code: "0" for none, "app" for the app's."""
        self.refused: Counter[int] = Counter()
        """Requests that were refused before any method was called, by HTTP status."""

    def count(self, method: str, reply: Reply[Any]) -> None:
        """Count a call.

        Args:
            method: one that there is.
        """
        self.calls[method, "0" if reply.error is UNSET else _label(reply.error)] += 1

    def collect(self) -> Iterator[Metric]:
        """Make metrics of the counters."""
        calls = CounterMetricFamily(
            "antiphon_api_calls",
            "Calls of the server API, by method and error code.",
            labels=["method", "code"],
        )
        for labels, count in self.calls.items():
            calls.add_metric(labels, count)
        yield calls
        refused = CounterMetricFamily(
            "antiphon_api_refused",
            "Requests to the server API that were refused, by HTTP status.",
            labels=["status"],
        )
        for status, count in self.refused.items():
            refused.add_metric([str(status)], count)
        yield refused


def _label(error: Error) -> str:
    return str(error.code) if error.code in _PROTOCOL_CODES else "app"
