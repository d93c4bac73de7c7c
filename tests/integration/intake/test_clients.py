# SPDX-License-Identifier: Apache-2.0
"""Requests as real clients send them, byte by byte, and what each client needs to be told.

Most clients accept nothing but 204 for a write, several stop at a missing header or at a result
without series. What each of them checks stands with its test.
"""

import base64
import gzip
import json
import time

import pytest

from harness.client import read_response, without_hint
from harness.msgpack import unpack
from harness.process import wait_until
from harness.settings import influx_sink, settings

T = 1_600_000_000_000_000_000


@pytest.fixture
def weir(influxd, start_weir):
    started = start_weir(settings(influx_sink(influxd.url)))
    started.influxd = influxd
    return started


class Wire:
    """One keep-alive connection that says exactly what it is told to."""

    def __init__(self, weir):
        self.connection = weir.client.raw()
        self.stream = self.connection.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.connection.close()

    def says(self, first_line, headers=(), body=b"", chunks=None):
        """Headers in this order and spelling; `chunks` in place of `body` are sent one by one."""
        head = [first_line, *headers]
        if chunks is not None:
            head.append("Transfer-Encoding: chunked")
            body = b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in chunks)
            body += b"0\r\n\r\n"
        self.connection.sendall("\r\n".join([*head, "", ""]).encode("latin-1") + body)
        return read_response(self.stream)


def posted(body):
    return [f"Content-Length: {len(body)}"]


def basic(user):
    return "Authorization: Basic " + base64.b64encode(user.encode()).decode()


def is_204(answer):
    """What every client takes for success, and the headers that some ask for."""
    assert answer.status == 204, (answer.status, answer.text())
    assert answer.body == b""
    assert "content-length" not in answer.headers
    assert answer.headers["x-influxdb-version"]
    assert answer.headers["x-influxdb-build"]
    assert answer.headers["request-id"] == answer.headers["x-request-id"]
    return answer


def is_result(answer, packed=False):
    """A result of /query without an error; its first statement."""
    assert answer.status == 200, (answer.status, answer.text())
    assert answer.headers["content-type"] == f"application/{'x-msgpack' if packed else 'json'}"
    assert answer.headers["x-influxdb-version"]
    result = (unpack(answer.body) if packed else answer.json())["results"][0]
    assert result["statement_id"] == 0
    assert "error" not in result
    return result


def arrived(weir, db, measurement, count, field="value"):
    weir.wait_delivered(count)
    assert weir.influxd.count(db, measurement, field) == count


def test_python_influxdb(weir):
    """5.3.1: 204 alone is success, X-Influxdb-Version is read without asking for it first."""
    common = [
        "Host: localhost:8086",
        "User-Agent: python-requests/2.28.1",
        "Accept-Encoding: gzip, deflate",
        "Accept: application/x-msgpack",
        "Connection: keep-alive",
        "Content-Type: application/json",
        basic("root:root"),
    ]
    octets = [
        "Content-Type: application/octet-stream" if each.startswith("Content-Type") else each
        for each in common
    ]
    with Wire(weir) as wire:
        is_204(wire.says("GET /ping HTTP/1.1", common))
        create = "/query?q=CREATE+DATABASE+%22mydb%22&db=mydb"
        is_result(wire.says(f"POST {create} HTTP/1.1", [*common, "Content-Length: 0"]), True)
        shown = is_result(wire.says("GET /query?q=SHOW+DATABASES&db=mydb HTTP/1.1", common), True)
        assert shown["series"][0]["values"] == [["mydb"]]
        body = b"cpu,host=a value=1i 1600000000000000000\ncpu,host=b ok=True 1600000000000000000\n"
        is_204(wire.says("POST /write?db=mydb HTTP/1.1", octets + posted(body), body))
        is_204(wire.says("POST /write?db=mydb HTTP/1.1", octets + posted(b"\n"), b"\n"))
        body = gzip.compress(b"cpu,host=c value=3i 1600000000000\n")
        is_204(
            wire.says(
                "POST /write?db=mydb&precision=ms HTTP/1.1",
                [*octets, "Content-Encoding: gzip", *posted(body)],
                body,
            )
        )
        # With gzip=True it says so on requests without a body, too.
        is_204(wire.says("GET /ping HTTP/1.1", [*common, "Content-Encoding: gzip"]))
        is_result(
            wire.says("GET /query?q=SHOW+DATABASES HTTP/1.1", [*common, "Content-Encoding: gzip"]),
            True,
        )
        # NaN is refused; the message of the exception is the body.
        body = b"cpu n=nan\n"
        answer = wire.says("POST /write?db=mydb HTTP/1.1", octets + posted(body), body)
        assert answer.status == 400
        message = unpack(answer.body)["error"]
        assert message.startswith("unable to parse 'cpu n=nan': invalid number (hint: line 1: ")
    weir.wait_delivered(3)
    assert weir.influxd.count("mydb", "cpu") == 2
    assert weir.influxd.count("mydb", "cpu", "ok") == 1


