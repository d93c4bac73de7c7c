# SPDX-License-Identifier: Apache-2.0
"""Every query of every dashboard of the kit (conf/kit/grafana) has data where a real Flink reports through weir to an InfluxDB and a
Prometheus: it reads and writes a real Kafka, one of its TaskManagers is killed, and Telegraf and node_exporter look at the machine.
The same queries run over what was recorded here in tests/kit/dashboards."""

import os
import pathlib

import pytest
from conftest import VERSIONS, distribution

from harness.flink.configuration import replaced, reporters
from harness.flink.reports import requests
from harness.grafana.asking import Shown
from harness.grafana.dashboards import GRAFANA, dashboards
from harness.grafana.monitoring import Monitoring, keep_recorded, recorded
from harness.kafka.brokers import Kafka
from harness.process import Process, wait_until
from running.flink import Cluster, Distribution
from running.tap import Tap

FILE_SINK = '\n[[sink]]\nname = "lines"\ntype = "file"\ndirectory = "lines"\ndatabases = ["telegraf"]\n'
TELEGRAF = [GRAFANA.parent / "telegraf" / "telegraf.conf", GRAFANA / "telegraf-weir.conf"]
EVERY = 10_000_000_000  # nanoseconds between the reports that are recorded
BETWEEN = 2_000_000_000  # those of Telegraf


class Telegraf(Process):
    name = "telegraf"

    def __init__(self, directory, executable):
        super().__init__(directory)
        self.executable = executable

    def start(self, weir):
        """With the kit's configuration, more often."""
        text = "".join(path.read_text() for path in TELEGRAF)
        (self.directory / "telegraf.conf").write_text(replaced(text, ("127.0.0.1:8086", weir), ('interval = "10s"', 'interval = "2s"')))
        self.launch([self.executable, "--config", "telegraf.conf"])
        return self


class Life:
    """A Flink and all around it, until its dashboards have something to show."""

    def __init__(self, directory, flink, kafka, telegraf):
        self.monitoring = Monitoring(directory / "monitoring")
        self.kafka = Kafka(directory / "kafka", kafka, auto_create=True)
        self.telegraf = Telegraf(directory / "telegraf", telegraf) if telegraf else None
        self.tap = Tap()
        self.cluster = Cluster(directory / "flink", flink, flink.file_name, by_lines(reporters(flink.file_name, self.tap.port)),
                               ("tm1", "tm2"))

    def live(self):
        weir = self.monitoring.start(FILE_SINK).weir
        self.tap.target = weir.client.address
        # A mistake, so that there is a reason for a rejection.
        assert weir.client.write("cpu value=", "flink").status == 204
        if self.telegraf:
            self.telegraf.start(weir.client.address)
        self.kafka.start()
        self.cluster.start()
        job = self.cluster.submit(self.kafka.address, job="KafkaJob")
        self.wait_checkpoints(job, 3)
        self.wait_reports("tm2", 25)
        self.cluster.task_managers["tm2"].kill()
        self.wait_checkpoints(job, self.cluster.checkpoints(job) + 1)
        self.wait_reports("tm1", 25)
        if not self.telegraf:
            self.monitoring.send_again("telegraf", recorded("telegraf"))
        self.restarts = self.restarted(job)
        self.monitoring.wait_abreast()
        self.monitoring.wait_scraped(10)
        return self

    def wait_checkpoints(self, job, least):
        try:
            wait_until(lambda: self.cluster.checkpoints(job) >= least, 240, f"{least} checkpoints", pause=0.2)
        except AssertionError as error:
            raise AssertionError(f"{error}; the JobManager said last:\n{self.cluster.job_manager.tail(20)}") from error

    def restarted(self, job):
        """How many times, by Flink's own word, which the next report has. It collects its metrics when it is asked first."""
        found = wait_until(lambda: self.cluster.ask(f"/jobs/{job}/metrics?get=numRestarts"), 60, "Flink's metrics", pause=0.2)
        self.wait_reports("", 3)
        return int(found[0]["value"])

    def reports(self, name):
        mark = f",tm_id={name} ".encode() if name else b"jobmanager_Status"
        return [each.body for each in requests(list(self.tap.conversations))
                if each.method == "POST" and each.acknowledged and mark in each.body[:2000]]

    def wait_reports(self, name, more):
        wanted = len(self.reports(name)) + more
        wait_until(lambda: len(self.reports(name)) >= wanted, 120, f"reports of {name}", pause=0.2)

    def record(self, version):
        """Of all reports, some; of Telegraf, those of a minute."""
        kept = []
        for name in ("", "tm1", "tm2"):
            last = 0
            for body in self.reports(name):
                at = int(body.rstrip().rpartition(b" ")[2])
                if at - last >= EVERY:
                    kept.append(body.strip())
                    last = at
        keep_recorded(f"flink-{version}", b"\n".join(kept))
        if self.telegraf:
            lines = [(int(line.rpartition(" ")[2]), line) for line in self.monitoring.weir.lines_of("telegraf")]
            since = max(lines)[0] - 6 * EVERY
            kept = [line for at, line in lines if at > since and at % EVERY < BETWEEN]
            keep_recorded("telegraf", "\n".join(kept).encode())

    def end(self):
        for each in (*self.cluster.processes, self.kafka, *([self.telegraf] if self.telegraf else [])):
            if each.running():
                each.kill()
        self.monitoring.stop()
        self.tap.stop()


