# SPDX-License-Identifier: Apache-2.0
"""A weir that is played: it serves the page's own files and says what a test puts into `status`, for states that a real
one is in rarely, or after hours. It holds the page against the documented API, not weir."""

import http.server
import json
import pathlib
import threading
import time
import urllib.parse

ASSETS = pathlib.Path(__file__).resolve().parents[3] / "proxy/page/assets"
DYGRAPHS = pathlib.Path("/usr/share/javascript/dygraphs")
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
API = "/api/weir/v1/"


def sink(name="influx", **other):
    """A sink that is well."""
    return {
        "name": name, "type": "influxdb", "addresses": ["http://127.0.0.1:8087"], "required": True, "state": "delivering",
        "state_text": "It takes what weir sends.", "do": "", "pending_points": 0, "pending_bytes": 0, "lag_seconds": 0.2,
        "delivered": 1234567, "delivered_per_second": 1200.5, "discarded": {}, "parked_points": 0, "lanes": 3,
        "held_lanes": 0, "last_error": None, "held": [], **other,
    }  # fmt: skip


def group(code="precision_mistaken", **other):
    now = time.time()
    line = "cpu,host=web01 usage=0.64 1700000000"
    return {
        "code": code, "kind": "rejected", "count": 42, "last": now - 1,
        "explanation": "Read in the request's precision the timestamp lies outside `plausible`, and exactly one other unit "
        "puts it inside.",
        "remedy": "Send the precision that the message names, or set `precision_mistake` of the database to \"mend\".",
        "example": {
            "at": now - 1, "database": "telegraf", "retention_policy": "", "line": 1, "column": 27,
            "message": f"unable to parse '{line}': timestamp is in seconds, not in nanoseconds", "text": line,
            "cut": False, "shown": line, "mark_column": 26, "mark_columns": 10, "listener": "http 127.0.0.1:8086",
            "address": "10.0.0.7:51234", "agent": "Telegraf/1.24.2", "user": "",
        },
        "senders": [{"listener": "http 127.0.0.1:8086", "address": "10.0.0.7", "agent": "Telegraf/1.24.2", "user": "",
                     "database": "telegraf", "count": 42, "last": now - 1}],
        **other,
    }  # fmt: skip


def database(name, **other):
    return {"name": name, "received": 5000, "accepted": 4958, "rejected": 42, "dropped": 0, "rate": 12.5, "series": 120,
            "types": 14, "last_received": time.time() - 0.5, **other}  # fmt: skip


def status(**other):
    """A weir that is well and busy."""
    now = time.time()
    return {
        "version": "0.9.0", "host": "gauge", "pid": 4711, "started": now - 100000, "now": now, "uptime": 100000,
        "health": {"healthy": True, "ready": True, "why": []}, "advice": [],
        "rates": {"received": 1201.0, "accepted": 1200.5, "rejected": 0.5, "dropped": 0, "delivered": 1200.5},
        "totals": {"received": 1234600, "accepted": 1234567, "rejected": 33, "dropped": 0, "mended": 0, "noted": 0,
                   "delivered": 1234567},
        "log": {"kind": "local", "acknowledge": "written", "when_full": "reject", "bytes": 123456789,
                "keep_bytes": 10737418240, "share": 0.0115, "append_bytes_per_second": 52000.0,
                "outage_seconds_left": 204000, "next": "When the log is full, weir answers writes with 503 until there is "
                "room; senders that try again lose nothing."},
        "memory": {"used_bytes": 20000000, "limit_bytes": 268435456}, "sinks": [sink()],
        "databases": {"count": 1, "shown": [database("telegraf")]},
        "sources": [{"listener": "http 127.0.0.1:8086", "user": "", "agent": "Telegraf/1.24.2", "received": 5000,
                     "accepted": 4958, "rejected": 42, "dropped": 0}],
        "rejections": [], **other,
    }  # fmt: skip


def detail(name):
    return {
        "name": name, "known": False, "created": False,
        "why": [f"No line for a database called {name} has arrived since weir started."], "lines": {"received": 0,
        "accepted": 0, "rejected": {}, "dropped": {}, "mended": {}, "noted": {}}, "last_received": None, "policies": [],
        "series": 0, "types": 0, "series_limit": None, "tags": [], "sinks": [], "similar": ["telegraf"],
    }  # fmt: skip


