# SPDX-License-Identifier: Apache-2.0
"""InfluxDB 3's write API, as its clients send it, against a real InfluxDB 1.x behind weir."""

import gzip
import json

import pytest

from harness.process import wait_until
from harness.settings import influx_sink, settings

T = 1_600_000_000
WRITE = "/api/v3/write_lp"


@pytest.fixture
def weir(influxd, start_weir):
    influxd.create_database("b")
    started = start_weir(settings(influx_sink(influxd.url)))
    started.influxd = influxd
    return started


def write(weir, body, headers=None, **params):
    return weir.client.request("POST", WRITE, {"db": "b", **params}, body.encode(), headers)


def test_precisions_end_at_one_time(weir):
    for name, digits in (("", T), ("auto", T * 1000), ("second", T), ("us", T * 10**6), ("n", T * 10**9)):
        answer = write(weir, f"cpu,precision=p{name} v=1 {digits}", precision=name)
        assert (answer.status, answer.body) == (204, b"")

    def times():
        return json.dumps(weir.influxd.query("select v, precision from cpu", "b")).count(str(T * 10**9))

    wait_until(lambda: times() == 5, what="five points at one time")


def test_a_gzipped_body_with_a_bad_line(weir):
    body = gzip.compress(b"cpu v=1\ncpu v=\nmem free=2i")
    answer = weir.client.request(
        "POST", WRITE, {"db": "b", "no_sync": "true"}, body, {"Content-Encoding": "gzip"}
    )
    assert answer.status == 400
    said = answer.json()
    assert said["error"] == "partial write of line protocol occurred"
    (line,) = said["data"]
    assert line["error_message"] == "missing field value"
    assert (line["line_number"], line["original_line"]) == (2, "cpu v=")
    wait_until(lambda: "mem" in json.dumps(weir.influxd.query("select * from mem", "b")), what="mem")


def test_all_or_nothing(weir):
    answer = write(weir, "cpu v=1\ncpu v=", accept_partial="false")
    assert answer.status == 400
    said = answer.json()
    assert said["error"] == "line protocol parsing error"
    assert said["data"]["line_number"] == 2
    assert write(weir, "").status == 400
    assert weir.metrics().sum("weir_lines_received_total", database="b") == 2
    assert weir.metrics().sum("weir_lines_accepted_total", database="b") == 0


def test_what_is_not_there_says_so_in_this_dialect(weir):
    answer = weir.client.get("/api/v3/query_sql", db="b", q="select 1")
    assert (answer.status, answer.json()) == (404, {"error": "not found"})
    answer = weir.client.get(WRITE, db="b")
    assert answer.status == 405 and "POST" in answer.headers["allow"]
