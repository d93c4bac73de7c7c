# SPDX-License-Identifier: Apache-2.0
"""A day of a Flink cluster, from a seed, through weir into a real Prometheus, while both are killed and restarted,
clocks are wrong, answers get lost, and reports come twice, late and from the far future. Then every sample that the
rules admit is read back, with its value.

WEIR_DAY_SEEDS sets how many days (1), WEIR_DAY_SEED the first seed (17), WEIR_DAY_STEPS how many reports of each
process make a day (300), WEIR_DAY_LOSE how many requests of a hundred get lost all day long (0). ./dev judges makes
long ones."""

import collections
import os
import random
import time

import pytest

from harness.day.day import Day
from harness.day.receiver import LossyRelay
from harness.samples import discarded
from harness.settings import remote_write_sink, settings

SEEDS = int(os.environ.get("WEIR_DAY_SEEDS", "1"))
STEPS = int(os.environ.get("WEIR_DAY_STEPS", "300"))
FIRST = int(os.environ.get("WEIR_DAY_SEED", "17"))
LOSE = float(os.environ.get("WEIR_DAY_LOSE", "0"))
SINK = "prometheus"
SILENCE = 3  # seconds


@pytest.fixture
def start_day(make_weir):
    relays = []

    def start(seed, prometheus, version):
        relay = LossyRelay(f"127.0.0.1:{prometheus.port}", random.Random(seed + 1), LOSE)
        relays.append(relay)
        sink = remote_write_sink(relay.url, mapping="flink", stale_after=f"{SILENCE}s", version=version)
        weir = make_weir(settings(sink, databases={"*": {"flink_gauges": True}})).start()
        return Day(seed, STEPS, weir, prometheus, relay, SILENCE)

    yield start
    for relay in relays:
        relay.stop()


def incidents(day):
    """What goes wrong in this day, in its order."""
    kinds = [
        day.a_report_twice,
        day.other_values_for_a_time,
        day.disorder_within_a_body,
        day.a_report_that_comes_late,
        day.a_clock_is_set_back,
        day.the_far_future,
        day.weir_is_killed,
        day.weir_is_killed,
        day.weir_is_restarted,
        day.prometheus_is_killed,
        day.prometheus_is_restarted,
        day.answers_get_lost,
        lambda: day.task_managers_die(0, 3),
    ]
    day.random.shuffle(kinds)
    return kinds


def live(day):
    """The whole day. What ended has its marker before weir is restarted: a marker of what weir finds ended at a start
    has the time of that start, which is far ahead of the day."""
    plan = incidents(day)
    while plan or day.step < day.steps:
        if plan:
            plan.pop()()
        day.pass_time(max(1, (day.steps - day.step) // (len(plan) + 1)))


def a_quiet_end(day):
    """Whatever was wrong is over: nothing is refused or asked again and again."""
    day.relay.lose = 0.0
    day.managers.pop()  # the one whose clock is wrong by too much
    day.all_is_dealt_with()
    before = len(day.relay.said)
    day.pass_time(5)
    return collections.Counter(status for status, _ in day.relay.said[before:])


@pytest.mark.parametrize("server, version", [("prometheus", 1), ("prometheus_3", 1), ("prometheus_3", 2)])
@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_a_day_of_flink(request, start_day, server, version, seed):
    day = start_day(seed, request.getfixturevalue(server), version)
    began = time.monotonic()
    live(day)
    at_the_end = a_quiet_end(day)
    wrong, counts = day.books.compare(day.stored())
    said = collections.Counter(status for status, _ in day.relay.said)
    given_up = discarded(day.weir, "samples")
    print(
        f"{server}, version {version}, seed {seed}: {day.step} steps in {time.monotonic() - began:.1f} s; "
        f"{day.books.bodies} bodies, {dict(counts)}; writes {dict(day.answers)}; the server said {dict(said)}, and "
        f"on its way {day.relay.made_up}; given up since the last start {given_up}; ended after {day.took} s"
    )
    assert not wrong, f"{len(wrong)} samples, such as\n" + "\n".join(wrong[:8])
    assert set(at_the_end) == {204}, at_the_end
    assert set(given_up) <= {"string", "future", "duplicate", "out_of_order", "too_old"}, given_up
    # A few for each report that is too old, and for each incident, to find out what is refused.
    assert said[400] <= 4 * (day.too_old_reports + 20), said
    assert sum(said.values()) - said[204] - said[400] <= 20, said
    assert day.took, "nobody died"
