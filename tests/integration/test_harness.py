# SPDX-License-Identifier: Apache-2.0
"""The harness' own logic: a test that cannot fail is worse than none."""

import pytest

from harness.flink.reports import group_of, messages, points
from harness.metrics import Metrics
from harness.process import Process, ProcessFailed, wait_until


def test_metrics_are_read_with_labels_and_escapes():
    metrics = Metrics(
        "# HELP weir_lines_total Lines.\n# TYPE weir_lines_total counter\n"
        'weir_lines_total{db="a",reason="x,y"} 3\n'
        'weir_lines_total{db="b \\"q\\" \\\\n"} 4 1700000000000\n'
        "weir_up 1e0\n"
    )
    assert metrics.sum("weir_lines_total") == 7
    assert metrics.sum("weir_lines_total", db="a") == 3
    assert metrics.one("weir_lines_total", db='b "q" \\n') == 4
    assert metrics.one("weir_up") == 1
    assert metrics.sum("absent") == 0
    assert metrics.names() == {"weir_lines_total", "weir_up"}


@pytest.mark.parametrize("line", ["name", "name{a=1} 2", 'name{a="b} 2', "name x y"])
def test_what_is_no_metric_is_told(line):
    with pytest.raises((AssertionError, ValueError)):
        Metrics(line)


def test_a_process_that_ends_is_told_with_its_output(tmp_path):
    process = Process(tmp_path)
    process.launch(["/bin/sh", "-c", "echo why it ended; exit 3"])
    with pytest.raises(ProcessFailed, match="ended with 3(.|\n)*why it ended"):
        process.wait_ready(lambda: False)


def test_memory_and_signals_of_a_process(tmp_path):
    process = Process(tmp_path)
    process.launch(["/bin/sleep", "60"])
    assert 0 < process.rss_bytes() <= process.peak_rss_bytes() < 100_000_000
    assert process.open_files() >= 3
    assert process.stop() == -15
    assert not process.running()


def test_waiting_ends():
    with pytest.raises(AssertionError, match="within 0.05 s"):
        wait_until(lambda: False, 0.05)


def test_what_flink_reports_is_read_with_escapes_strings_of_several_lines_and_empty_lines():
    body = ('m\\ x,a=b\\,\\ c\\=d\\e\\ "f" value="two\nlines, \\"q\\" \\\\",n=-7i 1500000000\n'
            "\n\nn count=3i,rate=0.5 2000000000\n")
    one, other = points(body.encode())
    assert (one.measurement, one.tags, one.at) == ("m x", {"a": 'b, c=d\\e "f"'}, 1500)
    assert one.fields == {"value": 'two\nlines, "q" \\', "n": -7}
    assert (other.measurement, other.tags, other.fields, other.at) == ("n", {}, {"count": 3, "rate": 0.5}, 2000)
    for broken in ("m value=1 ", "m 1500000000\n", 'm value="x 1500000000\n'):
        with pytest.raises(AssertionError):
            points(broken.encode())


def test_messages_of_a_connection_are_told_apart_and_one_that_was_cut_off_is_none():
    stream = (b"PUT /metrics/job/f HTTP/1.1\r\nContent-Length: 4\r\n\r\na 1\n" b"DELETE /x HTTP/1.1\r\nHost: y\r\n\r\n"
              b"POST /write HTTP/1.1\r\nContent-Length: 9\r\n\r\ncut")
    assert [(head.split(" ")[0], body) for head, body, _ in messages(stream)] == [("PUT", b"a 1\n"), ("DELETE", b"")]
    assert group_of("/metrics/job/f00123456789abcdef0123456789abcdef/cluster/main") == {
        "job": "f0", "flink_process": "0123456789abcdef0123456789abcdef", "cluster": "main"}
