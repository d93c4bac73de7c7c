# SPDX-License-Identifier: Apache-2.0
"""DROP DATABASE where the log is in Kafka: what waits of it in the partitions of other weirs is given up, too."""

from harness.kafka.fleet import topics_of, weir_of
from harness.process import wait_until
from harness.settings import influx_sink

SHARDS = 4
SERIES = 60


def query(weir, text):
    answer = weir.client.request("POST", "/query", {"q": text})
    assert answer.status == 200 and "error" not in answer.text(), answer.text()


def write(weir, database, value):
    lines = "".join(f"m,s={series} v={value}i {series + 1}\n" for series in range(SERIES))
    assert weir.client.write(lines, database).status == 204


def dropped(*weirs):
    return sum(each.metrics().sum("weir_sink_discarded_points_total", sink="influx", reason="dropped") for each in weirs)


def pending(weir):
    return weir.metrics().sum("weir_sink_pending_points", sink="influx")


def test_what_waits_elsewhere_is_given_up(start_mock_brokers, influxd, start_weir):
    brokers = start_mock_brokers(**topics_of(SHARDS))

    def start(*roles):
        # Batches wait for longer than the test takes, but when a weir ends.
        sink = influx_sink(influxd.url, **{"batch.age": "5m"})
        return start_weir(weir_of(brokers.addresses, sink, roles=roles, log={"shards": SHARDS}))

    first, second = start("intake", "sinks"), start("sinks")
    partitions = lambda weir: weir.metrics().sum("weir_sink_partitions", sink="influx")  # noqa: E731
    wait_until(lambda: partitions(first) == partitions(second) == SHARDS / 2, 60, "the partitions are shared")
    intake = start("intake")
    query(intake, "CREATE DATABASE d; CREATE DATABASE other")
    write(first, "d", 1)
    write(first, "other", 1)
    wait_until(lambda: pending(first) + pending(second) == 2 * SERIES, 30, "the points wait")
    assert pending(first) > 0 and pending(second) > 0

    query(intake, "DROP DATABASE d; CREATE DATABASE d")
    wait_until(lambda: dropped(first, second) == SERIES, 30, "they are given up everywhere")
    write(first, "d", 2)
    wait_until(lambda: pending(first) + pending(second) == 2 * SERIES, 30, "the points wait")

    # One that is gone cannot give up anything: whoever gets its partitions does.
    second.kill()
    query(first, "DROP DATABASE d; CREATE DATABASE d")
    wait_until(lambda: partitions(first) == SHARDS, 60, "the partitions come over")
    wait_until(lambda: pending(first) == SERIES, 30, "theirs are given up as well")
    write(first, "d", 3)
    wait_until(lambda: pending(first) == 2 * SERIES, 30, "the points wait")
    first.stop()
    assert {row["v"] for row in influxd.rows("SELECT v FROM m", "d")} == {3}
    assert influxd.count("d", "m", "v") == influxd.count("other", "m", "v") == SERIES
