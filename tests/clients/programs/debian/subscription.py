# SPDX-License-Identifier: Apache-2.0
"""An InfluxDB 1 that sends on what it is given, by a SUBSCRIPTION."""

import urllib.parse

from driver import DATABASE, URL, line, serve
from process import answers, free_port, get, start

ADDRESS = f"127.0.0.1:{free_port()}"
CONFIGURATION = """
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
dir = "influxdb/meta"
[data]
dir = "influxdb/data"
wal-dir = "influxdb/wal"
[monitor]
store-enabled = false
[http]
bind-address = "{address}"
log-enabled = false
"""


def ask(text):
    get(f"http://{ADDRESS}/query", urllib.parse.urlencode({"q": text}).encode())


class Client:
    def __init__(self):
        with open("influxdb.conf", "w", encoding="utf-8") as config:
            config.write(CONFIGURATION.format(address=ADDRESS))
        start("-config", "influxdb.conf")

    def connect(self):
        answers(f"http://{ADDRESS}/ping")
        ask(f"CREATE DATABASE {DATABASE}")
        ask(f"""CREATE SUBSCRIPTION weir ON {DATABASE}.autogen DESTINATIONS ALL '{URL}'""")

    def write(self, points):
        for at in range(0, len(points), 1000):
            get(f"http://{ADDRESS}/write?db={DATABASE}", "\n".join(map(line, points[at : at + 1000])).encode())


serve(Client())
