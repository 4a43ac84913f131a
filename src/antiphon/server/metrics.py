"""`/metrics`: the hub's counters in Prometheus's text format.

The hub counts with plain integers; they become metrics only when somebody looks. Names follow
Prometheus's conventions. No label carries anything that a client chose.
"""

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from antiphon.hub.hub import Hub

_GAUGES = (
    ("connections", "Open connections, connected or not yet.", len),
    ("users", "Distinct users connected.", lambda hub: len(hub.users)),
    ("channels", "Channels with at least one subscriber.", lambda hub: len(hub.core.topics)),
    ("tasks", "Handlers that are waiting.", lambda hub: len(hub.core.tasks)),
)
_COUNTERS = (
    ("opened", "Connections opened."),
    ("connected", "Successful connects."),
    ("messages_in", "Messages received."),
    ("commands", "Commands run."),
    ("publications", "Publications made on this node."),
    ("deliveries", "Publications written to subscribers."),
    ("recovered", "Subscribers that recovered what they missed."),
    ("unrecovered", "Subscribers that could not."),
    ("handler_errors", "Handlers that raised."),
)
_BY_CODE = (
    ("closed", "Connections ended, by close code."),
    ("refused", "Commands refused, by error code."),
)


class _HubCollector(Collector):
    def __init__(self, hub: Hub, deprecated: Mapping[str, int]) -> None:
        self._hub = hub
        self._deprecated = deprecated

    def collect(self) -> Iterator[Metric]:
        stats = self._hub.core.stats
        for name, text, value in _GAUGES:
            yield GaugeMetricFamily(f"antiphon_{name}", text, value=value(self._hub))
        for name, text in _COUNTERS:
            yield CounterMetricFamily(f"antiphon_{name}", text, value=getattr(stats, name))
        for name, text in _BY_CODE:
            family = CounterMetricFamily(f"antiphon_{name}", text, labels=["code"])
            for code, count in getattr(stats, name).items():
                family.add_metric([str(code)], count)
            yield family
        yield _by_event("deprecated_events", "Deprecated events from clients.", self._deprecated)


def _by_event(name: str, text: str, counts: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(f"antiphon_{name}", text, labels=["event"])
    for tag, count in counts.items():
        family.add_metric([tag], count)
    return family


class Metrics:
    """The registry of one app. Own collectors may be registered with `registry`.

    Args:
        deprecated: how often clients have sent each deprecated event, by its tag.
    """

    content_type = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(self, hub: Hub, *, deprecated: Mapping[str, int]) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_HubCollector(hub, deprecated))

    def page(self) -> tuple[int, bytes, str]:
        """Return the HTTP status, the body and its type."""
        return 200, self.render(), self.content_type

    def render(self) -> bytes:
        """Return all metrics as text."""
        return generate_latest(self.registry)
