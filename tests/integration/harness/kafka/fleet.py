# SPDX-License-Identifier: Apache-2.0
"""Weirs that share a log in Kafka, and what their sinks delivered."""

import collections
import threading
import time

import xxhash

from ..load import in_order
from ..recorder import Recorder
from ..settings import influx_sink, settings

TOPIC = "weir"
DATABASE = "load"
COMMIT_SECONDS = 0.5
# What Kafka and a busy machine may take to keep a cursor: it counts once that is done.
KEEP_SECONDS = 0.25


def topics_of(shards, topic=TOPIC):
    """Names and partitions of all topics of a log: a played Kafka makes none by itself."""
    return {topic: shards, f"{topic}-state": shards, f"{topic}-parked": shards, f"{topic}-shared": 1}


def kafka_log(addresses, **keys):
    defaults = {
        "type": "kafka",
        "brokers": list(addresses),
        "topic": TOPIC,
        "produce_timeout": "2s",
        "commit_interval": f"{int(COMMIT_SECONDS * 1000)}ms",
    }
    return {**defaults, **keys}


def weir_of(addresses, *sinks, roles=("intake", "sinks"), log=None, **tables):
    """The text of a weir.toml."""
    service = {"roles": list(roles), "state_directory": "state", **tables.pop("service", {})}
    return settings(*sinks, log=kafka_log(addresses, **(log or {})), service=service, **tables)


def check_frame(record, shards, database=DATABASE):
    """That a record (as kcat shows it) of uncompressed lines is what docs/log_kafka.md says. Returns its lines."""
    headers = dict(zip(record["headers"][0::2], record["headers"][1::2]))
    value = record["payload"].encode()
    lines = record["payload"].splitlines()
    assert value.endswith(b"\n")
    times = [line.rpartition(" ")[2] for line in lines]
    expected = {
        "weir": "1",
        "kind": "lines",
        "encoding": "plain",
        "db": database,
        "received": headers.get("received"),
        "points": str(len(lines)),
        "bytes": str(len(value)),
        "least": min(times, key=int),
        "greatest": max(times, key=int),
        "sum": f"{xxhash.xxh3_64_intdigest(value):016x}",
    }
    assert {name: text for name, text in headers.items() if name != "origin"} == expected
    assert record["ts"] == int(headers["received"]) // 10**6
    assert record["key"] == str(record["partition"])
    # No series of these tests has an escaped space.
    assert {xxhash.xxh3_64_intdigest(line.partition(" ")[0].encode()) % shards for line in lines} == {record["partition"]}
    return lines


class Deliveries:
    """Servers that answer as InfluxDB does, one for each weir that has sinks, and all that came, in one order."""

    def __init__(self, database=DATABASE):
        self.database = database
        self.recorders = {}
        self.arrivals = []  # (seconds, name of the server, line)
        self._lock = threading.Lock()

    def sink(self, name="one", **keys):
        """The settings of a sink to the server of this name."""
        if name not in self.recorders:
            self.recorders[name] = Recorder({self.database}, lambda lines: self._take(name, lines))
        return influx_sink(self.recorders[name].url, **keys)

    def _take(self, name, lines):
        with self._lock:
            now = time.monotonic()
            self.arrivals.extend((now, name, line) for line in lines)

    def so_far(self):
        with self._lock:
            return list(self.arrivals)

    def lines(self):
        return [line for _, _, line in self.so_far()]

    def count(self):
        with self._lock:
            return len(self.arrivals)

    def first_arrivals(self):
        return list(dict.fromkeys(self.lines()))

    def missing(self, *loads):
        """Of what was acknowledged."""
        lines = set(self.lines())
        return set().union(*(load.missing_from_lines(lines) for load in loads))

    def check_order(self):
        """First arrivals of each series ascend; and what came last of a series is its newest: that counts in a database."""
        lines = self.lines()
        in_order(dict.fromkeys(lines))
        newest, last = {}, {}
        for line in lines:
            series, fields, _ = line.split(" ")
            last[series] = number = int(fields.partition("=")[2].rstrip("i"))
            newest[series] = max(number, newest.get(series, -1))
        assert last == newest, {series: (last[series], newest[series]) for series in last if last[series] != newest[series]}

    def repeats(self):
        """(first arrival, later arrival, line) of each line that came again."""
        first, found = {}, []
        for seconds, _, line in self.so_far():
            if line in first:
                found.append((first[line], seconds, line))
            else:
                first[line] = seconds
        return found

    def check_repeats(self, kills, slack=KEEP_SECONDS, commit_seconds=COMMIT_SECONDS):
        """Only what came less than a commit interval before a kill is repeated, and nothing without one. Returns how many lines
        were, and the longest time between a repeated line's first arrival and the kill that explains it."""
        found = self.repeats()
        longest = 0.0
        for first, later, line in found:
            before = [kill - first for kill in kills if kill <= later]
            assert before, f"{line} came twice, and nothing was killed"
            longest = max(longest, min(before, key=lambda each: abs(each)))
        assert longest <= commit_seconds + slack, f"what was delivered {longest:.2f} s before a kill came again"
        return len(found), longest

    def by_series(self):
        found = collections.defaultdict(list)
        for seconds, name, line in self.so_far():
            found[line.partition(" ")[0]].append((seconds, name))
        return found

    def stop(self):
        for each in self.recorders.values():
            each.stop()
