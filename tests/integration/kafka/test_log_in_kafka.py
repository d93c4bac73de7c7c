# SPDX-License-Identifier: Apache-2.0
"""A log that is a Kafka topic, before a played Kafka: what was acknowledged arrives, in order of each series, whatever of Kafka or of
weir goes away and comes back. The same before a real one is tests/kafka."""

import gzip
import time

import pytest

from harness.kafka.fleet import DATABASE, check_frame, topics_of, weir_of
from harness.load import Spread
from harness.process import wait_until

SHARDS = 4
T = 1_600_000_000_000_000_000
# A request is answered when produce_timeout (2 s) is over, or soon after.
ANSWERED = 5.0


@pytest.fixture
def mock(start_mock_brokers):
    return start_mock_brokers(**topics_of(SHARDS))


def load_on(weir, **keys):
    defaults = {"threads": 2, "lines": 20, "pace": 0.02}
    return Spread(lambda: weir.client.address, DATABASE, **{**defaults, **keys})


def write_until(load, count):
    wait_until(lambda: load.acknowledged_count() >= count, 30, f"{count} lines acknowledged, of {load.answers}")


def all_arrive(deliveries, *loads, seconds=60):
    total = sum(load.acknowledged_count() for load in loads)
    assert total > 0
    wait_until(lambda: not deliveries.missing(*loads), seconds, f"{total} acknowledged lines at the server", pause=0.1)
    deliveries.check_order()


def write(weir, number=0):
    begun = time.monotonic()
    answer = weir.client.write(f"one,host=a value={number}i {T + number}", DATABASE)
    return answer, time.monotonic() - begun


def test_lines_arrive_and_a_restart_goes_on_where_it_stood(mock, start_weir, deliveries):
    weir = start_weir(weir_of(mock.addresses, deliveries.sink()))
    with load_on(weir) as load:
        write_until(load, 1000)
    all_arrive(deliveries, load)
    assert set(load.answers) == {204}, load.answers
    assert deliveries.repeats() == []
    series = {line.partition(" ")[0] for line in deliveries.lines()}
    assert len(series) == 32, "this test wants them in every partition"
    assert {record["partition"] for record in mock.kcat.records("weir")} == set(range(SHARDS))

    weir.restart()
    with load_on(weir, base_ns=T + 10**12) as more:
        write_until(more, 500)
    all_arrive(deliveries, load, more)
    assert deliveries.repeats() == [], "an orderly end leaves nothing to repeat"


def test_a_record_is_what_the_format_says(mock, start_weir, deliveries):
    weir = start_weir(weir_of(mock.addresses, deliveries.sink(), log={"compression": "none"}))
    with load_on(weir) as load:
        write_until(load, 200)
    all_arrive(deliveries, load)
    lines = [line for record in mock.kcat.records("weir") for line in check_frame(record, SHARDS)]
    assert set(lines) == set(deliveries.lines())
    assert len(lines) == len(set(lines))


def test_values_laid_end_to_end_are_a_gzip_file(mock, start_weir, deliveries):
    weir = start_weir(weir_of(mock.addresses, deliveries.sink(), log={"compression": "gzip"}))
    with load_on(weir) as load:
        write_until(load, 200)
    all_arrive(deliveries, load)
    # The recipe of docs/operations.md.
    raw = mock.kcat.run("-C", "-e", "-q", "-t", "weir", "-o", "beginning", "-D", "").stdout
    assert set(gzip.decompress(raw).decode().splitlines()) == set(deliveries.lines())


def test_an_intake_and_a_sink_of_their_own(mock, start_weir, deliveries):
    intake = start_weir(weir_of(mock.addresses, deliveries.sink(), roles=["intake"]))
    sinks = start_weir(weir_of(mock.addresses, deliveries.sink(), roles=["sinks"]))
    with load_on(intake) as load:
        write_until(load, 500)
        sinks.stop()
        at_stop = deliveries.count()
        # Nobody delivers, and the intake takes more.
        write_until(load, load.acknowledged_count() + 500)
        assert deliveries.count() == at_stop
    sinks.start()
    all_arrive(deliveries, load)
    assert deliveries.repeats() == []


def test_a_killed_weir_repeats_no_more_than_a_commit_interval(mock, start_weir, deliveries):
    weir = start_weir(weir_of(mock.addresses, deliveries.sink()))
    with load_on(weir) as load:
        write_until(load, 500)
        wait_until(lambda: deliveries.count() > 300, 30, "deliveries")
        killed = time.monotonic()
        weir.kill()
        weir.start()
        write_until(load, load.acknowledged_count() + 300)
    all_arrive(deliveries, load)
    deliveries.check_repeats([killed])


