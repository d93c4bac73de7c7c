# SPDX-License-Identifier: Apache-2.0
"""Queries of weir's users at an InfluxDB that knows the sink alone: they go on with the sink's credentials, as far as
their users' rights go. The InfluxDB asks for credentials, too."""

import json
import random
import subprocess
import urllib.parse

import pytest

from harness.fake_influxdb2 import FakeInfluxdb2, bucket_id
from harness.process import wait_until
from harness.settings import influx_sink, settings
from harness.users import basic, hash_of, token

T = 1_700_000_000_000_000_000
USERS = """
[[user]]
name = "reader"
password_hash = "%s"
databases = { "mine" = "query" }

[[user]]
name = "writer"
token = "writer's token"
databases = { "*" = "write", "mine" = "admin" }

[[user]]
name = "root"
token = "root's token"
admin = true
"""
READER = basic("reader", "reader's password")
WRITER = token("writer's token")
ROOT = token("root's token")
SINK = {"u": "of_the_sink", "p": "sink's password"}


@pytest.fixture
def both(start_influxd, make_weir, tmp_path):
    influxd = start_influxd("auth-enabled = true")
    text = "CREATE USER of_the_sink WITH PASSWORD 'sink''s password' WITH ALL PRIVILEGES"
    text = text.replace("sink''s", "sink\\'s")
    assert influxd.client.request("POST", "/query", {"q": text}).status == 200
    secret = tmp_path / "password"
    secret.write_text("sink's password\n")
    sink = influx_sink(influxd.url, username="of_the_sink", password="${file:%s}" % secret)
    weir = make_weir()
    weir.configure(settings(sink) + USERS % hash_of(weir, "reader's password"))
    weir.start()
    for db in ("mine", "other"):
        created = weir.client.request("POST", "/query", {"q": f"CREATE DATABASE {db}"}, b"", ROOT)
        assert created.status == 200 and "error" not in created.text(), created
        assert weir.client.write(f"m v=1 {T}\n", db, WRITER).status == 204
    wait_until(lambda: all(count(influxd, db) == 1 for db in ("mine", "other")))
    return influxd, weir


def count(influxd, db):
    params = {"q": "SELECT count(v) FROM m", "db": db, **SINK}
    answer = influxd.client.request("GET", "/query", params)
    results = answer.json()["results"][0]
    return results["series"][0]["values"][0][1] if "series" in results else 0


def ask(weir, text, headers, method="GET", **params):
    return weir.client.request(method, "/query", {"q": text, **params}, None, headers)


def test_queries_go_on_with_the_sinks_credentials(both):
    _, weir = both
    for method in ("GET", "POST"):
        answer = ask(weir, "SELECT v FROM m", READER, method, db="mine", epoch="ns")
        assert answer.status == 200, answer
        assert answer.json()["results"][0]["series"][0]["values"] == [[T, 1]]
        # As u= and p= of its own, which the server would not know.
        own = {"u": "reader", "p": "reader's password"}
        assert ask(weir, "SELECT v FROM m", None, method, db="mine", **own).status == 200
    form = urllib.parse.urlencode({"q": "SELECT v FROM m", "db": "mine"}).encode()
    headers = {**READER, "Content-Type": "application/x-www-form-urlencoded"}
    answer = weir.client.request("POST", "/query", None, form, headers)
    assert answer.json()["results"][0]["series"], answer
    assert ask(weir, "SELECT v FROM m", None, db="mine").status == 401
    # The sink's own credentials are nobody's here.
    assert ask(weir, "SELECT v FROM m", None, db="mine", **SINK).status == 401


