# SPDX-License-Identifier: Apache-2.0
"""A server that answers each POST as a test tells it to."""

import threading

from .http_server import Answer, HttpServer


class Scripted:
    """`answer(path, params, lines)` gives (status, headers, body), or None for 204 and nothing else. A body that is
    callable is given the request's header lines and returns the bytes.
    Lines of requests that were answered 204 are kept in `stored`, by database."""

    def __init__(self, answer=None):
        self.answer = answer or (lambda path, params, lines: None)
        self.lock = threading.Lock()
        self.stored = {}
        self.seen = []  # (path, params, status)
        self._server = HttpServer(self._take)
        self.url = self._server.url

    def _take(self, request):
        lines = request.body.decode(errors="replace").splitlines()
        status, headers, body = self.answer(request.path, request.params, lines) or (204, {}, b"")
        with self.lock:
            self.seen.append((request.path, request.params, status))
            if status == 204:
                self.stored.setdefault(request.params.get("db", ""), []).extend(lines)
        return Answer(status, body(request.head) if callable(body) else body, headers)

    def statuses(self, db=None):
        with self.lock:
            return [s for _, params, s in self.seen if db is None or params.get("db") == db]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.stop()
