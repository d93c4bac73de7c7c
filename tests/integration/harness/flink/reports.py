# SPDX-License-Identifier: Apache-2.0
"""What Flink's reporters sent and weir answered, read from the bytes on the wire, and what must come of it: told here from the
documentation, and not with weir's code."""

import math
import re
from dataclasses import dataclass, field

from harness.day.flink import Point
from prometheus_client.parser import text_string_to_metric_families

KINDS = "taskmanager_job_task_operator_kinds_"
CHANGING = KINDS + "changing"
# Lines that no InfluxDB takes: an integer beyond 64 bits, and a tag's value that ends in a backslash.
REFUSED = (KINDS + "beyond_64_bits", KINDS + "path_backslash")


@dataclass
class Request:
    head: str
    body: bytes
    raw: bytes
    status: int | None = None  # None: no answer came

    @property
    def method(self):
        return self.head.split(" ", 1)[0]

    @property
    def target(self):
        return self.head.split(" ", 2)[1]

    @property
    def acknowledged(self):
        return self.status in (202, 204)


def messages(data):
    """(head, body, all of it) of each whole HTTP message."""
    at = 0
    while (end := data.find(b"\r\n\r\n", at)) >= 0:
        head = bytes(data[at:end]).decode("latin-1")
        length = re.search(r"(?im)^content-length: *(\d+)", head)
        last = end + 4 + (int(length.group(1)) if length else 0)
        if last > len(data):
            return
        yield head, bytes(data[end + 4 : last]), bytes(data[at:last])
        at = last


def requests(conversations):
    """Of each connection in its order."""
    found = []
    for conversation in conversations:
        sent = [Request(*each) for each in messages(conversation.sent)]
        for request, (head, _, _) in zip(sent, messages(conversation.answered)):
            request.status = int(head.split(" ", 2)[1])
        found += sent
    return found


# Of a line: its key, in which a backslash takes what follows it along; its fields, in which strings may have anything; its time.
# A gauge that is not finite is an empty line.
LINE = re.compile(r'\n*((?:\\.|[^\\ \n])+) ((?:"(?:\\.|[^"\\])*"|[^" \n])+) (\d+)(?:\n+|\Z)', re.DOTALL)
TAG = re.compile(r"((?:\\.|[^\\,=])+)=((?:\\.|[^\\,])+)", re.DOTALL)
FIELD = re.compile(r'([^=,]+)=("(?:\\.|[^"\\])*"|[^,]+)', re.DOTALL)


def unescaped(text):
    return re.sub(r"\\([,= ])", r"\1", text)


def value_of(text):
    if text.startswith('"'):
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    return int(text[:-1]) if text.endswith("i") else float(text)


def points(body):
    """Those of a body that InfluxdbReporter sent, but for lines that are broken in themselves."""
    text, at, found = body.decode(), 0, []
    for line in LINE.finditer(text):
        assert line.start() == at, f"not a line: {text[at : line.start()]!r}"
        at = line.end()
        measurement, _, tags = re.fullmatch(r"((?:\\.|[^\\,])+)(,(.*))?", line.group(1), re.DOTALL).groups()
        fields = {name: value_of(value) for name, value in FIELD.findall(line.group(2))}
        labels = {unescaped(key): unescaped(value) for key, value in TAG.findall(tags or "")}
        point = Point(unescaped(measurement), labels, fields, int(line.group(3)) // 1_000_000)
        if point.measurement not in REFUSED:
            found.append(point)
    assert at == len(text), f"not a line: {text[at:]!r}"
    return found


def through_flink_gauges(point):
    """The point's fields as `flink_gauges` leaves them; none of them may be left."""
    words = {"true": True, "false": False}
    return {name: words.get(value, value) if isinstance(value, str) else value
            for name, value in point.fields.items() if value != "null"}


@dataclass
class Push:
    group: dict
    samples: dict = field(default_factory=dict)  # series (a frozenset of labels): value


def group_of(target):
    """Of a path that has no base64; with the job's suffix where `job_suffix = "label"` puts it."""
    parts = target.split("/")[2:]
    labels = dict(zip(parts[::2], parts[1::2]))
    name, suffix = re.fullmatch(r"(.*?)([0-9a-f]{32})", labels["job"]).groups()
    return {**labels, "job": name, "flink_process": suffix}


def push(request):
    made = Push(group_of(request.target))
    for family in text_string_to_metric_families(request.body.decode()):
        for sample in family.samples:
            series = frozenset({"__name__": sample.name, **sample.labels, **made.group}.items())
            made.samples[series] = sample.value
    return made


def finite(samples):
    return {series: value for series, value in samples.items() if math.isfinite(value)}
