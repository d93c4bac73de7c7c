# SPDX-License-Identifier: Apache-2.0
"""collectd with its plugin write_influxdb_udp."""

import os
import pathlib
import socket
import threading
import time

from driver import serve
from process import TOOL, start

HOST, PORT = os.environ["CLIENT_UDP"].split(":")
ROOT = pathlib.Path(TOOL).parents[2]
CONFIGURATION = f"""
BaseDir "."
PIDFile "collectd.pid"
PluginDir "{ROOT}/usr/lib/collectd"
TypesDB "{ROOT}/usr/share/collectd/types.db"
LoadPlugin unixsock
<Plugin unixsock>
  SocketFile "socket"
</Plugin>
LoadPlugin write_influxdb_udp
<Plugin write_influxdb_udp>
  Server "{HOST}" "{PORT}"
</Plugin>
"""


class Connection:
    """To its plugin unixsock."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect("socket")
        self.answers = self.socket.makefile("r")

    def tell(self, text):
        self.socket.sendall(text.encode() + b"\n")
        answer = self.answers.readline()
        if not answer.startswith("0 "):
            raise RuntimeError(answer)


def connected():
    for _ in range(200):
        try:
            return Connection()
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("collectd has no socket")


class Client:
    def __init__(self):
        pathlib.Path("collectd.conf").write_text(CONFIGURATION, encoding="utf-8")
        start("-f", "-C", "collectd.conf")
        self.connection = None

    def connect(self):
        self.connection = connected()
        threading.Thread(target=self.flush, args=(connected(),), daemon=True).start()

    @staticmethod
    def flush(connection):
        """A datagram leaves when it is full, or here: values wait in collectd's queue first, nobody can say how long."""
        while True:
            connection.tell("FLUSH plugin=write_influxdb_udp")
            time.sleep(0.1)

    def write(self, points):
        for point in points:
            number = point["fields"]["integer"]
            self.connection.tell(f'PUTVAL "{number}/points/gauge" interval=10 {point["time"] / 1e9:.3f}:{number + 0.5}')


serve(Client())
