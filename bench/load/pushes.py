#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Jobs that push to weir, or to a Pushgateway: how long a push takes, and what a group costs; bench/README.md says what
the figures mean.

    pushes.py --weir build/release/weir --pushgateway build/servers/prometheus-pushgateway/usr/bin/prometheus-pushgateway

Each of a few processes has a connection and pushes its groups in turn, at an even pace, waiting for each answer. The
standard library only.
"""

import argparse
import json
import multiprocessing
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time

FAMILY = "flink_taskmanager_job_task_operator_numRecordsInPerSecond"


def request(group, round_, series):
    body = f"# TYPE {FAMILY} gauge\n" + "".join(
        f'{FAMILY}{{host="taskmanager-{group % 40}",task="{i}"}} {round_ * 10 + i + 0.25}\n' for i in range(series))
    return (f"PUT /metrics/job/load/instance/i{group} HTTP/1.1\r\nHost: load\r\n"
            f"Content-Type: text/plain; version=0.0.4\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()


def push_groups(address, groups, series, every, seconds, results):
    """Pushes all `groups` every `every` seconds, for `seconds`; reports what each push took, in ms."""
    connection = socket.create_connection(address)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    took, failed, late = [], 0, 0.0
    begin = time.perf_counter()
    pace = every / len(groups)
    for number in range(int(seconds / pace)):
        due = begin + number * pace
        wait = due - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        else:
            late = max(late, -wait)
            if time.perf_counter() - begin > seconds:
                break
        data = request(groups[number % len(groups)], number // len(groups), series)
        sent = time.perf_counter()
        connection.sendall(data)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += connection.recv(65536)
        took.append((time.perf_counter() - sent) * 1e3)
        failed += answer[9:11] != b"20"
    results.put((took, failed, late))


class Server:
    def __init__(self, name, command, directory, address_of):
        self.name = name
        self.log = open(pathlib.Path(directory) / f"{name}.log", "w+")
        self.process = subprocess.Popen(command, cwd=directory, stdout=self.log, stderr=self.log)
        self.address = None
        for _ in range(200):
            self.address = address_of()
            if self.address or self.process.poll() is not None:
                break
            time.sleep(0.05)
        if not self.address:
            raise SystemExit(f"{name} did not start: {self.text()}")

    def text(self):
        self.log.flush()
        return pathlib.Path(self.log.name).read_text()

    def memory(self):
        """Resident bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def start_weir(binary, directory):
    announce = pathlib.Path(directory) / "announce.json"
    config = pathlib.Path(directory) / "weir.toml"
    config.write_text('[http]\nlisten = ["127.0.0.1:0"]\n[[sink]]\nname = "null"\ntype = "null"\n')

    def address():
        try:
            host, port = json.loads(announce.read_text())["http"][0].rsplit(":", 1)
            return host, int(port)
        except (FileNotFoundError, json.JSONDecodeError):
            return None

    server = Server("weir", [pathlib.Path(binary).resolve(), "run", "--config", config, "--announce", announce], directory,
                    lambda: address())
    return server


def start_pushgateway(binary, directory):
    log = pathlib.Path(directory) / "pushgateway.log"

    def address():
        found = re.search(r'msg="Listening on" address=127\.0\.0\.1:(\d+)', log.read_text())
        return ("127.0.0.1", int(found.group(1))) if found else None

    return Server("pushgateway", [pathlib.Path(binary).resolve(), "--web.listen-address=127.0.0.1:0",
                                  f"--persistence.file={pathlib.Path(directory) / 'groups'}"], directory, address)


def run(server, options, groups):
    before, cpu = server.memory(), server.cpu()
    results = multiprocessing.Queue()
    parts = [list(range(first, groups, options.processes)) for first in range(options.processes)]
    workers = [multiprocessing.Process(target=push_groups, args=(server.address, part, options.series, options.every,
                                                                 options.seconds, results)) for part in parts]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    all_results = [results.get() for _ in workers]
    seconds = time.perf_counter() - began
    for worker in workers:
        worker.join()
    took = sorted(ms for each, _, _ in all_results for ms in each)
    figures = {
        "server": server.name, "groups": groups, "series": groups * options.series, "pushes": len(took),
        "failed": sum(failed for _, failed, _ in all_results),
        "late_s": round(max(late for _, _, late in all_results), 3),
        "p50_ms": round(took[len(took) // 2], 2), "p99_ms": round(took[len(took) * 99 // 100], 2),
        "max_ms": round(took[-1], 2), "cpu_ms_a_push": round((server.cpu() - cpu) / len(took) * 1e3, 3),
        "cpu_share": round((server.cpu() - cpu) / seconds, 2),
        "rss_mb": round(server.memory() / 1e6, 1), "bytes_a_group": round((server.memory() - before) / groups)}
    print(json.dumps(figures), flush=True)
    return figures


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--weir", default="build/release/weir")
    arguments.add_argument("--pushgateway", help="a Pushgateway beside it")
    arguments.add_argument("--groups", type=int, default=10_000)
    arguments.add_argument("--pushgateway-groups", type=int, default=1_000, help="as many as it can take")
    arguments.add_argument("--series", type=int, default=10, help="of a group")
    arguments.add_argument("--every", type=float, default=10, help="seconds between two pushes of a group")
    arguments.add_argument("--seconds", type=float, default=20)
    arguments.add_argument("--processes", type=int, default=2)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        server = start_weir(options.weir, directory)
        try:
            run(server, options, options.groups)
        finally:
            server.stop()
    if options.pushgateway:
        with tempfile.TemporaryDirectory() as directory:
            server = start_pushgateway(options.pushgateway, directory)
            try:
                run(server, options, options.pushgateway_groups)
            finally:
                server.stop()


if __name__ == "__main__":
    main()
