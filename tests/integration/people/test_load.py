# SPDX-License-Identifier: Apache-2.0
"""`weir load` against weir, an InfluxDB, nobody, and servers that behave badly."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import time

import pytest

from harness.listener import Listener
from harness.load_command import command, load, summary_of, url_of
from harness.process import wait_until
from harness.settings import null_sink, settings


@pytest.mark.parametrize("shape", ["tsbs", "flink", "mix", "tiny", "text"])
@pytest.mark.parametrize("gzip", [(), ("--gzip",)])
def test_weir_accepts_every_line(start_weir, shape, gzip):
    weir = start_weir(settings(null_sink()))
    found = summary_of(
        *("--url", url_of(weir.client.address), "--shape", shape, "--lines", 7_777),
        *("--batch", 1000, "--connections", 3, "--pid", weir.pid, *gzip),
    )
    assert found["lines_accepted"] == found["lines_sent"] == found["different_lines"] == 7_777
    assert found["answers"] == {"204": 8} and found["failures"] == {}
    metrics = weir.metrics()
    assert metrics.sum("weir_lines_accepted_total", database="bench") == 7_777
    assert metrics.sum("weir_http_requests_total", status="204") == 8
    assert metrics.sum("weir_lines_rejected_total") == 0
    assert 0 < found["connections_opened"] <= 3
    assert 0 < found["latency_ms"]["p50"] <= found["latency_ms"]["p99"]
    assert found["process"]["peak_bytes"] > 1_000_000


def test_influxdb_stores_every_line(influxd):
    influxd.create_database("bench")
    found = summary_of(
        "--url", url_of(influxd.client.address), "--lines", 2_345, "--batch", 500, "--gzip"
    )
    assert found["answers"] == {"204": 5}
    assert influxd.count("bench", "cpu", "usage_user") == 2_345


def test_refusals_are_told(influxd):
    done = load("--url", url_of(influxd.client.address, "none"), "--lines", 10, "--batch", 5)
    assert done.returncode == 1
    assert "404: 2" in done.stdout and "database not found" in done.stdout
    assert "accepted    0 lines" in done.stdout


def test_a_pace_is_kept(start_weir):
    weir = start_weir(settings(null_sink()))
    began = time.monotonic()
    found = summary_of(
        *("--url", url_of(weir.client.address), "--rate", 10_000, "--batch", 100, "--lines", 5_000)
    )
    # The last batch is due after 0.49 s; how much later it comes is the machine's affair.
    assert time.monotonic() - began >= 0.48
    assert found["seconds"] >= 0.48
    assert found["lines_accepted"] == 5_000


def test_it_ends_in_time(start_weir):
    weir = start_weir(settings(null_sink()))
    found = summary_of("--url", url_of(weir.client.address), "--duration", "300ms")
    assert 0.2 < found["seconds"] < 20
    assert found["lines_accepted"] == found["lines_sent"] > 0
    assert weir.metrics().sum("weir_lines_accepted_total") == found["lines_sent"]


def test_nobody_listens():
    with socket.socket() as taken:  # bound, not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        done = load("--url", url_of(f"127.0.0.1:{port}"))
    assert done.returncode == 1
    assert done.stderr == f"weir load: cannot connect to 127.0.0.1:{port}: connection refused\n"
    assert done.stdout == ""


def test_wrong_arguments_are_named():
    for arguments, words in [
        ((), "where to?"),
        (("--url", "http://127.0.0.1"), "the path is missing"),
        (("--url", "http://127.0.0.1/write", "--shape", "round"), "--shape round"),
        (("--url", "http://127.0.0.1/write", "--pid", 2**22 + 1), "there is no process"),
        (("--udp", "127.0.0.1:9", "--gzip"), "only with --url"),
        (("--udp", "127.0.0.1:9", "--databases", 2), "only with --url"),
        (("--url", "http://127.0.0.1/write?db=x", "--databases", 2), 'leave "db=" out'),
        (("--url", "http://127.0.0.1/write", "--series", "many"), "no whole number"),
        (("--url", "http://127.0.0.1/write", "--bad", "5"), "or percent (5%)"),
        (("--url", "http://127.0.0.1/write", "--bad", "1%", "--bad-kinds", "tpye"), 'did you mean "type"?'),
    ]:
        done = load(*arguments)
        assert (done.returncode, done.stdout) == (2, ""), done
        assert words in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_with_its_summary(start_weir, number):
    weir = start_weir(settings(null_sink()))
    url = url_of(weir.client.address)
    with subprocess.Popen(
        command("--url", url, "--duration", "1h", "--batch", 100, "--json"), stdout=subprocess.PIPE
    ) as running:
        wait_until(lambda: weir.metrics().sum("weir_lines_accepted_total") > 0, what="lines")
        running.send_signal(number)
        output, _ = running.communicate(timeout=20)
    assert running.returncode == 0
    found = json.loads(output)
    assert found["interrupted"] and found["failures"] == {}
    assert found["lines_accepted"] == weir.metrics().sum("weir_lines_accepted_total")


def test_progress_on_a_terminal(start_weir):
    weir = start_weir(settings(null_sink()))
    ours, its = pty.openpty()
    url = url_of(weir.client.address)
    shown = b""
    with subprocess.Popen(
        command("--url", url, "--duration", "1h", "--rate", 1000, "--batch", 10),
        stdout=subprocess.DEVNULL,
        stderr=its,
    ) as running:
        os.close(its)
        while not re.search(rb"s +[0-9,]+ lines/s +[0-9.]+ MB/s +0 refused  0 failed", shown):
            shown += os.read(ours, 4096)
        running.send_signal(signal.SIGINT)
        running.wait(20)
    os.close(ours)


@pytest.fixture
def serve():
    servers = []

    def start(behave):
        servers.append(Listener(behave))
        return servers[-1].address

    yield start
    for server in servers:
        server.stop()


def read_request(connection):
    """Head and body; None at the end."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return None
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(re.search(rb"Content-Length: (\d+)", head).group(1))
    while len(body) < length:
        body += connection.recv(65536)
    return head


