# SPDX-License-Identifier: Apache-2.0
"""HTTP as the tests need it: whole requests with http.client, and raw bytes over a socket."""

import dataclasses
import http.client
import json
import re
import socket
import urllib.parse


@dataclasses.dataclass
class Response:
    status: int
    headers: dict  # names in lower case
    body: bytes

    def text(self):
        return self.body.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.body)


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Client:
    """One address, a connection for each request unless `keep` is given."""

    def __init__(self, address, timeout=20.0):
        self.address = address  # "HOST:PORT" or "unix:PATH"
        self.timeout = timeout

    def connect(self):
        if self.address.startswith("unix:"):
            return UnixConnection(self.address[len("unix:") :], self.timeout)
        return http.client.HTTPConnection(self.address, timeout=self.timeout)

    def request(self, method, path, params=None, body=None, headers=None, keep=None):
        if params:
            path = f"{path}?{urllib.parse.urlencode(params)}"
        connection = keep or self.connect()
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return Response(
                answer.status,
                {name.lower(): value for name, value in answer.getheaders()},
                answer.read(),
            )
        finally:
            if keep is None:
                connection.close()

    def get(self, path, **params):
        return self.request("GET", path, params)

    def write(self, lines, db, headers=None, keep=None, **params):
        body = lines.encode() if isinstance(lines, str) else lines
        return self.request("POST", "/write", {"db": db, **params}, body, headers, keep)

    def raw(self, data=b""):
        """A socket that `data` was sent to; the caller closes it."""
        host, port = self.address.rsplit(":", 1)
        connection = socket.create_connection((host.strip("[]"), int(port)), self.timeout)
        connection.sendall(data)
        return connection


def without_hint(message):
    """A refusal in InfluxDB's words alone: weir's hint for people stands behind them."""
    return re.sub(r" \(hint: .*\)\Z", "", message)


def read_response(stream):
    """One answer from a socket's file (`connection.makefile("rb")`), and not a byte beyond it."""
    status_line = stream.readline()
    assert status_line.startswith(b"HTTP/1.1 "), status_line
    status = int(status_line.split()[1])
    headers = {}
    while True:
        line = stream.readline()
        assert line.endswith(b"\r\n"), f"a head without end: {line!r}"
        if line == b"\r\n":
            break
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    if status == 204 or status < 200:
        return Response(status, headers, b"")
    length = int(headers["content-length"])
    body = stream.read(length)
    assert len(body) == length, "the answer was cut off"
    return Response(status, headers, body)


def read_to_end(connection):
    """All that comes until the other side closes."""
    received = bytearray()
    while True:
        try:
            piece = connection.recv(65536)
        except ConnectionResetError:
            break
        if not piece:
            break
        received += piece
    return bytes(received)
