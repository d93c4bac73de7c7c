# SPDX-License-Identifier: Apache-2.0
"""What a sender of remote write 1 and 2 sends: the tests of prometheus/compliance (remotewrite/sender), re-told for
what weir is given: lines, and pushes instead of scrapes. Each test has the name of the one, or those, that it re-tells. What
a sender does about answers is in test_sender_answers.py.

What has no counterpart:
- UpTest: weir scrapes nothing, so there is no `up`.
- HonorLabelsTest: it is about labels of a scrape's configuration. What takes its place is that labels of a pushed group
  win over those of its body (job_label).
- TestExemplars, samples_with_exemplars, histogram_with_metadata_and_exemplars: lines have no exemplars, and those of a
  push are not kept.
- TestHistograms (native ones), mixed_sample_and_histogram_families as to them: lines cannot hold one.
- start_timestamp_*, created_timestamp_*, CtZeroSample: weir has no start of a counter. That it sends none is
  rw1_no_start_timestamp.
- help, unit, help_with_special_chars: weir tells types (`metadata`), and no texts.
- empty_scrape: an empty body is no points; that nothing is sent of it is invalid.
- special values NaN, +Inf, -Inf: InfluxDB's line protocol has none, and a push's are not put into lines. That no NaN is
  sent but as a stale marker is special_float_combinations."""

import math
import struct
import time

import pytest

from harness.process import wait_until
from harness.remote_write import STALE_BITS, V2_TYPE

NOW = int(time.time() * 1000) - 60_000


def line(series, value, at=NOW, field="value"):
    return f"{series} {field}={value} {at * 10**6}"


@pytest.fixture
def sent(receive, start_sender):
    """sent(version, lines) or sent(version, push=(path, text)): the requests that came of it."""

    def send(version, lines=(), push=None, samples=None, database="exact", **keys):
        receiver = receive()
        weir = start_sender(receiver, version, **keys)
        if lines:
            assert weir.client.write("\n".join(lines), database).status == 204
        if push:
            path, text = push
            assert weir.client.request("PUT", path, body=text.encode()).status == 202
        expected = len(lines) if samples is None else samples
        count = lambda: sum(len(one.samples) for write in receiver.writes for one in write.series)
        wait_until(lambda: count() >= expected or receiver.broken, 20, f"{expected} samples", weir.must_be_alive)
        assert not receiver.broken, receiver.broken
        assert all(write.version == version for write in receiver.writes)
        return receiver.writes

    return send


def only(writes, name):
    found = [one for write in writes for one in write.named(name)]
    assert len(found) == 1, f"{name}: {found}"
    return found[0]


def value_of(writes, name):
    return only(writes, name).samples[0][0]


def assert_well_formed(writes):
    """What every request must be, whatever is in it."""
    for write in writes:
        for one in write.series:
            names = [name for name, _ in one.labels]
            assert names == sorted(names, key=str.encode), "sorted"
            assert len(set(names)) == len(names), "none twice"
            assert all(name and value for name, value in one.labels), "none empty"
            assert names.count("__name__") == 1
            times = [at for _, at in one.samples]
            assert times and times == sorted(set(times)), "in order of time"


PUSHED = """\
# HELP requests_total Total requests
# TYPE requests_total counter
requests_total{method="GET"} 101.13
# TYPE temperature gauge
temperature -7.5
# TYPE seconds histogram
seconds_bucket{le="0.1"} 50
seconds_bucket{le="+Inf"} 100
seconds_sum 10.5
seconds_count 100
# TYPE rpc summary
rpc{quantile="0.5"} 0.05
rpc{quantile="0.9"} 0.1
rpc_sum 50
rpc_count 1000
"""


# ---- samples -------------------------------------------------------------------------------------


