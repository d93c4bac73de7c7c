# SPDX-License-Identifier: Apache-2.0
"""What a weir makes of the topics that it finds when it starts: they are made, refused, or fit."""

from harness.kafka.fleet import kafka_log
from harness.process import wait_until
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
    kafka.create_topic("weir", 2, cleanup_policy="compact")
    weir = weir_with(make_weir, kafka).start()
    assert "cleanup.policy = compact" in weir.log()
    weir.stop()
    kafka.create_topic("other")
    kafka.create_topic("other-state")
    wait_refused(weir_with(make_weir, kafka, topic="other"), "topic other-state has cleanup.policy = delete")


def test_a_line_is_as_long_as_the_topic_takes_it(start_kafka, make_weir):
    kafka = start_kafka()
    kafka.create_topic("weir", 2, max_message_bytes=100_000)
    wait_refused(weir_with(make_weir, kafka), "max.message.bytes", "--add-config max.message.bytes=")

    kafka.set_on_topic("weir", max_message_bytes=700_000)  # 576 KiB of it are for what else is in a frame
    weir = weir_with(make_weir, kafka, produce_timeout="3s").start()
    assert "lines longer than 110176 bytes are rejected" in weir.log()
    line = 'cpu,host=a note="' + "x" * 150_000 + '"'
    answer = weir.client.write(f"cpu,host=a v=1\n{line}\ncpu,host=b v=1", "db")
    assert answer.status == 400 and b"line too long" in answer.body, answer
    assert weir.client.write(line[:100_000] + '"', "db").status == 204
    kafka.set_on_topic("weir", max_message_bytes=2_000_000)
    wait_until(lambda: "lines may be as long as limits.line says" in weir.log(), seconds=60)
    assert weir.client.write(line, "db").status == 204
