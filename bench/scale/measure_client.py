# SPDX-License-Identifier: Apache-2.0
"""measure.py's parts about Kafka by itself: what weir's client and the brokers take, and how a group shares out anew. No weir runs; the
program scale_records has weir's own client."""
import json
import shutil
import statistics
import subprocess
import time

from measuring import Broker, Failed, directory_of, say

# --- Kafka by itself: records as large as frames, by weir's own client


# Partitions, bytes of a record, turns; some hundred megabytes, or some ten thousand records.
RECORDS = [(12, 64_000, 400), (12, 8_000, 1600), (48, 1_000, 400)]


def measure_records(options, broker, case, replication, number):
    """What the writer, a reader and the brokers take for the same records."""
    partitions, size, turns = case
    topic = f"r{number}-{partitions}-{size}-{replication}"
    addresses = broker.kafka.address
    written = watched(broker, [options.records, "write", addresses, topic, partitions, size, turns, replication])
    at_rest(broker)
    count = written["records"] + 8 * partitions
    read = watched(broker, [options.records, "read", addresses, topic, count])
    broker.kafka.topics("--delete", "--topic", topic)
    return {
        "records": written["records"],
        "gb": written["bytes"] / 1e9,
        "write_cpu_s": written["cpu_seconds"],
        "write_broker_cpu_s": written["broker_cpu_seconds"],
        # Of as many as were written in that time.
        "read_cpu_s": read["cpu_seconds"] * written["records"] / count,
        "read_broker_cpu_s": read["broker_cpu_seconds"] * written["records"] / count,
    }


def at_rest(broker, seconds=30):
    deadline, before = time.monotonic() + seconds, broker.cpu_seconds()
    while time.monotonic() < deadline:
        time.sleep(1)
        now = broker.cpu_seconds()
        if now - before < 0.05 * len(broker.kafka.brokers):
            return
        before = now


def watched(broker, command):
    """The brokers' CPU from the word `begin` until its end, without what they take at rest."""
    process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if process.stdout.readline().strip() != "begin":
        raise Failed(f"{command[0]} did not begin")
    at_rest(broker)
    idle_begin, before = time.monotonic(), broker.cpu_seconds()
    time.sleep(2)
    idle = (broker.cpu_seconds() - before) / (time.monotonic() - idle_begin)
    begin, before = time.monotonic(), broker.cpu_seconds()
    process.stdin.write("\n")
    process.stdin.flush()
    found = json.loads(process.stdout.readline())
    used, lasted = broker.cpu_seconds() - before, time.monotonic() - begin
    if process.wait(60) != 0:
        raise Failed(f"{command[0]} ended with {process.returncode}")
    return {**found, "broker_cpu_seconds": max(0.0, used - idle * lasted)}


def records(options, results):
    directory = directory_of(options)
    broker = Broker(directory, options.kafka, options.brokers)
    try:
        for number in range(-options.warm, options.rounds):
            turn = max(number, 0) % len(RECORDS)
            for case in RECORDS[turn:] + RECORDS[:turn]:
                found = measure_records(options, broker, case, options.brokers, number)
                name = f"{case[0]} partitions, {case[1]} bytes, {options.brokers} copies"
                say(options, number, name, found)
                if number >= 0:  # before it Java's machine warms up
                    results.setdefault("records", {}).setdefault(name, []).append(found)
    finally:
        broker.end()
        shutil.rmtree(directory, ignore_errors=True)


def fitted(results):
    """CPU = a * GB + b * records, by least squares of relative errors, over the medians of the cases."""
    for key in ("write_cpu_s", "write_broker_cpu_s", "read_cpu_s", "read_broker_cpu_s"):
        points = []
        for rounds in results.get("records", {}).values():
            middle = statistics.median(each[key] for each in rounds)
            points.append((rounds[0]["gb"], rounds[0]["records"], middle))
        if len(points) >= 2:
            per_gb, per_record = fit(points)
            print(f"  {key}: {per_gb:.3f} CPU s a GB and {per_record * 1e6:.2f} CPU µs a record")


