# SPDX-License-Identifier: Apache-2.0
"""Queries pass through weir to the InfluxDB behind it, as clients and tools send them.

Side by side: the same requests to weir and to that InfluxDB, and the same answers."""

import gzip
import http.client
import json
import shutil
import socket
import subprocess
import time
import urllib.parse

import pytest

from harness.process import wait_until
from harness.settings import file_sink, influx_sink, settings

T = 1_700_000_000_000_000_000
HEADERS = ("content-type", "content-encoding", "x-influxdb-error", "www-authenticate")


@pytest.fixture
def both(influxd, start_weir):
    """An InfluxDB with some points, and weir in front of it."""
    weir = start_weir(settings(influx_sink(influxd.url)))
    weir.client.request("POST", "/query", {"q": "CREATE DATABASE d"})
    lines = "".join(f"cpu,host=h{n % 3} v={n},text=\"t{n}\" {T + n}\n" for n in range(30))
    assert weir.client.write(lines, "d").status == 204
    wait_until(lambda: influxd.count("d", "cpu", "v") == 30)
    return influxd, weir


def ask(server, method, path, params=None, body=None, headers=None):
    answer = server.client.request(method, path, params, body, headers)
    kept = {name: answer.headers.get(name) for name in HEADERS}
    kept["content-type"] = (kept["content-type"] or "").split(";")[0]
    content = answer.body
    if kept["content-encoding"] == "gzip":
        content = gzip.decompress(content)
    return answer.status, kept, content


def same(both, *request, **more):
    influxd, weir = both
    theirs, ours = ask(influxd, *request, **more), ask(weir, *request, **more)
    assert ours == theirs, (request, more)
    return ours


QUESTIONS = [
    "SELECT * FROM cpu",
    f"SELECT mean(v) FROM cpu WHERE time >= {T} AND time < {T + 60} GROUP BY time(20ns), host fill(null)",
    'SELECT "v" FROM "d"."autogen"."cpu" WHERE "host" =~ /^h[12]$/',
    "SELECT v FROM cpu WHERE text =~ /it's|;|\"/",
    "SHOW MEASUREMENTS",
    "SHOW FIELD KEYS FROM cpu",
    "SHOW TAG KEYS",
    'SHOW TAG VALUES FROM "cpu" WITH KEY = "host"',
    "SHOW SERIES",
    "SHOW USERS",
    "SHOW SHARDS",
    "SHOW CONTINUOUS QUERIES",
    "SHOW GRANTS FOR nobody",
    "SELECT v FROM nothing",
    "SELECT nonsense(",
    "SELECT v FROM cpu; SHOW DATABASES",
    "SHOW DATABASES; SELECT v FROM nodb.autogen.cpu",
    "EXPLAIN SELECT v FROM cpu",
    'SELECT "ü" FROM "日本"',
]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_questions_side_by_side(both, method):
    for text in QUESTIONS:
        params = {"db": "d", "q": text}
        if method == "GET":
            same(both, "GET", "/query", params)
        else:
            form = urllib.parse.urlencode(params).encode()
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            same(both, "POST", "/query", None, form, kind)
            same(both, "POST", "/query", params)


def test_parameters_and_formats(both):
    select = {"db": "d", "q": "SELECT v FROM cpu LIMIT 3"}
    for more in (
        {"epoch": "ms"},
        {"epoch": "ns", "pretty": "true"},
        {"chunked": "true", "chunk_size": "2"},
        {"q": "SELECT v FROM cpu WHERE host = $h", "params": '{"h":"h1"}'},
        {"db": "nodb"},
        {"rp": "nope"},
        {"consistency": "all", "u": "x", "p": "y"},
    ):
        same(both, "GET", "/query", {**select, **more})
    for accept in ("application/csv", "text/csv", "application/x-msgpack", "application/json"):
        status, headers, _ = same(both, "GET", "/query", select, headers={"Accept": accept})
        assert status == 200 and headers["content-type"]
    # As curl and Grafana ask.
    status, headers, _ = same(both, "GET", "/query", select, headers={"Accept-Encoding": "gzip"})
    assert headers["content-encoding"] == "gzip"


