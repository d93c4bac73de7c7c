#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What weir's memory and state files grow to: 10,000 databases, 16 sinks, a million series; bench/README.md has the
figures. Each case starts a weir of its own, whose server does not answer, and prints what it holds. The standard
library only."""

import argparse
import http.client
import json
import pathlib
import sys
import tempfile
import time

from compare import Failed, Running, get, metric

ROOT = pathlib.Path(__file__).resolve().parents[2]


def configured(directory, sinks, more=""):
    tables = ['[http]\nlisten = ["127.0.0.1:0"]\n[limits]\nmemory = "64MiB"\ndatabases = 20000\n' + more]
    for number in range(sinks):
        # Port 9 of loopback: nobody listens, so that everything waits.
        tables.append(
            f'[[sink]]\nname = "s{number}"\ntype = "influxdb"\nurl = "http://127.0.0.1:9"\nretry_most = "1s"\n'
        )
    path = directory / "weir.toml"
    path.write_text("".join(tables))
    return path


class Case:
    def __init__(self, options, directory, sinks):
        self.directory = pathlib.Path(directory)
        announced = self.directory / "announced.json"
        config = configured(self.directory, sinks)
        command = [options.weir, "run", "--config", config, "--announce", announced]
        self.running = Running("weir", command, self.directory)
        self.running.wait_for(announced.exists)
        self.address = json.loads(announced.read_text())["http"][0]
        self.connection = http.client.HTTPConnection(self.address, timeout=30)
        self.at_start = self.resident()

    def write(self, database, body):
        self.connection.request("POST", f"/write?db={database}", body)
        answer = self.connection.getresponse()
        words = answer.read()
        if answer.status != 204:
            raise Failed(f"{answer.status} {words}")

    def resident(self):
        status = pathlib.Path(f"/proc/{self.running.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def written_mib(self):
        io = pathlib.Path(f"/proc/{self.running.process.pid}/io").read_text()
        return int(io.partition("wchar: ")[2].split()[0]) / 2**20

    def state_mib(self):
        kept = self.directory / "weir-data"
        files = [each for each in kept.rglob("*") if each.is_file() and "segments" not in each.parts]
        return sum(each.stat().st_blocks * 512 for each in files) / 2**20

    def report(self, name):
        deadline = time.monotonic() + 30
        text = get(self.address, "/metrics")
        while metric(text, "weir_sink_pending_points") == 0 and time.monotonic() < deadline:
            time.sleep(0.1)
            text = get(self.address, "/metrics")
        time.sleep(2)  # a turn or two of everything that keeps itself up to date
        print(
            f"{name}: {self.resident():.0f} MiB resident ({self.at_start:.0f} at the start), state "
            f"{metric(text, 'weir_state_bytes') / 2**20:.1f} MiB of it counted, {self.state_mib():.1f} MiB of files beside the "
            f"log, {self.written_mib():.0f} MiB written in all"
        )


def run(options, name, sinks, fill):
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as directory:
        case = Case(options, directory, sinks)
        try:
            fill(case)
            case.report(name)
        finally:
            case.running.end()


def databases(count):
    def fill(case):
        for number in range(count):
            case.write(f"db{number}", f"cpu,host=a usage=1i {1_600_000_000_000_000_000 + number}")

    return fill


def series(count):
    def fill(case):
        for first in range(0, count, 5000):
            lines = (f"cpu,host=h{n},region=eu usage=1i 1600000000000000000" for n in range(first, first + 5000))
            case.write("db", "\n".join(lines))

    return fill


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", type=pathlib.Path, default=ROOT / "build/bench/weir")
    options = parser.parse_args()
    options.weir = options.weir.resolve()
    run(options, "nothing", 1, lambda case: case.write("db", "m f=1"))
    run(options, "10,000 databases, one sink", 1, databases(10_000))
    run(options, "10,000 databases, 16 sinks", 16, databases(10_000))
    run(options, "a million series, one sink", 1, series(1_000_000))
    run(options, "a million series, 16 sinks", 16, series(1_000_000))


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"budgets.py: {failed}")
