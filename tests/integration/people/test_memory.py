# SPDX-License-Identifier: Apache-2.0
"""Memory: little when idle, and not more after many requests than after some.

WEIR_MEMORY_REQUESTS sets how many (100,000). A build with sanitizers is not measured.
"""

import os
import pathlib
import re
import threading
import time

import pytest

from harness.process import wait_until
from harness.settings import file_sink, influx_sink, null_sink, settings

REQUESTS = int(os.environ.get("WEIR_MEMORY_REQUESTS", "100000"))
CONNECTIONS = 8
PIPELINED = 100
MIB = 1 << 20


@pytest.fixture(autouse=True)
def no_sanitizer(make_weir):
    if make_weir().sanitized():
        pytest.skip("a build with sanitizers needs far more memory; not measured")


def test_idle(start_weir):
    """With the sinks that a first user has."""
    weir = start_weir(settings(influx_sink("http://127.0.0.1:9"), file_sink()))
    assert weir.client.get("/ping").status == 204
    rss = weir.rss_bytes()
    print(f"idle: {rss / MIB:.1f} MiB")
    # Pages of the program and its libraries are let go of once weir is ready; those in use came back.
    assert rss < 15 * MIB


def wakings(weir):
    """How often each thread began to wait, so far."""
    found = {}
    for task in pathlib.Path(f"/proc/{weir.pid}/task").iterdir():
        status = (task / "status").read_text()
        found[int(task.name)] = int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.M)[1])
    return found


def test_idle_threads_sleep(influxd, start_weir):
    """Only the main thread wakes up, once a second, for the page's history."""
    influxd.create_database("db")
    weir = start_weir(settings(influx_sink(influxd.url)))
    assert weir.client.write("m v=1 1600000000000000000\n", "db").status == 204
    weir.wait_delivered(1)

    def rests():
        before = wakings(weir)
        time.sleep(3)  # longer than any period of seconds that a thread could have
        after = wakings(weir)
        woken = {thread: after[thread] - before.get(thread, 0) for thread in after}
        main = woken.pop(weir.pid)
        print(f"wakings in 3 s: main {main}, others {woken}")
        return main <= 6 and not any(woken.values())

    wait_until(rests, seconds=30, what="three seconds in which no thread but one wakes up")


def test_idle_connections_cost_little(start_weir):
    weir = start_weir(settings(file_sink()))
    assert weir.client.get("/ping").status == 204
    before = weir.rss_bytes()
    held = []
    try:
        for _ in range(400):
            connection = weir.client.raw(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
            held.append(connection)
            assert connection.recv(4096).startswith(b"HTTP/1.1 204 ")
        grown = (weir.rss_bytes() - before) / len(held)
        print(f"an idle connection: {grown / 1024:.1f} KiB")
        assert grown < 16 * 1024
    finally:
        for connection in held:
            connection.close()
    wait_until(lambda: weir.metrics().sum("weir_http_connections") == 1, what="their end")


class Client(threading.Thread):
    """One keep-alive connection with pipelined requests of one line each."""

    def __init__(self, weir, number, rounds, pause):
        super().__init__(daemon=True)
        self.weir, self.number, self.rounds, self.pause = weir, number, rounds, pause
        self.error = None

    def requests(self, round_):
        parts = []
        for each in range(PIPELINED):
            n = round_ * PIPELINED + each
            body = b"cpu,host=h%d,c=%d value=%di %d" % (n % 100, self.number, n, 10**18 + n)
            parts.append(
                b"POST /write?db=mydb&precision=ns HTTP/1.1\r\nHost: weir\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
            )
        return b"".join(parts)

    def run(self):
        try:
            with self.weir.client.raw() as connection:
                for round_ in range(self.rounds):
                    if round_ == self.rounds // 3:
                        self.pause.wait(60)  # all are here: the first measurement
                        self.pause.wait(60)
                    connection.sendall(self.requests(round_))
                    received = b""
                    while received.count(b"\r\n\r\n") < PIPELINED:
                        piece = connection.recv(1 << 18)
                        assert piece, "the connection was closed"
                        received += piece
                    assert received.count(b"HTTP/1.1 204 ") == PIPELINED
        except Exception as error:  # told by the test
            self.error = error
            self.pause.abort()


@pytest.mark.parametrize("sink", ["null", "file"])
def test_many_requests_leave_no_trace(start_weir, sink):
    sinks = {
        "null": null_sink("sink"),
        "file": file_sink("sink", rotate="1MiB", rotated_files=1),
    }
    weir = start_weir(
        settings(sinks[sink], limits={"memory": "32MiB"}, log={"keep": "64MiB", "segment": "4MiB"})
    )
    pause = threading.Barrier(CONNECTIONS + 1)
    rounds = REQUESTS // CONNECTIONS // PIPELINED
    clients = [Client(weir, number, rounds, pause) for number in range(CONNECTIONS)]
    for client in clients:
        client.start()

    def settled_rss():
        metrics = weir.metrics()
        accepted = metrics.sum("weir_lines_accepted_total")
        weir.wait_delivered(accepted, sink="sink")
        return weir.rss_bytes()

    first = None
    try:
        pause.wait(120)
        first = settled_rss()
        pause.wait(120)
    except threading.BrokenBarrierError:
        pass
    for client in clients:
        client.join(600)
        assert client.error is None, client.error
        assert not client.is_alive()
    last = settled_rss()
    total = rounds * CONNECTIONS * PIPELINED
    assert weir.metrics().sum("weir_lines_accepted_total") == total
    print(
        f"{total} requests to {sink}: {first / MIB:.2f} MiB after a third, {last / MIB:.2f} MiB at "
        f"the end, peak {weir.peak_rss_bytes() / MIB:.2f} MiB"
    )
    assert last - first < 2 * MIB
