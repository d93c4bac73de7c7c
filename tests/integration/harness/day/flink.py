# SPDX-License-Identifier: Apache-2.0
"""TaskManagers and a JobManager as Flink's InfluxdbReporter reports them, and the series that the mapping "flink" makes
of a report, told here a second time from docs/prometheus_mapping.md."""

import dataclasses
import re

JOB = {"job_id": "3f0c1b9a7d", "job_name": "orders to kafka"}
TASKS = ("Source: orders", "map-by.customer", "Sink: kafka")
QUANTILES = {"p50": "0.5", "p75": "0.75", "p95": "0.95", "p98": "0.98", "p99": "0.99", "p999": "0.999"}
MIN_LONG = -(2**63)


@dataclasses.dataclass
class Point:
    measurement: str
    tags: dict
    fields: dict  # name: int, float, or a text
    at: int  # ms

    def line(self):
        escaped = lambda text: re.sub(r"([,= ])", r"\\\1", text)
        tags = "".join(f",{escaped(key)}={escaped(value)}" for key, value in sorted(self.tags.items()))
        fields = ",".join(f"{key}={written(value)}" for key, value in self.fields.items())
        return f"{self.measurement.replace(' ', chr(92) + ' ')}{tags} {fields} {self.at * 1_000_000}"


def written(value):
    if isinstance(value, str):
        return f'"{value}"'
    return f"{value}i" if isinstance(value, int) else repr(value)


def filtered(text):
    return re.sub(r"[^a-zA-Z0-9:_]", "_", text)


def number(value):
    """As a sample; None for what is none."""
    if isinstance(value, str):
        return {"true": 1.0, "false": 0.0}.get(value)
    return float(value)


def samples_of(point, database):
    """[(series, time, value)], a series being a frozenset of its labels."""
    name = "flink_" + filtered(point.measurement)
    labels = {filtered(key): filtered(value) for key, value in point.tags.items()}
    labels["db"] = database  # only what tags say is filtered
    made = []

    def add(its_name, value, **more):
        if number(value) is not None:
            series = frozenset({**labels, **more, "__name__": its_name}.items())
            made.append((series, point.at, number(value)))

    names = set(point.fields)
    for field, value in point.fields.items():
        if names & QUANTILES.keys():
            if field in QUANTILES:
                add(name, value, quantile=QUANTILES[field])
            else:
                add(f"{name}_{field}", value)
        elif field == "rate" or names == {"value"} or names == {"count"}:
            add(name, value)
        else:
            add(f"{name}_{field}", value)
    return made


class TaskManager:
    """One process: what it reports at a time of its own clock. `skew_ms` is how far that is ahead."""

    def __init__(self, number, random, subtasks=2, skew_ms=0, database="flink", every=1):
        self.number = number
        self.random = random
        self.subtasks = subtasks
        self.skew_ms = skew_ms
        self.database = database
        self.every = every  # it reports in each so manieth step
        self.alive = True
        self.attempt = 0
        self.records = 0
        self.new_attempt()

    def new_attempt(self):
        self.attempt += 1
        self.attempt_id = f"{self.random.getrandbits(64):016x}"
        self.records = 0

    @property
    def tags(self):
        return {"host": f"flink-tm-{self.number}", "tm_id": f"10.0.0.{self.number}:6122-{self.number:06x}"}

    def report(self, now_ms):
        at = now_ms + self.skew_ms
        self.records += self.random.randrange(1, 5_000)
        points = [
            Point("taskmanager_Status_JVM_Memory_Heap_Used", self.tags, {"value": self.random.getrandbits(31)}, at),
            Point("taskmanager_Status_JVM_CPU_Load", self.tags, {"value": self.random.random()}, at),
        ]
        for task in TASKS:
            for subtask in range(self.subtasks):
                points += self._task(task, subtask, at)
        return points

    def _task(self, task, subtask, at):
        random = self.random
        tags = {
            **self.tags,
            **JOB,
            "task_name": task,
            "task_attempt_id": self.attempt_id,
            "task_attempt_num": str(self.attempt),
            "subtask_index": str(subtask),
        }
        scope = "taskmanager_job_task"
        # A number that is whole is written as an integer by some gauges, and as a float a moment later.
        lag = random.choice([random.randrange(1_000), random.uniform(0, 1_000)])
        points = [
            Point(f"{scope}_numRecordsIn", tags, {"count": self.records}, at),
            Point(f"{scope}_numRecordsInPerSecond", tags, {"count": self.records, "rate": random.random() * 1e4}, at),
            Point(f"{scope}_isBackPressured", tags, {"value": random.choice(["true", "false"])}, at),
            Point(f"{scope}_currentInputWatermark", tags, {"value": random.choice([MIN_LONG, at - 5_000])}, at),
            Point(f"{scope}_operator_KafkaConsumer_records-lag-max", tags, {"value": lag}, at),
            Point(f"{scope}_lastCheckpoint", tags, {"value": random.choice(["null", "hdfs://cp/17"])}, at),
        ]
        if subtask == 0:
            summary = {"count": self.records, "max": 9.5, "mean": 2.25, "min": 0.5, "stddev": 1.75}
            summary |= {field: random.uniform(0.5, 9.5) for field in QUANTILES}
            points.append(Point(f"{scope}_operator_latency", {**tags, "operator_name": task}, summary, at))
        return points


class JobManager(TaskManager):
    def report(self, now_ms):
        at = now_ms + self.skew_ms
        tags = {"host": "flink-jm"}
        return [
            Point("jobmanager_numRunningJobs", tags, {"value": 1}, at),
            Point("jobmanager_job_numberOfCompletedCheckpoints", {**tags, **JOB}, {"value": now_ms // 60_000}, at),
            Point("jobmanager_job_lastCheckpointExternalPath", {**tags, **JOB}, {"value": "n/a"}, at),
        ]
