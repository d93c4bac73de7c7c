# SPDX-License-Identifier: Apache-2.0
"""A server that answers /api/v2/write as InfluxDB 2 does, and as a test tells it to."""

import gzip
import http.server
import json
import threading
import urllib.parse


class FakeInfluxdb2:
    """Answers 204 and keeps the requests, unless `answers` has something else to be said first."""

    def __init__(self):
        self.lock = threading.Lock()
        self.requests = []  # (path with query, headers in lower case, lines)
        self.answers = []  # (status, code, message, further headers), each given once
        self.buckets = {}  # name: seconds that it keeps points, 0 for ever
        self.decide = None  # decide(path, headers, lines) -> one of `answers`, or None
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                path, _, query = self.path.partition("?")
                assert path == "/api/v2/buckets", self.path
                asked = dict(urllib.parse.parse_qsl(query))
                begin = int(asked.get("offset", 0))
                listed = list(fake.buckets.items())[begin : begin + int(asked["limit"])]
                rules = {
                    name: [{"type": "expire", "everySeconds": seconds}] if seconds else []
                    for name, seconds in listed
                }
                said = json.dumps(
                    {"buckets": [{"name": n, "retentionRules": r} for n, r in rules.items()]}
                ).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                headers = {name.lower(): value for name, value in self.headers.items()}
                self.answer(fake.take(self.path, headers, body.decode().splitlines()))

            def answer(self, given):
                if given is None:
                    self.send_response(204)
                    self.send_header("X-Influxdb-Version", "v2.7.11")
                    self.end_headers()
                    return
                status, code, message, further = given
                said = json.dumps({"code": code, "message": message}).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("X-Platform-Error-Code", code)
                self.send_header("Content-Length", str(len(said)))
                for name, value in further.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def take(self, path, headers, lines):
        with self.lock:
            given = self.answers.pop(0) if self.answers else None
            if given is None and self.decide is not None:
                given = self.decide(path, headers, lines)
            self.requests.append((path, headers, lines, 204 if given is None else given[0]))
            return given

    def say(self, status, code, message, **headers):
        with self.lock:
            further = {name.replace("_", "-"): value for name, value in headers.items()}
            self.answers.append((status, code, message, further))

    def stored(self):
        """The lines of all requests that were answered 204."""
        with self.lock:
            return [line for *_, lines, status in self.requests if status == 204 for line in lines]

    def statuses(self):
        with self.lock:
            return [status for *_, status in self.requests]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)
