#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What clients cost that watch the status page: the CPU that weir's threads take with ten of them, and without, with
few databases and with many. A write comes every tenth of a second. The standard library only; Linux."""

import argparse
import http.client
import json
import os
import pathlib
import socket
import sys
import tempfile
import threading
import time

from compare import Failed, Running

ROOT = pathlib.Path(__file__).resolve().parents[2]
WATCHERS = 10
SHARE_MOST = 0.01  # of a core


def busy_seconds(pid):
    """Of all threads, by the scheduler's books, which are finer than the ticks of /proc/PID/stat."""
    tasks = pathlib.Path(f"/proc/{pid}/task")
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9


class Case:
    def __init__(self, options, directory, databases):
        self.databases = databases
        config = directory / "weir.toml"
        config.write_text('[http]\nlisten = ["127.0.0.1:0"]\n[[sink]]\nname = "nowhere"\ntype = "null"\n')
        announced = directory / "announced.json"
        self.running = Running("weir", [options.weir, "run", "--config", config, "--announce", announced], directory)
        self.running.wait_for(announced.exists)
        self.address = json.loads(announced.read_text())["http"][0]
        self.connection = http.client.HTTPConnection(self.address)
        self.over = threading.Event()
        for number in range(databases):
            self.write(number)
        self.writer = threading.Thread(target=self.write_on, daemon=True)
        self.writer.start()

    def write(self, number):
        self.connection.request("POST", f"/write?db=db{number % self.databases}", body="cpu,host=a value=1")
        answer = self.connection.getresponse()
        answer.read()
        if answer.status != 204:
            raise Failed(f"a write was answered {answer.status}")

    def write_on(self):
        number = 0
        while not self.over.wait(0.1):
            self.write(number)
            number += 1

    def watch(self):
        host, port = self.address.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as stream:
            stream.sendall(b"GET /api/weir/v1/events HTTP/1.1\r\nHost: weir\r\n\r\n")
            while not self.over.is_set() and stream.recv(1 << 20):
                pass

    def share(self, seconds):
        time.sleep(2)  # until what begins has begun
        before, began = busy_seconds(self.running.process.pid), time.monotonic()
        time.sleep(seconds)
        return (busy_seconds(self.running.process.pid) - before) / (time.monotonic() - began)

    def measure(self, seconds):
        alone = self.share(seconds)
        for _ in range(WATCHERS):
            threading.Thread(target=self.watch, daemon=True).start()
        return alone, self.share(seconds)

    def end(self):
        self.over.set()
        self.writer.join()
        self.running.process.terminate()
        self.running.process.wait(20)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", default=ROOT / "build/release/weir", type=pathlib.Path)
    parser.add_argument("--seconds", default=20.0, type=float)
    options = parser.parse_args()
    if not os.access(options.weir, os.X_OK):
        sys.exit(f"{options.weir} is not there: ./dev build")
    failed = False
    for databases in (10, 1000, 10_000):
        with tempfile.TemporaryDirectory() as directory:
            case = Case(options, pathlib.Path(directory), databases)
            try:
                alone, watched = case.measure(options.seconds)
            finally:
                case.end()
        cost = watched - alone
        failed = failed or cost > SHARE_MOST
        print(f"{databases:6} databases: {alone:.3%} of a core, with {WATCHERS} watchers {watched:.3%}: they cost {cost:.3%}")
    sys.exit(f"more than {SHARE_MOST:.0%} of a core" if failed else 0)


if __name__ == "__main__":
    main()
