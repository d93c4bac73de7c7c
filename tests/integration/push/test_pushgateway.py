# SPDX-License-Identifier: Apache-2.0
"""weir in the place of a Pushgateway: the official Python client and plain requests push, what they
push goes through the log to a database, and groups end."""

import gzip
import json
import struct

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, delete_from_gateway, push_to_gateway
from prometheus_client import pushadd_to_gateway
from prometheus_client.exposition import basic_auth_handler
from prometheus_client.parser import text_string_to_metric_families

from harness.process import wait_until
from harness.settings import file_sink, influx_sink, remote_write_sink, settings

GROUPS = "/pushgateway/metrics"
SUFFIX = "0123456789abcdef0123456789abcdef"


def push_settings(**push):
    return settings(file_sink(), push=push)


@pytest.fixture
def weir(start_weir):
    return start_weir(push_settings())


def push(weir, path, text, method="PUT", headers=None, **params):
    return weir.client.request(method, path, params, text if isinstance(text, bytes) else text.encode(), headers)


def samples(weir):
    """What the groups show: {(name, labels): value}."""
    answer = weir.client.get(GROUPS)
    assert answer.status == 200
    return {(s.name, tuple(sorted(s.labels.items()))): s.value
            for family in text_string_to_metric_families(answer.text()) for s in family.samples}


def names(weir):
    return {name for name, _ in samples(weir) if not name.startswith("push_")}


def lines(weir, database="pushgateway"):
    """Without their times."""
    return [line.rsplit(" ", 1)[0] for line in weir.lines_of(database)]


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def framed_snappy(data):
    """The framed format, with one chunk that is not compressed."""
    body = struct.pack("<I", crc32c(data)) + data
    return b"\xff\x06\x00\x00sNaPpY" + b"\x01" + struct.pack("<I", len(body))[:3] + body


def test_the_python_client_pushes_adds_and_deletes(weir):
    registry = CollectorRegistry()
    Gauge("last_success", "when", ["zone"], registry=registry).labels("a b/c").set(1.5)
    Counter("runs", "how many", registry=registry).inc(3)
    Histogram("took", "seconds", buckets=[1, 5], registry=registry).observe(2)
    address = f"http://{weir.client.address}"
    key = {"instance": "10.0.0.1:80", "path": "/a/b", "empty": ""}
    push_to_gateway(address, job="nightly/backup", registry=registry, grouping_key=key)
    group = (("empty", ""), ("instance", "10.0.0.1:80"), ("job", "nightly/backup"), ("path", "/a/b"))
    shown = samples(weir)
    assert shown["last_success", tuple(sorted([*group, ("zone", "a b/c")]))] == 1.5
    assert shown["runs_total", group] == 3
    assert shown["took_bucket", tuple(sorted([*group, ("le", "+Inf")]))] == 1
    assert shown["push_failure_time_seconds", group] == 0
    assert shown["push_time_seconds", group] > 1.7e9
    wait_until(lambda: len(lines(weir)) >= 6, what="the lines of all samples")
    assert ("last_success,instance=10.0.0.1:80,job=nightly/backup,path=/a/b,zone=a\\ b/c value=1.5"
            in lines(weir))

    other = CollectorRegistry()
    Gauge("last_success", "when", registry=other).set(2)
    pushadd_to_gateway(address, job="nightly/backup", registry=other, grouping_key=key)
    shown = samples(weir)
    assert shown["last_success", group] == 2
    assert ("last_success", tuple(sorted([*group, ("zone", "a b/c")]))) not in shown
    assert shown["runs_total", group] == 3
    push_to_gateway(address, job="nightly/backup", registry=other, grouping_key=key)
    assert names(weir) == {"last_success"}
    delete_from_gateway(address, job="nightly/backup", grouping_key=key)
    assert samples(weir) == {}


def test_the_python_client_with_a_path_and_a_password(weir):
    registry = CollectorRegistry()
    Gauge("a", "b", registry=registry).set(1)

    def handler(url, method, timeout, headers, data):
        return basic_auth_handler(url, method, timeout, headers, data, "user", "secret")

    push_to_gateway(f"{weir.client.address}/pushgateway", job="j", registry=registry, handler=handler)
    assert names(weir) == {"a"}


