# SPDX-License-Identifier: Apache-2.0
"""A sink joins, leaves, dies: the partitions of the others are delivered on meanwhile. How long each pauses is printed.

WEIR_KAFKA_ROUNDS sets how often (2).
"""

import os
import time

from cluster import Fleet, pause

from harness.kafka.kcat import Kcat
from harness.process import wait_until

ROUNDS = int(os.environ.get("WEIR_KAFKA_ROUNDS", "2"))
SHARDS = 6
# Of those that stay where they are. Lines come every 50 ms, batches are sent after 20 ms.
STAYING_SECONDS = 1.0
# Of those that move, where the process that had them was killed: until its session is over (10 s), and a look at where it stood.
MOVING_SECONDS = 20.0


def owners(deliveries, partitions, since):
    """Who delivered each partition last."""
    found = {}
    for seconds, name, line in deliveries.so_far():
        series = line.partition(" ")[0]
        if seconds >= since and series in partitions:
            found[partitions[series]] = name
    return found


def longest_gaps(deliveries, partitions, begin, end):
    """Of each partition the longest time without a delivery."""
    last, gaps = {}, {}
    for seconds, _, line in deliveries.so_far():
        partition = partitions.get(line.partition(" ")[0])
        if partition is None or seconds > end:
            continue
        if seconds >= begin:
            gaps[partition] = max(gaps.get(partition, 0.0), seconds - max(last.get(partition, begin), begin))
        last[partition] = seconds
    return gaps


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


class Watch:
    """Pauses of partitions over one event, by who had them before and after."""

    def __init__(self, deliveries, partitions):
        self.deliveries = deliveries
        self.partitions = partitions
        self.staying = {}
        self.moving = {}

    def over(self, name, event, until):
        before = owners(self.deliveries, self.partitions, time.monotonic() - 1.5)
        begin = time.monotonic()
        event()
        wait_until(until, 60, f"the end of: {name}", pause=0.05)
        pause(1.5)
        after = owners(self.deliveries, self.partitions, time.monotonic() - 1.5)
        gaps = longest_gaps(self.deliveries, self.partitions, begin, time.monotonic())
        for partition, gap in gaps.items():
            stays = before.get(partition) == after.get(partition)
            (self.staying if stays else self.moving).setdefault(name, []).append(gap)
        return before, after

    def report(self):
        for kind, all_gaps in (("staying", self.staying), ("moving", self.moving)):
            for name, gaps in all_gaps.items():
                p50, p99 = quantile(gaps, 0.5), quantile(gaps, 0.99)
                print(f"partitions {kind}, a sink {name}: p50 {p50:.2f} s, p99 {p99:.2f} s, longest {max(gaps):.2f} s of {len(gaps)}")


def test_partitions_that_stay_are_delivered_on(start_kafka, deliveries, make_weir):
    kafka = start_kafka()
    fleet = Fleet(kafka, deliveries, make_weir, sinks=2, shards=SHARDS).start()
    second = fleet.sinks[1]
    (load,) = fleet.loads(pace=0.03)
    kills = []

    def kill():
        kills.append(time.monotonic())
        second.kill()

    with load:
        fleet.write_more(load, 1000)
        partitions = fleet.partition_of_series(Kcat(kafka.address))
        assert set(partitions.values()) == set(range(SHARDS))

        def lately():
            return owners(deliveries, partitions, time.monotonic() - 1.5)

        def both():
            return len(lately()) == SHARDS and set(lately().values()) == {"sink1", "sink2"}

        def one():
            return len(lately()) == SHARDS and set(lately().values()) == {"sink1"}

        wait_until(both, 60, "partitions of both sinks", pause=0.1)
        watch = Watch(deliveries, partitions)
        for _ in range(ROUNDS):
            watch.over("leaves", second.stop, one)
            watch.over("joins", second.start, both)
            watch.over("is killed", kill, one)
            watch.over("joins", second.start, both)
    fleet.all_arrive(load)
    watch.report()
    count, longest = deliveries.check_repeats(kills)
    print(f"{len(kills)} kills: {count} lines came again, of what was delivered up to {longest:.2f} s before one; none at joins and ends")
    for name, gaps in watch.staying.items():
        assert max(gaps) < STAYING_SECONDS, (name, gaps)
    for name, gaps in watch.moving.items():
        assert max(gaps) < MOVING_SECONDS, (name, gaps)