def fit(points):
    """(a, b) of c = a * x + b * y, neither below 0, for points (x, y, c)."""
    rows = [(x / c, y / c) for x, y, c in points]
    xx, xy, yy = (sum(a * b for a, b in ((row[i], row[j]) for row in rows)) for i, j in ((0, 0), (0, 1), (1, 1)))
    x1, y1 = sum(row[0] for row in rows), sum(row[1] for row in rows)
    by = xx * yy - xy * xy
    a, b = (x1 * yy - y1 * xy) / by, (xx * y1 - xy * x1) / by
    if a < 0:
        return 0.0, y1 / yy
    if b < 0:
        return x1 / xx, 0.0
    return a, b


# --- rebalances of a real group, for what the simulation says


MEMBERS, GROUP_PARTITIONS = 3, 12


class Member:
    """A process that is a member of a group as a sink is one, and says which partitions it has since when."""

    def __init__(self, options, addresses, topic, group, directory, name):
        self.path = directory / f"{name}.events"
        with open(self.path, "wb") as out:
            self.process = subprocess.Popen(
                [str(options.records), "member", addresses, topic, group], stdin=subprocess.PIPE, stdout=out, stderr=subprocess.DEVNULL
            )

    def events(self):
        return [json.loads(line) for line in self.path.read_text().splitlines() if line.endswith("}")]

    def owned(self):
        found = set()
        for event in self.events():
            found |= set(event.get("assigned", ()))
            found -= set(event.get("revoked", ()))
        return found

    def leave(self):
        self.process.stdin.close()

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)


def settled(members, seconds=60):
    """Until they have all partitions, evenly: None of them is to move any more."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        owned = [each.owned() for each in members]
        if len(set().union(*owned)) == GROUP_PARTITIONS == sum(map(len, owned)) and max(map(len, owned)) - min(map(len, owned)) <= 1:
            return
        time.sleep(0.1)
    raise Failed(f"the group did not settle: {owned}")


def paused(what, begin, gone, members):
    """Seconds for each partition that moved: from when it was let go of (or its member was gone) until another had it."""
    stopped = {partition: begin for partition in gone}
    out = []
    events = sorted((event for each in members for event in each.events() if event["at"] >= begin), key=lambda event: event["at"])
    for event in events:
        for partition in event.get("revoked", ()):
            stopped.setdefault(partition, event["at"])
        for partition in event.get("assigned", ()):
            if partition in stopped:
                out.append(event["at"] - stopped.pop(partition))
    if stopped:
        raise Failed(f"after one {what}, nobody has {sorted(stopped)}")
    return out


def measure_rebalance(options, broker, directory, topic, number):
    group = f"group{number}-{time.monotonic_ns()}"
    address = broker.kafka.address
    members = [Member(options, address, topic, group, directory, f"{group}-{place}") for place in range(MEMBERS)]
    found = {}
    try:
        settled(members)
        time.sleep(3)
        for what in ("joins", "leaves", "is killed"):
            begin, gone, last = time.time(), set(), members[0]
            if what == "joins":
                members.append(Member(options, address, topic, group, directory, f"{group}-more"))
                settled(members)
            else:
                gone = last.owned()
                last.process.kill() if what == "is killed" else last.leave()
                settled(members[1:])
            found[what] = paused(what, begin, gone, members if what == "joins" else members[1:])
            if what != "joins":
                last.end()
                members = members[1:]
            time.sleep(3)
    finally:
        for each in members:
            each.end()
    return found


def rebalances(options, results):
    directory = directory_of(options)
    broker = Broker(directory, options.kafka, options.brokers)
    try:
        broker.kafka.create_topic("group", GROUP_PARTITIONS)
        for number in range(options.rounds):
            for what, seconds in measure_rebalance(options, broker, directory, "group", number).items():
                found = {"moved": len(seconds), "median_s": float(statistics.median(seconds)), "longest_s": float(max(seconds))}
                results.setdefault("rebalances", {}).setdefault(what, []).append(found)
                say(options, number, what, found)
    finally:
        broker.end()
        shutil.rmtree(directory, ignore_errors=True)
