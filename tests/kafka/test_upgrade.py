# SPDX-License-Identifier: Apache-2.0
"""The upgrade path of docs/operations.md: one weir after the other ends and is started again, while clients write and others deliver."""

import datetime
import time

from cluster import READY, Fleet

from harness.process import wait_until


def given_back(weirs):
    """When partitions moved from one of these to another, on the monotonic clock."""
    ahead = time.time() - time.monotonic()
    return [
        datetime.datetime.fromisoformat(line.split(" ")[0].replace("Z", "+00:00")).timestamp() - ahead
        for weir in weirs
        for line in weir.log().splitlines()
        if " given back, " in line
    ]


def test_a_fleet_is_restarted_one_by_one(start_kafka, deliveries, make_weir):
    fleet = Fleet(start_kafka(), deliveries, make_weir, intakes=2, sinks=2, shards=4).start()
    loads = fleet.loads()
    stopped = []
    for load in loads:
        load.__enter__()
    try:
        for load in loads:
            fleet.write_more(load, 300)
        for weir in [*fleet.sinks, *fleet.intakes]:
            stopped.append(time.monotonic())
            weir.restart()
            wait_until(lambda weir=weir: weir.client.get("/ready").status in READY, 60, f"{weir.title} to be ready")
            for load in loads:
                fleet.write_more(load, 300)
    finally:
        for load in loads:
            load.__exit__(None, None, None)
    fleet.all_arrive(*loads)
    # Only batches come again whose answers a weir could not wait for, when it ended or gave partitions back to one that came.
    moves = sorted([*stopped, *given_back(fleet.sinks)])
    assert len(moves) > len(stopped)
    count, _ = deliveries.check_repeats(moves, commit_seconds=0.0)
    print(f"{count} of {deliveries.count()} lines came again over {len(stopped)} restarts")
