#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands in for a Flink cluster where there is none: a JobManager and TaskManagers, each a process, that report to weir as
Flink's InfluxdbReporter does, under Flink's names. They do no work; they can be killed.

  standin.py                       a JobManager and the TaskManagers tm-1 and tm-2, until Ctrl-C
  standin.py --task-manager tm-2   that TaskManager (again), beside the others

The JobManager counts the TaskManagers that are connected to it. One that is gone is counted until its heartbeat has been missing for
ten seconds, as Flink does; the job restarts then. The standard library only."""

import argparse
import http.client
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

JOB = "job_id=5d1e8c3a7b904f26a1c0d3e4f5a6b7c8,job_name=orders"
SOURCE, SINK = "Source: orders", "sink: Writer"
SLOTS = 2
HEARTBEAT_TIMEOUT = 10.0
RECORDS_PER_SECOND = 500


def escaped(text):
    return text.replace(",", "\\,").replace("=", "\\=").replace(" ", "\\ ")


def field(value):
    if isinstance(value, bool):
        return f'"{str(value).lower()}"'  # as InfluxdbReporter writes a boolean gauge
    return f"{value}i" if isinstance(value, int) else repr(float(value))


class Reporter:
    """One process' reports to weir. What cannot be sent is lost, as Flink's are."""

    def __init__(self, address, database):
        self.address = urllib.parse.urlsplit(address).netloc
        self.path = f"/write?db={database}&rp=&precision=n&consistency=one"
        self.failing = False

    def send(self, samples):
        """Of (measurement, tags, {field: value})."""
        now = time.time_ns() // 1_000_000 * 1_000_000
        body = "".join(f"{name},{tags} {','.join(f'{key}={field(value)}' for key, value in fields.items())} {now}\n"
                       for name, tags, fields in samples)
        connection = http.client.HTTPConnection(self.address, timeout=5)
        try:
            connection.request("POST", self.path, body.encode(), {"Content-Type": "text/plain", "User-Agent": "okhttp/3.14.9"})
            answer = connection.getresponse()
            told = answer.read().decode(errors="replace")
            failure = None if answer.status == 204 else f"{answer.status} {told}"
        except OSError as error:
            failure = str(error)
        finally:
            connection.close()
        if failure and not self.failing:
            print(f"a report is lost: {failure}", flush=True)
        self.failing = failure is not None


def jvm(kind, tags, began):
    """What every process of Flink's tells of itself."""
    used = int(120_000_000 + 40_000_000 * ((time.monotonic() - began) / 30 % 1))
    for name, value in {"CPU_Load": 0.05, "Threads_Count": 48, "Memory_Heap_Used": used, "Memory_Heap_Max": 402_653_184,
                        "Memory_Heap_Committed": 402_653_184, "Memory_NonHeap_Used": 70_000_000,
                        "GarbageCollector_All_Count": int(time.monotonic() - began) // 30,
                        "GarbageCollector_All_Time": int(time.monotonic() - began)}.items():
        yield f"{kind}_Status_JVM_{name}", tags, {"value": value}


class JobManager:
    def __init__(self, directory):
        self.began = time.monotonic()
        self.lock = threading.Lock()
        self.last_heard = {}  # TaskManager: when, None while it is connected
        self.restarts = 0
        self.running_since = time.monotonic()
        self.server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, daemon=True).start()
        # As one, so that nobody reads half of it.
        (directory / "port.new").write_text(str(self.server.getsockname()[1]))
        (directory / "port.new").rename(directory / "jobmanager.port")

    def accept(self):
        while True:
            connection, _ = self.server.accept()
            threading.Thread(target=self.listen, args=(connection,), daemon=True).start()

    def listen(self, connection):
        """A TaskManager says its name and keeps its connection as long as it lives."""
        with connection, connection.makefile() as stream:
            name = stream.readline().strip()
            if not name:
                return
            with self.lock:
                self.last_heard[name] = None
            print(f"TaskManager {name} is registered", flush=True)
            try:
                stream.read()
            except OSError:
                pass
            with self.lock:
                self.last_heard[name] = time.monotonic()

    def task_managers(self):
        with self.lock:
            for name, heard in list(self.last_heard.items()):
                if heard is not None and time.monotonic() - heard > HEARTBEAT_TIMEOUT:
                    del self.last_heard[name]
                    self.restarts += 1
                    self.running_since = time.monotonic()
                    print(f"TaskManager {name} is gone: no heartbeat for {HEARTBEAT_TIMEOUT:.0f} s; the job restarts", flush=True)
            return len(self.last_heard)

    def samples(self):
        registered = self.task_managers()
        host = "host=" + escaped(socket.gethostname())
        runs = registered > 0
        for name, value in {"numRegisteredTaskManagers": registered, "numRunningJobs": int(runs),
                            "taskSlotsTotal": SLOTS * registered, "taskSlotsAvailable": max(0, SLOTS * registered - 2)}.items():
            yield f"jobmanager_{name}", host, {"value": value}
        ran = int((time.monotonic() - self.running_since) * 1000) if runs else 0
        age = int((time.monotonic() - self.began) * 1000)
        for name, value in {"uptime": ran, "downtime": 0 if runs else age, "runningTime": ran, "failingTime": 0,
                            "restartingTime": 0 if runs else 1, "createdTime": 0, "deployingTime": 0, "numRestarts": self.restarts,
                            "fullRestarts": self.restarts, "numberOfCompletedCheckpoints": age // 10_000,
                            "totalNumberOfCheckpoints": age // 10_000, "numberOfFailedCheckpoints": 0,
                            "numberOfInProgressCheckpoints": 0, "lastCheckpointDuration": 320,
                            "lastCheckpointSize": 1_250_000}.items():
            yield f"jobmanager_job_{name}", f"{host},{JOB}", {"value": value}
        yield from jvm("jobmanager", host, self.began)


