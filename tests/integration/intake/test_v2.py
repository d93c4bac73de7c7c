# SPDX-License-Identifier: Apache-2.0
"""InfluxDB 2's write API: its clients' requests byte by byte against a real InfluxDB 1.x behind
weir, and weir as a client of a server that speaks version 2."""

import gzip
import urllib.parse

import pytest

from harness.client import read_response, without_hint
from harness.fake_influxdb2 import FakeInfluxdb2
from harness.letters import refused_lines
from harness.process import wait_until
from harness.settings import file_sink, influx_sink, settings

T = 1_600_000_000_000_000_000
WRITE = "/api/v2/write"


@pytest.fixture
def weir(influxd, start_weir):
    influxd.create_database("b")
    started = start_weir(settings(influx_sink(influxd.url)))
    started.influxd = influxd
    return started


@pytest.fixture
def fake():
    server = FakeInfluxdb2()
    yield server
    server.stop()


def write(weir, body, headers=None, **params):
    body = body.encode() if isinstance(body, str) else body
    return weir.client.request("POST", WRITE, params, body, headers)


def is_204(answer):
    assert (answer.status, answer.body) == (204, b""), answer
    assert "x-platform-error-code" not in answer.headers
    assert answer.headers["x-influxdb-version"]


def is_error(answer, status, code, message, **further):
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["x-platform-error-code"] == code
    told = answer.json()
    told["message"] = without_hint(told["message"])
    assert told == {"code": code, "message": message, **further}
    assert not answer.body.endswith(b"\n")


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

    def posts(self, path, headers, body, chunked=False):
        head = [f"POST {path} HTTP/1.1", *headers]
        if chunked:
            head.append("Transfer-Encoding: chunked")
            middle = len(body) // 2
            body = b"".join(
                b"%x\r\n%s\r\n" % (len(each), each) for each in (body[:middle], body[middle:])
            ) + b"0\r\n\r\n"
        else:
            head.append(f"Content-Length: {len(body)}")
        self.connection.sendall("\r\n".join([*head, "", ""]).encode("latin-1") + body)
        return read_response(self.stream)

    def gets(self, path, headers):
        self.connection.sendall("\r\n".join([f"GET {path} HTTP/1.1", *headers, "", ""]).encode())
        return read_response(self.stream)


@pytest.mark.parametrize(
    "precision, unit", [(None, 1), ("", 1), ("ns", 1), ("us", 10**3), ("ms", 10**6), ("s", 10**9)]
)
def test_points_arrive_value_for_value_and_time_for_time(weir, precision, unit):
    params = {} if precision is None else {"precision": precision}
    lines = f'm,t=a\\ b f=1.5,i=42i,b=t,s="a \\"q\\"" {T // unit}\nm,t=c f=-1 {T // unit + 1}'
    is_204(write(weir, lines, org="o", bucket="b", **params))
    weir.wait_delivered(2)
    assert weir.influxd.rows("SELECT * FROM m", "b") == [
        {"time": T, "t": "a b", "f": 1.5, "i": 42, "b": True, "s": 'a "q"'},
        {"time": T + unit, "t": "c", "f": -1, "i": None, "b": None, "s": None},
    ]


def test_a_bucket_may_name_a_retention_policy(weir):
    weir.influxd.query('CREATE RETENTION POLICY "forever" ON "b" DURATION INF REPLICATION 1')
    is_204(write(weir, f"m v=1 {T}", org="o", bucket="b/forever"))
    is_204(write(weir, f"m v=2 {T}", orgID="0123456789abcdef", bucket="b"))
    weir.wait_delivered(2)
    assert weir.influxd.rows('SELECT v FROM "forever"."m"', "b") == [{"time": T, "v": 1}]
    assert weir.influxd.rows('SELECT v FROM "autogen"."m"', "b") == [{"time": T, "v": 2}]


