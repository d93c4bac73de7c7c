# SPDX-License-Identifier: Apache-2.0
"""What a sink sends to a Prometheus beside the points as they come: older samples, stale markers, and version 2."""

import os
import time

import pytest

from harness.letters import letters
from harness.process import wait_until
from harness.samples import dealt_with, now_ms
from harness.settings import remote_write_sink, settings

SINK = "prometheus"


def test_older_samples_go_to_a_prometheus_with_a_window(prometheus, start_weir):
    prometheus.kill()
    prometheus.configuration += "storage: {tsdb: {out_of_order_time_window: 10m}}\n"
    prometheus.start()
    weir = start_weir(settings(remote_write_sink(prometheus.url, out_of_order="send")))
    base = now_ms() - 1_000
    minutes_ago = lambda m: base - m * 60_000
    times = [0, 5, 3, 9, 20, 7, 25, 1]
    for number, minutes in enumerate(times, 1):
        body = f"m v={minutes} {minutes_ago(minutes) * 10**6}"
        assert weir.client.write(body, "mydb").status == 204
        dealt_with(weir, number)
    found = next(iter(prometheus.samples("m_v").values()))
    assert [float(value) for _, value in found] == [9, 7, 5, 3, 1, 0]
    refused = weir.metrics().sum("weir_sink_discarded_points_total", sink=SINK, reason="too_old")
    assert refused == 2


def present(prometheus, selector):
    return prometheus.query(query=selector)


def test_a_series_that_ends_is_absent_and_one_that_returns_is_there(prometheus, make_weir):
    weir = make_weir(settings(remote_write_sink(prometheus.url, stale_after="2s"))).start()

    def report(*series):
        body = "\n".join(f"up,task={one} v=1 {now_ms() * 10**6}" for one in series)
        assert weir.client.write(body, "mydb").status == 204

    def reported_until(condition, what, *series):
        def look():
            report(*series)
            return condition()

        wait_until(look, 30, what, weir.must_be_alive)

    absent_a = lambda: present(prometheus, 'absent(up_v{task="a"})')
    reported_until(lambda: len(present(prometheus, "up_v")) == 2, "both", "a", "b")
    assert not absent_a()
    ended = time.monotonic()
    reported_until(absent_a, "a is absent", "b")
    took = time.monotonic() - ended
    assert 1.5 < took < 8, f"{took:.1f} s"
    assert [s["value"][1] for s in present(prometheus, "sum(up_v)")] == ["1"]
    reported_until(lambda: not absent_a(), "a is back", "a", "b")
    # What is owed outlives a kill: it is the other one that ends now, while weir is down.
    weir.kill()
    weir.start()
    absent_b = lambda: present(prometheus, 'absent(up_v{task="b"})')
    reported_until(absent_b, "b is absent", "a")
    assert not absent_a()
    metrics = weir.metrics()
    assert metrics.one("weir_sink_stale_markers_total", sink=SINK) >= 1
    assert metrics.sum("weir_sink_discarded_points_total", sink=SINK) == 0


def test_an_orderly_end_keeps_the_last_times_of_series(prometheus, make_weir):
    """So a marker after it is newer, whatever the clock says then."""
    weir = make_weir(settings(remote_write_sink(prometheus.url))).start()
    at = now_ms() + 60_000
    assert weir.client.write(f"m v=1 {at * 10**6}", "mydb").status == 204
    weir.wait_delivered(1, sink=SINK)
    weir.stop()
    file = next(weir.directory.rglob("cursors/*.series"))
    assert at.to_bytes(8, "little") in file.read_bytes()


def test_a_prometheus_that_does_not_know_version_2_gets_version_1(prometheus, start_weir):
    """It answers 204 to version 2, and stores nothing."""
    if "WEIR_PROMETHEUS" in os.environ:
        pytest.skip("another Prometheus may know version 2")
    weir = start_weir(settings(remote_write_sink(prometheus.url, version=2)))
    base = now_ms() - 60_000
    lines = [f"m,s={s} v={t} {(base + t) * 10**6}" for t in range(100) for s in "ab"]
    assert weir.client.write("\n".join(lines), "mydb").status == 204
    weir.wait_delivered(len(lines), sink=SINK)
    assert [len(samples) for samples in prometheus.samples("m_v").values()] == [100, 100]
    assert "does not know version 2" in weir.log()
    # In version 2, a question about it, and in version 1.
    assert weir.metrics().one("weir_sink_remote_write_requests_total", sink=SINK) == 3


def test_what_a_prometheus_refused_is_sent_again_under_the_same_names(prometheus, start_weir):
    """Two lines are older than the server takes at first, one is so for ever."""
    weir = start_weir(settings(remote_write_sink(prometheus.url, out_of_order="send")))
    base = now_ms() - 1_000
    minutes_ago = lambda m: base - m * 60_000
    line = lambda m: f"m a.b={m},a-b={10 + m} {minutes_ago(m) * 10**6}"
    for number, lines in enumerate([[line(0)], [line(5), line(180), line(3)]]):
        assert weir.client.write("\n".join(lines), "mydb").status == 204
        dealt_with(weir, 1 + 3 * number)
    stored = lambda: {
        dict(labels)["__name__"]: [value for _, value in found]
        for labels, found in prometheus.samples('{__name__=~"m_a_b.*"}').items()
    }
    dashed = "m_a_b_693120f9"
    assert stored() == {"m_a_b": ["0"], dashed: ["10"]}
    assert "out of order" in letters(weir, "list", "--sink", SINK)
    replay = lambda *more, **status: letters(weir, "replay", "--sink", SINK, *more, **status)
    assert "0 lines taken by the server, 3 refused again" in replay(status=1)

    prometheus.kill()
    prometheus.configuration += "storage: {tsdb: {out_of_order_time_window: 10m}}\n"
    prometheus.start()
    assert "3 lines would be sent" in replay("--dry-run")
    said = replay(status=1)
    assert "2 lines taken by the server, 1 refused again" in said
    assert "too old" in said or "out of bounds" in said
    assert stored() == {"m_a_b": ["5", "3", "0"], dashed: ["15", "13", "10"]}
    assert "(2 of them replayed)" in letters(weir, "list", "--sink", SINK)

    # Only what is left goes again, and weir goes on beside it.
    assert "1 lines would be sent" in replay("--dry-run")
    assert "0 lines taken by the server, 1 refused again" in replay(status=1)
    assert weir.client.write(f"m a.b=7,a-b=17 {now_ms() * 10**6}", "mydb").status == 204
    dealt_with(weir, 5)
    assert stored()[dashed] == ["15", "13", "10", "17"]

    # A name that weir did not give is not made up.
    weir.kill()
    names = weir.directory / "weir-data/names"
    names.write_text("".join(x for x in names.read_text().splitlines(True) if "a-b" not in x))
    assert "no names yet" in replay(status=1)