def test_telegraf(weir):
    """outputs.influxdb: CREATE DATABASE as a form, then chunked gzip. 204 alone is success."""
    common = ["Host: localhost:8086", "User-Agent: Telegraf/1.39.3", "Accept-Encoding: gzip"]
    form = b"q=CREATE+DATABASE+%22telegraf%22"
    packed = gzip.compress(b"".join(b"cpu,host=a value=%di %d\n" % (n, T + n) for n in range(1000)))
    with Wire(weir) as wire:
        is_result(
            wire.says(
                "POST /query HTTP/1.1",
                [*common, *posted(form), "Content-Type: application/x-www-form-urlencoded"],
                form,
            )
        )
        for path in ("/write?db=telegraf", "/write?consistency=any&db=telegraf&rp="):
            is_204(
                wire.says(
                    f"POST {path} HTTP/1.1",
                    [*common, "Content-Encoding: gzip", "Content-Type: text/plain; charset=utf-8"],
                    chunks=[packed[:1000], packed[1000:]],
                )
            )
        # A bad line: it drops the batch on 400, so the good lines must be stored already.
        body = gzip.compress(b"cpu,host=b value=1i 5\nbad\n")
        answer = wire.says(
            "POST /write?db=telegraf HTTP/1.1", [*common, "Content-Encoding: gzip"], chunks=[body]
        )
        assert answer.status == 400
        assert answer.json()["error"].startswith("partial write: unable to parse 'bad'")
    weir.wait_delivered(2001)
    assert weir.influxd.count("telegraf", "cpu") == 1001


def test_go_client_of_version_1(weir):
    """k6, the old CLI, exporters: /ping must be 204, JSON must say that it is, empty parameters."""
    common = ["Host: localhost:8086", "User-Agent: InfluxDBClient", "Accept-Encoding: gzip"]
    with Wire(weir) as wire:
        is_204(wire.says("GET /ping?wait_for_leader=1s HTTP/1.1", common))
        is_result(
            wire.says(
                "POST /query?db=&params=%7B%7D&q=CREATE+DATABASE+k6 HTTP/1.1",
                [*common, "Content-Length: 0", "Content-Type: "],
            )
        )
        body = b"http_reqs value=1 %d\n" % T
        write = "POST /write?consistency=&db=k6&precision=ns&rp= HTTP/1.1"
        is_204(wire.says(write, [*common, *posted(body), "Content-Type: "], body))
        # The CLI puts a blank before a point, its importer empty lines between points.
        body = b" http_reqs value=2 %d" % (T + 1)
        write = "POST /write?consistency=all&db=k6&precision=ns&rp= HTTP/1.1"
        is_204(wire.says(write, common + posted(body), body))
        body = b"http_reqs value=3 %d\n\n\nhttp_reqs value=4 %d\n\n" % (T + 2, T + 3)
        is_204(wire.says(write, common + posted(body), body))
        is_result(
            wire.says(
                "POST /query?chunked=true&db=&epoch=ns&q=CREATE+DATABASE+k6%0A HTTP/1.1",
                [*common, "Content-Length: 0"],
            )
        )
    arrived(weir, "k6", "http_reqs", 4)


