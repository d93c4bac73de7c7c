# SPDX-License-Identifier: Apache-2.0
"""How much of what a rate of lines takes, when weir's log is in Kafka: cores, network, partitions, brokers, databases.

Arithmetic over measured figures (figures.json): linear in bytes and in records, with rooms left where machines share work.
It knows no queues, no disks that slow down and no network that drops: docs/scale.md says what that leaves out. Pure.

GB are 10^9 bytes of line protocol as clients send it, unless they are called stored: what Kafka keeps.
"""
import dataclasses
import json
import math
import pathlib

FIGURES = pathlib.Path(__file__).with_name("figures.json")

# As many partitions as a topic of the plan may have.
PARTITIONS = (12, 24, 48, 96, 192, 384, 768, 1536, 3072)
TOPICS_MAX = 4096


class Figures:
    """`measured` and `assumed` of figures.json, by names with a dot."""

    def __init__(self, tree):
        self.tree = tree
        # (bytes of a frame's lines, stored bytes a byte of them), ascending.
        self.ratios = sorted((point["frame_bytes"], point["ratio"]) for point in tree["compression"]["points"])

    @classmethod
    def load(cls, path=FIGURES):
        return cls(json.loads(pathlib.Path(path).read_text()))

    def __getitem__(self, name):
        for part in ("measured", "assumed"):
            if name in self.tree[part]:
                return self.tree[part][name]["value"]
        raise KeyError(name)

    def stored_ratio(self, frame_bytes):
        """Stored bytes a byte of lines, for a frame of that size: between two measured sizes by the logarithm."""
        least, greatest = self.ratios[0], self.ratios[-1]
        if frame_bytes <= least[0]:
            return least[1]
        if frame_bytes >= greatest[0]:
            return greatest[1]
        for (low, low_ratio), (high, high_ratio) in zip(self.ratios, self.ratios[1:]):
            if frame_bytes <= high:
                share = math.log(frame_bytes / low) / math.log(high / low)
                return low_ratio + share * (high_ratio - low_ratio)
        raise AssertionError("the sizes ascend")


@dataclasses.dataclass(frozen=True)
class Machine:
    """Of one kind for all; cores are those that were measured on (figures.json says which)."""

    cores: int = 16
    nic_gbit: float = 25.0
    disk_gb_s: float = 1.0


@dataclasses.dataclass(frozen=True)
class Workload:
    line_bytes: float = 350.0
    # What an intake has to cut at once: one request at least.
    lines_a_turn: int = 5000
    sinks: tuple = ("influxdb",)
    replication: int = 3


@dataclasses.dataclass(frozen=True)
class Frames:
    """What cutting a turn into partitions makes of it."""

    bytes: float
    ratio: float
    a_turn: float
    # Of lines.
    per_gb: float


def frames(figures, workload, partitions):
    """Series fall into partitions at random: of few lines, some partitions get none."""
    lines = workload.lines_a_turn
    a_turn = partitions * (1.0 - (1.0 - 1.0 / partitions) ** lines)
    turn_bytes = lines * workload.line_bytes
    # A frame ends at so many bytes however large the turn is.
    a_turn = max(a_turn, turn_bytes / figures["frame.bytes_max"])
    size = turn_bytes / a_turn
    return Frames(size, figures.stored_ratio(size), a_turn, 1e9 / size)


@dataclasses.dataclass(frozen=True)
class Demand:
    """What a rate takes: cores that are busy all the time, GB/s; of one topic's share where that is said."""

    intake_cores: float
    intake_in: float
    intake_out: float
    broker_cores: float
    broker_in: float
    broker_out: float
    broker_disk: float
    sink_cores: float
    sink_in: float
    sink_out: float
    database_cores: float
    database_in: float
    # Of each partition's sink thread, the busiest kind.
    thread: float
    # Stored MB/s, and records a second, of each partition.
    partition_mb_s: float
    partition_records_s: float
    frames: Frames

    def cores(self):
        return self.intake_cores + self.broker_cores + self.sink_cores


def demand(figures, workload, gb_s, partitions, topics=1):
    """`partitions` of each of `topics` topics, which share the rate."""
    made = frames(figures, workload, partitions)
    records = gb_s * made.per_gb
    stored = gb_s * made.ratio
    copies = workload.replication
    readers = len(workload.sinks)
    compresses = made.bytes >= figures["frame.plain_bytes"]
    intake = gb_s * (figures["intake.s_per_gb"] + figures["cut.s_per_gb"])
    intake += gb_s * figures["gzip.s_per_gb"] if compresses else 0.0
    intake += stored * figures["produce.s_per_stored_gb"] + records * figures["produce.s_per_record"]
    broker = stored * figures["broker.s_per_stored_gb_in"] + records * figures["broker.s_per_record"]
    broker += (copies - 1) * (stored * figures["broker.s_per_stored_gb_copied"] + records * figures["broker.s_per_record_copied"])
    broker += readers * stored * figures["broker.s_per_stored_gb_out"]
    sinks, threads, leaves, databases = 0.0, [0.0], 0.0, 0.0
    for kind in workload.sinks:
        of_kind = gb_s * figures[f"sink.{kind}.s_per_gb"] + records * figures[f"sink.{kind}.s_per_record"]
        sinks += of_kind
        threads.append(of_kind / (partitions * topics))
        leaves += gb_s * (made.ratio if kind == "influxdb" else figures[f"sink.{kind}.sent_ratio"])
        databases += gb_s * figures[f"database.{kind}.s_per_gb"]
    return Demand(
        intake_cores=intake,
        intake_in=gb_s,
        intake_out=stored,
        broker_cores=broker,
        broker_in=copies * stored,
        broker_out=(copies - 1 + readers) * stored,
        broker_disk=copies * stored,
        sink_cores=sinks,
        sink_in=readers * stored,
        sink_out=leaves,
        database_cores=databases,
        database_in=leaves,
        thread=max(threads),
        partition_mb_s=1000.0 * stored / (partitions * topics),
        partition_records_s=records / (partitions * topics),
        frames=made,
    )


