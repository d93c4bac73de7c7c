# SPDX-License-Identifier: Apache-2.0
"""A server that answers as InfluxDB 1.x does and remembers every line in the order of its arrival."""

import json
import threading

from .http_server import Answer, HttpServer


class Recorder:
    def __init__(self, databases=(), heard=None):
        self.databases = set(databases)
        self.heard = heard or (lambda lines: None)  # called with the lines of each request, one at a time
        self.lines = {}  # database: lines, with repeats
        self.down = False  # answers 503 and takes nothing
        self.lock = threading.Lock()
        self._server = HttpServer(self._answer_to)
        self.url = self._server.url

    def _answer_to(self, request):
        if self.down:
            return Answer(503)
        if request.path == "/ping":
            return Answer(204)
        database = request.params.get("db", "")
        if database not in self.databases:
            words = json.dumps({"error": f'database not found: "{database}"'})
            return Answer(404, words.encode(), {"Content-Type": "application/json"})
        lines = request.body.decode().splitlines()
        with self.lock:
            self.lines.setdefault(database, []).extend(lines)
            self.heard(lines)
        return Answer(204)

    def of(self, database):
        with self.lock:
            return list(self.lines.get(database, []))

    def first_arrivals(self, database):
        """Each line once, where it came first."""
        return list(dict.fromkeys(self.of(database)))

    def stop(self):
        self._server.stop()
