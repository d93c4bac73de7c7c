# SPDX-License-Identifier: Apache-2.0
"""`weir log move` between a local log and one in Kafka, and two servers behind that tell what came."""

import json
import subprocess

from ..process import wait_until
from ..recorder import Recorder
from ..settings import influx_sink, settings
from .fleet import weir_of

SHARDS = 3
SERIES = 12
T = 1_700_000_000_000_000_000


class Servers:
    """Two servers behind: `near` takes all, `far` is down, or has no database `late`, as a test says."""

    def __init__(self):
        self.near, self.far = Recorder({"good", "late"}), Recorder({"good"})
        self.written = {"good": [], "late": []}

    def sinks(self):
        keys = {"park_after": "0s", "retry_most": "200ms", "create_databases": False}
        return influx_sink(self.near.url, "near", **keys), influx_sink(self.far.url, "far", **keys)

    def write(self, weir, database, begin, end):
        lines = [f"m,s={series} v={number}i {T + number}" for number in range(begin, end) for series in range(SERIES)]
        assert weir.client.write("\n".join(lines), database).status == 204
        self.written[database] += lines

    def mend(self):
        self.far.down = False
        self.far.databases.add("late")

    def check(self, weir):
        """Each has each point once, and of each series in order."""
        everything = {database: sorted(lines) for database, lines in self.written.items()}

        def arrived():
            return all(
                set(server.of(database)) >= set(lines)
                for server in (self.near, self.far)
                for database, lines in everything.items()
            )

        wait_until(arrived, 60, "all points", weir.must_be_alive)
        for server in (self.near, self.far):
            for database, lines in everything.items():
                found = server.of(database)
                assert sorted(found) == lines, "nothing comes twice after an orderly end"
                for series in range(SERIES):
                    mine = [line for line in found if line.startswith(f"m,s={series} ")]
                    assert mine == [line for line in self.written[database] if line.startswith(f"m,s={series} ")]

    def stop(self):
        self.near.stop()
        self.far.stop()


def local_config(servers, brokers, **log):
    keys = {"segment": "1MiB", "brokers": brokers.addresses, "topic": "weir", "shards": SHARDS, "group": "first", **log}
    return settings(*servers.sinks(), log=keys, service={"state_directory": "state", "drain_timeout": "2s"})


def kafka_config(servers, brokers, group="first", compression="auto", **tables):
    log = {"shards": SHARDS, "group": group, "compression": compression}
    return weir_of(brokers.addresses, *servers.sinks(), log=log, service={"drain_timeout": "2s"}, **tables)


def begin_move(weir, to, *arguments):
    command = [weir.executable, "log", "move", "--to", to, "--config", weir.config_path, *arguments]
    return subprocess.Popen(command, cwd=weir.directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def move(weir, to, *arguments):
    with begin_move(weir, to, *arguments) as running:
        out, err = running.communicate(timeout=90)
    return running.returncode, out, err


def moved(weir, to, *arguments):
    code, out, err = move(weir, to, *arguments)
    assert code == 0, out + err
    return out


def data_of(weir, name=""):
    return weir.directory / "weir-data" / name


def stat(weir, config):
    """What `weir log stat` says of the sinks."""
    path = weir.directory / "stat.toml"
    path.write_text(config)
    done = subprocess.run(
        [weir.executable, "log", "stat", "--json", "--config", path], cwd=weir.directory, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["sinks"]
