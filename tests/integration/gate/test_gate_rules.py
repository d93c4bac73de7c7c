# SPDX-License-Identifier: Apache-2.0
"""Mistaken precisions, names, rules and learnt retention: what InfluxDB does alone, and what weir in
front of it does instead, side by side."""

import subprocess
import time

import pytest

from harness.fake_influxdb2 import FakeInfluxdb2
from harness.letters import listed, wait_kept
from harness.process import wait_until
from harness.settings import file_sink, influx_sink, settings, table

HOUR = 3600 * 10**9


def refusal(answer):
    assert answer.status == 400, answer
    return answer.json()["error"]


def dated(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


# --- precision


def test_nanoseconds_sent_as_seconds(influxd, start_weir):
    influxd.create_database("alone")
    influxd.create_database("through")
    weir = start_weir(settings(influx_sink(influxd.url)))
    now = int(time.time())
    line = f"cpu value=1 {now}000000000"
    said = refusal(influxd.client.write(line, "alone", precision="s"))
    assert "time outside range" in said and "precision" not in said
    told = refusal(weir.client.write(line, "through", precision="s"))
    assert told.endswith(
        f"is beyond every date when read as s; read as ns it would be {dated(now)}: "
        "send precision=ns"
    )


def test_good_lines_beside_mistaken_ones_are_kept(start_weir):
    weir = start_weir(settings(file_sink()))
    now = int(time.time())
    body = f"a v=1 {now}000000000\nb v=1 {now}\nc v=1"
    told = refusal(weir.client.write(body, "mydb"))
    assert told.startswith("partial write: unable to parse 'b v=1")
    weir.wait_delivered(2, sink="lines")
    assert weir.lines_of("mydb")[0] == f"a v=1 {now}000000000"


def test_mistakes_can_be_mended_or_trusted(start_weir):
    databases = {
        "mended": {"precision_mistake": "mend"},
        "trusted": {"precision_mistake": "trust"},
    }
    weir = start_weir(settings(file_sink(), databases=databases))
    now = int(time.time())
    for db in databases:
        assert weir.client.write(f"m v=1 {now}", db).status == 204
    weir.wait_delivered(2, sink="lines")
    assert weir.lines_of("mended") == [f"m v=1 {now}000000000"]
    assert weir.lines_of("trusted") == [f"m v=1 {now}"]
    assert weir.metrics().sum("weir_lines_mended_total", reason="precision_mended") == 1


def test_precision_of_request_database_and_listener(start_weir):
    databases = {"seconds": {"precision": "s"}, "any": {"precision": "auto"}}
    weir = start_weir(settings(file_sink(), databases=databases, http={"precision": "ms"}))
    now = int(time.time())
    expected = f"m v=1 {now}000000000"
    write = weir.client.write
    assert write(f"m v=1 {now}000", "plain").status == 204
    assert write(f"m v=1 {now}", "seconds").status == 204
    assert write(f"m v=1 {now}000000", "seconds", precision="us").status == 204
    assert write(f"m v=1 {now}", "plain", precision="second").status == 204
    assert write(f"m v=1 {now}\nm v=1 {now}000\nm v=1 {now}000000000", "any").status == 204
    assert write(f"m v=1 {now}000000", "plain", precision="auto").status == 204
    v2 = weir.client.request(
        "POST", "/api/v2/write", {"bucket": "plain", "precision": "auto"}, f"m v=1 {now}"
    )
    assert v2.status == 204
    weir.wait_delivered(9, sink="lines")
    assert weir.lines_of("plain") == [expected] * 4
    assert weir.lines_of("seconds") == [expected] * 2
    assert weir.lines_of("any") == [expected] * 3
    assert "is plausible in no unit" in refusal(write("m v=1 42", "any"))


PRECISIONS_UNKNOWN_TO_1 = ["us", "\u00b5s", "\u03bcs", "ns", "microsecond", "second", "US", "MS", "zz"]


@pytest.mark.parametrize("mode", ["reject", "mend", "trust"])
def test_nanoseconds_under_a_precision_that_influxdb_does_not_know(influxd, start_weir, mode):
    """Go's v1 client says `us` and sends nanoseconds, and InfluxDB 1.6 reads them so."""
    influxd.create_database("alone")
    influxd.create_database("through")
    weir = start_weir(
        settings(influx_sink(influxd.url), databases={"*": {"precision_mistake": mode}})
    )
    now = time.time_ns()
    for number, precision in enumerate(PRECISIONS_UNKNOWN_TO_1):
        line = f"m,n={number} v=1 {now}"
        assert influxd.client.write(line, "alone", precision=precision).status == 204
        assert weir.client.write(line, "through", precision=precision).status == 204
    weir.wait_delivered(len(PRECISIONS_UNKNOWN_TO_1))
    stored = influxd.rows("SELECT * FROM m", "alone")
    assert influxd.rows("SELECT * FROM m", "through") == stored
    assert {row["time"] for row in stored} == {now}
    mended = weir.metrics().sum("weir_lines_mended_total", reason="precision_mended")
    assert mended == 5, "us, twice with a micro sign, microsecond and second"
    # Meant as they say, and of one body each line by itself.
    body = f"n,a=1 v=1 {now // 1000}\nn,a=2 v=1 {now}"
    assert weir.client.write(body, "through", precision="us").status == 204
    weir.wait_delivered(len(PRECISIONS_UNKNOWN_TO_1) + 2)
    times = [row["time"] for row in influxd.rows("SELECT * FROM n", "through")]
    assert sorted(times) == [now // 1000 * 1000, now]
    # InfluxDB 2 knows the unit, as InfluxDB 1 knows `u`: that is for `precision_mistake`.
    answer = weir.client.request(
        "POST", "/api/v2/write", {"bucket": "through", "precision": "us"}, f"o v=1 {now}"
    )
    assert answer.status == (204 if mode == "mend" else 400)
    answer = weir.client.write(f"o v=1 {now}", "through", precision="u")
    assert answer.status == (204 if mode == "mend" else 400)


# --- names


def test_a_field_called_time(influxd, start_weir):
    """InfluxDB drops it, and answers 204 where other fields are left. So does weir, and counts."""
    influxd.create_database("alone")
    influxd.create_database("through")
    influxd.create_database("strict")
    weir = start_weir(
        settings(influx_sink(influxd.url), databases={"strict": {"time_key": "reject"}})
    )
    line = "m,t=a time=5,value=1 1600000000000000000"
    only = "m,t=a time=5 1600000000000000001"
    words = 'invalid field name: input field "time" on measurement "m" is invalid'
    for client, db in ((influxd.client, "alone"), (weir.client, "through")):
        assert client.write(line, db).status == 204
        assert refusal(client.write(only, db)) == f"partial write: {words} dropped=1"
        both = client.write(f"{only}\n{only}\nn value=1 1600000000000000000", db)
        assert refusal(both) == f"partial write: {words} dropped=2"
    weir.wait_delivered(2)
    for db in ("alone", "through"):
        assert influxd.rows("SHOW FIELD KEYS FROM m", db) == [
            {"fieldKey": "value", "fieldType": "float"}
        ]
        assert influxd.rows("SELECT * FROM m", db) == [
            {"time": 1_600_000_000_000_000_000, "t": "a", "value": 1}
        ]
    metrics = weir.metrics()
    assert metrics.sum("weir_lines_mended_total", database="through", reason="name_dropped") == 1
    assert metrics.sum("weir_lines_rejected_total", database="through", reason="time_as_field") == 3
    assert refusal(weir.client.write(line, "strict")) == f"partial write: {words} dropped=1"


def test_a_tag_called_time(influxd, start_weir):
    """InfluxDB drops the point, and says nothing of which line it was."""
    influxd.create_database("alone")
    influxd.create_database("through")
    weir = start_weir(settings(influx_sink(influxd.url)))
    lines = "m,time=a value=1 1600000000000000000\nn value=1"
    told = refusal(weir.client.write(lines, "through"))
    assert told == refusal(influxd.client.write(lines, "alone"))
    words = 'invalid tag key: input tag "time" on measurement "m" is invalid'
    assert told == f"partial write: {words} dropped=1"


def test_reserved_tags_are_refused_where_an_influxdb_2_takes_the_database(start_weir):
    server = FakeInfluxdb2()
    v2 = influx_sink(server.url, version=2, org="o", token="t", databases=["two*"])
    try:
        weir = start_weir(
            settings(v2, file_sink(), databases={"two": {}, "one": {"reserved_tags": "pass"}})
        )
        line = "m,_field=a v=1 1600000000000000000"
        assert refusal(weir.client.write(line, "two")).endswith(
            'cannot use reserved tag key "_field"'
        )
        assert weir.client.write(line, "one").status == 204
    finally:
        server.stop()


# --- rules

RULES = [
    *({"name": f"noise{i}", "action": "drop", "measurement": f"noise{i}_.*"} for i in range(8)),
    {
        "name": "flink-tasks",
        "action": "rename",
        "databases": ["flink*"],
        "measurement": "taskmanager_job_task_(.*)",
        "to": r"task_\1",
    },
    {
        "name": "flink-keep",
        "action": "keep",
        "databases": ["flink*"],
        "measurement": "task_.*|jobmanager_.*",
    },
    *(
        {"name": f"no-{key}", "action": "drop_tag", "databases": ["flink*"], "key": key}
        for key in ("tm_id", "task_attempt_id", "job_id", "task_id")
    ),
    {"name": "dc", "action": "add_tag", "key": "dc", "to": "prg 1"},
    {"name": "hosts", "action": "rename", "what": "tag", "key": "host_?name", "to": "host"},
    {
        "name": "percentiles",
        "action": "rename",
        "what": "field",
        "key": r"(\d+)-percentile",
        "to": r"p\1",
    },
    {"name": "test-hosts", "action": "drop", "tag": "host", "tag_value": "test-.*"},
    {"name": "stddev", "action": "drop_field", "measurement": "task_.*", "key": "stddev"},
    {"name": "last", "action": "rename", "measurement": "old", "to": "new"},
]


def with_rules(text, rules):
    return "\n".join([text, *(table("[[rule]]", rule) for rule in rules)])


def test_twenty_rules(influxd, start_weir):
    assert len(RULES) == 20
    influxd.create_database("flink_prod")
    influxd.create_database("ops")
    weir = start_weir(with_rules(settings(influx_sink(influxd.url)), RULES))
    t = 1_600_000_000_000_000_000
    flink = (
        f"taskmanager_job_task_latency,hostname=a,tm_id=1,job_id=2 99-percentile=1,stddev=2 {t}\n"
        f"taskmanager_other,hostname=a v=1 {t}\n"
    )
    assert weir.client.write(flink, "flink_prod").status == 204
    plain = (
        f"noise3_x v=1 {t}\nold,host=b v=1 {t}\ncpu,hostname=test-7 v=1 {t}\n"
        f"cpu,tm_id=kept v=1 {t}\n"
    )
    assert weir.client.write(plain, "ops").status == 204
    weir.wait_delivered(3)
    assert influxd.rows("SELECT * FROM task_latency", "flink_prod") == [
        {"time": t, "dc": "prg 1", "host": "a", "p99": 1}
    ]
    assert influxd.rows("SHOW MEASUREMENTS", "flink_prod") == [{"name": "task_latency"}]
    assert influxd.rows("SELECT * FROM new", "ops") == [
        {"time": t, "dc": "prg 1", "host": "b", "v": 1}
    ]
    assert influxd.rows("SELECT * FROM cpu", "ops") == [
        {"time": t, "dc": "prg 1", "tm_id": "kept", "v": 1}
    ]
    metrics = weir.metrics()
    dropped = {
        db: metrics.sum("weir_lines_dropped_total", database=db, reason="dropped_by_rule")
        for db in ("flink_prod", "ops")
    }
    assert dropped == {"flink_prod": 1, "ops": 2}
    for db, lines in (("flink_prod", 2), ("ops", 4)):
        accepted = metrics.one("weir_lines_accepted_total", database=db)
        assert metrics.one("weir_lines_received_total", database=db) == lines
        assert accepted + dropped[db] == lines
    wait_kept(weir, 3)
    assert [letter["message"] for letter in listed(weir)] == [
        f'dropped by rule "{name}"' for name in ("flink-keep", "noise3", "test-hosts")
    ]
    assert metrics.one("weir_rule_points_total", rule="flink-keep") == 1
    assert metrics.one("weir_rule_points_total", rule="dc") == 4
    assert metrics.one("weir_rule_points_total", rule="noise1") == 0


def test_a_bad_pattern_is_told_with_its_place(make_weir):
    bad = [{"name": "a", "action": "drop", "measurement": "cpu("}]
    weir = make_weir(with_rules(settings(file_sink()), bad))
    checked = subprocess.run(
        [weir.executable, "config", "check", "--config", weir.config_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 2
    lines = weir.config_path.read_text().splitlines()
    line = lines.index('measurement = "cpu("') + 1
    assert checked.stderr == (
        f"{weir.config_path}:{line}:1: `rule.measurement`: \"cpu(\" is not a regular expression: "
        "missing ): cpu(\n"
    )


# --- learning


def learning(url, **sink):
    return settings(
        influx_sink(url, **{"learn_every": "100ms", **sink}),
        databases={"*": {"learn_from": "influx", "retention": "learn"}, "brief": {}},
    )


def write_old(weir, age_ns, db="brief", **params):
    return weir.client.write(f"m v=1 {time.time_ns() - age_ns}", db, **params)


def wait_learnt(weir, policies):
    wait_until(
        lambda: weir.metrics().sum("weir_learnt_policies") == policies,
        20,
        f"{policies} policies learnt",
        weir.must_be_alive,
    )


BEYOND = "partial write: points beyond retention policy dropped=1"


def test_retention_is_learnt_and_survives_outages_and_restarts(influxd, start_weir):
    influxd.query('CREATE DATABASE "brief" WITH DURATION 1h NAME "hour"')
    influxd.query('CREATE RETENTION POLICY "week" ON "brief" DURATION 7d REPLICATION 1')
    weir = start_weir(learning(influxd.url))
    wait_learnt(weir, 2)
    assert refusal(write_old(weir, 2 * HOUR)).startswith(BEYOND)
    assert write_old(weir, HOUR // 2).status == 204
    assert write_old(weir, 2 * HOUR, rp="week").status == 204
    assert refusal(write_old(weir, 8 * 24 * HOUR, rp="week")).startswith(BEYOND)
    # A policy that InfluxDB does not have.
    assert write_old(weir, 8 * 24 * HOUR, rp="other").status == 500

    influxd.stop()
    assert refusal(write_old(weir, 2 * HOUR)).startswith(BEYOND)
    weir.restart(kill=True)
    assert refusal(write_old(weir, 2 * HOUR)).startswith(BEYOND), "kept over the restart"

    influxd.start()
    influxd.query('ALTER RETENTION POLICY "hour" ON "brief" DURATION 3h')
    wait_until(
        lambda: write_old(weir, 2 * HOUR).status == 204, 20, "the change learnt", weir.must_be_alive
    )
    assert refusal(write_old(weir, 4 * HOUR)).startswith(BEYOND)


def test_types_are_learnt_before_a_line_is_written_through_weir(influxd, start_weir):
    influxd.query('CREATE DATABASE "brief"')
    assert influxd.client.write("cpu usage=1.5,count=1i", "brief").status == 204
    weir = start_weir(learning(influxd.url))
    wait_until(
        lambda: weir.metrics().sum("weir_learn_questions_total") >= 4,  # policies and types, twice
        20,
        "types learnt",
        weir.must_be_alive,
    )
    answer = weir.client.write("cpu usage=2i\ncpu count=2i", "brief")
    assert answer.status == 400
    assert (
        'field type conflict: input field "usage" on measurement "cpu" is type integer, '
        "already exists as type float" in refusal(answer)
    )
    weir.wait_delivered(1)


def test_what_was_never_learnt_is_accepted(influxd, start_weir):
    influxd.query('CREATE DATABASE "brief" WITH DURATION 1h NAME "hour"')
    influxd.stop()
    weir = start_weir(learning(influxd.url))
    assert write_old(weir, 2 * HOUR).status == 204
    assert weir.metrics().sum("weir_learnt_policies") == 0


def test_a_database_that_clients_write_to_first_is_learnt_too(influxd, start_weir):
    influxd.query('CREATE DATABASE "unheard" WITH DURATION 1h NAME "hour"')
    weir = start_weir(learning(influxd.url))
    assert write_old(weir, 2 * HOUR, "unheard").status == 204
    wait_learnt(weir, 1)
    assert refusal(write_old(weir, 2 * HOUR, "unheard")).startswith(BEYOND)


def test_a_damaged_file_of_what_was_learnt_costs_nothing(influxd, start_weir):
    influxd.query('CREATE DATABASE "brief" WITH DURATION 1h NAME "hour"')
    weir = start_weir(learning(influxd.url))
    wait_learnt(weir, 1)
    weir.stop()
    kept = weir.directory / "weir-data" / "learnt" / "influx"
    assert "=brief =hour 1 3600000000000" in kept.read_text()
    kept.write_text("nonsense")
    weir.start()
    wait_learnt(weir, 1)
    assert "cannot be read; what was learnt is learnt again" in weir.log()


@pytest.fixture
def influxdb2():
    server = FakeInfluxdb2()
    yield server
    server.stop()


def test_buckets_of_influxdb_2(influxdb2, start_weir):
    influxdb2.buckets = {"brief": 3600, "brief/week": 7 * 24 * 3600, "forever": 0}
    sink = {"version": 2, "org": "my-org", "token": "secret"}
    weir = start_weir(learning(influxdb2.url, **sink))
    wait_learnt(weir, 3)
    assert refusal(write_old(weir, 2 * HOUR)).startswith(BEYOND)
    assert write_old(weir, 2 * HOUR, rp="week").status == 204
    assert write_old(weir, 9000 * HOUR, "forever").status == 204
    assert write_old(weir, 9000 * HOUR, "unknown").status == 204
    v2 = weir.client.request(
        "POST", "/api/v2/write", {"bucket": "brief"}, f"m v=1 {time.time_ns() - 2 * HOUR}"
    )
    assert v2.status == 422