def test_node_influx(weir):
    """5.12: statements in lower case, no Content-Type, no line feed at the end, an empty rp."""
    common = ["Host: localhost:8086", "Connection: keep-alive"]
    with Wire(weir) as wire:
        shown = is_result(wire.says("GET /query?q=show%20databases HTTP/1.1", common))
        assert shown["series"] == [{"name": "databases", "columns": ["name"]}]
        is_result(
            wire.says(
                "POST /query?q=create%20database%20%22mydb%22 HTTP/1.1",
                [*common, "Content-Length: 0"],
            )
        )
        body = b"response_times,path=/ value=12i %d" % T
        is_204(
            wire.says(
                "POST /write?db=mydb&precision=n&rp= HTTP/1.1",
                [
                    "content-length: %d" % len(body),
                    "host: localhost:8086",
                    "Connection: keep-alive",
                ],
                body,
            )
        )
        shown = is_result(wire.says("GET /query?q=show%20databases HTTP/1.1", common))
        assert shown["series"][0]["values"] == [["mydb"]]
    arrived(weir, "mydb", "response_times", 1)


def test_tsbs(weir):
    """It indexes Results[0].Series[0], and wants 200 for DROP and for CREATE by GET."""
    common = ["Host: localhost:8086", "User-Agent: Go-http-client/1.1"]
    with Wire(weir) as wire:
        shown = is_result(wire.says("GET /query?q=show%20databases HTTP/1.1", common))
        assert shown["series"][0].get("values", []) == []
        is_result(
            wire.says(
                "POST /query?q=drop+database+benchmark HTTP/1.1", [*common, "Content-Length: 0"]
            )
        )
        create = "/query?consistency=all&q=CREATE+DATABASE+benchmark+WITH+REPLICATION+1"
        is_result(wire.says(f"GET {create} HTTP/1.1", common))
        body = b"".join(
            b"cpu,hostname=host_%d,region=eu-central-1 value=%di,usage_idle=3i %d\n" % (n, n, T)
            for n in range(1000)
        )
        write = "POST /write?consistency=all&db=benchmark HTTP/1.1"
        packed = gzip.compress(body)
        is_204(wire.says(write, [*common, *posted(body), "Content-Type: text/plain"], body))
        is_204(wire.says(write, [*common, *posted(packed), "Content-Encoding: gzip"], packed))
    weir.wait_delivered(2000)
    assert weir.influxd.count("benchmark", "cpu") == 1000


def test_inch(weir):
    """It asks for a duration, and reads the version of /ping."""
    common = ["Host: localhost:8086", "User-Agent: Go-http-client/1.1"]
    create = b"q=CREATE+DATABASE+stress+WITH+DURATION+7d"
    body = b"m0,tag0=value0 v0=1i,value=1 %d" % time.time_ns()
    with Wire(weir) as wire:
        ping = is_204(wire.says("GET /ping HTTP/1.1", common))
        assert ping.headers["x-influxdb-build"] == "OSS"
        form = "Content-Type: application/x-www-form-urlencoded"
        is_result(wire.says("POST /query HTTP/1.1", [*common, *posted(create), form], create))
        is_204(
            wire.says(
                "POST /write?db=stress&precision=ns&consistency=any HTTP/1.1",
                [*common, "Content-Type: text/ascii", *posted(body)],
                body,
            )
        )
    arrived(weir, "stress", "m0", 1)


def test_influx_stress(weir):
    """fasthttp, user and password in the URL."""
    form = b"q=CREATE DATABASE stress"
    body = b"ctr,some=tag n=1i,value=2i %d\n" % T
    with Wire(weir) as wire:
        headers = [
            "User-Agent: fasthttp",
            "Host: localhost:8086",
            "Content-Type: application/x-www-form-urlencoded",
        ]
        is_result(wire.says("POST /query HTTP/1.1", headers + posted(form), form))
        path = "/write?db=stress&rp=autogen&precision=n&consistency=one&u=user&p=pass"
        is_204(wire.says(f"POST {path} HTTP/1.1", headers[:2] + posted(body), body))
    weir.wait_delivered(1)
    assert weir.influxd.rows('SELECT n FROM "autogen"."ctr"', "stress") == [{"time": T, "n": 1}]


