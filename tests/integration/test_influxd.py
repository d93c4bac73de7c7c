# SPDX-License-Identifier: Apache-2.0
"""The InfluxDB that the other tests deliver to, by itself: that the harness can be relied on."""

import pytest

from harness.influxd import QueryFailed


def test_a_point_written_can_be_queried(influxd):
    influxd.create_database("mydb")
    assert influxd.client.write("cpu,host=a value=1.5 1000000000", "mydb").status == 204
    assert influxd.rows('SELECT * FROM "cpu"', "mydb") == [
        {"time": 1000000000, "host": "a", "value": 1.5}
    ]
    assert influxd.count("mydb", "cpu") == 1
    assert influxd.count("mydb", "memory") == 0


def test_its_refusals_are_seen(influxd):
    answer = influxd.client.write("cpu value=1", "nowhere")
    assert answer.status == 404
    assert answer.json() == {"error": 'database not found: "nowhere"'}
    with pytest.raises(QueryFailed):
        influxd.query("SELECT nonsense nonsense")


def test_it_keeps_port_and_points_over_a_restart(influxd):
    influxd.create_database("mydb")
    influxd.client.write("cpu value=1i 1", "mydb")
    url = influxd.url
    influxd.kill()
    assert not influxd.answers()
    influxd.start()
    assert influxd.url == url
    assert influxd.count("mydb", "cpu") == 1
    assert influxd.stop() == 0


def test_two_at_a_time_do_not_meet(start_influxd):
    one, other = start_influxd(), start_influxd("max-body-size = 10")
    one.create_database("only_here")
    other.create_database("x")
    assert other.databases() == ["x"]
    assert other.client.write("cpu value=1 1\ncpu value=2 2", "x").status == 413