def test_every_method_is_answered_202_without_a_body(weir):
    for method, body in [("PUT", "a 1\n"), ("POST", "b 1\n"), ("PUT", ""), ("DELETE", ""), ("DELETE", "")]:
        answer = push(weir, "/metrics/job/j", body, method)
        assert (answer.status, answer.body) == (202, b"")
    assert weir.client.get("/metrics/job/j").status == 405
    assert "weir_push_groups 0" in weir.client.get("/metrics").text()
    for path in ("/pushgateway/-/healthy", "/pushgateway/-/ready"):
        assert (weir.client.get(path).status, weir.client.get(path).body) == (200, b"OK")


def test_encodings_and_formats(weir):
    assert push(weir, "/metrics/job/g", gzip.compress(b"gz 1\n"), headers={"Content-Encoding": "gzip"}).status == 202
    assert push(weir, "/metrics/job/s", framed_snappy(b"sn 1\n"), headers={"Content-Encoding": "snappy"}).status == 202
    answer = push(weir, "/metrics/job/s", framed_snappy(b"sn 1\n")[:-1], headers={"Content-Encoding": "snappy"})
    assert answer.status == 400 and "snappy" in answer.text()
    assert push(weir, "/metrics/job/z", b"zz 1\n", headers={"Content-Encoding": "br"}).status == 415
    assert push(weir, "/metrics/job/o", "# TYPE om counter\nom_total 1\n# EOF\n",
                headers={"Content-Type": "application/openmetrics-text; version=1.0.0"}).status == 202
    # A family "pb" of the type gauge with one metric: {x="y"} 2.5
    family = (b"\x0a\x02pb\x18\x01\x22" + bytes([2 + 6 + 2 + 9]) + b"\x0a\x06\x0a\x01x\x12\x01y"
              + b"\x12\x09\x09" + struct.pack("<d", 2.5))
    kind = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
    answer = push(weir, "/metrics/job/p", bytes([len(family)]) + family, headers={"Content-Type": kind})
    assert answer.status == 202, answer
    assert names(weir) == {"gz", "sn", "om_total", "pb"}
    assert samples(weir)["pb", (("instance", ""), ("job", "p"), ("x", "y"))] == 2.5
    answer = push(weir, "/metrics/job/p", family, headers={"Content-Type": kind})
    assert answer.status == 400 and answer.text().startswith("protobuf parsing error at byte 0: ")


def test_expect_100_continue(weir):
    with weir.client.raw(b"PUT /metrics/job/j HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
                         b"Expect: 100-continue\r\n\r\n") as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(b"a 1\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 202 ")


def test_what_is_no_exposition_is_told_with_its_place_and_changes_nothing(weir):
    assert push(weir, "/metrics/job/j", "good 1\n").status == 202
    for body, words in [
        ("a 1\nb{c=\"d} 2\n", "text format parsing error in line 2, column 5: the quote that begins here"),
        ("a 1", "text format parsing error in line 1, column 4: unexpected end of input stream"),
        ("a 1\r\n", "text format parsing error in line 1, column 4: the line ends with a carriage return"),
        ("a 1 5\n", "pushed metrics are invalid: pushed metrics must not have timestamps"),
        ("a 1\na 2\n", "pushed metrics are invalid: the sample in line 2 was collected before"),
    ]:
        answer = push(weir, "/metrics/job/j", body)
        assert answer.status == 400 and answer.text().startswith(words), answer
    assert names(weir) == {"good"}
    assert samples(weir)["push_failure_time_seconds", (("instance", ""), ("job", "j"))] > 1.7e9
    (one,) = weir.client.get("/api/v1/metrics").json()["data"]
    assert one["last_push_successful"] is False
    assert weir.metrics().sum("weir_pushes_total", outcome="refused") == 5


def test_other_names_are_in_quotes_for_those_who_say_that_they_know_them(weir):
    assert push(weir, "/metrics/job/j", '{"my.metric"} 1\n').status == 202
    assert names(weir) == {"my_metric"}
    accept = {"Accept": "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8,text/plain;q=0.5"}
    assert '{"my.metric",instance="",job="j"} 1\n' in weir.client.request("GET", GROUPS, headers=accept).text()


