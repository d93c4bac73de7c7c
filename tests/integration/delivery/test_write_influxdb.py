# SPDX-License-Identifier: Apache-2.0
"""Points written to weir, read back from a real InfluxDB: value for value and time for time."""

import gzip
import time

import pytest

from harness.client import read_response
from harness.load import Numbered
from harness.process import wait_until
from harness.settings import file_sink, influx_sink, settings

T = 1_600_000_000_000_000_000

# Lines that InfluxDB takes as they are; each is written to weir and straight to InfluxDB as well.
SAME_AS_INFLUXDB = [
    b"m value=1.5 %d" % T,
    b"m value=-0.25 %d" % (T + 1),
    b"m value=6.02214076e23 %d" % (T + 2),
    b"m value=1.7976931348623157e308 %d" % (T + 3),
    b"m value=5e-324 %d" % (T + 4),
    b"m value=0.1 %d" % (T + 5),
    b"m value=42 %d" % (T + 6),
    b"i value=0i %d" % T,
    b"i value=9223372036854775807i %d" % (T + 1),
    b"i value=-9223372036854775808i %d" % (T + 2),
    b"b a=t,b=T,c=true,d=True,e=TRUE,f=f,g=F,h=false,i=False,j=FALSE %d" % T,
    b's value="" %d' % T,
    b's value="plain" %d' % (T + 1),
    b's value="a \\"quoted\\" word" %d' % (T + 2),
    b's value="back\\\\slash" %d' % (T + 3),
    b's value="comma, equals=, space" %d' % (T + 4),
    b's value="two\nlines" %d' % (T + 5),
    "s value=\"žluťoučký kůň 漢字 🌊\" %d".encode() % (T + 6),
    b"esc\\ aped\\,name,tag\\ key=tag\\ value,k\\=2=v\\=2 fi\\ eld=1,f\\,2=2,f\\=3=3 %d" % T,
    b"esc,k\\,3=v\\,3 value=1 %d" % T,
    "měření,město=Plzeň\\ 2,host=漢字 °C=21.5 %d".encode() % T,
    b"many,z=1,a=2,m=3 f1=1,f2=2i,f3=t,f4=\"x\" %d" % T,
    b"old value=1 -1",
    b"old value=2 0",
    b"old value=3 -9223372036854775806",
    b"old value=4 9223372036854775806",
    b"# a comment\n\ncomment value=1 %d" % T,
]


def everything(influxd, db):
    """All points of a database as a sorted list. Measurement by measurement: in a selection of
    several, InfluxDB casts fields of one name to one type."""
    found = []
    for row in influxd.rows("SHOW MEASUREMENTS", db):
        for series in influxd.query(f'SELECT * FROM "{row["name"]}" GROUP BY *', db):
            for values in series["values"]:
                fields = {
                    name: (type(value).__name__, value)
                    for name, value in zip(series["columns"], values)
                    if value is not None
                }
                found.append((series["name"], sorted(series.get("tags", {}).items()), fields))
    return sorted(found, key=repr)


@pytest.fixture
def both(influxd, start_weir):
    influxd.create_database("mydb")
    return influxd, start_weir(settings(influx_sink(influxd.url)))


def test_every_kind_of_value_and_escape_arrives_as_if_written_directly(both):
    influxd, weir = both
    influxd.create_database("direct")
    body = b"\n".join(SAME_AS_INFLUXDB)
    assert influxd.client.write(body, "direct").status == 204
    answer = weir.client.write(body, "mydb")
    assert (answer.status, answer.body) == (204, b"")
    weir.wait_delivered(len(SAME_AS_INFLUXDB))
    assert everything(influxd, "mydb") == everything(influxd, "direct")
    assert len(everything(influxd, "mydb")) == len(SAME_AS_INFLUXDB)


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_chunks_of_any_size_make_no_difference(both, size):
    influxd, weir = both
    body = b"\n".join(SAME_AS_INFLUXDB)
    pieces = (body[at : at + size] for at in range(0, len(body), size))
    answer = weir.client.request("POST", "/write", {"db": "mydb"}, pieces)
    assert answer.status == 204, answer.text()
    weir.wait_delivered(len(SAME_AS_INFLUXDB))
    assert len(everything(influxd, "mydb")) == len(SAME_AS_INFLUXDB)


