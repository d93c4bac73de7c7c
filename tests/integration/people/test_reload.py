# SPDX-License-Identifier: Apache-2.0
"""A configuration that changes while weir runs: nothing is lost, nobody is thrown out, and a bad file changes
nothing."""

import http.client
import json
import signal
import socket
import threading
import time

import pytest

from harness.process import wait_until

LISTEN = "127.0.0.1:0"


def configuration(sinks=("a",), points=5000, rules=(), listen=1, udp="first", extra=""):
    """Settings with a sink of files for each name."""
    text = "[http]\nlisten = " + json.dumps([LISTEN] * listen) + "\n"
    text += '[log]\ndirectory = "data"\n'
    text += f'[[udp]]\nlisten = "{LISTEN}"\ndatabase = "{udp}"\n'
    for name in sinks:
        text += f'[[sink]]\nname = "{name}"\ntype = "file"\ndirectory = "{name}"\n'
        text += f'batch.age = "5ms"\nbatch.points = {points}\n'
    for name in rules:
        text += f'[[rule]]\nname = "{name}"\naction = "drop"\nmeasurement = "{name}"\n'
    return text + extra


@pytest.fixture
def weir(make_weir):
    made = make_weir(configuration())
    return made.start()


def reload(weir, text=None, status=200):
    if text is not None:
        weir.configure(text)
    answer = weir.client.request("POST", "/-/reload", body=b"")
    assert answer.status == status, answer
    return json.loads(answer.text())


class Writer(threading.Thread):
    """Writes numbered points over one connection that it keeps."""

    def __init__(self, address, measurement):
        super().__init__()
        host, port = address.rsplit(":", 1)
        self.connection = http.client.HTTPConnection(host, int(port), timeout=20)
        self.measurement = measurement
        self.written = []
        self.fault = None
        self.ending = threading.Event()

    def run(self):
        try:
            number = 0
            while not self.ending.is_set():
                line = f"{self.measurement} v={number}i {number + 1}"
                self.connection.request("POST", "/write?db=load", line)
                answer = self.connection.getresponse()
                body = answer.read()
                if answer.status != 204 or answer.getheader("Connection") == "close":
                    raise AssertionError((answer.status, body))
                self.written.append(line)
                number += 1
                time.sleep(0.002)
        except Exception as fault:  # told by `end`
            self.fault = fault

    def end(self):
        self.ending.set()
        self.join()
        assert self.fault is None, self.fault
        return self.written


def test_fifty_reloads_under_load_lose_nothing_and_repeat_nothing(weir):
    writers = [Writer(weir.client.address, f"m{i}") for i in range(4)]
    for each in writers:
        each.start()
    udp_host, udp_port = weir.announced["udp"][0].rsplit(":", 1)
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sent = 0
    for i in range(50):
        told = reload(
            weir,
            configuration(
                sinks=["a", "b"] if i % 2 else ["a"],
                points=1000 + i,
                rules=[f"r{i}"] if i % 3 else [],
                listen=1 + i % 3,
            ),
        )
        assert told["needs_restart"] == []
        datagrams.sendto(f"d v={i}i {i + 1}".encode(), (udp_host, int(udp_port)))
        sent += 1
    written = [line for each in writers for line in each.end()]
    datagrams.close()
    assert len(written) > 100
    wait_until(lambda: len(weir.lines_of("first", "a")) == sent, 20, "all datagrams in a")
    wait_until(lambda: len(weir.lines_of("load", "a")) >= len(written), 20, "all points in a")
    assert sorted(weir.lines_of("load", "a")) == sorted(written)
    assert weir.metrics().sum("weir_config_reloads_total", result="success") == 50


def test_a_rule_and_a_database_are_in_force_at_once(weir):
    assert weir.client.request("POST", "/write?db=x", body=b"debug v=1").status == 204
    reload(weir, configuration(rules=["debug"], extra='[database."x"]\nretention = "1h"\n'))
    assert weir.client.request("POST", "/write?db=x", body=b"debug v=2\nm v=1").status == 204
    assert weir.client.request("POST", "/write?db=x", body=b"m v=1 1").status == 400
    assert weir.metrics().sum("weir_rule_points_total", rule="debug") == 1
    reload(weir, configuration(rules=["debug", "other"]))
    assert weir.metrics().sum("weir_rule_points_total", rule="debug") == 1  # it is the same rule
    assert weir.client.request("POST", "/write?db=x", body=b"m v=1 1").status == 204


def test_sighup_reloads_and_set_stays_over_the_file(make_weir):
    weir = make_weir(configuration(), sets=["limits.line=2KiB"])
    weir.start()
    weir.configure(configuration(extra='[limits]\nline = "64KiB"\ndatabases = 3\n'))
    weir.send_signal(signal.SIGHUP)
    wait_until(lambda: weir.metrics().sum("weir_config_reloads_total", result="success") == 1, 10, "a reload")
    assert weir.client.request("POST", "/write?db=x", body=b'm v="' + b"x" * 4096 + b'"').status == 400
    assert weir.client.request("POST", "/write?db=y", body=b"m v=1").status == 204
    assert weir.client.request("POST", "/write?db=z", body=b"m v=1").status != 204


