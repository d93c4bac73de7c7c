# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus, from build/servers, and a relay before its receiver that can be told to fail."""

import http.client
import re
import signal
import threading
import time

from .client import Client
from .http_server import Answer, HttpServer
from .process import Process

CONFIGURATION = "global:\n  scrape_interval: 1h\n"
WRITE_PATH = "/api/v1/write"


class Prometheus(Process):
    name = "prometheus"

    def __init__(self, directory, executable, configuration=CONFIGURATION):
        super().__init__(directory)
        self.executable = executable
        self.configuration = configuration
        self.port = 0  # 0 until the first start; kept from then on
        self.client = None

    def start(self):
        config = self.directory / "prometheus.yml"
        config.write_text(self.configuration)
        logged = len(self.log())
        self.launch(
            [
                self.executable,
                f"--config.file={config}",
                f"--storage.tsdb.path={self.directory / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--web.enable-remote-write-receiver",
                "--log.level=info",
            ]
        )
        if self.port == 0:
            found = self.wait_ready(lambda: self.listening_port(self.log()[logged:]))
            self.port = found
        self.client = Client(f"127.0.0.1:{self.port}")
        self.wait_ready(self.is_ready, 30)
        return self

    def reload(self, configuration):
        self.configuration = configuration
        (self.directory / "prometheus.yml").write_text(configuration)
        self.process.send_signal(signal.SIGHUP)

    def listening_port(self, log):
        found = re.search(r'msg="Listening on"(?: component=web)? address=(?:127\.0\.0\.1|\[::1\]):(\d+)', log)
        return int(found.group(1)) if found and found.group(1) != "0" else None

    def is_ready(self):
        try:
            return self.client.get("/-/ready").status == 200
        except OSError:
            return False

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}{WRITE_PATH}"

    def query(self, path="/api/v1/query", **params):
        answer = self.client.get(path, **params)
        assert answer.status == 200, answer
        return answer.json()["data"]["result"]

    def samples(self, selector, before=None, span="30d"):
        """Every sample as stored: {frozenset of labels: [(time in ms, value as text)]}."""
        found = self.query(query=f"{selector}[{span}]", time=before or time.time() + 3600)
        return {
            frozenset(series["metric"].items()): [
                (round(at * 1000), value) for at, value in series["values"]
            ]
            for series in found
        }


class Relay:
    """Passes writes on to a receiver. What `answer` gives (a status and a body) stands for the
    receiver's answer; `hold` keeps answers back after the receiver took what they are about."""

    def __init__(self, target):
        self.target = target  # "HOST:PORT"
        self.statuses = []
        self.bodies = []
        self.answer = lambda number: None  # number of the request -> (status, body) or None
        self.held = threading.Event()  # an answer is being kept back
        self._holding = False
        self._release = threading.Event()
        self._server = HttpServer(self._pass_on)
        self.url = self._server.url + WRITE_PATH

    def hold(self):
        self.held.clear()
        self._release.clear()
        self._holding = True

    def release(self):
        self._holding = False
        self._release.set()

    def _pass_on(self, request):
        given = self.answer(len(self.statuses))
        status, text, headers = (*given, {}) if given else self._forward(request)
        self.statuses.append(status)
        self.bodies.append(text)
        if self._holding:
            self.held.set()
            self._release.wait(60)
        return Answer(status, text, headers)

    def _forward(self, request):
        connection = http.client.HTTPConnection(self.target, timeout=30)
        try:
            connection.request(request.method, request.target, request.raw_body, request.headers)
            answer = connection.getresponse()
            told = {name: value for name, value in answer.getheaders() if name.startswith("X-Prometheus-")}
            return answer.status, answer.read(), told
        finally:
            connection.close()

    def stop(self):
        self.release()
        self._server.stop()
