# SPDX-License-Identifier: Apache-2.0
"""The judge: InfluxDB's answer to a body, and everything that a database holds afterwards."""

import codecs
import dataclasses
import http.client
import json
import time
import urllib.parse

from .msgpack import Float, decode

# One replacement for each bad byte, as Go's encoder of JSON makes it.
codecs.register_error("each_byte", lambda error: ("\ufffd", error.start + 1))

UNITS_NS = {
    "ns": 1,
    "u": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}


def as_text(data):
    return data.decode("utf-8", "each_byte")


@dataclasses.dataclass
class Answer:
    status: int  # 0: none came, the server has died
    error: str = ""

    @property
    def accepted(self):
        return self.status == 204


class Judge:
    """One InfluxDB, over one connection. start() must give a running one with a new directory."""

    def __init__(self, start):
        self.start = start
        self.server = start()
        self.connection = None
        self.databases = 0
        self.deaths = 0

    def ask(self, method, path, params, body=b"", headers=None):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        path = f"{path}?{urllib.parse.urlencode(params)}"
        try:
            self.connection.request(method, path, body, headers or {})
            answer = self.connection.getresponse()
            return answer.status, answer.read()
        except (ConnectionError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise

    def query(self, text, db=None):
        form = urllib.parse.urlencode({"q": text})
        headers = {
            "Accept": "application/x-msgpack",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        params = {"epoch": "ns", **({"db": db} if db else {})}
        status, data = self.ask("POST", "/query", params, form, headers)
        assert status == 200, f"{text[:200]}: {status} {data[:200]}"
        results = decode(data)[b"results"]
        for result in results:
            assert b"error" not in result, f"{text[:200]}: {result[b'error']}"
        return [result.get(b"series", []) for result in results]

    def create(self):
        """A database of its own whose few shards hold all times."""
        self.databases += 1
        name = f"conformance{self.databases}"
        self.query(f'CREATE DATABASE "{name}" WITH DURATION INF SHARD DURATION 5000w NAME "all"')
        return name

    def drop(self, db):
        self.query(f'DROP DATABASE "{db}"')

    def write(self, db, body, precision="ns"):
        """A server that dies of it is replaced by a new and empty one."""
        try:
            status, data = self.ask("POST", "/write", {"db": db, "precision": precision}, body)
        except (ConnectionError, http.client.HTTPException):
            self.server.wait_exit()
            self.server = self.start()
            self.deaths += 1
            return Answer(0)
        if status == 204:
            return Answer(204)
        try:
            return Answer(status, json.loads(data)["error"])
        except (ValueError, KeyError):
            return Answer(status, as_text(data))

    def contents(self, db, earliest, latest):
        """{measurement: {(tags, time): {field: (type, value)}}}, all names as bytes. A time from
        `earliest` to `latest` was given by the server: None."""
        names = [row[0] for row in self.rows_of("SHOW MEASUREMENTS", db)]
        found = {}
        for begin in range(0, len(names), 200):
            some = names[begin : begin + 200]
            queries = [f"SELECT *::field FROM {source(name)} GROUP BY *" for name in some]
            for name, series in zip(some, self.query("; ".join(queries), db)):
                points = found.setdefault(name, {})
                for each in series:
                    assert each[b"name"] == name, f"{each[b'name']!r} for {name!r}"
                    add_series(points, each, earliest, latest)
        return found

    def rows_of(self, text, db):
        return [row for series in self.query(text, db)[0] for row in series.get(b"values", [])]


def source(name):
    """A measurement as InfluxQL names it: an identifier, or a pattern where it cannot be one."""
    text = name.decode("utf-8")
    if all(c >= " " or c == "\n" for c in text):
        escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    pattern = "".join(c if c.isalnum() else f"\\x{{{ord(c):x}}}" for c in text)
    return f"/^{pattern}$/"


def add_series(points, series, earliest, latest):
    tags = frozenset((key, value) for key, value in series.get(b"tags", {}).items() if value)
    columns = series[b"columns"][1:]
    for time_ns, *values in series[b"values"]:
        time_ns = None if earliest <= time_ns <= latest else time_ns
        fields = {key: typed(value) for key, value in zip(columns, values) if value is not None}
        if fields:
            points.setdefault((tags, time_ns), {}).update(fields)


def typed(value):
    if isinstance(value, Float):
        return "float", value.hex()
    if isinstance(value, bool):
        return "boolean", "true" if value else "false"
    if isinstance(value, int):
        return "integer", str(value)
    return "string", value


def now_ns():
    return time.time_ns()
