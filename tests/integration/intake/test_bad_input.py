# SPDX-License-Identifier: Apache-2.0
"""What goes wrong on the wire: one clear answer each, and no harm to anybody else.

While each test runs, another client writes good lines; all of them have to arrive.
"""

import gzip
import socket
import struct
import time
import zlib

import pytest

from harness.client import read_response, read_to_end, without_hint
from harness.load import Numbered
from harness.process import wait_until
from harness.settings import file_sink, settings

T = 1_600_000_000_000_000_000


@pytest.fixture
def weir(start_weir):
    """A weir with short timeouts that another client writes good lines to during the test."""
    started = start_weir(
        settings(file_sink(), limits={"memory": "64MiB"}),
        ["http.head_timeout=1s", "http.body_timeout=2s"],
    )
    good = Numbered(lambda: started.client.address, db="good", threads=2, lines=10)
    with good:
        wait_until(lambda: good.acknowledged_count() > 0, what="the first good line")
        before = good.acknowledged_count()
        yield started
        wait_until(lambda: good.acknowledged_count() > before, what="good lines to the end")
    assert set(good.answers) == {204}, (good.answers, good.bodies)
    started.must_be_alive()
    wait_until(
        lambda: not good.missing_from_lines(started.lines_of("good")), what="every good line"
    )
    assert len(started.lines_of("good")) == good.acknowledged_count(), "a line came twice"


def head(length=None, path="/write?db=mydb", extra=""):
    """The head of a POST; `length` is a number, or None for chunked."""
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return f"POST {path} HTTP/1.1\r\nHost: x\r\n{framing}\r\n{extra}\r\n".encode()


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def answers_to(weir, data, half_close=False):
    """Everything that weir says to these bytes until it closes."""
    with weir.client.raw(data) as connection:
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        return read_to_end(connection)


def nothing_of(weir, db):
    """Nothing of this database came into the log, however long one waits."""
    assert weir.client.write(f"fence value=1 {T}", db).status == 204
    wait_until(lambda: weir.lines_of(db), what="the fence")
    assert weir.lines_of(db) == [f"fence value=1 {T}"]


def one_error(response, status, *words):
    assert response.status == status, (response.status, response.text())
    message = response.json()["error"]
    for word in words:
        assert word in message, message
    assert response.headers["x-influxdb-error"]
    assert response.headers["content-type"].startswith("application/json")


def memory_is_bounded(weir):
    """limits.memory (64 MiB here) and what weir needs for itself."""
    peak = weir.peak_rss_bytes() >> 20
    assert weir.sanitized() or peak < 64 + 24, f"memory grew to {peak} MiB"


