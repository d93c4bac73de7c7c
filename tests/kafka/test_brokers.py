# SPDX-License-Identifier: Apache-2.0
"""The brokers that the tests of this folder stand on, by themselves."""

import time

from harness.kafka.kcat import Kcat
from harness.kafka.secure import Secure
from harness.process import wait_until


def test_one_broker(start_kafka):
    kafka = start_kafka()
    kafka.create_topic("points", 4, retention_ms=60_000)
    kcat = Kcat(kafka.address)
    assert len(kcat.partitions("points")) == 4
    kcat.produce("points", "a", "b", partition=3)
    assert kcat.values("points") == ["a", "b"]
    assert "retention.ms=60000" in kafka.topics("--describe", "--topic", "points")


def test_a_broker_of_three_is_killed_and_comes_back(start_kafka):
    kafka = start_kafka(brokers=3)
    kafka.create_topic("points", 6, min_insync_replicas=2)
    kcat = Kcat(kafka.address)
    assert set(kcat.partitions("points")) == {1, 2, 3}
    kcat.produce("points", "before")
    broker = kafka.brokers[1]
    broker.kill()
    begun = time.monotonic()
    wait_until(lambda: set(kcat.partitions("points")) == {1, 3}, 30, "leaders among those that live", pause=0.2)
    print(f"leaders elsewhere after {time.monotonic() - begun:.1f} s")
    kcat.produce("points", "between")
    broker.start()
    wait_until(lambda: len(kcat.metadata()["brokers"]) == 3, 30, "three brokers", pause=0.2)
    kcat.produce("points", "after")
    assert sorted(kcat.values("points")) == ["after", "before", "between"]


def test_tls_and_a_password(start_kafka, tmp_path):
    secure = Secure(tmp_path / "secure")
    kafka = start_kafka(secure=secure)
    kafka.create_topic("points")
    kcat = Kcat(kafka.address, secure.of_librdkafka())
    kcat.produce("points", "a")
    assert kcat.values("points") == ["a"]
    wrong = Kcat(kafka.address, secure.of_librdkafka(password="wrong"))
    refused = wrong.run("-L", "-m", "3", check=False)
    assert b"Authentication failed" in refused.stderr, refused.stderr
    assert Kcat(kafka.address).run("-L", "-m", "3", check=False).returncode != 0
