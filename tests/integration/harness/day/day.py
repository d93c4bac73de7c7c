# SPDX-License-Identifier: Apache-2.0
"""What happens in a day, and when: reports of every process each step, and among them what goes wrong. All from a seed.

The day is written in a fraction of its time: the points' times are those of the day, the clocks of weir and of the
server are not. So what weir measures by its own clock (silence, the far future) is asked in real time."""

import collections
import random
import threading
import time

from ..process import wait_until
from .books import Books
from .flink import JobManager, Point, TaskManager, samples_of

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
FAR_FUTURE_MS = (11 * MINUTE_MS, DAY_MS // 2, 30_000 * DAY_MS)


class Day:
    def __init__(self, seed, steps, weir, prometheus, relay, silence):
        self.random = random.Random(seed)
        self.steps = steps
        self.step_ms = DAY_MS // steps
        self.weir = weir
        self.prometheus = prometheus
        self.relay = relay
        self.weir_is_there = threading.Event()
        self.weir_is_there.set()
        self.silence = silence  # seconds after which a series that ended is owed a marker
        self.begin_ms = int(time.time() * 1000) - DAY_MS
        self.step = 0
        self.books = Books()
        self.answers = collections.Counter()
        self.endings = []  # (what ended, when by the wall, the newest time of it)
        self.took = []  # seconds until the markers of what ended were there
        self.barriers = 0
        self.asked_ms = 0
        self.jobmanager = JobManager(0, self.random)
        self.managers = [
            TaskManager(1, self.random),
            TaskManager(2, self.random, skew_ms=8 * MINUTE_MS),  # ahead, within what the rules let through
            TaskManager(3, self.random, skew_ms=-25 * MINUTE_MS),  # behind
            TaskManager(4, self.random, subtasks=1, database="flink staging"),
            # Behind by too much. What finds its samples out is bounded by the minute, and this day has a thousandth.
            TaskManager(5, self.random, subtasks=1, skew_ms=-3 * 60 * MINUTE_MS, every=steps // 24),
        ]

    @property
    def now_ms(self):
        return self.begin_ms + self.step * self.step_ms

    def reporting(self):
        return [self.jobmanager, *(one for one in self.managers if one.alive)]

    # ---- writing ---------------------------------------------------------------------------------

    def write(self, points, database="flink"):
        """Whether it was acknowledged; the books have it either way."""
        lines = "\n".join(point.line() for point in points)
        try:
            status = self.weir.client.write(lines, database, precision="n").status
        except Exception as error:  # weir is killed in between: http.client's own, and OSError
            status = type(error).__name__
        self.answers[status] += 1
        samples = [one for point in points for one in samples_of(point, database)]
        self.books.written(samples, status == 204)
        return status == 204

    @property
    def too_old_reports(self):
        return self.step // (self.steps // 24) + 1

    def report(self, one):
        points = one.report(self.now_ms)
        if not self.write(points, one.database) and self.random.random() < 0.5:
            # A sender that tries again; Flink's own does not.
            assert self.weir_is_there.wait(60), "weir does not come back"
            self.write(points, one.database)

    def go(self, steps=1):
        for _ in range(steps):
            self.step += 1
            for one in self.reporting():
                if self.step % one.every == 0:
                    self.report(one)

    def pass_time(self, steps):
        """In rounds of a quarter of an hour: within one, samples are as old as they are late, and no older."""
        while steps > 0:
            part = min(steps, max(1, 15 * MINUTE_MS // self.step_ms))
            self.go(part)
            self.all_is_dealt_with()
            steps -= part

    def all_is_dealt_with(self):
        """Ends a round: nothing of it waits any more."""
        self.barriers += 1
        self.asked_ms = self.now_ms + self.barriers  # newer than the last one also where the day stands still
        last = {}
        for database in ("flink", "flink staging"):
            point = Point("end_of_round", {"database": database}, {"value": self.barriers}, self.asked_ms)
            assert self.write([point], database)
            last[samples_of(point, database)[0][0]] = self.barriers
        wait_until(lambda: self._has(last), 60, f"the end of round {self.barriers}", self.weir.must_be_alive)
        waiting = lambda: self.weir.metrics().sum("weir_sink_pending_points")
        wait_until(lambda: waiting() == 0, 60, "nothing waits", self.weir.must_be_alive)
        self.books.next_round()

    def _has(self, expected):
        found = self.prometheus.query(query="flink_end_of_round", time=self.asked_ms / 1000)
        values = {frozenset(one["metric"].items()): float(one["value"][1]) for one in found}
        return values == expected

    # ---- what goes wrong -------------------------------------------------------------------------

    def a_report_twice(self):
        """The same body again, at once and in a later round."""
        one = self.random.choice(self.reporting())
        points = one.report(self.now_ms)
        self.write(points, one.database)
        self.write(points, one.database)
        self.all_is_dealt_with()
        self.write(points, one.database)

    def other_values_for_a_time(self):
        """Two reporters of one process: within a body, in two bodies, and when the first is stored."""
        one = self.managers[0]
        self.write(one.report(self.now_ms) + one.report(self.now_ms))
        self.write(one.report(self.now_ms))
        self.all_is_dealt_with()
        self.write(one.report(self.now_ms))

    def disorder_within_a_body(self):
        one = self.managers[0]
        points = [
            point for part in (5, 1, 4, 2, 3) for point in one.report(self.now_ms - self.step_ms * part // 6)
        ]
        self.step += 1
        self.write(points)

    def a_report_that_comes_late(self):
        """After newer ones of its process: as when a network holds it back."""
        one = self.managers[0]
        points = one.report(self.now_ms)
        self.step += 1
        self.go(3)
        self.all_is_dealt_with()
        self.write(points)

    def a_clock_is_set_back(self):
        """For as long as it was ahead, all that it reports is older than what is there."""
        one = self.managers[1]
        one.skew_ms = 0 if one.skew_ms else 8 * MINUTE_MS

    def the_far_future(self):
        """None of it may be there; one sample would make the server refuse all others until then."""
        now_ms = int(time.time() * 1000)
        for ahead_ms in FAR_FUTURE_MS:
            point = Point("far_future", {"ahead": str(ahead_ms)}, {"value": 1}, now_ms + ahead_ms)
            answer = self.weir.client.write(point.line(), "flink", precision="n")
            assert answer.status == 204, answer

    def task_managers_die(self, *numbers):
        """And their tasks go on elsewhere, in a next attempt. Their last reports come late."""
        dead = [self.managers[number] for number in numbers]
        last = {one.number: one.report(self.now_ms) for one in dead}
        for one in dead:
            one.alive = False
        self.step += 1
        self.go(2)
        for one in dead:
            self._ends(one, last[one.number])
        self.go(2)
        for one in dead:
            one.new_attempt()
            one.alive = True
        self.all_is_dealt_with()
        self.the_ended_are_absent()

    def _ends(self, one, last):
        self.write(last, one.database)
        series = {made[0] for point in last for made in samples_of(point, one.database)}
        ended = {name for name in series if "task_attempt_id" in dict(name)}
        self.endings.append((ended, time.monotonic(), max(point.at for point in last)))

    def weir_is_killed(self):
        """At any moment: between reports, within one, and while requests are under way."""
        self._weir_goes(lambda: self.weir.kill(), self.random.uniform(0, 0.05))

    def weir_is_restarted(self):
        self._weir_goes(lambda: self.weir.stop(), 0)

    def _weir_goes(self, end, after):
        def away():
            time.sleep(after)
            self.weir_is_there.clear()
            end()
            self.weir.start()
            self.weir_is_there.set()

        thread = threading.Thread(target=away)
        thread.start()
        # Reports go on until they meet a weir that is not there.
        enough = self.step + max(1, 15 * MINUTE_MS // self.step_ms)
        while thread.is_alive() and self.weir_is_there.is_set() and self.step < enough:
            self.go()
        thread.join(60)
        assert not thread.is_alive() and self.weir_is_there.is_set(), "weir does not come back"
        self.go()

    def prometheus_is_killed(self):
        self.prometheus.kill()
        self.go(max(1, 15 * MINUTE_MS // self.step_ms))
        self.prometheus.start()
        self.go()

    def prometheus_is_restarted(self):
        self.prometheus.stop()
        self.go(max(1, 15 * MINUTE_MS // self.step_ms))
        self.prometheus.start()
        self.go()

    def answers_get_lost(self):
        before, self.relay.lose = self.relay.lose, 30.0
        self.pass_time(max(4, 60 * MINUTE_MS // self.step_ms))
        self.relay.lose = before

    # ---- what must be ----------------------------------------------------------------------------

    def the_ended_are_absent(self):
        """Each within its time: a marker stands a millisecond behind its last sample. The day nearly stands still, as
        a server takes no marker that is an hour older than its newest sample."""
        for ended, when, newest_ms in self.endings:
            self._go_on_until(lambda: not self._present(ended, newest_ms + 1_000), when + self.silence + 10)
            self.took.append(round(time.monotonic() - when, 1))
            assert self._present(ended, newest_ms) == ended, "they were there"
        self.endings.clear()

    def _go_on_until(self, condition, deadline):
        while not condition():
            self.weir.must_be_alive()
            assert time.monotonic() < deadline, "series that ended are there still"
            # The day waits, the reports do not: they come a few milliseconds apart.
            self.begin_ms += 1_000 - self.step_ms
            self.go()
            time.sleep(0.1)

    def _present(self, series, at_ms):
        found = self.prometheus.query(query='{task_attempt_id!=""}', time=at_ms / 1000)
        return {frozenset(one["metric"].items()) for one in found} & series

    def stored(self):
        found = self.prometheus.samples('{__name__=~"flink_.+"}', before=(self.now_ms + DAY_MS) / 1000)
        return {series: [(at, float(value)) for at, value in samples] for series, samples in found.items()}
