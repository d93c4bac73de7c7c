# SPDX-License-Identifier: Apache-2.0
"""One Kafka broker that is its own controller, as it comes from Maven (fetch_kafka.sh), on loopback."""

import base64
import socket
import subprocess
import uuid

from harness.process import Process

from .flink import free_port

CONFIGURATION = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker}
controller.listener.names=CONTROLLER
log.dirs={directory}/data
num.partitions=2
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
"""


class Kafka(Process):
    name = "kafka"

    def __init__(self, directory, jars):
        super().__init__(directory)
        self.jars = jars
        self.address = f"127.0.0.1:{free_port()}"

    def start(self):
        configuration = self.directory / "server.properties"
        port = self.address.rpartition(":")[2]
        configuration.write_text(CONFIGURATION.format(broker=port, controller=free_port(), directory=self.directory))
        java = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m", "-cp", f"{self.jars}/*"]
        name = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        storage = [*java, "kafka.tools.StorageTool", "format", "-t", name, "-c", configuration]
        done = subprocess.run(storage, capture_output=True, text=True, timeout=120, cwd=self.directory)
        assert done.returncode == 0, done.stdout + done.stderr
        self.launch([*java, "kafka.Kafka", configuration])
        self.wait_ready(self.answers, 120)
        return self

    def answers(self):
        host, port = self.address.split(":")
        try:
            socket.create_connection((host, int(port)), 1).close()
            return True
        except OSError:
            return False

