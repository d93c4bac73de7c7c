# SPDX-License-Identifier: Apache-2.0
"""What conf/flink warns of is so: a warning that no version deserves any more is to go. A JobManager alone shows it."""

import pytest

from harness.process import wait_until
from harness.flink.configuration import reporters

PUSHES = 3


def sent(world, method):
    return sum(each.method == method and each.acknowledged for each in world.requests())


def live(world, flink, file_name, text):
    """A JobManager has pushed some times; it, for its log."""
    cluster = world.cluster(flink, file_name, text)
    cluster.job_manager.start()
    wait_until(lambda: sent(world, "PUT") >= PUSHES, 60, "pushes", cluster.job_manager.must_be_alive, pause=0.2)
    return cluster.job_manager


@pytest.mark.parametrize("key", ["connectTimeout", "writeTimeout"])
@pytest.mark.parametrize("flink", ["1.20.1", "2.2.1"], indirect=True)
def test_a_timeout_keeps_influxdb_reporter_from_starting(world, flink, key):
    file_name = "flink-conf.yaml" if flink.version.startswith("1.") else "config.yaml"
    text = reporters(file_name, world.tap.port) + f'\nmetrics.reporter.influxdb.{key}: "10000"\n'
    process = live(world, flink, file_name, text.replace('"10000"', "10000") if file_name == "flink-conf.yaml" else text)
    assert sent(world, "POST") == 0
    assert "ClassCastException" in process.log()


@pytest.mark.parametrize("flink, quoted", [("1.20.1", True), ("1.20.1", False), ("2.2.1", False)], indirect=["flink"])
def test_config_yaml_of_1_20_needs_quotes(world, flink, quoted):
    text = reporters("config.yaml", world.tap.port)
    if quoted or flink.version.startswith("2."):
        live(world, flink, "config.yaml", text if quoted else text.replace('"', ""))
        wait_until(lambda: sent(world, "POST") >= 2, what="reports by line protocol", pause=0.2)
        return
    # Its port is 8086, where at this address nobody is.
    elsewhere = text.replace('"', "").replace("influxdb.host: 127.0.0.1", "influxdb.host: 127.0.0.2")
    process = live(world, flink, "config.yaml", elsewhere)
    wait_until(lambda: "127.0.0.2:8086" in process.log(), what="a report to port 8086", pause=0.2)
    assert sent(world, "POST") == 0