def test_long_targets(both):
    conditions = " OR ".join(f"host = 'h{n:05}'" for n in range(1_900))
    text = f"SELECT v FROM cpu WHERE {conditions} OR host = 'h1'"
    target = "/query?" + urllib.parse.urlencode({"db": "d", "q": text}, quote_via=urllib.parse.quote)
    assert 60_000 < len(target) < 65_536, len(target)
    status, _, content = same(both, "GET", target)
    assert status == 200 and b'"values"' in content
    status, _, _ = same(both, "POST", "/query", None, urllib.parse.urlencode({"db": "d", "q": text * 8}).encode())
    assert status in (200, 400)


def test_statements_that_change_points(both):
    influxd, weir = both
    for text in (
        "DELETE FROM cpu WHERE host = 'h0'",
        "DROP SERIES FROM cpu WHERE host = 'h1'",
        "SELECT v INTO copy FROM cpu",
        "CREATE USER someone WITH PASSWORD 'x'",
        "GRANT READ ON d TO someone",
        "DROP MEASUREMENT cpu",
    ):
        answer = weir.client.request("POST", "/query", {"db": "d", "q": text})
        assert answer.status == 200 and "error" not in answer.text(), (text, answer.text())
    assert influxd.rows("SHOW USERS") == [{"user": "someone", "admin": False}]
    assert [row["name"] for row in influxd.rows("SHOW MEASUREMENTS", "d")] == ["copy"]
    # Statements about databases stay weir's business, also beside others.
    assert "error" in weir.client.request("POST", "/query", {"q": "CREATE DATABASE e; SELECT 1 FROM x"}).text()


