# SPDX-License-Identifier: Apache-2.0
"""A receiver of remote write that decodes what it gets by itself: snappy's block format and protobuf by hand, so that
nothing of weir's own encoder is believed. It answers as a test tells it to and keeps every request."""

import dataclasses
import struct
import threading
import time

from .http_server import Answer, HttpServer
from .process import wait_until

STALE_BITS = 0x7FF0000000000002
V2_TYPE = "application/x-protobuf;proto=io.prometheus.write.v2.Request"
TYPES = ("unspecified", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset")


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def unsnappy(block):
    """One block; a frame of snappy's stream format does not begin as one."""
    size, at = varint(block, 0)
    out = bytearray()
    while at < len(block):
        tag = block[at]
        at += 1
        if tag & 3 == 0:
            length = tag >> 2
            if length >= 60:
                more = length - 59
                length = int.from_bytes(block[at : at + more], "little")
                at += more
            out += block[at : at + length + 1]
            at += length + 1
            continue
        if tag & 3 == 1:
            length, offset = (tag >> 2 & 7) + 4, tag >> 5 << 8 | block[at]
            at += 1
        else:
            wide = 2 if tag & 3 == 2 else 4
            length, offset = (tag >> 2) + 1, int.from_bytes(block[at : at + wide], "little")
            at += wide
        assert 0 < offset <= len(out), "snappy: a copy from nowhere"
        for _ in range(length):
            out.append(out[-offset])
    assert len(out) == size, f"snappy: {len(out)} bytes, and {size} were promised"
    return bytes(out)


def fields(message):
    """(number, value) in their order: bytes of those with a length, else the number or the 8 bytes."""
    at = 0
    while at < len(message):
        key, at = varint(message, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(message, at)
        elif kind == 1:
            value, at = message[at : at + 8], at + 8
        else:
            assert kind == 2, f"protobuf: wire type {kind}"
            size, at = varint(message, at)
            value, at = message[at : at + size], at + size
            assert len(value) == size, "protobuf: cut off"
        yield key >> 3, value


@dataclasses.dataclass
class Series:
    labels: list  # of (name, value), in their order
    samples: list  # of (value, time in ms)
    bits: list  # of each value
    type: str = "unspecified"
    help: str = ""
    unit: str = ""
    fields: set = dataclasses.field(default_factory=set)  # numbers of all fields that the message has
    sample_fields: set = dataclasses.field(default_factory=set)

    @property
    def of(self):
        return dict(self.labels)

    @property
    def name(self):
        return self.of.get("__name__")


@dataclasses.dataclass
class Write:
    """A request as it came."""

    method: str
    path: str
    headers: dict  # names in lower case
    body: bytes
    at: float  # time.monotonic()
    series: list
    symbols: list = None  # None: version 1
    refs: list = None  # of each series, in version 2

    @property
    def version(self):
        return 1 if self.symbols is None else 2

    def named(self, name):
        return [one for one in self.series if one.name == name]

    def times(self):
        return {(tuple(one.labels), at) for one in self.series for _, at in one.samples}


def signed(number):
    return number - (1 << 64) if number >= 1 << 63 else number


def read_sample(message, into):
    values = dict(fields(message))
    into.sample_fields |= values.keys()
    raw = values.get(1, bytes(8))
    into.samples.append((struct.unpack("<d", raw)[0], signed(values.get(2, 0))))
    into.bits.append(struct.unpack("<Q", raw)[0])


def read_v1(message):
    found = []
    for number, body in fields(message):
        assert number == 1, f"a field {number} in a WriteRequest"
        one = Series([], [], [])
        for part, value in fields(body):
            one.fields.add(part)
            if part == 1:
                pair = dict(fields(value))
                one.labels.append((pair.get(1, b"").decode(), pair.get(2, b"").decode()))
            elif part == 2:
                read_sample(value, one)
        found.append(one)
    return found


def read_refs(packed):
    refs, at = [], 0
    while at < len(packed):
        ref, at = varint(packed, at)
        refs.append(ref)
    return refs


def read_v2(message):
    symbols = [value.decode() for number, value in fields(message) if number == 4]
    found, all_refs = [], []
    for number, body in fields(message):
        assert number in (4, 5), f"a field {number} in a Request"
        if number == 4:
            continue
        one = Series([], [], [])
        for part, value in fields(body):
            one.fields.add(part)
            if part == 1:
                refs = read_refs(value)
                all_refs.append(refs)
                one.labels = [(symbols[a], symbols[b]) for a, b in zip(refs[::2], refs[1::2])]
            elif part == 2:
                read_sample(value, one)
            elif part == 5:
                told = dict(fields(value))
                one.type, one.help = TYPES[told.get(1, 0)], symbols[told.get(3, 0)]
                one.unit = symbols[told.get(4, 0)]
        found.append(one)
    return found, symbols, all_refs


class Receiver:
    """`answer(number, write)` gives an Answer, or None for what a receiver of the request's version says that took all
    of it."""

    def __init__(self, answer=None):
        self.answer = answer or (lambda number, write: None)
        self.writes = []
        self.broken = []  # what could not be decoded
        self._lock = threading.Lock()
        self._server = HttpServer(self._take)
        self.url = self._server.url + "/api/v1/write"

    def _take(self, request):
        headers = request.lower_headers
        try:
            message = unsnappy(request.raw_body)
            is_v2 = headers.get("content-type") == V2_TYPE
            decoded = read_v2(message) if is_v2 else (read_v1(message), None, None)
        except Exception as error:  # whatever it is, it is the sender's
            self.broken.append(repr(error))
            return Answer(400, b"cannot be read")
        write = Write(request.method, request.path, headers, request.raw_body, time.monotonic(), *decoded)
        with self._lock:
            number = len(self.writes)
            self.writes.append(write)
        return self.answer(number, write) or taken(write)

    def wait(self, writes, weir, seconds=20):
        wait_until(lambda: len(self.writes) >= writes, seconds, f"{writes} requests", weir.must_be_alive)
        assert not self.broken, self.broken
        return self.writes

    def stop(self):
        self._server.stop()


def taken(write, samples=None):
    """204, with what a receiver of version 2 says besides."""
    return Answer(204, b"", written(write, samples))


def written(write, samples=None):
    if write.version == 1:
        return {}
    count = sum(len(one.samples) for one in write.series) if samples is None else samples
    kinds = {"Samples": count, "Histograms": 0, "Exemplars": 0}
    return {f"X-Prometheus-Remote-Write-{kind}-Written": str(number) for kind, number in kinds.items()}
