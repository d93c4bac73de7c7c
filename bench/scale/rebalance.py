# SPDX-License-Identifier: Apache-2.0
"""A consumer group that shares partitions out anew, as a simulation of events: how long each partition stands still, and how much of
it is delivered twice.

The protocol is Kafka's classic one with cooperative assignment, as a sink's members speak it: a member that joins, leaves or
falls silent starts a round; the others learn of it by their next heartbeat and join again, while they go on delivering. A
partition that is to move is let go of in one round and given away in the next. Broker and members are played, time is a
number, and everything random comes from a seed: no process runs. What it plays wrong, docs/scale.md names.
"""
import dataclasses
import heapq
import math
import random


@dataclasses.dataclass(frozen=True)
class Timings:
    """Seconds."""

    session: float = 10.0
    heartbeat: float = 2.0
    # A request to the coordinator and its answer.
    round_trip: float = 0.005
    # From a revocation until the sink of a partition has stopped and its position is kept, one after the other.
    release: float = 0.02
    # From an assignment until the first batch of a partition is under way, one after the other.
    take: float = 0.05
    # Between two records of where a sink stands.
    commit: float = 1.0
    # Of a process that is started again.
    restart: float = 5.0
    # After a process of a rolling upgrade is back, before the next one goes.
    settle: float = 15.0


@dataclasses.dataclass
class Pause:
    """A partition that stood still."""

    partition: int
    begin: float
    end: float
    # Seconds of delivery that are done again.
    repeats: float


class Member:
    def __init__(self, name):
        self.name = name
        self.alive = True
        self.owned = set()
        # Until when it is busy with letting go or taking over: only then does it join, or answer.
        self.busy_until = 0.0
        self.last_heartbeat = 0.0
        # It is on its way to the round, and the coordinator has heard of it.
        self.in_round = False
        self.arrived = False
        # Raised when it dies or leaves: events of before are then nobody's.
        self.life = 0


class Group:
    """One sink's consumer group over `partitions`, with `members` at the beginning, in balance."""

    def __init__(self, members, partitions, timings, seed):
        self.now = 0.0
        self.timings = timings
        self.random = random.Random(seed)
        self.partitions = partitions
        self.members = {}
        self.rounds = 0
        self.joining = False
        self.pauses = []
        # Partition: (since when it stands still, seconds of delivery to be repeated).
        self.still = {}
        self.commits = [self.random.uniform(0, timings.commit) for _ in range(partitions)]
        self.events = []
        self.count = 0
        for name in range(members):
            self.members[name] = Member(name)
        for partition in range(partitions):
            self.members[partition % members].owned.add(partition)
        for member in self.members.values():
            self.at(self.random.uniform(0, timings.heartbeat), self.heartbeat, member, member.life)

    # --- events

    def at(self, when, action, *arguments):
        self.count += 1
        heapq.heappush(self.events, (when, self.count, action, arguments))

    def run(self, until):
        """Until that time."""
        while self.events and self.events[0][0] <= until:
            self.now, _, action, arguments = heapq.heappop(self.events)
            action(*arguments)
        self.now = until

    def heartbeat(self, member, life):
        if not member.alive or member.life != life:
            return
        member.last_heartbeat = self.now
        if self.joining and not member.in_round:
            self.join_round(member)
        self.at(self.now + self.timings.heartbeat, self.heartbeat, member, life)

    # --- what happens to members

    def kill(self, name):
        """It says nothing more: the coordinator finds out after its session."""
        member = self.members[name]
        member.alive = False
        member.life += 1
        for partition in member.owned:
            since = (self.now - self.commits[partition]) % self.timings.commit
            self.still.setdefault(partition, (self.now, since))
        self.at(member.last_heartbeat + self.timings.session, self.expire, member)

    def expire(self, member):
        self.members.pop(member.name, None)
        self.begin_round()

    def leave(self, name):
        """It stops its sinks, keeps their positions, and says goodbye."""
        member = self.members[name]
        member.alive = False
        member.life += 1
        for partition in sorted(member.owned):
            self.still.setdefault(partition, (self.now, 0.0))
        self.at(self.now + self.timings.release * len(member.owned) + self.timings.round_trip, self.expire, member)

    def join(self, name):
        member = Member(name)
        self.members[name] = member
        self.at(self.now + self.timings.heartbeat, self.heartbeat, member, member.life)
        member.last_heartbeat = self.now
        self.begin_round()
        self.join_round(member)

    # --- rounds

    def begin_round(self):
        if not self.joining:
            self.joining = True
            for member in self.members.values():
                member.in_round = False
        self.end_round_if_all_are_there()

    def join_round(self, member):
        """Its request to join arrives once it is done with what it was told before."""
        when = max(self.now, member.busy_until) + self.timings.round_trip / 2
        member.in_round = True
        self.at(when, self.joined, member, member.life)

    def joined(self, member, life):
        if member.alive and member.life == life:
            member.arrived = True
            self.end_round_if_all_are_there()

    def end_round_if_all_are_there(self):
        if self.joining and self.members and all(each.arrived for each in self.members.values()):
            self.end_round()

    def end_round(self):
        self.joining = False
        self.rounds += 1
        target = assign(self.members.values(), self.partitions)
        owners = {partition: member for member in self.members.values() for partition in member.owned}
        # The answer to joining, the leader's plan to the coordinator, and its answer to all.
        told = self.now + 1.5 * self.timings.round_trip
        again = False
        for member in self.members.values():
            member.arrived = False
            mine = target[member.name]
            revoked = sorted(member.owned - mine)
            taken = sorted(partition for partition in mine - member.owned if partition not in owners)
            begin = max(told, member.busy_until)
            for place, partition in enumerate(revoked):
                # It delivers until it is told, and then stands until somebody has it.
                self.still.setdefault(partition, (begin + place * self.timings.release, 0.0))
                member.owned.discard(partition)
            done = begin + len(revoked) * self.timings.release
            for place, partition in enumerate(taken):
                member.owned.add(partition)
                self.at(done + (place + 1) * self.timings.take, self.resumed, partition, member, member.life)
            member.busy_until = done + len(taken) * self.timings.take
            if revoked:
                again = True
                self.at(done, self.rejoin, member, member.life)
        if again:
            return

    def rejoin(self, member, life):
        if member.alive and member.life == life:
            self.begin_round()
            if not member.in_round:
                self.join_round(member)

    def resumed(self, partition, member, life):
        if not member.alive or member.life != life:
            return
        begin, repeats = self.still.pop(partition, (self.now, 0.0))
        self.pauses.append(Pause(partition, begin, self.now, repeats))


