# SPDX-License-Identifier: Apache-2.0
"""What a sink's journal, its metrics and its end say of servers that do not take points."""

import time

import pytest

from harness.letters import letters
from harness.process import wait_until
from harness.scripted import Scripted
from harness.settings import influx_sink, remote_write_sink, settings

T = 1_600_000_000_000_000_000
PAGE = b"<!doctype html><html><head><title>Welcome to nginx!</title></head></html>"
HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture
def scripted():
    with Scripted() as server:
        yield server


def pending(weir, sink="influx"):
    return weir.metrics().sum("weir_sink_pending_points", sink=sink)


def held(weir, sink="influx"):
    return weir.metrics().sum("weir_sink_held_lanes", sink=sink)


def told(weir, words):
    return [line for line in weir.log().splitlines() if words in line]


def wait_told(weir, words):
    wait_until(lambda: told(weir, words), what=f"'{words}' in the journal", alive=weir.must_be_alive)


def seconds_to_stop(weir):
    before = time.monotonic()
    assert weir.stop(60) == 0
    return time.monotonic() - before


NOT_STORED = [
    (200, HTML, PAGE),
    (200, {}, b""),
    (200, {"Content-Type": "application/json"}, b'{"results":[]}'),
    (201, {}, b""),
    (202, {}, b""),
    (301, {"Location": "/elsewhere"}, b""),
    (307, {"Location": "/elsewhere"}, b"moved"),
]


NOTHING_READ = [
    (400, {}, b"Client sent an HTTP request to an HTTPS server.\n", "begin with https://"),
    (400, HTML, b"<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>",
     "begin with https://"),
    (400, HTML, PAGE, "is the url right?"),
    (410, {}, b"gone", "gone; is the url right?"),
    (426, {}, b"", "status 426; is the url right?"),
]  # fmt: skip


@pytest.mark.parametrize("sink", [influx_sink, remote_write_sink])
@pytest.mark.parametrize("answer", NOTHING_READ, ids=lambda each: f"{each[0]}-{len(each[2])}")
def test_a_server_that_read_no_point_refuses_none(start_weir, scripted, answer, sink):
    scripted.answer = lambda *_: answer[:3]
    weir = start_weir(settings(sink(scripted.url, name="influx")))
    assert weir.client.write(f"m v=1 {T}\nm v=2 {T + 10**9}\n", "db").status == 204
    wait_until(lambda: held(weir) == 1, what="the lane is held")
    wait_told(weir, answer[3])
    assert pending(weir) == 2
    assert weir.metrics().sum("weir_sink_discarded_points_total") == 0
    scripted.answer = lambda *_: None
    weir.wait_delivered(2)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("answer", NOT_STORED, ids=lambda each: f"{each[0]}-{len(each[2])}")
def test_only_204_is_stored(start_weir, scripted, answer, version):
    scripted.answer = lambda *_: answer
    more = {"token": "t", "org": "o"} if version == 2 else {}
    weir = start_weir(
        settings(
            influx_sink(scripted.url, version=version, **more), service={"drain_timeout": "30s"}
        )
    )
    assert weir.client.write(f"m v=1 {T}\nm v=2 {T + 1}\n", "db").status == 204
    wait_until(lambda: held(weir) == 1, what="the lane is held")
    wait_told(weir, f"db is held: answered {answer[0]}, not 204: is the url right?")
    assert pending(weir) == 2
    assert weir.metrics().sum("weir_sink_delivered_points_total") == 0
    known = {"/write", "/query", "/api/v2/write", "/api/v2/buckets"}
    assert {path for path, *_ in scripted.seen} <= known, "it was followed"
    # A held lane is not waited for, and nothing of it is lost.
    assert seconds_to_stop(weir) < 15
    assert told(weir, "sink influx: 2 points are not delivered (1 of 1 lanes held)")
    scripted.answer = lambda *_: None
    weir.start()
    weir.wait_delivered(2)


def test_a_server_that_says_more_than_204_has_stored_it(start_weir, scripted):
    scripted.answer = lambda *_: (204, HTML, b"")
    weir = start_weir(settings(influx_sink(scripted.url)))
    assert weir.client.write(f"m v=1 {T}\n", "db").status == 204
    weir.wait_delivered(1)