def test_micrometer(weir):
    """Spring Boot: the statement in the URL, gzip in chunks, a bearer token that means nothing."""
    common = ["Host: localhost:8086", "User-Agent: Java-http-client/17", "Authorization: Bearer x"]
    with Wire(weir) as wire:
        is_result(
            wire.says(
                "POST /query?q=CREATE+DATABASE+%22mydb%22 HTTP/1.1",
                [*common, "Content-Length: 0", "Content-Type: text/plain"],
            )
        )
        body = gzip.compress(b"jvm_memory_used,area=heap value=12345678 1600000000000")
        is_204(
            wire.says(
                "POST /write?consistency=one&precision=ms&db=mydb HTTP/1.1",
                [*common, *posted(body), "Content-Encoding: gzip", "Content-Type: text/plain"],
                body,
            )
        )
        # Old versions write NaN: the answer names the line, the others are stored.
        body = b"a value=NaN 1600000000000\njvm_memory_used,area=x value=1 1600000000000"
        answer = wire.says(
            "POST /write?consistency=one&precision=ms&db=mydb HTTP/1.1", common + posted(body), body
        )
        assert answer.status == 400
        assert answer.json()["error"].startswith("partial write: unable to parse 'a value=NaN")
    weir.wait_delivered(2)
    rows = weir.influxd.rows("SELECT value FROM jvm_memory_used", "mydb")
    assert [row["value"] for row in rows] == [12345678, 1]
    assert {row["time"] for row in rows} == {T}


def test_home_assistant(weir):
    """At its start it writes nothing at all and expects 204; its sensors end statements with ;"""
    common = [
        "Host: localhost:8086",
        "User-Agent: python-requests/2.32.3",
        "Accept-Encoding: gzip, deflate",
        "Accept: application/x-msgpack",
        "Connection: keep-alive",
        basic("homeassistant:secret"),
    ]
    octets = [*common, "Content-Type: application/octet-stream"]
    write = "POST /write?db=home_assistant HTTP/1.1"
    weir.influxd.create_database("home_assistant")  # as its documentation has people do
    with Wire(weir) as wire:
        is_204(wire.says(write, octets + posted(b"\n"), b"\n"))
        shown = is_result(
            wire.says("GET /query?q=SHOW+DATABASES%3B&db=home_assistant HTTP/1.1", common), True
        )
        assert "series" in shown
        is_result(
            wire.says(
                "POST /query?q=CREATE+DATABASE+home_assistant HTTP/1.1",
                [*common, "Content-Length: 0"],
            ),
            True,
        )
        body = (
            'state,domain=sensor,entity_id=t friendly_name_str="Wärme",value=21.5 '
            f"{T}\n°C,domain=sensor,entity_id=t value=21.5 {T}\n"
        ).encode()
        is_204(wire.says(write, octets + posted(body), body))
    weir.wait_delivered(2)
    assert weir.influxd.count("home_assistant", "state") == 1
    assert weir.influxd.count("home_assistant", "°C") == 1


