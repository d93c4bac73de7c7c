# SPDX-License-Identifier: Apache-2.0
"""`weir log move` to a real Kafka and back: the topics are made, groups are empty as soon as their members have left, and what a killed
weir had delivered comes again for a commit interval at most."""

import pytest

from harness.kafka.fleet import COMMIT_SECONDS
from harness.kafka.kcat import Kcat
from harness.kafka.moving import SERIES, SHARDS, Servers, data_of, kafka_config, local_config, move, moved, stat
from harness.process import wait_until


@pytest.fixture
def servers():
    made = Servers()
    yield made
    made.stop()


def refused(weir, to, *arguments):
    code, out, err = move(weir, to, *arguments)
    assert code == 1 and out == "", out + err
    return err


def test_to_kafka_and_back(start_kafka, servers, make_weir):
    kafka = start_kafka()
    weir = make_weir(local_config(servers, kafka))
    weir.start()
    servers.write(weir, "late", 0, 10)
    servers.far.down = True
    servers.write(weir, "good", 0, 20)
    wait_until(lambda: len(servers.near.of("good")) == 20 * SERIES, 30, "the one that is up", weir.must_be_alive)
    weir.stop()
    assert "there is no topic weir at" in refused(weir, "local")
    out = moved(weir, "kafka")
    assert f"{30 * SERIES} points of " in out and "once more" not in out, out
    for each in ("weir", "weir-state", "weir-parked"):
        assert len(Kcat(kafka.address).partitions(each)) == SHARDS

    weir.configure(kafka_config(servers, kafka))
    weir.start(60)
    servers.write(weir, "good", 20, 30)
    wait_until(lambda: len(servers.near.of("good")) == 30 * SERIES, 60, "the one that is up", weir.must_be_alive)
    assert len(servers.near.of("late")) == 10 * SERIES, "nothing that was delivered comes again"
    config = weir.config_path.read_text()
    weir.configure(local_config(servers, kafka))
    there = ("--directory", "there", "--set", "service.state_directory=there")
    assert "end those with the role `sinks`" in refused(weir, "local", *there)
    weir.configure(config)
    weir.stop()

    weir.configure(local_config(servers, kafka))
    kafka.create_topic("lone", SHARDS)
    wait_until(lambda: len(Kcat(kafka.address).partitions("lone")) == SHARDS, 20, "the topic")
    assert "there is no topic lone-state: what sinks have delivered" in refused(weir, "local", "--set", "log.topic=lone")
    out = moved(weir, "local")
    assert f"{40 * SERIES} points of " in out and "once more" not in out, out
    weir.start()
    servers.mend()
    servers.write(weir, "late", 10, 20)
    servers.check(weir)
    weir.stop()
    near, far = stat(weir, kafka_config(servers, kafka))
    assert near["lag_frames"] == far["lag_frames"] == 0

    # The topic, of which nothing is needed any more, takes the next move.
    servers.near.down = servers.far.down = True
    weir.start()
    servers.write(weir, "good", 30, 40)
    weir.stop()
    out = moved(weir, "kafka")
    assert f"{10 * SERIES} points of " in out, out
    servers.near.down = servers.far.down = False
    weir.configure(kafka_config(servers, kafka))
    weir.start(60)
    servers.check(weir)


def test_a_fleet_that_was_killed_moves_when_its_session_is_over(start_kafka, servers, make_weir):
    kafka = start_kafka()
    weir = make_weir(kafka_config(servers, kafka))
    servers.mend()
    weir.start(60)
    servers.write(weir, "good", 0, 20)
    wait_until(lambda: len(servers.near.of("good")) == 20 * SERIES, 60, "the first points", weir.must_be_alive)
    wait_until(lambda: len(servers.far.of("good")) == 20 * SERIES, 60, "the first points", weir.must_be_alive)
    committed = lambda: {each["sink"]: each["lag_frames"] for each in stat(weir, kafka_config(servers, kafka))}  # noqa: E731
    wait_until(lambda: set(committed().values()) == {0}, 30, f"what is kept each {COMMIT_SECONDS} s", pause=0.5)
    servers.near.down = servers.far.down = True
    servers.write(weir, "good", 20, 30)
    weir.kill()
    weir.configure(local_config(servers, kafka))
    assert "one that was killed counts for ten seconds" in refused(weir, "local")
    assert not data_of(weir, "segments").exists()
    last = None

    def tried():
        nonlocal last
        last = move(weir, "local")
        return last[0] == 0

    wait_until(tried, 30, f"the end of the session, said {last}", pause=0.5)
    assert f"{10 * SERIES} points of " in last[1], last
    servers.near.down = servers.far.down = False
    weir.start()
    servers.check(weir)
