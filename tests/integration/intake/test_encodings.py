# SPDX-License-Identifier: Apache-2.0
"""Content-Encoding of writes: gzip, deflate, zstd, one upon another, on every route; and bombs."""

import gzip
import zlib

import pytest

from harness.process import wait_until
from harness.settings import file_sink, settings

T = 1_600_000_000_000_000_000


def zstd(data, repeat=None):
    """A frame of raw blocks, or of blocks that repeat a byte, as RFC 8878 draws them."""
    block_bytes = 128 * 1024
    size = len(data) if repeat is None else repeat
    out = bytes.fromhex("28b52ffd") + b"\xa0" + size.to_bytes(4, "little")
    starts = range(0, max(size, 1), block_bytes)
    for start in starts:
        length = min(block_bytes, size - start)
        kind = 0 if repeat is None else 1
        head = length << 3 | kind << 1 | (start == starts[-1])
        out += head.to_bytes(3, "little")
        out += data if repeat is not None else data[start : start + length]
    return out


def bare_deflate(data):
    coder = zlib.compressobj(6, zlib.DEFLATED, -15)
    return coder.compress(data) + coder.flush()


CODINGS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": bare_deflate,
    "zstd": zstd,
    "identity": bytes,
    "gzip, zstd": lambda data: zstd(gzip.compress(data)),
    "deflate, identity, gzip": lambda data: gzip.compress(zlib.compress(data)),
}
ROUTES = {
    "/write": {"db": "b"},
    "/api/v2/write": {"bucket": "b", "org": "o"},
    "/api/v3/write_lp": {"db": "b", "precision": "ns"},
}


@pytest.fixture
def weir(start_weir):
    return start_weir(settings(file_sink(), http={"body_limit": "20MB"}))


def send(weir, coding, body, path="/write", params=None):
    headers = {"Content-Encoding": coding}
    return weir.client.request("POST", path, params or ROUTES[path], body, headers)


@pytest.mark.parametrize("path", ROUTES)
def test_every_coding_on_every_route(weir, path):
    sent = []
    for number, (coding, encode) in enumerate(CODINGS.items()):
        lines = [f"m,n={number} v={i} {T + i}" for i in range(500)]
        answer = send(weir, coding, encode("\n".join(lines).encode()), path)
        assert answer.status == 204, (coding, answer.text())
        sent += lines
    wait_until(lambda: len(weir.lines_of("b")) == len(sent), what="the lines")
    assert sorted(weir.lines_of("b")) == sorted(sent)


def test_a_push_may_be_coded_too(weir):
    body = zstd(b"# TYPE t gauge\nt 1\n")
    answer = send(weir, "zstd", body, "/metrics/job/j", {"x": ""})
    assert answer.status == 202, answer.text()


@pytest.mark.parametrize(
    "coding, body, status, words",
    [
        ("deflate", b"cpu v=1\n", 400, "not valid deflate"),
        ("zstd", b"cpu v=1\n", 400, "not valid zstd"),
        ("zstd", zstd(b"cpu v=1") + b"\n", 400, "not valid zstd"),
        ("deflate", zlib.compress(b"cpu v=1")[:-2], 400, "unexpected EOF"),
        ("zstd", zstd(b"cpu v=1")[:-2], 400, "unexpected EOF"),
        ("zstd", zstd(b"x", repeat=9 << 20), 415, "window of more than 8 MiB"),
        ("zstd", zstd(b"x", repeat=8 << 20), 413, "http.inflate_ratio"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"x" * (8 << 20))), 413, "http.inflate_ratio"),
        ("gzip", gzip.compress(b"x" * (21 << 20)), 413, "http.body_limit"),
        ("br", b"x", 415, "send gzip, deflate, zstd"),
        ("gzip, gzip, gzip, gzip", b"x", 415, "at most three"),
    ],
)
def test_what_is_refused_says_why_and_keeps_nothing(weir, coding, body, status, words):
    for path in ROUTES:
        answer = send(weir, coding, body, path)
        assert answer.status == status and words in answer.text(), (path, answer.text())
    assert weir.metrics().sum("weir_lines_received_total") == 0


def test_the_ratio_is_the_operators(start_weir):
    bomb = zstd(b"#", repeat=8 << 20)
    weir = start_weir(settings(file_sink(), http={"inflate_ratio": 0}))
    assert send(weir, "zstd", bomb).status == 204
    dense = gzip.compress(b"#" * (8 << 20))
    assert send(weir, "gzip", dense).status == 204