def test_what_is_not_finite_is_shown_and_counted(weir):
    assert push(weir, "/metrics/job/j", "a NaN\nb +Inf\nc 1\nd{x=\"back\\\\\"} 1\n").status == 202
    assert names(weir) == {"a", "b", "c", "d"}
    wait_until(lambda: lines(weir) == ["c,job=j value=1"], what="the finite one")
    metrics = weir.metrics()
    assert metrics.sum("weir_push_samples_left_out_total", reason="not_finite") == 2
    assert metrics.sum("weir_push_samples_left_out_total", reason="unwritable") == 1
    assert metrics.sum("weir_push_samples_total") == 4
    assert metrics.sum("weir_lines_received_total", database="pushgateway") == 1


def test_a_request_may_name_its_database(weir):
    assert push(weir, "/metrics/job/j", "a 1\n", db="other").status == 202
    assert push(weir, "/metrics/job/k", "b 1\n", db="x/y").status == 202
    wait_until(lambda: lines(weir, "other") and lines(weir, "x.y"), what="lines of both")
    assert push(weir, "/metrics/job/j", "a 1\n", db="a\\b").status == 400


def test_groups_end_when_their_time_is_over(weir):
    assert push(weir, "/metrics/job/short", "a 1\n", headers={"X-Weir-TTL": "1s"}).status == 202
    assert push(weir, "/metrics/job/long", "b 1\n", headers={"X-Weir-TTL": "1h"}).status == 202
    assert push(weir, "/metrics/job/ever", "c 1\n", headers={"X-Weir-TTL": "inf"}).status == 202
    answer = push(weir, "/metrics/job/ever", "c 1\n", headers={"X-Weir-TTL": "soon"})
    assert answer.status == 400 and answer.text().startswith("X-Weir-TTL: ")
    assert names(weir) == {"a", "b", "c"}
    wait_until(lambda: names(weir) == {"b", "c"}, what="the end of the short one")
    assert weir.metrics().sum("weir_push_groups_expired_total") == 1


def test_what_is_not_pushed_again_is_written_again(start_weir):
    weir = start_weir(push_settings(repeat="1s"))
    assert push(weir, "/metrics/job/once", "a{x=\"y\"} 1.5\nb NaN\n").status == 202
    wait_until(lambda: len(lines(weir)) >= 3, what="the line three times")
    assert set(lines(weir)) == {"a,job=once,x=y value=1.5"}
    times = [int(line.rsplit(" ", 1)[1]) for line in weir.lines_of("pushgateway")]
    assert times == sorted(set(times))
    assert weir.metrics().sum("weir_push_samples_repeated_total") >= 2
    assert push(weir, "/metrics/job/once", "", "DELETE").status == 202


def test_flinks_random_job_becomes_one(start_weir):
    path = f"/metrics/job/flink{SUFFIX}/host/h"
    for mode, label in [("keep", f"job=flink{SUFFIX}"), ("strip", "job=flink"),
                        ("label", f"flink_process={SUFFIX},host=h,job=flink")]:
        weir = start_weir(push_settings(job_suffix=mode))
        assert push(weir, path, "up 1\n").status == 202
        assert push(weir, path.replace("0", "1"), "up 1\n").status == 202
        wait_until(lambda: any(label in line for line in lines(weir)), what=f"{label} of {mode}")
        assert weir.metrics().sum("weir_push_groups") == 2


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
def test_groups_outlive_a_restart(start_weir, kill):
    weir = start_weir(push_settings())
    assert push(weir, "/metrics/job/j/x@base64/Lw", "# TYPE a gauge\na 1\nb NaN\n").status == 202
    before = samples(weir)
    weir.restart()
    assert {k: v for k, v in samples(weir).items() if k[0] == "a"} == {k: v for k, v in before.items() if k[0] == "a"}
    assert "# TYPE a gauge" in weir.client.get(GROUPS).text()
    assert push(weir, "/metrics/job/late", "c 1\n").status == 202
    weir.restart(kill=kill)
    # What was pushed in the last minute before a kill comes with its next push.
    assert names(weir) == ({"a", "b"} if kill else {"a", "b", "c"})


