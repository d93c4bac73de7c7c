# SPDX-License-Identifier: Apache-2.0
"""A success is a promise: whatever way a write comes in, a 2xx means that its points are kept.

The table lists every way that was ever thought to end in a success without the points; each says
what is answered, and the test looks into what was kept.
"""

import gzip
import socket

import pytest

from harness.client import read_response
from harness.process import wait_until
from harness.settings import file_sink, settings

T = 1_600_000_000_000_000_000
LINE = f"cpu value=1i {T}"
BODY = LINE.encode() + b"\n"
PACKED = gzip.compress(BODY)
EMPTY_MEMBER = gzip.compress(b"")
BOUNDARY = b"--b\r\nContent-Disposition: form-data; name=lines\r\n\r\n%s\r\n--b--\r\n"


def post(*headers, version="1.1", method="POST", query="", path="/write"):
    lines = [f"{method} {path}?db=DB&bucket=DB{query} HTTP/{version}"]
    lines += ["Host: x"] if version == "1.1" else []
    return "\r\n".join([*lines, *headers, "", ""])


def sized(body, *headers, **more):
    return post(f"Content-Length: {len(body)}", *headers, **more)


def chunked(*pieces, last=b"0\r\n\r\n"):
    return b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in pieces) + last


CHUNKED = "Transfer-Encoding: chunked"
GZIP = "Content-Encoding: gzip"