def test_counter_gauge_histogram_summary(sent, version):
    """CounterTest, GaugeTest, HistogramTest, SummaryTest; multiple_metric_types, complete_metric_family."""
    writes = sent(version, push=("/metrics/job/j", PUSHED), samples=10)
    assert_well_formed(writes)
    assert value_of(writes, "requests_total") == 101.13
    assert value_of(writes, "temperature") == -7.5
    buckets = {one.of["le"]: one.samples[0][0] for write in writes for one in write.named("seconds_bucket")}
    assert buckets == {"0.1": 50, "+Inf": 100}
    assert (value_of(writes, "seconds_sum"), value_of(writes, "seconds_count")) == (10.5, 100)
    quantiles = {one.of["quantile"]: one.samples[0][0] for write in writes for one in write.named("rpc")}
    assert quantiles == {"0.5": 0.05, "0.9": 0.1}
    assert (value_of(writes, "rpc_sum"), value_of(writes, "rpc_count")) == (50, 1000)
    assert len({(tuple(one.labels)) for write in writes for one in write.series}) == 10
    fresh = {at for write in writes for one in write.series for _, at in one.samples}
    assert len(fresh) == 1, "one moment of one push"
    assert abs(fresh.pop() - time.time() * 1000) < 20_000


def test_invalid(sent, version):
    """InvalidTest, empty_scrape: what cannot be read makes no sample, and what is beside it does."""
    receiver_writes = sent(version, lines=["# nothing", line("good", 1)], samples=1)
    assert [one.name for write in receiver_writes for one in write.series] == ["good"]


def test_invalid_push(receive, start_sender, version):
    receiver = receive()
    weir = start_sender(receiver, version)
    assert weir.client.request("PUT", "/metrics/job/j", body=b"not {an exposition\n").status == 400
    assert weir.client.request("PUT", "/metrics/job/j", body=b"").status == 202
    assert weir.client.write("m value=", "exact").status == 400
    assert weir.client.write(line("after", 1), "exact").status == 204
    receiver.wait(1, weir)
    assert [one.name for write in receiver.writes for one in write.series] == ["after"]


@pytest.mark.parametrize("text, value", [
    ("0", 0.0), ("-0.0", -0.0), ("-123.45", -123.45), ("0.1", 0.1), ("3.141592653589793", math.pi), ("1e308", 1e308),
    ("5e-324", 5e-324), ("9007199254740993i", 9007199254740992.0), ("-9223372036854775808i", -(2.0**63)), ("true", 1.0),
])
def test_float_sample_encoding(sent, version, text, value):
    """value, zero_value, negative_value, high_precision_float: bit for bit."""
    writes = sent(version, lines=[line("m", text)])
    assert only(writes, "m").bits == [struct.unpack("<Q", struct.pack("<d", value))[0]]


def test_special_float_combinations(receive, start_sender, version):
    """nan_value, positive_infinity, negative_infinity: none of them becomes another number, or a stale marker."""
    receiver = receive()
    weir = start_sender(receiver, version)
    body = "# TYPE g gauge\ng{v=\"nan\"} NaN\ng{v=\"inf\"} +Inf\ng{v=\"ninf\"} -Inf\ng{v=\"one\"} 1\n"
    assert weir.client.request("PUT", "/metrics/job/j", body=body.encode()).status == 202
    receiver.wait(1, weir)
    found = [(one.of["v"], one.samples[0][0]) for write in receiver.writes for one in write.series]
    assert found == [("one", 1.0)]


# ---- labels --------------------------------------------------------------------------------------


def test_label_lexicographic_ordering(sent, version):
    """SortedLabelsTest, label_ordering: by their bytes, the name's label among them."""
    writes = sent(version, lines=[line("m,b=1,B=2,aa=3,a=4,zz=5,_x=6,Z=7,a0=8,a_=9", 1)])
    names = [name for name, _ in only(writes, "m").labels]
    assert names == ["B", "Z", "__name__", "_x", "a", "a0", "a_", "aa", "b", "zz"]


def test_repeated_labels(receive, start_sender, version):
    """RepeatedLabelsTest, no_duplicate_labels: not even where two names are written alike."""
    receiver = receive()
    weir = start_sender(receiver, version, external_labels=["dc=x"])
    assert weir.client.write(line("m,a=1,a=2", 1), "exact").status == 400
    assert weir.client.write(line("m,a.b=1,a-b=2,a_b=3,dc=4", 1), "db").status == 204
    assert weir.client.request("PUT", "/metrics/job/j", body=b'p{a="1",a="2"} 1\n').status == 400
    receiver.wait(1, weir)
    assert_well_formed(receiver.writes)
    labels = only(receiver.writes, "m_value").labels
    assert sorted(value for name, value in labels if name.startswith("a")) == ["1", "2", "3"]
    assert ("dc", "x") in labels and ("tag_dc", "4") in labels


