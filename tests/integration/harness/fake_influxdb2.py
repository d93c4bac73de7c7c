# SPDX-License-Identifier: Apache-2.0
"""A server that answers as InfluxDB 2.8 does: /api/v2/write, /api/v2/buckets and SHOW FIELD KEYS of
its version 1 API; and as a test tells it to."""

import gzip
import http.server
import json
import re
import threading
import urllib.parse
import zlib

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
        self.decide = None  # decide(path, headers, lines) -> one of `answers`, or None
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                path, _, query = self.path.partition("?")
                asked = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with fake.lock:
                    fake.asked.append((path, asked, headers))
                if path == "/api/v2/buckets":
                    status, answer = fake.list_buckets(asked)
                elif path == "/query":
                    status, answer = fake.show_field_keys(asked)
                else:
                    status, answer = 404, {"code": "not found", "message": "path not found"}
                said = json.dumps(answer).encode()
                self.send_response(status)
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
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)
