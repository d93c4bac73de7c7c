# SPDX-License-Identifier: Apache-2.0
"""The proxy itself, on ports that it takes itself and announces in a file."""

import json

from .client import Client
from .metrics import Metrics
from .process import Process, wait_until

# One line to begin a test's configuration with: a free port, and everything in the own directory.
LISTEN = '[http]\nlisten = ["127.0.0.1:0"]\n'


SANITIZER_MARKS = (b"__asan_init", b"__tsan_init", b"__msan_init")


class Weir(Process):
    name = "weir"

    def __init__(self, directory, executable, config=LISTEN, sets=()):
        super().__init__(directory)
        self.executable = executable
        self.config_path = self.directory / "weir.toml"
        self.announce_path = self.directory / "announce.json"
        self.sets = list(sets)
        self.environment = {}
        self.client = None
        self.announced = None
        self.has_sanitizer = None  # not looked at yet
        self.configure(config)

    def configure(self, config):
        self.config_path.write_text(config)

    def command(self):
        command = [self.executable, "run", "--config", self.config_path]
        command += ["--announce", self.announce_path]
        for each in self.sets:
            command += ["--set", each]
        return command

    def start(self, seconds=20.0):
        self.announce_path.unlink(missing_ok=True)
        self.launch(self.command(), self.environment)
        self.announced = self.wait_ready(self.read_announcement, seconds)
        self.client = Client(self.announced["http"][0])
        return self

    def read_announcement(self):
        try:
            return json.loads(self.announce_path.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None

    def refuses_to_start(self, seconds=20.0):
        """For what must not start: its exit code and all that it said."""
        self.launch(self.command())
        code = self.wait_exit(seconds)
        return code, self.log()

    def sanitized(self):
        """Built with a sanitizer? What that needs of memory and files is not weir's."""
        if self.has_sanitizer is None:
            content = self.executable.read_bytes()
            self.has_sanitizer = any(mark in content for mark in SANITIZER_MARKS)
        return self.has_sanitizer

    def restart(self, kill=False):
        if kill:
            self.kill()
        else:
            self.stop()
        return self.start()

    def lines_of(self, db, sink_directory="lines"):
        """What a file sink wrote for a database (or "db.rp"), without its line feeds."""
        path = self.directory / sink_directory / f"{db}.lp"
        return path.read_text().splitlines() if path.exists() else []

    def wait_delivered(self, points, seconds=20.0, sink="influx"):
        """Until the sink has delivered so many points since its first start, and no more wait."""

        def reached():
            metrics = self.metrics()
            delivered = metrics.sum("weir_sink_delivered_points_total", sink=sink)
            pending = metrics.sum("weir_sink_pending_points", sink=sink)
            return delivered >= points and pending == 0

        wait_until(reached, seconds, f"{points} points delivered by {sink}", self.must_be_alive)

    def metrics(self):
        answer = self.client.get("/metrics")
        assert answer.status == 200, answer
        return Metrics(answer.text())