def test_a_query_sees_no_database_of_others(both):
    _, weir = both
    for text in (
        "SELECT v FROM other.autogen.m",
        'SELECT v FROM "other".."m"',
        "SELECT v FROM (SELECT v FROM other..m)",
        "SELECT v FROM m WHERE a =~ /'/; SELECT v FROM other..m WHERE b = ''",
        "SELECT v FROM m -- ' \n, other..m WHERE a = ''",
        "SELECT v FROM m -- ' \r, other..m WHERE a = ''",
        "SELECT v FROM m /*/ WHERE a = '*/ , other..m -- '",
        "SELECT v INTO t FROM m",
        "SHOW MEASUREMENTS ON other",
        "SHOW SERIES EXACT CARDINALITY ON other",
        "SHOW SHARDS",
        "SELECT v FROM m; SHOW DATABASES",
    ):
        for method in ("GET", "POST"):
            answer = ask(weir, text, READER, method, db="mine")
            assert answer.status == 403, (text, answer)
    assert ask(weir, "SELECT v FROM m", READER, db="other").status == 403
    # A number and a keyword, to InfluxDB.
    for text in ("SELECT v, 1.5INTO t FROM m", "SELECT 1.5FROM/'/, other..m WHERE a = ''"):
        assert ask(weir, text, READER, "POST", db="mine").status == 400
    assert "t" not in ask(weir, "SHOW MEASUREMENTS", READER, db="mine").text().split('"')
    # Servers and weir must not read one request in two ways.
    for query in ("db=mine&db=other", "db=other;db=mine", "x=1;db=other&db=mine"):
        answer = weir.client.request("GET", f"/query?q=SELECT+v+FROM+m&{query}", None, None, READER)
        found = answer.json().get("results", [{}])[0]
        assert answer.status == 403 or len(found.get("series", [{"values": [0]}])[0]["values"]) == 1
    twice = {**READER, "Content-Type": "application/x-www-form-urlencoded"}
    answer = weir.client.request("POST", "/query?db=mine", None, b"q=SELECT+v+FROM+m&db=other", twice)
    assert answer.status == 403, answer


# Pieces in which a name or a keyword may hide, and what statements are made of.
PIECES = [
    "SELECT v", "SELECT *", "SELECT 1.5", "SELECT v, 1.5", "SELECT /v/", "SELECT v/2", "SELECT mean(v)", " FROM ", "FROM",
    " FROM(", " INTO t ", "INTO t ", " m", "other..m", '"other"..m', ",other..m", ", other.autogen.m", "other../m/", ",",
    "/m/", "/'/", '/"/', "/a\\/'/", " WHERE ", " a = 'x'", " a = ''", " a =~ /x/", " a =~ /'/", ' a !~ /"/', " AND ", "--",
    "-- ' ", "\n", "\r", "/*", "*/", "/*/", "/**/", "'", '"', "\\", " ", "(", ")", ";", "*", " / ", "2", "1.5", ".5", "5m",
    " GROUP BY ", "a", "/a/", " LIMIT 1", "$x", "::float", " AS b", '"a"', "'x'",
]  # fmt: skip
SHAPES = [
    "SELECT v FROM m{}{}{}{}{}{}{}",
    "SELECT v{}{} FROM {}{}{}{}{}",
    "{}{}{}{}{}{}{}",
    "SELECT v FROM m WHERE a = 'x'{}{}{}{} , other..m {}{}{}",
    "SELECT v FROM (SELECT v {} FROM{}{} other..m{}){}{}{}",
    "SELECT v {}{} INTO t {}{}FROM m{}{}{}",
    "SELECT v FROM m {}{}{}; SELECT v FROM other..m {}{}{}{}",
    "SELECT v FROM {}{}other..m{}{}{}{}{}",
]


