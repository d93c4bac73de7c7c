# SPDX-License-Identifier: Apache-2.0
"""Databases and retention policies are the buckets of an InfluxDB 2 behind weir.

No InfluxDB 2 runs here: the server answers as one does."""

import json
import time

import pytest

from harness.fake_influxdb2 import FakeInfluxdb2
from harness.process import wait_until
from harness.settings import influx_sink, settings

T = 1_700_000_000_000_000_000


@pytest.fixture
def fake():
    server = FakeInfluxdb2()
    server.strict = True
    yield server
    server.stop()


def sink_2(url, **keys):
    return influx_sink(url, version=2, org="o", token="t", **keys)


def query(weir, text):
    answer = weir.client.request("POST", "/query", {"q": text})
    return answer.json()["results"]


def write(weir, bucket, at=T):
    answer = weir.client.request(
        "POST", "/api/v2/write", {"org": "o", "bucket": bucket}, f"cpu v=1 {at}".encode()
    )
    return answer.status, answer.json().get("message") if answer.body else ""


def test_statements_become_buckets(fake, start_weir):
    weir = start_weir(settings(sink_2(fake.url)))
    for text in (
        "CREATE DATABASE d WITH DURATION 2h",
        "CREATE RETENTION POLICY week ON d DURATION 1w REPLICATION 1",
        "CREATE DATABASE d",
    ):
        assert query(weir, text) == [{"statement_id": 0}], text
    assert fake.buckets == {"d": 7200, "d/week": 604_800}
    shown = query(weir, "SHOW DATABASES; SHOW RETENTION POLICIES ON d")
    assert shown[0]["series"][0]["values"] == [["d"]]
    assert [row[:2] for row in shown[1]["series"][0]["values"]] == [
        ["autogen", "2h0m0s"],
        ["week", "168h0m0s"],
    ]
    assert write(weir, "d")[0] == write(weir, "d/week")[0] == 204
    wait_until(lambda: len(fake.stored()) == 2)
    query(weir, "ALTER RETENTION POLICY week ON d DURATION INF")
    assert fake.buckets == {"d": 7200, "d/week": 0}
    query(weir, "DROP RETENTION POLICY week ON d")
    assert fake.buckets == {"d": 7200}
    fake.buckets["other"] = 0
    query(weir, "DROP DATABASE d")
    assert fake.buckets == {"other": 0}


def test_a_write_to_a_missing_bucket_is_told_so(fake, start_weir):
    fake.buckets = {"there": 0}
    weir = start_weir(settings(sink_2(fake.url)))
    assert write(weir, "none") == (404, 'bucket "none" not found')
    assert write(weir, "there/none") == (404, 'bucket "there/none" not found')
    assert write(weir, "there")[0] == 204
    answer = weir.client.write("cpu v=1", "none")
    assert answer.json()["error"] == 'database not found: "none"'
    # A bucket that the token may not list is not missing.
    fake.may_read = False
    fake.buckets["hidden"] = 0
    wait_until(lambda: write(weir, "hidden")[0] == 204)
    wait_until(lambda: len(fake.stored()) == 2)
    # And created at the server it is there.
    fake.may_read = True
    fake.buckets["none"] = 0
    wait_until(lambda: write(weir, "none")[0] == 204, 5)


def test_created_on_write(fake, start_weir):
    databases = {"kept/short": {"retention": "3h"}}
    weir = start_weir(settings(sink_2(fake.url, create="on write"), databases=databases))
    now = time.time_ns()
    assert write(weir, "kept", now)[0] == write(weir, "kept/short", now)[0] == 204
    wait_until(lambda: len(fake.kept) == 2)
    assert fake.buckets == {"kept": 0, "kept/short": 10_800}


def test_statements_are_remembered_while_the_server_is_down(fake, start_weir):
    weir = start_weir(settings(sink_2(fake.url)))
    wait_until(lambda: fake.questions("/api/v2/buckets"))
    fake.is_down = True
    assert "error" not in query(weir, "CREATE DATABASE made WITH DURATION 1d")[0]
    assert weir.metrics().one("weir_statements_pending", sink="influx") == 1
    assert '"made"' in weir.client.get("/query", q="SHOW DATABASES").text()
    assert write(weir, "made")[0] == 204
    fake.is_down = False
    wait_until(lambda: len(fake.stored()) == 1)
    assert fake.buckets == {"made": 86_400}
    assert weir.metrics().one("weir_statements_pending", sink="influx") == 0


def test_clients_create_a_bucket_through_weir(fake, start_weir):
    """It goes to the server as it is: with the client's token."""
    weir = start_weir(settings(sink_2(fake.url)))
    body = {"orgID": "00000000000000aa", "name": "py2", "retentionRules": [{"everySeconds": 7200}]}
    answer = weir.client.request("POST", "/api/v2/buckets", None, json.dumps(body).encode())
    assert (answer.status, answer.json()["name"]) == (201, "py2")
    assert fake.changes == [("POST", "/api/v2/buckets", body)]
    assert write(weir, "py2")[0] == 204
    wait_until(lambda: len(fake.stored()) == 1)


def test_left_alone(fake, start_weir):
    weir = start_weir(settings(sink_2(fake.url, bucket="all-{database}")))
    assert write(weir, "any")[0] == 204
    assert fake.changes == []
    time.sleep(0.1)
    assert fake.questions("/api/v2/buckets") == []
