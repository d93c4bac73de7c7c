# SPDX-License-Identifier: Apache-2.0
"""What intakes share, on a real broker that compacts: the first claim stays the first one, whatever was written behind it."""

import threading

import pytest

from harness.kafka.fleet import weir_of
from harness.kafka.kcat import Kcat
from harness.process import wait_until

T = 1_600_000_000_000_000_000
SHARED = "weir-shared"
FIELDS = 40
VALUES = ["1i", '"text"']


@pytest.fixture
def kafka(start_kafka):
    kafka = start_kafka()
    # Compacted as soon as there is something to take out.
    kafka.create_topic(
        SHARED,
        cleanup_policy="compact",
        segment_ms=200,
        min_cleanable_dirty_ratio=0.01,
        delete_retention_ms=0,
        max_compaction_lag_ms=500,
    )
    return kafka


def intake_of(kafka, start_weir):
    return start_weir(weir_of(kafka.addresses, roles=["intake"], databases={"*": {"types": "reject"}}, log={"shards": 2}))


def write_until_kept(weir, line):
    for _ in range(50):
        answer = weir.client.write(line, "db")
        if answer.status != 503:
            return answer.status
    raise AssertionError(answer.text())


def test_who_was_first_stays_first_when_kafka_compacts(kafka, start_weir):
    weirs = [intake_of(kafka, start_weir) for _ in VALUES]
    kept = {}

    def write(index):
        for number in range(FIELDS):
            kept[index, number] = write_until_kept(weirs[index], f"m f{number}={VALUES[index]} {T}")

    threads = [threading.Thread(target=write, args=(index,)) for index in range(len(weirs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    winners = [0 if kept[0, number] == 204 else 1 for number in range(FIELDS)]
    for number, winner in enumerate(winners):
        assert (kept[winner, number], kept[1 - winner, number]) == (204, 400)
    kcat = Kcat(kafka.address)
    before = len(kcat.records(SHARED))

    def compacted():
        # The newest segment is never compacted: something new closes it.
        kcat.run("-P", "-t", SHARED, "-k", "later", given=b"nothing that a weir can read")
        return sum(record["key"].startswith("type") for record in kcat.records(SHARED)) <= FIELDS

    if before > FIELDS:  # some claims came too late
        wait_until(compacted, 60, "Kafka has compacted the topic", pause=1.0)
    late = intake_of(kafka, start_weir)
    for number, winner in enumerate(winners):
        assert late.client.write(f"m f{number}={VALUES[winner]} {T + 1}", "db").status == 204
        assert late.client.write(f"m f{number}={VALUES[1 - winner]} {T + 1}", "db").status == 400
    print(f"{FIELDS} fields, {winners.count(0)} of the first weir; {before} records before compaction")


def test_weir_makes_the_topic_and_compacts_it(start_kafka, start_weir):
    kafka = start_kafka()
    intake_of(kafka, start_weir)
    described = kafka.topics("--describe", "--topic", SHARED)
    assert "PartitionCount: 1" in described
    assert "cleanup.policy=compact" in described