def test_the_gateways_own_requests(start_weir):
    weir = start_weir(push_settings())
    assert push(weir, "/metrics/job/j", "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 2\ns_count 3\n").status == 202
    for prefix in ("", "/pushgateway"):
        said = weir.client.get(prefix + "/api/v1/metrics").json()
        assert said["status"] == "success"
        assert said["data"][0]["labels"] == {"job": "j"}
        assert said["data"][0]["s"]["metrics"][0]["quantiles"] == {"0.5": "1"}
        assert weir.client.get(prefix + "/api/v1/status").json()["data"]["build_information"]["version"]
        answer = weir.client.request("PUT", prefix + "/api/v1/admin/wipe")
        assert answer.status == 404 and "push.wipe" in answer.text()
    weir.configure(push_settings(wipe=True))
    assert weir.client.request("POST", "/-/reload").status == 200
    assert weir.client.request("PUT", "/api/v1/admin/wipe").status == 202
    assert samples(weir) == {}
    weir.configure(push_settings(enabled=False))
    assert weir.client.request("POST", "/-/reload").status == 200
    assert push(weir, "/metrics/job/j", "a 1\n").status == 404
    assert weir.client.get(GROUPS).status == 404


def test_the_memory_of_groups_has_its_bound(start_weir):
    weir = start_weir(settings(file_sink(), limits={"state": "1MiB"}))
    body = "".join(f'a{{x="{i:0100d}"}} 1\n' for i in range(1000))
    answers = [push(weir, f"/metrics/job/j{i}", body) for i in range(12)]
    assert answers[0].status == 202
    assert answers[-1].status == 503 and "limits.state" in answers[-1].text()
    assert weir.metrics().sum("weir_push_bytes") <= 1 << 20
    assert push(weir, "/metrics/job/j0", body).status == 202, "no larger than it was"
    assert push(weir, "/metrics/job/j0", "", "DELETE").status == 202
    assert push(weir, "/metrics/job/new", body).status == 202


def test_the_gate_refuses_what_it_refuses_of_lines(start_weir):
    rules = '\n[[rule]]\nname = "no"\naction = "drop"\nmeasurement = "secret"\n'
    weir = start_weir(settings(file_sink(), push={}, databases={"pushgateway": {"series_total": 2}}) + rules)
    assert push(weir, "/metrics/job/j", "a 1\nsecret 1\n").status == 202
    answer = push(weir, "/metrics/job/j", "a 1\nb 1\nc 1\n")
    assert answer.status == 400 and "partial write" in answer.text()
    wait_until(lambda: len(lines(weir)) == 3, what="those that were taken")
    assert "secret,job=j value=1" not in lines(weir)


def test_pushes_reach_influxdb(influxd, start_weir):
    weir = start_weir(settings(influx_sink(influxd.url)))
    assert push(weir, "/metrics/job/j/zone/a", "up{x=\"y z\"} 1\n").status == 202
    wait_until(lambda: "pushgateway" in json.dumps(influxd.query("show databases")), what="the database")
    wait_until(lambda: "y z" in json.dumps(influxd.query("select * from up", "pushgateway")), what="the point")


def test_pushes_reach_prometheus_under_their_names(prometheus, start_weir):
    pushed = {"databases": ["pushgateway"], "mapping": "template", "series_name": "{measurement}", "database_label": ""}
    weir = start_weir(settings(remote_write_sink(prometheus.url, **pushed)))
    body = '# TYPE took histogram\ntook_bucket{le="+Inf"} 2\ntook_sum 3\ntook_count 2\na:b{x="/y z"} 0.5\n'
    assert push(weir, "/metrics/job/j/zone/a", body).status == 202

    def series():
        found = prometheus.client.get("/api/v1/query", query='{job="j"}').json()["data"]["result"]
        return {json.dumps(each["metric"], sort_keys=True): each["value"][1] for each in found}

    expected = {"took_bucket": ({"le": "+Inf"}, "2"), "took_sum": ({}, "3"), "took_count": ({}, "2"),
                "a:b": ({"x": "/y z"}, "0.5")}
    wait_until(lambda: len(series()) == 4, what="four series")
    assert series() == {json.dumps({"__name__": name, "job": "j", "zone": "a", **labels}, sort_keys=True): value
                        for name, (labels, value) in expected.items()}