@pytest.mark.parametrize("authorization", ["Token tok", "token user:pass", "Bearer eyJh", None])
def test_a_token_is_taken(weir, authorization):
    headers = {"Authorization": authorization} if authorization else {}
    is_204(write(weir, f"m v=1 {T}", headers, org="o", bucket="b"))


def test_refusals_have_the_form_of_version_2(weir):
    is_error(write(weir, "m v=1"), 404, "not found", "bucket not found")
    is_error(write(weir, "m v=1", bucket="", org="o"), 404, "not found", "bucket not found")
    is_error(
        write(weir, "m v=1", bucket="b", precision="m"),
        400,
        "invalid",
        "invalid precision; valid precision units are ns, us, ms, and s",
    )
    is_error(
        write(weir, "# c\nbad", bucket="b"),
        400,
        "invalid",
        "unable to parse 'bad': missing fields",
        line=2,
    )
    answer = weir.client.get(WRITE, bucket="b")
    is_error(answer, 405, "method not allowed", "allow: OPTIONS, POST")
    assert answer.headers["allow"] == "OPTIONS, POST"
    is_error(weir.client.get("/api/v2/ping"), 404, "not found", "path not found")
    is_204(write(weir, "", bucket="b"))
    is_error(
        write(weir, b"no gzip", {"Content-Encoding": "gzip"}, bucket="b"),
        400,
        "invalid",
        "the body is not valid gzip, as its Content-Encoding says",
    )


def test_good_lines_are_kept_beside_bad_ones_and_the_answer_says_so(weir):
    """The one deliberate difference: 2.x itself would keep nothing of this request."""
    answer = write(weir, f"m v=1 {T}\nbad\nm v=2 {T + 1}\nm v= {T}", org="o", bucket="b")
    is_error(
        answer,
        400,
        "invalid",
        "partial write: unable to parse 'bad': missing fields\n"
        f"unable to parse 'm v= {T}': missing field value dropped=0",
        line=2,
    )
    weir.wait_delivered(2)
    assert [row["v"] for row in weir.influxd.rows("SELECT v FROM m", "b")] == [1, 2]


def test_points_beyond_retention(start_weir):
    weir = start_weir(settings(file_sink(), databases={"b": {"retention": "1h"}}))
    is_error(
        write(weir, f"m v=1 {T}\nm v=2", bucket="b"),
        422,
        "unprocessable entity",
        "failure writing points to database: partial write: points beyond retention policy "
        "dropped=1",
    )


def test_a_body_that_is_too_large(start_weir):
    weir = start_weir(settings(file_sink(), http={"body_limit": "1KiB"}))
    is_error(
        write(weir, "m v=1\n" * 1000, bucket="b"),
        413,
        "request too large",
        "unable to read data: points batch is too large: the body's bytes, inflated, are more than "
        "http.body_limit allows: send smaller batches, or raise it",
    )


def test_a_full_log_asks_for_another_try(start_weir):
    weir = start_weir(
        settings(
            influx_sink("http://127.0.0.1:1"), log={"keep": "1MiB", "compression": "none"}
        )
    )
    body = "".join(f"cpu,host=h{n} value={n}i {T + n}\n" for n in range(5000))
    for _ in range(50):
        answer = write(weir, body, bucket="b")
        if answer.status != 204:
            break
    assert answer.status == 503
    said = answer.json()
    assert said["code"] == "unavailable" == answer.headers["x-platform-error-code"]
    assert said["message"].startswith("timeout: ")
    assert "retry-after" not in answer.headers, "not everybody reads it as seconds"
    waits = {
        "Telegraf/1.39.3 Go/1.22": "30",
        "influxdb-client-go/2.14.0 (linux; amd64)": "30",
        "influxdb-client-python/1.50.0": "30",
        "influxdb-client-java/7.3.0": "30",
        "influxdb-client-js/1.35.0": None,
    }
    for agent, seconds in waits.items():
        answer = write(weir, body, bucket="b", headers={"User-Agent": agent})
        assert answer.status == 503
        assert answer.headers.get("retry-after") == seconds, agent
        answer = weir.client.write(body, "b", {"User-Agent": agent})
        assert answer.status == 503
        assert "retry-after" not in answer.headers, "nobody reads it on /write"


