# SPDX-License-Identifier: Apache-2.0
"""One life of a Flink that reports to weir by both reporters, with a real InfluxDB and a real Prometheus behind it, and what was seen
of it. It judges nothing but that each chapter comes to its end."""

import time

from harness.fixtures import executable_from
from harness.flink.configuration import reporters, weir_settings
from harness.flink.reports import requests
from harness.flink.rows import rows_of
from harness.influxd import Influxd
from harness.letters import listed
from harness.process import wait_until
from harness.prometheus import Prometheus
from harness.weir import Weir

from .flink import Cluster
from .tap import Tap

SERVERS = "run tests/servers/fetch.sh"
TTL = 10  # seconds, of pushed groups: the least is a minute else
HEAP = "flink_taskmanager_Status_JVM_Memory_Heap_Used"


class World:
    """weir, as conf/flink/weir.toml has it, between a tap and its two databases."""

    def __init__(self, directory):
        self.directory = directory
        self.influxd = Influxd(directory / "influxd", executable_from("WEIR_SERVERS", "influxdb/usr/bin/influxd", SERVERS))
        self.prometheus = Prometheus(
            directory / "prometheus", executable_from("WEIR_SERVERS", "prometheus/usr/bin/prometheus", SERVERS))
        self.weir = Weir(directory / "weir", executable_from("WEIR_BINARY", "", "build it with ./dev build"),
                         sets=[f'push.ttl_least="{TTL}s"'])
        self.tap = Tap()
        self.started = [self.influxd, self.prometheus, self.weir]

    def start(self):
        self.influxd.start()
        self.prometheus.start()
        self.weir.configure(weir_settings(self.influxd.url, self.prometheus.url))
        self.weir.start()
        self.tap.target = self.weir.client.address
        return self

    def restart_weir(self, kill):
        self.weir.restart(kill=kill)
        self.tap.target = self.weir.client.address

    def reporters(self, flink):
        """The shipped configuration of both."""
        return reporters(flink.file_name, self.tap.port)

    def cluster(self, flink, text=None, file_name=None, task_managers=()):
        """With the shipped configuration of the reporters, or with `text`."""
        made = Cluster(self.directory / f"flink{len(self.started)}", flink, file_name or flink.file_name,
                       text or self.reporters(flink), task_managers)
        self.started += made.processes
        return made

    def end(self):
        for process in reversed(self.started):
            if process.running():
                process.kill()
        self.tap.stop()

    def requests(self):
        return requests(list(self.tap.conversations))

    def reports_of(self, name):
        """How many times InfluxdbReporter of a process has been told 204; a JobManager's name is ""."""
        mark = f",tm_id={name} ".encode() if name else b"jobmanager_Status"
        return sum(each.method == "POST" and each.status == 204 and mark in each.body[:2000] for each in self.requests())

    def wait_reports(self, *names, more=3):
        wanted = {name: self.reports_of(name) + more for name in names}
        wait_until(lambda: all(self.reports_of(name) >= wanted[name] for name in names), 120, f"reports of {names}",
                   pause=0.2)

    def series(self, selector):
        """Those that there are now."""
        return {frozenset(each["metric"].items()) for each in self.prometheus.query(query=selector)}

    def steady(self, selector):
        """Those that were sent in every report of late, or nearly."""
        found = self.prometheus.samples(selector, before=time.time(), span="10s")
        return {labels for labels, samples in found.items() if len(samples) >= 6}

    def wait_series_end(self, which, seconds):
        """`which` names sets of series, each with a selector that finds them; {name: seconds until all of it were gone}."""
        began, ended = time.monotonic(), {}

        def left():
            return {name: self.series(selector) & series for name, (selector, series) in which.items() if name not in ended}

        def all_ended():
            ended.update({name: time.monotonic() - began for name, series in left().items() if not series})
            return len(ended) == len(which)

        try:
            wait_until(all_ended, seconds, "the end of all series", pause=0.2)
        except AssertionError as error:
            rest = {name: (len(series), dict(next(iter(series)))) for name, series in left().items()}
            raise AssertionError(f"{error}: {rest}; weir's sink: {self.sink_metrics()}; {self.weir.tail(8)}") from error
        return ended

    def acknowledged(self, method):
        return [each for each in self.requests() if each.method == method and each.acknowledged]

    def wait_acknowledged(self, process, **least):
        """wait_acknowledged(process, PUT=3): until so many requests of `process` were."""
        wait_until(lambda: all(len(self.acknowledged(method)) >= count for method, count in least.items()), 120,
                   f"requests: {least}", process.must_be_alive, pause=0.2)

    def sink_metrics(self):
        return {name: value for name, labels, value in self.weir.metrics().samples if labels.get("sink") == "prometheus" and value}

    def wait_nothing_pending(self):
        def reached():
            return self.weir.metrics().sum("weir_sink_pending_points") == 0

        wait_until(reached, 30, "all points dealt with", self.weir.must_be_alive, pause=0.2)


