# SPDX-License-Identifier: Apache-2.0
"""Picks requests of a story and keeps them, byte for byte, for the tests that have no Flink (tests/flink/recorded)."""

import gzip
import pathlib

from harness.flink.reports import KINDS

RECORDED = pathlib.Path(__file__).parent.parent / "recorded"
REPORTS = 8  # of one TaskManager: all that its changing gauges say


def record(version, requests):
    RECORDED.mkdir(exist_ok=True)
    writes = [each for each in requests if each.method == "POST" and each.acknowledged]
    pushes = [each for each in requests if each.method == "PUT" and each.acknowledged]
    deletes = [each for each in requests if each.method == "DELETE"]
    keep(f"{version}.influxdb.http.gz",
         [*middle(writes, 1, b"jobmanager_job_"), *middle(writes, REPORTS, KINDS.encode(), b",tm_id=tm1 ")])
    of_one = middle(pushes, 2, KINDS.encode(), b'tm_id="tm1"')
    keep(f"{version}.pushgateway.http.gz",
         [*middle(pushes, 1, b"flink_jobmanager_job_"), *of_one, *(each for each in deletes if each.target == of_one[0].target)])


def middle(requests, count, *marks):
    """`count` requests in a row that have all marks, which those of one process have."""
    found = [each for each in requests if all(mark in each.body for mark in marks)]
    last = len(found) // 3 + count
    chosen = found[last - count : last]
    assert len(chosen) == count
    return chosen


def keep(name, requests):
    (RECORDED / name).write_bytes(gzip.compress(b"".join(each.raw for each in requests), 9, mtime=0))