def by_lines(text):
    """InfluxdbReporter alone: each metric is there once."""
    kept = [line for line in text.splitlines() if not line.startswith("metrics.reporter.pushgateway")]
    return replaced("\n".join(kept) + "\n", ("metrics.reporters: influxdb,pushgateway", "metrics.reporters: influxdb"))


def with_kafka(version):
    there = pathlib.Path(os.environ.get("WEIR_FLINK", ""))
    for folder in ("kafka", f"{version}/kafka"):
        if not (there / folder / ".complete").exists():
            pytest.skip("there is no Kafka, or no connector for it; ./dev flink fetches both from Maven")
    return Distribution(distribution(version).directory, kafka=True), there / "kafka"


@pytest.fixture(scope="module", params=VERSIONS)
def life(request, tmp_path_factory):
    telegraf = pathlib.Path(os.environ.get("WEIR_FLINK", ""), "telegraf", "telegraf")
    made = Life(tmp_path_factory.mktemp("life"), *with_kafka(request.param), telegraf if telegraf.exists() else None)
    try:
        made.live()
        if os.environ.get("WEIR_FLINK_RECORD") == "1":
            made.record(request.param)
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def shown(life):
    """Each dashboard, with everything chosen."""
    sources = life.monitoring.sources()
    return {str(each): Shown(each, sources[each.end]) for each in dashboards()}


@pytest.mark.parametrize("dashboard", [str(each) for each in dashboards()])
def test_every_query_has_data(shown, dashboard):
    empty = [asked for asked, numbers in shown[dashboard].numbers().items() if not numbers]
    assert not empty


@pytest.mark.parametrize("end", ["prometheus", "influxdb"])
def test_numbers_are_those_of_flink(shown, life, end):
    numbers = {title: found for (title, query), found in shown[f"{end}/flink-cluster"].numbers().items() if query == "A"}
    assert numbers["Running jobs"] == numbers["TaskManagers"] == [1]
    assert numbers["Task slots"] == [3] and numbers["Free task slots"] == [1]
    # Prometheus' increase() reckons beyond the first and the last sample.
    assert life.restarts >= 1 and numbers["Restarts"] == pytest.approx([life.restarts], rel=0.1)


@pytest.mark.parametrize("end", ["prometheus", "influxdb"])
def test_a_restart_is_a_line_over_all_graphs(shown, end):
    for name in ("flink-cluster", "flink-job", "flink-io"):
        events = shown[f"{end}/{name}"].events()
        assert events["Restarted"], name
        assert set(events) == {"Restarted", "Checkpoint failed"}
