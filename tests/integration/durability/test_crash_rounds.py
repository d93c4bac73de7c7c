# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments under load, with small segments, two sinks, and a database that is missing upstream, so
that its frames are being parked: whatever was answered 204 arrives, in order.

WEIR_CRASH_ROUNDS sets how often (3), WEIR_CRASH_SEED when; both are printed.
"""

import os
import random
import threading

import pytest

from harness.load import Numbered, in_order
from harness.process import wait_until
from harness.recorder import Recorder
from harness.settings import influx_sink, settings

ROUNDS = int(os.environ.get("WEIR_CRASH_ROUNDS", "3"))
SEED = int(os.environ.get("WEIR_CRASH_SEED", "20200913"))


@pytest.fixture
def recorders():
    made = [Recorder({"load"}), Recorder({"load", "missing"})]
    yield made
    for each in made:
        each.stop()


def crash(weir, loads, random_):
    for _ in range(ROUNDS):
        before = [load.acknowledged_count() for load in loads]
        wait_until(
            lambda before=before: all(
                load.acknowledged_count() > count for load, count in zip(loads, before)
            ),
            what="lines of each database acknowledged",
            alive=weir.must_be_alive,
        )
        # The kill comes at a moment, not on a condition: that is its subject.
        threading.Event().wait(random_.uniform(0.0, 0.4))
        weir.kill()
        weir.start()


def test_nothing_acknowledged_is_lost(recorders, make_weir):
    random_ = random.Random(SEED)
    first, second = recorders
    keys = {"park_after": "100ms", "retry_most": "200ms", "batch.age": "10ms"}
    weir = make_weir(
        settings(
            influx_sink(first.url, "first", **keys),
            influx_sink(second.url, "second", **keys),
            log={"acknowledge": "written", "segment": "1MiB", "compression": "none"},
        )
    ).start()
    address = lambda: weir.client.address
    loads = [
        Numbered(address, "load", threads=2, lines=200),
        Numbered(address, "missing", threads=2, lines=200),
    ]
    with loads[0], loads[1]:
        crash(weir, loads, random_)
    parked = weir.metrics().sum("weir_sink_parked_points", sink="first")
    assert parked > 0, "nothing was parked: this test did not try what it is for"
    first.databases.add("missing")

    total = sum(load.acknowledged_count() for load in loads)

    def nothing_waits():
        metrics = weir.metrics()
        done = metrics.sum("weir_sink_delivered_points_total")
        return done >= 2 * total and metrics.sum("weir_sink_pending_points") == 0

    wait_until(nothing_waits, 120, "everything delivered", weir.must_be_alive)
    for recorder in recorders:
        for load in loads:
            arrived = recorder.first_arrivals(load.db)
            assert load.missing_from_lines(arrived) == set()
            in_order(arrived)
    metrics = weir.metrics()
    assert metrics.sum("weir_sink_discarded_points_total") == 0
    assert metrics.sum("weir_sink_parked_points") == 0
    print(f"{ROUNDS} kills, seed {SEED}: {total} lines acknowledged, {parked:.0f} were parked")
