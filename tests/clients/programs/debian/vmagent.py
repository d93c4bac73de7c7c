# SPDX-License-Identifier: Apache-2.0
"""vmagent, which takes lines, keeps them in a queue of its own, and sends them to weir by remote write."""

import json
import os
import socket
import subprocess
import time
import urllib.parse
import urllib.request

from driver import DATABASE, URL, Nothing, line, serve


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Client:
    def __init__(self):
        self.address = f"http://127.0.0.1:{free_port()}"
        self.process = subprocess.Popen(
            [os.environ["CLIENT_TOOL"], f"-remoteWrite.url={URL}/api/v1/prom/write?db={DATABASE}",
             f"-httpListenAddr={self.address.removeprefix('http://')}", "-remoteWrite.tmpDataPath=queue",
             "-remoteWrite.flushInterval=100ms", "-remoteWrite.queues=1",
             "-influxSkipSingleField"],
            stdin=subprocess.DEVNULL,
        )
        self.written = 0

    def get(self, path, body=None):
        with urllib.request.urlopen(self.address + path, body, 10) as answer:
            return answer.read().decode()

    def connect(self):
        for _ in range(200):
            try:
                return self.get("/health")
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("vmagent does not answer")

    def create(self):
        raise Nothing

    def arrived(self):
        """How many points there are; None while nobody can say."""
        asked = urllib.parse.urlencode({"db": DATABASE, "q": "SELECT count(value) FROM points"})
        try:
            with urllib.request.urlopen(f"{URL}/query?{asked}", timeout=10) as answer:
                series = json.load(answer)["results"][0].get("series")
                return series[0]["values"][0][1] if series else 0
        except (OSError, ValueError, KeyError):
            return None

    def write(self, points):
        """A gauge of each point's number: what remote write can say of a point."""
        lines = []
        for point in points:
            number = point["fields"]["integer"]
            lines.append(line({**point, "tags": {"number": str(number)}, "fields": {"value": number + 0.5}}))
        self.written += len(points)
        self.get("/write", "\n".join(lines).encode())
        while (self.arrived() or 0) < self.written:
            time.sleep(0.1)

    def gzip(self, _):
        raise Nothing

    def bad(self, _):
        raise Nothing

    def query(self):
        raise Nothing


client = Client()
try:
    serve(client)
finally:
    client.process.terminate()