def test_connections_that_close_after_each_answer(serve):
    def behave(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    found = summary_of(
        *("--url", url_of(serve(behave)), "--lines", 50, "--batch", 10, "--connections", 1)
    )
    assert found["answers"] == {"204": 5} and found["connections_opened"] == 5


def test_requests_without_an_answer_are_failures(serve):
    def behave(connection):
        read_request(connection)

    found = summary_of(
        *("--url", url_of(serve(behave)), "--lines", 30, "--batch", 10, "--connections", 1), code=1
    )
    assert found["answers"] == {} and found["lines_accepted"] == 0
    assert sum(found["failures"].values()) == 3


def test_a_silent_server_is_given_up(serve):
    def behave(connection):
        while connection.recv(65536):
            pass

    found = summary_of(
        *("--url", url_of(serve(behave)), "--duration", "1h", "--timeout", "300ms"),
        *("--connections", 2),
        code=1,
    )
    assert found["failures"]["no answer in time"] >= 2
    assert found["given_up"] == "the server did not answer any more"


def test_what_is_not_http_is_a_failure(serve):
    def behave(connection):
        read_request(connection)
        connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

    found = summary_of("--url", url_of(serve(behave)), "--lines", 1, code=1)
    assert found["failures"] == {"the answer is not HTTP": 1}


def test_datagrams_hold_whole_lines():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(20)
        found = summary_of(
            *("--udp", f"127.0.0.1:{receiver.getsockname()[1]}", "--lines", 200),
            *("--rate", 20_000, "--datagram", 1000),
        )
        received = [receiver.recv(65536) for _ in range(found["datagrams"])]
    assert all(len(each) <= 1000 and each.endswith(b"\n") for each in received)
    lines = b"".join(received).splitlines()
    assert len(lines) == len(set(lines)) == found["lines_sent"] == 200


def test_datagrams_that_nobody_receives():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    done = load("--udp", f"127.0.0.1:{port}", "--rate", 20_000, "--lines", 2000)
    assert done.returncode == 1
    assert "nothing listens there (connection refused)" in done.stdout
