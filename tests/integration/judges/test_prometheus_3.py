# SPDX-License-Identifier: Apache-2.0
"""What only a Prometheus 3 takes: version 2 with names of any letters, answers that name what is refused, and older
samples within its window. Debian has no such server: ./dev judges builds one, elsewhere these tests are skipped.

./dev judges runs the tests of delivery/ against it, too."""

from harness.letters import refused_lines
from harness.prometheus import CONFIGURATION, Relay
from harness.samples import dealt_with, discarded, now_ms
from harness.settings import remote_write_sink, settings

SINK = "prometheus"
WINDOW = CONFIGURATION + "storage: {tsdb: {out_of_order_time_window: 10m}}\n"


def stored(prometheus, selector):
    return {
        labels: [(at, float(value)) for at, value in samples]
        for labels, samples in prometheus.samples(selector).items()
    }


def test_names_of_any_letters(prometheus_3, start_weir, version):
    """As they are, with exact names and `names = "utf8"`; found by them, and told by them where they are refused."""
    sink = remote_write_sink(prometheus_3.url, version=version, names="utf8", exact_names=["mine"])
    weir = start_weir(settings(sink))
    base = now_ms() - 60_000
    points = [
        ("tempé.x-y", {"région.a": "île", "主机": "北京"}),
        ("温度", {"host": "a b,c"}),
        ("1up", {"x😀": '"quo\\ted'}),
        ("плюс", {}),
    ]
    escaped = lambda text: text.replace(",", r"\,").replace(" ", r"\ ")
    line = lambda name, tags, at: f"{name}{''.join(f',{k}={escaped(v)}' for k, v in tags.items())} value=1 {at * 10**6}"
    for at in (base, base + 1_000):
        body = "\n".join(line(name, tags, at) for name, tags in points)
        assert weir.client.write(body, "mine").status == 204
    weir.wait_delivered(2 * len(points), sink=SINK)
    for name, tags in points:
        found = stored(prometheus_3, '{"%s"}' % name)
        assert found == {frozenset({"__name__": name, **tags}.items()): [(base, 1.0), (base + 1_000, 1.0)]}
    assert discarded(weir) == {}


def test_older_samples_within_the_window(start_prometheus_3, start_weir, version):
    prometheus = start_prometheus_3(WINDOW)
    weir = start_weir(settings(remote_write_sink(prometheus.url, version=version, out_of_order="send")))
    base = now_ms() - 1_000
    times = [0, 5, 3, 9, 20, 7, 25, 1]  # minutes ago
    for number, minutes in enumerate(times, 1):
        assert weir.client.write(f"m v={minutes} {(base - minutes * 60_000) * 10**6}", "mydb").status == 204
        dealt_with(weir, number)
    (found,) = stored(prometheus, "m_v").values()
    assert [value for _, value in found] == [9, 7, 5, 3, 1, 0]
    assert discarded(weir) == {"too_old": 2}


def test_an_answer_names_what_is_refused(prometheus_3, make_weir):
    """A hundred of a thousand series are another writer's, and ahead: one answer, and nothing is looked for."""
    base = now_ms() - 60_000
    relay = Relay(f"127.0.0.1:{prometheus_3.port}")
    try:
        sinks = [remote_write_sink(url, version=2) for url in (prometheus_3.url, relay.url)]
        other, weir = [make_weir(settings(sink)).start() for sink in sinks]
        ahead = [f"m,s={i} v=9 {(base + 5_000) * 10**6}" for i in range(3, 1_000, 10)]
        assert other.client.write("\n".join(ahead), "mydb").status == 204
        other.wait_delivered(len(ahead), sink=SINK)
        lines = [f"m,s={i} v={i} {(base + i) * 10**6}" for i in range(1_000)]
        assert weir.client.write("\n".join(lines), "mydb").status == 204
        dealt_with(weir, 1_000)
        assert relay.statuses == [400]
        assert discarded(weir) == {"out_of_order": 100}
        assert sorted(refused_lines(weir, SINK)) == sorted(lines[3::10])
        assert len(prometheus_3.samples("m_v")) == 1_000
        assert weir.metrics().one("weir_sink_bisection_requests_total", sink=SINK) == 0
    finally:
        relay.stop()


def test_its_own_limit_of_the_future_is_never_reached(prometheus_3, start_weir, version):
    weir = start_weir(settings(remote_write_sink(prometheus_3.url, version=version)))
    now = now_ms()
    lines = [f"m,s={minutes} v=1 {(now + minutes * 60_000) * 10**6}" for minutes in (0, 9, 11, 600)]
    assert weir.client.write("\n".join(lines), "mydb").status == 204
    dealt_with(weir, 4)
    assert discarded(weir) == {"future": 2}
    assert {dict(labels)["s"] for labels in prometheus_3.samples("m_v")} == {"0", "9"}
