# SPDX-License-Identifier: Apache-2.0
"""Outages of a real InfluxDB under load: what the client saw, and what was lost (nothing). The table in
docs/operations.md, "What an outage costs", has a row for each of these tests.

WEIR_OUTAGE_SECONDS sets for how long each fault lasts (2).
"""

import os
import resource
import signal
import threading

from harness.load import Numbered
from harness.process import wait_until
from harness.settings import influx_sink, settings

SECONDS = float(os.environ.get("WEIR_OUTAGE_SECONDS", "2"))
DATABASE = "load"


def sink_of(influxd, **keys):
    return influx_sink(influxd.url, **{"retry_most": "500ms", "timeout": "1s", **keys})


def load_on(weir, **keys):
    return Numbered(
        lambda: weir.client.address, DATABASE, **{"threads": 2, "lines": 50, "pace": 0.01, **keys}
    )


def pass_time(weir, seconds=SECONDS):
    waiting = threading.Event()
    for _ in range(int(seconds * 20)):
        waiting.wait(0.05)
        weir.must_be_alive()


def beginning_of(load, more=200):
    reached = load.acknowledged_count() + more
    wait_until(lambda: load.acknowledged_count() >= reached, what=f"{more} more lines acknowledged")


def settled(weir, points, seconds=60):
    """Until so many points, or more, are dealt with, and none is pending. (Right after an answer the sink may not have
    seen what it is about.)"""

    def reached():
        done = sink_points(weir, "delivered") + sink_points(weir, "discarded")
        return done >= points and sink_points(weir, "pending") == 0

    wait_until(reached, seconds, f"{points} points dealt with", weir.must_be_alive)


def sink_points(weir, what, sink="influx"):
    return weir.metrics().sum(f"weir_sink_{what}_points", sink=sink) + weir.metrics().sum(
        f"weir_sink_{what}_points_total", sink=sink
    )


def all_arrives(weir, load, influxd, seconds=60):
    """What was acknowledged is in InfluxDB, and the sink's account adds up to the point."""
    settled(weir, load.acknowledged_count(), seconds)
    assert load.missing_from(influxd) == []
    load.nothing_else_in(influxd)
    metrics = weir.metrics()
    assert metrics.sum("weir_sink_discarded_points_total", sink="influx") == 0
    delivered = metrics.sum("weir_sink_delivered_points_total", sink="influx")
    assert delivered == load.acknowledged_count(), (delivered, load.answers)


def test_influxdb_is_killed_and_comes_back(influxd, start_weir):
    influxd.create_database(DATABASE)
    weir = start_weir(settings(sink_of(influxd)))
    with load_on(weir) as load:
        beginning_of(load)
        influxd.kill()
        pass_time(weir)
        influxd.start()
        beginning_of(load)
    assert set(load.answers) == {204}, load.answers
    all_arrives(weir, load, influxd)


def test_influxdb_hangs(influxd, start_weir):
    """It takes connections and requests, and answers none."""
    influxd.create_database(DATABASE)
    weir = start_weir(settings(sink_of(influxd)))
    with load_on(weir) as load:
        beginning_of(load)
        influxd.send_signal(signal.SIGSTOP)
        try:
            pass_time(weir)
            wait_until(
                lambda: weir.metrics().sum("weir_sink_retries_total", sink="influx") > 0,
                what="an attempt that timed out",
            )
        finally:
            influxd.send_signal(signal.SIGCONT)
        beginning_of(load)
    assert set(load.answers) == {204}, load.answers
    all_arrives(weir, load, influxd)


def test_influxdb_restarts_again_and_again(influxd, start_weir):
    influxd.create_database(DATABASE)
    weir = start_weir(settings(sink_of(influxd)))
    with load_on(weir) as load:
        for round_ in range(4):
            beginning_of(load)
            influxd.kill() if round_ % 2 else influxd.stop()
            influxd.start()
    assert set(load.answers) == {204}, load.answers
    all_arrives(weir, load, influxd)