def test_empty_labels(sent, version):
    """EmptyLabelsTest, empty_label_value: a label with an empty value is none."""
    keys = {"string_labels": ["note"], "external_labels": ["dc=x"]}
    writes = sent(version, lines=[f'm,b=qux value=1,note="" {NOW * 10**6}'], database="db", **keys)
    assert_well_formed(writes)
    assert only(writes, "m_value").of == {"__name__": "m_value", "b": "qux", "db": "db", "dc": "x"}


def test_empty_labels_of_a_push(sent, version):
    writes = sent(version, push=("/metrics/job/j/instance@base64/=", 'p{foo="",bar="qux"} 1\n'), samples=1)
    assert only(writes, "p").of == {"__name__": "p", "bar": "qux", "job": "j"}


def test_name_label(sent, version):
    """NameLabelTest, metric_name_label_present: each series has one, and a tag of that name is another label."""
    writes = sent(version, lines=[line("m,__name__=no", 1)])
    assert_well_formed(writes)
    assert only(writes, "m").of == {"__name__": "m", "tag___name__": "no"}


def test_job_label_instance_label(sent, version):
    """JobLabelTest, InstanceLabelTest: those of the group win, others stay."""
    body = 'p{job="no",instance="no",x="y"} 1\n'
    writes = sent(version, push=("/metrics/job/j/instance/i", body), samples=1)
    assert only(writes, "p").of == {"__name__": "p", "instance": "i", "job": "j", "x": "y"}
    of_lines = sent(version, lines=[line("m,job=j,instance=i", 1)])
    assert only(of_lines, "m").of == {"__name__": "m", "instance": "i", "job": "j"}


def test_metric_name_format_label_name_format(sent, version):
    """What the specification's expressions do not take is written otherwise."""
    writes = sent(version, lines=[line(r"1-m\ x.y,a-b=1,9=2,é=3", 1)])
    name_of = lambda one: one.of["__name__"]
    found = [one for write in writes for one in write.series]
    assert [name_of(one) for one in found] == ["_1_m_x_y"]
    assert set(found[0].of) == {"__name__", "a_b", "_9", "U___e9_"}


def test_metric_name_with_colons(sent, version):
    name = "http:request:duration:seconds"
    assert value_of(sent(version, lines=[line(name, 0.5)]), name) == 0.5


def test_unicode_in_label_values(sent, version):
    """unicode_in_labels, special_characters_in_values."""
    tags = {"emoji": "🚀", "chinese": "测试", "arabic": "مرحبا"}
    tags |= {"quoted": 'a"b\\c', "comma": "a,b=c d", "path": "/x?y#z"}
    escaped = lambda text: text.replace(",", r"\,").replace("=", r"\=").replace(" ", r"\ ")
    series = "m," + ",".join(f"{name}={escaped(value)}" for name, value in tags.items())
    assert only(sent(version, lines=[line(series, 42)]), "m").of == {"__name__": "m", **tags}


def test_names_that_are_no_ascii(sent, version):
    """With `names = "utf8"`, as the specification of version 2 allows."""
    writes = sent(version, lines=[line("tempé.x-y,région.a=île", 1)], names="utf8")
    assert only(writes, "tempé.x-y").of == {"__name__": "tempé.x-y", "région.a": "île"}


def test_huge_label_values_very_long_metric_name(sent, version):
    """Cut where receivers would refuse them, and never to the same."""
    long_value, long_name = "x" * 10_000, "n" * 3_000
    lines = [line(f"m,l={long_value}{end}", 1) for end in "ab"] + [line(f"{long_name}{end}", 1) for end in "ab"]
    writes = sent(version, lines=lines)
    found = [one for write in writes for one in write.series]
    assert len({tuple(one.labels) for one in found}) == 4
    assert all(len(value) <= 2_048 for one in found for _, value in one.labels)
    kept = sent(version, lines=lines[:1], label_value_bytes=20_000)
    assert only(kept, "m").of["l"] == long_value + "a"


# ---- time ----------------------------------------------------------------------------------------


