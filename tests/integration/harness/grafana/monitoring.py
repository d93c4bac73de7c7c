# SPDX-License-Identifier: Apache-2.0
"""What Grafana's data sources lead to, filled through weir: an InfluxDB, and a Prometheus that scrapes weir and a node_exporter
besides."""

import gzip
import pathlib
import re
import time

from harness.fixtures import executable_from
from harness.flink.configuration import ROOT, replaced
from harness.influxd import Influxd
from harness.process import Process, wait_until
from harness.prometheus import Prometheus
from harness.weir import Weir

from .asking import InfluxSource, PrometheusSource
from .dashboards import GRAFANA, data_sources
from .interpolation import Span, milliseconds

SERVERS = "run tests/servers/fetch.sh"
KIT = GRAFANA.parent
SHOWN = 15 * 60_000  # milliseconds
RECORDED = pathlib.Path(ROOT, "tests", "kit", "dashboards", "recorded")
LINES = 5000  # of a request


def settings(influxdb, prometheus):
    """conf/kit/weir.toml with these addresses, and as quiet as Flink wants it."""
    return replaced((KIT / "weir.toml").read_text(), ("127.0.0.1:8086", "127.0.0.1:0"), ("http://127.0.0.1:8087", influxdb),
                    ("http://127.0.0.1:9090/api/v1/write", prometheus), ("#quiet = true", "quiet = true"),
                    ('directory = "/var/lib/weir"', 'directory = "weir-data"'))


class NodeExporter(Process):
    name = "node_exporter"

    def __init__(self, directory):
        super().__init__(directory)
        self.executable = executable_from(
            "WEIR_SERVERS", "prometheus-node-exporter/usr/bin/prometheus-node-exporter", SERVERS)
        self.address = None

    def start(self):
        self.launch([self.executable, "--web.listen-address=127.0.0.1:0"])
        found = self.wait_ready(lambda: re.search(r'msg="Listening on" address=(127\.0\.0\.1:\d+)', self.log()))
        self.address = found.group(1)
        return self


class Monitoring:
    def __init__(self, directory, sets=()):
        self.influxd = Influxd(directory / "influxd", executable_from("WEIR_SERVERS", "influxdb/usr/bin/influxd", SERVERS))
        self.prometheus = Prometheus(
            directory / "prometheus", executable_from("WEIR_SERVERS", "prometheus/usr/bin/prometheus", SERVERS))
        self.weir = Weir(directory / "weir", executable_from("WEIR_BINARY", "", "build it with ./dev build"), sets=sets)
        self.node = NodeExporter(directory / "node")
        self.processes = [self.influxd, self.prometheus, self.node, self.weir]

    def start(self, more=""):
        """`more` is further text of weir's configuration."""
        for each in self.processes[:-1]:
            each.start()
        self.weir.configure(settings(self.influxd.url, self.prometheus.url) + more)
        self.weir.start()
        jobs = {"weir": self.weir.client.address, "node": self.node.address}
        self.prometheus.reload("global: {scrape_interval: 1s}\nscrape_configs:\n" + "".join(
            f"  - {{job_name: {name}, static_configs: [{{targets: ['{address}']}}]}}\n" for name, address in jobs.items()))
        return self

    def stop(self):
        for each in reversed(self.processes):
            if each.running():
                each.kill()

    def wait_nothing_pending(self):
        wait_until(lambda: self.weir.metrics().sum("weir_sink_pending_points") == 0, 60, "all points delivered",
                   self.weir.must_be_alive, pause=0.2)

    def wait_abreast(self):
        """While more comes in."""
        def reached():
            return max(value for name, _, value in self.weir.metrics().samples if name == "weir_sink_oldest_pending_age_seconds") < 3

        wait_until(reached, 60, "no point that waits for long", self.weir.must_be_alive, pause=0.2)

    def wait_scraped(self, times):
        def reached():
            found = [self.prometheus.query(query=f'count_over_time(up{{job="{job}"}}[1m])') for job in ("weir", "node")]
            return all(each and int(each[0]["value"][1]) >= times for each in found)

        wait_until(reached, 30, "some scrapes", self.prometheus.must_be_alive, pause=0.2)

    def send_again(self, database, *recordings):
        """Lines of each, as if its last ones were of now; in order of time, which Prometheus wants."""
        now, found = time.time_ns(), []
        for lines in recordings:
            timed = [(int(line.rpartition(b" ")[2]), line.rpartition(b" ")[0]) for line in lines.split(b"\n") if line]
            last = max(at for at, _ in timed)
            found += [(at + now - last, line) for at, line in timed]
        found.sort()
        for first in range(0, len(found), LINES):
            body = b"\n".join(b"%b %d" % (line, at) for at, line in found[first : first + LINES])
            answer = self.weir.client.request("POST", "/write", {"db": database}, body)
            assert answer.status == 204, answer

    def sources(self):
        """By their type, for the time until now; and weir in the place of the InfluxDB."""
        until = round(time.time() * 1000)
        provisioned = data_sources()
        spans = {end: Span(until - SHOWN, until, milliseconds(provisioned[end]["timeInterval"])) for end in provisioned}
        database = provisioned["influxdb"]["dbName"]
        return {"prometheus": PrometheusSource(self.prometheus.client.address, spans["prometheus"]),
                "influxdb": InfluxSource(self.influxd.client.address, database, spans["influxdb"]),
                "weir": InfluxSource(self.weir.client.address, database, spans["influxdb"])}


def recorded(name):
    return gzip.decompress((RECORDED / f"{name}.lp.gz").read_bytes())


def keep_recorded(name, lines):
    RECORDED.mkdir(parents=True, exist_ok=True)
    (RECORDED / f"{name}.lp.gz").write_bytes(gzip.compress(lines, 9, mtime=0))
