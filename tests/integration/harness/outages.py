# SPDX-License-Identifier: Apache-2.0
"""What tests of outages share: servers of both kinds with the load for them, and what is waited for."""

import contextlib
import os
import resource
import signal
import threading
import time

from .load import Numbered
from .process import wait_until
from .samples import settled
from .settings import influx_sink, remote_write_sink

SECONDS = float(os.environ.get("WEIR_OUTAGE_SECONDS", "2"))  # for how long a fault lasts
DATABASE = "load"
PACE = {"retry_most": "500ms", "timeout": "1s"}


class InfluxdServer:
    sink = "influx"

    def __init__(self, process):
        self.process = process

    @classmethod
    def with_database(cls, process):
        process.create_database(DATABASE)
        return cls(process)

    def settings(self, **keys):
        return influx_sink(self.process.url, self.sink, **{**PACE, **keys})

    def load_on(self, weir, **keys):
        defaults = {"threads": 2, "lines": 50, "pace": 0.01}
        return Numbered(lambda: weir.client.address, DATABASE, **{**defaults, **keys})

    def missing(self, load):
        load.nothing_else_in(self.process)
        return load.missing_from(self.process)

    def files_can_grow(self, _limits):
        """InfluxDB 1.6 goes on to refuse when there is room again, until it is restarted: its buffered writer
        remembers the error. It does not end by SIGTERM then."""
        self.process.kill()
        self.process.start()


class PrometheusServer:
    sink = "prometheus"

    def __init__(self, process):
        self.process = process

    def settings(self, **keys):
        return remote_write_sink(self.process.url, self.sink, **{**PACE, **keys})

    def load_on(self, weir, **keys):
        """A millisecond between the lines of a writer, all of the last hour: it refuses what is much older."""
        begin_ns = (int(time.time()) - 3600) * 10**9
        defaults = {"threads": 2, "lines": 20, "pace": 0.02, "base_ns": begin_ns, "step_ns": 10**6}
        return Numbered(lambda: weir.client.address, DATABASE, **{**defaults, **keys})

    def missing(self, load):
        return load.missing_from_prometheus(self.process)

    def files_can_grow(self, limits):
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, limits)


@contextlib.contextmanager
def full_disk(server):
    """Its files may not grow."""
    limits = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (1, limits[1]))
    yield
    server.files_can_grow(limits)


@contextlib.contextmanager
def hanging(server):
    """It takes connections and requests, and answers none."""
    server.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)


def pass_time(weir, seconds=SECONDS):
    waiting = threading.Event()
    for _ in range(int(seconds * 20)):
        waiting.wait(0.05)
        weir.must_be_alive()


def more_acknowledged(load, more=200):
    reached = load.acknowledged_count() + more
    wait_until(lambda: load.acknowledged_count() >= reached, what=f"{more} more lines acknowledged")


def of_sink(weir, what, sink):
    """`what`: pending_points, retries_total and so on."""
    return weir.metrics().sum(f"weir_sink_{what}", sink=sink)


def all_arrives(weir, load, server):
    """What was acknowledged is in the server, and nothing was given up."""
    settled(weir, load.acknowledged_count(), server.sink)
    assert server.missing(load) == []
    assert of_sink(weir, "discarded_points_total", server.sink) == 0
