# SPDX-License-Identifier: Apache-2.0
"""Flink as it comes from PyPI: a JobManager and TaskManagers, each a process on loopback, and jobs for them."""

import json
import pathlib
import shutil
import socket
import subprocess
import uuid

from harness.client import Client
from harness.process import Process, wait_until

# What Flink's own start scripts say.
EXPORTS = ("java.base/sun.net.util", "java.rmi/sun.rmi.registry")
OPENS = ("lang", "net", "io", "nio", "lang.reflect", "text", "time", "util", "util.concurrent",
         "util.concurrent.atomic", "util.concurrent.locks")
JAVA = [
    "java",
    *(f"--add-exports={package}=ALL-UNNAMED" for package in EXPORTS),
    *(f"--add-opens=java.base/java.{package}=ALL-UNNAMED" for package in OPENS),
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
]

# Small processes, and what the start scripts would work out. A job is spread over both TaskManagers, and has room in one.
CLUSTER = """
jobmanager.rpc.address: 127.0.0.1
jobmanager.rpc.port: {rpc}
jobmanager.bind-host: 127.0.0.1
rest.address: 127.0.0.1
rest.bind-address: 127.0.0.1
rest.port: {rest}
jobmanager.memory.process.size: 1024m
taskmanager.host: 127.0.0.1
taskmanager.bind-host: 127.0.0.1
taskmanager.numberOfTaskSlots: 3
taskmanager.cpu.cores: 2.0
taskmanager.memory.task.heap.size: 128m
taskmanager.memory.task.off-heap.size: 0m
taskmanager.memory.managed.size: 16m
taskmanager.memory.network.min: 32m
taskmanager.memory.network.max: 32m
taskmanager.memory.framework.heap.size: 64m
taskmanager.memory.framework.off-heap.size: 32m
taskmanager.memory.jvm-metaspace.size: 128m
taskmanager.memory.jvm-overhead.min: 64m
taskmanager.memory.jvm-overhead.max: 64m
heartbeat.interval: 1000
heartbeat.timeout: 10000
taskmanager.load-balance.mode: SLOTS
restart-strategy.type: fixed-delay
restart-strategy.fixed-delay.attempts: 1000
restart-strategy.fixed-delay.delay: 1 s
io.tmp.dirs: {directory}/tmp
"""

LOGGING = """
rootLogger.level = INFO
rootLogger.appenderRef.console.ref = Console
appender.console.name = Console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %c %m%n
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Distribution:
    """An unpacked Flink: lib/ and plugins/. With `kafka`, its processes have the Kafka connector, too."""

    def __init__(self, directory, kafka=False):
        self.directory = pathlib.Path(directory)
        self.version = self.directory.name
        self.kafka = kafka
        # Where conf/flink has its configuration, and where it reads it.
        self.file_name = "flink-conf.yaml" if self.version.startswith("1.") else "config.yaml"

    @property
    def classpath(self):
        folders = ["lib", "kafka"] if self.kafka else ["lib"]
        return ":".join(f"{self.directory}/{folder}/*" for folder in folders)

    def job(self, name="GaugeJob"):
        """The jar of job/NAME.java, compiled once for each version and text of it."""
        source = pathlib.Path(__file__).parent.parent / "job" / f"{name}.java"
        jar = self.directory / f"{name}.jar"
        if jar.exists() and jar.stat().st_mtime > source.stat().st_mtime:
            return jar
        classes = self.directory / f"{name}.classes"
        shutil.rmtree(classes, ignore_errors=True)
        run(["javac", "-proc:none", "-cp", self.classpath, "-d", classes, source])
        made = self.directory / f"{name}.new.jar"
        run(["jar", "--create", "--file", made, "--main-class", name, "-C", classes, "."])
        return made.rename(jar)


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


class FlinkProcess(Process):
    def __init__(self, directory, name, cluster, heap, arguments):
        self.name = name
        super().__init__(directory)
        self.cluster = cluster
        self.heap = heap
        self.arguments = arguments

    def start(self):
        flink = self.cluster.flink
        command = [*JAVA, f"-Dlog4j.configurationFile=file:{self.cluster.logging}", f"-Xmx{self.heap}", "-cp",
                   flink.classpath, *self.arguments, "--configDir", self.cluster.configuration]
        if self.name != "jobmanager":
            command += ["-D", f"taskmanager.resource-id={self.name}"]
        self.launch(command, {"FLINK_CONF_DIR": str(self.cluster.configuration),
                              "FLINK_LIB_DIR": str(flink.directory / "lib"),
                              "FLINK_PLUGINS_DIR": str(flink.directory / "plugins")})
        return self


class Cluster:
    """`reporters` is the text of the reporters' configuration, `file_name` that of the file it stands in, `task_managers` their
    names."""

    def __init__(self, directory, flink, file_name, reporters, task_managers):
        self.flink = flink
        self.directory = pathlib.Path(directory)
        self.configuration = self.directory / "conf"
        self.configuration.mkdir(parents=True)
        self.logging = self.configuration / "log4j.properties"
        self.logging.write_text(LOGGING)
        self.rest = Client(f"127.0.0.1:{free_port()}")
        keys = CLUSTER.format(rpc=free_port(), rest=self.rest.address.rpartition(":")[2], directory=self.directory)
        (self.configuration / file_name).write_text(keys + reporters)
        (self.directory / "tmp").mkdir()
        self.job_manager = FlinkProcess(
            self.directory / "jobmanager", "jobmanager", self, "512m",
            ["org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"])
        self.task_managers = {
            name: FlinkProcess(self.directory / name, name, self, "384m",
                               ["org.apache.flink.runtime.taskexecutor.TaskManagerRunner"]) for name in task_managers}
        self.processes = [self.job_manager, *self.task_managers.values()]

    def start(self):
        for process in self.processes:
            process.start()
        self.job_manager.wait_ready(lambda: self.registered() == len(self.task_managers), 240)
        return self

    def registered(self):
        try:
            return self.ask("/overview")["taskmanagers"]
        except (OSError, KeyError, ValueError):
            return None  # it starts

    def ask(self, path, method="GET", body=None, headers=None):
        answer = self.rest.request(method, path, None, body, headers)
        return answer.json() if answer.body else {}

    def submit(self, *arguments, job="GaugeJob"):
        """Runs the job; its id."""
        boundary = uuid.uuid4().hex
        jar = self.flink.job(job).read_bytes()
        head = (f'--{boundary}\r\nContent-Disposition: form-data; name="jarfile"; filename="job.jar"\r\n'
                "Content-Type: application/x-java-archive\r\n\r\n")
        body = head.encode() + jar + f"\r\n--{boundary}--\r\n".encode()
        told = self.ask("/jars/upload", "POST", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
        name = told["filename"].rpartition("/")[2]
        told = self.ask(f"/jars/{name}/run", "POST", json.dumps({"programArgsList": arguments}),
                        {"Content-Type": "application/json"})
        return told["jobid"]

    def cancel(self, job):
        self.ask(f"/jobs/{job}?mode=cancel", "PATCH")
        wait_until(lambda: self.ask(f"/jobs/{job}")["state"] == "CANCELED", 30, "the job is cancelled")

    def checkpoints(self, job):
        return self.ask(f"/jobs/{job}/checkpoints").get("counts", {}).get("completed", 0)

    def stop(self):
        """In order, TaskManagers first, as stop-cluster.sh does."""
        for process in reversed(self.processes):
            process.stop(30)
