# SPDX-License-Identifier: Apache-2.0
"""What a weir makes of the topics that it finds when it starts: they are made, refused, or fit."""

from harness.kafka.fleet import kafka_log
from harness.settings import settings


def weir_with(make_weir, kafka, **log):
    return make_weir(settings(log=kafka_log(kafka.addresses, **log)))


def wait_refused(weir, *words):
    code, told = weir.refuses_to_start()
    assert code == 1, told
    for word in ("FATAL", *words):
        assert word in told, told


def test_topics_are_made_once_and_their_number_of_partitions_stays(start_kafka, make_weir):
    kafka = start_kafka()
    wait_refused(weir_with(make_weir, kafka), 'log.topic = "weir": there is no such topic', "log.shards")
    weir = weir_with(make_weir, kafka, shards=3, retain="2h").start()
    assert weir.client.write("cpu,host=a v=1", "db").status == 204
    weir.stop()
    described = kafka.topics("--describe", "--topic", "weir")
    assert "PartitionCount: 3" in described
    assert "retention.ms=7200000" in described
    assert "cleanup.policy=delete" in described
    wait_refused(weir_with(make_weir, kafka, shards=4), "log.shards = 4, and topic weir has 3 partitions")
    again = weir_with(make_weir, kafka).start()
    assert again.client.write("cpu,host=a v=2", "db").status == 204
    assert "was missing" not in again.log()


def test_synced_is_refused_where_one_machine_could_take_what_was_acknowledged(start_kafka, make_weir):
    kafka = start_kafka()
    wait_refused(weir_with(make_weir, kafka, shards=1, acknowledge="synced"), "has one replica", "log.replication")


def test_a_topic_with_settings_that_lose_points_is_told(start_kafka, make_weir):
    kafka = start_kafka()
    kafka.create_topic("weir", 2, cleanup_policy="compact", max_message_bytes=100_000)
    weir = weir_with(make_weir, kafka).start()
    assert "cleanup.policy = compact" in weir.log()
    assert "max.message.bytes" in weir.log()
    weir.stop()
    kafka.create_topic("other")
    kafka.create_topic("other-state")
    wait_refused(weir_with(make_weir, kafka, topic="other"), "topic other-state has cleanup.policy = delete")
