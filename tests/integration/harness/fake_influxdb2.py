# SPDX-License-Identifier: Apache-2.0
"""A server that answers as InfluxDB 2.8 does: /api/v2/write, /api/v2/buckets and SHOW FIELD KEYS of
its version 1 API; and as a test tells it to."""

import json
import re
import threading
import urllib.parse
import zlib

from .http_server import Answer, HttpServer

JSON = "application/json; charset=utf-8"
RESERVED = ("time", "_field", "_measurement")


def bucket_id(name):
    """16 hexadecimal digits, as a server has them for each bucket."""
    return f"{zlib.crc32(name.encode()):016x}"


def parts_of(line):
    """Tag keys and field keys of a line without escapes."""
    head, fields = line.split(" ")[:2]
    keys = [each.split("=")[0] for each in head.split(",")[1:]]
    return keys, [each.split("=")[0] for each in fields.split(",")]


def judge(lines):
    """What InfluxDB 2.8 answers to lines with names that it has trouble with: an answer to be given,
    or None, and the lines that it stores."""
    for line in lines:
        tags, _ = parts_of(line)
        for tag in tags:
            if tag in RESERVED:
                words = f"unable to parse '{line}': cannot use reserved tag key \"{tag}\""
                return (400, "invalid", words, {}), []
    kept = [line for line in lines if parts_of(line)[1] != ["time"]]
    if len(kept) < len(lines):
        words = (
            "failure writing points to database: partial write: invalid field name: input field "
            f'"time" on measurement "m" is invalid dropped={len(lines) - len(kept)}'
        )
        return (422, "unprocessable entity", words, {}), kept
    return None, kept


class FakeInfluxdb2:
    """Answers 204 and keeps the requests, unless `answers` has something else to be said first."""

    def __init__(self):
        self.lock = threading.Lock()
        self.kept = []  # lines
        self.requests = []  # (path with query, headers in lower case, lines)
        self.answers = []  # (status, code, message, further headers), each given once
        self.buckets = {}  # name: seconds that it keeps points, 0 for ever
        self.fields = {}  # bucket: {measurement: {field: type}}
        self.may_read = True  # False: a token that may only write is told of no buckets
        self.asked = []  # (path, parameters, headers in lower case) of every GET
        self.judges = False  # True: writes are answered as `judge` says
        self.is_down = False  # True: everything is answered 503
        self.strict = False  # True: a bucket that is not there takes nothing
        self.changes = []  # (method, path, body) of what changed buckets
        self.decide = None  # decide(path, headers, lines) -> one of `answers`, or None
        self._server = HttpServer(self._answer_to)
        self.url = self._server.url

    def _answer_to(self, request):
        if self.is_down:
            return Answer(503, b"down")
        if request.path.startswith("/api/v2/buckets") and request.method != "GET":
            status, answer = self.change_bucket(request.method, request.path, request.body)
            content = json.dumps(answer).encode() if answer else b""
            return Answer(status, content, {"Content-Type": JSON})
        if request.method == "POST":
            lines = request.body.decode().splitlines()
            bucket = request.params.get("bucket", "")
            if lines in ([], [""]):
                # A question whether the bucket is there.
                known = bucket in self.buckets or not self.strict
                missing = (404, "not found", f'bucket "{bucket}" not found', {})
                return self._write_answer(None if known else missing)
            if self.strict and bucket not in self.buckets:
                self.say(404, "not found", f'bucket "{bucket}" not found')
            return self._write_answer(self.take(request.target, request.lower_headers, lines))
        with self.lock:
            self.asked.append((request.path, request.params, request.lower_headers))
        if request.path == "/api/v2/buckets":
            status, answer = self.list_buckets(request.params)
        elif request.path == "/api/v2/orgs":
            status, answer = 200, {"orgs": [{"id": "00000000000000aa", "name": request.params.get("org")}]}
        elif request.path == "/query":
            status, answer = self.show_field_keys(request.params)
        else:
            status, answer = 404, {"code": "not found", "message": "path not found"}
        return Answer(status, json.dumps(answer).encode(), {"Content-Type": JSON})

    @staticmethod
    def _write_answer(answer):
        if answer is None:
            return Answer(204, headers={"X-Influxdb-Version": "v2.7.11"})
        status, code, message, further = answer
        body = json.dumps({"code": code, "message": message}).encode()
        return Answer(status, body, {"Content-Type": JSON, "X-Platform-Error-Code": code, **further})

    def list_buckets(self, asked):
        limit = int(asked.get("limit", 20))
        if limit > 100:
            return 400, {"code": "invalid", "message": "limit must be between 1 and 100"}
        begin = int(asked.get("offset", 0))
        listed = list(self.buckets.items())[begin : begin + limit] if self.may_read else []
        buckets = [
            {
                "id": bucket_id(name),
                "type": "user",
                "name": name,
                "retentionRules": [{"type": "expire", "everySeconds": seconds}] if seconds else [],
            }
            for name, seconds in listed
        ]
        return 200, {"links": {"self": "/api/v2/buckets"}, "buckets": buckets}

    def change_bucket(self, method, path, content):
        asked = json.loads(content) if content else {}
        with self.lock:
            self.changes.append((method, path, asked))
            rules = asked.get("retentionRules") or [{"everySeconds": 0}]
            if method == "POST":
                if asked["name"] in self.buckets:
                    words = f"bucket with name {asked['name']} already exists"
                    return 422, {"code": "conflict", "message": words}
                self.buckets[asked["name"]] = rules[0]["everySeconds"]
                return 201, {"id": bucket_id(asked["name"]), "name": asked["name"]}
            for name in list(self.buckets):
                if path.endswith("/" + bucket_id(name)):
                    if method == "DELETE":
                        del self.buckets[name]
                        return 204, None
                    self.buckets[name] = rules[0]["everySeconds"]
                    return 200, {"name": name}
            return 404, {"code": "not found", "message": "bucket not found"}

    def show_field_keys(self, asked):
        """A bucket is a database; one with a slash in its name is that policy of the database."""
        if re.fullmatch(r"SHOW FIELD KEYS", asked.get("q", "")) is None:
            return 200, {"results": [{"statement_id": 0, "error": f"not implemented: {asked}"}]}
        bucket = asked["db"] + ("/" + asked["rp"] if asked.get("rp") else "")
        if bucket not in self.buckets:
            return 404, {"code": "not found", "message": "no dbrp mapping found"}
        series = [
            {
                "name": measurement,
                "columns": ["fieldKey", "fieldType"],
                "values": [[field, kind] for field, kind in fields.items()],
            }
            for measurement, fields in self.fields.get(bucket, {}).items()
        ]
        result = {"statement_id": 0, **({"series": series} if series else {})}
        return 200, {"results": [result]}

    def take(self, path, headers, lines):
        with self.lock:
            given = self.answers.pop(0) if self.answers else None
            if given is None and self.decide is not None:
                given = self.decide(path, headers, lines)
            kept = lines if given is None else []
            if given is None and self.judges:
                given, kept = judge(lines)
            self.kept += kept
            self.requests.append((path, headers, lines, 204 if given is None else given[0]))
            return given

    def bodies(self):
        """The lines of each bucket, of all requests whatever their answer."""
        found = {}
        with self.lock:
            for path, _, lines, _ in self.requests:
                query = dict(urllib.parse.parse_qsl(path.partition("?")[2]))
                found.setdefault(query["bucket"], []).extend(lines)
        return found

    def questions(self, path):
        with self.lock:
            return [asked for where, asked, _ in self.asked if where == path]

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
        self._server.stop()