def test_influxdb_has_a_full_disk(influxd, start_weir):
    """Its files may not grow: each write fails with a 500 that names its write-ahead log. InfluxDB 1.6 goes on to say so
    when there is room again, until it is restarted: its buffered writer remembers the error."""
    influxd.create_database(DATABASE)
    weir = start_weir(settings(sink_of(influxd)))
    with load_on(weir) as load:
        beginning_of(load)
        unlimited = resource.prlimit(influxd.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(influxd.pid, resource.RLIMIT_FSIZE, (1, unlimited[1]))
        wait_until(
            lambda: weir.metrics().sum("weir_sink_requests_total", sink="influx", status="5xx") > 0
            or weir.metrics().sum("weir_sink_retries_total", sink="influx") > 0,
            what="a write that InfluxDB could not keep",
        )
        pass_time(weir)
        influxd.kill()
        influxd.start()
        beginning_of(load)
    assert set(load.answers) == {204}, load.answers
    all_arrives(weir, load, influxd)


def test_weir_dies_while_influxdb_is_down(influxd, start_weir):
    influxd.create_database(DATABASE)
    weir = start_weir(settings(sink_of(influxd)))
    with load_on(weir, repeats=True) as load:
        beginning_of(load)
        influxd.kill()
        pass_time(weir)
        for _ in range(3):
            weir.restart(kill=True)
            beginning_of(load)
        influxd.start()
        beginning_of(load)
    assert 204 in load.answers
    settled(weir, load.acknowledged_count())
    assert load.missing_from(influxd) == []
    assert sink_points(weir, "discarded") == 0


def test_the_log_is_full_until_influxdb_is_back(influxd, start_weir):
    """Clients are told to come again, and those that do lose nothing."""
    influxd.create_database(DATABASE)
    weir = start_weir(
        settings(sink_of(influxd), log={"keep": "4MiB", "segment": "1MiB", "compression": "none"})
    )
    with load_on(weir, lines=500, repeats=True) as load:
        beginning_of(load)
        influxd.kill()
        wait_until(lambda: load.answers.get(503, 0) > 3, what="a full log", alive=weir.must_be_alive)
        assert weir.client.get("/ready").status == 503
        influxd.start()
        wait_until(lambda: weir.client.get("/ready").status == 200, what="room in the log")
        beginning_of(load, 2000)
    assert set(load.answers) == {204, 503}, load.answers
    all_arrives(weir, load, influxd)


def test_a_database_is_dropped_under_load_and_made_again(influxd, start_weir):
    """What was in it is gone by the operator's will; what comes after that waits for it, and nothing else does."""
    influxd.create_database(DATABASE)
    influxd.create_database("other")
    weir = start_weir(settings(sink_of(influxd)))
    other = Numbered(lambda: weir.client.address, "other", threads=1, lines=10, pace=0.02)
    with load_on(weir) as load, other:
        beginning_of(load)
        influxd.query(f'DROP DATABASE "{DATABASE}"')
        wait_until(
            lambda: weir.metrics().sum("weir_sink_held_lanes", sink="influx") == 1,
            what="the lane held",
        )
        held_since = load.acknowledged_count()
        pass_time(weir)
        before = len(other.missing_from(influxd))
        assert before <= 50, "a neighbour waits for the database that is missing"
        influxd.create_database(DATABASE)
        beginning_of(load)
    assert set(load.answers) == {204} and set(other.answers) == {204}
    settled(weir, load.acknowledged_count() + other.acknowledged_count())
    assert other.missing_from(influxd) == []
    missing = load.missing_from(influxd)
    assert len(missing) < held_since, "what came after the drop was lost"
    newest = max(number for number in load.acknowledged[0])
    assert (0, newest) not in missing


def test_a_password_changes_and_is_mended(start_influxd, start_weir):
    """Held until the configuration is right; the log keeps it all meanwhile."""
    influxd = start_influxd("auth-enabled = true")
    user = {"u": "admin", "p": "first"}
    made = influxd.client.request(
        "POST", "/query", {"q": "CREATE USER admin WITH PASSWORD 'first' WITH ALL PRIVILEGES"}
    )
    assert made.status == 200, made.text()
    made = influxd.client.request("POST", "/query", {**user, "q": f"CREATE DATABASE {DATABASE}"})
    assert made.status == 200, made.text()

    def configured(password):
        return settings(sink_of(influxd, username="admin", password=password))

    weir = start_weir(configured("first"))
    with load_on(weir) as load:
        beginning_of(load)
        changed = influxd.client.request(
            "POST", "/query", {**user, "q": "SET PASSWORD FOR admin = 'second'"}
        )
        assert changed.status == 200, changed.text()
        wait_until(
            lambda: weir.metrics().sum("weir_sink_held_lanes", sink="influx") == 1,
            what="the lane held",
        )
        pass_time(weir)
        beginning_of(load)
        weir.configure(configured("second"))
        assert weir.client.request("POST", "/-/reload").status == 200
        beginning_of(load)
    assert set(load.answers) == {204}, load.answers
    settled(weir, load.acknowledged_count())
    counted = influxd.client.request(
        "GET",
        "/query",
        {"u": "admin", "p": "second", "db": DATABASE, "q": "SELECT count(value) FROM load"},
    ).json()
    values = counted["results"][0]["series"][0]["values"][0]
    assert values[1] == load.acknowledged_count()


def test_the_schema_upstream_is_another(influxd, start_weir):
    """The server has a field of another type: those lines are set aside with its words, the others arrive."""
    influxd.create_database(DATABASE)
    wrong = influxd.client.write("other,writer=0 value=1.5 1", DATABASE)
    assert wrong.status == 204, wrong.text()
    weir = start_weir(settings(sink_of(influxd)))
    lines = "".join(
        f"other,writer=1 value={number}i {number + 1000}\n" for number in range(100)
    ) + "".join(f"good,writer=1 value={number}i {number + 1000}\n" for number in range(900))
    assert weir.client.write(lines, DATABASE).status == 204
    settled(weir, 1000)
    assert influxd.count(DATABASE, "good") == 900
    assert influxd.count(DATABASE, "other") == 1
    assert sink_points(weir, "delivered") == 900
    assert sink_points(weir, "discarded") == 100
    kept = "".join(
        each.read_text() for each in (weir.directory / "weir-data" / "refused").iterdir()
    )
    assert "field type conflict" in kept
    refused = [line for line in kept.splitlines() if line and not line.startswith("#")]
    assert sorted(refused) == sorted(lines.splitlines()[:100])
