# SPDX-License-Identifier: Apache-2.0
"""Databases and retention policies: what clients see and do is what the InfluxDB behind weir has.

Side by side: the same calls to weir and to an InfluxDB of its own, and the same answers."""

import gzip
import json
import signal
import time

import pytest

from harness.process import wait_until
from harness.settings import file_sink, influx_sink, settings

T = 1_700_000_000_000_000_000


@pytest.fixture
def two(start_influxd, start_weir):
    """A bare InfluxDB, and weir with another one behind."""
    bare, behind = start_influxd(), start_influxd()
    weir = start_weir(settings(influx_sink(behind.url)))
    return bare, behind, weir


def query(server, text, method="POST"):
    answer = server.client.request(method, "/query", {"q": text})
    return answer.status, answer.text()


def write(server, db, line=f"cpu value=1 {T}", rp=None):
    params = {"db": db, "precision": "ns", **({"rp": rp} if rp else {})}
    answer = server.client.request("POST", "/write", params, line.encode())
    return answer.status, answer.text()


def side_by_side(bare, weir, calls):
    for call in calls:
        what, *rest = call
        theirs, ours = what(bare, *rest), what(weir, *rest)
        assert ours == theirs, (what.__name__, rest)


STATEMENTS = [
    "CREATE DATABASE mm WITH DURATION 2h NAME my_rp",
    "CREATE DATABASE mm WITH DURATION 2h NAME my_rp",
    "CREATE DATABASE mm",
    "CREATE DATABASE mm WITH DURATION 3h NAME my_rp",
    "CREATE DATABASE mm WITH DURATION 30m",
    "CREATE DATABASE mm WITH NAME x DURATION 2h",
    "CREATE DATABASE mm WITH REPLICATION 0",
    "CREATE DATABASE b; CREATE RETENTION POLICY week ON b DURATION 1w REPLICATION 1 DEFAULT; "
    "SHOW RETENTION POLICIES ON b",
    "CREATE RETENTION POLICY week ON b DURATION 1w REPLICATION 1",
    "CREATE RETENTION POLICY week ON b DURATION 2w REPLICATION 1",
    "CREATE RETENTION POLICY w ON nodb DURATION 2w REPLICATION 1",
    "CREATE RETENTION POLICY w ON b DURATION 30m REPLICATION 1",
    "CREATE RETENTION POLICY w ON b DURATION 2h REPLICATION 1 SHARD DURATION 3h",
    "CREATE RETENTION POLICY w ON b DURATION 2h REPLICATION 1 SHARD DURATION 10m",
    "CREATE RETENTION POLICY w ON b DURATION 2h",
    'CREATE RETENTION POLICY "a ""b" ON b DURATION 2h REPLICATION 1',
    'CREATE RETENTION POLICY "a \\"b" ON b DURATION 2h REPLICATION 1',
    "SHOW RETENTION POLICIES ON b",
    "ALTER RETENTION POLICY w ON b DURATION 3d",
    "ALTER RETENTION POLICY nope ON b DURATION 3d",
    "ALTER RETENTION POLICY nope ON nodb DURATION 3d",
    "ALTER RETENTION POLICY w ON b DURATION 3d DURATION 4d",
    "ALTER RETENTION POLICY w ON b DEFAULT SHARD DURATION 5d",
    "ALTER RETENTION POLICY w ON b SHARD DURATION 2h REPLICATION 3 DEFAULT DURATION INF",
    "SHOW RETENTION POLICIES ON b",
    "DROP RETENTION POLICY w ON b; SHOW RETENTION POLICIES ON b",
    "DROP RETENTION POLICY nope ON b",
    "DROP RETENTION POLICY nope ON nodb",
    "DROP DATABASE nodb",
    "SHOW RETENTION POLICIES ON nodb",
    "CREATE DATABASE zz; CREATE DATABASE aa; SHOW DATABASES",
    'CREATE DATABASE "a/b"',
    'CREATE DATABASE ""',
    'CREATE RETENTION POLICY "a/b" ON b DURATION 1h REPLICATION 1',
    "CREATE DATABASE q3 WITH DURATION 10x",
    "create database \"Quoted name; with -- all\"; show databases",
    'DROP DATABASE "Quoted name; with -- all"; SHOW DATABASES;',
    "DROP DATABASE b; SHOW DATABASES",
    "CREATE DATABASE b WITH DURATION 26h REPLICATION 1 SHARD DURATION 90m NAME n; "
    "SHOW RETENTION POLICIES ON b",
]


