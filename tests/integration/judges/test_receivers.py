# SPDX-License-Identifier: Apache-2.0
"""Other real receivers of remote write than Prometheus: VictoriaMetrics, which takes everything in any order, and
InfluxDB 1, which takes it into a database."""

from harness.process import wait_until
from harness.samples import dealt_with, discarded, now_ms
from harness.settings import remote_write_sink, settings

SINK = "prometheus"


def samples_of(victoria, selector):
    (found,) = victoria.samples(selector).values()
    return found


def write(weir, *lines, database="mydb"):
    answer = weir.client.write("\n".join(lines), database)
    assert answer.status == 204, answer


# ---- VictoriaMetrics -----------------------------------------------------------------------------


def test_victoria_has_the_names_that_vmagent_gives(victoria, start_weir):
    """Those of its own reader of line protocol, for the same body."""
    weir = start_weir(settings(remote_write_sink(victoria.url, mapping="vmagent", stale_after="off")))
    at = now_ms() - 60_000
    lines = [
        f"cpu,host=a\\ b,dc=eu usage=1.5,idle=2i {at * 10**6}",
        f"m-3.x,ta-g=x,a\\ b=c\\,d f-1.x=2 {at * 10**6}",
        f"temperatur,ort=köln außen=-7.25,on=true {at * 10**6}",
        f'n,s=1 text="42.5" {at * 10**6}',
    ]
    write(weir, *lines)
    weir.wait_delivered(len(lines), sink=SINK)
    by_weir = victoria.samples('{db="mydb"}')
    assert len(by_weir) == 6
    own = victoria.client.request("POST", "/write", {"db": "own"}, "\n".join(lines).encode())
    assert own.status == 204
    of_itself = {
        frozenset((name, "mydb" if name == "db" else value) for name, value in labels): found
        for labels, found in victoria.samples('{db="own"}').items()
    }
    assert by_weir == of_itself


def test_victoria_takes_older_samples(victoria, start_weir):
    """With out_of_order = "send", whatever the order; without it they are dropped as for a Prometheus."""
    base = now_ms() - 6 * 3_600_000
    times = [300, 0, 200, 100, 250, 50]  # minutes
    for mode, expected in (("send", sorted(times)), ("drop", [300])):
        weir = start_weir(settings(remote_write_sink(victoria.url, out_of_order=mode, stale_after="off")))
        for number, minutes in enumerate(times, 1):
            write(weir, f"m,mode={mode} v={minutes} {(base + minutes * 60_000) * 10**6}")
            dealt_with(weir, number)
        found = samples_of(victoria, '{mode="%s"}' % mode)
        assert found == [(base + minutes * 60_000, minutes) for minutes in expected]


def test_victoria_is_killed_and_comes_back(victoria, start_weir):
    weir = start_weir(settings(remote_write_sink(victoria.url, stale_after="off")))
    base = now_ms() - 600_000
    for step in range(60):
        write(weir, *[f"m,s={s} v={step} {(base + step * 1_000) * 10**6}" for s in range(20)])
        if step == 20:
            victoria.kill()
        if step == 40:
            victoria.start()
    weir.wait_delivered(1_200, sink=SINK)
    # What it had in memory when it was killed it had said it took; it keeps a second of that at most in memory, and the
    # rest of what came is there.
    found = victoria.samples("m_v")
    assert len(found) == 20
    for samples in found.values():
        assert {(base + step * 1_000, step) for step in range(21, 60)} <= set(samples)
    assert discarded(weir) == {}


def test_victoria_does_not_know_version_2(victoria, start_weir):
    """It answers 204 and stores nothing: version 1 is spoken, and nothing is lost."""
    weir = start_weir(settings(remote_write_sink(victoria.url, version=2, stale_after="off")))
    base = now_ms() - 60_000
    write(weir, *[f"m,s={s} v={step} {(base + step) * 10**6}" for step in range(100) for s in "ab"])
    weir.wait_delivered(200, sink=SINK)
    assert [len(samples) for samples in victoria.samples("m_v").values()] == [100, 100]
    assert "does not know version 2" in weir.log()


def test_a_series_that_ends_in_victoria(victoria, start_weir):
    """It knows stale markers: the last sample is null, and the series is absent."""
    weir = start_weir(settings(remote_write_sink(victoria.url, stale_after="1s")))
    at = now_ms() - 10_000
    write(weir, f"m v=1 {at * 10**6}")
    weir.wait_delivered(1, sink=SINK)
    markers = lambda: weir.metrics().one("weir_sink_stale_markers_total", sink=SINK) == 1
    wait_until(markers, 20, "a marker", weir.must_be_alive)
    assert samples_of(victoria, "m_v")[0] == (at, 1)
    assert [each for each in samples_of(victoria, "m_v") if each[0] == at + 1] == [(at + 1, None)]


# ---- InfluxDB 1 ----------------------------------------------------------------------------------


def test_influxdb_takes_remote_write(influxd, start_weir):
    """Into the database of the url: measurement and name are one, `value` is the field, labels are tags."""
    influxd.create_database("prom")
    url = f"{influxd.url}/api/v1/prom/write?db=prom"
    weir = start_weir(settings(remote_write_sink(url, stale_after="off")))
    base = now_ms() - 60_000
    write(weir, *[f"cpu,host=h{host} usage={step + host / 8},up=true {(base + step * 1_000) * 10**6}"
                  for step in range(50) for host in range(4)])
    weir.wait_delivered(200, sink=SINK)
    rows = influxd.rows('SELECT host, db, value FROM "cpu_usage"', "prom")
    found = sorted((row["time"] // 10**6, row["host"], row["db"], row["value"]) for row in rows)
    assert found == sorted((base + step * 1_000, f"h{host}", "mydb", step + host / 8)
                           for step in range(50) for host in range(4))
    assert influxd.count("prom", "cpu_up") == 200


def test_a_database_that_influxdb_does_not_have_is_waited_for(influxd, start_weir):
    url = f"{influxd.url}/api/v1/prom/write?db=later"
    weir = start_weir(settings(remote_write_sink(url, stale_after="off", retry_most="200ms")))
    write(weir, "m v=1")
    held = lambda: weir.metrics().sum("weir_sink_holds_total", sink=SINK) >= 1
    wait_until(held, 20, "held", weir.must_be_alive)
    assert "later" in weir.log() and discarded(weir) == {}
    influxd.create_database("later")
    weir.wait_delivered(1, sink=SINK)
    assert influxd.count("later", "m_v") == 1