def test_timestamp(sent, version):
    """TimestampTest, explicit_timestamp, millisecond_precision: that of the line, cut to milliseconds."""
    writes = sent(version, lines=[f"m,s=a value=1 {NOW * 10**6 + 999_999}", f"m,s=b value=1 {(NOW + 1) * 10**6}"])
    found = {one.of["s"]: one.samples[0][1] for write in writes for one in write.series}
    assert found == {"a": NOW, "b": NOW + 1}


def test_ordering(sent, version):
    """OrderingTest, timestamp_ordering_within_series: oldest first, whatever order they were written in."""
    times = [NOW + at for at in (50, 10, 40, 20, 30, 0)]
    writes = sent(version, lines=[line(f"m,s={s}", at - NOW, at) for at in times for s in "ab"])
    assert_well_formed(writes)
    for s in "ab":
        found = [one for write in writes for one in write.named("m") if one.of["s"] == s]
        assert [sample for one in found for sample in one.samples] == [(float(at - NOW), at) for at in sorted(times)]


def test_zero_timestamp(sent, version):
    """And one before 1970: as they are."""
    writes = sent(version, lines=["m,s=a value=1 0", "m,s=b value=1 -1"])
    assert {one.of["s"]: one.samples[0][1] for write in writes for one in write.series} == {"a": 0, "b": -1}


def test_future_timestamp(receive, start_sender, version):
    """What is ten minutes ahead is not sent: a receiver that takes it refuses all others for so long."""
    receiver = receive()
    weir = start_sender(receiver, version)
    now = int(time.time() * 1000)
    lines = [line(f"m,s={minutes}", 1, now + minutes * 60_000) for minutes in (9, 11, 24 * 60)]
    assert weir.client.write("\n".join(lines), "exact").status == 204
    weir.wait_delivered(1, sink="prometheus")
    assert [one.of["s"] for write in receiver.writes for one in write.series] == ["9"]


def test_staleness(receive, start_sender, version):
    """StalenessTest, stale_marker: one sample of exactly these bits, newer than the last, when a series ends."""
    receiver = receive()
    weir = start_sender(receiver, version, stale_after="1s")
    markers = lambda: [one for write in receiver.writes for one in write.series if STALE_BITS in one.bits]

    def go_on():
        assert weir.client.write(f"m,s=lives value=1 {int(time.time() * 1000) * 10**6}", "exact").status == 204
        return any(one.of["s"] == "ends" for one in markers())

    assert weir.client.write(line("m,s=ends", 1), "exact").status == 204
    wait_until(go_on, 20, "a marker", weir.must_be_alive)
    ended = [one for one in markers() if one.of["s"] == "ends"]
    assert [(one.bits, one.samples[0][1], one.of) for one in ended] == [
        ([STALE_BITS], NOW + 1, {"__name__": "m", "s": "ends"})
    ]


# ---- requests ------------------------------------------------------------------------------------


def test_headers(sent, version):
    """HeadersTest, post_method, content_type_protobuf, content_type_with_proto_param, content_encoding_snappy,
    version_header_present, version_header_value, user_agent_present; rw1_version_header, rw1_content_type."""
    (write,) = sent(version, lines=[line("m", 1)])
    assert write.method == "POST" and write.path == "/api/v1/write"
    assert write.headers["content-encoding"] == "snappy"
    assert write.headers["user-agent"].startswith("weir/")
    assert write.headers["content-length"] == str(len(write.body))
    expected = ("application/x-protobuf", "0.1.0") if version == 1 else (V2_TYPE, "2.0.0")
    assert (write.headers["content-type"], write.headers["x-prometheus-remote-write-version"]) == expected


def test_own_headers_do_not_override(make_weir, sent, version):
    """Prevent custom headers from overriding: those that the protocol needs cannot be set."""
    (write,) = sent(version, lines=[line("m", 1)], headers=["X-Scope-OrgID: team"], token="t0ken")
    assert write.headers["x-scope-orgid"] == "team" and write.headers["authorization"] == "Bearer t0ken"
    for header in ("Content-Type", "content-encoding", "X-Prometheus-Remote-Write-Version", "User-Agent"):
        config = (
            '[http]\nlisten = ["127.0.0.1:0"]\n[[sink]]\nname = "p"\ntype = "remote_write"\n'
            f'url = "http://127.0.0.1:9/api/v1/write"\nheaders = ["{header}: x"]\n'
        )
        code, said = make_weir(config).refuses_to_start()
        assert code != 0 and header.lower() in said.lower(), said


