# SPDX-License-Identifier: Apache-2.0
"""Outages that only an InfluxDB has: what the client saw, and what was lost (nothing). The table in
docs/operations.md, "What an outage costs", has a row for each of these tests.

WEIR_OUTAGE_SECONDS sets for how long each fault lasts (2).
"""

import pytest

from harness.letters import refused_lines, refused_text
from harness.load import Numbered
from harness.outages import (
    DATABASE,
    InfluxdServer,
    all_arrives,
    more_acknowledged,
    of_sink,
    pass_time,
)
from harness.process import wait_until
from harness.samples import settled
from harness.settings import settings

SINK = InfluxdServer.sink


@pytest.fixture
def server(influxd):
    return InfluxdServer.with_database(influxd)


def held_lanes(weir):
    return of_sink(weir, "held_lanes", SINK)


def test_influxdb_restarts_again_and_again(influxd, server, start_weir):
    weir = start_weir(settings(server.settings()))
    with server.load_on(weir) as load:
        for round_ in range(4):
            more_acknowledged(load)
            influxd.kill() if round_ % 2 else influxd.stop()
            influxd.start()
    assert set(load.answers) == {204}, load.answers
    all_arrives(weir, load, server)
    assert of_sink(weir, "delivered_points_total", SINK) == load.acknowledged_count()


def test_the_log_is_full_until_influxdb_is_back(influxd, server, start_weir):
    """Clients are told to come again, and those that do lose nothing."""
    weir = start_weir(
        settings(server.settings(), log={"keep": "4MiB", "segment": "1MiB", "compression": "none"})
    )
    with server.load_on(weir, lines=500, repeats=True) as load:
        more_acknowledged(load)
        influxd.kill()
        wait_until(lambda: load.answers.get(503, 0) > 3, what="a full log", alive=weir.must_be_alive)
        assert weir.client.get("/ready").status == 503
        influxd.start()
        wait_until(lambda: weir.client.get("/ready").status == 200, what="room in the log")
        more_acknowledged(load, 2000)
    assert set(load.answers) == {204, 503}, load.answers
    all_arrives(weir, load, server)
    assert of_sink(weir, "delivered_points_total", SINK) == load.acknowledged_count()


def test_a_database_is_dropped_under_load_and_made_again(influxd, server, start_weir):
    """What was in it is gone by the operator's will; what comes after that waits for it, and nothing else does."""
    influxd.create_database("other")
    weir = start_weir(settings(server.settings()))
    other = Numbered(lambda: weir.client.address, "other", threads=1, lines=10, pace=0.02)
    with server.load_on(weir) as load, other:
        more_acknowledged(load)
        influxd.query(f'DROP DATABASE "{DATABASE}"')
        wait_until(lambda: held_lanes(weir) == 1, what="the lane held")
        held_since = load.acknowledged_count()
        pass_time(weir)
        before = len(other.missing_from(influxd))
        assert before <= 50, "a neighbour waits for the database that is missing"
        influxd.create_database(DATABASE)
        more_acknowledged(load)
    # What was missing was told so.
    assert set(load.answers) <= {204, 404} and set(other.answers) == {204}
    settled(weir, load.acknowledged_count() + other.acknowledged_count(), SINK)
    assert other.missing_from(influxd) == []
    missing = load.missing_from(influxd)
    assert len(missing) < held_since, "what came after the drop was lost"
    newest = max(number for number in load.acknowledged[0])
    assert (0, newest) not in missing


def test_a_password_changes_and_is_mended(start_influxd, start_weir):
    """Held until the configuration is right; the log keeps it all meanwhile."""
    influxd = start_influxd("auth-enabled = true")
    server = InfluxdServer(influxd)
    user = {"u": "admin", "p": "first"}
    made = influxd.client.request(
        "POST", "/query", {"q": "CREATE USER admin WITH PASSWORD 'first' WITH ALL PRIVILEGES"}
    )
    assert made.status == 200, made.text()
    made = influxd.client.request("POST", "/query", {**user, "q": f"CREATE DATABASE {DATABASE}"})
    assert made.status == 200, made.text()

    def configured(password):
        return settings(server.settings(username="admin", password=password))

    weir = start_weir(configured("first"))
    with server.load_on(weir) as load:
        more_acknowledged(load)
        changed = influxd.client.request(
            "POST", "/query", {**user, "q": "SET PASSWORD FOR admin = 'second'"}
        )
        assert changed.status == 200, changed.text()
        wait_until(lambda: held_lanes(weir) == 1, what="the lane held")
        pass_time(weir)
        more_acknowledged(load)
        weir.configure(configured("second"))
        assert weir.client.request("POST", "/-/reload").status == 200
        more_acknowledged(load)
    assert set(load.answers) == {204}, load.answers
    settled(weir, load.acknowledged_count(), SINK)
    counted = influxd.client.request(
        "GET",
        "/query",
        {"u": "admin", "p": "second", "db": DATABASE, "q": "SELECT count(value) FROM load"},
    ).json()
    values = counted["results"][0]["series"][0]["values"][0]
    assert values[1] == load.acknowledged_count()


def test_the_schema_upstream_is_another(influxd, server, start_weir):
    """The server has a field of another type: those lines are set aside with its words, the others arrive."""
    wrong = influxd.client.write("other,writer=0 value=1.5 1", DATABASE)
    assert wrong.status == 204, wrong.text()
    weir = start_weir(settings(server.settings()))
    lines = "".join(
        f"other,writer=1 value={number}i {number + 1000}\n" for number in range(100)
    ) + "".join(f"good,writer=1 value={number}i {number + 1000}\n" for number in range(900))
    assert weir.client.write(lines, DATABASE).status == 204
    settled(weir, 1000, SINK)
    assert influxd.count(DATABASE, "good") == 900
    assert influxd.count(DATABASE, "other") == 1
    assert of_sink(weir, "delivered_points_total", SINK) == 900
    assert of_sink(weir, "discarded_points_total", SINK) == 100
    assert "field type conflict" in refused_text(weir)
    assert sorted(refused_lines(weir)) == sorted(lines.splitlines()[:100])