# --- what stands in the way of one topic, whatever is bought


def obstacles(figures, found, partitions):
    """What no further machine helps against, of the most pressing first: [(name, share of what there is)]. Above 1 it does not go."""
    shares = {
        "a partition's sink thread": found.thread / figures["busy"],
        "a partition's bytes": found.partition_mb_s / figures["partition.stored_mb_s_max"],
        "a partition's records": found.partition_records_s / figures["partition.records_s_max"],
        "partitions of a topic": partitions / figures["topic.partitions_max"],
    }
    return sorted(shares.items(), key=lambda each: -each[1])


def goes(figures, found, partitions):
    return obstacles(figures, found, partitions)[0][1] <= 1.0


def farthest(figures, workload):
    """One topic, any number of machines: (GB/s, partitions, what stops it)."""
    best = (0.0, 0, "")
    for partitions in PARTITIONS:
        if partitions > figures["topic.partitions_max"]:
            continue
        # All of it is linear in the rate but the number of partitions.
        at_one = demand(figures, workload, 1.0, partitions)
        name, share = max((each for each in obstacles(figures, at_one, partitions) if each[0] != "partitions of a topic"),
                          key=lambda each: each[1])
        rate = 1.0 / share
        if rate > best[0] * 1.02:
            best = (rate, partitions, name)
    return best


# --- what to buy


@dataclasses.dataclass(frozen=True)
class Plan:
    gb_s: float
    topics: int
    partitions: int
    intakes: int
    brokers: int
    sinks: int
    databases: int
    demand: Demand
    # (what is fullest, share of it), of each kind of machine.
    fullest: dict

    def machines(self):
        return self.intakes + self.brokers + self.sinks + self.databases


def nic_gb_s(machine, figures):
    return machine.nic_gbit / 8.0 * figures["nic.busy"]


def needs(figures, workload, machine, gb_s, partitions, topics=1):
    """How many machines each resource alone would need: {kind: {resource: machines}}."""
    found = demand(figures, workload, gb_s, partitions, topics)
    cores = machine.cores * figures["busy"]
    nic = nic_gb_s(machine, figures)
    return found, {
        "intakes": {"cores": found.intake_cores / cores, "network in": found.intake_in / nic, "network out": found.intake_out / nic},
        "brokers": {
            "cores": found.broker_cores / cores,
            "network in": found.broker_in / nic,
            "network out": found.broker_out / nic,
            "disk": found.broker_disk / (machine.disk_gb_s * figures["busy"]),
            "partitions": partitions * topics * workload.replication / figures["broker.partitions_max"],
        },
        "sinks": {
            "cores": found.sink_cores / cores,
            "network in": found.sink_in / nic,
            "network out": found.sink_out / nic,
            "threads": partitions * topics * len(workload.sinks) / figures["sink.partitions_max"],
        },
        "databases": {"cores": found.database_cores / cores, "network in": found.database_in / nic},
    }


def buy(figures, workload, machine, gb_s, partitions, topics=1, intakes=None):
    found, of_kinds = needs(figures, workload, machine, gb_s, partitions, topics)
    counts, fullest = {}, {}
    for kind, of in of_kinds.items():
        resource, most = max(of.items(), key=lambda each: each[1])
        # Each topic has processes of its own, of which one may die; a cluster has as many brokers as replicas at least.
        least = {"intakes": max(2, topics), "brokers": workload.replication, "sinks": max(2, topics), "databases": len(workload.sinks)}[kind]
        counts[kind] = max(least, math.ceil(most - 1e-9))
        if kind == "intakes" and intakes is not None:
            counts[kind] = intakes
        fullest[kind] = (resource, most / counts[kind])
    return Plan(gb_s, topics, partitions, demand=found, fullest=fullest, **counts)


def plan(figures, workload, machine, gb_s, intakes=None):
    """Few topics and few machines: of all that go, those within a tenth of the fewest machines, and of these the one with the
    fewest topics, then partitions. None: nothing goes."""
    all_plans = []
    topics = 1
    while topics <= TOPICS_MAX:
        for partitions in PARTITIONS:
            found = demand(figures, workload, gb_s, partitions, topics)
            if goes(figures, found, partitions):
                all_plans.append(buy(figures, workload, machine, gb_s, partitions, topics, intakes))
        topics = topics + 1 if topics < 8 else math.ceil(topics * 1.25)
    if not all_plans:
        return None
    fewest = min(each.machines() for each in all_plans)
    near = [each for each in all_plans if each.machines() <= fewest * 1.1]
    return min(near, key=lambda each: (each.topics, each.partitions))


def rate_of(figures, workload, machine, intakes):
    """What so many intakes take: (GB/s, plan). Its cores and its network decide, and the plan's partitions its cores."""
    gb_s = intakes * 0.1
    found = None
    for _ in range(30):
        found = plan(figures, workload, machine, gb_s, intakes)
        if found is None:
            return 0.0, None
        _, share = found.fullest["intakes"]
        if abs(share - 1.0) < 0.005:
            break
        gb_s /= share
    return gb_s, found


def next_bottleneck(made):
    """Of a plan that was bought: what is full first as the rate grows, (kind, resource, share)."""
    kind, (resource, share) = max(made.fullest.items(), key=lambda each: each[1][1])
    return kind, resource, share
