# SPDX-License-Identifier: Apache-2.0
"""Stands between a client and weir, passes every request on and remembers it as it came: recorded/LANGUAGE/NAME.json, which
test_replays.py sends again where the client's toolchain is not."""

import base64
import http.client
import json
import pathlib
import re
import socket

from harness.listener import Listener

FOLDER = pathlib.Path(__file__).parents[1] / "recorded"


def read_request(stream):
    """Head and body, as they came; None at the end."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            return None
        head += line
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    if length:
        return head, stream.read(int(length.group(1)))
    body = b""
    if re.search(rb"(?i)\r\ntransfer-encoding: *chunked", head):
        while not body.endswith(b"\r\n0\r\n\r\n") and body != b"0\r\n\r\n":
            size = stream.readline()
            body += size + stream.read(int(size, 16) + 2)
    return head, body


def ask(connection, request):
    """Sends it over a socket; the answer and its body."""
    connection.sendall(b"".join(request))
    answer = http.client.HTTPResponse(connection, method=request[0].split(b" ")[0].decode())
    answer.begin()
    return answer, answer.read()


def written(request, status):
    """As it is kept: the head's lines, the body as text where it is one. Ports differ from run to run."""
    head, body = request
    lines = re.sub(r"(?im)^host:.*$", "Host: localhost:8086", head.decode("latin-1")).replace("\r", "").rstrip("\n").split("\n")
    try:
        content = {"body": body.decode()}
    except UnicodeDecodeError:
        content = {"packed": base64.b64encode(body).decode()}
    return {"head": lines, **(content if body else {}), "status": status}


def request_of(kept):
    body = base64.b64decode(kept["packed"]) if "packed" in kept else kept.get("body", "").encode()
    return ("\r\n".join([*kept["head"], "", ""])).encode("latin-1"), body


class RequestRecorder:
    def __init__(self, host, port):
        self.target = (host, port)
        self.kept = []
        self._listener = Listener(self._serve)
        self.port = self._listener.port

    def _serve(self, client):
        with socket.create_connection(self.target) as server, client.makefile("rb") as stream:
            while (request := read_request(stream)) is not None:
                answer, body = ask(server, request)
                self.kept.append(written(request, answer.status))
                client.sendall(self._answer(answer, body))
                if answer.will_close:
                    return

    @staticmethod
    def _answer(answer, body):
        framing = ("transfer-encoding", "content-length", "connection")
        lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
        lines += [f"{name}: {value}" for name, value in answer.getheaders() if name.lower() not in framing]
        if answer.status != 204:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body

    def keep(self, client):
        folder = FOLDER / client.recipe.sources[-1].parent.name
        folder.mkdir(parents=True, exist_ok=True)
        kept = {"client": client.title, "version": client.version, "requests": self.kept}
        (folder / f"{client.name}.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")

    def stop(self):
        self._listener.stop()