# --- clients, as they are on the wire


def test_java_client(weir):
    """influxdb-client-java: 2xx; the message from `message`; with gzip it sends chunks."""
    common = [
        "Authorization: Token my-token",
        "User-Agent: influxdb-client-java/7.2.0",
        "Accept: application/json",
        "Accept-Encoding: identity",
        "Content-Type: text/plain; charset=utf-8",
        "Host: localhost:8086",
        "Connection: Keep-Alive",
    ]
    path = f"{WRITE}?org=my-org&bucket=b&precision=ns"
    with Wire(weir) as wire:
        is_204(wire.posts(path, common, b"h2o,location=west value=1i %d" % T))
        packed = gzip.compress(b"h2o,location=west value=2i %d" % (T + 1))
        is_204(wire.posts(path, [*common, "Content-Encoding: gzip"], packed, chunked=True))
        # Towards 1.8: a user and its password as the token, database and policy as the bucket.
        compatible = f"{WRITE}?org=-&bucket=b%2Fautogen&precision=ms&consistency=one"
        headers = ["Authorization: Token user:pass", *common[1:]]
        is_204(wire.posts(compatible, headers, b"h2o value=3i %d" % (T // 10**6 + 1)))
        is_error(
            wire.posts(path, common, b"h2o value="),
            400,
            "invalid",
            "unable to parse 'h2o value=': missing field value",
            line=1,
        )
        assert wire.gets("/ping", common).status == 204
    weir.wait_delivered(3)
    assert weir.influxd.count("b", "h2o") == 3


def test_python_client(weir):
    """influxdb-client-python: precision in the query, `/ping` must be 2xx."""
    common = [
        "Host: localhost:8086",
        "Accept-Encoding: identity",
        "Content-Encoding: identity",
        "Content-Type: text/plain",
        "Accept: application/json",
        "Authorization: Token my-token",
        "User-Agent: influxdb-client-python/1.48.0",
    ]
    with Wire(weir) as wire:
        path = f"{WRITE}?org=my-org&bucket=b&precision=ns"
        is_204(wire.posts(path, common, b"mem,host=a value=1i %d" % T))
        packed = gzip.compress(b"mem,host=a value=2i %d\nmem,host=a value=3i %d" % (T + 1, T + 2))
        headers = [each for each in common if not each.startswith("Content-Encoding")]
        is_204(wire.posts(path, [*headers, "Content-Encoding: gzip"], packed))
        assert wire.gets("/ping", common).status == 204
        assert wire.gets("/health", common).json()["status"] == "pass"
        # Home Assistant begins with an empty write.
        is_204(wire.posts(path, common, b""))
    weir.wait_delivered(3)
    assert weir.influxd.count("b", "mem") == 3


def test_go_client(weir):
    """influxdb-client-go: JSON is read only where the type says so; `partial write` is success."""
    common = [
        "Host: localhost:8086",
        "User-Agent: influxdb-client-go/2.14.0 (linux; amd64)",
        "Authorization: Token my-token",
        "Accept-Encoding: gzip",
    ]
    path = f"{WRITE}?bucket=b&org=my-org&precision=ns"
    with Wire(weir) as wire:
        body = b"".join(b"go,n=a value=%di %d\n" % (n, T + n) for n in range(5000))
        is_204(wire.posts(path, common, body))
        packed = gzip.compress(b"go,n=b value=1i %d\n" % T)
        is_204(wire.posts(path, [*common, "Content-Encoding: gzip"], packed, chunked=True))
        answer = wire.posts(path, common, b"go,n=c value=1i %d\nbad\n" % T)
        assert answer.headers["content-type"].split(";")[0] == "application/json"
        assert "partial write" in answer.json()["message"]
    weir.wait_delivered(5002)
    assert weir.influxd.count("b", "go") == 5002


def test_javascript_client(weir):
    """influxdb-client-js: 204 or 201 and no other; large bodies are gzip in chunks."""
    common = [
        "host: localhost:8086",
        "content-type: text/plain; charset=utf-8",
        "authorization: Token tok",
        "user-agent: influxdb-client-js/1.35.0",
    ]
    path = f"{WRITE}?org=o%20r&bucket=b&precision=ns"
    with Wire(weir) as wire:
        is_204(wire.posts(path, common, b"js value=1i %d\njs value=2i %d" % (T, T + 1)))
        body = gzip.compress(b"\n".join(b"js value=%di %d" % (n, T + n) for n in range(2, 1000)))
        is_204(wire.posts(path, [*common, "content-encoding: gzip"], body, chunked=True))
        # influxdb3-js sends no org.
        is_204(wire.posts(f"{WRITE}?bucket=b&precision=ns", common, b"js value=1000i %d" % (T + 1000)))
    weir.wait_delivered(1001)
    assert weir.influxd.count("b", "js") == 1001


def test_telegraf_and_proxmox(weir):
    with Wire(weir) as wire:
        common = ["Host: localhost:8086", "User-Agent: Telegraf/1.39.3", "Authorization: Token t"]
        body = gzip.compress(b"".join(b"cpu,h=a value=%di %d\n" % (n, T + n) for n in range(1000)))
        headers = [*common, "Content-Encoding: gzip", "Content-Type: text/plain; charset=utf-8"]
        is_204(wire.posts(f"{WRITE}?bucket=b&org=telegraf", headers, body, chunked=True))
    with Wire(weir) as wire:
        assert wire.gets("/health", ["Host: localhost:8086"]).status == 200
    with Wire(weir) as wire:
        path = f"{WRITE}?org=proxmox&bucket=b"
        body = b"system,object=nodes,host=pve uptime=%d %d\n" % (1000, T)
        is_204(wire.posts(path, ["Host: localhost:8086", "Authorization: Token t"], body))
    weir.wait_delivered(1001)
    assert weir.influxd.count("b", "cpu") == 1000
    assert weir.influxd.count("b", "system", "uptime") == 1


# --- the sink


def sink_2(fake, **keys):
    keys = {"version": 2, "org": "my org", "token": "secret", **keys}
    return influx_sink(fake.url, **keys)


def test_the_sink_writes_as_version_2_wants_it(fake, start_weir):
    weir = start_weir(settings(sink_2(fake)))
    assert weir.client.write(f"cpu,h=a v=1i {T // 1000}", "db one", precision="us").status == 204
    assert weir.client.write(f"cpu,h=a v=2i {T}", "db", rp="hour").status == 204
    weir.wait_delivered(2)
    found = {}
    for path, headers, lines, _ in fake.requests:
        assert headers["authorization"] == "Token secret"
        parts = urllib.parse.urlsplit(path)
        assert parts.path == WRITE
        query = dict(urllib.parse.parse_qsl(parts.query))
        assert (query["org"], query["precision"]) == ("my org", "ns")
        found[query["bucket"]] = lines
    assert found == {"db one": [f"cpu,h=a v=1i {T}"], "db/hour": [f"cpu,h=a v=2i {T}"]}


def test_the_bucket_may_be_made_of_both_names(fake, start_weir):
    weir = start_weir(settings(sink_2(fake, bucket="x-{database}-{retention_policy}")))
    assert weir.client.write(f"cpu v=1 {T}", "db", rp="hour").status == 204
    weir.wait_delivered(1)
    assert "bucket=x-db-hour&" in fake.requests[0][0]


@pytest.mark.parametrize(
    "status, code, message, headers",
    [
        (429, "too many requests", "rate limited", {"Retry_After": "1"}),
        (503, "unavailable", "try later", {}),
        (500, "internal error", "unexpected error writing points to database: timeout", {}),
        (401, "unauthorized", "unauthorized access", {}),
        (403, "forbidden", "insufficient permissions for write", {}),
        (404, "not found", 'bucket "db" not found', {}),
        (404, "not found", 'organization name "my org" not found', {}),
    ],
)
def test_what_may_pass_later_is_sent_again(fake, start_weir, status, code, message, headers):
    fake.say(status, code, message, **headers)
    fake.say(status, code, message, **headers)
    weir = start_weir(settings(sink_2(fake)))
    assert weir.client.write(f"cpu v=1 {T}", "db").status == 204
    weir.wait_delivered(1)
    assert fake.statuses() == [status, status, 204]
    assert fake.stored() == [f"cpu v=1 {T}"]


def test_a_partial_write_costs_the_lines_that_were_dropped(fake, start_weir):
    """Its words fit all lines, of which it drops two: those are looked for, and the others are stored."""
    refused = ("n=1", "n=3")

    def partial(_path, _headers, lines):
        dropped = sum(any(mark in line for mark in refused) for line in lines)
        if dropped == 0:
            return None
        words = (
            "failure writing points to database: partial write: field type conflict: input field "
            f'"v" on measurement "cpu" is type integer, already exists as type float dropped={dropped}'
        )
        return 422, "unprocessable entity", words, {}

    fake.decide = partial
    weir = start_weir(settings(sink_2(fake)))
    body = "".join(f"cpu,n={n} v=1i {T}\n" for n in range(5))
    assert weir.client.write(body, "db").status == 204
    wait_until(lambda: weir.metrics().sum("weir_sink_discarded_points_total", sink="influx") == 2)
    weir.wait_delivered(3)
    assert refused_lines(weir) == [f"cpu,n=1 v=1i {T}", f"cpu,n=3 v=1i {T}"]
    assert len(fake.statuses()) <= 12


def test_a_batch_that_is_too_large_is_halved(fake, start_weir):
    def small_only(_path, _headers, lines):
        if len(lines) > 30:
            return 413, "request too large", "unable to read data: points batch is too large", {}
        return None

    fake.decide = small_only
    weir = start_weir(settings(sink_2(fake)))
    lines = [f"cpu,n={n} v={n}i {T + n}" for n in range(100)]
    assert weir.client.write("\n".join(lines), "db").status == 204
    weir.wait_delivered(100)
    assert sorted(fake.stored()) == sorted(lines)


def test_a_batch_that_will_never_pass_is_set_aside_and_the_next_goes_on(fake, start_weir):
    fake.say(400, "invalid", "unable to parse 'cpu v=1': whatever")
    weir = start_weir(settings(sink_2(fake)))
    assert weir.client.write(f"cpu v=1 {T}", "db").status == 204
    wait_until(lambda: weir.metrics().sum("weir_sink_discarded_points_total", sink="influx") == 1)
    assert weir.client.write(f"cpu v=2 {T}", "db").status == 204
    weir.wait_delivered(1)
    assert fake.stored() == [f"cpu v=2 {T}"]


def test_a_replication_is_never_stopped_by_a_line_at_a_quiet_address(start_weir):
    """InfluxDB 2 asks with an empty body first, and sends a batch that is not answered 204 again."""
    weir = start_weir(settings(file_sink(), http={"quiet_listen": ["127.0.0.1:0"]}))
    loud, quiet = weir.announced["http"]
    headers = {
        "Authorization": "Token any",
        "Content-Encoding": "gzip",
        "User-Agent": "influxdb-oss-replication/2.8.0",
    }
    params = {"orgID": "0000000000000001", "bucket": "copy", "precision": "ns"}
    body = gzip.compress(f"m v=1 {T}\nbad line\nm v=2 {T + 1}\n".encode())
    answers = {}
    for address in (loud, quiet):
        weir.client.address = address
        is_204(weir.client.request("POST", WRITE, params, gzip.compress(b""), headers))
        answers[address] = weir.client.request("POST", WRITE, params, body, headers)
    assert answers[loud].status == 400
    is_204(answers[quiet])
    weir.wait_delivered(4, sink="lines")
    assert weir.metrics().sum("weir_lines_rejected_total", database="copy") == 2
