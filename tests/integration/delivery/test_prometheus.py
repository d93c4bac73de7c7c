# SPDX-License-Identifier: Apache-2.0
"""Lines written to weir are read back from a real Prometheus, value for value and time for time.

WEIR_CRASH_ROUNDS sets how often the crash test kills (3), WEIR_CRASH_SEED when; both are printed.
"""

import os
import random
import threading
import time

from harness.letters import refused_lines, refused_text
from harness.process import wait_until
from harness.samples import discarded, now_ms, settled
from harness.settings import remote_write_sink, settings

ROUNDS = int(os.environ.get("WEIR_CRASH_ROUNDS", "3"))
SEED = int(os.environ.get("WEIR_CRASH_SEED", "20200913"))
SINK = "prometheus"
NAMES_ALL = os.environ.get("WEIR_REMOTE_WRITE") == "2"  # version 2: an answer names all samples that are refused


def one_series(prometheus, selector):
    """The samples of the only series that the selector finds."""
    found = prometheus.samples(selector)
    assert len(found) == 1, found
    return next(iter(found.values()))


def numbers(samples):
    return [(at, float(value)) for at, value in samples]


def test_lines_are_read_back_value_for_value_and_time_for_time(prometheus, start_weir):
    weir = start_weir(settings(remote_write_sink(prometheus.url)))
    base = now_ms() - 60_000
    expected = {}
    lines = []
    random_ = random.Random(7)
    for step in range(50):
        for host in range(20):
            at = base + step * 1000 + host
            value = random_.choice([random_.uniform(-1e6, 1e6), random_.random() * 1e-9, 1e308])
            count = random_.randrange(-(2**53), 2**53)
            flag = random_.random() < 0.5
            # The nanoseconds below a millisecond are cut off.
            lines.append(
                f"cpu,host=h{host},dc=eu\\ west usage={value!r},count={count}i,up={flag},"
                f'note="text" {at * 1_000_000 + random_.randrange(1_000_000)}'
            )
            for field, number in (("usage", value), ("count", float(count)), ("up", float(flag))):
                labels = {"__name__": f"cpu_{field}", "host": f"h{host}", "dc": "eu west", "db": "mydb"}
                expected.setdefault(frozenset(labels.items()), []).append((at, number))
    for start in range(0, len(lines), 100):
        answer = weir.client.write("\n".join(lines[start : start + 100]), "mydb")
        assert answer.status == 204, answer
    weir.wait_delivered(len(lines), sink=SINK)
    stored = prometheus.samples('{__name__=~"cpu_.*"}')
    assert {labels: numbers(found) for labels, found in stored.items()} == expected
    metrics = weir.metrics()
    assert metrics.sum("weir_sink_delivered_samples_total", sink=SINK) == 3 * len(lines)
    assert discarded(weir, "samples") == {"string": len(lines)}
    assert discarded(weir) == {}


def test_values_and_times_in_every_precision(prometheus, start_weir):
    weir = start_weir(settings(remote_write_sink(prometheus.url)))
    second = now_ms() // 1000 - 120
    for precision, at in (("s", second), ("ms", second * 1000 + 7), ("u", second * 10**6 + 9999)):
        line = f"m,precision={precision} value=-0.25 {at}"
        assert weir.client.write(line, "mydb", precision=precision).status == 204
    weir.wait_delivered(3, sink=SINK)
    for precision, at in (("s", second * 1000), ("ms", second * 1000 + 7), ("u", second * 1000 + 9)):
        found = one_series(prometheus, f'm_value{{precision="{precision}"}}')
        assert numbers(found) == [(at, -0.25)]
    ranged = prometheus.query(
        "/api/v1/query_range", query="m_value", start=second, end=second + 60, step="60s"
    )
    assert {series["values"][-1][1] for series in ranged} == {"-0.25"}


def test_names_that_prometheus_does_not_know(prometheus, start_weir):
    """Never two of a name: an old Prometheus answers such a request 500 for ever."""
    weir = start_weir(settings(remote_write_sink(prometheus.url)))
    line = r"1-cpu\ x,a-b=1,a.b=2,a_b=3,__name__=n,é=4,Z=5,job=j,le=6 f\=1=2i"
    assert weir.client.write(line, "mydb").status == 204
    weir.wait_delivered(1, sink=SINK)
    (found,) = map(dict, prometheus.samples('{job="j"}'))
    suffixed = {name: found.pop(name) for name in list(found) if name.startswith("a_b_")}
    assert sorted(suffixed.values()) == ["2", "3"]
    assert found == {
        "__name__": "_1_cpu_x_f_1",
        "Z": "5",
        "U___e9_": "4",
        "a_b": "1",
        "db": "mydb",
        "job": "j",
        "le": "6",
        "tag___name__": "n",
    }