# What way: head, body, the answer's status, how often the line is kept.
WAYS = {
    "as it should be": (sized(BODY), BODY, 204, 1),
    "chunked": (post(CHUNKED), chunked(BODY[:5], BODY[5:]), 204, 1),
    "gzip": (sized(PACKED, GZIP), PACKED, 204, 1),
    "HTTP/1.0 with a length": (sized(BODY, version="1.0"), BODY, 204, 1),
    "closing, with a length": (sized(BODY, "Connection: close"), BODY, 204, 1),
    # Nothing says where the body ends.
    "HTTP/1.0": (post(version="1.0"), BODY, 411, 0),
    "HTTP/1.0 kept alive": (post("Connection: keep-alive", version="1.0"), BODY, 411, 0),
    "closing": (post("Connection: close"), BODY, 411, 0),
    "closing among others": (post("Connection: x, CLOSE"), BODY, 411, 0),
    "closing, gzip": (post("Connection: close", GZIP), PACKED, 411, 0),
    "asking to go on": (post("Expect: 100-continue"), BODY, 411, 0),
    "kept alive, the body behind the head": (post(), BODY, 411, 0),
    "kept alive, gzip behind the head": (post(GZIP), PACKED, 411, 0),
    "HTTP/1.0, a body that looks like a request": (post(version="1.0"), b"GET v=1\n", 411, 0),
    "HTTP/1.0, no body": (post(version="1.0"), b"", 411, 0),
    # Two say where it ends, or not as HTTP does.
    "two lengths": (sized(BODY, f"Content-Length: {len(BODY)}"), BODY, 400, 0),
    "length and chunked": (sized(BODY, CHUNKED), chunked(BODY), 400, 0),
    "length of no number": (post("Content-Length: +5"), BODY, 400, 0),
    "negative length": (post("Content-Length: -1"), BODY, 400, 0),
    "identity as transfer coding": (post("Transfer-Encoding: identity"), BODY, 400, 0),
    "gzip as transfer coding": (post("Transfer-Encoding: gzip, chunked"), chunked(PACKED), 400, 0),
    "chunked in HTTP/1.0": (post(CHUNKED, version="1.0"), chunked(BODY), 400, 0),
    "chunks of no size": (post(CHUNKED), b"x\r\n" + BODY + b"\r\n0\r\n\r\n", 400, 0),
    "a line feed for a head's end": (post().replace("\r\n", "\n"), BODY, 400, 0),
    # Cut off: answered or not, but no success.
    "cut off": (sized(BODY * 2), BODY, None, 0),
    "cut off in a chunk": (post(CHUNKED), chunked(BODY, last=b"9\r\ncpu"), None, 0),
    "cut off before the last chunk": (post(CHUNKED), chunked(BODY, last=b""), None, 0),
    "cut off in a trailer": (post(CHUNKED), chunked(BODY, last=b"0\r\nA: b\r\n"), None, 0),
    # Encodings.
    "gzip cut off": (sized(PACKED[:-3], GZIP), PACKED[:-3], 400, 0),
    "gzip with more behind it": (sized(PACKED + b"\0", GZIP), PACKED + b"\0", 400, 0),
    "gzip that is none": (sized(BODY, GZIP), BODY, 400, 0),
    "gzip in two members": (sized(PACKED * 2, GZIP), PACKED * 2, 204, 2),
    "gzip behind an empty member": (
        sized(EMPTY_MEMBER + PACKED, GZIP),
        EMPTY_MEMBER + PACKED,
        204,
        1,
    ),
    "gzip that is not announced": (sized(PACKED), PACKED, 400, 0),
    "gzip twice": (sized(gzip.compress(PACKED), GZIP, GZIP), gzip.compress(PACKED), 204, 1),
    "deflate that is none": (sized(BODY, "Content-Encoding: deflate"), BODY, 400, 0),
    "zstd that is none": (sized(BODY, "Content-Encoding: zstd"), BODY, 400, 0),
    "brotli": (sized(BODY, "Content-Encoding: br"), BODY, 415, 0),
    "snappy": (sized(b"\x12\x44" + BODY, "Content-Encoding: snappy"), b"\x12\x44" + BODY, 415, 0),
    "an encoding that is none": (sized(BODY, "Content-Encoding: utf-8"), BODY, 204, 1),
    "another, of gzip": (sized(PACKED, "Content-Encoding: application/gzip"), PACKED, 204, 1),
    "another, of neither": (
        sized(b"\x28\xb5\x2f\xfd" + BODY, "Content-Encoding: utf-8"),
        b"\x28\xb5\x2f\xfd" + BODY,
        415,
        0,
    ),
    # Methods and paths that InfluxDB does not write by.
    "PUT": (sized(BODY, method="PUT"), BODY, 405, 0),
    "GET": (sized(BODY, method="GET"), BODY, 405, 0),
    "DELETE": (sized(BODY, method="DELETE"), BODY, 405, 0),
    "PATCH": (sized(BODY, method="PATCH"), BODY, 405, 0),
    "a slash too many": (sized(BODY, path="/write/"), BODY, 404, 0),
    "a slash in front": (sized(BODY, path="//write"), BODY, 404, 0),
    "/ping": (sized(BODY, path="/ping"), BODY, 405, 0),
    "/query": (sized(BODY, path="/query"), BODY, 400, 0),
    # Lines.
    "UTF-16": (sized(LINE.encode("utf-16")), LINE.encode("utf-16"), 400, 0),
    "a carriage return for each line's end": (sized(BODY[:-1] + b"\r"), BODY[:-1] + b"\r", 204, 1),
    "no line feed at the end": (sized(BODY[:-1]), BODY[:-1], 204, 1),
    "multipart/form-data": (
        sized(BOUNDARY % BODY, "Content-Type: multipart/form-data; boundary=b"),
        BOUNDARY % BODY,
        400,
        1,
    ),
    "all or nothing": (
        sized(BODY + b"bad\n", query="&accept_partial=false"),
        BODY + b"bad\n",
        400,
        0,
    ),
    "too long": (sized(BODY * 5000), BODY * 5000, 413, 0),
    "too long when inflated": (
        sized(gzip.compress(BODY * 5000), GZIP),
        gzip.compress(BODY * 5000),
        413,
        0,
    ),
    # Truly empty: InfluxDB says 204, and there is nothing to keep.
    "empty": (post("Content-Length: 0"), b"", 204, 0),
    "empty, closing": (post("Content-Length: 0", "Connection: close"), b"", 204, 0),
    "empty, HTTP/1.0": (post("Content-Length: 0", version="1.0"), b"", 204, 0),
    "empty, kept alive without a length": (post(), b"", 204, 0),
    "empty, chunked": (post(CHUNKED), chunked(), 204, 0),
    "a line feed": (sized(b"\n"), b"\n", 204, 0),
}

DIALECTS = ("/write", "/api/v2/write")


@pytest.fixture(scope="module")
def module_processes():
    """One weir serves the whole table: each way has a database of its own."""
    started = []
    yield started
    for process in started:
        if process.running():
            process.kill()


@pytest.fixture(scope="module")
def weir(module_processes, tmp_path_factory):
    from harness.fixtures import executable_from
    from harness.weir import Weir

    made = Weir(
        tmp_path_factory.mktemp("weir"),
        executable_from("WEIR_BINARY", "", "build it with ./dev build"),
        settings(file_sink()),
        ["http.body_limit=64KiB"],
    )
    module_processes.append(made)
    return made.start()


def first_answer(stream):
    """The first answer that is no `100 Continue`, or nothing where weir just closed."""
    while stream.peek(1):
        answer = read_response(stream)
        if answer.status != 100:
            return answer
    return None


