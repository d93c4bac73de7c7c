# SPDX-License-Identifier: Apache-2.0
"""TLS and SASL/PLAIN for the brokers of brokers.py, with an authority and a certificate of their own."""

import pathlib

from ..tls.certificates import make_certificate

BROKER = """
ssl.keystore.type=PEM
ssl.keystore.location={directory}/broker.keystore.pem
sasl.enabled.mechanisms=PLAIN
listener.name.client.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
  user_{user}="{password}";
"""

TOOLS = """
security.protocol=SASL_SSL
ssl.truststore.type=PEM
ssl.truststore.location={directory}/authority.pem
sasl.mechanism=PLAIN
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="{user}" password="{password}";
"""


class Secure:
    def __init__(self, directory, user="weir", password="a secret of the tests"):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.user = user
        self.password = password
        self.authority = make_certificate(self.directory, "authority")
        certificate = make_certificate(self.directory, "broker", "authority")
        parts = [self.directory / "broker.key", certificate, self.authority]
        (self.directory / "broker.keystore.pem").write_text("".join(part.read_text() for part in parts))

    def of_broker(self):
        return BROKER.format(**vars(self))

    def of_tools(self, directory):
        """A file of properties for Kafka's commands."""
        path = pathlib.Path(directory, "tools.properties")
        path.write_text(TOOLS.format(**vars(self)))
        return path

    def of_librdkafka(self, password=None):
        """What weir's log.client says, and kcat's -X."""
        return [
            "security.protocol=SASL_SSL",
            f"ssl.ca.location={self.authority}",
            "sasl.mechanisms=PLAIN",
            f"sasl.username={self.user}",
            f"sasl.password={password or self.password}",
        ]
