# SPDX-License-Identifier: Apache-2.0
"""The names of metrics, each once: the measurement and field that it has in InfluxDB, and the series that weir (or a scrape) makes of
it in Prometheus."""

import re
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Metric:
    measurement: str
    field: str
    series: str
    labels: tuple = ()  # of those that a dashboard's variables choose by, the ones that it has
    fixed: tuple = ()  # (label, value): this part of it alone
    matching: tuple = ()  # (label, regular expression)
    database: str = ""  # the variable that says which
    is_scraped: bool = False  # by Prometheus: no label says a database

    def only(self, **labels):
        return replace(self, fixed=(*self.fixed, *labels.items()))

    def like(self, **labels):
        """The expressions mean the same to Prometheus and InfluxDB, anchored."""
        return replace(self, matching=(*self.matching, *labels.items()))


def flink(measurement, field="value", **more):
    """Of Flink's InfluxdbReporter; `series` as mapping = "flink" names it, which is the name of Flink's own Prometheus reporters."""
    labels = [label for mark, label in (("^taskmanager_", "tm_id"), ("_job_", "job_name"), ("_job_task_", "task_name"),
                                        ("_task_operator_", "operator_name")) if re.search(mark, measurement)]
    series = "flink_" + re.sub(r"[^a-zA-Z0-9:_]", "_", measurement)
    return Metric(measurement, field, series, tuple(labels), database="flink_db", **more)


def counter(measurement):
    return flink(measurement, "count")


def meter(measurement):
    return flink(measurement, "rate")


def telegraf(measurement, field, **fixed):
    """Of Telegraf; `series` as mapping = "telegraf" names it."""
    return Metric(measurement, field, f"{measurement}_{field}", ("host",), database="telegraf_db").only(**fixed)


def scraped(name):
    """Scraped by Prometheus; in InfluxDB as Telegraf's inputs.prometheus leaves it (metric_version = 2)."""
    return Metric("prometheus", name, name, ("instance",), database="telegraf_db", is_scraped=True)


def weir(name):
    return scraped(f"weir_{name}")


def node(name):
    return scraped(f"node_{name}")
