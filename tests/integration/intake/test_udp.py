# SPDX-License-Identifier: Apache-2.0
"""Lines sent by UDP, read back from a real InfluxDB; what is lost on the way is counted."""

import json
import os
import pathlib
import socket
import subprocess
import time

import pytest

from harness.process import wait_until
from harness.settings import file_sink, influx_sink, null_sink, settings, table

T = 1_600_000_000_000_000_000


def with_udp(base, *listeners):
    """`base` with a [[udp]] on a free port for each of `listeners`."""
    return base + "\n" + "\n".join(
        table("[[udp]]", {"listen": "127.0.0.1:0", **each}) for each in listeners
    )


class Sender:
    """A socket that sends to one of weir's listeners and says what is known of it."""

    def __init__(self, weir, number=0):
        self.weir = weir
        self.address = weir.announced["udp"][number]
        host, port = self.address.rsplit(":", 1)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((host, int(port)))

    def send(self, *datagrams):
        for each in datagrams:
            self.socket.send(each.encode() if isinstance(each, str) else each)

    def metric(self, name, **labels):
        return self.weir.metrics().sum(name, listen=self.address, **labels)

    def wait_read(self, datagrams):
        wait_until(
            lambda: self.metric("weir_udp_datagrams_total") >= datagrams, what="all datagrams read"
        )


def test_points_arrive_value_for_value_and_time_for_time(influxd, start_weir):
    weir = start_weir(
        with_udp(
            settings(influx_sink(influxd.url)),
            {"database": "nanoseconds"},
            {"database": "milliseconds", "precision": "ms"},
            {"database": "seconds", "precision": "s"},
        )
    )
    Sender(weir, 0).send(
        f'cpu,host=a\\ b,dc=eu f=1.5,i=42i,b=t,s="a \\"quoted\\", text" {T}\n'.encode()
        + "cpu,host=漢字 f=-0.25,i=-9223372036854775808i,b=F,s=\"ž\nx\" {}".format(T + 1).encode(),
        f"cpu,host=c f=6.02e23 {T + 2}",
    )
    Sender(weir, 1).send(f"cpu,host=a value=1i {T // 10**6}\ncpu,host=b value=2i {T // 10**6 + 1}\n")
    Sender(weir, 2).send(f"cpu value=3i {T // 10**9}")
    weir.wait_delivered(6)
    # InfluxDB's own UDP service makes its database, and so does weir.
    assert {"nanoseconds", "milliseconds", "seconds"} <= set(influxd.databases())
    assert influxd.rows("SELECT * FROM cpu", "nanoseconds") == [
        {"time": T, "dc": "eu", "host": "a b", "f": 1.5, "i": 42, "b": True, "s": 'a "quoted", text'},
        {
            "time": T + 1,
            "dc": None,
            "host": "漢字",
            "f": -0.25,
            "i": -9223372036854775808,
            "b": False,
            "s": "ž\nx",
        },
        {"time": T + 2, "dc": None, "host": "c", "f": 6.02e23, "i": None, "b": None, "s": None},
    ]
    assert influxd.rows("SELECT * FROM cpu", "milliseconds") == [
        {"time": T, "host": "a", "value": 1},
        {"time": T + 10**6, "host": "b", "value": 2},
    ]
    assert influxd.rows("SELECT * FROM cpu", "seconds") == [{"time": T, "value": 3}]


def test_a_retention_policy_may_be_named(influxd, start_weir):
    influxd.create_database("db")
    influxd.query('CREATE RETENTION POLICY "forever" ON "db" DURATION INF REPLICATION 1')
    weir = start_weir(with_udp(settings(influx_sink(influxd.url)), {"database": "db/forever"}))
    Sender(weir).send(f"cpu value=1 {T}")
    weir.wait_delivered(1)
    assert influxd.rows('SELECT * FROM "forever"."cpu"', "db") == [{"time": T, "value": 1}]