@pytest.mark.parametrize(
    "precision, unit",
    [
        (None, 1),
        ("", 1),
        ("n", 1),
        ("ns", 1),
        ("u", 10**3),
        ("us", 10**3),
        ("µs", 10**3),
        ("ms", 10**6),
        ("s", 10**9),
        ("m", 60 * 10**9),
        ("h", 3600 * 10**9),
    ],
)
def test_precision(both, precision, unit):
    influxd, weir = both
    params = {} if precision is None else {"precision": precision}
    stamp = T // unit
    assert weir.client.write(f"cpu value=1i {stamp}", "mydb", **params).status == 204
    before = time.time_ns()
    assert weir.client.write("now value=2i", "mydb", **params).status == 204
    after = time.time_ns()
    weir.wait_delivered(2)
    assert influxd.rows("SELECT * FROM cpu", "mydb") == [{"time": stamp * unit, "value": 1}]
    (row,) = influxd.rows("SELECT * FROM now", "mydb")
    assert row["value"] == 2
    assert before // unit * unit <= row["time"] <= after
    assert row["time"] % unit == 0, "a missing time is cut to the precision"


def test_lines_of_one_request_without_time_share_one(both):
    influxd, weir = both
    body = "".join(f"cpu,host=h{number} value={number}i\n" for number in range(100))
    assert weir.client.write(body, "mydb").status == 204
    weir.wait_delivered(100)
    rows = influxd.rows("SELECT * FROM cpu", "mydb")
    assert len(rows) == 100
    assert len({row["time"] for row in rows}) == 1


def test_retention_policies_are_lanes_of_their_own(both):
    influxd, weir = both
    influxd.query('CREATE RETENTION POLICY "forever" ON "mydb" DURATION INF REPLICATION 1')
    assert weir.client.write(f"cpu value=1 {T}", "mydb").status == 204
    assert weir.client.write(f"cpu value=2 {T}", "mydb", rp="forever").status == 204
    assert weir.client.write(f"cpu value=3 {T + 1}", "mydb", rp="autogen").status == 204
    assert weir.client.write(f"cpu value=4 {T + 2}", "mydb", rp="").status == 204
    weir.wait_delivered(4)
    in_policy = 'SELECT value FROM "{}"."cpu"'
    assert [row["value"] for row in influxd.rows(in_policy.format("autogen"), "mydb")] == [1, 3, 4]
    assert [row["value"] for row in influxd.rows(in_policy.format("forever"), "mydb")] == [2]


def test_a_policy_that_does_not_exist_holds_its_own_lane(influxd, start_weir):
    influxd.create_database("mydb")
    weir = start_weir(settings(influx_sink(influxd.url, refuse_missing=False)))
    assert weir.client.write(f"cpu value=1 {T}", "mydb", rp="later").status == 204
    assert weir.client.write(f"cpu value=2 {T}", "mydb").status == 204
    wait_until(lambda: influxd.count("mydb", "cpu") == 1, what="the other lane's point")
    wait_until(lambda: weir.metrics().one("weir_sink_held_lanes", sink="influx") == 1)
    influxd.query('CREATE RETENTION POLICY "later" ON "mydb" DURATION INF REPLICATION 1')
    weir.wait_delivered(2)
    rows = influxd.rows('SELECT value FROM "later"."cpu"', "mydb")
    assert [row["value"] for row in rows] == [1]
    assert weir.metrics().one("weir_sink_held_lanes", sink="influx") == 0


def test_databases_of_many_names(influxd, start_weir):
    weir = start_weir(settings(influx_sink(influxd.url)))
    names = ["plain", "with space", 'quo"te', "a.b", "a%b&c=d?e#f+g", "žluť漢字", "x" * 255]
    for number, name in enumerate(names):
        quoted = name.replace('"', '\\"')
        answer = weir.client.request("POST", "/query", {"q": f'CREATE DATABASE "{quoted}"'})
        assert answer.json() == {"results": [{"statement_id": 0}]}, name
        assert weir.client.write(f"cpu value={number}i {T}", name).status == 204, name
    shown = weir.client.get("/query", q="SHOW DATABASES").json()["results"][0]["series"][0]
    assert sorted(row[0] for row in shown["values"]) == sorted(names)
    weir.wait_delivered(len(names))
    for number, name in enumerate(names):
        assert influxd.rows("SELECT * FROM cpu", name) == [{"time": T, "value": number}], name


@pytest.mark.parametrize("name", ["a/b", "back\\\\slash", ".", "..", "x" * 256])
def test_names_that_influxdb_refuses_are_refused(influxd, start_weir, name):
    weir = start_weir(settings(influx_sink(influxd.url)))
    statement = {"q": f'CREATE DATABASE "{name}"'}
    theirs = influxd.client.request("POST", "/query", statement).json()
    ours = weir.client.request("POST", "/query", statement).json()
    assert "error" in theirs["results"][0]
    assert "error" in ours["results"][0], "weir promises a database that InfluxDB cannot have"