def test_a_large_answer_streams_in_bounded_memory(both):
    influxd, weir = both
    lines = "\n".join(f"big v={n},s=\"{'x' * 200}\" {T + n}" for n in range(20_000))
    for _ in range(2):
        assert influxd.client.write(lines, "d").status == 204
    params = urllib.parse.urlencode({"db": "d", "q": "SELECT * FROM big", "chunked": "true"})
    before = weir.rss_bytes()
    taken = []
    for server in both:
        connection = http.client.HTTPConnection(server.client.address, timeout=30)
        connection.request("GET", f"/query?{params}")
        answer = connection.getresponse()
        assert answer.status == 200
        size = 0
        while piece := answer.read(1 << 16):
            size += len(piece)
        taken.append(size)
        connection.close()
    assert taken[0] == taken[1] > 4_000_000
    assert weir.rss_bytes() - before < 6 << 20
    # A client that does not read: neither does weir.
    connection = weir.client.raw(f"GET /query?{params} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    connection.recv(1)
    time.sleep(0.5)
    assert weir.metrics().one("weir_queries_under_way") == 1
    assert weir.rss_bytes() - before < 6 << 20
    connection.close()
    wait_until(lambda: weir.metrics().one("weir_queries_under_way") == 0)


def test_a_query_ends_with_its_client_and_with_its_server(scripted, start_weir):
    """`scripted` answers /query with a head and some bytes, then nothing."""
    server = scripted
    weir = start_weir(settings(influx_sink(server.url, create_databases=False)))
    request = b"GET /query?db=d&q=SELECT+v+FROM+cpu HTTP/1.1\r\nHost: x\r\n\r\n"
    connection = weir.client.raw(request)
    wait_until(lambda: server.open == 1)
    connection.close()
    wait_until(lambda: server.open == 0, what="the client is gone, and its query")
    # The server goes in the middle of its answer: the client sees that it is not whole.
    connection = weir.client.raw(request)
    wait_until(lambda: server.open == 1)
    server.say(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
    seen = b""
    while b"hello" not in seen:
        seen += connection.recv(4096)
    server.drop()
    while piece := connection.recv(4096):
        seen += piece
    assert seen.startswith(b"HTTP/1.1 200 ") and not seen.endswith(b"0\r\n\r\n"), seen
    assert weir.metrics().one("weir_queries_failed_total") == 1


class Scripted:
    """Takes connections, reads what comes, and says what a test wants."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.connections = []
        self.listener.settimeout(0.01)

    @property
    def open(self):
        try:
            self.connections.append(self.listener.accept()[0])
        except TimeoutError:
            pass
        for one in list(self.connections):
            one.settimeout(0.01)
            try:
                if one.recv(65_536) == b"":
                    self.connections.remove(one)
            except TimeoutError:
                pass
            except OSError:
                self.connections.remove(one)
        return len(self.connections)

    def say(self, text):
        self.connections[-1].sendall(text)

    def drop(self):
        self.connections.pop().close()


@pytest.fixture
def scripted():
    server = Scripted()
    yield server
    server.listener.close()


def test_where_no_server_answers(influxd, start_weir):
    weir = start_weir(settings(influx_sink(influxd.url)))
    influxd.stop()
    answer = weir.client.get("/query", db="d", q="SELECT v FROM cpu")
    assert answer.status == 503
    assert answer.json()["error"].startswith("sink influx: the server does not answer: ")
    assert "remembered" not in answer.text()
    # What clients send before they write has its answer.
    assert weir.client.request("POST", "/query", {"q": "CREATE DATABASE x"}).status == 200
    assert '"x"' in weir.client.get("/query", q="SHOW DATABASES").text()


def test_a_server_without_flux_is_named(both):
    """InfluxDB 1.6 says `404 page not found`, and libraries show their user no more than that."""
    _, weir = both
    for path in ("/api/v2/query", "/api/v2/delete"):
        answer = weir.client.request("POST", path, {"org": "o"}, b'{"query": "buckets()"}')
        assert answer.status == 404
        assert answer.headers["content-type"].startswith("application/json")
        words = f"sink influx: its server has no {path}: an InfluxDB 1 is asked in InfluxQL, at /query"
        assert answer.json() == {"code": "not found", "message": words}


def test_off_and_without_an_influxdb_all_is_as_before(influxd, start_weir):
    for sink in (influx_sink(influxd.url, query=False), file_sink()):
        weir = start_weir(settings(sink))
        weir.client.write("cpu v=1", "d")
        text = weir.client.get("/query", db="d", q="SELECT v FROM cpu").text()
        assert "not supported by weir: SELECT" in text
        for path, status in (("/debug/vars", 404), ("/api/v2/query", 404), ("/api/v3/query_sql", 404)):
            assert weir.client.get(path).status == status, path


def test_the_clients_own_credentials(start_influxd, start_weir):
    behind = start_influxd("auth-enabled = true")
    admin = {"u": "admin", "p": "secret"}
    for text in (
        "CREATE USER admin WITH PASSWORD 'secret' WITH ALL PRIVILEGES",
        "CREATE DATABASE d",
        "CREATE USER reader WITH PASSWORD 'r'",
        "GRANT READ ON d TO reader",
    ):
        answer = behind.client.request("POST", "/query", {**admin, "q": text})
        assert "error" not in answer.text(), answer.text()
    weir = start_weir(settings(influx_sink(behind.url, username="admin", password="secret")))
    both = (behind, weir)
    select = {"db": "d", "q": "SELECT v FROM cpu"}
    assert same(both, "GET", "/query", {**select, "u": "reader", "p": "r"})[0] == 200
    basic = {"Authorization": "Basic cmVhZGVyOnI="}
    assert same(both, "GET", "/query", select, headers=basic)[0] == 200
    # Not the sink's: who may not ask the database may not ask through weir.
    assert same(both, "GET", "/query", select)[0] == 401
    assert same(both, "GET", "/query", {**select, "u": "reader", "p": "wrong"})[0] == 401
    assert same(both, "POST", "/query", {**select, "q": "DELETE FROM cpu", "u": "reader", "p": "r"})[0] == 403


def test_which_server_is_asked(start_influxd, start_weir):
    one, other = start_influxd(), start_influxd()
    sinks = (
        influx_sink(one.url, "one", query=True, databases=["app*"]),
        influx_sink(other.url, "other", query=True),
    )
    weir = start_weir(settings(*sinks))
    for server, name in ((one, "app1"), (other, "web")):
        server.create_database(name)
        server.client.write("cpu v=1", name)
        assert '"v"' in weir.client.get("/query", db=name, q="SELECT v FROM cpu").text()
    assert weir.client.get("/debug/vars").json().keys() >= {"system", "memstats"}


def test_the_cli(both):
    influxd, weir = both
    found = shutil.which("influx") or influxd.executable.parents[3] / "influxdb-client/usr/bin/influx"
    host, port = weir.client.address.split(":")

    def run(text):
        command = [str(found), "-host", host, "-port", port, "-database", "d", "-execute", text]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("SELECT count(v) FROM cpu").split()[-1] == "30"
    assert "cpu" in run("SHOW MEASUREMENTS")
    assert run("SHOW DATABASES").split() == ["name:", "databases", "name", "----", "d"]


def test_remote_read_and_debug_vars(both):
    influxd, weir = both
    status, _, _ = same(both, "POST", "/api/v1/prom/read", {"db": "d"}, b"no snappy")
    assert status == 400
    assert weir.client.get("/debug/vars").json()["system"] is not None


def test_buckets_in_front_of_an_influxdb_1(influxd, start_weir):
    """The calls of InfluxDB 2's libraries: find or create an organization and a bucket, then write."""
    weir = start_weir(settings(influx_sink(influxd.url)))

    def call(method, path, params=None, **body):
        content = json.dumps(body).encode() if body else None
        answer = weir.client.request(method, f"/api/v2/{path}", params, content)
        return answer.status, json.loads(answer.body) if answer.body else None

    assert weir.client.request("POST", "/api/v2/signin").status == 204
    assert call("GET", "me")[1]["name"]
    org = call("GET", "orgs", {"org": "my-org"})[1]["orgs"][0]
    assert org["name"] == "my-org"
    assert call("GET", "buckets", {"name": "py2"})[1]["buckets"] == []
    rules = [{"type": "expire", "everySeconds": 7200}]
    status, made = call("POST", "buckets", orgID=org["id"], name="py2", retentionRules=rules)
    assert (status, made["name"], made["retentionRules"][0]["everySeconds"]) == (201, "py2", 7200)
    assert call("POST", "buckets", name="py2", retentionRules=rules)[0] == 422
    assert call("POST", "buckets", name="py2/long", retentionRules=[])[0] == 201
    assert [(row["name"], row["duration"]) for row in influxd.rows("SHOW RETENTION POLICIES ON py2")] == [
        ("autogen", "2h0m0s"),
        ("long", "0s"),
    ]
    status, refused = call("POST", "buckets", name="brief", retentionRules=[{"everySeconds": 5}])
    assert (status, refused["message"]) == (422, "retention policy duration must be at least 1h0m0s")
    found = call("GET", "buckets", {"name": "py2", "org": "my-org"})[1]["buckets"]
    assert [bucket["id"] for bucket in found] == [made["id"]]
    line = f"cpu v=1 {time.time_ns()}".encode()
    for bucket in ("py2", "py2/long"):
        answer = weir.client.request("POST", "/api/v2/write", {"org": "my-org", "bucket": bucket}, line)
        assert answer.status == 204, answer
    weir.wait_delivered(2)
    assert len(influxd.rows('SELECT v FROM "long"."cpu"', "py2")) == 1
    assert call("PATCH", f"buckets/{made['id']}", retentionRules=[{"everySeconds": 14400}])[0] == 200
    assert influxd.rows("SHOW RETENTION POLICIES ON py2")[0]["duration"] == "4h0m0s"
    assert call("DELETE", f"buckets/{made['id']}")[0] == 204
    assert influxd.databases() == []
    assert call("GET", "buckets", {"name": "py2", "org": "my-org"})[0] == 404
