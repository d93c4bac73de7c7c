# SPDX-License-Identifier: Apache-2.0
"""A server that answers each POST as a test tells it to."""

import gzip
import http.server
import threading
import urllib.parse


class Scripted:
    """`answer(path, params, lines)` gives (status, headers, body), or None for 204 and nothing else. A body that is
    callable is given the request's header lines and returns the bytes.
    Lines of requests that were answered 204 are kept in `stored`, by database."""

    def __init__(self, answer=None):
        self.answer = answer or (lambda path, params, lines: None)
        self.lock = threading.Lock()
        self.stored = {}
        self.seen = []  # (path, params, status)
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                path, _, query = self.path.partition("?")
                params = dict(urllib.parse.parse_qsl(query))
                status, headers, said = fake.take(path, params, body)
                if callable(said):
                    said = said(f"{self.requestline}\r\n{self.headers}".encode())
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    if status != 204:
                        self.send_header("Content-Length", str(len(said)))
                    self.end_headers()
                    self.wfile.write(said)
                except OSError:
                    self.close_connection = True  # the sender is gone

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def take(self, path, params, body):
        lines = body.decode(errors="replace").splitlines()
        status, headers, said = self.answer(path, params, lines) or (204, {}, b"")
        with self.lock:
            self.seen.append((path, params, status))
            if status == 204:
                self.stored.setdefault(params.get("db", ""), []).extend(lines)
        return status, headers, said

    def statuses(self, db=None):
        with self.lock:
            return [s for _, params, s in self.seen if db is None or params.get("db") == db]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)