def test_flink(weir):
    """No request at its start. A report is lost unless its answer is a 2xx; an empty rp."""
    weir.influxd.create_database("flink")
    body = "".join(
        f"taskmanager_job_task_operator_numRecordsIn,host=h,tm_id=a\\ b,subtask_index={n} "
        f"count={n}i {T}\n"
        for n in range(500)
    )
    # A gauge that is null, as a text; a point that lost its only field leaves an empty line.
    body += f'taskmanager_job_task_sync-time-avg,host=h value="null" {T}\n\n'
    body = body.encode()
    with Wire(weir) as wire:
        for rp in ("", "autogen"):
            is_204(
                wire.says(
                    f"POST /write?db=flink&rp={rp}&precision=n&consistency=one HTTP/1.1",
                    [
                        "Content-Type: text/plain; charset=utf-8",
                        f"Content-Length: {len(body)}",
                        "Host: localhost:8086",
                        "Connection: Keep-Alive",
                        "Accept-Encoding: gzip",
                        "User-Agent: okhttp/3.14.9",
                    ],
                    body,
                )
            )
        # What old influxdb-java makes of NaN and infinity costs those points alone.
        bad = (
            f"gauge,host=h value=\ufffd {T}\ngauge,host=h value=∞ {T}\ngauge,host=h value=1 {T}\n"
        ).encode()
        answer = wire.says(
            "POST /write?db=flink&rp=&precision=n&consistency=one HTTP/1.1",
            ["Host: localhost:8086", "User-Agent: okhttp/3.14.9", *posted(bad)],
            bad,
        )
        assert answer.status == 400
        assert answer.json()["error"].startswith("partial write: unable to parse 'gauge,host=h")
    weir.wait_delivered(1003)
    numbers = "taskmanager_job_task_operator_numRecordsIn"
    assert weir.influxd.count("flink", numbers, "count") == 500
    assert weir.influxd.count("flink", "taskmanager_job_task_sync-time-avg") == 1
    assert weir.influxd.count("flink", "gauge") == 1


def test_flink_without_credentials_is_no_user_called_null(weir):
    """Its reporter sends `Authorization: Basic` of "null:null" then."""
    weir.influxd.create_database("flink")
    weir.client.write("bad", "flink", {"Authorization": basic("null:null").partition(": ")[2]})
    weir.client.write("bad", "flink", u="null", p="null")
    weir.client.write("bad", "flink", u="null", p="secret")
    metrics = weir.metrics()
    assert metrics.one("weir_source_lines_received_total", user="") == 2
    assert metrics.one("weir_source_lines_received_total", user="null") == 1


def test_influxdb_java(weir):
    """2.25: a ping, statements in a form, chunked gzip."""
    common = ["Host: localhost:8086", "Accept-Encoding: gzip", "User-Agent: okhttp/4.12.0"]
    with Wire(weir) as wire:
        is_204(wire.says("GET /ping HTTP/1.1", common))
        form = b"q=CREATE+DATABASE+%22mydb%22"
        content = "Content-Type: application/x-www-form-urlencoded"
        is_result(wire.says("POST /query HTTP/1.1", [content, *posted(form), *common], form))
        shown = is_result(wire.says("GET /query?q=SHOW+DATABASES HTTP/1.1", common))
        assert shown["series"][0]["values"] == [["mydb"]]
        packed = gzip.compress(b"cpu value=1i 1600000000000000\n")
        is_204(
            wire.says(
                "POST /write?db=mydb&rp=autogen&precision=u&consistency=one HTTP/1.1",
                ["Content-Type: text/plain; charset=utf-8", "Content-Encoding: gzip", *common],
                chunks=[packed],
            )
        )
    arrived(weir, "mydb", "cpu", 1)


def test_influxdb_itself_as_a_client(weir, start_influxd):
    """A subscription of a real InfluxDB 1.x forwards to weir what is written there."""
    source = start_influxd()
    source.create_database("mydb")
    weir.influxd.create_database("mydb")
    source.query(
        'CREATE SUBSCRIPTION "s" ON "mydb"."autogen" DESTINATIONS ALL '
        f"'http://{weir.client.address}'"
    )

    def forwarded():  # a new subscription is taken up after a moment
        assert source.client.write(f"cpu value=1i {T}", "mydb").status == 204
        return weir.influxd.count("mydb", "cpu") == 1

    wait_until(forwarded, what="a point that came by way of the subscription")
    assert weir.metrics().sum("weir_lines_rejected_total") == 0