def test_many_samples_of_a_series_in_one_body(prometheus, start_weir):
    """They share requests, in order; written in disorder they are sorted first."""
    weir = start_weir(settings(remote_write_sink(prometheus.url)))
    base = now_ms() - 60_000
    times = list(range(200))
    random.Random(3).shuffle(times)
    lines = [f"m,s={series} v={t}i {(base + t) * 10**6}" for t in times for series in "ab"]
    assert weir.client.write("\n".join(lines), "mydb").status == 204
    weir.wait_delivered(len(lines), sink=SINK)
    for series in "ab":
        found = one_series(prometheus, f'm_v{{s="{series}"}}')
        assert numbers(found) == [(base + t, float(t)) for t in range(200)]
    requests = weir.metrics().one("weir_sink_remote_write_requests_total", sink=SINK)
    assert requests <= 2


def test_a_backlog_of_few_series_drains_at_once(prometheus, relay, start_weir):
    """20,000 samples of four series that had to wait."""
    ready = threading.Event()
    relay.answer = lambda number: None if ready.is_set() else (503, b"busy")
    weir = start_weir(settings(remote_write_sink(relay.url, retry_least="20ms", retry_most="20ms")))
    base = now_ms() - 600_000
    lines = [f"m,s={series} v={t}i {(base + t) * 10**6}" for t in range(5_000) for series in "abcd"]
    for start in range(0, len(lines), 5_000):
        assert weir.client.write("\n".join(lines[start : start + 5_000]), "mydb").status == 204
    wait_until(lambda: 503 in relay.statuses, 30, "a first try", weir.must_be_alive)
    began = time.monotonic()
    ready.set()
    weir.wait_delivered(len(lines), sink=SINK)
    took = time.monotonic() - began
    print(f"20,000 samples of four series in {took:.2f} s, {len(relay.statuses)} requests")
    assert took < 2, "a second, and another one for a busy machine"
    for series in "abcd":
        found = one_series(prometheus, f'm_v{{s="{series}"}}')
        assert numbers(found) == [(base + t, float(t)) for t in range(5_000)]
    assert discarded(weir) == {}


def test_what_comes_too_late_or_twice_takes_nothing_along(prometheus, start_weir):
    weir = start_weir(settings(remote_write_sink(prometheus.url)))
    base = now_ms() - 60_000
    ns = lambda t: (base + t) * 10**6
    weir.client.write(f"m,s=a v=1 {ns(1000)}\nm,s=b v=1 {ns(1000)}", "mydb")
    weir.wait_delivered(2, sink=SINK)
    # Older, the same time again, and good ones among them.
    weir.client.write(f"m,s=a v=2 {ns(500)}\nm,s=b v=2 {ns(1000)}\nm,s=c v=2 {ns(700)}", "mydb")
    weir.client.write(f"m,s=a v=3 {ns(2000)}\nm,s=b v=3 {ns(2000)}", "mydb")
    settled(weir, 7)
    assert discarded(weir) == {"out_of_order": 1, "duplicate": 1}
    assert numbers(one_series(prometheus, 'm_v{s="a"}')) == [(base + 1000, 1.0), (base + 2000, 3.0)]
    assert numbers(one_series(prometheus, 'm_v{s="b"}')) == [(base + 1000, 1.0), (base + 2000, 3.0)]
    assert numbers(one_series(prometheus, 'm_v{s="c"}')) == [(base + 700, 2.0)]
    assert weir.metrics().one("weir_sink_bisection_requests_total", sink=SINK) == 0


def test_the_far_future_never_reaches_prometheus(prometheus, start_weir):
    """One such sample would make it refuse all others."""
    weir = start_weir(settings(remote_write_sink(prometheus.url)))
    far = (now_ms() + 3_600_000 * 3) * 10**6
    near = (now_ms() + 300_000) * 10**6
    weir.client.write(f"m,s=far v=1 {far}\nm,s=near v=1 {near}\nm,s=now v=1", "mydb")
    settled(weir, 3)
    assert discarded(weir) == {"future": 1}
    assert {dict(labels)["s"] for labels in prometheus.samples("m_v")} == {"near", "now"}