def test_snappy_block_format(sent, version):
    """No stream of frames: the receiver could not have read it. And it is smaller than what is in it."""
    lines = [line(f"metric_with_a_long_name,host=h{i},datacenter=somewhere", i) for i in range(200)]
    (write,) = sent(version, lines=lines)
    assert not write.body.startswith(b"\xff\x06\x00\x00sNaPpY")
    size = sum(len(name) + len(value) for one in write.series for name, value in one.labels)
    assert len(write.body) < 0.6 * size


def test_multiple_series_per_request(sent, version):
    """batch_multiple_series, many_timeseries, high_cardinality, efficient_batching: those that wait go together."""
    writes = sent(version, lines=[line(f"metric_{i % 7},path=/endpoint_{i}", i) for i in range(1_000)])
    assert len(writes) == 1
    assert len({tuple(one.labels) for one in writes[0].series}) == 1_000


def test_batch_size_reasonable(sent, version):
    """At most 2,000 samples a request, of 12,000."""
    writes = sent(version, lines=[line(f"metric,label={i}", 1) for i in range(12_000)])
    sizes = [sum(len(one.samples) for one in write.series) for write in writes]
    assert sum(sizes) == 12_000 and max(sizes) <= 2_000 and len(sizes) <= 24


def test_time_based_flush(receive, start_sender, version):
    """One sample alone does not wait for others."""
    receiver = receive()
    weir = start_sender(receiver, version, **{"batch.age": "100ms"})
    began = time.monotonic()
    assert weir.client.write(line("m", 1), "exact").status == 204
    receiver.wait(1, weir)
    assert receiver.writes[0].at - began < 5


# ---- version 1 alone -----------------------------------------------------------------------------


def test_rw1_samples_encoding_rw1_labels_encoding(sent):
    """rw1_no_native_histograms, rw1_no_start_timestamp, rw1_symbol_table_not_used: two fields of a series, two of a
    sample, and nothing else."""
    (write,) = sent(1, lines=[line("test_metric,label=value", 42)])
    (one,) = write.series
    assert one.labels == [("__name__", "test_metric"), ("label", "value")] and one.samples == [(42.0, NOW)]
    assert one.fields == {1, 2} and one.sample_fields == {1, 2}


# ---- version 2 alone -----------------------------------------------------------------------------


SHARED = [
    line(f"http_requests_total,method={method},status={status},handler={handler}", 1)
    for method, status, handler in (("GET", 200, "/v1"), ("POST", 200, "/v1"), ("GET", 404, "/v1"), ("GET", 200, "/v2"))
]


def test_symbols_empty_at_index_zero_and_labels_refs(sent):
    """empty_string_at_index_zero, symbols_deduplication, labels_refs_valid_indices, labels_refs_even_length,
    efficient_symbol_reuse, TestSymbolTableEfficiency."""
    (write,) = sent(2, lines=SHARED)
    assert write.symbols[0] == "" and "" not in write.symbols[1:]
    assert len(set(write.symbols)) == len(write.symbols)
    used = {ref for refs in write.refs for ref in refs}
    assert used == set(range(1, len(write.symbols))), "each one is used, and none is outside"
    assert all(len(refs) % 2 == 0 for refs in write.refs)
    names = {"http_requests_total", "__name__", "method", "status", "handler"}
    assert set(write.symbols[1:]) == names | {"GET", "POST", "200", "404", "/v1", "/v2"}


def test_rw2_fields(sent):
    """Neither created_timestamp (field 6 until rc.3) nor start_timestamp: the fields of rc.4, and no others."""
    (write,) = sent(2, lines=[line("m", 1)])
    assert write.series[0].fields == {1, 2} and write.series[0].sample_fields == {1, 2}


@pytest.mark.parametrize("kind", ["counter", "gauge", "histogram", "summary", "info", "stateset"])
def test_type_metadata(sent, kind):
    """type_counter, type_gauge, type_histogram, type_summary, samples_with_metadata, metadata_batching."""
    keys = {"metadata": [f"known_*={kind}"]}
    (write,) = sent(2, lines=[line("known_a", 1), line("known_b", 1), line("other", 1)], **keys)
    assert {one.name: one.type for one in write.series} == {"known_a": kind, "known_b": kind, "other": "unspecified"}