def test_a_bad_line_costs_itself_and_not_its_datagram(influxd, start_weir):
    """InfluxDB itself throws the whole datagram away."""
    weir = start_weir(with_udp(settings(influx_sink(influxd.url)), {}))
    sender = Sender(weir)
    sender.send(
        f"cpu,host=a value=1 {T}\nbad line here\ncpu,host=b value=2 {T}\n",
        f'cpu,host=c value=3 {T}\ncpu s="never closed',
        f"cpu,host=d value=4 {T}",
        "",
        "# a comment\n\n",
    )
    weir.wait_delivered(4)
    rows = influxd.rows("SELECT * FROM cpu", "udp")
    assert sorted((row["host"], row["value"]) for row in rows) == [
        ("a", 1),
        ("b", 2),
        ("c", 3),
        ("d", 4),
    ]
    metrics = weir.metrics()
    assert metrics.one("weir_lines_received_total", database="udp") == 6
    assert metrics.one("weir_lines_accepted_total", database="udp") == 4
    assert metrics.sum("weir_lines_rejected_total", database="udp") == 2
    assert sender.metric("weir_udp_datagrams_total") == 5
    assert "bad line here" in weir.log(), "the operator is told, because the sender cannot be"


def test_what_programs_put_around_a_datagram_is_taken_off_and_counted(influxd, start_weir):
    weir = start_weir(with_udp(settings(influx_sink(influxd.url)), {"database": "d"}))
    sender = Sender(weir)
    sender.send(
        f"c,n=1 f=1 {T}\0",
        f"c,n=2 f=1 {T}\n\0",
        f"c,n=3 f=1\0\0\0\0",
        f'c,n=4 s="x"\r\n\0\0',
        f"c,n=5 f=t\0",
        b"\xef\xbb\xbfc,n=6 f=1i %d\n" % T,
        b"\xef\xbb\xbf# a comment\nc,n=7 f=1 %d\n\0" % T,
        "\0",
        f"c,n=8 f=1 {T}\nc,n=9 f=1\0 {T}\nc,n=10 s=\"a\0b\" {T}",
    )
    sender.wait_read(9)
    wait_until(
        lambda: weir.metrics().sum("weir_lines_received_total", database="d") >= 10,
        what="all lines received",
    )
    metrics = weir.metrics()
    reasons = {
        reason: metrics.sum("weir_lines_mended_total", database="d", reason=reason)
        for reason in ("final_nul", "byte_order_mark", "carriage_return")
    }
    assert reasons == {"final_nul": 7, "byte_order_mark": 2, "carriage_return": 1}
    # One number has a NUL inside; types that change are another matter.
    assert metrics.sum("weir_lines_rejected_total", database="d", reason="invalid_number") == 1
    weir.wait_delivered(int(metrics.sum("weir_lines_accepted_total", database="d")))
    found = {row["n"] for row in influxd.rows('SELECT * FROM "c"', "d")}
    assert {"1", "2", "3", "4", "7", "8", "10"} <= found
    assert influxd.rows("SHOW MEASUREMENTS", "d") == [{"name": "c"}]


def test_lines_without_a_time_have_the_time_of_their_arrival(influxd, start_weir):
    weir = start_weir(with_udp(settings(influx_sink(influxd.url)), {"precision": "s"}))
    before = time.time_ns() // 10**9
    Sender(weir).send("cpu value=1")
    weir.wait_delivered(1)
    (row,) = influxd.rows("SELECT * FROM cpu", "udp")
    assert before <= row["time"] // 10**9 <= time.time_ns() // 10**9
    assert row["time"] % 10**9 == 0, "it is cut to the precision"


def test_truncated_datagrams_are_counted_and_nothing_of_them_is_kept(start_weir):
    weir = start_weir(with_udp(settings(file_sink()), {"datagram_limit": "1KiB"}))
    sender = Sender(weir)
    line = f"cpu,host=a value=1234567890 {T}\n"
    sender.send(line * 40, f"cpu,host=b value=1 {T}")
    weir.wait_delivered(1, sink="lines")
    assert weir.lines_of("udp") == [f"cpu,host=b value=1 {T}"]
    assert sender.metric("weir_udp_dropped_datagrams_total", reason="truncated") == 1
    assert sender.metric("weir_udp_datagrams_total") == 2


def test_a_full_log_costs_datagrams_which_are_counted(start_weir):
    # Nobody listens on port 1: nothing is delivered, and the log fills up.
    weir = start_weir(
        with_udp(
            settings(
                influx_sink("http://127.0.0.1:1"), log={"keep": "1MiB", "compression": "none"}
            ),
            {},
        )
    )
    sender = Sender(weir)
    body = "".join(f"cpu,host=h{n} value={n}i {T + n}\n" for n in range(30))
    count = 0
    while sender.metric("weir_udp_dropped_datagrams_total", reason="log_full") == 0:
        sender.send(*[body] * 100)
        count += 100
        sender.wait_read(count)
        assert count < 50_000
    assert weir.client.get("/health").status == 200
    # What is received is accepted, or is a datagram that was dropped whole.
    metrics = weir.metrics()
    dropped = sender.metric("weir_udp_dropped_datagrams_total")
    wait_until(
        lambda: weir.metrics().one("weir_lines_accepted_total", database="udp")
        == 30 * (count - sender.metric("weir_udp_dropped_datagrams_total")),
        what="each datagram is accounted for",
    )
    assert dropped > 0
    assert metrics.sum("weir_lines_rejected_total", database="udp") == 0


