# SPDX-License-Identifier: Apache-2.0
"""vmagent, which takes lines, keeps them in a queue of its own, and sends them to weir by remote write."""

from driver import DATABASE, URL, gauge_line, serve
from process import answers, free_port, get, start

ADDRESS = f"127.0.0.1:{free_port()}"


class Client:
    def __init__(self):
        start(f"-remoteWrite.url={URL}/api/v1/prom/write?db={DATABASE}", f"-httpListenAddr={ADDRESS}",
              "-remoteWrite.tmpDataPath=queue", "-remoteWrite.flushInterval=100ms", "-influxSkipSingleField")

    def connect(self):
        return answers(f"http://{ADDRESS}/health")

    def write(self, points):
        get(f"http://{ADDRESS}/write", "\n".join(map(gauge_line, points)).encode())


serve(Client())
