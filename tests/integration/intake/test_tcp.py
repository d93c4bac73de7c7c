# SPDX-License-Identifier: Apache-2.0
"""Lines over connections, TCP's and Unix sockets', datagrams over Unix sockets, and HTTP over one."""

import os
import re
import socket
import stat
import subprocess
import time

import pytest

from harness.letters import listed, wait_kept
from harness.process import wait_until
from harness.settings import file_sink, influx_sink, null_sink, settings, table

T = 1_600_000_000_000_000_000


def with_tcp(base, *listeners):
    """`base` with a [[tcp]] on a free port for each of `listeners`."""
    return base + "\n" + "\n".join(
        table("[[tcp]]", {"listen": "127.0.0.1:0", **each}) for each in listeners
    )


class Sender:
    """A connection to one of weir's listeners of lines."""

    def __init__(self, weir, number=0, address=None):
        self.weir = weir
        self.address = address or weir.announced["tcp"][number]
        if self.address.startswith("unix:"):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(self.address[len("unix:") :])
        else:
            host, port = self.address.rsplit(":", 1)
            self.socket = socket.create_connection((host.strip("[]"), int(port)))
        self.socket.settimeout(20)

    def send(self, text):
        self.socket.sendall(text if isinstance(text, bytes) else text.encode())
        return self

    def close(self):
        self.socket.close()

    def is_ended(self):
        """Weir closes the connection (and never says anything)."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def metric(self, name, **labels):
        return self.weir.metrics().sum(name, listen=self.address, **labels)


def test_lines_arrive_value_for_value_however_they_are_cut(influxd, start_weir):
    weir = start_weir(
        with_tcp(
            settings(influx_sink(influxd.url)), {"database": "a"}, {"database": "b", "precision": "s"}
        )
    )
    text = (
        f'cpu,host=a\\ b f=1.5,i=42i,b=t,s="two\nlines" {T}\r\n# a comment\n\nbad\n'
        + f"cpu,host=漢字 f=-0.25 {T + 1}\ncpu,host=c f=6e3 {T + 2}\n"
    ).encode()
    sender = Sender(weir)
    for at in range(0, len(text), 7):
        sender.send(text[at : at + 7])
        time.sleep(0.001)  # so that some pieces arrive by themselves
    Sender(weir, 1).send(f"cpu value=3i {T // 10**9}\n")
    weir.wait_delivered(4)
    assert [(row["host"], row["f"], row["s"]) for row in influxd.rows("SELECT * FROM cpu", "a")] == [
        ("a b", 1.5, "two\nlines"),
        ("漢字", -0.25, None),
        ("c", 6000, None),
    ]
    assert influxd.rows("SELECT * FROM cpu", "b") == [{"time": T, "value": 3}]
    wait_kept(weir, 1)
    (letter,) = listed(weir)
    assert letter["line"] == "bad" or letter["text"] == "bad", letter
    assert letter["listener"] == "tcp"
    assert letter["address"] == "{}:{}".format(*sender.socket.getsockname())


def test_a_last_line_without_its_line_feed_is_told_counted_and_kept_apart(start_weir):
    weir = start_weir(with_tcp(settings(file_sink()), {}))
    Sender(weir).send(f"cpu value=1 {T}\ncpu value=2").close()
    weir.wait_delivered(1, sink="lines")
    wait_kept(weir, 1)
    (letter,) = listed(weir)
    assert letter["code"] == "unfinished_line"
    metrics = weir.metrics()
    assert metrics.one("weir_lines_received_total", database="tcp") == 2
    assert metrics.sum("weir_lines_rejected_total", database="tcp", reason="unfinished_line") == 1
    assert weir.lines_of("tcp") == [f"cpu value=1 {T}"]
    assert "unfinished_line" in weir.log(), "the operator is told, because the sender cannot be"


def test_a_full_log_makes_senders_wait_and_loses_nothing(start_weir):
    # Nobody listens on port 1: nothing is delivered, and the log fills up.
    text = with_tcp(
        settings(influx_sink("http://127.0.0.1:1"), log={"keep": "1MiB", "compression": "none"}), {}
    )
    weir = start_weir(text)
    sender = Sender(weir)
    sender.socket.settimeout(2)
    sent = 0
    lines = 0
    body = b""
    with pytest.raises(TimeoutError):
        while sent < 64 << 20:
            while len(body) < 100_000:
                body += b"cpu value=%di %d\n" % (lines, T + lines)
                lines += 1
            count = sender.socket.send(body)
            sent += count
            body = body[count:]
    assert sender.metric("weir_tcp_paused_connections") == 1
    assert sender.metric("weir_tcp_retries_total") > 0
    assert "senders wait" in weir.log()
    before = weir.metrics().one("weir_lines_accepted_total", database="tcp")
    assert before < lines
    # There is room again: a sink takes them.
    weir.configure(
        with_tcp(
            settings(file_sink(), log={"keep": "1MiB", "compression": "none"}),
            {"listen": sender.address},
        ).replace('listen = ["127.0.0.1:0"]', f'listen = ["{weir.announced["http"][0]}"]')
    )
    weir.stop()
    weir.start()
    wait_until(
        lambda: weir.metrics().sum("weir_sink_pending_points", sink="lines") == 0,
        what="the log delivered",
    )
    delivered = weir.lines_of("tcp")
    assert delivered == [f"cpu value={n}i {T + n}" for n in range(len(delivered))]
    assert len(delivered) >= before


def test_senders_that_waited_go_on_when_there_is_room(start_weir, influxd):
    text = with_tcp(
        settings(influx_sink("http://127.0.0.1:1"), log={"keep": "1MiB", "compression": "none"}), {}
    )
    weir = start_weir(text)
    sender = Sender(weir)
    lines = 60_000
    body = "".join(f"cpu value={n}i {T + n}\n" for n in range(lines)).encode()
    sender.socket.setblocking(False)
    sent = 0

    def push():
        nonlocal sent
        try:
            while sent < len(body):
                sent += sender.socket.send(body[sent : sent + 65536])
        except BlockingIOError:
            pass
        return sent == len(body)

    wait_until(
        lambda: push() or sender.metric("weir_tcp_paused_connections") == 1, what="the sender waits"
    )
    assert weir.metrics().one("weir_lines_accepted_total", database="tcp") < lines
    weir.configure(text.replace("http://127.0.0.1:1", influxd.url))
    assert weir.client.request("POST", "/-/reload", body=b"").status == 200
    wait_until(push, seconds=60, what="all is sent")
    weir.wait_delivered(lines, seconds=60)
    assert influxd.rows("SELECT count(value) FROM cpu", "tcp")[0]["count"] == lines
    assert sender.metric("weir_tcp_lost_bytes_total") == 0


def test_sigterm_takes_what_has_arrived(start_weir):
    weir = start_weir(with_tcp(settings(file_sink()), {}))
    senders = [Sender(weir) for _ in range(20)]
    for number, sender in enumerate(senders):
        sender.send("".join(f"cpu,s={number} value={n}i {T + n}\n" for n in range(500)))
    assert weir.stop() == 0
    lines = weir.lines_of("tcp")
    assert len(lines) == 20 * 500
    for number in range(20):
        mine = [line for line in lines if f",s={number} " in line]
        assert mine == [f"cpu,s={number} value={n}i {T + n}" for n in range(500)]


def test_idle_connections_end_and_there_are_no_more_than_the_limit(start_weir):
    weir = start_weir(
        with_tcp(settings(null_sink()), {"connections": 2}, {"idle_timeout": "100ms"})
    )
    first, second, third = Sender(weir), Sender(weir), Sender(weir)
    assert third.is_ended()
    assert first.metric("weir_tcp_connections_refused_total") == 1
    assert first.metric("weir_tcp_connections") == 2
    idle = Sender(weir, 1).send(f"cpu value=1 {T}\n")
    assert idle.is_ended()
    assert idle.metric("weir_tcp_idle_connections_total") == 1
    second.send(f"cpu value=1 {T}\n")
    wait_until(
        lambda: weir.metrics().one("weir_lines_accepted_total", database="tcp") == 2,
        what="both lines",
    )


def test_lines_too_long_cost_themselves(start_weir):
    weir = start_weir(with_tcp(settings(file_sink()), {"line_limit": "1KiB"}))
    sender = Sender(weir)
    sender.send(f'a v=1 {T}\nb s="' + "x" * 300_000)
    sender.send(f'" {T}\nc v=2 {T}\n')
    weir.wait_delivered(2, sink="lines")
    assert weir.lines_of("tcp") == [f"a v=1 {T}", f"c v=2 {T}"]
    reason = {"reason": "shield_line_too_long"}
    assert weir.metrics().sum("weir_lines_rejected_total", database="tcp", **reason) == 1


def test_ipv6_and_several_udp_sockets_of_a_port(start_weir):
    weir = start_weir(
        with_tcp(
            settings(file_sink(), http={"listen": ["[::1]:0"]}), {"listen": "[::1]:0"}
        )
        + table("[[udp]]", {"listen": "[::1]:0", "sockets": 4})
    )
    assert weir.client.request("POST", "/write?db=h", body=b"a v=1 1\n").status == 204
    Sender(weir).send("a v=2 2\n")
    host, port = weir.announced["udp"][0].rsplit(":", 1)
    senders = [socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) for _ in range(16)]
    for each in senders:
        each.connect((host.strip("[]"), int(port)))
    for n in range(50):
        for number, each in enumerate(senders):
            each.send(f"u,s={number} v={n}i {n + 1}".encode())
    weir.wait_delivered(2 + 16 * 50, sink="lines")
    assert weir.lines_of("h") == ["a v=1 1"]
    assert weir.lines_of("tcp") == ["a v=2 2"]
    lines = weir.lines_of("udp")
    for number in range(16):  # each sender's order is kept
        assert [line for line in lines if f",s={number} " in line] == [
            f"u,s={number} v={n}i {n + 1}" for n in range(50)
        ]
    assert weir.metrics().sum("weir_udp_datagrams_total", listen=weir.announced["udp"][0]) == 800
    # Where several sockets share the port, each has a thread.
    threads = os.listdir(f"/proc/{weir.pid}/task")
    assert len(threads) > 4


def test_a_shared_udp_port_in_use_is_still_named(start_weir, make_weir):
    udp = {"listen": "127.0.0.1:0", "sockets": 2}
    first = start_weir(settings(null_sink()) + table("[[udp]]", udp))
    udp["listen"] = first.announced["udp"][0]
    code, said = make_weir(settings(null_sink()) + table("[[udp]]", udp)).refuses_to_start()
    assert code == 1
    assert f"the port is in use by process {first.pid} (weir)" in said


def unix_settings(directory, mode="0660"):
    def listen(name):
        return {"listen": f"unix:{directory}/{name}", "socket_mode": mode}

    return (
        settings(
            file_sink(),
            http={"listen": ["127.0.0.1:0", f"unix:{directory}/http"], "socket_mode": mode},
        )
        + table("[[tcp]]", listen("stream"))
        + table("[[udp]]", listen("datagram"))
    )


def test_unix_sockets_of_all_three_kinds(start_weir, tmp_path):
    weir = start_weir(unix_settings(tmp_path))
    for name in ("http", "stream", "datagram"):
        mode = os.stat(tmp_path / name).st_mode
        assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o660
    done = subprocess.run(
        ["curl", "-sS", "-w", "%{http_code}", "--unix-socket", str(tmp_path / "http")]
        + ["--data-binary", "a v=1 1", "http://weir/write?db=h"],
        capture_output=True,
        check=True,
        timeout=20,
    )
    assert done.stdout == b"204"
    Sender(weir, 0).send("a v=2 2\nbad\n")
    datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    datagrams.connect(str(tmp_path / "datagram"))
    for n in range(100):
        datagrams.send(f"a v={n}i {n + 1}".encode())
    weir.wait_delivered(102, sink="lines")
    assert weir.lines_of("h") == ["a v=1 1"]
    assert weir.lines_of("tcp") == ["a v=2 2"]
    assert weir.lines_of("udp") == [f"a v={n}i {n + 1}" for n in range(100)]
    wait_kept(weir, 1)
    assert [each["address"] for each in listed(weir)] == ["unix"]
    weir.stop()
    assert not any((tmp_path / name).exists() for name in ("http", "stream", "datagram"))


def test_a_socket_left_behind_is_replaced_and_one_in_use_is_an_error(start_weir, make_weir, tmp_path):
    text = unix_settings(tmp_path, "0600")
    weir = start_weir(text)
    for name, key in (("http", "http.listen"), ("stream", "tcp.listen"), ("datagram", "udp.listen")):
        other = make_weir(
            settings(null_sink(), http={"listen": ["127.0.0.1:0", f"unix:{tmp_path}/http"]})
            if name == "http"
            else settings(null_sink())
            + table(f"[[{key[:3]}]]", {"listen": f"unix:{tmp_path}/{name}"})
        )
        code, said = other.refuses_to_start()
        assert code == 1
        assert re.search(f"{key}: cannot listen on unix:.*listens there; stop it", said), said
    weir.kill()
    assert (tmp_path / "stream").exists()
    weir.start()
    assert stat.S_IMODE(os.stat(tmp_path / "stream").st_mode) == 0o600
    Sender(weir, 0).send("a v=2 2\n")
    weir.wait_delivered(1, sink="lines")


def test_reload_adds_and_removes_listeners_and_keeps_connections_of_others(start_weir):
    base = settings(file_sink())
    weir = start_weir(with_tcp(base, {"database": "one"}, {"database": "two"}))
    one, two = Sender(weir, 0), Sender(weir, 1)
    one.send("a v=1 1\na v=")
    two.send("a v=1 1\n")
    weir.wait_delivered(2, sink="lines")

    def reload(*listeners):
        weir.configure(with_tcp(base, *listeners))
        return weir.client.request("POST", "/-/reload", body=b"")

    # Of two with the same text the first stays.
    assert reload({"database": "three"}).status == 200
    assert two.is_ended(), "its listener is gone"
    with pytest.raises(ConnectionRefusedError):
        Sender(weir, address=two.address)
    one.send("2 2\na v=3 3\n")
    weir.wait_delivered(4, sink="lines")
    assert weir.lines_of("one") == ["a v=1 1"]
    assert weir.lines_of("three") == ["a v=2 2", "a v=3 3"]
    # One that cannot be opened changes nothing.
    answer = reload({"database": "four"}, {"listen": weir.announced["http"][0]})
    assert answer.status != 200 and "tcp.listen" in answer.text()
    one.send("a v=4 4\n")
    weir.wait_delivered(5, sink="lines")
    assert weir.lines_of("three")[-1] == "a v=4 4"
