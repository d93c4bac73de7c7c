# SPDX-License-Identifier: Apache-2.0
"""InfluxDB 3's write API, as its clients send it, against a real InfluxDB 1.x behind weir."""

import gzip
import json

import pytest

from harness.client import read_to_end
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
    empty = write(weir, "\n# nothing\n")
    assert (empty.status, empty.body) == (400, b"incoming write was empty")
    assert weir.metrics().sum("weir_lines_received_total", database="b") == 2
    assert weir.metrics().sum("weir_lines_accepted_total", database="b") == 0


def test_what_is_not_there_says_so_in_this_dialect(weir):
    answer = weir.client.get("/api/v3/query_sql", db="b", q="select 1")
    assert (answer.status, answer.json()) == (404, {"error": "not found"})
    answer = weir.client.get(WRITE, db="b")
    assert answer.status == 405 and "POST" in answer.headers["allow"]


def test_errors_of_the_request_are_plain_text(weir):
    answer = weir.client.request("POST", WRITE, None, b"cpu v=1")
    assert (answer.status, answer.body) == (400, b"missing query parameter 'db'")
    answer = write(weir, "cpu v=1", precision="m")
    assert answer.status == 400 and answer.text().startswith('serde error: invalid precision "m"')
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("scheme", ["Bearer", "Token"])
def test_a_token_is_no_obstacle(weir, scheme):
    assert write(weir, "cpu v=1", {"Authorization": f"{scheme} apiv3_secret"}).status == 204


def test_databases_are_created_listed_and_dropped(weir):
    path = "/api/v3/configure/database"
    create = lambda body: weir.client.request("POST", path, None, json.dumps(body).encode())
    assert create({"db": "made"}).status == 200
    assert create({"db": "made"}).status == 409
    assert create({"db": "kept", "retention_period": "7 days"}).status == 400
    listed = weir.client.get(path, format="json").json()
    assert {"iox::database": "made"} in listed and {"iox::database": "kept"} not in listed
    assert weir.client.request("POST", WRITE, {"db": "made"}, b"cpu v=1").status == 204
    wait_until(lambda: "cpu" in json.dumps(weir.influxd.query("show measurements", "made")), what="cpu")
    assert weir.client.request("DELETE", path, {"db": "made"}).status == 200
    assert weir.client.request("DELETE", path, {"db": "unknown"}).status == 404


def test_what_clients_ask_before_they_write(weir):
    ping = weir.client.get("/ping")
    assert ping.status == 204 and ping.headers["x-influxdb-version"]
    assert weir.client.get("/health").status == 200
    assert weir.client.get("/api/v1/health").status == 200


def test_a_flight_query_is_told_to_ask_the_database(weir):
    """As a gRPC client begins: preface, settings, and a call's headers, which nobody decodes."""
    frame = lambda kind, flags, stream, content=b"": (
        len(content).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + content
    )
    call = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0) + frame(1, 4, 1, b"\x83")
    with weir.client.raw(call) as connection:
        said = read_to_end(connection)
    assert said.startswith(frame(4, 0, 0)), said
    assert b"grpc-status\x0212" in said and b":status\x03404" in said
    assert b"query the database itself" in said
    assert not said.startswith(b"HTTP/1.1")
