# SPDX-License-Identifier: Apache-2.0
"""The books of a day: every sample that was written, and what the rules say of it. They know nothing of weir's code.

The rules are those of docs/prometheus_mapping.md and of a Prometheus without an out-of-order window:
- a sample that is newer than all that was written of its series before is taken;
- of several values for one time the last one stays if none of them was stored before, else the first;
- what is an hour older than the newest sample of the server is too old.

Weir decides batch by batch, and which lines share a batch is a matter of luck. So the books count in rounds: all of a
round is dealt with before the next one begins. What depends on luck within a round may be there or not.
"""

import collections
import dataclasses
import itertools
import math

HOUR_MS = 3_600_000
NEVER = -(2**63)


@dataclasses.dataclass
class Write:
    at: int
    value: float
    body: int
    round: int
    acknowledged: bool
    newest_before: int = NEVER  # of the series, of all that was written before this


def same(one, other):
    return one == other or (math.isnan(one) and math.isnan(other))


class Books:
    def __init__(self):
        self.round = 0
        self.bodies = 0
        self._series = collections.defaultdict(list)  # series: its writes, in their order
        self._newest = collections.defaultdict(lambda: NEVER)  # by series
        self._newest_of_round = collections.defaultdict(lambda: NEVER)

    def next_round(self):
        self.round += 1

    def written(self, samples, acknowledged):
        """One body: samples are (series, time in ms, value) in the order of its lines. None that the rules refuse
        whatever else was written."""
        self.bodies += 1
        for series, at, value in samples:
            newest = self._newest[series]
            self._series[series].append(Write(at, value, self.bodies, self.round, acknowledged, newest))
            self._newest[series] = max(newest, at)
            self._newest_of_round[self.round] = max(self._newest_of_round[self.round], at)

    def _until(self, newest_of_round):
        """By round: the newest time of it and those before it."""
        by_round = [newest_of_round.get(number, NEVER) for number in range(self.round + 1)]
        return list(itertools.accumulate(by_round, max))

    def _musts(self):
        """{(series, time): the write that must have brought it, if no other one did}."""
        oldest_taken = [newest - HOUR_MS for newest in self._until(self._newest_of_round)]
        found = {}
        for series, writes in self._series.items():
            for one in writes:
                good = one.acknowledged and one.newest_before <= one.at >= oldest_taken[one.round]
                if good:
                    found.setdefault((series, one.at), one)
        return found

    def verdicts(self):
        """{series: {time: ("must" | "may" | "cannot", values)}}: must be there with one of these values, and so on."""
        musts = self._musts()
        sure_of_round = {}
        sure_of_series = collections.defaultdict(dict)
        for (series, at), one in musts.items():
            for table in (sure_of_round, sure_of_series[series]):
                table[one.round] = max(table.get(one.round, NEVER), at)
        sure = [newest - HOUR_MS for newest in self._until(sure_of_round)]
        verdicts = {}
        for series, writes in self._series.items():
            newest = self._until(sure_of_series[series])
            of_time = collections.defaultdict(list)
            for one in writes:
                of_time[one.at].append(one)
            verdicts[series] = {
                at: (self._verdict(musts.get((series, at)), group, newest, sure), values_of(group))
                for at, group in of_time.items()
            }
        return verdicts

    @staticmethod
    def _verdict(must, group, newest, sure):
        if must is not None:
            return "must"
        hopeless = all(
            one.round > 0 and (one.at < newest[one.round - 1] or one.at < sure[one.round - 1]) for one in group
        )
        return "cannot" if hopeless else "may"

    def compare(self, stored):
        """What is wrong with what a server has, {series: [(time, value)]}: a list of sentences; and the counts."""
        wrong = []
        counts = collections.Counter()
        verdicts = self.verdicts()
        for series, times in verdicts.items():
            there = dict(stored.get(series, ()))
            for at, (verdict, values) in times.items():
                counts[verdict] += 1
                value = there.pop(at, None)
                for what in fault(verdict, value, values):
                    wrong.append(f"{what}: {dict(series)} at {at}, {value}, of {values}")
            wrong += [f"never written: {dict(series)} at {at}, {value}" for at, value in there.items()]
        wrong += [f"never written: {dict(series)}" for series in stored.keys() - verdicts.keys()]
        return wrong, counts


def values_of(group):
    """What may be the value of one time: of those of one body the last; what comes in a later round finds it stored."""
    acknowledged = [one.round for one in group if one.acknowledged]
    until = acknowledged[0] if acknowledged else group[-1].round
    return list({one.body: one.value for one in group if one.round <= until}.values())


def fault(verdict, value, values):
    if value is None:
        return ["missing"] if verdict == "must" else []
    if verdict == "cannot":
        return ["against the rules"]
    return [] if any(same(value, one) for one in values) else ["another value"]