def exact_sink(prometheus, **keys):
    return remote_write_sink(prometheus.url, databases=["pushgateway"], mapping="template",
                             series_name="{measurement}", database_label="", **keys)


def test_series_that_vanish_are_absent_at_once(prometheus, start_weir):
    """By PUT, POST, DELETE, and when the time of the group is over; other sinks see nothing of it."""
    weir = start_weir(settings(exact_sink(prometheus), file_sink(), push={"ttl_least": "1s", "ttl_once": "1h"}))
    present = lambda: {(found["metric"]["__name__"], found["metric"].get("l", ""))
                       for found in prometheus.query(query='{job=~"[ab]"}')}
    soon = lambda wanted, what: wait_until(lambda: present() == wanted, 15, what, weir.must_be_alive)

    def pushed(path, text, method="PUT", **keys):
        assert push(weir, path, text, method, **keys).status == 202

    pushed("/metrics/job/a", 'x{l="1"} 1\nx{l="2"} 2\ny 3\n')
    pushed("/metrics/job/b", "z 4\n")
    soon({("x", "1"), ("x", "2"), ("y", ""), ("z", "")}, "all of them")
    pushed("/metrics/job/a", 'x{l="2"} 5\ny 6\n')
    soon({("x", "2"), ("y", ""), ("z", "")}, "what a PUT leaves out")
    pushed("/metrics/job/a", 'x{l="3"} 7\n', "POST")
    soon({("x", "3"), ("y", ""), ("z", "")}, "what a POST replaces")
    pushed("/metrics/job/a", "", "DELETE")
    soon({("z", "")}, "a group that is deleted")
    pushed("/metrics/job/a", "y 8\n")
    soon({("y", ""), ("z", "")}, "a series that comes back")
    pushed("/metrics/job/b", "z 9\n", headers={"X-Weir-TTL": "2s"})
    soon({("y", "")}, "a group whose time is over")
    assert prometheus.query(query="y")[0]["value"][1] == "8"
    assert weir.metrics().one("weir_push_series_ended_total") == 5
    assert weir.metrics().one("weir_push_series_ended_lost_total") == 0
    assert weir.metrics().one("weir_sink_stale_markers_total", sink="prometheus") == 5
    values = sorted(line.rsplit("value=", 1)[1] for line in lines(weir))
    assert values == ["1", "2", "3", "4", "5", "6", "7", "8", "9"], "the file has points alone"


def test_a_series_that_vanished_before_a_kill_is_absent_after_it(prometheus, relay, start_weir):
    relay.target = f"127.0.0.1:{prometheus.port}"
    weir = start_weir(settings({**exact_sink(prometheus), "url": relay.url}))
    push(weir, "/metrics/job/a", "x 1\n")
    wait_until(lambda: prometheus.query(query="x"), 15, "x", weir.must_be_alive)
    relay.answer = lambda number: (503, b"down")
    push(weir, "/metrics/job/a", "", "DELETE")
    wait_until(lambda: weir.metrics().one("weir_push_series_ended_total") == 1, 10, "the end is in the log",
               weir.must_be_alive)
    assert prometheus.query(query="x")
    weir.kill()
    relay.answer = lambda number: None
    weir.start()
    wait_until(lambda: not prometheus.query(query="x"), 15, "x is absent", weir.must_be_alive)


def test_a_full_log_is_answered_503_and_changes_no_group(start_weir):
    dead = influx_sink("http://127.0.0.1:1", park_after="inf")
    weir = start_weir(settings(dead, log={"keep": "1MiB", "compression": "none"}, push={"repeat": "0s"}))
    body = "".join(f'a{{x="{i:0100d}"}} 1\n' for i in range(1000))
    answers = [push(weir, f"/metrics/job/j{i}", body).status for i in range(14)]
    assert answers[0] == 202 and answers[-1] == 503
    taken = answers.count(202)
    assert weir.metrics().sum("weir_push_groups") == taken
    assert weir.metrics().sum("weir_push_series") == taken * 1000
    assert push(weir, "/metrics/job/j0", "", "DELETE").status == 202
