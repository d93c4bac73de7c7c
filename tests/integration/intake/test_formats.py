# SPDX-License-Identifier: Apache-2.0
"""CSV and MessagePack where a client asks for them: byte for byte what a real InfluxDB 1.x says."""

import pytest

from harness.settings import influx_sink, settings

T = 1_600_000_000_000_000_000

FORMATS = {
    "application/csv": "text/csv",
    "text/csv": "text/csv",
    "application/x-msgpack": "application/x-msgpack",
    "application/json": "application/json",
    # As in InfluxDB, only the plain names count.
    "application/csv, */*": "application/json",
    "text/csv; charset=utf-8": "application/json",
    "TEXT/CSV": "application/json",
    "*/*": "application/json",
}

QUERIES = [
    ("POST", "CREATE DATABASE x", {}),
    ("GET", "CREATE DATABASE x", {}),
    ("GET", "CREATE DATABASE x; CREATE DATABASE y", {}),
    ("POST", "CREATE DATABASE x; SHOW DATABASES", {}),
    ("POST", "DROP DATABASE never", {}),
    ("GET", "SHOW DATABASES", {}),
    ("GET", "SHOW DATABASES; SHOW DATABASES", {}),
    ("GET", "SHOW DATABASES; SHOW USERS", {"chunked": "true"}),
    ("GET", "SHOW DATABASES", {"pretty": "true"}),
    ("GET", "SHOW RETENTION POLICIES ON x", {"epoch": "ms"}),
    ("GET", "SHOW RETENTION POLICIES", {"db": "x"}),
    ("GET", "SHOW RETENTION POLICIES ON never", {}),
    ("GET", "SHOW RETENTION POLICIES", {}),
    ("GET", "SHOW DATABASES; SHOW RETENTION POLICIES ON never", {}),
    ("GET", "SHOW RETENTION POLICIES ON x; SHOW USERS", {}),
    ("GET", "SHOW USERS", {}),
    ("GET", "FOO", {}),
    ("GET", 'CREATE DATABASE "q,"""', {}),
    ("POST", "", {}),
]

WRITES = [
    ("m v=1", {"db": "x"}),
    ("bad", {"db": "x"}),
    # Of mistakes that InfluxDB's own words explain, so that weir adds no hint.
    ("m v=1 1\nbad,t=a", {"db": "x"}),
    ('m<>&"', {"db": "x"}),
    ("bad\nworse", {"db": "x"}),
    ("m v=1", {}),
    ("m v=1", {"db": "x", "consistency": "none"}),
]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """weir and a real InfluxDB with the same databases, for all of these tests."""
    from harness.fixtures import executable_from
    from harness.influxd import Influxd
    from harness.weir import Weir

    influxd = Influxd(
        tmp_path_factory.mktemp("influxd"),
        executable_from(
            "WEIR_SERVERS", "influxdb/usr/bin/influxd", "run tests/servers/fetch.sh"
        ),
    )
    weir = Weir(
        tmp_path_factory.mktemp("weir"),
        executable_from("WEIR_BINARY", "", "build it with ./dev build"),
    )
    try:
        influxd.start()
        weir.configure(settings(influx_sink(influxd.url, query=False)))
        weir.start()
        # In the order of their names, because weir lists them so. Some that CSV has to quote.
        for name in (" lead", "a,b", 'c\\"d', *(f"database_{n:02}" for n in range(20)), "x", "y"):
            for client in (weir.client, influxd.client):
                client.request("POST", "/query", {"q": f'CREATE DATABASE "{name}"'})
        yield weir.client, influxd.client
    finally:
        for process in (weir, influxd):
            if process.running():
                process.kill()


def shown(answer):
    return answer.status, answer.headers.get("content-type"), answer.body


@pytest.mark.parametrize("accept", FORMATS)
@pytest.mark.parametrize("method, statement, params", QUERIES)
def test_queries(both, method, statement, params, accept):
    ours, theirs = (
        client.request(method, "/query", {"q": statement, **params}, headers={"Accept": accept})
        for client in both
    )
    assert shown(ours) == shown(theirs)
    assert ours.headers["content-type"] == FORMATS[accept]


@pytest.mark.parametrize("accept", FORMATS)
@pytest.mark.parametrize("body, params", WRITES)
def test_writes(both, body, params, accept):
    ours, theirs = (
        client.request("POST", "/write", params, body.encode(), {"Accept": accept})
        for client in both
    )
    assert shown(ours) == shown(theirs)
    assert ours.headers.get("x-influxdb-error") == theirs.headers.get("x-influxdb-error")


@pytest.mark.parametrize("accept", FORMATS)
@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/write"),
        ("HEAD", "/write"),
        ("PUT", "/query"),
        ("HEAD", "/query"),
        ("GET", "/nowhere"),
        ("POST", "/write/"),
        ("POST", "/ping"),
        ("GET", "/ping"),
        ("HEAD", "/ping"),
        ("GET", "/status"),
    ],
)
def test_other_routes(both, method, path, accept):
    ours, theirs = (
        client.request(method, path, headers={"Accept": accept}) for client in both
    )
    assert shown(ours) == shown(theirs)
    # Weir answers OPTIONS, and HEAD where there is GET, on every path.
    allowed = set(filter(None, theirs.headers.get("allow", "").split(", ")))
    assert allowed <= set(ours.headers.get("allow", "").split(", "))


def test_what_is_weirs_own(both):
    """Statements that only weir refuses, and answers that have one form alone."""
    weir, _ = both
    packed = {"Accept": "application/x-msgpack"}
    query = {"q": "SELECT * FROM m", "db": "x"}
    assert weir.request("GET", "/query", query, headers={"Accept": "text/csv"}).body == b""
    assert weir.request("GET", "/query", query, headers=packed).body.startswith(
        b"\x81\xa7results\x91\x81\xa5error\xd9"
    )
    verbose = weir.request("POST", "/write", {"db": "x", "verbose": "true"}, b"bad", packed)
    assert verbose.headers["content-type"] == "application/json"
    assert verbose.json()["data"][0]["line_number"] == 1
    version_2 = weir.request("POST", "/api/v2/write", {"bucket": "x"}, b"bad", packed)
    assert version_2.headers["content-type"] == "application/json; charset=utf-8"
    assert version_2.json()["code"] == "invalid"
    for path in ("/health", "/ready"):
        assert weir.request("GET", path, headers=packed).json()["status"] in ("pass", "ready")
    ping = weir.request("GET", "/ping", {"verbose": "true"}, headers=packed)
    assert ping.headers["content-type"] == "application/json"
    assert ping.json()["version"] == ping.headers["x-influxdb-version"]
    with weir.raw(
        b"POST /write?db=x HTTP/1.0\r\nAccept: application/x-msgpack\r\n\r\nm v=1"
    ) as connection:
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 411 ")
    assert b"\r\n\r\n\x81\xa5error\xd9" in answer
