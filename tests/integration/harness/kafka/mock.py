# SPDX-License-Identifier: Apache-2.0
"""librdkafka's mock cluster (tests/kafka/mock_brokers_rdkafka.cpp): brokers that are there at once and do as they are told. What it cannot
do stands at the head of that file."""

import subprocess

from .kcat import Kcat


class MockRefused(AssertionError):
    pass


class MockBrokers:
    """MockBrokers(directory, executable, brokers=3, weir=4).start(): three brokers, and a topic `weir` of four partitions."""

    name = "mock_brokers"

    def __init__(self, directory, executable, brokers=1, **topics):
        self.directory = directory
        self.directory.mkdir(parents=True, exist_ok=True)
        self.executable = executable
        self.count = brokers
        self.topics = topics
        self.process = None
        self.addresses = []

    @property
    def address(self):
        return ",".join(self.addresses)

    @property
    def kcat(self):
        return Kcat(self.address)

    def start(self):
        command = [self.executable, self.count, *(f"{name}:{count}" for name, count in self.topics.items())]
        with open(self.directory / "mock_brokers.log", "ab") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )
        self.addresses = self.process.stdout.readline().strip().split(",")
        assert self.addresses != [""], self.tail()
        return self

    def tell(self, *words):
        """tell("down", 1), tell("errors", "Produce", "NOT_ENOUGH_REPLICAS"): returns once the cluster has done so."""
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if answer != "ok":
            raise MockRefused(f"{words}: {answer or self.tail()}")

    def down(self, broker="all"):
        self.tell("down", broker)

    def up(self, broker="all"):
        self.tell("up", broker)

    def make_topic(self, name, partitions=1):
        self.tell("topic", name, partitions)

    def errors(self, request, *errors):
        self.tell("errors", request, *errors)

    def delay(self, request, milliseconds, times=1):
        """Of every broker, the next answers to such requests come so much later."""
        for broker in range(1, self.count + 1):
            self.tell("delay", broker, request, milliseconds, times)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        """Ends its input, and with that the cluster."""
        self.process.stdin.close()
        return self.process.wait(20)

    def kill(self):
        self.process.kill()
        self.process.stdin.close()
        self.process.wait(10)

    def tail(self, lines=30):
        path = self.directory / "mock_brokers.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""