def test_gzip_bodies(both):
    influxd, weir = both
    body = b"".join(b"cpu,host=h%d value=%di %d\n" % (n % 10, n, T + n) for n in range(20_000))
    half = len(body) // 2
    bodies = {
        "one member": (gzip.compress(body), "gzip"),
        "two members": (gzip.compress(body[:half]) + gzip.compress(body[half:]), "GZIP"),
        "stored": (gzip.compress(body, 0), "gzip"),
    }
    for number, (case, (packed, coding)) in enumerate(bodies.items(), 1):
        answer = weir.client.write(packed, "mydb", {"Content-Encoding": coding})
        assert answer.status == 204, (case, answer.text())
        weir.wait_delivered(20_000 * number)
    assert influxd.count("mydb", "cpu") == 20_000
    assert influxd.rows("SELECT sum(value) FROM cpu", "mydb")[0]["sum"] == sum(range(20_000))
    # Chunked and gzip at once, as Telegraf sends it.
    packed = gzip.compress(b"other value=1i %d" % T)
    answer = weir.client.write(iter([packed[:7], packed[7:]]), "mydb", {"Content-Encoding": "gzip"})
    assert answer.status == 204
    weir.wait_delivered(60_001)
    assert influxd.count("mydb", "other") == 1


def test_keep_alive_serves_many_requests_on_one_connection(both):
    influxd, weir = both
    keep = weir.client.connect()
    keep.connect()
    socket = keep.sock
    for number in range(200):
        answer = weir.client.write(f"cpu value={number}i {T + number}", "mydb", keep=keep)
        assert answer.status == 204
        assert keep.sock is socket, "the connection was closed in between"
    keep.close()
    weir.wait_delivered(200)
    assert influxd.count("mydb", "cpu") == 200


def test_pipelined_requests_are_answered_in_order(both):
    influxd, weir = both
    requests = b""
    for number in range(300):
        body = b"cpu value=%di %d" % (number, T + number) if number % 3 else b"bad"
        requests += (
            b"POST /write?db=mydb HTTP/1.1\r\nHost: x\r\nX-Request-Id: %d\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (number, len(body), body)
        )
    with weir.client.raw(requests) as connection, connection.makefile("rb") as stream:
        for number in range(300):
            answer = read_response(stream)
            assert answer.headers["request-id"] == str(number)
            assert answer.status == (204 if number % 3 else 400), answer
    weir.wait_delivered(200)
    assert influxd.count("mydb", "cpu") == 200


def test_pipelined_writes_without_times_overwrite_nothing(both):
    influxd, weir = both
    requests = b""
    for number in range(1000):
        body = b"untimed value=%di" % number
        requests += b"POST /write?db=mydb HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (
            len(body),
            body,
        )
    with weir.client.raw(requests) as connection, connection.makefile("rb") as stream:
        assert all(read_response(stream).status == 204 for _ in range(1000))
    weir.wait_delivered(1000)
    values = [row["value"] for row in influxd.rows("SELECT value FROM untimed", "mydb")]
    assert values == list(range(1000)), "by time, as they were sent"


def test_expect_100_continue(both):
    influxd, weir = both
    body = b"cpu value=1i %d" % T
    head = (
        b"POST /write?db=%s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
        b"Content-Length: %d\r\n\r\n"
    )
    with weir.client.raw(head % (b"mydb", len(body))) as connection:
        with connection.makefile("rb") as stream:
            assert read_response(stream).status == 100
            connection.sendall(body)
            assert read_response(stream).status == 204
    # A request that is refused by its head alone is not asked for its body.
    with weir.client.raw(head % (b"", len(body))) as connection:
        with connection.makefile("rb") as stream:
            answer = read_response(stream)
            assert answer.status == 400
            assert answer.json() == {"error": "database is required"}
    weir.wait_delivered(1)
    assert influxd.count("mydb", "cpu") == 1


def test_create_database_through_weir_creates_it_upstream_when_it_is_missed(influxd, start_weir):
    weir = start_weir(settings(influx_sink(influxd.url)))
    answer = weir.client.request("POST", "/query", {"q": "CREATE DATABASE made_here"})
    assert (answer.status, answer.json()) == (200, {"results": [{"statement_id": 0}]})
    assert weir.client.write(f"cpu value=1 {T}", "made_here").status == 204
    weir.wait_delivered(1)
    assert "made_here" in influxd.databases()
    assert influxd.count("made_here", "cpu") == 1
    # Where somebody drops it behind weir's back, it is missing.
    influxd.query("DROP DATABASE made_here")
    weir.restart()
    wait_until(lambda: weir.client.write(f"cpu value=2 {T}", "made_here").status == 404, 5)
    weir.client.request("POST", "/query", {"q": "CREATE DATABASE made_here"})
    assert weir.client.write(f"cpu value=3 {T}", "made_here").status == 204
    wait_until(lambda: influxd.count("made_here", "cpu") == 1, what="its point")


