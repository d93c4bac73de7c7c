# SPDX-License-Identifier: Apache-2.0
"""A real VictoriaMetrics, from build/servers. It does not say which port it took, so the system is asked."""

import json
import os
import pathlib

from .client import Client
from .process import Process


class Victoria(Process):
    name = "victoria-metrics"

    def __init__(self, directory, executable):
        super().__init__(directory)
        self.executable = executable
        self.port = 0  # 0 until the first start; kept from then on
        self.client = None

    def start(self):
        self.launch([self.executable, f"-storageDataPath={self.directory / 'data'}",
                     f"-httpListenAddr=127.0.0.1:{self.port}", "-retentionPeriod=1", "-loggerLevel=WARN",
                     "-memory.allowedBytes=64MB"])
        self.port = self.port or self.wait_ready(self.listening_port)
        self.client = Client(f"127.0.0.1:{self.port}")
        self.wait_ready(self.answers)
        return self

    def listening_port(self):
        """Of the sockets that the process has open, the one of TCP that listens."""
        own = pathlib.Path(f"/proc/{self.pid}")
        sockets = set()
        for file in (own / "fd").iterdir():
            try:
                sockets.add(os.readlink(file))
            except FileNotFoundError:
                pass  # closed meanwhile
        for line in (own / "net/tcp").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == "0A" and f"socket:[{columns[9]}]" in sockets:
                return int(columns[1].rpartition(":")[2], 16)
        return None

    def answers(self):
        try:
            return self.client.get("/health").status == 200
        except OSError:
            return False

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/api/v1/write"

    def samples(self, selector):
        """{frozenset of labels: [(time in ms, value)]}; a stale marker's value is None."""
        assert self.client.get("/internal/force_flush").status == 200
        answer = self.client.get("/api/v1/export", **{"match[]": selector})
        assert answer.status == 200, answer
        found = [json.loads(line) for line in answer.text().splitlines()]
        return {frozenset(one["metric"].items()): sorted(zip(one["timestamps"], one["values"])) for one in found}