class Played:
    """`status` is a function that makes the document anew each second, or a document. `refuse` is (status, error) for all of
    the API, `detail(name)` and `explain(text)` answer those questions. `asked` has (method, path with query)."""

    def __init__(self, document=status):
        self.status = document
        self.refuse = None
        self.detail = detail
        self.explain = lambda text: {"lines": [], "accepted": 0, "rejected": 0, "dropped": 0, "truncated": False}
        self.retry = (202, {"sinks": 1})
        self.pause = 1.0
        self.asked = []
        self.watchers = 0  # of events
        self.lock = threading.Lock()
        self.port = 0
        self.start()

    def document(self):
        return self.status() if callable(self.status) else {**self.status, "now": time.time()}

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def start(self):
        """Again on the same port, after stop()."""
        played = self
        ending = self.ending = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                if ending.is_set():
                    self.close_connection = True  # a connection that outlived its server
                    return
                played.asked.append((self.command, self.path))
                try:
                    played.answer(self)
                except OSError:
                    self.close_connection = True

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def stop(self):
        self.ending.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)

    # ---- answers ---------------------------------------------------------------------------------

    @staticmethod
    def send(handler, code, body, kind="application/json"):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(code)
        handler.send_header("Content-Type", f"{kind}; charset=utf-8")
        handler.send_header("Content-Length", str(len(data)))
        handler.send_header("Content-Security-Policy", "default-src 'self'")
        handler.send_header("Cache-Control", "no-store")
        handler.end_headers()
        handler.wfile.write(data)

    def answer(self, handler):
        path, _, query = handler.path.partition("?")
        values = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        text = handler.rfile.read(int(handler.headers.get("Content-Length", 0))).decode()
        if path.startswith(API):
            if self.refuse:
                self.send(handler, self.refuse[0], {"error": self.refuse[1]})
            elif path == API + "events":
                self.events(handler)
            else:
                self.send(handler, *self.api(path[len(API) :], values, text))
        elif path == "/-/park/retry":
            self.send(handler, *self.retry)
        elif path == "/write":
            self.send(handler, 400, {"error": "partial write of line protocol occurred", "data": []})
        else:
            self.file(handler, path)

    def api(self, what, values, text):
        if what == "status":
            return 200, self.document()
        if what == "history":
            return 200, self.history(int(values["seconds"]), int(values["step"]))
        if what == "databases" and "name" in values:
            return 200, self.detail(values["name"])
        if what == "databases":
            shown = [each for each in self.document()["databases"]["shown"] if values["q"] in each["name"]]
            return 200, {"count": len(shown), "shown": shown}
        if what == "explain":
            return 200, self.explain(text)
        if what == "config":
            return 200, {"place": "/etc/weir/weir.toml", "toml": "[http]\n", "notes": [], "warnings": []}
        return 404, {"error": "not found"}

    def history(self, seconds, step):
        length = seconds // step
        wave = [1000 + 300 * ((at * 37) % 60) / 60 + (400 if 300 < at < 380 else 0) for at in range(length)]
        return {
            "step": step, "end": time.time(), "received": [None] * 60 + wave[60:], "accepted": [None] * 60 + wave[60:],
            "rejected": [None] * 60 + [6 if at % 97 < 4 else 0.5 for at in range(60, length)],
            "dropped": [None] * 60 + [0] * (length - 60), "delivered": [None] * 60 + [each * 0.98 for each in wave[60:]],
            "pending": [0] * length, "log_bytes": [1] * length,
        }  # fmt: skip

    def events(self, handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Cache-Control", "no-store")
        handler.end_headers()
        handler.close_connection = True
        with self.lock:
            self.watchers += 1
        try:
            while not self.ending.is_set():
                handler.wfile.write(f"event: status\ndata: {json.dumps(self.document())}\n\n".encode())
                handler.wfile.flush()
                self.ending.wait(self.pause)
        finally:
            with self.lock:
                self.watchers -= 1

    def file(self, handler, path):
        if path == "/":
            found = ASSETS / "index.html"
        else:
            name = pathlib.PurePosixPath(path).name
            found = (DYGRAPHS if name.startswith("dygraph") else ASSETS) / name
        if not found.is_file():
            self.send(handler, 404, {"error": f"{path} is not there"})
        else:
            self.send(handler, 200, found.read_bytes(), TYPES[found.suffix])
