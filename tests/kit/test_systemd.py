# SPDX-License-Identifier: Apache-2.0
"""One machine with the kit from Debian's packages: what set-up puts there is taken by systemd and by the programs, and their command
lines in the units start them."""

import os
import pathlib
import re
import shlex
import shutil
import subprocess

import pytest
import yaml
from harness.client import Client
from harness.process import wait_until
from stack.parts import Part
from stack.ports import choose
from stack.tools import KIT, ROOT, amtool, promtool, server, weir
from stack.unpacked import alertmanager

NAME = "watch.example.org"
UNITS = {"influxdb": "influxdb", "prometheus": "prometheus", "prometheus-alertmanager": "prometheus-alertmanager",
         "prometheus-node-exporter": "prometheus-node-exporter"}


def set_up(root, *arguments):
    return subprocess.run([KIT / "systemd" / "set-up", *arguments], env={**os.environ, "DESTDIR": str(root)}, capture_output=True,
                          text=True, timeout=60, check=False)


@pytest.fixture
def root(tmp_path):
    done = set_up(tmp_path, NAME)
    assert done.returncode == 0, done.stderr
    return tmp_path


def test_what_it_puts_there_is_taken_by_the_programs(root):
    etc = root / "etc/weir-kit"
    assert "4 rule files found" in promtool("check", "config", etc / "prometheus/prometheus.yml")
    assert "1 templates" in amtool("check-config", etc / "alertmanager/alertmanager.yml", cwd=etc / "alertmanager")
    assert "no mistake found" in weir("config", "check", "--config", etc / "weir.toml")
    for target in (etc / "prometheus/targets").iterdir():
        (each,) = yaml.safe_load(target.read_text())
        shipped = yaml.safe_load((KIT / "prometheus/targets" / target.name).read_text())[0]["targets"]
        port = shipped[0].rpartition(":")[2]
        assert each == {"targets": shipped, "labels": {"instance": f"{NAME}:{port}", "host": NAME}}
    assert f"KIT_HOST={NAME}\n" in (etc / "environment").read_text()


def test_it_changes_nothing_that_is_there(root):
    mine = root / "etc/weir-kit/alertmanager/alertmanager.yml"
    mine.write_text("mine\n")
    environment = (root / "etc/weir-kit/environment").read_text()
    done = set_up(root, "other.example.org")
    assert done.returncode == 0 and f"{mine} is there already and stays" in done.stdout
    assert mine.read_text() == "mine\n" and (root / "etc/weir-kit/environment").read_text() == environment


@pytest.mark.parametrize("name", ["localhost", "localhost.localdomain", "a b", "a/b"])
def test_a_name_that_leads_nowhere_is_refused(tmp_path, name):
    done = set_up(tmp_path, name)
    assert done.returncode == 1 and "no name that others reach" in done.stderr
    assert not (tmp_path / "etc").exists()


def test_systemd_takes_the_units(root):
    """Debian's own with the kit's drop-ins, and the target. Programs are looked for where they are; here they are unpacked."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    folder = root / "etc/systemd/system"
    for name, package in UNITS.items():
        unit = server(f"{package}/usr/bin/{'influxd' if name == 'influxdb' else package}").parents[2]
        shutil.copy(unit / f"lib/systemd/system/{name}.service", folder)
    shutil.copy(ROOT / "conf/systemd/weir.service", folder)
    for path in folder.rglob("*"):
        if path.is_file():
            text = re.sub(r"^Documentation=.*\n", "", path.read_text(), flags=re.MULTILINE)
            path.write_text(re.sub(r"(?<=ExecStart=)/usr/bin/[\w-]+", "/bin/true", text))
    names = [f"{name}.service" for name in (*UNITS, "weir")] + ["weir-kit.target"]
    done = subprocess.run(["systemd-analyze", "verify", "--recursive-errors=yes", *names], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:"}, check=False)
    ours = [line for line in done.stderr.splitlines() if str(folder) in line or any(name in line for name in names)]
    assert ours == [], done.stderr
    # It did read the drop-ins: a second command, for want of an empty one before it, is refused.
    (folder / "prometheus.service.d/weir-kit.conf").write_text("[Service]\nExecStart=/bin/false\n")
    done = subprocess.run(["systemd-analyze", "verify", "prometheus.service"], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:"}, check=False)
    assert "more than one ExecStart" in done.stderr, done.stderr
    target = (folder / "weir-kit.target").read_text()
    assert set(re.search(r"^Wants=(.*)$", target, re.MULTILINE).group(1).split()) == set(names[:-1])


def command_of(root, name, environment):
    """The unit's, as systemd would make it."""
    text = (root / f"etc/systemd/system/{name}.service.d/weir-kit.conf").read_text().replace("\\\n", "")
    line = re.findall(r"^ExecStart=(.+)$", text, re.MULTILINE)[0]
    for key, value in environment.items():
        line = line.replace(f"${{{key}}}", value)
    return [word for word in shlex.split(line) if not word.startswith("$")]  # $ARGS, which is empty


ADDRESSES = {"prometheus": ("9090", "/-/ready"), "prometheus-alertmanager": ("9093", "/-/ready"),
             "prometheus-node-exporter": ("9100", "/metrics")}


@pytest.mark.parametrize("name", ADDRESSES)
def test_the_command_line_of_a_unit_starts_it(root, processes, name):
    port, ready = ADDRESSES[name]
    chosen, _ = choose(any_ports=True)
    part = Part(name, root / "run", chosen["prometheus"], ready)
    processes.append(part)
    environment = dict(line.split("=") for line in (root / "etc/weir-kit/environment").read_text().splitlines() if line[0] != "#")
    executable, *arguments = command_of(root, name, environment)
    executable = alertmanager(part.directory) if "alertmanager" in name else server(f"{name}{executable}")
    arguments = [each.replace("/etc/weir-kit", f"{root}/etc/weir-kit").replace("/var/lib", f"{root}/var/lib")
                 .replace("/usr/share/weir/kit", str(KIT))
                 .replace(f"127.0.0.1:{port}", part.address) for each in arguments]
    part.launch([executable, *arguments])
    part.wait_ready(part.is_ready, 60)
    if name == "prometheus":
        # Links begin with the name, and targets are called by it.
        client = Client(part.address)
        assert client.get("/").headers["location"].startswith("/")
        found = wait_until(lambda: client.get("/api/v1/targets").json()["data"]["activeTargets"], 30, "targets")
        assert {each["labels"]["host"] for each in found} == {NAME}
        assert client.get("/api/v1/status/flags").json()["data"]["web.external-url"] == f"http://{NAME}:9090/"


def test_influxdb_and_weir_are_started_with_files_that_are_there(root):
    for name, flag in (("influxdb", "-config"), ("weir", "--config")):
        words = command_of(root, name, {})
        config = words[words.index(flag) + 1]
        assert pathlib.Path(f"{root}{config}").is_file(), config