def gzip_zeros(count):
    """One gzip member of so many zeros. A flushed block of 1 MiB is repeated: quickly made."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    for _ in range(count >> 20):
        checksum = zlib.crc32(bytes(1 << 20), checksum)
    trailer = struct.pack("<II", checksum, count & 0xFFFFFFFF)
    return b"\x1f\x8b\x08" + bytes(7) + block * (count >> 20) + packer.flush() + trailer


def test_the_bomb_is_one():
    assert gzip.decompress(gzip_zeros(8 << 20)) == bytes(8 << 20)


# --- bodies that are not what they say


@pytest.mark.parametrize("body", [b"cpu value=1", b"\x1f\x8b", b"\x1f\x8b\x08\x00" + b"\xff" * 50])
def test_a_body_that_is_not_gzip(weir, body):
    answer = weir.client.write(body, "mydb", {"Content-Encoding": "gzip"})
    assert answer.status == 400
    one_error(answer, 400)
    assert answer.json()["error"] in (
        "the body is not valid gzip, as its Content-Encoding says",
        "unexpected EOF",
    )
    nothing_of(weir, "mydb")


@pytest.mark.parametrize("cut", [1, 8, 9, 50])
def test_a_gzip_body_that_is_cut_off(weir, cut):
    packed = gzip.compress(b"".join(b"cpu value=%d %d\n" % (n, T + n) for n in range(500)))
    answer = weir.client.write(packed[:-cut], "mydb", {"Content-Encoding": "gzip"})
    one_error(answer, 400, "unexpected EOF")
    nothing_of(weir, "mydb")


def test_a_gzip_body_with_a_wrong_checksum(weir):
    packed = bytearray(gzip.compress(b"cpu value=1 1\ncpu value=2 2\n"))
    packed[-6] ^= 0xFF
    one_error(weir.client.write(bytes(packed), "mydb", {"Content-Encoding": "gzip"}), 400, "gzip")
    nothing_of(weir, "mydb")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_gzip_bomb(weir, chunked):
    bomb = gzip_zeros(1 << 30)
    assert len(bomb) < 2_000_000
    started = time.monotonic()
    body = iter([bomb]) if chunked else bomb
    answer = weir.client.write(body, "mydb", {"Content-Encoding": "gzip"})
    one_error(answer, 413, "Request Entity Too Large", "inflated", "http.body_limit")
    assert time.monotonic() - started < 10
    memory_is_bounded(weir)
    nothing_of(weir, "mydb")


def test_a_gzip_bomb_of_good_lines_leaves_nothing(weir):
    line = b"cpu value=1 1\n"
    bomb = gzip.compress(line * (60_000_000 // len(line)), 6)
    one_error(weir.client.write(bomb, "mydb", {"Content-Encoding": "gzip"}), 413)
    nothing_of(weir, "mydb")


def test_an_unknown_content_encoding(weir):
    for coding in ("br", "compress", "gzip, br", "gzip, gzip, gzip, gzip", "snappy"):
        answer = weir.client.write("cpu value=1", "mydb", {"Content-Encoding": coding})
        one_error(answer, 415, "Content-Encoding", "gzip")
    nothing_of(weir, "mydb")


# --- parameters


def test_parameters_that_are_wrong(weir):
    def write(**params):
        return weir.client.request("POST", "/write", params, b"cpu value=1")

    one_error(write(), 400, "database is required")
    one_error(write(db=""), 400, "database is required")
    one_error(write(db="mydb", consistency="most"), 400, "invalid consistency level")
    one_error(write(db="a\nb"), 400, "control character")
    one_error(write(db="x" * 300), 400, "longer than 255 bytes")
    assert weir.client.request("PUT", "/write", {"db": "mydb"}, b"x").status == 405
    assert weir.client.request("POST", "/writes", {"db": "mydb"}, b"x").status == 404
    nothing_of(weir, "mydb")


# --- clients that go away or are slow


@pytest.mark.parametrize("reset", [False, True])
def test_a_chunked_body_that_is_cut_off(weir, reset):
    connection = weir.client.raw(head())
    for number in range(50):
        connection.sendall(chunk(b"cpu value=%d %d\n" % (number, T + number) * 100))
    if reset:  # SO_LINGER of 0 seconds: the end is a RST
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    wait_until(lambda: weir.metrics().sum("weir_http_writes_cut_off_total") == 1, what="the end")
    nothing_of(weir, "mydb")
    metrics = weir.metrics()
    assert metrics.sum("weir_lines_received_total", database="mydb") == 1, "only the fence"


def test_half_a_request_and_then_the_end(weir):
    for data in (
        b"P",
        b"POST /write?db=mydb HTTP/1.1\r\nHo",
        head(100) + b"cpu value=1 1\n",
        head() + b"10\r\ncpu",
        head() + chunk(b"cpu value=1 1\n"),
        head() + chunk(b"cpu value=1 1\n") + b"0\r\n",
    ):
        assert b" 204 " not in answers_to(weir, data, half_close=True), data
    nothing_of(weir, "mydb")


def test_damaged_chunks(weir):
    for data in (b"zz\r\ncpu", b"-1\r\n", b"5\r\ncpu value=1", b"10000000000000000\r\n", b"\r\n"):
        said = answers_to(weir, head() + data + b"\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 400 "), (data, said)
        assert said.count(b"Content-Length: ") == 1, "one answer"
        assert b"chunk" in said
    nothing_of(weir, "mydb")


def drip(weir, data, most_seconds):
    """Sends a byte every tenth of a second until weir has answered and closed."""
    deadline = time.monotonic() + most_seconds
    said = b""
    with weir.client.raw() as connection:
        connection.settimeout(0.1)
        at = 0
        while True:
            assert time.monotonic() < deadline, "the slow client is still served"
            try:
                piece = connection.recv(4096)  # waits a tenth of a second: this is the pace
                if not piece:
                    return said
                said += piece
                continue
            except TimeoutError:
                pass
            except ConnectionResetError:
                return said
            try:
                connection.sendall(data[at : at + 1])
                at += 1
            except (BrokenPipeError, ConnectionResetError):
                pass  # what weir said is still to be read


def test_a_head_that_comes_byte_by_byte(weir):
    said = drip(weir, head(5, extra="X-Long: " + "y" * 1000 + "\r\n"), 6)
    assert said.startswith(b"HTTP/1.1 408 "), said
    assert b"did not arrive in time" in said


def test_a_body_that_comes_byte_by_byte(weir):
    with weir.client.raw(head(2000)) as connection, connection.makefile("rb") as stream:
        connection.settimeout(8)
        began = time.monotonic()
        connection.sendall(b"cpu value=1 1\n")
        answer = read_response(stream)
        assert 1.5 < time.monotonic() - began < 6
    assert answer.status == 408, answer
    assert "did not arrive in time" in answer.text()
    said = drip(weir, b"cpu value=1 1\n" * 100, 6)
    assert said.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 408 ")), said
    nothing_of(weir, "mydb")


# --- too large


def test_a_request_of_100_megabytes(weir):
    line = b"cpu value=1 1\n"
    block = line * (1_000_000 // len(line))
    with weir.client.raw(head(100_000_000)) as connection:
        said = b""
        try:
            for _ in range(100):
                connection.sendall(block)
        except (BrokenPipeError, ConnectionResetError):
            pass
        said = read_to_end(connection)
    # A client that goes on sending may see a reset in place of the answer; not one that reads.
    assert said == b"" or said.startswith(b"HTTP/1.1 413 "), said
    with weir.client.raw(head(100_000_000)) as connection, connection.makefile("rb") as stream:
        one_error(read_response(stream), 413, "Request Entity Too Large")
    memory_is_bounded(weir)
    nothing_of(weir, "mydb")


def test_a_request_of_100_megabytes_in_chunks(weir):
    line = b"cpu value=1 1\n"
    block = chunk(line * (1_000_000 // len(line)))
    with weir.client.raw(head()) as connection, connection.makefile("rb") as stream:
        for _ in range(26):
            connection.sendall(block)
        one_error(read_response(stream), 413, "Request Entity Too Large")
    with weir.client.raw(head()) as connection:
        try:
            for _ in range(100):
                connection.sendall(block)
        except (BrokenPipeError, ConnectionResetError):
            pass
        said = read_to_end(connection)
    assert said == b"" or said.startswith(b"HTTP/1.1 413 "), said
    memory_is_bounded(weir)
    nothing_of(weir, "mydb")


def test_a_body_a_little_too_large_is_answered_to_a_client_that_only_writes(weir):
    body = b"cpu value=1 1\n" * (30_000_000 // 14)
    one_error(weir.client.write(body, "mydb"), 413, "Request Entity Too Large")
    nothing_of(weir, "mydb")


def test_a_line_of_10_megabytes_costs_itself_alone(weir):
    long_line = b'cpu text="' + b"x" * 10_000_000 + b'" 5'
    body = b"cpu value=1 1\n" + long_line + b"\ncpu value=2 2"
    answer = weir.client.write(body, "mydb")
    assert len(answer.body) < 100_000, "the answer quotes the whole line"
    one_error(answer, 400, "partial write: unable to parse 'cpu text=", "too long")
    wait_until(lambda: len(weir.lines_of("mydb")) == 2, what="the other lines")
    assert weir.lines_of("mydb") == ["cpu value=1 1", "cpu value=2 2"]


# --- hints


def hint_of(answer):
    """What stands behind InfluxDB's words, which must be whole."""
    message = answer.json()["error"]
    assert "\n" not in message[len(without_hint(message)) :]
    return message[len(without_hint(message)) :]


