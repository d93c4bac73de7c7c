# SPDX-License-Identifier: Apache-2.0
"""Weirs whose log is in one real broker: what was acknowledged arrives, in order; and anybody can read the topic."""

from cluster import READY, Fleet

from harness.kafka.fleet import check_frame
from harness.kafka.kcat import Kcat
from harness.kafka.secure import Secure
from harness.process import wait_until

SHARDS = 4


def test_all_that_was_acknowledged_arrives_over_restarts(start_kafka, deliveries, make_weir):
    fleet = Fleet(start_kafka(), deliveries, make_weir, shards=SHARDS).start()
    (intake,), (sink,) = fleet.intakes, fleet.sinks
    (load,) = fleet.loads()
    with load:
        fleet.write_more(load, 1000)
        sink.restart()
        fleet.write_more(load, 1000)
        intake.restart()
        fleet.write_more(load, 1000)
    fleet.all_arrive(load)
    deliveries.check_repeats([])


def test_a_broker_that_is_away_is_503_and_then_forgotten(start_kafka, deliveries, make_weir):
    kafka = start_kafka()
    fleet = Fleet(kafka, deliveries, make_weir, shards=SHARDS).start()
    (intake,), (load,) = fleet.intakes, fleet.loads()
    with load:
        fleet.write_more(load, 500)
        kafka.brokers[0].kill()
        wait_until(lambda: load.answers.get(503, 0) > 3, 30, f"refusals, of {load.answers}")
        wait_until(lambda: intake.client.get("/ready").status == 503, 20, "that it is not ready")
        kafka.brokers[0].start()
        fleet.write_more(load, 500)
        wait_until(lambda: intake.client.get("/ready").status in READY, 20, "that it is ready")
    fleet.all_arrive(load)
    assert set(load.answers) <= {204, 503}, load.answers


def test_what_weir_makes_and_anybody_reads(start_kafka, deliveries, make_weir):
    """The topics, and the records of docs/log_kafka.md."""
    kafka = start_kafka()
    fleet = Fleet(kafka, deliveries, make_weir, shards=SHARDS).start()
    (load,) = fleet.loads()
    with load:
        fleet.write_more(load, 1000)
    fleet.all_arrive(load)
    kcat = Kcat(kafka.address)
    described = kafka.topics("--describe")
    for topic, partitions in {"weir": SHARDS, "weir-state": SHARDS, "weir-parked": SHARDS, "weir-shared": 1}.items():
        assert len(kcat.partitions(topic)) == partitions, described
    for topic in ("weir-state", "weir-parked", "weir-shared"):
        assert "cleanup.policy=compact" in kafka.topics("--describe", "--topic", topic)
    lines = [line for record in kcat.records("weir") for line in check_frame(record, SHARDS)]
    assert set(lines) == set(deliveries.lines())
    assert len(set(fleet.partition_of_series(kcat).values())) == SHARDS


def test_tls_and_a_password(start_kafka, deliveries, make_weir, tmp_path):
    secure = Secure(tmp_path / "secure")
    kafka = start_kafka(secure=secure)
    fleet = Fleet(kafka, deliveries, make_weir, shards=2, client=secure.of_librdkafka()).start()
    (load,) = fleet.loads()
    with load:
        fleet.write_more(load, 500)
    fleet.all_arrive(load)
    said = "".join(weir.log() for weir in fleet.weirs)
    assert secure.password not in said
