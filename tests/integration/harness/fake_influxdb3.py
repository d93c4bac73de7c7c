# SPDX-License-Identifier: Apache-2.0
"""A server that answers as InfluxDB 3 Core does to /api/v3/write_lp, and as a test tells it to. It keeps columns
as that server does: a tag stays a tag, a field keeps its type, and a line that does not fit is listed and not stored."""

import json
import re
import threading

from .http_server import Answer, HttpServer

PARTIAL = "partial write of line protocol occurred"
KINDS = {"i": "field::integer", "u": "field::uinteger"}


def kind_of(value):
    if value.startswith('"'):
        return "field::string"
    if value in ("t", "T", "f", "F", "true", "false"):
        return "field::boolean"
    return KINDS.get(value[-1], "field::float")


def name_fault(db):
    """What it says of a database's name, or None."""
    if not db:
        return "db name cannot be empty"
    if not re.match(r"[0-9A-Za-z]", db):
        return "db name did not start with a number or letter"
    if not re.fullmatch(r"[0-9A-Za-z_-]+(/[0-9A-Za-z_-]+)?", db):
        return (
            "invalid character in database or rp name: must be ASCII, containing only letters, numbers, "
            "underscores, or hyphens"
        )
    return None


class FakeInfluxdb3:
    def __init__(self, token="apiv3_secret", quoted_bytes=20, databases_max=5, body_bytes_max=10_485_760):
        self.lock = threading.Lock()
        self.token = token
        self.quoted_bytes = quoted_bytes  # of a line that it lists; before 3.6 all of it
        self.databases_max = databases_max
        self.body_bytes_max = body_bytes_max
        self.columns = {}  # database: {(table, column): kind}
        self.lines = {}  # database: the lines that it stored
        self.requests = []  # (parameters, headers in lower case, number of lines, status)
        self.answers = []  # (status, body) each given once, before anything is stored
        self.decide = None  # decide(params, lines) -> (status, body), or None
        self._server = HttpServer(self._answer_to)
        self.url = self._server.url

    def _answer_to(self, request):
        with self.lock:
            lines = request.body.decode().splitlines() if request.body else []
            status, body = self._judge(request, lines)
            self.requests.append((request.params, request.lower_headers, len(lines), status))
        text = body if isinstance(body, str) else json.dumps(body)
        return Answer(status, text.encode(), {"cluster-uuid": "x"})

    def _judge(self, request, lines):
        if request.path != "/api/v3/write_lp" or request.method != "POST":
            return 404, "not found"
        offered = request.lower_headers.get("authorization", "")
        if offered not in (f"Bearer {self.token}", f"Token {self.token}"):
            return 401, {"error": "the request was not authenticated"}
        given = self.answers.pop(0) if self.answers else None
        if given is None and self.decide is not None:
            given = self.decide(request.params, lines)
        if given is not None:
            return given
        if request.params.get("precision") != "nanosecond" or request.params.get("accept_partial") != "true":
            return 400, "serde error: unknown variant"
        if max(len(request.raw_body), len(request.body)) > self.body_bytes_max:
            return 413, f"max request size ({self.body_bytes_max} bytes) exceeded"
        return self._write(request.params.get("db", ""), lines)

    def _write(self, db, lines):
        if (fault := name_fault(db)) is not None:
            return 400, {"error": fault}
        if not lines:
            return 400, "incoming write was empty"
        if db not in self.columns and len(self.columns) == self.databases_max:
            words = f"Adding a new database would exceed limit of {self.databases_max} databases"
            return 422, {"error": PARTIAL, "data": [self._listed(i, line, words) for i, line in enumerate(lines)]}
        columns = self.columns.setdefault(db, {})
        refused = []
        for number, line in enumerate(lines):
            if (words := self._fit(columns, line)) is not None:
                refused.append(self._listed(number, line, words))
            else:
                self.lines.setdefault(db, []).append(line)
        return (400, {"error": PARTIAL, "data": refused}) if refused else (204, "")

    def _listed(self, number, line, words):
        cut = line.encode()[: self.quoted_bytes].decode(errors="ignore")
        return {"error_message": words, "line_number": number + 1, "original_line": cut}

    @staticmethod
    def _fit(columns, line):
        """Takes the columns of a line (without escapes) over, or says why it does not fit."""
        head, fields = line.split(" ")[:2]
        table, *tags = head.split(",")
        found = [(tag.split("=")[0], "tag") for tag in tags]
        found += [(field.split("=")[0], kind_of(field.split("=")[1])) for field in fields.split(",")]
        known = {}
        for column, kind in found:
            first = known.get(column) or columns.get((table, column)) or kind
            if first != kind:
                return (
                    f"invalid column type for column '{column}', expected iox::column_type::{first}, got "
                    f"iox::column_type::{kind}"
                )
            known[column] = kind
        columns.update({(table, column): kind for column, kind in known.items()})
        return None

    def stored(self, db):
        with self.lock:
            return list(self.lines.get(db, []))

    def statuses(self, db=None):
        with self.lock:
            return [status for params, _, _, status in self.requests if db in (None, params.get("db"))]

    def say(self, status, body=""):
        with self.lock:
            self.answers.append((status, body))

    def stop(self):
        self._server.stop()