@pytest.mark.parametrize(
    "line, reason, advice",
    [
        ("disk,host=web 01 used=71", "invalid field format", r"write: disk,host=web\ 01 used=71"),
        (f"m,h=a,v=1 {T}", "invalid field format", f"write: m,h=a v=1 {T}"),
        ("m v=71%", "invalid number", "write: m v=71)"),
        ("m v=1 2020-04-14T06:01:21Z", "bad timestamp", "write: m v=1 1586844081000000000)"),
        ("m v=NaN", "invalid number", "Leave this field out."),
    ],
)
def test_a_plain_answer_says_what_to_do(weir, line, reason, advice):
    answer = weir.client.write(f"{line}\nok v=1 {T}", "mydb")
    one_error(answer, 400)
    message = answer.json()["error"]
    assert without_hint(message) == f"partial write: unable to parse '{line}': {reason} dropped=0"
    assert advice in hint_of(answer)
    assert answer.headers["x-influxdb-error"] == message
    answer = weir.client.write(line, "mydb")
    assert without_hint(answer.json()["error"]) == f"unable to parse '{line}': {reason}"
    assert advice in hint_of(answer)


def test_hints_are_few_and_short(weir):
    body = "\n".join(f"disk{n},host=web 01 used=71" for n in range(50))
    body += "\nm v=71%\nm v='x'\nm v=" + "7" * 9000 + "%"
    answer = weir.client.write(body, "mydb")
    hint = hint_of(answer)
    assert hint.count("line ") == 1, "the other kinds lie behind the lines that are looked at"
    assert "dropped=" not in hint
    hint = hint_of(weir.client.write("m v=71%\nm v=72%\nm v='x'\nm v=+1\nm v=1_0", "mydb"))
    assert [hint.count(f"line {n}:") for n in range(1, 6)] == [1, 0, 1, 1, 0]
    for line in ("m v=71%,s='x dropped=99'", "m v=71%,s='database not found'"):
        hint = hint_of(weir.client.write(line, "mydb"))
        assert "line 1: " in hint
        assert "dropped=" not in hint and "database not found" not in hint


