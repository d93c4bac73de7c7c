# SPDX-License-Identifier: Apache-2.0
"""Prometheus' remote write as a way in: a real Prometheus 2.42, and messages by hand in both versions."""

import struct

import pytest

from harness.letters import listed, wait_kept
from harness.process import wait_until
from harness.settings import file_sink, influx_sink, remote_write_sink, settings

V2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request"
STALE = struct.pack("<Q", 0x7FF0000000000002)
T = 1_700_000_000_000  # ms


def varint(number):
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, body):
    return varint(number << 3 | 2) + varint(len(body)) + body


def sample(value, time_ms):
    bits = value if isinstance(value, bytes) else struct.pack("<d", value)
    return field(2, b"\x09" + bits + b"\x10" + varint(time_ms))


def series_v1(labels, *samples):
    pairs = [field(1, field(1, k.encode()) + field(2, v.encode(errors="surrogateescape"))) for k, v in labels.items()]
    return field(1, b"".join(pairs) + b"".join(sample(*each) for each in samples))


def request_v2(*series):
    """Of (labels, samples, histograms)."""
    symbols = [""]
    out = b""
    for labels, samples, histograms in series:
        refs = b""
        for text in [part for pair in labels.items() for part in pair]:
            if text not in symbols:
                symbols.append(text)
            refs += varint(symbols.index(text))
        body = field(1, refs) + b"".join(sample(*each) for each in samples)
        out += field(5, body + field(3, b"\x08\x03\x78\x01") * histograms)
    return b"".join(field(4, text.encode()) for text in symbols) + out


def block(message):
    """As snappy, without compressing anything."""
    out = varint(len(message))
    for at in range(0, len(message), 60):
        piece = message[at : at + 60]
        out += bytes([len(piece) - 1 << 2]) + piece
    return out


@pytest.fixture
def weir(start_weir):
    return start_weir(settings(file_sink(), letters={"dropped": True}))


def post(weir, body, path="/api/v1/write", content_type="application/x-protobuf", **params):
    headers = {"Content-Encoding": "snappy", "Content-Type": content_type}
    return weir.client.request("POST", path, params=params, body=body, headers=headers)


def lines(weir, database, count):
    wait_until(lambda: len(weir.lines_of(database)) >= count, 20, f"{count} lines of {database}")
    return weir.lines_of(database)


def dropped(weir, reason):
    return weir.metrics().sum("weir_lines_dropped_total", reason=reason)


def test_version_1_is_lines_of_the_default_database(weir):
    body = block(
        series_v1({"__name__": "up", "job": "a b", "e": ""}, (1.0, T), (0.5, T + 1))
        + series_v1({"__name__": "gone"}, (STALE, T), (float("nan"), T), (float("inf"), T))
        + series_v1({"__name__": "m", "path": "C:\\"}, (1.0, T))
    )
    answer = post(weir, body)
    assert answer.status == 204, answer
    assert lines(weir, "prometheus", 2) == [
        f"up,job=a\\ b value=1 {T}000000",
        f"up,job=a\\ b value=0.5 {T + 1}000000",
    ]
    assert dropped(weir, "stale_marker") == 1
    assert dropped(weir, "not_finite") == 2
    assert dropped(weir, "unwritable_sample") == 1
    wait_kept(weir, 1)
    assert [each["code"] for each in listed(weir)] == ["unwritable_sample"]
    assert weir.metrics().sum("weir_lines_received_total", database="prometheus") == 6
    shown = weir.client.get("/query", q="SHOW DATABASES").text()
    assert "prometheus" in shown


def test_what_names_no_database_goes_where_the_configuration_says(start_weir):
    weir = start_weir(settings(file_sink(), http={"remote_write_database": "agents/week"}))
    body = block(series_v1({"__name__": "up"}, (1.0, T)))
    assert post(weir, body).status == 204
    assert post(weir, body, rp="day").status == 204
    assert post(weir, body, db="d").status == 204
    for name in ("agents.week", "agents.day", "d"):
        assert lines(weir, name, 1) == [f"up value=1 {T}000000"]
    assert "agents" in weir.client.get("/query", q="SHOW DATABASES").text()


def test_the_path_of_influxdb_wants_a_database(weir):
    body = block(series_v1({"__name__": "up"}, (1.0, T)))
    answer = post(weir, body, "/api/v1/prom/write")
    assert answer.status == 400 and answer.json() == {"error": "database is required"}
    assert post(weir, body, "/api/v1/prom/write", db="d").status == 204
    assert lines(weir, "d", 1) == [f"up value=1 {T}000000"]


