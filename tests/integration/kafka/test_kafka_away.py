# SPDX-License-Identifier: Apache-2.0
"""What an intake answers while Kafka, a played one, is away, slow, or refuses: 204 for what is there, 503 in time for what is not."""

import gzip
import time

import pytest

from harness.kafka.fleet import DATABASE, check_frame, weir_of
from harness.load import Spread
from harness.process import wait_until

SHARDS = 4
T = 1_600_000_000_000_000_000
# A request is answered when produce_timeout (2 s) is over, or soon after.
ANSWERED = 5.0
READY = (200, 204)


@pytest.fixture
def start_intake(brokers, start_weir, deliveries):
    def start(**log):
        return start_weir(weir_of(brokers.addresses, deliveries.sink(), roles=["intake"], log={"compression": "none", **log}))

    return start


def line(number, series="one"):
    return f"{series},host=a value={number}i {T + number}"


def write(weir, number=0, series="one"):
    begun = time.monotonic()
    answer = weir.client.write(line(number, series), DATABASE)
    return answer, time.monotonic() - begun


def kept(brokers):
    return [each for record in brokers.kcat.records("weir") for each in check_frame(record, SHARDS)]


def test_without_brokers_it_is_503_in_time_and_recovers(brokers, start_intake):
    weir = start_intake()
    assert write(weir)[0].status == 204
    assert weir.client.get("/ready").status in READY
    brokers.down()
    answer, seconds = write(weir, 1)
    assert answer.status == 503, answer
    assert seconds < ANSWERED
    assert "error" in answer.json()
    wait_until(lambda: weir.client.get("/ready").status == 503, 20, "that it is not ready", weir.must_be_alive)
    brokers.up()
    # As a client does: again, until it is taken.
    wait_until(lambda: write(weir, 2)[0].status == 204, 30, "a write taken", weir.must_be_alive)
    wait_until(lambda: weir.client.get("/ready").status in READY, 20, "that it is ready", weir.must_be_alive)
    assert {line(0), line(2)} <= set(kept(brokers))


def test_brokers_that_go_and_come_lose_nothing(brokers, start_intake):
    weir = start_intake()
    with Spread(lambda: weir.client.address, DATABASE, threads=2, lines=20, pace=0.02) as load:
        for _ in range(2):
            count, before = load.acknowledged_count(), load.answers.get(503, 0)
            wait_until(lambda count=count: load.acknowledged_count() > count + 300, 30, "lines taken", weir.must_be_alive)
            brokers.down()
            wait_until(lambda before=before: load.answers.get(503, 0) > before, 20, "a refusal", weir.must_be_alive)
            brokers.up()
        count = load.acknowledged_count()
        wait_until(lambda: load.acknowledged_count() > count + 300, 30, "lines taken", weir.must_be_alive)
    assert set(load.answers) == {204, 503}, load.answers
    lines = kept(brokers)
    assert load.missing_from_lines(lines) == set()
    assert len(lines) == len(set(lines)), "no line was sent twice, and none is there twice"


def test_a_204_waits_for_the_delivery_report(brokers, start_intake):
    weir = start_intake()
    assert write(weir)[0].status == 204
    brokers.delay("Produce", 1000)
    answer, seconds = write(weir, 1)
    assert answer.status == 204
    assert seconds >= 1.0


def test_received_does_not_wait(brokers, start_intake):
    weir = start_intake(acknowledge="received")
    assert write(weir)[0].status == 204
    brokers.delay("Produce", 1500)
    answer, seconds = write(weir, 1)
    assert answer.status == 204
    assert seconds < 1.0
    wait_until(lambda: line(1) in kept(brokers), 20, "it in the topic", weir.must_be_alive)


def test_what_passes_by_is_tried_again_and_kept_once(brokers, start_intake):
    weir = start_intake()
    assert write(weir)[0].status == 204
    errors = ["NOT_ENOUGH_REPLICAS", "NOT_LEADER_FOR_PARTITION", "_TRANSPORT", "REQUEST_TIMED_OUT"]
    for number, error in enumerate(errors, 1):
        brokers.errors("Produce", error, error)
        assert write(weir, number)[0].status == 204, error
    assert kept(brokers) == [line(number) for number in range(len(errors) + 1)]


def test_what_kafka_refuses_is_503_and_the_next_is_taken(brokers, start_intake):
    weir = start_intake()
    assert write(weir)[0].status == 204
    brokers.errors("Produce", "TOPIC_AUTHORIZATION_FAILED")
    refused, seconds = write(weir, 1)
    assert refused.status == 503, refused
    assert seconds < ANSWERED
    wait_until(lambda: write(weir, 2)[0].status == 204, 20, "a write taken", weir.must_be_alive)
    assert line(1) not in kept(brokers)


def test_a_partition_without_a_leader_holds_up_its_own_series_alone(brokers, start_intake):
    weir = start_intake()
    assert write(weir)[0].status == 204
    for partition in range(1, SHARDS):
        brokers.tell("leader", "weir", partition, "none")
    statuses = {write(weir, 1, f"m{n}")[0].status for n in range(6)}
    assert statuses == {204, 503}
    for partition in range(1, SHARDS):
        brokers.tell("leader", "weir", partition, 1)
    for n in range(6):
        wait_until(lambda n=n: write(weir, 2, f"m{n}")[0].status == 204, 30, "a write taken", weir.must_be_alive)


def test_values_laid_end_to_end_are_a_gzip_file(brokers, start_intake):
    weir = start_intake(compression="gzip")
    for number in range(20):
        assert write(weir, number, f"m{number}")[0].status == 204
    # The recipe of docs/log_kafka.md.
    raw = brokers.kcat.run("-C", "-e", "-q", "-t", "weir", "-o", "beginning", "-f", "%s").stdout
    lines = gzip.decompress(raw).decode().splitlines()
    assert sorted(lines) == sorted(line(number, f"m{number}") for number in range(20))
