# SPDX-License-Identifier: Apache-2.0
"""Types, duplicates and numbers of series: weir beside InfluxDB, over restarts and crashes."""

import os
import subprocess

import pytest

from harness.process import wait_until
from harness.settings import file_sink, influx_sink, settings

T = 1_600_000_000_000_000_000


def start(start_weir, sink=None, limits=None, **policy):
    databases = {"*": policy} if policy else None
    tables = {"limits": limits} if limits else {}
    return start_weir(settings(sink or file_sink(), databases=databases, **tables))


def command(weir, *words):
    return subprocess.run(
        [weir.executable, *words],
        cwd=weir.directory,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def types(weir, *words):
    answer = command(weir, "types", "list", "--config", str(weir.config_path), *words)
    assert answer.returncode == 0, answer.stderr
    return [tuple(line.split("\t")) for line in answer.stdout.splitlines()]


def reasons(weir, metric):
    return {labels["reason"]: value for labels, value in weir.metrics().matching(metric)}


@pytest.mark.parametrize("kill", [False, True])
@pytest.mark.parametrize("acknowledge", ["written", "synced"])
def test_types_outlive_the_process(start_weir, kill, acknowledge):
    weir = start_weir(settings(file_sink(), log={"acknowledge": acknowledge}))
    assert weir.client.write(f"cpu\\ load,host=a value=1i,ok=t {T}", "mydb").status == 204
    weir.restart(kill=kill)
    answer = weir.client.write(f"cpu\\ load,host=b value=1 {T}", "mydb")
    assert answer.status == 400
    assert 'input field "value" on measurement "cpu load" is type float' in answer.json()["error"]
    assert types(weir) == [
        ("mydb", "cpu load", "ok", "boolean"),
        ("mydb", "cpu load", "value", "integer"),
    ]


def test_names_that_clients_chose_do_not_reach_the_terminal_as_they_are(start_weir):
    weir = start_weir(settings(file_sink()))
    line = f"c\x1b[31mpu\u202e,host=a v\x07\u009b=1i {T}"
    assert weir.client.write(line, "mydb").status == 204
    assert types(weir) == [("mydb", "c\u241b[31mpu<U+202E>", "v\u2407<U+009B>", "integer")]


def test_forgetting_needs_a_stopped_weir(start_weir):
    weir = start(start_weir)
    assert weir.client.write(f"cpu value=1i {T}\nmem value=1i {T}", "mydb").status == 204
    forget = ["types", "forget", "--config", str(weir.config_path), "mydb", "cpu"]
    refused = command(weir, *forget)
    assert refused.returncode == 1
    assert "stop it, forget, and start it again" in refused.stderr
    weir.stop()
    done = command(weir, *forget)
    assert (done.returncode, done.stdout) == (0, "1 field(s) forgotten\n")
    again = command(weir, *forget)
    assert again.returncode == 1
    assert "no such field" in again.stderr
    weir.start()
    assert weir.client.write(f"cpu value=1.5 {T}", "mydb").status == 204
    assert weir.client.write(f"mem value=1.5 {T}", "mydb").status == 400
    assert types(weir, "mydb", "cpu") == [("mydb", "cpu", "value", "float")]


@pytest.mark.parametrize(
    "mode, line, stored",
    [
        ("coerce", "cpu value=2.0", "cpu value=2i"),
        ("rename", 'cpu value="two"', 'cpu value_str="two"'),
        ("drop-field", 'cpu value="two",g=1', "cpu g=1"),
    ],
)
def test_a_conflict_is_mended_where_that_is_wanted(start_weir, mode, line, stored):
    weir = start(start_weir, types=mode)
    assert weir.client.write(f"cpu value=1i {T}", "mydb").status == 204
    assert weir.client.write(f"{line} {T + 1}", "mydb").status == 204
    wait_until(
        lambda: weir.lines_of("mydb") == [f"cpu value=1i {T}", f"{stored} {T + 1}"],
        what="both lines",
    )


@pytest.mark.parametrize(
    "line, status",
    [
        ("a v=1,v=2", 204),
        ("b v=1,w=5,v=2,w=6", 204),
        ("c v=1,v=2i", 400),
        ('d v="x",v=1', 400),
        ("e v=1,v=1", 204),
        ("f v=t,v=1,v=2", 400),
    ],
)
def test_a_field_twice_is_stored_as_influxdb_stores_it(influxd, start_weir, line, status):
    for database in ("direct", "through"):
        influxd.create_database(database)
    direct = influxd.client.write(f"{line} {T}", "direct")
    weir = start(start_weir, influx_sink(influxd.url))
    answer = weir.client.write(f"{line} {T}", "through")
    assert (answer.status, direct.status) == (status, status)
    if status == 400:
        # InfluxDB names the field or not, by whether the shard was there before.
        assert "field type conflict" in direct.text()
        assert 'input field "v" on measurement' in answer.json()["error"]
    weir.wait_delivered(1 if status == 204 else 0)
    rows = [influxd.rows(f"SELECT * FROM {line[0]}", each) for each in ("direct", "through")]
    assert rows[0] == rows[1]
    noted = reasons(weir, "weir_lines_noted_total").get("duplicate_field", 0)
    assert noted == (1 if status == 204 else 0)


@pytest.mark.parametrize("mode", ["reject", "spread"])
def test_a_field_twice_costs_its_line_where_that_is_wanted(start_weir, mode):
    weir = start(start_weir, duplicates=mode)
    answer = weir.client.write(f"df v=1,v=2 {T}\ndf v=1 {T}", "mydb", verbose="true")
    assert answer.status == 400
    (refused,) = answer.json()["data"]
    assert (refused["line_number"], refused["code"]) == (1, "duplicate_field")
    assert refused["error_message"] == (
        'field "v" stands twice in the line, and a database keeps one value (key: duplicates)'
    )
    assert weir.metrics().one("weir_lines_rejected_total", reason="duplicate_field") == 1
    wait_until(lambda: weir.lines_of("mydb") == [f"df v=1 {T}"], what="the good line")


def test_flink_gauges_reach_influxdb(influxd, start_weir):
    """A report as InfluxdbReporter writes it; InfluxDB by itself refuses a part of it."""
    report = "\n".join(
        [
            f'jobmanager_running,host=a value="true" {T}',
            f'jobmanager_last,host=a value="null" {T}',
            f"task_rate,host=a value=NaN,count=3i {T}",
            f"task_ratio,host=a value=\ufffd {T}",
            f"task_lag,host=a value=∞ {T}",
            f"task_max,host=a value=7i {T}",
        ]
    )
    influxd.create_database("direct")
    assert influxd.client.write(report.encode(), "direct").status == 400
    influxd.create_database("flink")
    weir = start(start_weir, influx_sink(influxd.url), flink_gauges=True)
    assert weir.client.write(report.encode(), "flink").status == 204
    # What was null is a number now: no conflict.
    assert weir.client.write(f"jobmanager_last,host=a value=5i {T}", "flink").status == 204
    weir.wait_delivered(4)
    assert influxd.rows("SELECT value FROM jobmanager_running", "flink") == [
        {"time": T, "value": True}
    ]
    assert influxd.rows("SELECT * FROM task_rate", "flink") == [
        {"time": T, "count": 3, "host": "a"}
    ]
    assert influxd.rows("SELECT value FROM jobmanager_last", "flink") == [{"time": T, "value": 5}]
    assert reasons(weir, "weir_lines_dropped_total") == {"gauge_dropped": 3}


def test_a_tag_that_explodes_is_named(start_weir):
    weir = start(start_weir, series_total=50)
    lines = [f"http,host=h{n % 3},request_id=r{n} ms=1 {T}" for n in range(200)]
    answer = weir.client.write("\n".join(lines), "mydb")
    assert answer.status == 400
    assert answer.text().startswith(
        '{"error":"partial write: max-series-per-database limit exceeded: (50): in measurement '
        '\\"http\\" tag \\"request_id\\" has about '
    )
    assert answer.text().endswith(' dropped=150"}\n')
    assert weir.metrics().one("weir_series", database="mydb") == 50
    # Known series go on.
    assert weir.client.write(f"http,host=h1,request_id=r1 ms=2 {T + 1}", "mydb").status == 204


def test_the_table_of_series_stays_within_its_limit(start_weir):
    weir = start(start_weir, limits={"series": "1MiB"})
    count = int(os.environ.get("WEIR_SERIES", "40000"))
    for begin in range(0, count, 5000):
        lines = [f"m,id=i{n} f=1 {T}" for n in range(begin, begin + 5000)]
        assert weir.client.write("\n".join(lines), "mydb").status == 204
    metrics = weir.metrics()
    assert metrics.one("weir_series_bytes") <= 1 << 20
    known = metrics.one("weir_series", database="mydb")
    assert 10_000 < known < 16_384
    assert metrics.one("weir_series_forgotten_total", reason="full") == count - known
