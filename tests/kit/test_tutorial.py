# SPDX-License-Identifier: Apache-2.0
"""docs/tutorial.md: every command of it, as it stands there, in a folder that looks like a clone. One alert comes of a
TaskManager that is killed, and its resolution, each within the time that the page says."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest
from harness.client import Client
from harness.process import wait_until
from stack.tools import ROOT

PAGE = (ROOT / "docs" / "tutorial.md").read_text()
PROMISED = 60  # seconds, of the alert and of its resolution: the page says so
STAYS = re.compile(r"\s+# stays$")


def blocks():
    """Those of the page that are for a shell."""
    return re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


class Terminals:
    """One shell for what ends, and a process for each command that stays."""

    def __init__(self, folder):
        self.folder = folder
        self.staying = []
        self.said = []
        environment = {key: value for key, value in os.environ.items() if not key.startswith("WEIR_") or key == "WEIR_BINARY"}
        self.environment = {**environment, "WEIR_SKIP_SETUP": "1", "WEIR_KIT_PORTS": "any", "PYTHONUNBUFFERED": "1"}

    def log(self, number):
        return self.folder / f"terminal{number}.log"

    def stay(self, command, before):
        """As typed into a terminal, where what stood before it in its block was typed, too."""
        with open(self.log(len(self.staying)), "wb") as log:
            self.staying.append(subprocess.Popen(["bash", "-c", f"{before}\nexec {command}"], cwd=self.folder, env=self.environment,
                                                 stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True))

    def run(self, block):
        """In the second terminal, which knows the addresses."""
        addresses = ". build/kit/addresses\n" if (self.folder / "build/kit/addresses").exists() else ""
        done = subprocess.run(["bash", "-e", "-c", addresses + block], cwd=self.folder, env=self.environment, capture_output=True,
                              text=True, timeout=90, check=False)
        assert done.returncode == 0, (block, done.stdout, done.stderr)
        self.said.append(done.stdout)
        return done.stdout

    def follow(self, block):
        """A block of the page; its output."""
        lines = block.splitlines()
        if not STAYS.search(lines[-1]):
            return self.run(block)
        self.stay(STAYS.sub("", lines[-1]), "\n".join(lines[:-1]))
        return ""

    def end(self):
        for process in reversed(self.staying):
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in reversed(self.staying):
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)


@pytest.fixture
def terminals(tmp_path):
    """In what a clone is after ./dev build and tests/servers/fetch.sh."""
    folder = tmp_path / "weir"
    (folder / "build" / "release").mkdir(parents=True)
    for name in ("conf", "tests", "docs"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "dev").write_text((ROOT / "dev").read_text())
    (folder / "dev").chmod(0o755)
    (folder / "build" / "release" / "weir").symlink_to(os.environ["WEIR_BINARY"])
    (folder / "build" / "servers").symlink_to(pathlib.Path(os.environ["WEIR_SERVERS"]).resolve())
    made = Terminals(folder)
    try:
        yield made
    finally:
        made.end()
        for number in range(len(made.staying)):
            print(f"---- terminal {number}\n{made.log(number).read_text()}")


def messages(folder):
    kept = folder / "build/kit/alerts/alerts.jsonl"
    return [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []


def test_every_command_of_the_page(terminals):
    folder = terminals.folder
    start, write, look, bad, find, job, known, kill, again = blocks()
    assert f"**{PROMISED} seconds**" in PAGE and f"another {PROMISED} seconds" in PAGE
    terminals.follow(start)
    kit = terminals.staying[0]

    def started():
        assert kit.poll() is None, terminals.log(0).read_text()
        return "The kit runs" in terminals.log(0).read_text() and (folder / "build/kit/addresses").exists()

    wait_until(started, 60, "the kit", pause=0.1)
    # Each address that it prints is one to be opened; InfluxDB has no page.
    pages = re.findall(r"^  (\w+) +http://(127\.0\.0\.1:\d+)(\S*)  ", terminals.log(0).read_text().partition("The kit runs")[2], re.MULTILINE)
    assert [name for name, *_ in pages] == ["weir", "prometheus", "alertmanager", "influxdb", "node"]
    for name, address, path in pages:
        assert name == "influxdb" or Client(address).get(path).status == 200, path
    assert "204 No Content" in terminals.follow(write)
    # The page waits two seconds, which is enough on a machine that does nothing else.
    wait_until(lambda: all(each in terminals.follow(look) for each in ('"usage"', "1.5", '"cpu_usage"')), 30, "the point")
    said = terminals.follow(bad)
    assert "400 Bad Request" in said and "missing field value" in said
    said = terminals.follow(find)
    assert "cpu,host=a usage=" in said and "missing_field_value" in said and 'agent="curl' in said
    terminals.follow(job)
    wait_until((folder / "build/kit/standin/tm-2.pid").exists, 20, "the stand-in", pause=0.1)
    assert '"2"' in terminals.follow(known)
    assert messages(folder) == []

    killed = time.monotonic()
    terminals.follow(kill)
    (alert,) = wait_until(lambda: messages(folder), PROMISED, "an alert", pause=0.1)
    seconds_to_alert = time.monotonic() - killed
    assert [each["labels"]["alertname"] for each in alert["alerts"]] == ["FlinkTaskManagersGone"]
    assert alert["alerts"][0]["annotations"]["summary"].startswith("1 TaskManagers are registered")
    assert "localhost" not in json.dumps(alert)

    restarted = time.monotonic()
    terminals.follow(again)
    _, over = wait_until(lambda: messages(folder) if len(messages(folder)) > 1 else None, PROMISED, "its end", pause=0.1)
    seconds_to_end = time.monotonic() - restarted
    assert [each["status"] for each in over["alerts"]] == ["resolved"]
    print(f"alert after {seconds_to_alert:.0f} s, resolution after {seconds_to_end:.0f} s")

    # What the first terminal showed; and Ctrl-C ends everything, with nothing left behind.
    wait_until(lambda: "OVER (flink)" in terminals.log(0).read_text(), 5, "what the first terminal shows")
    shown = terminals.log(0).read_text()
    assert shown.index("ALERT (flink)") < shown.index("What to do: Find the one") < shown.index("OVER (flink)")
    processes = {name: int(pid) for name, pid in children(kit.pid)}
    assert set(processes) >= {"weir", "influxd", "prometheus"}
    terminals.end()
    assert kit.returncode == 0
    assert not [name for name, pid in processes.items() if pathlib.Path(f"/proc/{pid}").exists()]
    assert len(messages(folder)) == 2


def children(pid):
    """(name, process id) of those that a process has started."""
    listed = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [(pathlib.Path(f"/proc/{each}/comm").read_text().strip(), each) for each in listed]


def test_a_second_kit_is_refused_and_one_that_lost_a_part_ends(terminals):
    kit = "./dev kit"
    terminals.stay(kit, "")
    first = terminals.staying[0]
    wait_until(lambda: (terminals.folder / "build/kit/addresses").exists(), 60, "the kit", pause=0.1)
    done = subprocess.run(["bash", "-c", kit], cwd=terminals.folder, env=terminals.environment, capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 1 and "a kit runs there already" in done.stderr
    (influxd,) = (int(pid) for name, pid in children(first.pid) if name == "influxd")
    os.kill(influxd, signal.SIGKILL)
    assert first.wait(40) == 1
    said = terminals.log(0).read_text()
    assert "influxdb ended with status -9; the kit ends with it. Its log" in said and said.rstrip().endswith("ending the kit")


@pytest.mark.parametrize("words, status, said", [
    ("--foo", 2, "unrecognized arguments: --foo"), ("--help", 0, "--stop-after SECONDS"), ("--stop-after soon", 2, "invalid float value"),
    ("--directory docs", 1, "is no directory of the kit's; it is left alone")])
def test_wrong_words_are_told(terminals, words, status, said):
    done = subprocess.run(["bash", "-c", f"./dev kit {words}"], cwd=terminals.folder, env=terminals.environment, capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == status and said in done.stdout + done.stderr
    assert (terminals.folder / "docs" / "tutorial.md").exists()


def test_a_binary_that_is_none_is_told(terminals):
    done = subprocess.run(["bash", "-c", "./dev kit --directory 'a b'"], cwd=terminals.folder, capture_output=True, text=True, timeout=90,
                          env={**terminals.environment, "WEIR_BINARY": "/nowhere"}, check=False)
    assert done.returncode == 1 and "/nowhere (WEIR_BINARY) is no program" in done.stderr and "Traceback" not in done.stderr
