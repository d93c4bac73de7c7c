# SPDX-License-Identifier: Apache-2.0
"""Sinks on a log in Kafka, a played one: what was acknowledged arrives, in order of each series, and once, unless a process was
killed. A member joins a group in 3 s there, and takes over from one that left after 10 s; tests/kafka has a real one."""

import time

from harness.kafka.fleet import DATABASE, check_frame, weir_of
from harness.load import Spread
from harness.process import wait_until
from harness.settings import file_sink

SHARDS = 4


def load_on(weir, **keys):
    defaults = {"threads": 2, "lines": 20, "pace": 0.02}
    return Spread(lambda: weir.client.address, DATABASE, **{**defaults, **keys})


def write_more(load, count):
    least = load.acknowledged_count() + count
    wait_until(lambda: load.acknowledged_count() >= least, 60, f"{count} more lines, of {load.answers}")


def all_arrive(deliveries, *loads, seconds=60):
    total = sum(load.acknowledged_count() for load in loads)
    assert total > 0
    wait_until(lambda: not deliveries.missing(*loads), seconds, f"{total} acknowledged lines at the server", pause=0.1)
    deliveries.check_order()


def test_an_intake_and_a_sink_of_their_own(brokers, start_weir, deliveries):
    keys = {"log": {"compression": "none"}}
    intake = start_weir(weir_of(brokers.addresses, deliveries.sink(), roles=["intake"], **keys))
    sinks = start_weir(weir_of(brokers.addresses, deliveries.sink(), roles=["sinks"], **keys))
    with load_on(intake) as load:
        write_more(load, 200)
        wait_until(lambda: deliveries.count() > 0, 30, "deliveries")
        recorder = deliveries.recorders["one"]
        recorder.down = True
        write_more(load, 200)
        recorder.down = False
        sinks.stop()
        at_stop = deliveries.count()
        # Nobody delivers, and the intake takes more.
        write_more(load, 200)
        assert deliveries.count() == at_stop
        sinks.start()
        write_more(load, 200)
    all_arrive(deliveries, load)
    assert set(load.answers) == {204}, load.answers
    deliveries.check_repeats([])
    kept = [line for record in brokers.kcat.records("weir") for line in check_frame(record, SHARDS)]
    assert sorted(kept) == sorted(set(deliveries.lines()))
    assert all(brokers.kcat.values("weir", shard) for shard in range(SHARDS))


def test_a_killed_weir_repeats_no_more_than_a_commit_interval(brokers, start_weir, deliveries):
    weir = start_weir(weir_of(brokers.addresses, deliveries.sink()))
    with load_on(weir) as load:
        write_more(load, 500)
        wait_until(lambda: deliveries.count() > 300, 30, "deliveries")
        killed = time.monotonic()
        weir.kill()
        weir.start()
        write_more(load, 300)
    all_arrive(deliveries, load)
    deliveries.check_repeats([killed])


def test_partitions_write_one_file_and_one_standard_output(brokers, start_weir):
    """Series of a database are in all partitions, and each has a sink of its own that writes to the same place."""
    sinks = [file_sink(**{"batch.age": "5ms"}), {"name": "out", "type": "stdout", "batch.age": "5ms"}]
    weir = start_weir(weir_of(brokers.addresses, *sinks))
    path = weir.directory / "lines" / f"{DATABASE}.lp"
    with load_on(weir, threads=4, lines=20, pace=0.002) as load:
        wait_until(path.exists, 30, "partitions assigned", weir.must_be_alive)
        write_more(load, 6000)
    wait_until(lambda: not load.missing_from_lines(path.read_text().splitlines()), 30, "all lines", weir.must_be_alive)
    lines = path.read_text().splitlines()
    assert len(lines) == len(set(lines)) == load.acknowledged_count()
    delivered = lambda: weir.metrics().sum("weir_sink_delivered_points_total", sink="out")  # noqa: E731
    wait_until(lambda: delivered() == len(lines), 30, "all of them on standard output", weir.must_be_alive)