class TaskManager:
    def __init__(self, directory, name, number):
        self.began = time.monotonic()
        self.name = name
        self.number = number
        port = int((directory / "jobmanager.port").read_text())
        self.connection = socket.create_connection(("127.0.0.1", port), 5)
        self.connection.sendall(f"{name}\n".encode())

    def samples(self):
        host = f"host={escaped(socket.gethostname())},tm_id={escaped(self.name)}"
        yield from jvm("taskmanager", host, self.began)
        records = int((time.monotonic() - self.began) * RECORDS_PER_SECOND)
        for number, task in enumerate((SOURCE, SINK)):
            tags = (f"{host},{JOB},subtask_index={self.number},task_attempt_num=0,task_id={number:032x},"
                    f"task_name={escaped(task)}")
            for name in ("numRecordsIn", "numRecordsOut", "numBytesIn", "numBytesOut"):
                scale = 100 if "Bytes" in name else 1
                yield f"taskmanager_job_task_{name}", tags, {"count": records * scale}
                yield f"taskmanager_job_task_{name}PerSecond", tags, {"count": records * scale, "rate": RECORDS_PER_SECOND * scale}
            for name, value in {"backPressuredTimeMsPerSecond": 40, "busyTimeMsPerSecond": 310.0, "idleTimeMsPerSecond": 650,
                                "isBackPressured": False, "buffers_inPoolUsage": 0.1, "buffers_outPoolUsage": 0.1,
                                "currentInputWatermark": int(time.time() * 1000) - 2000}.items():
                yield f"taskmanager_job_task_{name}", tags, {"value": value}
            operator = f"{tags},operator_id={number:032x},operator_name={escaped(task)}"
            if number == 0:
                yield "taskmanager_job_task_operator_pendingRecords", operator, {"value": 120}
                yield ("taskmanager_job_task_operator_KafkaSourceReader_KafkaConsumer_records_lag_max", operator, {"value": 60.0})
            else:
                for name in ("numRecordsSendErrors", "numRecordsSend"):
                    yield f"taskmanager_job_task_operator_{name}", operator, {"count": 0 if "Errors" in name else records}


def work(role, reporter, interval):
    """Reports until it is ended or killed."""
    while True:
        reporter.send(role.samples())
        time.sleep(interval)


def run_one(options, directory):
    name = options.task_manager or "jobmanager"
    (directory / f"{name}.pid").write_text(f"{os.getpid()}\n")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if options.task_manager:
        number = int("".join(each for each in name if each.isdigit()) or 1) - 1
        try:
            role = TaskManager(directory, name, number)
        except (OSError, ValueError):
            sys.exit(f"There is no JobManager: start standin.py without --task-manager first (it leaves its port in {directory}).")
        print(f"TaskManager {name} is process {os.getpid()}", flush=True)
    else:
        role = JobManager(directory)
    work(role, Reporter(options.weir, options.database), options.interval)


def wait_for(path):
    while not path.exists():
        time.sleep(0.02)


def start(options, *arguments):
    # A session of its own: Ctrl-C ends this process, which ends them.
    return subprocess.Popen([sys.executable, __file__, "--weir", options.weir, "--database", options.database,
                             "--directory", options.directory, "--interval", str(options.interval), *arguments],
                            start_new_session=True)


def run_all(options, directory):
    """A JobManager and two TaskManagers, until Ctrl-C. What is killed is not started again."""
    (directory / "jobmanager.port").unlink(missing_ok=True)
    children = {"jobmanager": start(options, "--job-manager")}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        wait_for(directory / "jobmanager.port")
        for name in ("tm-1", "tm-2"):
            children[name] = start(options, "--task-manager", name)
        print(f"A job runs, or seems to, and reports to {options.weir} every {options.interval:g} s; Ctrl-C ends it.\n"
              f"To kill a TaskManager:        kill -9 $(cat {directory}/tm-2.pid)\n"
              f"and to start it again:        python3 {os.path.relpath(__file__)} --task-manager tm-2", flush=True)
        while children:
            for name, child in list(children.items()):
                if child.poll() is not None:
                    del children[name]
                    print(f"{name} (process {child.pid}) is gone", flush=True)
            time.sleep(0.2)
    except KeyboardInterrupt:
        pass
    finally:
        for child in children.values():
            child.terminate()
        for child in children.values():
            child.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weir", default=os.environ.get("WEIR", "http://127.0.0.1:8086"), help="its address, else $WEIR")
    parser.add_argument("--database", default="flink")
    parser.add_argument("--interval", type=float, default=5.0, help="seconds between reports")
    parser.add_argument("--directory", default=os.environ.get("WEIR_STANDIN", "build/kit/standin"), help="for its process ids")
    parser.add_argument("--task-manager", metavar="NAME", help="this one alone, such as tm-2")
    parser.add_argument("--job-manager", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    directory = pathlib.Path(options.directory)
    directory.mkdir(parents=True, exist_ok=True)
    try:
        if options.task_manager or options.job_manager:
            run_one(options, directory)
        else:
            run_all(options, directory)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