def test_statements_side_by_side(two):
    bare, behind, weir = two
    for text in STATEMENTS:
        for method in ("POST", "GET"):
            assert query(weir, text, method) == query(bare, text, method), (method, text)
    # What they did they did behind weir.
    assert behind.databases() == bare.databases()
    assert behind.rows("SHOW RETENTION POLICIES ON b") == bare.rows("SHOW RETENTION POLICIES ON b")


# --- the five sequences


def test_a_policy_that_a_client_creates_takes_its_points(two):
    """Micrometer, Kapacitor and influxdb-java create a policy, and write to it."""
    bare, behind, weir = two
    now = time.time_ns()
    side_by_side(
        bare,
        weir,
        [
            (query, 'CREATE DATABASE "mm1" WITH DURATION 2h NAME my_rp'),
            (query, 'CREATE DATABASE "kap"'),
            (query, 'CREATE RETENTION POLICY "week" ON "kap" DURATION 7d REPLICATION 1 DEFAULT'),
            (write, "mm1", f"cpu value=1 {now}", "my_rp"),
            (write, "kap", f"cpu value=1 {now}", "week"),
            (write, "kap", f"cpu value=2 {now + 1}"),
        ],
    )
    weir.wait_delivered(3)
    assert len(behind.rows('SELECT value FROM "my_rp"."cpu"', "mm1")) == 1
    assert len(behind.rows('SELECT value FROM "week"."cpu"', "kap")) == 2
    assert behind.rows("SHOW RETENTION POLICIES ON mm1") == bare.rows(
        "SHOW RETENTION POLICIES ON mm1"
    )


def test_a_write_to_what_is_missing_is_told_so(two):
    """Telegraf waits to hear it: then it creates the database, or says what is wrong."""
    bare, behind, weir = two
    side_by_side(
        bare,
        weir,
        [
            (write, "none"),
            (write, "none", "bad"),
            (write, "none", ""),
            (write, 'no"ne'),
            (query, "CREATE DATABASE none"),
            (write, "none"),
            (write, "none", f"cpu value=1 {T}", "nope"),
            (write, "none", f"cpu value=1 {T}\nbad", "nope"),
            (write, "none", "bad", "nope"),
            (write, "none", f"cpu value=1 {T}", "autogen"),
            (query, "CREATE RETENTION POLICY nope ON none DURATION INF REPLICATION 1 DEFAULT"),
            (write, "none", f"cpu value=3 {T}", "nope"),
            (query, "DROP RETENTION POLICY nope ON none"),
            (write, "none", f"cpu value=3 {T}"),
            (write, "none", f"cpu value=3 {T}", "nope"),
        ],
    )
    wait_until(lambda: len(behind.rows('SELECT value FROM "autogen"."cpu"', "none")) == 1)
    # In the words of each dialect.
    answer = weir.client.request("POST", "/api/v2/write", {"bucket": "gone/rp", "org": "o"}, b"m v=1")
    assert answer.status == 404
    assert answer.json() == {"code": "not found", "message": 'bucket "gone/rp" not found'}
    answer = weir.client.request("POST", "/api/v1/prom/write", {"db": "gone"}, b"")
    assert answer.status == 404, answer


def test_what_is_created_or_dropped_at_the_server_is_so_for_clients(two):
    _, behind, weir = two
    assert write(weir, "later")[0] == 404
    behind.create_database("later")
    wait_until(lambda: write(weir, "later")[0] == 204, 5)
    behind.query("CREATE RETENTION POLICY more ON later DURATION INF REPLICATION 1")
    assert write(weir, "later", rp="more")[0] == 204
    weir.wait_delivered(2)