BAD = {
    "no TOML": "[http\n",
    "an unknown key": configuration(extra="[limits]\nlime = 1\n"),
    "a wrong value": configuration(extra='[limits]\nline = "many"\n'),
    "two sinks of one name": configuration(sinks=["a", "a"]),
    "a rule that does not compile": configuration(
        extra='[[rule]]\nname = "x"\naction = "drop"\nmeasurement = "("\n'
    ),
    "a directory that cannot be made": configuration(
        rules=["x"], extra='[[sink]]\nname = "c"\ntype = "file"\ndirectory = "/proc/nothing"\n'
    ),
    "letters that cannot be kept": configuration(
        rules=["x"], listen=2, extra='[letters]\ndirectory = "/proc/nothing"\n'
    ),
    "an address of another machine": configuration(rules=["x"]).replace(
        f'["{LISTEN}"]', f'["{LISTEN}", "192.0.2.1:1"]'
    ),
    "a variable that is not set": configuration(
        extra='[[sink]]\nname = "i"\ntype = "influxdb"\nurl = "http://h:1"\npassword = "${NOT_THERE_AT_ALL}"\n'
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_changes_nothing_and_says_why(weir, what):
    before = weir.client.get("/metrics").text()
    listening = before.count("weir_udp")
    told = reload(weir, BAD[what], status=400)
    assert told["error"], what
    metrics = weir.metrics()
    assert metrics.sum("weir_config_last_reload_successful") == 0
    assert metrics.sum("weir_config_reloads_total", result="failure") == 1
    assert weir.client.get("/metrics").text().count("weir_udp") == listening
    health = weir.client.get("/health")
    assert health.status == 200 and "the last reload failed" in health.text()
    assert told["error"].splitlines()[0] in weir.log()
    assert weir.client.request("POST", "/write?db=x", body=b"x v=1 1").status == 204
    wait_until(lambda: weir.lines_of("x", "a") == ["x v=1 1"], 10, "the point")
    reload(weir, configuration())
    assert weir.metrics().sum("weir_config_last_reload_successful") == 1
    assert "the last reload failed" not in weir.client.get("/health").text()


def test_what_needs_a_restart_is_named_and_the_rest_is_done(weir):
    wanted = configuration(rules=["x"]).replace('directory = "data"', 'directory = "other"')
    for _ in range(2):  # until the restart, it is told again
        told = reload(weir, wanted)
        assert [each.partition(":")[0] for each in told["needs_restart"]] == ["log.directory"]
    assert told["changed"] == []
    assert weir.client.request("POST", "/write?db=x", body=b"x v=1").status == 204
    assert weir.metrics().sum("weir_rule_points_total", rule="x") == 1


def test_a_listener_goes_after_the_next_answer_of_its_connections(make_weir, tmp_path):
    path = tmp_path / "socket"
    both = configuration().replace(f'["{LISTEN}"]', f'["{LISTEN}", "unix:{path}"]')
    weir = make_weir(both)
    weir.start()

    def ask(connection):
        connection.sendall(b"GET /ping HTTP/1.1\r\nHost: h\r\n\r\n")
        return connection.recv(65536).decode()

    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(10)
    connection.connect(str(path))
    assert "204" in ask(connection)
    reload(weir, configuration())
    with pytest.raises(OSError):
        socket.socket(socket.AF_UNIX).connect(str(path))
    last = ask(connection)
    assert "204" in last and "connection: close" in last.lower()
    assert connection.recv(10) == b""
    connection.close()
    reload(weir, both)  # it may come back
    again = socket.socket(socket.AF_UNIX)
    again.settimeout(10)
    again.connect(str(path))
    assert "204" in ask(again)
    again.close()


def test_a_sink_that_is_gone_says_what_it_owed_and_gets_it_when_it_returns(weir):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        down = f'[[sink]]\nname = "down"\ntype = "influxdb"\nurl = "http://127.0.0.1:{unused.getsockname()[1]}"\n'
        reload(weir, configuration(extra=down))
        for i in range(3):
            assert weir.client.request("POST", "/write?db=x", body=f"m v={i} {i + 1}".encode()).status == 204
        wait_until(
            lambda: weir.metrics().sum("weir_sink_pending_points", sink="down") == 3, 10, "three pending points"
        )
        reload(weir, configuration())
        assert 'sink "down" is gone from the configuration and still owed 3 points' in weir.log()
        assert weir.metrics().sum("weir_sink_pending_points", sink="down") == 0
        reload(weir, configuration(extra=down))
        assert 'sink "down" is in the configuration again' in weir.log()


def test_only_those_on_this_machine_ask_and_no_page_in_a_browser(weir):
    assert weir.client.get("/-/reload").status == 405
    host, port = weir.client.address.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    connection.request("POST", "/-/reload", b"", {"Origin": "http://127.0.0.1"})
    assert connection.getresponse().status == 403
    connection.close()
    told = reload(weir, configuration().replace("[http]\n", '[http]\nadmin = "off"\n'))
    assert told["changed"] == ['http.admin: from "loopback" to "off"']
    reload(weir, status=403)
