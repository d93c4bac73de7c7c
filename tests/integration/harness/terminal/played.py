# SPDX-License-Identifier: Apache-2.0
"""A weir that is played: the documents of docs/api.md as a test wants them, over TCP or a Unix socket."""

import http.server
import json
import os
import socketserver
import threading

STATUS = {
    "version": "9.9.9",
    "host": "weir-host",
    "pid": 4711,
    "started": 1790000000.0,
    "now": 1790100000.0,
    "uptime": 100000.0,
    "health": {"healthy": True, "ready": True, "why": []},
    "advice": [],
    "rates": {"received": 48012.0, "accepted": 48000.0, "rejected": 12.0, "dropped": 0.0, "delivered": 47900.0},
    "totals": {"received": 12345678, "accepted": 12345000, "rejected": 678, "dropped": 0, "mended": 5, "noted": 6, "delivered": 12344000},
    "log": {
        "kind": "local",
        "acknowledge": "written",
        "when_full": "reject",
        "bytes": 1763180871,
        "keep_bytes": 4294967296,
        "share": 0.41,
        "append_bytes_per_second": 1258291.2,
        "outage_seconds_left": 2012.0,
        "next": "When it is full, writes are answered 503 and their clients keep the points.",
    },
    "memory": {"used_bytes": 1, "limit_bytes": 2},
    "sinks": [
        {
            "name": "influx",
            "type": "influxdb",
            "addresses": ["http://127.0.0.1:8087"],
            "required": True,
            "state": "delivering",
            "state_text": "delivers",
            "do": "",
            "pending_points": 1234,
            "pending_bytes": 9,
            "lag_seconds": 0.4,
            "delivered": 12344000,
            "delivered_per_second": 47900.0,
            "discarded": {},
            "parked_points": 0,
            "lanes": 2,
            "held_lanes": 0,
            "last_error": None,
            "held": [],
        }
    ],
    "databases": {
        "count": 2,
        "shown": [
            {"name": "metrics", "received": 12000000, "accepted": 1, "rejected": 600, "dropped": 0, "rate": 47000.0, "series": 1200, "types": 9, "last_received": 1790100000.0},
            {"name": "logs", "received": 345678, "accepted": 1, "rejected": 78, "dropped": 0, "rate": 1012.0, "series": 80, "types": 9, "last_received": None},
        ],
    },
    "sources": [],
    "rejections": [],
}

HELD = {
    "advice": [
        {
            "level": "error",
            "about": "sink influx",
            "what": "The database mydb is not there, so its points wait.",
            "do": "Create it, then have weir try again.",
            "command": "weir park retry --sink influx",
        },
        {"level": "note", "about": "log", "what": "41% full.", "do": "", "command": ""},
    ],
    "sinks": [
        {
            **STATUS["sinks"][0],
            "state": "held",
            "state_text": "One lane is held.",
            "held_lanes": 1,
            "parked_points": 500,
            "last_error": {"age_seconds": 3.2, "message": "404: database not found: \"mydb\""},
            "held": [
                {
                    "database": "mydb",
                    "retention_policy": "week",
                    "points": 1500,
                    "bytes": 1,
                    "age_seconds": 60,
                    "parked_points": 500,
                    "why": "database not found",
                    "do": "CREATE DATABASE mydb",
                    "command": "weir park retry --sink influx --database mydb",
                }
            ],
        }
    ],
    "rejections": [
        {
            "code": "missing_tag_value",
            "title": "a tag without a value",
            "kind": "rejected",
            "count": 1234,
            "last": 1790099997.0,
            "explanation": "The tag has no value.",
            "remedy": "Leave the whole tag out when its value is empty.",
            "example": {
                "at": 1790099997.0,
                "database": "mydb",
                "retention_policy": "",
                "line": 1,
                "column": 10,
                "message": "missing tag value",
                "text": "cpu,host= value=1",
                "cut": False,
                "shown": "cpu,host= value=1",
                "mark_column": 4,
                "mark_columns": 5,
                "listener": "127.0.0.1:8086",
                "address": "10.0.0.1",
                "agent": "Telegraf/1.21",
                "user": "",
            },
            "senders": [
                {"listener": "127.0.0.1:8086", "address": "10.0.0.1", "agent": "Telegraf/1.21", "user": "", "database": "mydb", "count": 1234, "last": 1790099997.0}
            ],
        }
    ],
}

