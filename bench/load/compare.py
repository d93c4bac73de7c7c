#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Weir and vmagent under the same load, interleaved in one run; bench/README.md says what it means.

Every contender starts afresh in each round, in a directory of its own, is warmed up, and is measured
from the first request until it has delivered everything and rests. The standard library only.
"""

import argparse
import dataclasses
import http.client
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A contender did not start, or did not do what was measured."""


# --- processes


class Running:
    """A process in its own directory, ended by its id."""

    def __init__(self, name, command, directory):
        self.name = name
        self.log = directory / f"{name}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait_for(self, condition, seconds=20.0):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise Failed(f"{self.name} did not get ready:\n{self.log.read_text(errors='replace')}")

    def cpu_seconds(self):
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        words = stat[stat.rindex(")") + 2 :].split()
        return (int(words[11]) + int(words[12])) / TICKS_A_SECOND

    def peak_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"^VmHWM:\s+(\d+)", status, re.M).group(1)) / 1024

    def wait_until_it_rests(self, seconds=60.0):
        """Until it used next to no CPU for a while: everything is delivered and written."""
        deadline = time.monotonic() + seconds
        before = self.cpu_seconds()
        while time.monotonic() < deadline:
            # Longer than the second after which both send what they have collected.
            time.sleep(1.2)
            now = self.cpu_seconds()
            if now - before <= 0.03:
                return
            before = now
        raise Failed(f"{self.name} was still busy {seconds} s after the load")

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)


def get(address, path):
    connection = http.client.HTTPConnection(address, timeout=20)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def metric(text, name):
    """The sum of all samples with this name; `name` may end with labels."""
    found = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.M)
    return sum(float(value) for value in found)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# --- contenders


class Weir:
    """`log` and `sink` are tables of weir.toml. `load`: what the generator is told beside the scenario's arguments."""

    def __init__(self, options, name, log, sink, load=()):
        self.name = name
        self.binary = options.weir
        self.log = log
        self.sink = sink
        self.load = list(load)

    def start(self, directory, null_address):
        tables = ['[http]\nlisten = ["127.0.0.1:0"]\n', "[log]\n" + self.log, "[[sink]]\n"]
        config = directory / "weir.toml"
        config.write_text("".join(tables) + self.sink.format(null=null_address))
        announced = directory / "announced.json"
        command = [self.binary, "run", "--config", config, "--announce", announced]
        running = Running("weir", command, directory)
        try:
            running.wait_for(announced.exists)
        except Failed:
            running.end()
            raise
        self.address = json.loads(announced.read_text())["http"][0]
        return running

    def lines_accepted(self):
        text = get(self.address, "/metrics")
        pending = metric(text, "weir_sink_pending_points")
        if pending != 0:
            raise Failed(f"{self.name}: {pending:.0f} points were not delivered")
        if metric(text, "weir_sink_discarded_points_total") != 0:
            raise Failed(f"{self.name}: points were discarded")
        return int(metric(text, "weir_lines_accepted_total"))


class Vmagent:
    name = "vmagent, remote write"

    def __init__(self, options):
        self.binary = options.servers / "victoria-metrics/usr/bin/vmagent"

    def start(self, directory, null_address):
        self.address = f"127.0.0.1:{free_port()}"
        command = [
            self.binary,
            f"-httpListenAddr={self.address}",
            f"-remoteWrite.url=http://{null_address}/api/v1/write",
            f"-remoteWrite.tmpDataPath={directory / 'vmagent'}",
        ]
        running = Running("vmagent", command, directory)
        try:
            running.wait_for(self.answers)
        except Failed:
            running.end()
            raise
        return running

    def answers(self):
        try:
            return get(self.address, "/health")
        except OSError:
            return False

    def lines_accepted(self):
        """It counts values, not lines: each of these lines has ten."""
        text = get(self.address, "/metrics")
        for name in ("vmagent_remotewrite_packets_dropped_total", "vm_rows_invalid_total"):
            if metric(text, name) != 0:
                raise Failed(f"vmagent: {name} is not 0")
        return int(metric(text, "vmagent_rows_inserted_total")) // 10


class Bare:
    """libuv and llhttp alone, which answer as many bytes as weir: what no server over them can be below."""

    name = "libuv and llhttp alone"
    # Of weir's answer to a line that was taken.
    ANSWER_BYTES = 260

    def __init__(self, options):
        self.binary = options.null_server

    def start(self, directory, null_address):
        running = Running("bare", [self.binary, 0, self.ANSWER_BYTES], directory)
        try:
            self.address = running.wait_for(lambda: running.log.read_text().strip())
        except Failed:
            running.end()
            raise
        return running

    def lines_accepted(self):
        return None


