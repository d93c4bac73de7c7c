# SPDX-License-Identifier: Apache-2.0
"""The played Kafka that the tests of this folder stand on, as a program sees it that is not ours: kcat."""

import time

import pytest

from harness.kafka.mock import MockRefused
from harness.process import wait_until

FAST = ["-X", "message.timeout.ms=1500", "-X", "socket.timeout.ms=1000"]


def test_it_keeps_what_it_is_sent(start_mock_brokers):
    kcat = start_mock_brokers(brokers=3, points=2).kcat
    assert len(kcat.metadata()["brokers"]) == 3
    assert len(kcat.partitions("points")) == 2
    kcat.produce("points", "one", "two", partition=0, weir="1", db="cpu")
    kcat.produce("points", "three", partition=1)
    first, second = kcat.records("points", 0)
    assert (first["payload"], first["offset"], first["headers"]) == ("one", 0, ["weir", "1", "db", "cpu"])
    assert (second["payload"], second["offset"]) == ("two", 1)
    assert kcat.values("points", 1) == ["three"]


def test_a_topic_can_come_later(start_mock_brokers):
    mock = start_mock_brokers()
    mock.make_topic("late", 3)
    assert len(mock.kcat.partitions("late")) == 3
    with pytest.raises(MockRefused, match="exists"):
        mock.make_topic("late", 3)


def test_a_broker_goes_down_and_comes_back(start_mock_brokers):
    mock = start_mock_brokers(brokers=1, points=1)
    mock.down(1)
    assert mock.kcat.run("-L", "-m", "1", check=False).returncode != 0
    mock.up(1)
    mock.kcat.produce("points", "after")
    assert mock.kcat.values("points") == ["after"]


def test_a_partition_moves(start_mock_brokers):
    mock = start_mock_brokers(brokers=2, points=1)
    for broker in (1, 2):
        mock.tell("leader", "points", 0, broker)
        assert mock.kcat.partitions("points") == [broker]
    mock.tell("leader", "points", 0, "none")
    assert mock.kcat.partitions("points") == [-1]


def test_errors_are_each_answered_once(start_mock_brokers):
    mock = start_mock_brokers(points=1)
    mock.errors("Produce", "NOT_ENOUGH_REPLICAS")  # is tried again
    mock.kcat.produce("points", "kept")
    mock.errors("Produce", "TOPIC_AUTHORIZATION_FAILED")  # is not
    refused = mock.kcat.run("-P", "-t", "points", given=b"lost", check=False)
    assert b"Topic authorization failed" in refused.stderr
    mock.kcat.produce("points", "then")
    assert mock.kcat.values("points") == ["kept", "then"]


def test_answers_come_late(start_mock_brokers):
    mock = start_mock_brokers(points=1)
    mock.delay("Produce", 600)
    begun = time.monotonic()
    mock.kcat.produce("points", "slow")
    assert time.monotonic() - begun >= 0.6
    mock.tell("rtt", "all", 5000)
    assert mock.kcat.run("-P", "-t", "points", *FAST, given=b"x", check=False).returncode != 0


def test_a_group_reads_and_commits(start_mock_brokers):
    mock = start_mock_brokers(points=2)
    mock.kcat.produce("points", "a", "b", partition=0)
    session = ["-X", "session.timeout.ms=4000", "-X", "heartbeat.interval.ms=500"]
    read = ["-G", "readers", "-q", "-e", "-X", "auto.offset.reset=earliest", *session, "points"]
    assert mock.kcat.run(*read).stdout.split() == [b"a", b"b"]
    mock.kcat.produce("points", "c", partition=1)
    assert mock.kcat.run(*read).stdout.split() == [b"c"]


@pytest.mark.parametrize(
    "words, why",
    [
        (["dance"], "no such command; there are topic, down, "),
        (["down"], "down BROKER|all"),
        (["down", 9], "no such broker"),
        (["up", "x"], "no such broker"),
        (["leader", "points", 5, 1], "Unknown topic or partition"),
        (["errors", "Produce", "NO_SUCH"], 'Kafka has no error "NO_SUCH"'),
        (["errors", "Dance", "NOT_ENOUGH_REPLICAS"], "no such request"),
        (["rtt", 1, "soon"], "not a number of milliseconds"),
        (["topic", "more", 0], "a number of partitions"),
    ],
)
def test_what_it_does_not_understand_it_says(start_mock_brokers, words, why):
    mock = start_mock_brokers(points=1)
    with pytest.raises(MockRefused) as refused:
        mock.tell(*words)
    assert why in str(refused.value)
    mock.tell("up", 1)


def test_it_ends_when_its_input_does(start_mock_brokers):
    mock = start_mock_brokers()
    assert mock.stop() == 0
    wait_until(lambda: not mock.running(), what="its end")