def test_a_bad_sample_is_found_and_the_others_go_on(prometheus, relay, make_weir):
    """Somebody else wrote to one of the series: weir cannot know, Prometheus refuses all."""
    weir = make_weir(settings(remote_write_sink(relay.url))).start()
    base = now_ms() - 60_000
    weir.client.write(f"m,s=77 v=9 {(base + 5000) * 10**6}", "mydb")
    weir.wait_delivered(1, sink=SINK)
    # A weir that never sent to this Prometheus stands for the somebody else.
    other = make_weir(settings(remote_write_sink(relay.url))).start()
    lines = [f"m,s={i} v={i} {(base + 1000 + i) * 10**6}" for i in range(1000)]
    assert other.client.write("\n".join(lines), "mydb").status == 204
    settled(other, 1000)
    assert discarded(other) == {"out_of_order": 1}
    found = prometheus.samples("m_v")
    assert len(found) == 1000
    for labels, samples in found.items():
        number = int(dict(labels)["s"])
        expected = (base + 5000, 9.0) if number == 77 else (base + 1000 + number, float(number))
        assert numbers(samples) == [expected], number
    searched = other.metrics().one("weir_sink_bisection_requests_total", sink=SINK)
    assert searched == 0 if NAMES_ALL else 0 < searched <= 64
    comment, line = refused_text(other, SINK).splitlines()
    assert "status=400 out of order sample" in comment
    assert line == lines[77]


def test_another_writer_ahead_of_a_hundred_series_costs_no_others(prometheus, make_weir):
    """A weir that never sent to this Prometheus stands for the other writer."""
    other = make_weir(settings(remote_write_sink(prometheus.url))).start()
    base = now_ms() - 60_000
    ahead = [f"m,s={i} v=9 {(base + 5000) * 10**6}" for i in range(3, 1000, 10)]
    assert other.client.write("\n".join(ahead), "mydb").status == 204
    other.wait_delivered(len(ahead), sink=SINK)
    weir = make_weir(settings(remote_write_sink(prometheus.url))).start()
    lines = [f"m,s={i} v={t} {(base + t) * 10**6}" for t in (1000, 2000) for i in range(1000)]
    assert weir.client.write("\n".join(lines), "mydb").status == 204
    settled(weir, 2000, seconds=60)
    assert discarded(weir) == {"out_of_order": 200}
    found = prometheus.samples("m_v")
    assert sum(len(samples) == 2 for samples in found.values()) == 900
    assert len(refused_lines(weir, SINK)) == 200, "each refused sample can be found"


def test_what_is_too_old_for_prometheus(prometheus, start_weir):
    weir = start_weir(settings(remote_write_sink(prometheus.url)))
    weir.client.write("m,s=now v=1", "mydb")
    weir.wait_delivered(1, sink=SINK)
    base = now_ms() - 1000
    old = [f"m,s=old{i} v=1 {(base - 86_400_000 + i) * 10**6}" for i in range(1500)]
    new = [f"m,s=new{i} v=1 {(base + i % 500) * 10**6}" for i in range(500)]
    assert weir.client.write("\n".join(old + new), "mydb").status == 204
    settled(weir, 2001)
    assert discarded(weir) == {"too_old": 1500}
    assert len(prometheus.samples("m_v")) == 501
    assert weir.metrics().one("weir_sink_bisection_requests_total", sink=SINK) <= 64


def test_busy_is_waited_for_and_a_missing_flag_holds(prometheus, relay, start_weir):
    answers = [(503, b"busy"), (429, b"slow down"), (404, b"remote write receiver needs to be enabled")]
    relay.answer = lambda number: answers[number] if number < len(answers) else None
    weir = start_weir(settings(remote_write_sink(relay.url)))
    weir.client.write("m v=1 \nm,s=b v=2", "mydb")
    weir.wait_delivered(2, sink=SINK)
    assert relay.statuses == [503, 429, 404, 204]
    metrics = weir.metrics()
    assert metrics.one("weir_sink_retries_total", sink=SINK) == 2
    assert metrics.one("weir_sink_holds_total", sink=SINK) == 1
    assert "needs to be enabled" in weir.log()
    assert len(prometheus.samples("m_v")) == 2