def test_none_of_many_statements_shows_or_writes_what_it_must_not(both):
    """Drawn from a seed. That they could is seen by those that InfluxDB itself answers so."""
    influxd, weir = both
    assert weir.client.write(f"m,a=x v=999 {T + 1}\n", "other", WRITER).status == 204
    wait_until(lambda: count(influxd, "other") == 2)
    drawn = random.Random(7)
    shown = 0
    for _ in range(3_000):
        pieces = [drawn.choice(PIECES) if drawn.random() < 0.7 else "" for _ in range(7)]
        text = drawn.choice(SHAPES).format(*pieces)
        answer = ask(weir, text, READER, "POST", db="mine")
        assert "999" not in answer.text(), text
        # INTO is not for a GET, and writes nothing there.
        bare = influxd.client.request("GET", "/query", {"q": text, "db": "mine", **SINK})
        shown += "999" in bare.text()
    assert shown > 3
    names = influxd.client.request("GET", "/query", {"q": "SHOW MEASUREMENTS", "db": "mine", **SINK})
    assert names.json()["results"][0]["series"][0]["values"] == [["m"]]


def test_users_of_the_server_are_not_made(both):
    influxd, weir = both
    for text in (
        "CREATE USER thief WITH PASSWORD 'x' WITH ALL PRIVILEGES",
        "SELECT v FROM m; CREATE USER thief WITH PASSWORD 'x' WITH ALL PRIVILEGES",
        "SELECT v FROM m WHERE a =~ /'/; CREATE USER thief WITH PASSWORD 'x' WITH ALL PRIVILEGES; "
        "SELECT v FROM m WHERE a =~ /'/",
        "SELECT * / ' FROM m; CREATE USER thief WITH PASSWORD 'x",
    ):
        for who in (READER, WRITER, ROOT):
            answer = ask(weir, text, who, "POST", db="mine")
            assert answer.status in (400, 403), (text, answer)
    users = influxd.client.request("GET", "/query", {"q": "SHOW USERS", **SINK}).json()
    assert users["results"][0]["series"][0]["values"] == [["of_the_sink", True]]


def test_what_takes_points_away_needs_admin_of_the_database(both):
    influxd, weir = both
    assert ask(weir, "DROP SERIES FROM m", READER, "POST", db="mine").status == 403
    assert ask(weir, "DROP SERIES FROM m", WRITER, "POST", db="other").status == 403
    assert ask(weir, "DROP SERIES FROM m", WRITER, "POST", db="mine").status == 200
    wait_until(lambda: count(influxd, "mine") == 0)
    assert count(influxd, "other") == 1


def test_the_influx_command_line(both):
    """InfluxDB's own client, with a user of weir's."""
    influxd, weir = both
    executable = influxd.executable.parents[3] / "influxdb-client/usr/bin/influx"
    host, port = weir.client.address.rsplit(":", 1)

    def influx(password, text, db="mine"):
        command = [executable, "-host", host, "-port", port, "-database", db, "-format", "json"]
        command += ["-username", "reader", "-password", password, "-execute", text]
        done = subprocess.run(command, capture_output=True, timeout=20, check=False)
        return done.stdout.decode() + done.stderr.decode()

    found = json.loads(influx("reader's password", "SELECT v FROM m"))
    assert found["results"][0]["series"][0]["values"] == [[T, 1]]
    assert "authorization failed" in influx("wrong", "SELECT v FROM m")
    assert "not authorized" in influx("reader's password", "SELECT v FROM m", "other")


def test_curl_with_each_kind_of_credentials(both):
    _, weir = both
    url = f"http://{weir.client.address}/query?db=mine&q=SELECT+v+FROM+m"
    for arguments, status in (
        (["-u", "reader:reader's password"], "200"),
        (["-u", "reader:wrong"], "401"),
        (["-H", "Authorization: Token reader:reader's password"], "200"),
        (["-H", "Authorization: Bearer root's token"], "200"),
        ([], "401"),
    ):
        command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *arguments, url]
        done = subprocess.run(command, capture_output=True, timeout=20, check=True)
        assert done.stdout.decode() == status, arguments