def test_show_databases_shows_what_is_there(two):
    bare, behind, weir = two
    for server in (bare, behind):
        server.create_database("made_there")
        server.query("CREATE RETENTION POLICY short ON made_there DURATION 1d REPLICATION 2")
    weir.restart()
    write(weir, "mistyped")
    wait_until(lambda: "made_there" in query(weir, "SHOW DATABASES")[1])
    side_by_side(
        bare,
        weir,
        [
            (query, "SHOW DATABASES"),
            (query, "SHOW RETENTION POLICIES ON made_there"),
            (query, "SHOW RETENTION POLICIES ON mistyped"),
        ],
    )


# --- while the server is down


def test_statements_are_remembered_while_the_server_is_down(start_influxd, start_weir):
    bare, behind = start_influxd(), start_influxd()
    behind.create_database("old")
    bare.create_database("old")
    weir = start_weir(settings(influx_sink(behind.url)))
    wait_until(lambda: "old" in query(weir, "SHOW DATABASES")[1])
    behind.stop()
    statements = [
        "CREATE DATABASE made WITH DURATION 3d NAME three",
        "CREATE RETENTION POLICY week ON old DURATION 1w REPLICATION 1 DEFAULT",
        "CREATE DATABASE brief",
        "DROP DATABASE brief",
        "CREATE DATABASE brief WITH DURATION 5d NAME five",
    ]
    for text in statements:
        answer = weir.client.request("POST", "/query", {"q": text}).json()
        assert "error" not in answer["results"][0], answer
        bare.query(text)
    # As InfluxDB would answer.
    for text in (
        "CREATE RETENTION POLICY week ON old DURATION 2w REPLICATION 1",
        "CREATE RETENTION POLICY week ON never DURATION 2w REPLICATION 1",
        "CREATE DATABASE made WITH DURATION 4d NAME three",
        "SHOW DATABASES",
        "SHOW RETENTION POLICIES ON old",
        "SHOW RETENTION POLICIES ON brief",
    ):
        assert query(weir, text) == query(bare, text), text
    now = time.time_ns()
    for db, rp in (("made", "three"), ("old", None), ("brief", "five")):
        assert write(weir, db, f"cpu value=1 {now}", rp)[0] == 204
    assert weir.metrics().one("weir_statements_pending", sink="influx") == 5
    weir.restart(kill=True)
    assert weir.metrics().one("weir_statements_pending", sink="influx") == 5
    assert query(weir, "SHOW RETENTION POLICIES ON old") == query(
        bare, "SHOW RETENTION POLICIES ON old"
    )
    behind.start()
    weir.wait_delivered(3, 30)
    assert behind.databases() == bare.databases()
    for db in ("made", "old", "brief"):
        show = f"SHOW RETENTION POLICIES ON {db}"
        assert behind.rows(show) == bare.rows(show)
    assert len(behind.rows('SELECT value FROM "week"."cpu"', "old")) == 1
    assert len(behind.rows('SELECT value FROM "five"."cpu"', "brief")) == 1
    assert weir.metrics().one("weir_statements_pending", sink="influx") == 0


def test_statements_are_remembered_before_the_server_was_ever_seen(influxd, start_weir):
    influxd.stop()
    weir = start_weir(settings(influx_sink(influxd.url)))
    assert write(weir, "unknown")[0] == 204, "nothing is known"
    answer = weir.client.request("POST", "/query", {"q": "CREATE DATABASE made"}).json()
    assert "error" not in answer["results"][0]
    assert '"made"' in query(weir, "SHOW DATABASES")[1]
    assert write(weir, "made")[0] == 204
    influxd.start()
    wait_until(lambda: "made" in influxd.databases() and influxd.count("made", "cpu") == 1, 30)
    assert "unknown" not in influxd.databases(), "nobody created it"
    wait_until(lambda: write(weir, "unknown")[0] == 404, 10)


def test_statements_that_wait_are_bounded(influxd, start_weir):
    weir = start_weir(settings(influx_sink(influxd.url)))
    wait_until(lambda: weir.metrics().sum("weir_catalogue_questions_total") > 0)
    influxd.stop()
    for first in range(0, 1_000, 100):
        many = ";".join(f"CREATE DATABASE d{number}" for number in range(first, first + 100))
        status, text = query(weir, many)
        assert status == 200 and '"error"' not in text, text
    assert weir.metrics().one("weir_statements_pending", sink="influx") == 1_000
    # The same again is no other statement.
    assert "error" not in query(weir, "CREATE DATABASE d999")[1]
    assert "1000 statements wait" in query(weir, "CREATE DATABASE one_more")[1]
    influxd.start()
    # In their order; that none is left out is a matter of the unit tests.
    wait_until(lambda: "d20" in influxd.databases())
    assert influxd.databases()[:21] == [f"d{number}" for number in range(21)]