HISTORY = {
    "step": 10,
    "end": 1790100000.0,
    "received": [None] * 20 + [float(n) for n in range(40)],
    "accepted": [None] * 20 + [float(n) for n in range(40)],
    "rejected": [None] * 20 + [0.0] * 40,
    "dropped": [None] * 20 + [0.0] * 40,
    "delivered": [None] * 20 + [20.0] * 40,
    "pending": [],
    "log_bytes": [],
}


def status(**changes):
    return {**STATUS, **changes}


class PlayedWeir:
    """`documents` maps what stands behind /api/weir/v1/ to a document; `events` and `tap` are lists of pieces that are
    sent, each when `more` is released, and `close` ends them."""

    def __init__(self, unix_path=None):
        self.documents = {"status": STATUS, "history": HISTORY}
        self.statuses = {}
        self.requests = []
        self.taps = []
        self.headers = []
        self.changed = threading.Condition()
        self.closed = False
        self.generation = 0
        played = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def address_string(self):
                return "played"

            def do_GET(self):
                played.answer(self)

        if unix_path:
            class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
                daemon_threads = True

                def get_request(self):
                    connection, _ = super().get_request()
                    return connection, ("unix", 0)

            self.server = UnixServer(str(unix_path), Handler)
            self.url = f"unix:{unix_path}"
        else:
            self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            self.port = self.server.server_address[1]
            self.url = f"http://127.0.0.1:{self.port}"
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def answer(self, request):
        path, _, query = request.path.partition("?")
        name = path.removeprefix("/api/weir/v1/")
        with self.changed:
            self.requests.append(request.path)
            self.headers.append(dict(request.headers))
            self.changed.notify_all()
            generation = self.generation  # before the status is looked up: a test changes that first
        code = self.statuses.get(name, 200 if name in ("events", "tap", *self.documents) else 404)
        if code != 200 or name in self.documents:
            body = self.documents.get(name) if code == 200 else {"error": f"played {code}"}
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            request.send_response(code)
            request.send_header("Content-Type", "application/json")
            request.send_header("Content-Length", str(len(data)))
            request.end_headers()
            request.wfile.write(data)
            return
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream" if name == "events" else "application/x-ndjson")
        request.send_header("Connection", "close")
        request.end_headers()
        request.close_connection = True
        self.stream(request, name, generation)

    def stream(self, request, name, generation):
        """A status event at once and for each change; or each tapped line."""
        sent = 0
        with self.changed:
            while not self.closed and self.generation == generation:
                if name == "events":
                    piece = f": hello\nevent: status\ndata: {json.dumps(self.documents['status'])}\n\n"
                else:
                    piece = "".join(json.dumps(one) + "\n" for one in self.taps[sent:])
                    sent = len(self.taps)
                try:
                    request.wfile.write(piece.encode())
                    request.wfile.flush()
                except OSError:
                    return
                self.changed.wait(1.0)

    def set_status(self, document):
        with self.changed:
            self.documents["status"] = document
            self.changed.notify_all()

    def send(self, *lines):
        with self.changed:
            self.taps += lines
            self.changed.notify_all()

    def wait_for_request(self, part, seconds=20.0):
        with self.changed:
            assert self.changed.wait_for(lambda: any(part in each for each in self.requests), seconds), self.requests

    def end_streams(self):
        """The connections end; new ones are taken."""
        with self.changed:
            self.generation += 1
            self.changed.notify_all()

    def close(self):
        with self.changed:
            self.closed = True
            self.changed.notify_all()
        self.server.shutdown()
        self.server.server_close()
        if self.url.startswith("unix:"):
            os.unlink(self.url[5:])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.closed:
            self.close()
