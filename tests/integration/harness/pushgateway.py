# SPDX-License-Identifier: Apache-2.0
"""A real Pushgateway, from build/servers."""

import re

from .client import Client
from .process import Process


class Pushgateway(Process):
    name = "pushgateway"

    def __init__(self, directory, executable):
        super().__init__(directory)
        self.executable = executable
        self.client = None

    def start(self):
        # Debian's keeps its groups below /var/lib unless it is told otherwise.
        self.launch([self.executable, "--web.listen-address=127.0.0.1:0", "--web.enable-admin-api",
                     f"--persistence.file={self.directory / 'groups'}"])
        port = self.wait_ready(self.listening_port)
        self.client = Client(f"127.0.0.1:{port}")
        return self

    def listening_port(self):
        found = re.search(r"(?:listen_address|address)=(?:127\.0\.0\.1|\[::1\]):([1-9]\d*)", self.log())
        return int(found.group(1)) if found else None
