# SPDX-License-Identifier: Apache-2.0
"""Who gets what: filters of sinks, several addresses that each get everything, where a sink starts."""

import pytest

from harness.process import wait_until
from harness.recorder import Recorder
from harness.settings import file_sink, influx_sink, settings

T = 1_600_000_000_000_000_000


@pytest.fixture
def recorder():
    server = Recorder(["db"])
    yield server
    server.stop()


def metric(weir, name, sink, **labels):
    return weir.metrics().sum(f"weir_sink_{name}", sink=sink, **labels)


def write(weir, measurement, n, **params):
    assert weir.client.write(f"{measurement} v={n}i {T + n}\n", "db", **params).status == 204


def test_a_sink_gets_the_measurements_that_it_takes(influxd, recorder, start_weir):
    influxd.create_database("db")
    weir = start_weir(
        settings(
            influx_sink(influxd.url, measurements=["*", "!debug*"]),
            influx_sink(recorder.url, "debug", measurements=["debug*"]),
        )
    )
    for n in range(10):
        write(weir, "cpu", n)
        write(weir, "debug_x", n)
    weir.wait_delivered(10)
    weir.wait_delivered(10, sink="debug")
    assert influxd.count("db", "cpu", "v") == 10
    assert influxd.rows("SHOW MEASUREMENTS", "db") == [{"name": "cpu"}]
    assert sorted(recorder.of("db")) == [f"debug_x v={n}i {T + n}" for n in range(10)]
    for sink in ("influx", "debug"):
        wait_until(
            lambda sink=sink: metric(weir, "pending_points", sink) == 0, what="nothing is pending"
        )
        assert metric(weir, "discarded_points_total", sink, reason="filtered") == 10
        assert metric(weir, "discarded_points_total", sink) == 10
        assert metric(weir, "accepted_points_total", sink) == 20


def test_each_address_of_a_replicating_sink_gets_everything(influxd, recorder, start_weir):
    influxd.create_database("db")
    sink = influx_sink(influxd.url, urls=[influxd.url, recorder.url], addresses="replicate")
    del sink["url"]
    weir = start_weir(settings(sink))
    names = ["influx@" + url.removeprefix("http://") for url in (influxd.url, recorder.url)]
    for n in range(5):
        write(weir, "m", n)
    for name in names:
        weir.wait_delivered(5, sink=name)
    influxd.kill()
    for n in range(5, 10):
        write(weir, "m", n)
    weir.wait_delivered(10, sink=names[1])
    assert metric(weir, "pending_points", names[0]) == 5, "the other one did not wait for it"
    weir.restart()
    influxd.start()
    weir.wait_delivered(10, sink=names[0])
    assert influxd.count("db", "m", "v") == 10
    assert len(recorder.of("db")) == 10


def test_a_new_sink_begins_where_it_says(recorder, start_weir):
    sinks = [influx_sink(recorder.url)]
    weir = start_weir(settings(*sinks, log={"retain": "1h"}))
    write(weir, "old", 1)
    weir.wait_delivered(1)
    sinks += [
        file_sink("late", "late", start="now"),
        file_sink("back", "back", start="-1h"),
    ]
    weir.configure(settings(*sinks, log={"retain": "1h"}))
    weir.restart()
    write(weir, "new", 2)
    weir.wait_delivered(1, sink="late")
    weir.wait_delivered(2, sink="back")
    weir.restart()
    write(weir, "newer", 3)
    weir.wait_delivered(2, sink="late")
    assert metric(weir, "accepted_points_total", "late") == 2
    assert [line.split()[0] for line in weir.lines_of("db", "late")] == ["new", "newer"]
    assert [line.split()[0] for line in weir.lines_of("db", "back")][:2] == ["old", "new"]
