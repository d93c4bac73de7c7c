# SPDX-License-Identifier: Apache-2.0
"""Processes that take writes and processes that deliver (service.roles), and what they say of themselves and of Kafka."""

import json
import socket

from harness.kafka.fleet import weir_of
from harness.process import wait_until

SHARDS = 3
LINE = b"cpu,host=a v=1i 1700000000000000000"


def test_an_intake_and_a_sink_say_what_they_are(brokers, deliveries, start_weir):
    sink = deliveries.sink()
    keys = {"log": {"shards": SHARDS}}
    intake = start_weir(weir_of(brokers.addresses, sink, roles=["intake"], **keys))
    deliverer = start_weir(weir_of(brokers.addresses, sink, roles=["sinks"], **keys))
    assert "delivers nothing" in intake.log() and "takes no writes" in deliverer.log()
    assert "log in Kafka (written): topic weir at " in intake.log()
    assert intake.client.write(LINE, "load").status == 204
    assert "".join(brokers.kcat.values("weir")) == LINE.decode() + "\n"

    assert intake.client.get("/ready").status == deliverer.client.get("/ready").status == 200
    health = json.loads(intake.client.get("/health").text())
    assert [check["name"] for check in health["checks"]] == ["log", "kafka", "shared"]
    assert "the topic weir has 3 partitions" in health["checks"][1]["message"]
    health = json.loads(deliverer.client.get("/health").text())
    assert [check["name"] for check in health["checks"]] == ["kafka", "shared", "sink influx"]

    status = json.loads(intake.client.get("/api/weir/v1/status").text())
    assert status["roles"] == ["intake"] and status["sinks"] == []
    assert status["log"]["kind"] == "kafka" and status["log"]["topic"]["partitions"] == SHARDS
    assert status["log"]["topic"]["brokers"] == brokers.addresses
    assert intake.metrics().sum("weir_log_topic_partitions") == SHARDS
    assert intake.metrics().sum("weir_log_topic_leaderless") == 0


def test_who_delivers_answers_writes_so_that_clients_keep_them(brokers, deliveries, start_weir):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        # Were it opened, weir would not start: the address is taken.
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        lines = f'\n[[udp]]\nlisten = "{listen}"\n[[tcp]]\nlisten = "127.0.0.1:0"\n'
        deliverer = start_weir(weir_of(brokers.addresses, deliveries.sink(), roles=["sinks"]) + lines)
        assert deliverer.announced["udp"] == deliverer.announced["tcp"] == []
        for path in ("/write", "/api/v2/write", "/api/v3/write_lp", "/metrics/job/x"):
            answer = deliverer.client.request("POST", path, {"db": "load", "bucket": "load"}, LINE)
            assert answer.status == 503 and "only delivers" in answer.text(), answer.text()
        assert "Not opened: udp " + listen in deliverer.log()
    assert brokers.kcat.values("weir") == []


def test_partitions_without_a_leader_and_silence_are_told(brokers, deliveries, start_weir):
    weir = start_weir(weir_of(brokers.addresses, deliveries.sink(), roles=["intake"]))
    brokers.tell("leader", "weir", 1, "none")
    wait_until(lambda: weir.metrics().sum("weir_log_topic_leaderless") == 1, 20, "that a leader is missing")
    health = weir.client.get("/health")
    assert health.status == 503 and "1 of 3 partitions of the topic weir have no leader" in health.text()
    status = json.loads(weir.client.get("/api/weir/v1/status").text())
    assert any("have no leader" in each["what"] for each in status["advice"]), status["advice"]
    brokers.tell("leader", "weir", 1, 1)
    wait_until(lambda: weir.client.get("/health").status == 200, 20, "that all have one")
    assert "have a leader again" in weir.log()
    # What weirs share cannot be read: fields whose types are known go on.
    assert weir.client.write(LINE, "load").status == 204
    brokers.tell("leader", "weir-shared", 0, "none")
    assert weir.client.write(b"m new=1i 1600000000000000000", "load").status == 503
    wait_until(lambda: weir.metrics().sum("weir_shared_topic_answers") == 0, 30, "that it cannot be read")
    health = weir.client.get("/health")
    assert health.status == 503 and "shared: topic weir-shared cannot be" in health.text()
    ready = weir.client.get("/ready")
    assert ready.status == 200 and "fields that have no type yet are answered 503" in ready.text()
    assert weir.client.write(LINE, "load").status == 204
    status = json.loads(weir.client.get("/api/weir/v1/status").text())
    assert any("weir-shared cannot be" in each["what"] for each in status["advice"]), status["advice"]
    brokers.tell("leader", "weir-shared", 0, 1)
    wait_until(lambda: weir.client.get("/health").status == 200, 30, "that it can be read again")
    brokers.down()
    wait_until(lambda: weir.metrics().sum("weir_log_topic_answers") == 0, 40, "that Kafka is silent")
    assert "does not answer" in weir.client.get("/health").text()
    brokers.up()
    wait_until(lambda: weir.client.get("/health").status == 200, 40, "that it answers")


def test_one_role_needs_kafka(start_weir, make_weir):
    weir = make_weir('[service]\nroles = ["intake"]\n')
    code, said = weir.refuses_to_start()
    assert code == 2 and "`service.roles`" in said, said