class Peer:
    """A program of --peer. It is trusted with its answers: what it says about itself nobody here can read."""

    def __init__(self, name, command):
        self.name = name
        self.command = command

    def start(self, directory, null_address):
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        words = {"port": port, "null": null_address, "directory": directory}
        running = Running("peer", [part.format(**words) for part in shlex.split(self.command)], directory)
        try:
            running.wait_for(lambda: self.listens(port))
        except Failed:
            running.end()
            raise
        return running

    @staticmethod
    def listens(port):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return True
        except OSError:
            return False

    def lines_accepted(self):
        return None


def peer(text):
    name, equals, command = text.partition("=")
    if not equals or not name.strip() or not command.strip():
        raise argparse.ArgumentTypeError(f'"{text}" is not NAME=COMMAND')
    try:
        for part in shlex.split(command):
            part.format(port=0, null="", directory="")
    except (KeyError, IndexError, ValueError) as wrong:
        raise argparse.ArgumentTypeError(
            f'"{command}": braces may hold port, null and directory, and nothing else ({wrong})'
        ) from wrong
    return Peer(name.strip(), command)


NULL_SINK = 'name = "nowhere"\ntype = "null"\n'
REMOTE_WRITE_SINK = (
    'name = "prometheus"\ntype = "remote_write"\nurl = "http://{{null}}/api/v1/write"\nversion = {}\n'
    # As vmagent does: bodies of several connections do not come in the order of their times.
    'out_of_order = "send"\n'
)
# Nanoseconds; the generator's first time is in 2020.
AFTER_WARM_UP = 1_700_000_000_000_000_000
INFLUXDB_SINK = 'name = "influx"\ntype = "influxdb"\nurl = "http://{null}"\n'
LOCAL_LOG = 'type = "local"\ndirectory = "log"\nacknowledge = "written"\n'
SYNCED_LOG = 'type = "local"\ndirectory = "log"\nacknowledge = "synced"\n'
MEMORY_LOG = 'type = "memory"\n'
PLAIN = 'compression = "none"\n'
# 64 bodies of 1.7 MB at once are more than the default gives to requests.
MUCH_MEMORY = '[limits]\nmemory = "2GiB"\n'


@dataclasses.dataclass
class Scenario:
    name: str
    title: str
    load: list
    contenders: list
    # Whose figure of the same round the others are held against, and which figure that is.
    base: str = "vmagent, remote write"
    key: str = "lines_per_cpu_second"
    # No point has a time that its series had before: so many lines instead of some seconds.
    lines: int = 0
    # Before these, so many, that all series were met.
    warm_up_lines: int = 0
    # The warm-up finds how much the contender takes; then it gets half of that, evenly.
    paced: bool = False


def scenarios(options):
    weir = lambda *about: Weir(options, *about)
    found = [
        Scenario(
            "batches",
            f"Batches of {options.batch:,} TSBS lines on 4 connections",
            ["--batch", options.batch, "--connections", 4],
            [
                weir("weir, local log, null sink", LOCAL_LOG, NULL_SINK),
                weir("weir, local log, influxdb sink", LOCAL_LOG, INFLUXDB_SINK),
                weir("weir, local log, influxdb sink, plain", LOCAL_LOG + PLAIN, INFLUXDB_SINK),
                Vmagent(options),
            ],
        ),
        Scenario(
            "remote_write",
            f"Remote write: batches of {options.batch:,} TSBS lines, of ten samples each, on 4 connections",
            ["--batch", options.batch, "--connections", 4],
            [
                weir("weir, local log, version 1", LOCAL_LOG, REMOTE_WRITE_SINK.format(1)),
                weir("weir, local log, version 2", LOCAL_LOG, REMOTE_WRITE_SINK.format(2)),
                Vmagent(options),
            ],
            lines=1_500_000,
        ),
        Scenario(
            "single",
            "One TSBS line a request on 16 connections",
            ["--batch", 1, "--connections", 16],
            [weir("weir, memory log, null sink", MEMORY_LOG, NULL_SINK), Vmagent(options), Bare(options)],
        ),
        Scenario(
            "paced_single",
            "At half of what it takes: one TSBS line a request on 16 connections",
            ["--batch", 1, "--connections", 16],
            [weir("weir, local log, influxdb sink", LOCAL_LOG, INFLUXDB_SINK), Vmagent(options)],
            key="p99_ms",
            paced=True,
        ),
        Scenario(
            "paced_batches",
            f"At half of what it takes: batches of {options.batch:,} TSBS lines on 4 connections",
            ["--batch", options.batch, "--connections", 4],
            [weir("weir, local log, influxdb sink", LOCAL_LOG, INFLUXDB_SINK), Vmagent(options)],
            key="p99_ms",
            paced=True,
        ),
        Scenario(
            "written",
            f"What a log on disk costs: batches of {options.batch:,} TSBS lines on 4 connections",
            ["--batch", options.batch, "--connections", 4],
            [
                weir("memory log", MEMORY_LOG, NULL_SINK),
                weir("local log, written", LOCAL_LOG, NULL_SINK),
            ],
            "memory log",
            "lines_per_second",
        ),
        Scenario(
            "synced",
            f"What stable storage costs: batches of {options.batch:,} TSBS lines on 64 connections",
            ["--batch", options.batch, "--connections", 64],
            [
                weir("memory log", MEMORY_LOG + MUCH_MEMORY, NULL_SINK),
                weir("local log, written", LOCAL_LOG + MUCH_MEMORY, NULL_SINK),
                weir("local log, synced", SYNCED_LOG + MUCH_MEMORY, NULL_SINK),
            ],
            "memory log",
            "lines_per_second",
        ),
        Scenario(
            "series",
            f"Series: batches of {options.batch:,} TSBS lines on 4 connections, each series again and again",
            ["--batch", options.batch, "--connections", 4],
            [
                weir(f"{count:,} series", LOCAL_LOG, NULL_SINK, ["--series", count])
                for count in (1_000, 10_000, 100_000, 1_000_000)
            ],
            "1,000 series",
            lines=4_000_000,
            warm_up_lines=2_000_000,
        ),
        Scenario(
            "databases",
            "Databases: batches of 500 TSBS lines of 100 series on 4 connections, to databases in turn",
            ["--batch", 500, "--connections", 4],
            [
                weir(f"{count:,} databases", LOCAL_LOG, NULL_SINK, ["--series", 100, "--databases", count])
                for count in (1, 100, 1_000, 10_000)
            ],
            "1 databases",
            lines=5_000_000,
            warm_up_lines=5_000_000,
        ),
    ]
    for scenario in found:
        if scenario.base == Vmagent.name:
            scenario.contenders += options.peer
        scenario.contenders = [
            each for each in scenario.contenders if not missing_peer(each, options)
        ]
    return [each for each in found if not options.only or each.name in options.only]


