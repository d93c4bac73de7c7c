# SPDX-License-Identifier: Apache-2.0
"""What one database cannot deliver holds up nothing but itself: it leaves the log, and comes back in order."""

import json
import subprocess

import pytest

from harness.process import wait_until
from harness.settings import influx_sink, settings

T = 1_600_000_000_000_000_000
BODIES = 1_500
LINES = 500
# Points are held that InfluxDB has no place for: weir would refuse them.
PARK_SOON = {"park_after": "100ms", "refuse_missing": False}


def parked(weir, what="points"):
    return weir.metrics().sum(f"weir_sink_parked_{what}")


def discarded(weir, reason):
    return weir.metrics().sum("weir_sink_discarded_points_total", reason=reason)


def wait_parked(weir, points):
    wait_until(lambda: parked(weir) == points, what=f"{points} points are parked", alive=weir.must_be_alive)


def conserves(weir):
    metrics = weir.metrics()
    ended = ("delivered_points_total", "discarded_points_total", "pending_points")
    return metrics.sum("weir_sink_accepted_points_total") == sum(metrics.sum(f"weir_sink_{each}") for each in ended)


def segments(weir):
    return len(list((weir.directory / "weir-data" / "segments").glob("*.log")))


def body(first, lines=LINES):
    return "".join(f"m,host=h{i % 50} v={first + i}i {T + (first + i) * 1000}\n" for i in range(lines))


def values(influxd, db, measurement="m"):
    """In the order of times, which is that of writing here."""
    return [row["v"] for row in influxd.rows(f'SELECT v FROM {measurement}', db)]


@pytest.mark.parametrize("what", ["database", "retention policy"])
def test_a_mistyped_database_or_policy_fills_no_log(start_weir, influxd, what):
    influxd.create_database("good")
    missing = {"db": "goood"} if what == "database" else {"db": "good", "rp": "weeek"}
    weir = start_weir(settings(influx_sink(influxd.url, refuse_missing=False, **{"batch.age": "1s"}), log={"keep": "8MiB"}))
    assert weir.client.write(f"held,host=held v=1i {T}\n", **missing).status == 204
    most = 0
    for i in range(BODIES):
        assert weir.client.write(body(i * LINES), "good").status == 204, f"body {i}"
        most = max(most, segments(weir)) if i % 50 == 0 else most
    wait_until(lambda: influxd.count("good", "m", "v") == BODIES * LINES, 60, "the good points are delivered")
    wait_parked(weir, 1)
    wait_until(lambda: segments(weir) <= 3, what="at most three segments")
    assert most <= 4
    # The same after a restart, and after a kill.
    for kill in (False, True):
        weir.restart(kill)
        wait_parked(weir, 1)
        for i in range(BODIES // 3):
            assert weir.client.write(body(i * LINES), "good").status == 204
        wait_until(lambda: segments(weir) <= 3, what="at most three segments")
    if what == "database":
        influxd.create_database("goood")
    else:
        influxd.query("CREATE RETENTION POLICY weeek ON good DURATION INF REPLICATION 1")
    wait_until(lambda: parked(weir) == 0, 30, "the held point is delivered")
    assert len(influxd.rows('SELECT v FROM "goood".."held"' if what == "database" else 'SELECT v FROM "good"."weeek"."held"')) == 1
    wait_until(lambda: weir.metrics().sum("weir_sink_pending_points") == 0, what="all is delivered")
    assert weir.metrics().sum("weir_sink_discarded_points_total") == 0
    assert conserves(weir)


def test_what_was_parked_comes_first_and_in_order_over_a_kill(start_weir, influxd):
    weir = start_weir(settings(influx_sink(influxd.url, **PARK_SOON)))
    for i in range(20):
        weir.client.write(f"m v={i}i\n", "later")
    wait_parked(weir, 20)
    weir.restart(kill=True)
    for i in range(20, 40):
        weir.client.write(f"m v={i}i\n", "later")
    wait_parked(weir, 40)
    weir.restart(kill=True)
    influxd.create_database("later")
    for i in range(40, 60):
        weir.client.write(f"m v={i}i\n", "later")
    wait_until(lambda: parked(weir) == 0, what="nothing is parked any more")
    weir.wait_delivered(60)
    assert values(influxd, "later") == list(range(60))
    assert conserves(weir)


def test_a_sink_that_gets_nothing_through_parks_nothing(start_weir, influxd):
    weir = start_weir(settings(influx_sink(influxd.url, **PARK_SOON)))
    influxd.stop()
    weir.client.write("m v=1i\n", "a")
    weir.client.write("m v=1i\n", "b")
    wait_until(lambda: weir.metrics().sum("weir_sink_retries_total") > 6, what="some attempts")
    assert parked(weir) == 0


def test_beyond_park_keep_the_oldest_of_the_largest_go_and_are_counted(start_weir, influxd):
    weir = start_weir(settings(influx_sink(influxd.url, park_keep="1MiB", **PARK_SOON), log={"compression": "none"}))
    weir.client.write(body(0, 50), "small")
    wait_parked(weir, 50)
    bodies = 60
    for i in range(bodies):
        assert weir.client.write(body(i * 1000, 1000), "big").status == 204
    wait_until(lambda: discarded(weir, "park_full") > 0, what="some are given up")
    wait_until(
        lambda: parked(weir) + discarded(weir, "park_full") == 50 + bodies * 1000, what="all else is parked"
    )
    lost = discarded(weir, "park_full")
    assert weir.metrics().sum("weir_sink_park_full_points_total", database="big") == lost
    assert parked(weir, "bytes") <= 1 << 20
    influxd.create_database("small")
    influxd.create_database("big")
    wait_until(lambda: parked(weir) == 0, what="nothing is parked any more")
    weir.wait_delivered(50 + bodies * 1000 - lost)
    assert influxd.count("small", "m", "v") == 50
    kept = values(influxd, "big")
    assert kept == list(range(int(lost), bodies * 1000)), "the newest"
    assert conserves(weir)


def test_dropping_the_database_empties_what_is_parked_of_it(start_weir, influxd):
    weir = start_weir(settings(influx_sink(influxd.url, create_databases=False, **PARK_SOON)))
    weir.client.write("m v=1i\nm v=2i\n", "gone")
    weir.client.write("m v=1i\n", "stays")
    wait_parked(weir, 3)
    assert "parked" in weir.client.get("/health").text()
    assert weir.client.request("POST", "/query", {"q": "DROP DATABASE gone"}).status == 200
    wait_parked(weir, 1)
    assert discarded(weir, "dropped") == 2
    assert conserves(weir)
    weir.restart(kill=True)
    wait_parked(weir, 1)
    assert discarded(weir, "dropped") == 2


def weir_park(weir, *words):
    command = [weir.executable, "park", *words, "--config", weir.config_path]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, cwd=weir.directory, check=False)


