# SPDX-License-Identifier: Apache-2.0
"""A fleet in the middle of an upgrade, before a played Kafka: what a later weir wrote is neither lost nor overtaken by one that cannot read it."""

import xxhash
from harness.kafka.fleet import weir_of
from harness.process import wait_until
from harness.settings import influx_sink

SHARDS = 2
SERIES = 12
T = 1_600_000_000_000_000_000


def lines_of(numbers):
    """By partition."""
    lines = {shard: set() for shard in range(SHARDS)}
    for series in (f"m,s={each}" for each in range(SERIES)):
        shard = xxhash.xxh3_64_intdigest(series.encode()) % SHARDS
        lines[shard] |= {f"{series} v={number}i {T + number}" for number in numbers}
    return lines


def write(weir, lines):
    text = "\n".join(sorted(set().union(*lines.values()), key=lambda line: int(line.rpartition(" ")[2])))
    assert weir.client.write(text, "good").status == 204


def stopped(weir):
    return {
        (labels["sink"], int(labels["partition"]))
        for labels, value in weir.metrics().matching("weir_log_kafka_stopped")
        if value == 1
    }


def test_a_partition_stops_at_a_frame_of_a_later_weir(brokers, start_weir, recorder):
    config = weir_of(brokers.addresses, influx_sink(recorder.url))
    weir = start_weir(config)
    before, behind = lines_of(range(10)), lines_of(range(10, 20))
    write(weir, before)
    wait_until(lambda: set(recorder.of("good")) == before[0] | before[1], 30, "both partitions", weir.must_be_alive)

    brokers.kcat.produce("weir", "in a way that is not invented yet", partition=0, weir=2, kind="lines", db="good")
    wait_until(lambda: stopped(weir) == {("influx", 0)}, 20, "the partition to stop", weir.must_be_alive)
    write(weir, behind)
    wait_until(lambda: set(recorder.of("good")) == before[0] | before[1] | behind[1], 20, "the other partition", weir.must_be_alive)
    assert weir.metrics().sum("weir_log_damaged_records_total") == 0
    assert "offset" in weir.log() and "a later weir wrote it (its header `weir` is 2)" in weir.log()

    weir.stop()
    weir.start()
    wait_until(lambda: stopped(weir) == {("influx", 0)}, 60, "it to stop there again", weir.must_be_alive)
    assert sorted(recorder.of("good")) == sorted(before[0] | before[1] | behind[1]), "nothing behind it, and nothing twice"


def test_what_a_later_weir_keeps_of_a_partition_is_not_taken_for_nothing(brokers, start_weir, recorder):
    """A sink that knew nothing would begin at the beginning."""
    brokers.kcat.put("weir-state", "influx/cursor/1900000000000/0/0", "a book of a later weir", 0, weir=2)
    brokers.kcat.put("weir-parked", "influx/7", "a frame of a later weir", 1, weir=2)
    weir = start_weir(weir_of(brokers.addresses, influx_sink(recorder.url)))
    lines = lines_of(range(10))
    write(weir, lines)
    said = lambda words: lambda: words in weir.log()  # noqa: E731
    wait_until(said("a later weir has kept its place in weir-state"), 30, "the state to be told", weir.must_be_alive)
    wait_until(said("a later weir has parked 1 frames"), 30, "the parking place to be told", weir.must_be_alive)
    assert recorder.of("good") == []
    brokers.kcat.put("weir-state", "influx/cursor/1900000000000/0/0", None, 0)
    brokers.kcat.put("weir-parked", "influx/7", None, 1)
    wait_until(lambda: set(recorder.of("good")) == lines[0] | lines[1], 30, "what waited", weir.must_be_alive)