def assign(members, partitions):
    """As cooperative-sticky does: everybody keeps what he has as far as that is fair. By name of the member."""
    members = sorted(members, key=lambda each: (-len(each.owned), each.name))
    least, more = divmod(partitions, len(members))
    target, spare = {}, set(range(partitions))
    for place, member in enumerate(members):
        fair = least + (1 if place < more else 0)
        keeps = set(sorted(member.owned)[:fair])
        target[member.name] = keeps
        spare -= keeps
    left = sorted(spare)
    for place, member in enumerate(members):
        fair = least + (1 if place < more else 0)
        mine = target[member.name]
        while len(mine) < fair:
            mine.add(left.pop(0))
    assert not left
    return target


# --- what is asked of it


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Over all seeds: of partitions that stood still. Seconds."""

    moved_share: float
    p50: float
    p99: float
    longest: float
    repeats: float
    rounds: float
    # Until the last partition was delivered again.
    whole: float


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


EVENTS = ("joins", "leaves", "is killed", "rolling upgrade")


def play(what, members, partitions, timings=Timings(), seed=1):
    """One group, one event (or an upgrade of all): the group and when it began."""
    group = Group(members, partitions, timings, seed)
    begin = 3 * timings.heartbeat + group.random.uniform(0, timings.heartbeat)
    group.run(begin)
    slack = timings.session + 6 * timings.heartbeat + partitions * (timings.take + timings.release)
    if what == "joins":
        group.join(members)
    elif what == "leaves":
        group.leave(0)
    elif what == "is killed":
        group.kill(0)
    elif what == "rolling upgrade":
        for name in range(members):
            group.leave(name)
            group.run(group.now + timings.restart)
            group.join(name)
            group.run(group.now + timings.settle)
    else:
        raise ValueError(what)
    group.run(group.now + slack)
    return group, begin


def outcome(what, members, partitions, timings=Timings(), seeds=range(1, 8)):
    pauses, shares, rounds, whole, repeats = [], [], [], [], [0.0]
    for seed in seeds:
        group, begin = play(what, members, partitions, timings, seed)
        if group.still:
            raise AssertionError(f"{len(group.still)} partitions have no owner")
        pauses += [each.end - each.begin for each in group.pauses]
        repeats += [each.repeats for each in group.pauses]
        shares.append(len({each.partition for each in group.pauses}) / partitions)
        rounds.append(group.rounds)
        whole.append(max((each.end for each in group.pauses), default=begin) - begin)
    return Outcome(
        moved_share=sum(shares) / len(shares),
        p50=quantile(pauses, 0.5),
        p99=quantile(pauses, 0.99),
        longest=max(pauses, default=0.0),
        repeats=max(repeats),
        rounds=sum(rounds) / len(rounds),
        whole=sum(whole) / len(whole),
    )