class Story:
    """`seen` of each chapter, and after the end what the databases have."""

    def __init__(self, directory, flink):
        self.world = World(directory)
        self.flink = flink
        self.seen = {}

    def live(self):
        world = self.world.start()
        self.cluster = world.cluster(self.flink, task_managers=("tm1", "tm2")).start()
        self.job = self.cluster.submit()
        wait_until(lambda: self.cluster.checkpoints(self.job) >= 3, 180, "three checkpoints", pause=0.2)
        world.wait_reports("tm1", "tm2", "", more=4)
        world.restart_weir(kill=False)
        world.wait_reports("tm1", "tm2", "")
        world.restart_weir(kill=True)
        self.seen["weir's last start"] = time.time()
        world.wait_reports("tm1", "tm2", "", more=6)
        self.a_task_manager_is_killed()
        self.a_gauge_throws()
        self.an_orderly_end()
        world.wait_nothing_pending()
        self.collect()
        return self

    def a_task_manager_is_killed(self):
        world = self.world
        selectors = {"lines": '{tm_id="tm2",db="flink"}', "pushes": '{tm_id="tm2",job="flink"}'}
        # What Flink sends now and then only, or sent once when the job began, may have five minutes.
        which = {name: (selector, world.steady(selector)) for name, selector in selectors.items()}
        self.seen["series before the kill"] = {name: len(series) for name, (_, series) in which.items()}
        self.cluster.task_managers["tm2"].kill()
        self.seen["seconds until the end"] = world.wait_series_end(which, 120)
        self.seen["heap of the other"] = len(world.series(f'{HEAP}{{tm_id="tm1"}}'))
        # Its tasks go on in the other.
        done = self.cluster.checkpoints(self.job)
        wait_until(lambda: self.cluster.checkpoints(self.job) > done, 120, "the job's next checkpoint", pause=0.2)
        world.wait_reports("tm1", "")

    def a_gauge_throws(self):
        """In the one TaskManager that is left."""
        world = self.world
        job = self.cluster.submit("throwing")
        log = self.cluster.task_managers["tm1"].log
        wait_until(lambda: log().count("Error while reporting metrics") >= 2, 30, "a report that is lost", pause=0.2)
        before = world.reports_of("tm1")
        world.wait_reports("")
        self.seen["reports beside a gauge that throws"] = world.reports_of("tm1") - before
        self.cluster.cancel(job)
        world.wait_reports("tm1")

    def an_orderly_end(self):
        pushed = '{job="flink"}'
        which = {"pushes": (pushed, self.world.series(pushed))}
        self.cluster.stop()
        self.seen["seconds until pushes end"] = self.world.wait_series_end(which, 30)["pushes"]

    def collect(self):
        world = self.world
        self.requests = world.requests()
        self.metrics = world.weir.metrics()
        self.rows = {name: rows_of(world.influxd, name) for name in ("flink", "pushgateway")}
        self.samples = {name: world.prometheus.samples(selector) for name, selector in
                        (("flink", '{db="flink"}'), ("pushgateway", '{job="flink"}'))}
        self.letters = listed(world.weir)
