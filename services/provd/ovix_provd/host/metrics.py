"""What operators watch of the plugin host."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .process import resident_bytes

if TYPE_CHECKING:
    from .client import PluginHost


class HostMetrics(Collector):
    """Read when they are asked for."""

    def __init__(self, host: "PluginHost") -> None:
        self._host = host

    def collect(self) -> Iterator[Metric]:
        """Whether it answers, how often it died, what it weighs, which plugins are out."""
        host = self._host
        yield GaugeMetricFamily(
            "ovix_provd_plugin_host_up", "Whether the process of plugins answers.",
            value=float(host.pid is not None),
        )  # fmt: skip
        yield CounterMetricFamily(
            "ovix_provd_plugin_host_deaths", "How often the process of plugins ended.",
            value=float(host.deaths),
        )  # fmt: skip
        yield GaugeMetricFamily(
            "ovix_provd_plugin_host_resident_bytes", "Memory of the process of plugins.",
            value=float(resident_bytes(host.pid) if host.pid is not None else 0),
        )  # fmt: skip
        out = GaugeMetricFamily(
            "ovix_provd_plugin_out_of_service", "Plugins that are asked nothing any more.",
            labels=("plugin",),
        )  # fmt: skip
        for plugin_id in host:
            out.add_metric((plugin_id,), float(host[plugin_id].out_of_service is not None))
        yield out
