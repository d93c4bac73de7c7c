# SPDX-License-Identifier: Apache-2.0
"""DROP DATABASE through weir: the types, the series and the points that wait are gone with it."""

import time

import pytest

from harness.process import wait_until
from harness.settings import influx_sink, settings


def query(server, text):
    answer = server.client.request("POST", "/query", {"q": text})
    return answer.status, answer.text()


def write(server, db, body):
    answer = server.client.request("POST", "/write", {"db": db}, body.encode())
    return answer.status, answer.text()


def dropped(weir):
    return weir.metrics().sum("weir_sink_discarded_points_total", sink="influx", reason="dropped")


def conserves(weir):
    metrics = weir.metrics()
    accepted = metrics.sum("weir_sink_accepted_points_total", sink="influx")
    delivered = metrics.sum("weir_sink_delivered_points_total", sink="influx")
    discarded = metrics.sum("weir_sink_discarded_points_total", sink="influx")
    pending = metrics.sum("weir_sink_pending_points", sink="influx")
    return accepted == delivered + discarded + pending


@pytest.mark.parametrize("restarts", [False, True])
def test_types_are_forgotten(start_influxd, start_weir, restarts):
    bare, behind = start_influxd(), start_influxd()
    weir = start_weir(settings(influx_sink(behind.url)))
    for server in (bare, weir):
        assert query(server, "CREATE DATABASE d; CREATE DATABASE other")[0] == 200
        assert write(server, "other", "m v=1.5")[0] == 204
        assert write(server, "d", "m,host=a v=1.5,w=1i")[0] == 204
    wait_until(lambda: behind.count("d", "m", "v") == 1)
    theirs, ours = (write(server, "d", 'm,host=a v="text"') for server in (bare, weir))
    assert (theirs[0], ours[0]) == (400, 400)
    for server in (bare, weir):
        assert query(server, "DROP DATABASE d; CREATE DATABASE d")[0] == 200
    if restarts:
        weir.restart(kill=True)
    for server in (bare, weir):
        assert write(server, "d", 'm,host=a v="text"') == (204, ""), server.name
        assert write(server, "d", "m,host=a w=true") == (204, ""), server.name
        assert write(server, "d", "m,host=a v=1.5")[0] == 400, server.name
        assert write(server, "other", 'm v="text"')[0] == 400, server.name
    wait_until(lambda: behind.rows('SELECT v, w FROM "m"', "d") != [])
    if not restarts:
        weir.restart(kill=True)
        assert write(weir, "d", "m,host=a v=1.5")[0] == 400, "the new type holds"
        assert write(weir, "d", 'm,host=a v="more"') == (204, "")


def test_points_that_wait_are_never_delivered_into_the_next_one(influxd, start_weir):
    weir = start_weir(settings(influx_sink(influxd.url, **{"batch.age": "3s"})))
    query(weir, "CREATE DATABASE d; CREATE DATABASE other")
    assert write(weir, "d", "".join(f"m v={n}i {n + 1}\n" for n in range(100)))[0] == 204
    assert write(weir, "other", "m v=1i 1")[0] == 204
    assert query(weir, "DROP DATABASE d; CREATE DATABASE d")[1].count("error") == 0
    assert dropped(weir) == 100
    assert write(weir, "d", "m v=1000i 1000\nm v=1001i 1001")[0] == 204
    weir.wait_delivered(3)
    assert [row["v"] for row in influxd.rows("SELECT v FROM m", "d")] == [1000, 1001]
    assert influxd.count("other", "m", "v") == 1
    assert dropped(weir) == 100 and conserves(weir)


@pytest.mark.parametrize("kill", [False, True])
def test_the_same_while_the_server_is_down(influxd, start_weir, kill):
    weir = start_weir(settings(influx_sink(influxd.url)))
    query(weir, "CREATE DATABASE d")
    assert write(weir, "d", "m v=-1i 1")[0] == 204
    weir.wait_delivered(1)
    influxd.stop()
    for n in range(50):
        assert write(weir, "d", f"m v={n}i {n + 1}\nm,host=b v={n}i {n + 1}")[0] == 204
    for text in ("DROP DATABASE d", "CREATE DATABASE d WITH DURATION INF NAME fresh"):
        assert "error" not in query(weir, text)[1], text
    for n in range(5):
        assert write(weir, "d", f"m v={1000 + n}i {n + 1000}")[0] == 204
    if kill:
        weir.restart(kill=True)
    influxd.start()
    weir.wait_delivered(6, 40)
    assert [row["v"] for row in influxd.rows("SELECT v FROM m", "d")] == list(range(1000, 1005))
    assert "fresh" in str(influxd.rows("SHOW RETENTION POLICIES ON d"))
    assert dropped(weir) == 100 and conserves(weir)
    assert weir.metrics().one("weir_statements_pending", sink="influx") == 0


def test_a_drop_that_is_refused_gives_nothing_up(start_influxd, start_weir):
    behind = start_influxd("auth-enabled = true")
    admin = {"u": "admin", "p": "secret"}
    for text in (
        "CREATE USER admin WITH PASSWORD 'secret' WITH ALL PRIVILEGES",
        "CREATE DATABASE d",
        "CREATE USER writer WITH PASSWORD 'w'",
        "GRANT WRITE ON d TO writer",
    ):
        answer = behind.client.request("POST", "/query", {**admin, "q": text})
        assert "error" not in answer.text(), answer.text()
    sink = influx_sink(behind.url, username="writer", password="w", **{"batch.age": "2s"})
    weir = start_weir(settings(sink))
    assert write(weir, "d", "m v=1i 1\nm v=2i 2")[0] == 204
    assert "writer not authorized" in query(weir, "DROP DATABASE d")[1]
    weir.wait_delivered(2)
    assert dropped(weir) == 0


def test_under_load_nothing_from_before_is_there_after(influxd, start_weir):
    weir = start_weir(settings(influx_sink(influxd.url, **{"batch.points": 10})))
    query(weir, "CREATE DATABASE d")
    for turn in range(5):
        for n in range(40):
            assert write(weir, "d", f"m,turn=t{turn} v={n}i {time.time_ns()}")[0] == 204
        assert "error" not in query(weir, "DROP DATABASE d; CREATE DATABASE d")[1]
        assert write(weir, "d", f"m,turn=t{turn} v=1000i {time.time_ns()}")[0] == 204
        wait_until(lambda: influxd.rows("SELECT v FROM m", "d") != [], 20)
        assert [row["v"] for row in influxd.rows("SELECT v FROM m", "d")] == [1000]
    assert conserves(weir)
