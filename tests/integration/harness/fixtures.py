# SPDX-License-Identifier: Apache-2.0
"""Fixtures: what a test starts is stopped, by its process id, whatever the test's end. A suite has them by
`from harness.fixtures import *` in its conftest.py."""

import os
import pathlib
import shutil

import pytest

from .influxd import Influxd
from .kafka.brokers import Kafka, fetched_kafka
from .kafka.fleet import Deliveries
from .kafka.mock import MockBrokers
from .prometheus import Prometheus, Relay
from .victoria import Victoria
from .weir import LISTEN, Weir


def executable_from(variable, path, remedy):
    base = os.environ.get(variable)
    assert base, f"{variable} is not set; run the tests with ./dev test"
    found = pathlib.Path(base, path) if path else pathlib.Path(base)
    assert os.access(found, os.X_OK), f"{found} is not there; {remedy}"
    return found


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        item.has_failed = True


@pytest.fixture
def processes(request):
    """Those to be stopped at the end. When the test fails, their output is shown and what they
    wrote is left to be looked at."""
    started = []
    yield started
    for process in reversed(started):
        if process.running():
            process.kill()
        print(f"---- {process.name} in {process.directory} said last:\n{process.tail()}")
        if not getattr(request.node, "has_failed", False):
            shutil.rmtree(process.directory, ignore_errors=True)


@pytest.fixture
def start_influxd(processes, tmp_path):
    """start_influxd(http_options="...") gives a running InfluxDB."""

    def start(http_options=""):
        executable = executable_from(
            "WEIR_SERVERS", "influxdb/usr/bin/influxd", "run tests/servers/fetch.sh"
        )
        influxd = Influxd(tmp_path / f"influxd{len(processes)}", executable, http_options)
        processes.append(influxd)
        return influxd.start()

    return start


@pytest.fixture
def influxd(start_influxd):
    return start_influxd()


@pytest.fixture
def launch_prometheus(processes, tmp_path):
    def launch(executable, *configuration):
        made = Prometheus(tmp_path / f"prometheus{len(processes)}", executable, *configuration)
        processes.append(made)
        return made.start()

    return launch


@pytest.fixture
def start_prometheus(launch_prometheus):
    """start_prometheus("global: ...") gives a running Prometheus that takes remote write: that of WEIR_PROMETHEUS, else
    Debian's."""

    def start(*configuration):
        if "WEIR_PROMETHEUS" in os.environ:
            executable = executable_from("WEIR_PROMETHEUS", "", "run ./dev judges")
        else:
            executable = executable_from(
                "WEIR_SERVERS", "prometheus/usr/bin/prometheus", "run tests/servers/fetch.sh"
            )
        return launch_prometheus(executable, *configuration)

    return start


@pytest.fixture
def prometheus(start_prometheus):
    return start_prometheus()


@pytest.fixture
def start_prometheus_3(launch_prometheus):
    """As start_prometheus, of a Prometheus 3. Debian has none: ./dev judges builds it, elsewhere its tests are skipped."""

    def start(*configuration):
        executable = os.environ.get("WEIR_PROMETHEUS_3", "")
        if not os.access(executable, os.X_OK):
            pytest.skip("there is no Prometheus 3; ./dev judges builds one")
        return launch_prometheus(executable, *configuration)

    return start


@pytest.fixture
def prometheus_3(start_prometheus_3):
    return start_prometheus_3()


@pytest.fixture
def victoria(processes, tmp_path):
    executable = executable_from(
        "WEIR_SERVERS", "victoria-metrics/usr/bin/victoria-metrics", "run tests/servers/fetch.sh"
    )
    made = Victoria(tmp_path / f"victoria{len(processes)}", executable)
    processes.append(made)
    return made.start()


@pytest.fixture
def relay(prometheus):
    """Between weir and the Prometheus."""
    made = Relay(f"127.0.0.1:{prometheus.port}")
    yield made
    made.stop()


@pytest.fixture
def start_mock_brokers(processes, tmp_path):
    """start_mock_brokers(brokers=3, weir=4) gives a played Kafka that has a topic `weir` of four partitions."""

    def start(brokers=1, **topics):
        executable = executable_from("WEIR_MOCK_BROKERS", "", "build the target weir_mock_brokers")
        made = MockBrokers(tmp_path / f"mock_brokers{len(processes)}", executable, brokers, **topics)
        processes.append(made)
        return made.start()

    return start


@pytest.fixture
def start_kafka(processes, tmp_path):
    """start_kafka(brokers=3) gives a real one, and takes some seconds; skips where there is none."""

    def start(**keys):
        made = Kafka(tmp_path / f"kafka{len(processes)}", fetched_kafka(), **keys)
        processes.append(made)
        return made.start()

    return start


@pytest.fixture
def deliveries():
    """What the sinks of this test's weirs delivered."""
    made = Deliveries()
    yield made
    made.stop()


@pytest.fixture
def make_weir(processes, tmp_path):
    """make_weir(config, sets=[...]) gives a weir that is not started yet."""

    def make(config=LISTEN, sets=()):
        executable = executable_from("WEIR_BINARY", "", "build it with ./dev build")
        weir = Weir(tmp_path / f"weir{len(processes)}", executable, config, sets)
        processes.append(weir)
        return weir

    return make


@pytest.fixture
def start_weir(make_weir):
    """start_weir(config, sets=[...]) gives a running weir."""

    def start(config=LISTEN, sets=()):
        return make_weir(config, sets).start()

    return start