def test_sigterm_takes_what_the_socket_holds(start_weir):
    weir = start_weir(with_udp(settings(file_sink()), {}))
    sender = Sender(weir)
    sender.send(*[f"cpu value={n}i {T + n}" for n in range(1500)])
    assert weir.stop() == 0
    assert weir.lines_of("udp") == [f"cpu value={n}i {T + n}" for n in range(1500)]


def test_a_port_in_use_is_named(start_weir, make_weir):
    first = start_weir(with_udp(settings(null_sink()), {}))
    second = make_weir(with_udp(settings(null_sink()), {"listen": first.announced["udp"][0]}))
    code, said = second.refuses_to_start()
    assert code == 1
    assert f"the port is in use by process {first.pid} (weir)" in said


def flood():
    """The load tool beside the binary under test, in a build that has benchmarks."""
    path = pathlib.Path(os.environ["WEIR_BINARY"]).parent / "bench" / "load" / "udp_flood"
    if not os.access(path, os.X_OK):
        pytest.skip(f"{path} is not built")
    return path


def test_a_flood_is_accounted_for_to_the_last_datagram(start_weir):
    """WEIR_UDP_FLOOD datagrams (100,000) at WEIR_UDP_RATE a second (50,000): what the kernel did
    not drop is in the log, and what it dropped is in /metrics."""
    count = os.environ.get("WEIR_UDP_FLOOD", "100000")
    rate = os.environ.get("WEIR_UDP_RATE", "50000")
    weir = start_weir(with_udp(settings(null_sink()), {"receive_buffer": "16MiB"}))
    sender = Sender(weir)
    said = subprocess.run(
        [flood(), "--to", sender.address, "--datagrams", count, "--rate", rate, "--bytes", "1400"],
        check=True,
        capture_output=True,
        timeout=180,
    )
    sent = json.loads(said.stdout)
    assert sent["refused"] == 0

    def all_seen():
        read = sender.metric("weir_udp_datagrams_total")
        return read + sender.metric("weir_udp_kernel_drops_total") >= sent["datagrams"]

    wait_until(all_seen, what="every datagram read or counted as dropped by the kernel")
    wait_until(
        lambda: weir.metrics().sum("weir_sink_pending_points", sink="nowhere") == 0,
        what="the log read",
    )
    read = sender.metric("weir_udp_datagrams_total")
    kernel = sender.metric("weir_udp_kernel_drops_total")
    assert read + kernel == sent["datagrams"]
    assert sender.metric("weir_udp_dropped_datagrams_total") == 0, "weir lost none"
    metrics = weir.metrics()
    assert metrics.one("weir_lines_received_total", database="udp") == metrics.one(
        "weir_lines_accepted_total", database="udp"
    )
    if kernel == 0:
        assert metrics.one("weir_lines_accepted_total", database="udp") == sent["lines"]
    print(f"{sent} kernel drops: {kernel:.0f}")


def test_datagrams_are_accounted_for_by_the_group_commit(start_weir):
    # Nothing else arrives afterwards that would make the listener look again.
    weir = start_weir(
        with_udp(settings(file_sink(), log={"acknowledge": "synced"}), {"database": "metrics"})
    )
    sender = Sender(weir)
    sender.send(f"cpu value=1i {T}\nbad\ncpu value=2i {T + 1}", f"cpu value=3i {T + 2}")
    wait_until(
        lambda: weir.metrics().sum("weir_lines_accepted_total", database="metrics") == 3,
        what="the lines to be counted",
    )
    metrics = weir.metrics()
    assert metrics.sum("weir_lines_received_total", database="metrics") == 4
    assert metrics.sum("weir_lines_rejected_total", database="metrics") == 1
    # A scrape that is read slowly has a lease itself.
    wait_until(
        lambda: weir.metrics().sum("weir_memory_used_bytes", use="requests") == 0,
        what="the memory to be given back",
    )
    weir.wait_delivered(3, sink="lines")
