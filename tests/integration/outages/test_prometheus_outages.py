# SPDX-License-Identifier: Apache-2.0
"""Outages of a real Prometheus under load, alone and beside an InfluxDB: what the client saw, and what was lost
(nothing). The table in docs/operations.md, "What an outage costs", has a row for each of these tests.

WEIR_OUTAGE_SECONDS sets for how long each fault lasts (2).
"""

import os
import resource
import signal
import threading
import time

from harness.load import Numbered
from harness.process import wait_until
from harness.settings import influx_sink, remote_write_sink, settings

SECONDS = float(os.environ.get("WEIR_OUTAGE_SECONDS", "2"))
SINK = "prometheus"


def sink_of(prometheus):
    return remote_write_sink(prometheus.url, retry_most="500ms", timeout="1s")


def load_on(weir, **keys):
    """A millisecond between the lines of a writer, all of the last hour: Prometheus refuses what is much older."""
    begin_ns = (int(time.time()) - 3600) * 10**9
    defaults = {"threads": 2, "lines": 20, "pace": 0.02, "base_ns": begin_ns, "step_ns": 10**6}
    return Numbered(lambda: weir.client.address, "load", **{**defaults, **keys})


def pass_time(weir, seconds=SECONDS):
    waiting = threading.Event()
    for _ in range(int(seconds * 20)):
        waiting.wait(0.05)
        weir.must_be_alive()


def beginning_of(load, more=100):
    reached = load.acknowledged_count() + more
    wait_until(lambda: load.acknowledged_count() >= reached, what=f"{more} more lines acknowledged")


def pending(weir, sink=SINK):
    return weir.metrics().sum("weir_sink_pending_points", sink=sink)


def retries(weir, sink=SINK):
    return weir.metrics().sum("weir_sink_retries_total", sink=sink)


def settled(weir, points, sink=SINK):
    """Until so many points, or more, are delivered, and none is pending. (Right after an answer the sink may not have
    seen what it is about.)"""

    def reached():
        delivered = weir.metrics().sum("weir_sink_delivered_points_total", sink=sink)
        return delivered >= points and pending(weir, sink) == 0

    wait_until(reached, 60, f"{points} points delivered", weir.must_be_alive)


def all_arrives(weir, load, prometheus):
    settled(weir, load.acknowledged_count())
    assert load.missing_from_prometheus(prometheus) == []
    assert weir.metrics().sum("weir_sink_discarded_points_total", sink=SINK) == 0


def test_prometheus_is_killed_and_comes_back(prometheus, start_weir):
    weir = start_weir(settings(sink_of(prometheus)))
    with load_on(weir) as load:
        beginning_of(load)
        prometheus.kill()
        pass_time(weir)
        prometheus.start()
        beginning_of(load)
    assert set(load.answers) == {204}, load.answers
    all_arrives(weir, load, prometheus)


def test_prometheus_hangs(prometheus, start_weir):
    weir = start_weir(settings(sink_of(prometheus)))
    with load_on(weir) as load:
        beginning_of(load)
        prometheus.send_signal(signal.SIGSTOP)
        try:
            wait_until(lambda: retries(weir) > 0, what="an attempt that timed out")
            pass_time(weir)
        finally:
            prometheus.send_signal(signal.SIGCONT)
        beginning_of(load)
    assert set(load.answers) == {204}, load.answers
    all_arrives(weir, load, prometheus)


def test_prometheus_has_a_full_disk(prometheus, start_weir):
    """Its write-ahead log may not grow: each write fails with a 500."""
    weir = start_weir(settings(sink_of(prometheus)))
    with load_on(weir) as load:
        beginning_of(load)
        wait_until(lambda: pending(weir) < 1000, what="points delivered")
        unlimited = resource.prlimit(prometheus.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(prometheus.pid, resource.RLIMIT_FSIZE, (1, unlimited[1]))
        wait_until(lambda: retries(weir) > 0, what="a write that Prometheus could not keep")
        pass_time(weir)
        resource.prlimit(prometheus.pid, resource.RLIMIT_FSIZE, unlimited)
        beginning_of(load)
    assert set(load.answers) == {204}, load.answers
    all_arrives(weir, load, prometheus)


def test_weir_dies_while_prometheus_is_down(prometheus, start_weir):
    weir = start_weir(settings(sink_of(prometheus)))
    with load_on(weir, repeats=True) as load:
        beginning_of(load)
        prometheus.kill()
        pass_time(weir)
        for _ in range(2):
            weir.restart(kill=True)
            beginning_of(load)
        prometheus.start()
        beginning_of(load)
    settled(weir, load.acknowledged_count())
    assert load.missing_from_prometheus(prometheus) == []


def test_one_of_two_servers_is_dead(prometheus, influxd, start_weir):
    """The other one's points arrive as ever."""
    influxd.create_database("load")
    weir = start_weir(
        settings(sink_of(prometheus), influx_sink(influxd.url, retry_most="500ms", timeout="1s"))
    )
    with load_on(weir) as load:
        beginning_of(load)
        influxd.kill()
        for _ in range(5):
            pass_time(weir, SECONDS / 5)
            sent = load.acknowledged_count()
            wait_until(
                lambda sent=sent: weir.metrics().sum("weir_sink_delivered_points_total", sink=SINK)
                >= sent,
                2,
                "the live server's points delivered",
            )
        assert pending(weir, "influx") > 0
        influxd.start()
    assert set(load.answers) == {204}, load.answers
    all_arrives(weir, load, prometheus)
    settled(weir, load.acknowledged_count(), "influx")
    assert load.missing_from(influxd) == []
