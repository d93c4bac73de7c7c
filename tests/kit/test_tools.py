# SPDX-License-Identifier: Apache-2.0
"""The kit's two programs: a stand-in for a Flink, which reports what a Flink reports, and a receiver that prints alerts."""

import gzip
import os
import re
import signal
import subprocess
import sys

import pytest
from harness.client import Client
from harness.flink.configuration import weir_settings
from harness.http_server import Answer, HttpServer
from harness.process import Process, wait_until
from stack.tools import KIT, ROOT


class Tool(Process):
    def __init__(self, directory, name):
        self.name = name
        super().__init__(directory)

    def run(self, *arguments):
        self.launch([sys.executable, "-u", KIT / "tools" / f"{self.name}.py", *arguments])


@pytest.fixture
def tool(processes, tmp_path):
    def made(name):
        processes.append(Tool(tmp_path / f"{name}{len(processes)}", name))
        return processes[-1]

    return made


@pytest.fixture
def weir(start_weir):
    text = weir_settings("http://127.0.0.1:1", "http://127.0.0.1:1/api/v1/write")
    return start_weir(text.replace("quiet = true", "quiet = false"))


def pid_of(tool, name):
    path = tool.directory / f"{name}.pid"
    return wait_until(lambda: int(path.read_text() or 0) if path.exists() else 0, 20, f"the process id of {name}")


def test_the_stand_in_reports_what_a_flink_reports(weir, tool):
    standin = tool("standin")
    standin.run("--weir", f"http://{weir.client.address}", "--directory", standin.directory, "--interval", "0.2")
    wait_until(lambda: weir.metrics().sum("weir_lines_accepted_total", database="flink") > 500, 30, "reports", standin.must_be_alive)
    metrics = weir.metrics()
    assert metrics.sum("weir_lines_rejected_total") == metrics.sum("weir_lines_noted_total") == 0
    assert standin.stop() == 0
    assert "is lost" not in standin.log()


def test_its_names_are_flinks(tool):
    bodies = []
    weir = HttpServer(lambda request: bodies.append(request.body.decode()) or Answer(204))
    standin = tool("standin")
    standin.run("--weir", weir.url, "--directory", standin.directory, "--interval", "0.2")
    wait_until(lambda: len(bodies) >= 9, 30, "reports", standin.must_be_alive)
    assert standin.stop() == 0
    weir.stop()
    name = re.compile(r"^((?:job|task)manager_\w+),", re.MULTILINE)
    sent = set(name.findall("\n".join(bodies)))
    recorded = gzip.decompress((ROOT / "tests/flink/recorded/1.20.1.influxdb.http.gz").read_bytes()).decode(errors="replace")
    # The recorded job has no Kafka.
    assert {each.partition("operator_")[2] for each in sent - set(name.findall(recorded))} == {
        "pendingRecords", "KafkaSourceReader_KafkaConsumer_records_lag_max"}
    # What the rules ask a Flink for is reported, but for what only sinks of older kinds and other inputs tell.
    rules = (KIT / "prometheus/rules/flink.rules.yml").read_text()
    asked = set(re.findall(r"\bflink_((?:job|task)manager_\w+)(?=[\[{ )])", rules))
    assert {each.partition("operator_")[2] for each in asked - sent} == {"numRecordsOutErrors"}


def test_a_task_manager_that_is_killed_is_missed_and_can_come_back(weir, tool):
    standin = tool("standin")
    options = ["--weir", f"http://{weir.client.address}", "--directory", standin.directory, "--interval", "0.2"]
    standin.run(*options)
    killed = pid_of(standin, "tm-2")
    wait_until(lambda: standin.log().count("is registered") == 2, 20, "both")
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: f"tm-2 (process {killed}) is gone" in standin.log(), 10, "that it is seen")
    wait_until(lambda: "no heartbeat for 10 s; the job restarts" in standin.log(), 20, "the missed heartbeat")
    again = tool("standin")
    again.run(*options, "--task-manager", "tm-2")
    wait_until(lambda: standin.log().count("tm-2 is registered") == 2, 20, "it again", again.must_be_alive)
    assert again.stop() == 0 and standin.stop() == 0


def test_a_task_manager_alone_says_what_it_needs(tool):
    standin = tool("standin")
    standin.run("--directory", standin.directory, "--task-manager", "tm-1")
    assert standin.wait_exit() == 1 and "There is no JobManager: start standin.py without" in standin.log()


def test_what_is_no_alert_is_refused(tool):
    printer = tool("print_alerts")
    printer.run("--port", "0")
    found = printer.wait_ready(lambda: re.search(r"http://(\S+)/", printer.log()))
    client = Client(found.group(1))
    for body in (b"", b"nonsense", b"[]", b'{"alerts":[{}]}'):
        assert client.request("POST", "/", body=body).status == 400
    good = b'{"alerts":[],"groupLabels":{},"externalURL":"http://a"}'
    assert client.request("POST", "/", body=good).status == 200
    assert client.get("/").status == 200
    assert printer.stop() == 0


@pytest.mark.parametrize("words, said", [(["--port"], "expected one argument"), (["--port", "x"], "invalid int value")])
def test_wrong_words_are_told(words, said):
    done = subprocess.run([sys.executable, KIT / "tools" / "print_alerts.py", *words], capture_output=True, text=True, timeout=20,
                          check=False)
    assert done.returncode == 2 and said in done.stderr
