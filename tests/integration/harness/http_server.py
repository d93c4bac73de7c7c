# SPDX-License-Identifier: Apache-2.0
"""The HTTP server that all servers played by the tests share: it reads requests and writes answers, and knows
nothing of what they mean."""

import gzip
import http.server
import threading
import urllib.parse
from dataclasses import dataclass, field


@dataclass
class Request:
    method: str
    target: str  # path and query, as sent
    head: bytes  # request line and headers, as sent
    headers: dict  # as sent
    raw_body: bytes

    @property
    def path(self):
        return self.target.partition("?")[0]

    @property
    def params(self):
        return dict(urllib.parse.parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @property
    def lower_headers(self):
        return {name.lower(): value for name, value in self.headers.items()}

    @property
    def body(self):
        """Without its gzip coding."""
        is_gzip = self.lower_headers.get("content-encoding") == "gzip"
        return gzip.decompress(self.raw_body) if is_gzip else self.raw_body


@dataclass
class Answer:
    status: int = 204
    body: bytes = b""
    headers: dict = field(default_factory=dict)


class HttpServer:
    """Answers each request, on a thread of its connection, with what `answer_to(request)` returns: an Answer, or
    None for none at all, as a server does that hangs."""

    def __init__(self, answer_to):
        self._ending = threading.Event()
        ending = self._ending

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def serve(self):
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                if len(body) < length:
                    self.close_connection = True  # cut off: no request at all
                    return
                head = f"{self.requestline}\r\n{self.headers}".encode()
                request = Request(self.command, self.path, head, dict(self.headers), body)
                answer = answer_to(request)
                if answer is None:
                    ending.wait(60)
                    self.close_connection = True
                    return
                try:
                    self.send_response(answer.status)
                    for name, value in answer.headers.items():
                        self.send_header(name, value)
                    if answer.status != 204:
                        self.send_header("Content-Length", str(len(answer.body)))
                    self.end_headers()
                    if answer.status != 204:
                        self.wfile.write(answer.body)
                except OSError:
                    self.close_connection = True  # the sender is gone

            do_GET = do_POST = do_PATCH = do_DELETE = serve

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # a client that was killed
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self):
        self._ending.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
