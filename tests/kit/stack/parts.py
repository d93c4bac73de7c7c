# SPDX-License-Identifier: Apache-2.0
"""The kit's programs: each with the configuration of conf/kit, in which only addresses and directories are this machine's."""

import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import sys

from harness.client import Client
from harness.process import Process, ProcessFailed

from .tools import KIT, server
from .unpacked import alertmanager

PR_SET_PDEATHSIG = 1


def end_with_the_kit():
    """In the child: where the kit itself is killed, its programs end, too."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def replaced(text, *pairs):
    """Each old text is there, and becomes the new one."""
    for old, new in pairs:
        assert old in text, f"{old} is not in the configuration"
        text = text.replace(old, new)
    return text


class Part(Process):
    """In a session of its own: Ctrl-C reaches the kit alone, which ends its parts in their order."""

    def __init__(self, name, directory, port, ready):
        self.name = name
        super().__init__(directory)
        self.address = f"127.0.0.1:{port}"
        self.url = f"http://{self.address}"
        self.ready_path = ready

    def launch(self, command, env=None):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([str(part) for part in command], cwd=self.directory, env={**os.environ, **(env or {})},
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
                                            preexec_fn=end_with_the_kit)

    def is_ready(self):
        try:
            return Client(self.address, timeout=5).get(self.ready_path).status in (200, 204)
        except OSError:
            return False

    def start(self):
        self.launch(*self.command())
        self.wait_ready(self.is_ready, 60)


class Alerts(Part):
    """Where Alertmanager's messages are printed."""

    def __init__(self, directory, ports):
        super().__init__("alerts", directory / "alerts", ports["alerts"], "/")
        self.kept = self.directory / "alerts.jsonl"

    def command(self):
        return [[sys.executable, KIT / "tools" / "print_alerts.py", "--port", self.address.rpartition(":")[2], "--keep", self.kept]]


class Alertmanager(Part):
    def __init__(self, directory, ports):
        super().__init__("alertmanager", directory / "alertmanager", ports["alertmanager"], "/-/ready")
        shutil.copytree(KIT / "alertmanager", self.directory, dirs_exist_ok=True)
        config = self.directory / "alertmanager.yml"
        config.write_text(replaced(config.read_text(), ("http://127.0.0.1:9095/", f"http://127.0.0.1:{ports['alerts']}/")))

    def command(self):
        return [[alertmanager(self.directory), "--config.file=alertmanager.yml", "--storage.path=data",
                 f"--web.listen-address={self.address}", f"--web.external-url={self.url}", "--cluster.listen-address=",
                 f"--web.ui-path={self.directory}/ui/", "--log.level=warn"]]


class Influxdb(Part):
    def __init__(self, directory, ports):
        super().__init__("influxdb", directory / "influxdb", ports["influxdb"], "/ping")
        self.rpc = f"127.0.0.1:{ports['influxdb_rpc']}"

    def command(self):
        return [server("influxdb/usr/bin/influxd"), "-config", KIT / "influxdb" / "influxdb.conf"], {
            "INFLUXDB_HTTP_BIND_ADDRESS": self.address, "INFLUXDB_BIND_ADDRESS": self.rpc,
            "INFLUXDB_META_DIR": f"{self.directory}/meta", "INFLUXDB_DATA_DIR": f"{self.directory}/data",
            "INFLUXDB_DATA_WAL_DIR": f"{self.directory}/wal"}


class Prometheus(Part):
    def __init__(self, directory, ports):
        super().__init__("prometheus", directory / "prometheus", ports["prometheus"], "/-/ready")
        shutil.copytree(KIT / "prometheus", self.directory, dirs_exist_ok=True)
        for target in (self.directory / "targets").iterdir():
            target.write_text(f'- targets: ["127.0.0.1:{ports[target.stem]}"]\n')

    def command(self):
        executable = server("prometheus/usr/bin/prometheus")
        # Debian's looks for its pages where its package puts them.
        pages = executable.parents[1] / "share" / "prometheus" / "web"
        return [[executable, "--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.local-assets={pages}/",
                 f"--web.listen-address={self.address}", f"--web.external-url={self.url}/", "--web.enable-remote-write-receiver",
                 "--log.level=warn"]]


class Node(Part):
    def __init__(self, directory, ports):
        super().__init__("node", directory / "node", ports["node"], "/metrics")

    def command(self):
        return [[server("prometheus-node-exporter/usr/bin/prometheus-node-exporter"), f"--web.listen-address={self.address}",
                 "--log.level=warn"]]


class Weir(Part):
    def __init__(self, directory, ports):
        super().__init__("weir", directory / "weir", ports["weir"], "/ready")
        self.config = self.directory / "weir.toml"
        self.config.write_text(replaced(
            (KIT / "weir.toml").read_text(), ("127.0.0.1:8086", self.address), ("127.0.0.1:8087", f"127.0.0.1:{ports['influxdb']}"),
            ("127.0.0.1:9090", f"127.0.0.1:{ports['prometheus']}"), ("/var/lib/weir", f"{self.directory}/data")))

    def command(self):
        binary = pathlib.Path(os.environ["WEIR_BINARY"])
        if not os.access(binary, os.X_OK):
            raise ProcessFailed(f"{binary} (WEIR_BINARY) is no program; without that variable ./dev kit builds one")
        return [[binary, "run", "--config", self.config]]


# In the order of their start: what one needs is there before it.
PARTS = (Alerts, Alertmanager, Influxdb, Prometheus, Node, Weir)
