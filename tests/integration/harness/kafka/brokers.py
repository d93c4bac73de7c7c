# SPDX-License-Identifier: Apache-2.0
"""Real Kafka brokers, as they come from Maven (tests/kafka/fetch.sh), in KRaft mode on loopback: one, or several of which each is
a controller, too. Small heaps: three of them and weirs fit into a machine of two cores."""

import base64
import contextlib
import os
import pathlib
import random
import shutil
import socket
import subprocess
import uuid

import pytest

from ..process import Process

# `client` is the listener of everybody else's, and the only one that TLS and SASL may guard. A broker that was killed is
# known to be gone after 3 s (Kafka's own default: 9 s).
CONFIGURATION = """
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=CLIENT://127.0.0.1:{client},INSIDE://127.0.0.1:{inside},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=CLIENT://127.0.0.1:{client},INSIDE://127.0.0.1:{inside}
listener.security.protocol.map=CLIENT:{protocol},INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=INSIDE
controller.listener.names=CONTROLLER
log.dirs={directory}/data
num.partitions=2
auto.create.topics.enable={auto_create}
default.replication.factor={brokers}
min.insync.replicas={least_in_sync}
offsets.topic.num.partitions=3
offsets.topic.replication.factor={brokers}
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor={brokers}
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor={brokers}
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
"""

JAVA = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]


def free_ports(count):
    """Of numbers that the system gives to no outgoing connection: a port of a broker that is down must still be free when it
    comes back, also from clients that try to reach it."""
    with contextlib.ExitStack() as held:
        ports = []
        while len(ports) < count:
            port = random.randrange(10_000, 32_000)
            with contextlib.suppress(OSError):
                held.enter_context(socket.create_server(("127.0.0.1", port)))
                ports.append(port)
        return ports


def fetched_kafka():
    """The folder of its jars; where there is none, the test is skipped, with the reason."""
    if shutil.which("java") is None:
        pytest.skip("there is no java; default-jre-headless has it")
    directory = pathlib.Path(os.environ.get("WEIR_KAFKA", ""))
    if not (directory / ".complete").exists():
        pytest.skip("there is no Kafka; ./dev kafka fetches it")
    return directory


class Broker(Process):
    """One of a cluster's."""

    def __init__(self, directory, cluster, node, ports):
        super().__init__(directory)
        self.name = f"kafka{node}"
        self.cluster = cluster
        self.node = node
        self.client, self.inside, self.controller = ports
        self.configuration = self.directory / "server.properties"

    @property
    def address(self):
        return f"127.0.0.1:{self.client}"

    def format(self, cluster_id):
        """Begins to; the process is the caller's to wait for."""
        self.configuration.write_text(self.cluster.configuration_of(self))
        tool = ["kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", self.configuration]
        with open(self.log_path, "ab") as log:
            return subprocess.Popen(self.cluster.java(*tool), stdout=log, stderr=subprocess.STDOUT, cwd=self.directory)

    def begin(self):
        self.launch(self.cluster.java("kafka.Kafka", self.configuration))
        return self

    def wait_up(self, seconds=120):
        """A broker accepts clients once the controllers count on it."""
        self.wait_ready(self.answers, seconds)
        return self

    def start(self, seconds=120):
        return self.begin().wait_up(seconds)

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.client), 1).close()
            return True
        except OSError:
            return False


class Kafka:
    """A cluster: Kafka(directory, jars, brokers=3).start(). `secure` (a harness.kafka.secure.Secure) guards it."""

    name = "kafka"

    def __init__(self, directory, jars, brokers=1, heap="256m", secure=None, auto_create=False):
        self.directory = pathlib.Path(directory)
        self.jars = jars
        self.heap = heap
        self.secure = secure
        self.auto_create = auto_create
        ports = free_ports(3 * brokers)
        self.brokers = [
            Broker(self.directory / f"broker{node}", self, node, ports[3 * node - 3 : 3 * node]) for node in range(1, brokers + 1)
        ]

    @property
    def addresses(self):
        return [broker.address for broker in self.brokers]

    @property
    def address(self):
        return ",".join(self.addresses)

    def java(self, *arguments):
        return [str(part) for part in (*JAVA, f"-Xmx{self.heap}", "-cp", f"{self.jars}/*", *arguments)]

    def configuration_of(self, broker):
        count = len(self.brokers)
        text = CONFIGURATION.format(
            node=broker.node,
            voters=",".join(f"{each.node}@127.0.0.1:{each.controller}" for each in self.brokers),
            client=broker.client,
            inside=broker.inside,
            controller=broker.controller,
            protocol="SASL_SSL" if self.secure else "PLAINTEXT",
            directory=broker.directory,
            brokers=count,
            least_in_sync=min(2, count),
            auto_create=str(self.auto_create).lower(),
        )
        return text + (self.secure.of_broker() if self.secure else "")

    def start(self):
        # One that began with a dash would be taken for an option.
        name = "w" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]
        for formatting, broker in [(broker.format(name), broker) for broker in self.brokers]:
            assert formatting.wait(120) == 0, broker.tail()
        for broker in self.brokers:
            broker.begin()
        for broker in self.brokers:
            broker.wait_up()
        return self

    def topics(self, *arguments):
        """Kafka's own command for topics."""
        return self.command("org.apache.kafka.tools.TopicCommand", *arguments)

    def set_on_topic(self, name, **configuration):
        """By Kafka's own command for settings, `kafka-configs.sh`."""
        keys = ",".join(f"{key.replace('_', '.')}={value}" for key, value in configuration.items())
        self.command("kafka.admin.ConfigCommand", "--alter", "--topic", name, "--add-config", keys)

    def command(self, java_class, *arguments):
        command = [java_class, "--bootstrap-server", self.address]
        if self.secure:
            command += ["--command-config", self.secure.of_tools(self.directory)]
        done = subprocess.run(
            self.java(*command, *arguments), capture_output=True, text=True, timeout=120, cwd=self.directory
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def create_topic(self, name, partitions=1, replication=None, **configuration):
        keys = [part for key, value in configuration.items() for part in ("--config", f"{key.replace('_', '.')}={value}")]
        copies = replication or len(self.brokers)
        self.topics("--create", "--topic", name, "--partitions", str(partitions), "--replication-factor", str(copies), *keys)

    def running(self):
        return any(broker.running() for broker in self.brokers)

    def kill(self):
        for broker in self.brokers:
            if broker.running():
                broker.kill()

    def tail(self, lines=30):
        return "\n".join(f"{broker.name}:\n{broker.tail(lines)}" for broker in self.brokers)