def test_a_server_that_hangs_holds_writes_for_two_seconds(influxd, start_weir):
    weir = start_weir(settings(influx_sink(influxd.url)))
    assert write(weir, "none")[0] == 404
    influxd.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert write(weir, "other")[0] == 204, "nothing is known of it"
        assert 1.5 < time.monotonic() - began < 4
        began = time.monotonic()
        assert write(weir, "third")[0] == 204
        assert time.monotonic() - began < 1, "a server that does not answer is not waited for again"
    finally:
        influxd.send_signal(signal.SIGCONT)
    wait_until(lambda: write(weir, "third")[0] == 404, 10)


def test_v3_clients_create_and_drop_databases_of_the_server(influxd, start_weir):
    weir = start_weir(settings(influx_sink(influxd.url)))
    path = "/api/v3/configure/database"

    def create(**body):
        answer = weir.client.request("POST", path, None, json.dumps(body).encode())
        return answer.status, answer.text()

    assert create(db="made", retention_period="30d") == (200, "")
    assert create(db="plain") == (200, "")
    assert influxd.databases() == ["made", "plain"]
    assert influxd.rows("SHOW RETENTION POLICIES ON made")[0]["duration"] == "720h0m0s"
    assert create(db="made")[0] == 409
    assert create(db="brief", retention_period="5m") == (
        422,
        '{"error":"retention policy duration must be at least 1h0m0s"}',
    )
    assert create(db="x", retention_period="a while")[0] == 400
    assert weir.client.request("DELETE", path, {"db": "made"}).status == 200
    assert weir.client.request("DELETE", path, {"db": "made"}).status == 404
    assert influxd.databases() == ["plain"]


def test_a_damaged_list_of_statements_is_put_aside_and_told(influxd, start_weir):
    weir = start_weir(settings(influx_sink(influxd.url)))
    query(weir, "CREATE DATABASE there")
    wait_until(lambda: (weir.directory / "weir-data/catalogue/known-influx").exists())
    weir.stop()
    (weir.directory / "weir-data/catalogue/pending-influx").write_text("weir statements 1\n1 DR")
    (weir.directory / "weir-data/catalogue/known-influx").write_text("nonsense")
    weir.start()
    assert "is no list of statements: it is now" in weir.log()
    assert (weir.directory / "weir-data/catalogue/pending-influx.damaged").exists()
    wait_until(lambda: '"there"' in query(weir, "SHOW DATABASES")[1])
    wait_until(lambda: write(weir, "none")[0] == 404, 10)


# --- several sinks, and settings


def test_statements_go_to_every_server_that_takes_the_database(start_influxd, start_weir):
    one, other = start_influxd(), start_influxd()
    weir = start_weir(
        settings(
            influx_sink(one.url, "one"),
            influx_sink(other.url, "other", databases=["app*"]),
            file_sink(),
        )
    )
    assert query(weir, "CREATE DATABASE app1; CREATE DATABASE web")[1] == (
        '{"results":[{"statement_id":0},{"statement_id":1}]}\n'
    )
    assert (one.databases(), other.databases()) == (["app1", "web"], ["app1"])
    one.query("DROP DATABASE app1")
    assert write(weir, "app1")[0] == 204, "one of them takes it"
    other.query("DROP DATABASE app1")
    wait_until(lambda: write(weir, "nowhere")[0] == 404)
    assert query(weir, "DROP DATABASE web; SHOW DATABASES")[0] == 200
    assert "web" not in one.databases()


