# SPDX-License-Identifier: Apache-2.0
"""What moves with a partition from one weir to another, before a played Kafka: parked points, and what remote_write has sent."""

import threading

from harness.kafka.fleet import weir_of
from harness.letters import letters
from harness.process import wait_until
from harness.samples import now_ms
from harness.scripted import Scripted
from harness.settings import influx_sink, remote_write_sink

SHARDS = 2
SERIES = 20
T = 1_600_000_000_000_000_000


def delivered(weir, sink):
    return weir.metrics().sum("weir_sink_delivered_points_total", sink=sink)


def write(weir, database, numbers):
    lines = [f"m,s={series} v={number}i {T + number}" for number in numbers for series in range(SERIES)]
    answer = weir.client.write("\n".join(lines), database)
    assert answer.status == 204, answer
    return set(lines)


def test_parked_points_move_to_the_weir_that_takes_over(brokers, start_weir, recorder):
    config = weir_of(brokers.addresses, influx_sink(recorder.url, park_after="0s", retry_most="200ms"))
    first = start_weir(config)
    held = write(first, "late", range(10))
    good = write(first, "good", range(10))
    wait_until(lambda: set(recorder.of("good")) == good, 30, "what can be delivered")
    parked = lambda weir: weir.metrics().sum("weir_sink_parked_points", sink="influx")  # noqa: E731
    wait_until(lambda: parked(first) == len(held), 30, "points parked", first.must_be_alive)
    first.stop()

    second = start_weir(config)
    held |= write(second, "late", range(10, 20))
    wait_until(lambda: parked(second) >= len(held) / 2, 60, "parked points taken over", second.must_be_alive)
    recorder.databases.add("late")
    wait_until(lambda: set(recorder.of("late")) == held, 30, "what was parked", second.must_be_alive)
    lines = recorder.of("late")
    assert len(lines) == len(held), "nothing comes twice after an orderly end"
    for series in range(SERIES):
        mine = [int(line.split("v=")[1].split("i")[0]) for line in lines if line.startswith(f"m,s={series} ")]
        assert mine == list(range(20)), "in order"
    wait_until(lambda: parked(second) == 0, 30, "an empty parking place")
    metrics = second.metrics()
    accepted, pending = (metrics.sum(f"weir_sink_{name}", sink="influx") for name in ("accepted_points_total", "pending_points"))
    assert (accepted, pending) == (len(held) + len(good), 0), "the counts moved, too"


def test_what_was_sent_is_known_to_the_weir_that_takes_over(brokers, prometheus, relay, start_weir):
    """Killed when Prometheus took a request and weir has not heard of it: who takes over asks with one sample, and no good one is lost
    or refused."""
    intake = start_weir(weir_of(brokers.addresses, remote_write_sink(relay.url), roles=["intake"]))
    config = weir_of(brokers.addresses, remote_write_sink(relay.url), roles=["sinks"])
    base = now_ms() - 600_000
    steps = 0

    def write_some(count):
        nonlocal steps
        for _ in range(count):
            lines = [
                f"load,s={series} v={step}i {(base + step) * 10**6}"
                for step in range(steps, steps + 4)
                for series in range(SERIES)
            ]
            assert intake.client.write("\n".join(lines), "load").status == 204
            steps += 4

    def missing():
        found = prometheus.samples("load_v")
        return [
            (series, step)
            for series in range(SERIES)
            for step in set(range(steps))
            - {
                at - base
                for at, _ in found.get(frozenset({"__name__": "load_v", "s": str(series), "db": "load"}.items()), [])
            }
        ]

    for _ in range(2):
        relay.hold()
        weir = start_weir(config)
        write_some(20)
        assert relay.held.wait(60), "no request came"
        write_some(5)
        threading.Event().wait(0.2)
        weir.kill()
        relay.release()
    last = start_weir(config)
    write_some(5)
    wait_until(lambda: missing() == [], 90, "all samples", last.must_be_alive, pause=0.2)
    assert set(relay.statuses) <= {204, 400}, [body for body in relay.bodies if body]
    # One question for each request that was under way, of each partition.
    assert relay.statuses.count(400) <= 2 * SHARDS
    wait_until(lambda: delivered(last, "prometheus") == steps * SERIES, 60, "counted", last.must_be_alive)
    assert last.metrics().sum("weir_sink_discarded_points_total", sink="prometheus") == 0


def test_what_a_server_refused_of_each_partition_is_listed_and_sent_again(brokers, start_weir):
    with Scripted(lambda *_: (400, {}, b'{"error":"unable to parse"}')) as server:
        weir = start_weir(weir_of(brokers.addresses, influx_sink(server.url, create_databases=False)))
        lines = write(weir, "good", range(1))
        refused = weir.directory / "state" / "refused"
        discarded = lambda: weir.metrics().sum("weir_sink_discarded_points_total", sink="influx")  # noqa: E731
        wait_until(lambda: discarded() == len(lines), 60, "all are refused", weir.must_be_alive)
        assert sorted(each.name for each in refused.glob("*.lp")) == ["influx%2E0.lp", "influx%2E1.lp"]
        listed = letters(weir, "list", "--sink", "influx")
        assert listed.count("unable to parse") >= SHARDS
        kept = letters(weir, "file", "-", "--sink", "influx")
        assert lines <= set(kept.splitlines())
        assert f"{SERIES} lines would be sent" in letters(weir, "replay", "--sink", "influx", "--dry-run")
        server.answer = lambda *_: None
        assert f"{SERIES} lines taken by the server, 0 refused" in letters(weir, "replay", "--sink", "influx")
        assert set(server.stored["good"]) == lines
        assert letters(weir, "list", "--sink", "influx", "--unreplayed").count("unable to parse") == 0