def test_prometheus_reads_and_flux(both):
    _, weir = both
    for path in ("/api/v1/prom/read", "/api/v2/query", "/debug/vars"):
        method = "GET" if path == "/debug/vars" else "POST"
        for who, status in ((None, 401), (READER, 403)):
            assert weir.client.request(method, path, {"db": "other"}, b"", who).status == status
    assert weir.client.request("GET", "/debug/vars", None, None, ROOT).status == 200


@pytest.fixture
def fake_influxdb2():
    server = FakeInfluxdb2()
    yield server
    server.stop()


def test_an_influxdb_2_sees_the_sinks_token(make_weir, fake_influxdb2):
    weir = make_weir()
    sink = influx_sink(fake_influxdb2.url, version=2, org="o", token="the sink's token")
    weir.configure(settings(sink) + USERS % hash_of(weir, "reader's password"))
    weir.start()
    fake_influxdb2.asked.clear()
    params = {"name": "mine", "u": "reader", "p": "reader's password", "limit": "1"}
    assert weir.client.request("GET", "/api/v2/buckets", params).status == 200
    path, asked, headers = next(each for each in fake_influxdb2.asked if "limit" in each[1])
    assert path == "/api/v2/buckets" and "u" not in asked and "p" not in asked
    assert headers["authorization"] == "Token the sink's token"
    for path in ("/api/v2/authorizations", "/api/v2/%61uthorizations", "/api/v2/users"):
        assert weir.client.request("GET", path, None, None, ROOT).status in (403, 404), path
        assert all(each[0] != path for each in fake_influxdb2.asked)


def test_an_id_does_not_lead_around_the_rights_of_a_database(make_weir, fake_influxdb2):
    """Deletion, lists and writes by an id, which a server takes for the bucket of another user."""
    fake_influxdb2.buckets.update({"mine": 0, "other": 0, "0123456789abcdef": 0})
    weir = make_weir()
    sink = influx_sink(fake_influxdb2.url, version=2, org="o", token="the sink's token")
    users = USERS + """
[[user]]
name = "hex"
token = "hex's token"
databases = { "0123456789abcdef" = "admin", "mine" = "admin" }
"""
    weir.configure(settings(sink) + users % hash_of(weir, "reader's password"))
    weir.start()
    other = bucket_id("other")
    hexed = token("hex's token")

    def status(method, path, params, who=WRITER, body=b"{}"):
        return weir.client.request(method, path, params, body, who).status

    deletion = [
        {"bucketID": other},
        {"bucket": "mine", "bucketID": other},
        {"bucket": other},
        {"bucket": "mine", "org": "another"},
        {"bucket": "mine", "orgID": "00000000000000bb"},
    ]
    for params in deletion:
        assert status("POST", "/api/v2/delete", params) == 403, params
        assert status("POST", "/api/v2/delete", params, hexed) == 403, params
        assert status("POST", "/api/v2/delete", params, ROOT) != 403, params
    assert status("POST", "/api/v2/delete", {"bucket": "0123456789abcdef"}, hexed) == 403
    assert status("POST", "/api/v2/delete", {"bucket": "mine", "org": "o"}) != 403
    for params in ({"id": other}, {"name": "mine", "id": other}, {"name": "0123456789abcdef"}):
        assert status("GET", "/api/v2/buckets", params, hexed) == 403, params
    for method in ("GET", "PATCH", "DELETE", "POST"):
        assert status(method, f"/api/v2/buckets/{other}", {"name": "mine"}, hexed) == 403
    line = f"m v=1 {T}\n".encode()
    for path, name in (("/write", "db"), ("/api/v2/write", "bucket"), ("/api/v3/write_lp", "db")):
        assert status("POST", path, {name: "0123456789abcdef"}, hexed, line) == 403, path
        assert status("POST", path, {name: "0123456789abcdef"}, WRITER, line) == 204, path
        assert status("POST", path, {name: "mine"}, hexed, line) == 204, path
    statement = {"q": 'DROP DATABASE "0123456789abcdef"'}
    assert status("POST", "/query", statement, hexed) == 403