def test_curl_and_jmeter(weir):
    """curl --data-binary says that it sends a form; JMeter opens no session at all."""
    weir.influxd.create_database("jmeter")
    body = b"jmeter,transaction=all count=1i,value=2 %d\n" % T
    form = "Content-Type: application/x-www-form-urlencoded"
    with Wire(weir) as wire:
        head = ["Host: localhost:8086", "User-Agent: curl/7.88.1", "Accept: */*", form]
        is_204(wire.says("POST /write?db=jmeter HTTP/1.1", head + posted(body), body))
    with Wire(weir) as wire:
        head = [
            "Connection: keep-alive",
            "Host: localhost:8086",
            "Content-Type: text/plain; charset=UTF-8",
            "Authorization: Token tok",
        ]
        is_204(wire.says("POST /write?db=jmeter HTTP/1.1", head + posted(body), body))
    weir.wait_delivered(2)
    assert weir.influxd.count("jmeter", "jmeter") == 1


def test_what_load_balancers_and_browsers_ask(weir):
    host = ["Host: localhost:8086"]
    with Wire(weir) as wire:
        health = wire.says("GET /health HTTP/1.1", host)
        assert (health.status, health.json()["status"]) == (200, "pass")
        verbose = wire.says("GET /ping?verbose=true HTTP/1.1", host)
        assert verbose.status == 200
        assert verbose.json()["version"] == verbose.headers["x-influxdb-version"]
        allowed = wire.says("OPTIONS /write HTTP/1.1", [*host, "Origin: http://grafana"])
        assert allowed.status in (200, 204)
        assert allowed.headers["access-control-allow-origin"] == "http://grafana"
        wrong = wire.says("GET /write?db=x HTTP/1.1", host)
        assert wrong.status == 405
        assert wrong.headers["allow"] == "OPTIONS, POST"
        lost = wire.says("GET /nowhere HTTP/1.1", host)
        assert (lost.status, lost.body) == (404, b"404 page not found\n")
        given = wire.says("GET /ping HTTP/1.1", [*host, "X-Request-Id: abc-1"])
        assert given.headers["request-id"] == given.headers["x-request-id"] == "abc-1"
    with weir.client.raw(b"HEAD /ping HTTP/1.0\r\n\r\n") as connection:
        assert connection.recv(4096).startswith(b"HTTP/1.1 204 ")


@pytest.mark.parametrize("path", ["/write", "/api/v2/write", "/query"])
def test_a_browser_may_send_the_headers_that_it_asks_for(weir, path):
    asked = "authorization,content-encoding,content-type,user-agent,zap-trace-span"
    head = ["Host: localhost:8086", "Origin: http://grafana:3000"]
    with Wire(weir) as wire:
        preflight = [
            "Access-Control-Request-Method: POST",
            f"Access-Control-Request-Headers: {asked}",
        ]
        answer = wire.says(f"OPTIONS {path} HTTP/1.1", [*head, *preflight])
        assert answer.status == 204
        assert answer.headers["access-control-allow-headers"] == asked
        assert answer.headers["access-control-allow-origin"] == "http://grafana:3000"
        assert "POST" in answer.headers["access-control-allow-methods"]
        unsafe = "Access-Control-Request-Headers: a\tb: <c>"
        answer = wire.says(f"OPTIONS {path} HTTP/1.1", [*head, unsafe])
        assert "<c>" not in answer.headers["access-control-allow-headers"]
        assert "Authorization" in answer.headers["access-control-allow-headers"]


def test_head_is_get_without_its_body(weir):
    host = ["Host: localhost:8086"]
    for path in ("/ping", "/ping?verbose=true", "/status", "/health", "/ready", "/metrics"):
        with Wire(weir) as wire:
            asked = wire.says(f"GET {path} HTTP/1.1", host)
            wire.connection.sendall(f"HEAD {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            wire.connection.sendall(b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n")
            status = wire.stream.readline()
            assert status == b"HTTP/1.1 %d " % asked.status + status.split(b" ", 2)[2]
            while wire.stream.readline() != b"\r\n":
                pass
            assert read_response(wire.stream).status == 204, "no body came between"


def multipart(*parts):
    """As curl -F sends it: (name, value), or (name, value, file name)."""
    body = b""
    for name, value, *file in parts:
        body += b'--xYz\r\nContent-Disposition: form-data; name="%s"' % name.encode()
        if file:
            body += b'; filename="%s"\r\nContent-Type: text/plain' % file[0].encode()
        body += b"\r\n\r\n" + value.encode() + b"\r\n"
    return body + b"--xYz--\r\n"