@pytest.mark.parametrize("path", DIALECTS)
@pytest.mark.parametrize("way", WAYS)
def test_a_success_means_that_the_points_are_kept(weir, way, path):
    head, body, status, kept = WAYS[way]
    db = "".join(c if c.isalnum() else "_" for c in f"{way}{path}")
    data = head.replace("DB", db).replace("POST /write?", f"POST {path}?").encode() + body
    with weir.client.raw(data) as connection, connection.makefile("rb") as stream:
        connection.shutdown(socket.SHUT_WR)
        answer = first_answer(stream)
    assert (answer and answer.status) == status, answer and answer.text()
    # What follows in the log is there only once this has been looked at.
    assert weir.client.write(f"fence value=1 {T}", db).status == 204
    wait_until(lambda: f"fence value=1 {T}" in weir.lines_of(db), what="the fence")
    assert weir.lines_of(db).count(LINE) == kept
    if answer and answer.status < 300 and body.strip(b"\n0\r"):
        assert kept > 0


# --- 411: how it is said, and that it can be read


def test_411_has_each_dialects_form(weir):
    for path in ("/write", "/query"):
        with weir.client.raw(f"POST {path}?db=a HTTP/1.0\r\n\r\n".encode() + BODY) as connection:
            answer = read_response(connection.makefile("rb"))
        assert answer.status == 411
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["connection"] == "close"
        assert answer.headers["x-influxdb-version"]
        assert answer.headers["x-influxdb-error"] == answer.json()["error"]
        assert "Content-Length" in answer.json()["error"]
    with weir.client.raw(b"POST /api/v2/write?bucket=a HTTP/1.0\r\n\r\n" + BODY) as connection:
        answer = read_response(connection.makefile("rb"))
    assert answer.status == 411
    assert answer.json()["code"] == "invalid"
    assert "Content-Length" in answer.json()["message"]
    assert answer.headers["x-platform-error-code"] == "invalid"


@pytest.mark.parametrize("path", ["/write?db=a", "/write", "/nowhere", "/ping"])
@pytest.mark.parametrize("size", [6, 5_000_000])
def test_a_refusal_can_be_read_however_the_body_comes(weir, path, size):
    """The answer comes before the body is sent, or after a client has sent all of it."""
    body = (b"m v=1\n" * size)[:size]
    head = f"POST {path} HTTP/1.0\r\n\r\n".encode()
    with weir.client.raw(head) as connection:
        stream = connection.makefile("rb")
        answer = read_response(stream)
        assert answer.status in (400, 404, 405, 411)
        connection.sendall(body)
        assert stream.read() == b"", "the end, and no reset"
    with weir.client.raw(head + body) as connection:
        assert read_response(connection.makefile("rb")).status == answer.status


def test_a_client_that_reads_to_the_end_is_not_kept_waiting(weir):
    """Connections of HTTP/1.0 end with the answer, also where weir still listens for a body."""
    weir.client.timeout = 1.5
    try:
        for request in (b"POST /write?db=a", b"POST /query?q=SHOW+DATABASES", b"GET /ping"):
            with weir.client.raw(request + b" HTTP/1.0\r\n\r\n") as connection:
                stream = connection.makefile("rb")
                read_response(stream)
                assert stream.read() == b""
    finally:
        weir.client.timeout = 20.0


def test_a_query_in_the_url_needs_no_length(weir):
    for head in (
        "POST /query?q=CREATE+DATABASE+one HTTP/1.0\r\n\r\n",
        "POST /query?q=CREATE+DATABASE+one HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "POST /query?q=CREATE+DATABASE+one HTTP/1.1\r\nHost: x\r\n\r\n",
    ):
        with weir.client.raw(head.encode()) as connection:
            answer = read_response(connection.makefile("rb"))
        assert answer.status == 200
        assert answer.json() == {"results": [{"statement_id": 0}]}


def test_http_1_0_kept_alive(weir):
    one = "POST /query?q=SHOW+DATABASES HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    two = sized(BODY, "Connection: keep-alive", version="1.0").replace("DB", "kept")
    with weir.client.raw() as connection:
        stream = connection.makefile("rb")
        for request, status in ((one.encode(), 200), (two.encode() + BODY, 204)) * 2:
            connection.sendall(request)
            answer = read_response(stream)
            assert answer.status == status
            assert answer.headers["connection"] == "keep-alive"


def test_an_ignored_encoding_is_counted(weir):
    before = weir.metrics().sum("weir_http_encodings_ignored_total")
    for coding, kept in (("utf-8", 1), ("gzip", 0), ("identity", 0), ("deflate", 0)):
        body = PACKED if coding == "gzip" else BODY
        weir.client.write(body, "codings", {"Content-Encoding": coding})
        before += kept
        assert weir.metrics().sum("weir_http_encodings_ignored_total") == before, coding