def test_points_for_a_database_that_nobody_created_wait_for_it(influxd, start_weir):
    weir = start_weir(settings(influx_sink(influxd.url, refuse_missing=False)))
    assert weir.client.write(f"cpu value=1 {T}", "forgotten").status == 204
    remedy = 'database not found: "forgotten"; create it there, or send CREATE DATABASE to weir'
    wait_until(lambda: remedy in weir.log(), what="the remedy in the log")
    weir.client.request("POST", "/query", {"q": "CREATE DATABASE forgotten"})
    weir.wait_delivered(1)
    assert influxd.count("forgotten", "cpu") == 1


def test_two_sinks_have_everything_each(influxd, start_weir):
    influxd.create_database("mydb")
    weir = start_weir(settings(influx_sink(influxd.url), file_sink()))
    count = 5000
    for first in range(0, count, 100):
        body = "".join(f"cpu,h=a value={n}i {T + n}\n" for n in range(first, first + 100))
        assert weir.client.write(body, "mydb").status == 204
    weir.wait_delivered(count)
    weir.wait_delivered(count, sink="lines")
    assert weir.lines_of("mydb") == [f"cpu,h=a value={n}i {T + n}" for n in range(count)]
    rows = influxd.rows("SELECT * FROM cpu", "mydb")
    assert rows == [{"time": T + n, "h": "a", "value": n} for n in range(count)]


@pytest.mark.parametrize(
    "log, loops",
    [
        ({"type": "memory"}, 1),
        ({"type": "memory", "compression": "none"}, 4),
        ({"acknowledge": "received"}, 2),
        ({"compression": "none"}, 1),
        ({"compression": "gzip", "segment": "1MiB"}, 4),
    ],
)
def test_every_kind_of_log(influxd, start_weir, log, loops):
    influxd.create_database("load")
    weir = start_weir(
        settings(influx_sink(influxd.url), file_sink(), log=log, http={"loops": loops})
    )
    with Numbered(lambda: weir.client.address, threads=4, lines=25, pace=0) as load:
        wait_until(lambda: load.acknowledged_count() >= 20_000, what="load")
    assert set(load.answers) == {204}
    weir.wait_delivered(load.acknowledged_count())
    weir.wait_delivered(load.acknowledged_count(), sink="lines")
    assert load.missing_from(influxd) == []
    load.nothing_else_in(influxd)
    lines = weir.lines_of("load")
    assert not load.missing_from_lines(lines)
    assert len(lines) == load.acknowledged_count()
    assert weir.stop() == 0


def test_points_come_in_the_order_in_which_they_were_acknowledged(both):
    """The last value written to a point wins, as it would without weir."""
    influxd, weir = both
    keep = weir.client.connect()
    for number in range(500):
        assert weir.client.write(f"cpu value={number}i {T}", "mydb", keep=keep).status == 204
    keep.close()
    weir.wait_delivered(500)
    assert influxd.rows("SELECT * FROM cpu", "mydb") == [{"time": T, "value": 499}]


def test_show_databases_and_retention_policies(start_weir):
    weir = start_weir(
        settings(databases={"kept": {"retention": "7d"}, "kept/short": {"retention": "1h"}})
    )
    series = weir.client.get("/query", q="SHOW DATABASES").json()["results"][0]["series"]
    assert series == [{"name": "databases", "columns": ["name"], "values": [["kept"]]}]
    assert weir.client.write("cpu value=1", "seen").status == 204
    series = weir.client.get("/query", q="show databases;").json()["results"][0]["series"]
    assert sorted(series[0]["values"]) == [["kept"], ["seen"]]
    answer = weir.client.get("/query", q='SHOW RETENTION POLICIES ON "kept"').json()
    (shown,) = answer["results"][0]["series"]
    rows = [dict(zip(shown["columns"], row)) for row in shown["values"]]
    assert [(row["name"], row["duration"], row["default"]) for row in rows] == [
        ("autogen", "168h0m0s", True),
        ("short", "1h0m0s", False),
    ]
    answer = weir.client.get("/query", q="SHOW RETENTION POLICIES", db="seen").json()
    (shown,) = answer["results"][0]["series"]
    assert shown["values"] == [["autogen", "0s", "168h0m0s", 1, True]]
    answer = weir.client.get("/query", q="SHOW RETENTION POLICIES ON nowhere").json()
    assert answer["results"][0]["error"] == "database not found: nowhere"


def test_what_influxdb_would_refuse_arrives_mended(both):
    influxd, weir = both
    body = f"cpu u=5u,f=.5,g=1.,h=-.5 {T}\r\ncpu u=6u {T + 1}\r\n"
    answer = weir.client.write(body, "mydb")
    assert answer.status == 204, answer.text()
    weir.wait_delivered(2)
    assert influxd.rows("SELECT u, f, g, h FROM cpu", "mydb") == [
        {"time": T, "u": 5, "f": 0.5, "g": 1, "h": -0.5},
        {"time": T + 1, "u": 6, "f": None, "g": None, "h": None},
    ]