@pytest.mark.parametrize(
    "params, parts",
    [
        ({}, [("q", "SHOW DATABASES")]),
        ({}, [("q", "SHOW DATABASES\n", "statements.txt")]),
        ({}, [("db", "x"), ("epoch", "ns"), ("q", "SHOW RETENTION POLICIES")]),
        ({"db": "x"}, [("db", "y"), ("q", "SHOW RETENTION POLICIES")]),
        ({"q": "SHOW DATABASES"}, [("q", "SHOW RETENTION POLICIES ON x")]),
        ({}, [("q", "SHOW RETENTION POLICIES ON x", "file"), ("q", "SHOW DATABASES")]),
        ({}, [("q", "CREATE DATABASE z; SHOW DATABASES")]),
        ({}, [("other", "x")]),
        ({}, []),
    ],
)
def test_multipart_forms_are_read_as_influxdb_reads_them(weir, params, parts):
    def ask(client):
        client.request("POST", "/query", {"q": "CREATE DATABASE x"})
        headers = {"Content-Type": "multipart/form-data; boundary=xYz"}
        answer = client.request("POST", "/query", params, multipart(*parts), headers)
        return answer.status, answer.body

    assert ask(weir.client) == ask(weir.influxd.client)


@pytest.mark.parametrize(
    "method, statement",
    [
        ("POST", 'CREATE DATABASE "x"'),
        ("GET", "CREATE DATABASE x"),
        ("POST", "CREATE DATABASE y WITH DURATION 7d REPLICATION 1 NAME short"),
        ("POST", "DROP DATABASE never_was"),
        ("GET", "SHOW DATABASES"),
        ("GET", "SHOW RETENTION POLICIES ON x"),
        ("GET", "SHOW RETENTION POLICIES ON never_was"),
        ("GET", "SHOW RETENTION POLICIES"),
        ("GET", "SHOW USERS"),
        ("GET", "SHOW DATABASES; SHOW DATABASES"),
        ("GET", ""),
    ],
)
def test_statements_are_answered_as_influxdb_answers(weir, method, statement):
    """Against the real server: the same status, the same JSON but for weir's own warnings."""

    def ask(client):
        client.request("POST", "/query", {"q": "CREATE DATABASE x"})
        answer = client.request(method, "/query", {"q": statement})
        document = answer.json()
        for result in document.get("results", []):
            kept = [each for each in result.get("messages", []) if "weir" not in each["text"]]
            result.pop("messages", None)
            if kept:
                result["messages"] = kept
        return answer.status, document

    ours, theirs = ask(weir.client), ask(weir.influxd.client)
    assert ours == theirs


@pytest.mark.parametrize(
    "body",
    [
        "bad",
        "bad\nworse",
        "good value=1 1\nbad",
        "good value=1 1\nm,host=b v=",
        "m<>& v=1 12x",
        "m, v=1",
        "m,a v=1",
        "m,a= v=1",
        "m v=1 12x",
        "m v=NaN",
        "m v=Infinity",
        "m v=tru",
        "m v=9223372036854775808i",
        "m v=1 9223372036854775807",
        "m,a=1,a=2 v=1",
        'm v="unbalanced',
        "m",
        ",a=b v=1",
        " ",
        "",
        "\n\n",
        "# only a comment",
    ],
)
def test_bodies_are_answered_as_influxdb_answers(weir, body):
    weir.influxd.create_database("mydb")
    theirs = weir.influxd.client.write(body, "mydb")
    ours = weir.client.write(body, "mydb")
    assert ours.status == theirs.status, (ours.text(), theirs.text())
    if theirs.body:
        told = json.loads(ours.body)
        told["error"] = without_hint(told["error"])
        assert told == json.loads(theirs.body)
        header = without_hint(ours.headers["x-influxdb-error"])
        assert header == theirs.headers["x-influxdb-error"]
