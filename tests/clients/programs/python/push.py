# SPDX-License-Identifier: Apache-2.0
"""prometheus_client of PyPI, whose jobs push their gauges as to a Pushgateway."""

from driver import URL, serve
from prometheus_client import CollectorRegistry, Gauge, push_to_gateway


class Client:
    def write(self, points):
        registry = CollectorRegistry()
        gauge = Gauge("points", "words", ["number"], registry=registry)
        for point in points:
            gauge.labels(str(point["fields"]["integer"])).set(point["fields"]["float"])
        push_to_gateway(URL, "job", registry, {"batch": str(points[0]["fields"]["integer"])})


serve(Client())