def missing_peer(contender, options):
    if not isinstance(contender, Vmagent) or contender.binary.exists():
        return False
    if not options.smoke:
        raise Failed(f"{contender.binary} is not there; run tests/servers/fetch.sh")
    return True


# --- measuring


def load(options, address, arguments, amount):
    database = "" if "--databases" in arguments else "?db=bench"
    command = [options.weir, "load", "--url", f"http://{address}/write{database}", "--json"]
    command += [str(part) for part in arguments + amount]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=300)
    if done.returncode != 0:
        raise Failed(f"the load was not all accepted: {done.stdout}")
    return json.loads(done.stdout)


def measure(options, scenario, contender, null_address):
    directory = pathlib.Path(tempfile.mkdtemp(prefix="weir-bench-", dir=options.directory))
    running = None
    try:
        running = contender.start(directory, null_address)
        warm_up, amount = options.warm_up, options.amount
        arguments = scenario.load + getattr(contender, "load", [])
        if scenario.lines and not options.smoke:
            warm_up = ["--lines", scenario.warm_up_lines or scenario.lines // 10]
            amount = ["--lines", scenario.lines]
        if scenario.lines and not scenario.warm_up_lines:
            amount = amount + ["--ring", "1GiB", "--start", AFTER_WARM_UP]
        warmed = load(options, contender.address, arguments, warm_up)
        sent = warmed["lines_accepted"]
        if scenario.paced:
            amount = amount + ["--rate", max(1, int(warmed["lines_per_second"] / 2))]
        running.wait_until_it_rests()
        before = running.cpu_seconds()
        result = load(options, contender.address, arguments, amount)
        running.wait_until_it_rests()
        cpu = running.cpu_seconds() - before
        sent += result["lines_accepted"]
        accepted = contender.lines_accepted()
        if accepted not in (sent, None):
            raise Failed(f"{contender.name}: {sent} lines were answered 204, {accepted} accepted")
        return {
            "lines_per_cpu_second": result["lines_accepted"] / max(cpu, 1 / TICKS_A_SECOND),
            "lines_per_second": result["lines_per_second"],
            "p50_ms": result["latency_ms"]["p50"],
            "p99_ms": result["latency_ms"]["p99"],
            "max_ms": result["latency_ms"]["max"],
            "peak_mib": running.peak_mib(),
            "generator_cpu": result["own"]["cpu_seconds"] / max(result["seconds"], 1e-9),
        }
    finally:
        if running is not None:
            running.end()
        shutil.rmtree(directory, ignore_errors=True)


def run_rounds(options, chosen, null_address):
    """results[scenario][contender] is a list with one measurement a round."""
    results = {s.name: {c.name: [] for c in s.contenders} for s in chosen}
    for number in range(options.rounds):
        for scenario in chosen:
            # Turned round by round, so that none always follows the same neighbour.
            turn = number % len(scenario.contenders)
            for contender in scenario.contenders[turn:] + scenario.contenders[:turn]:
                found = measure(options, scenario, contender, null_address)
                results[scenario.name][contender.name].append(found)
                print(
                    f"round {number + 1}/{options.rounds}, {scenario.name}, {contender.name}: "
                    f"{found['lines_per_cpu_second']:,.0f} lines per CPU s, "
                    f"load average {os.getloadavg()[0]:.1f}",
                    file=sys.stderr,
                )
    return results


# --- the table


def middle(measurements, key):
    return statistics.median(each[key] for each in measurements)


def ratios(key, measurements, peer):
    """Of a figure, against the base's of the same round."""
    return [mine[key] / max(its[key], 1e-9) for mine, its in zip(measurements, peer)]


def table(scenario, results):
    base = results.get(scenario.base)
    yield f"### {scenario.title}\n"
    column = f"against {scenario.base.partition(',')[0]}, {scenario.key.replace('_', ' ')}"
    yield f"| | lines per CPU s (least–most) | CPU s a million lines | {column} | lines/s | p50 ms | p99 ms | longest ms | peak MiB |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name, found in results.items():
        per_cpu = sorted(each["lines_per_cpu_second"] for each in found)
        against = (
            f"{statistics.median(ratios(scenario.key, found, base)):.2f} ×" if base else "–"
        )
        yield (
            f"| {name} | {middle(found, 'lines_per_cpu_second'):,.0f} "
            f"({per_cpu[0]:,.0f}–{per_cpu[-1]:,.0f}) "
            f"| {1e6 / middle(found, 'lines_per_cpu_second'):.2f} | {against} "
            f"| {middle(found, 'lines_per_second'):,.0f} "
            f"| {middle(found, 'p50_ms'):.2f} | {middle(found, 'p99_ms'):.2f} "
            f"| {max(each['max_ms'] for each in found):.1f} "
            f"| {middle(found, 'peak_mib'):.0f} |"
        )
    busy = max(each["generator_cpu"] for found in results.values() for each in found)
    yield f"\nThe load generator used at most {busy:.2f} of a core.\n"


def processor():
    found = re.search(r"^model name\s*:\s*(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    return found.group(1) if found else "unknown processor"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", type=pathlib.Path, default=ROOT / "build/bench/weir")
    parser.add_argument(
        "--null-server", type=pathlib.Path, default=ROOT / "build/bench/null_server"
    )
    parser.add_argument("--servers", type=pathlib.Path, default=ROOT / "build/servers")
    parser.add_argument("--directory", help="where logs are written (default: the system's)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="of load in each measurement")
    parser.add_argument(
        "--only",
        action="append",
        choices=[
            "batches",
            "remote_write",
            "single",
            "paced_single",
            "paced_batches",
            "written",
            "synced",
            "series",
            "databases",
        ],
        help="one scenario alone; may be repeated",
    )
    parser.add_argument(
        "--peer",
        type=peer,
        action="append",
        default=[],
        metavar="NAME=COMMAND",
        help="another program beside vmagent, which takes line protocol at /write on 127.0.0.1:{port} and delivers to "
        "http://{null}; {directory} is empty and its own. May be repeated",
    )
    parser.add_argument("--smoke", action="store_true", help="one round with a few thousand lines")
    parser.add_argument("--json", type=pathlib.Path, help="write every measurement to this file")
    options = parser.parse_args()
    options.batch = 5000
    options.warm_up = ["--duration", "1s"]
    options.amount = ["--duration", f"{options.seconds * 1000:.0f}ms"]
    if options.smoke:
        options.rounds = 1
        options.batch = 500
        options.warm_up = ["--lines", 700]
        options.amount = ["--lines", 3000]
    for name in ("weir", "null_server", "servers"):
        setattr(options, name, getattr(options, name).resolve())
    return options


def main():
    options = arguments()
    load_before = os.getloadavg()
    with tempfile.TemporaryDirectory(prefix="weir-bench-", dir=options.directory) as directory:
        null_server = Running("null_server", [options.null_server, 0], pathlib.Path(directory))
        try:
            null_address = null_server.wait_for(lambda: null_server.log.read_text().strip())
            chosen = scenarios(options)
            results = run_rounds(options, chosen, null_address)
        finally:
            null_server.end()
    print(
        f"{processor()}, {os.cpu_count()} CPUs, {options.rounds} rounds, medians; load average "
        f"{load_before[0]:.1f} before, {os.getloadavg()[0]:.1f} after.\n"
    )
    for scenario in chosen:
        print("\n".join(table(scenario, results[scenario.name])))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"compare.py: {failed}")