def test_without_brokers_it_says_503_in_time_and_recovers(mock, start_weir, deliveries):
    weir = start_weir(weir_of(mock.addresses, deliveries.sink()))
    assert write(weir)[0].status == 204
    assert weir.client.get("/ready").status in (200, 204)
    mock.down()
    answer, seconds = write(weir, 1)
    assert answer.status == 503, answer
    assert seconds < ANSWERED
    assert "error" in answer.json()
    wait_until(lambda: weir.client.get("/ready").status == 503, 20, "that it is not ready", weir.must_be_alive)
    mock.up()
    # As a client does: again, until it is taken.
    wait_until(lambda: write(weir, 2)[0].status == 204, 30, "a write taken", weir.must_be_alive)
    wait_until(lambda: weir.client.get("/ready").status in (200, 204), 20, "that it is ready", weir.must_be_alive)
    wait_until(lambda: any(" value=2i " in line for line in deliveries.lines()), 30, "its delivery", weir.must_be_alive)


def test_brokers_that_go_and_come_lose_nothing(mock, start_weir, deliveries):
    weir = start_weir(weir_of(mock.addresses, deliveries.sink()))
    with load_on(weir) as load:
        for _ in range(2):
            write_until(load, load.acknowledged_count() + 300)
            mock.down()
            before = load.answers.get(503, 0)
            wait_until(lambda before=before: load.answers.get(503, 0) > before, 20, "a refusal", weir.must_be_alive)
            mock.up()
        write_until(load, load.acknowledged_count() + 300)
    all_arrive(deliveries, load)
    assert deliveries.repeats() == []
    assert set(load.answers) == {204, 503}, load.answers


def test_a_204_waits_for_the_delivery_report(mock, start_weir, deliveries):
    weir = start_weir(weir_of(mock.addresses, deliveries.sink()))
    assert write(weir)[0].status == 204
    mock.delay("Produce", 1000)
    answer, seconds = write(weir, 1)
    assert answer.status == 204
    assert seconds >= 1.0


def test_received_does_not_wait(mock, start_weir, deliveries):
    weir = start_weir(weir_of(mock.addresses, deliveries.sink(), log={"acknowledge": "received"}))
    assert write(weir)[0].status == 204
    mock.delay("Produce", 1500)
    answer, seconds = write(weir, 1)
    assert answer.status == 204
    assert seconds < 1.0
    wait_until(lambda: any(" value=1i " in line for line in deliveries.lines()), 20, "its delivery", weir.must_be_alive)


@pytest.mark.parametrize("error", ["NOT_ENOUGH_REPLICAS", "NOT_LEADER_FOR_PARTITION", "_TRANSPORT", "REQUEST_TIMED_OUT"])
def test_what_passes_by_is_tried_again(mock, start_weir, deliveries, error):
    weir = start_weir(weir_of(mock.addresses, deliveries.sink()))
    assert write(weir)[0].status == 204
    mock.errors("Produce", error, error)
    assert write(weir, 1)[0].status == 204
    wait_until(lambda: any(" value=1i " in line for line in deliveries.lines()), 20, "its delivery", weir.must_be_alive)
    assert deliveries.repeats() == []


def test_what_kafka_refuses_is_503_and_the_next_is_taken(mock, start_weir, deliveries):
    weir = start_weir(weir_of(mock.addresses, deliveries.sink()))
    assert write(weir)[0].status == 204
    mock.errors("Produce", "TOPIC_AUTHORIZATION_FAILED")
    refused, seconds = write(weir, 1)
    assert refused.status == 503, refused
    assert seconds < ANSWERED
    wait_until(lambda: write(weir, 2)[0].status == 204, 20, "a write taken", weir.must_be_alive)


def test_a_partition_without_a_leader_holds_up_its_own_series_alone(mock, start_weir, deliveries):
    weir = start_weir(weir_of(mock.addresses, deliveries.sink()))
    assert write(weir)[0].status == 204
    for partition in range(1, SHARDS):
        mock.tell("leader", "weir", partition, "none")
    statuses = {weir.client.write(f"m,host={n} value=1i {T}", DATABASE).status for n in range(8)}
    assert statuses == {204, 503}
    for partition in range(1, SHARDS):
        mock.tell("leader", "weir", partition, 1)
    for n in range(8):
        wait_until(lambda n=n: weir.client.write(f"m,host={n} value=2i {T}", DATABASE).status == 204, 30, "a write taken")


def test_a_sink_whose_server_is_down_delivers_when_it_is_back(mock, start_weir, deliveries):
    weir = start_weir(weir_of(mock.addresses, deliveries.sink()))
    recorder = deliveries.recorders["one"]
    with load_on(weir) as load:
        write_until(load, 200)
        recorder.down = True
        write_until(load, load.acknowledged_count() + 500)
        recorder.down = False
    all_arrive(deliveries, load)
    assert deliveries.repeats() == []
