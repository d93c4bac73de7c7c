#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an outage of a server costs weir, in figures; bench/README.md says what they mean.

    recovery   the log fills up to `keep` while the only server is down; then it comes back under load
    neighbour  two servers, of which one dies: the delay of what the other gets, before and after

The servers are recorders of this program: they answer 204 and note when each line came. The standard library only.
"""

import argparse
import gzip
import http.client
import http.server
import json
import pathlib
import re
import sys
import tempfile
import threading
import time

from compare import Failed, Running, get, metric

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIME = re.compile(rb" (\d+)$", re.M)
LINE = "load,host=host_%d,region=eu-central-1,rack=%d,os=Ubuntu16.10,team=LON usage_user=%di,usage_system=2i,usage_idle=24i %d\n"


class Recorder:
    """An InfluxDB that keeps nothing. While it is down its port refuses connections."""

    def __init__(self):
        self.port = 0
        self.lines = 0
        self.delays = []  # seconds from a line's own time to its arrival, one for each request's oldest line
        self.lock = threading.Lock()
        self.server = None
        self.up()

    def up(self):
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                recorder.note(body)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

        self.server = Server(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def down(self):
        self.server.shutdown()
        self.server.server_close()

    def note(self, body):
        now = time.time_ns()
        with self.lock:
            self.lines += body.count(b"\n")
            self.delays += [(now - int(each)) / 1e9 for each in TIME.findall(body)[:: 20]]

    def take_delays(self):
        with self.lock:
            taken, self.delays = self.delays, []
        return sorted(taken)


class Load(threading.Thread):
    """So many lines a second, in requests of `batch`, each line with the time at which it is sent."""

    def __init__(self, address, rate, batch):
        super().__init__(daemon=True)
        self.address = address
        self.rate = rate
        self.batch = batch
        self.ending = threading.Event()
        self.answers = {}
        self.acknowledged = 0

    def body(self):
        now = time.time_ns()
        return "".join(LINE % (i, i % 50, i, now + i) for i in range(self.batch)).encode()

    def run(self):
        connection = http.client.HTTPConnection(self.address, timeout=30)
        due = time.monotonic()
        while not self.ending.is_set():
            connection.request("POST", "/write?db=bench", self.body())
            answer = connection.getresponse()
            answer.read()
            self.answers[answer.status] = self.answers.get(answer.status, 0) + 1
            self.acknowledged += self.batch if answer.status == 204 else 0
            if self.rate:
                due += self.batch / self.rate
                self.ending.wait(max(0.0, due - time.monotonic()))

    def end(self):
        self.ending.set()
        self.join(30)


class Weir:
    def __init__(self, options, directory, tables, recorders):
        self.directory = pathlib.Path(directory)
        sinks = [
            f'[[sink]]\nname = "s{number}"\ntype = "influxdb"\nurl = "http://127.0.0.1:{each.port}"\n'
            f'batch = {{ age = "100ms" }}\nretry_most = "500ms"\n'
            for number, each in enumerate(recorders)
        ]
        config = self.directory / "weir.toml"
        config.write_text('[http]\nlisten = ["127.0.0.1:0"]\n' + tables + "".join(sinks))
        announced = self.directory / "announced.json"
        self.running = Running(
            "weir", [options.weir, "run", "--config", config, "--announce", announced], self.directory
        )
        self.running.wait_for(announced.exists)
        self.address = json.loads(announced.read_text())["http"][0]

    def metric(self, name):
        return metric(get(self.address, "/metrics"), name)


def wait(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(f"{what} did not come true within {seconds} s")
        time.sleep(0.02)


def recovery(options, directory):
    recorder = Recorder()
    tables = f'[log]\nkeep = "{options.keep}MiB"\n[limits]\nmemory = "{options.memory}MiB"\n'
    weir = Weir(options, directory, tables, [recorder])
    try:
        recorder.down()
        fast = Load(weir.address, 0, 5000)
        fast.start()
        wait(lambda: fast.answers.get(503, 0) > 0, 600, "a full log")
        fast.end()
        waiting = weir.metric("weir_sink_pending_points")
        bytes_kept = weir.metric("weir_log_bytes")
        steady = Load(weir.address, options.rate, 500)
        steady.start()
        delivered_before = weir.metric("weir_sink_delivered_points_total")
        began = time.monotonic()
        recorder.up()
        wait(
            lambda: weir.metric("weir_sink_pending_points") < options.rate / 2, 600, "a log caught up"
        )
        took = time.monotonic() - began
        delivered = weir.metric("weir_sink_delivered_points_total") - delivered_before
        steady.end()
        peak = weir.running.peak_mib()
        speed = delivered / took
        print(
            f"recovery: {waiting:,.0f} lines waited in {bytes_kept / 2**20:.0f} MiB (keep {options.keep} MiB); caught up in "
            f"{took:.1f} s beside {options.rate:,} new lines/s: {speed:,.0f} lines/s, "
            f"{speed / options.rate:.1f} times what comes in; peak {peak:.0f} MiB with limits.memory {options.memory} MiB; "
            f"answers while it was full {fast.answers}, then {steady.answers}"
        )
    finally:
        weir.running.end()
        recorder.down()


def percentile(delays, part):
    return delays[min(len(delays) - 1, int(len(delays) * part))]


def neighbour(options, directory):
    recorders = [Recorder(), Recorder()]
    weir = Weir(options, directory, "", recorders)
    load = Load(weir.address, options.rate, 200)
    load.start()
    try:
        time.sleep(2)
        rounds = []
        for number in range(options.rounds):
            figures = []
            for dead in (False, True):
                if dead:
                    recorders[1].down()
                recorders[0].take_delays()
                time.sleep(options.seconds)
                delays = recorders[0].take_delays()
                if not delays:
                    raise Failed("nothing was delivered")
                figures.append((percentile(delays, 0.5), percentile(delays, 0.99)))
                if dead:
                    recorders[1].up()
                    wait(lambda: weir.metric("weir_sink_pending_points") < options.rate, 60, "recovery")
            rounds.append(figures)
            (calm50, calm99), (dead50, dead99) = figures
            print(
                f"neighbour, round {number + 1}: p50 {calm50 * 1e3:.0f} ms, p99 {calm99 * 1e3:.0f} ms; with the other one dead "
                f"p50 {dead50 * 1e3:.0f} ms, p99 {dead99 * 1e3:.0f} ms"
            )
        ratios = sorted(dead[1] / calm[1] for calm, dead in rounds)
        print(f"neighbour: p99 with one server dead against undisturbed: {ratios[len(ratios) // 2]:.2f} (median of {len(ratios)})")
    finally:
        load.end()
        weir.running.end()
    if set(load.answers) != {204}:
        raise Failed(f"not all was taken: {load.answers}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--weir", type=pathlib.Path, default=ROOT / "build/bench/weir")
    parser.add_argument("--only", choices=["recovery", "neighbour"])
    parser.add_argument("--keep", type=int, default=64, help="MiB of log.keep")
    parser.add_argument("--memory", type=int, default=64, help="MiB of limits.memory")
    parser.add_argument("--rate", type=int, default=20_000, help="lines a second")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each half of a neighbour's round")
    parser.add_argument("--smoke", action="store_true", help="small sizes: does it work?")
    options = parser.parse_args()
    options.weir = options.weir.resolve()
    if options.smoke:
        options.keep, options.rate, options.rounds, options.seconds = 4, 2_000, 1, 0.5
    for scenario in (recovery, neighbour):
        if options.only in (None, scenario.__name__):
            with tempfile.TemporaryDirectory(prefix="weir-bench-") as directory:
                scenario(options, directory)


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"outage.py: {failed}")