def test_version_2_says_what_was_written(weir):
    body = block(
        request_v2(({"__name__": "up", "job": "x"}, [(1.0, T), (STALE, T + 1)], 0))
    )
    answer = post(weir, body, content_type=V2)
    assert answer.status == 204, answer
    assert answer.headers["x-prometheus-remote-write-samples-written"] == "2"
    assert answer.headers["x-prometheus-remote-write-histograms-written"] == "0"
    assert answer.headers["x-prometheus-remote-write-exemplars-written"] == "0"
    body = block(request_v2(({"__name__": "h"}, [], 2), ({"__name__": "m"}, [(2.0, T)], 0)))
    answer = post(weir, body, content_type=V2, db="other")
    assert answer.status == 400 and "2 native histograms" in answer.text()
    assert answer.headers["x-prometheus-remote-write-samples-written"] == "1"
    assert lines(weir, "prometheus", 1) == [f"up,job=x value=1 {T}000000"]
    assert lines(weir, "other", 1) == [f"m value=2 {T}000000"]


def test_what_is_none_is_refused_with_a_reason(weir):
    good = series_v1({"__name__": "up"}, (1.0, T))
    assert post(weir, block(good), content_type="application/json").status == 415
    assert post(weir, block(good), content_type=V2.replace("v2", "v3")).status == 415
    answer = post(weir, good)
    assert answer.status == 400 and "snappy" in answer.text()
    answer = post(weir, block(good[:-2]))
    assert answer.status == 400 and "prometheus.WriteRequest" in answer.text()
    answer = post(weir, b"\xff\xff\xff\xff\x0f")
    assert answer.status == 413 and "body_limit" in answer.text()
    for coding in ("zstd", "gzip", "deflate"):
        other = weir.client.request(
            "POST", "/api/v1/write", body=block(good), headers={"Content-Encoding": coding}
        )
        assert other.status == 415 and "send snappy" in other.text()
    assert weir.client.get("/api/v1/write").status == 405
    # A good series and one that line protocol refuses: the first is kept.
    both = good + series_v1({"__name__": "m", "a": "\udcff"}, (1.0, T))
    answer = post(weir, block(both))
    assert answer.status == 400 and "partial write" in answer.text(), answer
    assert lines(weir, "prometheus", 1) == [f"up value=1 {T}000000"]


def prometheus_configuration(weir, targets):
    return f"""
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: weir
    static_configs: [{{targets: {targets}}}]
remote_write:
  - url: http://{weir.client.address}/api/v1/write
    queue_config: {{batch_send_deadline: 1s}}
    metadata_config: {{send_interval: 1s}}
"""


def test_a_series_that_ends_at_a_prometheus_is_absent_behind_weir(prometheus, start_weir, start_prometheus):
    sink = remote_write_sink(prometheus.url, exact_names=["prometheus"], stale_after="1h")
    weir = start_weir(settings(sink))
    writer = start_prometheus(prometheus_configuration(weir, [weir.client.address]))
    there = lambda: prometheus.query(query='up{job="weir"}')
    wait_until(there, 30, "a scrape", weir.must_be_alive)
    writer.reload(prometheus_configuration(weir, []))
    wait_until(lambda: not there(), 30, "its series end", weir.must_be_alive)
    markers = lambda: weir.metrics().sum("weir_sink_stale_markers_total")
    wait_until(lambda: markers() > 100, 20, "so do the others", weir.must_be_alive)
    assert weir.metrics().sum("weir_sink_discarded_points_total") == 0


def test_a_real_prometheus_writes_through_weir(influxd, start_weir, start_prometheus):
    weir = start_weir(settings(file_sink(), influx_sink(influxd.url)))
    prometheus = start_prometheus(prometheus_configuration(weir, [weir.client.address]))

    def times_up():
        return [line for line in weir.lines_of("prometheus") if line.startswith("up,")]

    wait_until(lambda: len(times_up()) >= 3, 30, "three scrapes", weir.must_be_alive)
    prometheus.reload(prometheus_configuration(weir, []))
    wait_until(lambda: dropped(weir, "stale_marker") > 100, 30, "series end")
    wait_until(
        lambda: weir.metrics().sum("weir_sink_pending_points") == 0, 20, "all is delivered"
    )
    answered = weir.metrics()
    assert answered.sum("weir_http_requests_total", route="/api/v1/write", status="204") > 0
    assert answered.sum("weir_lines_rejected_total") == 0
    # What Prometheus has itself, weir passed on: the same values at the same times.
    own = prometheus.samples("up")
    [(labels, points)] = own.items()
    tags = ",".join(f"{key}={value}" for key, value in sorted(labels) if key != "__name__")
    written = set(times_up())
    assert {f"up,{tags} value={float(v):g} {t}000000" for t, v in points} <= written
    names = {dict(series)["__name__"] for series in prometheus.samples('{job="weir"}')}
    assert len(names) > 50
    measurements = {line.split(",")[0].split(" ")[0] for line in weir.lines_of("prometheus")}
    assert names <= measurements
    assert influxd.count("prometheus", "up", "value") == len(written)