def listed(weir, *words):
    done = weir_park(weir, "list", "--json", *words)
    assert done.returncode == 0, done.stderr
    return {row["database"]: row["points"] for row in map(json.loads, done.stdout.splitlines())}


def test_weir_park_lists_while_weir_runs_and_drops_while_it_does_not(start_weir, influxd):
    weir = start_weir(settings(influx_sink(influxd.url, **PARK_SOON)))
    nothing = weir_park(weir, "list")
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (0, "", "nothing is parked\n")
    weir.client.write("m v=1i\nm v=2i\n", "one")
    weir.client.write("m v=1i\n", "two")
    wait_parked(weir, 3)
    assert listed(weir) == {"one": 2, "two": 1}
    assert listed(weir, "--database", "two", "--sink", "influx") == {"two": 1}
    table = weir_park(weir, "list").stdout.splitlines()
    assert len(table) == 3 and table[1].startswith("influx") and table[1].endswith("  one")
    assert weir_park(weir, "drop").returncode == 2, "it must be said what"
    wrong = weir_park(weir, "list", "--sink", "influy")
    assert wrong.returncode == 2 and 'did you mean "influx"' in wrong.stderr, wrong.stderr
    weir.stop()
    assert "when it is started" in weir_park(weir, "retry").stdout
    assert weir_park(weir, "drop", "--database", "none").returncode == 1
    dropped = weir_park(weir, "drop", "--database", "one")
    assert dropped.returncode == 0 and dropped.stdout.startswith("2 points of 1 lane"), dropped
    assert listed(weir) == {"two": 1}
    weir.start()
    wait_parked(weir, 1)
    assert discarded(weir, "dropped") == 2
    assert discarded(weir, "lost") == 0
    assert conserves(weir)
    influxd.create_database("two")
    wait_until(lambda: parked(weir) == 0, what="the other one is delivered")
    assert influxd.count("two", "m", "v") == 1


def test_weir_park_asks_a_running_weir(start_weir, influxd):
    weir = start_weir(settings(influx_sink(influxd.url, retry_most="1h", retry_least="1m", **PARK_SOON)))
    weir.client.write("m v=1i\nm v=2i\n", "one")
    weir.client.write("m v=1i\n", "two")
    wait_parked(weir, 3)
    url = ("--url", f"http://{weir.announced['http'][0]}")
    dropped = weir_park(weir, "drop", "--database", "one", *url)
    assert (dropped.returncode, dropped.stdout[:21]) == (0, "2 points of 1 lane (d"), dropped
    assert discarded(weir, "dropped") == 2
    influxd.create_database("two")
    again = weir_park(weir, "retry", *url)
    assert again.returncode == 0 and "1 point of 1 lane" in again.stdout, again
    wait_until(lambda: parked(weir) == 0, what="it was tried at once")
    assert influxd.count("two", "m", "v") == 1
    assert weir.client.request("POST", "/-/park/drop").status == 400
    assert weir.client.request("POST", "/-/park/retry", {"sink": "none"}).status == 404
    assert weir.client.request("POST", "/-/park/retry", headers={"Origin": "http://evil"}).status == 403
    own = {"Origin": f"http://{weir.announced['http'][0]}"}  # as the status page's button asks
    assert weir.client.request("POST", "/-/park/retry", headers=own).status == 202
    assert weir.client.request("POST", "/-/park/drop", {"db": "one"}, headers=own).status == 403