def test_of_several_addresses_the_one_in_use_is_asked_and_told(start_influxd, start_weir):
    first, second = start_influxd(), start_influxd()
    sink = influx_sink(first.url, urls=[first.url, second.url])
    del sink["url"]
    weir = start_weir(settings(sink))
    assert query(weir, "CREATE DATABASE here")[0] == 200
    assert (first.databases(), second.databases()) == (["here"], [])
    second.create_database("there")
    first.stop()
    wait_until(lambda: write(weir, "none")[0] == 404, 10)
    assert write(weir, "there")[0] == 204
    assert query(weir, "CREATE DATABASE more")[1] == '{"results":[{"statement_id":0}]}\n'
    assert second.databases() == ["there", "more"]
    wait_until(lambda: second.count("there", "cpu") == 1)
    first.start()
    wait_until(lambda: write(weir, "there")[0] == 404, 40)
    assert '"here"' in query(weir, "SHOW DATABASES")[1]


def test_created_on_write(influxd, start_weir):
    weir = start_weir(settings(influx_sink(influxd.url, create="on write")))
    assert write(weir, "fresh")[0] == 204
    assert write(weir, "fresh", rp="more")[0] == 204
    weir.wait_delivered(2)
    assert influxd.databases() == ["fresh"]
    assert influxd.count("fresh", "cpu") == 1
    assert len(influxd.rows('SELECT value FROM "more"."cpu"', "fresh")) == 1


def test_accepted_although_missing(influxd, start_weir):
    weir = start_weir(settings(influx_sink(influxd.url, refuse_missing=False)))
    assert write(weir, "missing")[0] == 204
    wait_until(lambda: 'database not found: "missing"' in weir.log())
    assert query(weir, "CREATE DATABASE missing")[0] == 200
    weir.wait_delivered(1)


def test_v3_clients_create_with_their_first_write(influxd, start_weir):
    weir = start_weir(settings(influx_sink(influxd.url)))
    answer = weir.client.request("POST", "/api/v3/write_lp", {"db": "three"}, b"cpu value=1 %d" % T)
    assert answer.status == 204, answer
    weir.wait_delivered(1)
    assert influxd.count("three", "cpu") == 1


def test_without_an_influxdb_all_is_as_before(start_weir):
    weir = start_weir(settings(file_sink()))
    assert write(weir, "anything")[0] == 204
    assert query(weir, "CREATE DATABASE x; SHOW DATABASES")[1].endswith('"values":[["anything"],["x"]]}]}]}\n')
    assert "not supported by weir" in query(
        weir, "CREATE RETENTION POLICY a ON x DURATION 1h REPLICATION 1"
    )[1]


def test_names_that_no_server_has_take_no_room(influxd, start_weir):
    weir = start_weir(settings(influx_sink(influxd.url), limits={"databases": 3}))
    for n in range(20):
        answer = weir.client.write("cpu v=1", f"mistyped{n}")
        assert (answer.status, answer.json()["error"]) == (404, f'database not found: "mistyped{n}"')
    body = gzip.compress(b"cpu v=1\n" * 1000)
    answer = weir.client.write(body, "mistyped", {"Content-Encoding": "gzip"})
    assert answer.status == 404
    influxd.create_database("there")
    wait_until(lambda: weir.client.write(body, "there", {"Content-Encoding": "gzip"}).status == 204)
    assert weir.client.write("", "there").status == 204
    assert weir.client.write("bad", "there").status == 400
    wait_until(lambda: influxd.count("there", "cpu", "v") >= 1)


def test_users_whose_rights_end_there(start_influxd, start_weir):
    behind = start_influxd("auth-enabled = true")
    admin = {"u": "admin", "p": "secret"}

    def run(text):
        answer = behind.client.request("POST", "/query", {**admin, "q": text})
        assert "error" not in answer.text(), answer.text()

    run("CREATE USER admin WITH PASSWORD 'secret' WITH ALL PRIVILEGES")
    for text in (
        "CREATE DATABASE his",
        "CREATE DATABASE other",
        "CREATE USER writer WITH PASSWORD 'w'",
        "GRANT WRITE ON his TO writer",
    ):
        run(text)
    weir = start_weir(settings(influx_sink(behind.url, username="writer", password="w")))
    # What its user may not see is not missing.
    assert write(weir, "his")[0] == 204
    assert write(weir, "other")[0] == 204
    assert write(weir, "none")[0] == 404
    answer = query(weir, "CREATE DATABASE mine")[1]
    assert "writer not authorized to execute statement" in answer
    wait_until(
        lambda: weir.metrics().sum("weir_sink_delivered_points_total", sink="influx") == 1
    )
