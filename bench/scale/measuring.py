# SPDX-License-Identifier: Apache-2.0
"""What measure.py's parts share: a weir, brokers, load, and how CPU is read."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench" / "load"), str(ROOT / "tests" / "integration")]
import compare  # noqa: E402
from compare import Failed, Running, get, metric  # noqa: E402

NO_SINK = 'name = "nowhere"\ntype = "null"\n'
# Kafka as it is run in production, but for the heap.
JAVA = ["java", "-XX:+UseG1GC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
# Nanoseconds: no series has its times twice.
START = 1_700_000_000_000_000_000


class Broker:
    """CPU of a cluster's brokers, together."""

    def __init__(self, directory, jars, brokers):
        from harness.kafka.brokers import Kafka

        class Cluster(Kafka):
            def java(self, *arguments):
                return [str(part) for part in (*JAVA, f"-Xmx{self.heap}", "-cp", f"{self.jars}/*", *arguments)]

        self.kafka = Cluster(directory, jars, brokers=brokers, heap="1g" if brokers == 1 else "512m")
        self.kafka.start()

    def cpu_seconds(self):
        total = 0.0
        for broker in self.kafka.brokers:
            stat = pathlib.Path(f"/proc/{broker.process.pid}/stat").read_text()
            words = stat[stat.rindex(")") + 2 :].split()
            total += (int(words[11]) + int(words[12])) / compare.TICKS_A_SECOND
        return total

    def stored_bytes(self, topic):
        """Of the segments of one replica of each partition."""
        found = {}
        for broker in self.kafka.brokers:
            for path in broker.directory.glob(f"data/{topic}-*/*.log"):
                place = path.parent.name
                size = sum(each.stat().st_size for each in path.parent.glob("*.log"))
                if re.fullmatch(rf"{re.escape(topic)}-\d+", place):
                    found[place] = max(found.get(place, 0), size)
        return sum(found.values())

    def end(self):
        self.kafka.kill()


class Weir:
    """A weir with these tables, by compare.py's rules."""

    def __init__(self, options, directory, text):
        self.directory = directory
        config = directory / "weir.toml"
        config.write_text('[http]\nlisten = ["127.0.0.1:0"]\n' + text)
        announced = directory / "announced.json"
        announced.unlink(missing_ok=True)
        self.running = Running("weir", [options.weir, "run", "--config", config, "--announce", announced], directory)
        try:
            self.running.wait_for(announced.exists)
            self.address = json.loads(announced.read_text())["http"][0]
        except Failed:
            self.running.end()
            raise

    def metrics(self):
        return get(self.address, "/metrics")

    def cpu_seconds(self):
        return self.running.cpu_seconds()


def load(options, address, lines, batch, start, extra=()):
    command = [options.weir, "load", "--url", f"http://{address}/write?db=bench", "--json", "--connections", 4]
    command += ["--batch", batch, "--lines", lines, "--ring", "256MiB", "--start", start, *extra]
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=False, timeout=600)
    if done.returncode != 0:
        raise Failed(f"the load was not all accepted: {done.stdout}")
    return json.loads(done.stdout)


def directory_of(options):
    return pathlib.Path(tempfile.mkdtemp(prefix="weir-scale-", dir=options.directory))


def local_log(acknowledge="written", compression="none"):
    return f'[log]\ntype = "local"\ndirectory = "log"\nkeep = "8GiB"\nacknowledge = "{acknowledge}"\ncompression = "{compression}"\n'


def kafka_log(addresses, topic, shards, acknowledge="written", compression="none", replication=0, **more):
    text = f'[log]\ntype = "kafka"\nbrokers = {json.dumps(addresses)}\ntopic = "{topic}"\nshards = {shards}\n'
    text += f'acknowledge = "{acknowledge}"\ncompression = "{compression}"\nreplication = {replication}\n'
    return text + "".join(f"{key} = {json.dumps(value)}\n" for key, value in more.items())


def say(options, number, name, found):
    figures = ", ".join(f"{key} {value:.2f}" for key, value in found.items() if isinstance(value, float))
    print(f"round {number + 1}/{options.rounds}, {name}: {figures}; load average {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
