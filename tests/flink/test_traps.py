# SPDX-License-Identifier: Apache-2.0
"""What conf/flink warns of is so: a warning that no version deserves any more is to go. A JobManager alone shows it."""

import pytest

from harness.flink.configuration import reporters, replaced
from harness.process import wait_until


def live(world, *cluster):
    """A JobManager has pushed some times; it, for its log."""
    process = world.cluster(*cluster).job_manager
    process.start()
    world.wait_acknowledged(process, PUT=3)
    return process


@pytest.mark.parametrize("key", ["connectTimeout", "writeTimeout"])
def test_a_timeout_keeps_influxdb_reporter_from_starting(world, flink, key):
    process = live(world, flink, world.reporters(flink) + f"\nmetrics.reporter.influxdb.{key}: 10000\n")
    assert "ClassCastException" in process.log()
    assert not world.acknowledged("POST")


@pytest.mark.parametrize("quoted", [True, False], ids=["quoted", "bare"])
def test_config_yaml_of_1_20_needs_quotes(world, flink, quoted):
    text = reporters("config.yaml", world.tap.port)
    # A port that is passed over is 8086, where at this address nobody is.
    bare = replaced(text, ('"', ""), ("influxdb.host: 127.0.0.1", "influxdb.host: 127.0.0.2"))
    if quoted or flink.version.startswith("2."):
        process = live(world, flink, text if quoted else text.replace('"', ""), "config.yaml")
        world.wait_acknowledged(process, POST=2)
    else:
        process = live(world, flink, bare, "config.yaml")
        wait_until(lambda: "127.0.0.2:8086" in process.log(), 60, "a report to port 8086", pause=0.2)
        assert not world.acknowledged("POST")