def test_creating_a_database_needs_results(start_weir, scripted):
    missing = (404, {}, b'{"error":"database not found: \\"db\\""}')
    created = []

    def answer(path, params, lines):
        if path == "/query":
            created.append(lines)
            return (200, HTML, PAGE)
        return missing

    scripted.answer = answer
    weir = start_weir(settings(influx_sink(scripted.url)))
    assert weir.client.request("POST", "/query", {"q": "CREATE DATABASE db"}).status == 200
    assert weir.client.write(f"m v=1 {T}\n", "db").status == 204
    wait_told(weir, 'db is held: CREATE DATABASE: the answer is a page (HTML), "Welcome to nginx!"')
    wait_until(lambda: len(created) >= 5, what="five attempts")
    assert pending(weir) == 1
    assert len(told(weir, "creating database db upstream")) == 1, weir.log()
    assert len(told(weir, "db is held")) == 1, weir.log()


def test_remote_write_takes_any_2xx_and_tells_a_page_once(start_weir, scripted):
    scripted.answer = lambda *_: (200, HTML, PAGE)
    weir = start_weir(settings(remote_write_sink(scripted.url + "/api/v1/write")))
    for i in range(3):
        assert weir.client.write(f"m v={i} {time.time_ns()}\n", "db").status == 204
        weir.wait_delivered(i + 1, sink="prometheus")
    assert len(told(weir, 'answered 200 with a page (HTML), "Welcome to nginx!"')) == 1


def test_replaying_what_a_server_refused_needs_204(start_weir, scripted):
    scripted.answer = lambda *_: (400, {}, b'{"error":"unable to parse"}')
    weir = start_weir(settings(influx_sink(scripted.url)))
    assert weir.client.write(f"m v=1 {T}\n", "db").status == 204
    refused = weir.directory / "weir-data/refused/influx.lp"
    wait_until(lambda: refused.exists() and refused.stat().st_size > 0, what="the refusal")
    scripted.answer = lambda *_: (200, HTML, PAGE)
    assert "taken by the server" not in letters(weir, "replay", "--sink", "influx", status=1)
    scripted.answer = lambda *_: None
    assert "1 lines taken by the server" in letters(weir, "replay", "--sink", "influx")


# ---- a real InfluxDB


def test_a_missing_database_is_told_once_and_its_end(influxd, start_weir):
    weir = start_weir(settings(influx_sink(influxd.url, refuse_missing=False)))
    assert weir.client.write(f"m v=1 {T}\n", "mine").status == 204
    wait_told(weir, 'mine is held: database not found: "mine"; create it there, or send CREATE DATA')
    wait_until(lambda: weir.metrics().sum("weir_sink_holds_total") >= 10, what="ten attempts")
    assert len(told(weir, "mine")) == 1, weir.log()
    metrics = weir.metrics()
    assert metrics.one("weir_sink_held_pending_points", database="mine") == 1
    assert metrics.one("weir_sink_held_pending_bytes", database="mine") > 0
    assert metrics.one("weir_sink_oldest_pending_age_seconds") > 0
    influxd.create_database("mine")
    weir.wait_delivered(1)
    wait_told(weir, "mine goes on after being held for")
    assert len(told(weir, "mine")) == 2, weir.log()
    metrics = weir.metrics()
    assert metrics.matching("weir_sink_held_pending_points") == []
    assert metrics.one("weir_sink_oldest_pending_age_seconds") == 0
    assert metrics.one("weir_sink_delivery_seconds_count") == 1
    assert metrics.one("weir_sink_request_seconds_count") >= 11


def test_a_missing_retention_policy_names_its_remedy(influxd, start_weir):
    influxd.create_database("mine")
    weir = start_weir(settings(influx_sink(influxd.url, refuse_missing=False)))
    assert weir.client.write(f"m v=1 {time.time_ns()}\n", "mine", rp="a week").status == 204
    assert weir.client.write(f"m v=1 {time.time_ns()}\n", "mine").status == 204
    wait_told(weir, "mine/a week is held: retention policy not found: a week; create it there (")
    line = told(weir, "is held")[0]
    remedy = line[line.index("(CREATE") + 1 : line.index(")")]
    influxd.query(remedy.replace("...", "INF"))
    weir.wait_delivered(2)
    assert len(influxd.rows('SELECT v FROM "mine"."a week".m', "mine")) == 1


