# SPDX-License-Identifier: Apache-2.0
"""What became of the points of a sink, by default one of remote write."""

import time

from harness.process import wait_until

SINK = "prometheus"


def now_ms():
    return int(time.time() * 1000)


def discarded(weir, what="points", sink=SINK):
    """{reason: how many} that are more than none."""
    found = weir.metrics().matching(f"weir_sink_discarded_{what}_total", sink=sink)
    return {labels["reason"]: value for labels, value in found if value}


def dealt_with(weir, points, sink=SINK, seconds=60, nothing_waits=False):
    """Until so many points, or more, are delivered or given up."""

    def reached():
        metrics = weir.metrics()
        kinds = ("delivered", "discarded")
        done = sum(metrics.sum(f"weir_sink_{kind}_points_total", sink=sink) for kind in kinds)
        waits = nothing_waits and metrics.sum("weir_sink_pending_points", sink=sink) > 0
        return done >= points and not waits

    wait_until(reached, seconds, f"{points} points dealt with", weir.must_be_alive)


def settled(weir, points, sink=SINK, seconds=60):
    """The same, and none is pending. (Right after an answer the sink may not have seen what it is about.)"""
    dealt_with(weir, points, sink, seconds, nothing_waits=True)