class Writer:
    """Sends numbered samples of many series, in order, several of each series in one body; remembers
    which were acknowledged. A number is sent once, whatever its fate."""

    SERIES = 40

    def __init__(self, address_of, base):
        self.address_of = address_of
        self.base = base
        self.next = 0
        self.acknowledged = set()
        self.statuses = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ending.set()
        self._thread.join(30)
        assert not self._thread.is_alive(), "a writer hangs"

    def _run(self):
        while not self._ending.is_set():
            steps = range(self.next, self.next + 4)
            self.next += 4
            body = "\n".join(
                f"load,s={series} v={step}i {(self.base + step) * 10**6}"
                for step in steps
                for series in range(self.SERIES)
            )
            try:
                status = self.address_of().write(body, "load").status
            except OSError as error:
                status = type(error).__name__
            except Exception as error:  # http.client's own, when weir is killed in between
                status = type(error).__name__
            self.statuses[status] = self.statuses.get(status, 0) + 1
            if status == 204:
                self.acknowledged.update(steps)
            self._ending.wait(0.01)

    def missing_from(self, prometheus):
        found = prometheus.samples("load_v")
        missing = []
        for series in range(self.SERIES):
            labels = frozenset({"__name__": "load_v", "s": str(series), "db": "load"}.items())
            stored = found.get(labels, [])
            for at, value in stored:
                assert float(value) == at - self.base, "a value at another's time"
            times = {at - self.base for at, _ in stored}
            missing += [(series, step) for step in self.acknowledged - times]
        return missing


def test_a_crash_between_acceptance_and_cursor(prometheus, relay, make_weir):
    """Killed when Prometheus took a request and weir has not heard of it: one sample finds that out,
    nothing is sent again, and no good sample is lost."""
    random_ = random.Random(SEED)
    weir = make_weir(settings(remote_write_sink(relay.url))).start()
    with Writer(lambda: weir.client, now_ms() - 600_000) as writer:
        for _ in range(ROUNDS):
            before = len(relay.statuses)
            # Anywhere in a batch: its first request, or one of those that follow.
            wanted = before + random_.randrange(1, 12)
            wait_until(lambda: len(relay.statuses) >= wanted, 60, "requests", weir.must_be_alive)
            relay.hold()
            assert relay.held.wait(30), "no request came"
            # While it is held more lines are acknowledged, so the batch is another one next time.
            threading.Event().wait(random_.uniform(0, 0.2))
            weir.kill()
            relay.release()
            weir.start()
    deadline = time.monotonic() + 60
    while missing := writer.missing_from(prometheus):
        weir.must_be_alive()
        assert time.monotonic() < deadline, f"{len(missing)} lost, such as {missing[:5]}"
        time.sleep(0.05)
    settled(weir, 1)
    print(
        f"{ROUNDS} kills, seed {SEED}: {len(writer.acknowledged) * writer.SERIES} samples, "
        f"answers to weir {sorted(set(relay.statuses))}, {len(relay.statuses)} requests, "
        f"{writer.statuses}"
    )
    assert set(relay.statuses) <= {204, 400}, [b for b in relay.bodies if b]
    # One sample asks about each request that was lost. With version 2 the request itself comes again, in two parts at most.
    assert relay.statuses.count(400) <= ROUNDS * (2 if NAMES_ALL else 1)
    assert discarded(weir) == {}
    assert weir.metrics().one("weir_sink_bisection_requests_total", sink=SINK) == 0


def test_kill_9_at_any_moment_under_load(prometheus, make_weir):
    random_ = random.Random(SEED + 1)
    weir = make_weir(settings(remote_write_sink(prometheus.url), log={"segment": "1MiB"})).start()
    with Writer(lambda: weir.client, now_ms() - 600_000) as writer:
        for _ in range(ROUNDS):
            before = len(writer.acknowledged)
            wait_until(lambda: len(writer.acknowledged) > before + 20, 60, "lines acknowledged")
            threading.Event().wait(random_.uniform(0, 0.3))
            weir.kill()
            weir.start()
    deadline = time.monotonic() + 60
    while missing := writer.missing_from(prometheus):
        weir.must_be_alive()
        assert time.monotonic() < deadline, f"{len(missing)} lost, such as {missing[:5]}"
        time.sleep(0.05)
    settled(weir, 1)
    assert discarded(weir) == {}
    assert weir.metrics().one("weir_sink_bisection_requests_total", sink=SINK) == 0