def test_the_journal_tells_the_beginning_and_the_end_of_an_outage(influxd, start_weir):
    influxd.create_database("db")
    weir = start_weir(settings(influx_sink(influxd.url)))
    influxd.kill()
    for i in range(50):
        assert weir.client.write(f"m v={i} {T + i}\n", "db").status == 204
    wait_until(lambda: weir.metrics().sum("weir_sink_retries_total") >= 10, what="ten retries")
    assert len(told(weir, "not delivered")) == 1, weir.log()
    assert "; next attempt in " in told(weir, "not delivered")[0]
    influxd.start()
    weir.wait_delivered(50)
    wait_told(weir, "sink influx: delivery goes on after ")
    assert "points delivered since" in told(weir, "delivery goes on")[0]
    assert influxd.count("db", "m", "v") == 50


def test_the_log_tells_how_long_an_outage_can_last(start_weir, scripted):
    scripted.answer = lambda *_: (503, {}, b"")
    weir = start_weir(settings(influx_sink(scripted.url), log={"keep": "16MiB"}))
    assert weir.metrics().one("weir_log_outage_seconds_left") == float("inf")
    assert weir.client.write("".join(f"m v={i} {T + i}\n" for i in range(1000)), "db").status == 204
    assert 0 < weir.metrics().one("weir_log_outage_seconds_left") < float("inf")
    assert weir.metrics().one("weir_log_append_bytes_per_second") > 0


# ---- who asks to wait


@pytest.mark.parametrize("status", [429, 503])
def test_a_success_of_another_database_ends_retry_after(start_weir, scripted, status):
    busy = (status, {"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"}, b"")
    scripted.answer = lambda path, params, lines: busy
    weir = start_weir(settings(influx_sink(scripted.url, retry_least="20ms", retry_most="1h")))
    assert weir.client.write(f"m v=1 {T}\n", "waits").status == 204
    wait_told(weir, "next attempt in 4 h")
    scripted.answer = lambda *_: None
    assert weir.client.write(f"m v=1 {T}\n", "other").status == 204
    weir.wait_delivered(2)
    assert scripted.statuses("waits") == [status, 204]


# ---- the end


def test_an_outage_does_not_hold_up_the_end(influxd, start_weir):
    influxd.create_database("db")
    weir = start_weir(
        settings(influx_sink(influxd.url, retry_most="1m"), service={"drain_timeout": "60s"})
    )
    influxd.kill()
    for i in range(20):
        assert weir.client.write(f"m v={i} {T + i}\n", "db").status == 204
    wait_told(weir, "not delivered")
    assert seconds_to_stop(weir) < 20
    assert told(weir, "sink influx: 20 points are not delivered (0 of 1 lanes held)")
    influxd.start()
    weir.start()
    weir.wait_delivered(20)
    assert influxd.count("db", "m", "v") == 20


def test_a_slow_server_is_waited_for(start_weir, scripted):
    scripted.answer = lambda *_: time.sleep(1)
    weir = start_weir(
        settings(influx_sink(scripted.url, **{"batch.points": 1}), service={"drain_timeout": "60s"})
    )
    for i in range(4):
        assert weir.client.write(f"m v={i} {T + i}\n", "db").status == 204
    assert weir.stop(60) == 0
    assert len(scripted.stored["db"]) == 4, "all of it, and nothing twice"
    assert not told(weir, "not everything could be delivered")
    weir.start()
    assert pending(weir) == 0


def test_five_hundred_databases_held_at_once(start_weir, scripted):
    scripted.answer = lambda path, params, lines: (
        404,
        {},
        b'{"error":"database not found: \\"' + params["db"].encode() + b'\\""}',
    )
    weir = start_weir(settings(influx_sink(scripted.url), service={"drain_timeout": "60s"}))
    for i in range(500):
        assert weir.client.write(f"m v=1 {T}\n", f"d{i}").status == 204
    wait_until(lambda: held(weir) == 500, what="500 lanes held")
    wait_told(weir, "lanes are held, the first for ")
    assert len(told(weir, " held")) <= 30, weir.log()
    assert len(weir.metrics().matching("weir_sink_held_pending_points")) == 32
    assert seconds_to_stop(weir) < 30