def test_a_body_of_bad_lines_is_not_slowed_down_by_hints(weir):
    line = b"m,host=web 01 v=71%\n"
    body = line * (20_000_000 // len(line))
    began = time.monotonic()
    answer = weir.client.write(body, "mydb")
    assert time.monotonic() - began < 20
    assert answer.status == 400
    assert hint_of(answer).count("line ") == 1


# --- bytes that are no text


def test_bytes_of_nul(weir):
    """Between lines and words they are blanks, as for InfluxDB; in a line they are a mistake."""
    body = b"a value=1 1\n\x00\x00\x00\nc value=\x001 3\nb value=2 2\nd value=1\x00 4\n"
    answer = weir.client.write(body, "mydb")
    one_error(answer, 400, "partial write: unable to parse 'c value=")
    assert "\x00" not in answer.headers["x-influxdb-error"]
    assert b"\x00" not in answer.body
    wait_until(lambda: len(weir.lines_of("mydb")) == 2, what="the good lines")
    assert weir.lines_of("mydb") == ["a value=1 1", "b value=2 2"]


@pytest.mark.parametrize("bad", [b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"])
def test_invalid_utf8(weir, bad):
    lines = [b"a value=1 1", b"m,t=" + bad + b" value=1 1", b'm s="' + bad + b'" 1', b"b value=2 2"]
    answer = weir.client.write(b"\n".join(lines), "mydb")
    one_error(answer, 400, "partial write: unable to parse", "UTF-8")
    answer.body.decode("utf-8")  # what is sent back is
    wait_until(lambda: len(weir.lines_of("mydb")) == 2, what="the good lines")
    assert weir.lines_of("mydb") == ["a value=1 1", "b value=2 2"]


def test_tls_on_the_port(weir):
    hello = bytes.fromhex("16030100a5010000a10303") + bytes(160)
    said = answers_to(weir, hello)
    assert said.startswith(b"HTTP/1.1 400 "), said
    assert b"without TLS" in said and b"http://" in said


def test_other_protocols_on_the_port(weir):
    cases = {
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": b" 505 ",
        b"\x00\x01\x02\x03": b" 400 ",
        b"cpu value=1 1\n": b" 400 ",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n": b" 400 ",
        b"GET / HTTP/3.0\r\nHost: x\r\n\r\n": b" 400 ",
        b"GET /ping\r\n\r\n": b" 505 ",
    }
    for data, status in cases.items():
        said = answers_to(weir, data, half_close=True)
        assert said.startswith(b"HTTP/1.1") and status in said.split(b"\r\n")[0], (data, said)
        assert said.count(b"Content-Length: ") == 1, "one answer"


# --- heads


def test_a_flood_of_headers(weir):
    flood = "".join(f"X-{number}: {'y' * 100}\r\n" for number in range(1000))
    said = answers_to(weir, head(0, extra=flood))
    assert said.startswith(b"HTTP/1.1 431 "), said
    assert b"longer than is served" in said
    said = answers_to(weir, head(0, path="/write?db=" + "x" * 100_000))
    assert said.startswith(b"HTTP/1.1 431 "), said


def smuggled(first_head):
    inner = head(len(b"smuggled value=1 1"), path="/write?db=smuggled") + b"smuggled value=1 1"
    return first_head + b"0\r\n\r\n" + inner


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 500",
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5, 5",
        "Content-Length: +5",
        "Content-Length: 0x5",
        "Content-Length: -1",
        "Content-Length:",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding : chunked",
        "Content-Length : 5",
        "X: y\r\n Content-Length: 5",
        "Content-Length: 5\nTransfer-Encoding: chunked",
        "Transfer-Encoding:\x0bchunked",
    ],
)
def test_smuggling(weir, framing):
    first = f"POST /write?db=mydb HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n".encode()
    said = answers_to(weir, smuggled(first))
    assert said.startswith(b"HTTP/1.1 400 "), said
    assert said.count(b"Content-Length: ") == 1, "one answer, then the end"
    assert b"Connection: close" in said
    nothing_of(weir, "smuggled")


def test_what_follows_a_refused_request_is_served(weir):
    """A refusal by dialect, unlike one by framing, does not end the connection."""
    bad = head(11, path="/write") + b"cpu value=1"
    good = head(13) + b"cpu value=1 1"
    with weir.client.raw(bad + good) as connection, connection.makefile("rb") as stream:
        one_error(read_response(stream), 400, "database is required")
        assert read_response(stream).status == 204
    wait_until(lambda: weir.lines_of("mydb") == ["cpu value=1 1"], what="the good line")
