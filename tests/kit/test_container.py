# SPDX-License-Identifier: Apache-2.0
"""The image and the compose file, as far as they can be seen without images: what they name is there, each configuration is taken by its
program with the options that it is given there, and the healthcheck tells a weir that is well from one that is not."""

import json
import os
import re
import shlex
import shutil
import subprocess

import pytest
import yaml
from harness.process import wait_until
from harness.scripted import Scripted
from harness.settings import influx_sink, settings
from stack.tools import KIT, ROOT, promtool, weir

FOLDER = KIT / "container"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]


def instructions():
    """(name, the rest) of the Containerfile's."""
    text = re.sub(r"^#.*\n", "", (FOLDER / "Containerfile").read_text(), flags=re.MULTILINE).replace("\\\n", "")
    return [line.split(None, 1) for line in text.splitlines() if line.strip()]


def value_of(name):
    return [rest for each, rest in instructions() if each == name][-1]


# --- the image


def test_the_image_has_two_stages_and_a_user_of_its_own():
    names = [name for name, _ in instructions()]
    assert names.count("FROM") == 2
    assert value_of("USER") == "8086:8086" and f"--uid {value_of('USER').partition(':')[0]}" in str(instructions())
    assert value_of("ARG").rpartition(":")[2] not in ("", "latest")
    # Nothing secret, and nothing that could be: no variable of the environment at all.
    assert "ENV" not in names
    assert "/build" in (ROOT / ".dockerignore").read_text().splitlines()


def test_the_images_command_is_one_that_weir_takes(tmp_path):
    command = json.loads(value_of("CMD"))
    assert json.loads(value_of("ENTRYPOINT")) == ["/usr/bin/weir"] and command[0] == "run"
    at = command.index("--config") + 1
    assert command[at] == "/etc/weir/weir.toml"  # the package's
    packaged = tmp_path / "weir.toml"
    packaged.write_text((ROOT / "conf" / "weir.toml").read_text().replace("weir-data", "/var/lib/weir"))
    command[at] = str(packaged)
    assert "no mistake found" in weir("config", "check", *command[1:])
    assert '"0.0.0.0:8086"' in weir("config", "show", *command[1:])


def healthcheck(weir_address):
    command = json.loads(value_of("HEALTHCHECK").partition("CMD ")[2])
    port = weir_address.rpartition(":")[2]
    assert "/8086 " in command[-1] and " /health " in command[-1]
    return subprocess.run([*command[:-1], command[-1].replace("/8086 ", f"/{port} ")], capture_output=True, timeout=20, check=False)


def test_the_healthcheck_tells_well_from_ill(start_weir):
    with Scripted(lambda *_: (401, {}, b'{"error":"authorization failed"}')) as server:
        held = start_weir(settings(influx_sink(server.url)))
        assert healthcheck(held.client.address).returncode == 0
        assert held.client.write("cpu value=1", "mydb").status == 204
        wait_until(lambda: held.client.get("/health").status == 503, 20, "a database that is held")
        assert healthcheck(held.client.address).returncode == 1
    assert held.stop() == 0
    assert healthcheck("127.0.0.1:1").returncode == 1


# --- the compose file


def environment():
    return {**os.environ, "KIT_HOST": "watch.example.org"}


def test_compose_takes_it(tmp_path):
    if shutil.which("docker-compose") is None:
        pytest.skip("docker-compose is not installed")
    done = subprocess.run(["docker-compose", "-f", FOLDER / "compose.yaml", "config"], capture_output=True, text=True, timeout=60,
                          env=environment(), cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    assert set(yaml.safe_load(done.stdout)["services"]) == set(SERVICES)
    without = subprocess.run(["docker-compose", "-f", FOLDER / "compose.yaml", "config", "-q"], capture_output=True, text=True,
                             timeout=60, env={key: value for key, value in environment().items() if key != "KIT_HOST"}, check=False)
    assert without.returncode != 0 and "the name that others reach this machine by" in without.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_shut_in_pinned_and_watched(name):
    service = SERVICES[name]
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r".+:v?\d+\.\d+\.\d+[\w.-]*", service["image"])
    assert name == "weir" or "test" in service["healthcheck"]  # weir's is the image's
    for port in service.get("ports", []):
        assert port.startswith("${KIT_LISTEN:-127.0.0.1}:")
    for key, value in (service.get("environment") or {}).items():
        assert not re.search(r"PASSWORD$|SECRET|TOKEN$", key) or value.startswith("${"), key


def test_what_is_mounted_is_there():
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source, target, *_ = volume.split(":")
            assert target.startswith("/")
            if source.startswith("."):
                assert (FOLDER / source).exists(), f"{name}: {source}"
            else:
                assert source == "/" or source in COMPOSE["volumes"]
    assert (FOLDER / SERVICES["weir"]["build"]["context"]).resolve() == ROOT
    assert (ROOT / SERVICES["weir"]["build"]["dockerfile"]).exists()


def test_names_in_it_are_services():
    """Of the others in weir's command, and in the targets."""
    named = re.findall(r"http://([\w-]+):(\d+)", " ".join(SERVICES["weir"]["command"]))
    assert len(named) == 3
    for target in (FOLDER / "targets").iterdir():
        named += [tuple(each.split(":")) for each in yaml.safe_load(target.read_text())[0]["targets"]]
    assert {name for name, _ in named} <= set(SERVICES)
    assert sorted(path.name for path in (FOLDER / "targets").iterdir()) == sorted(
        path.name for path in (KIT / "prometheus" / "targets").iterdir())


def test_weirs_command_there_is_one_that_weir_takes():
    command = ["--config" if each == "--config" else each.replace("/etc/weir/weir.toml", str(KIT / "weir.toml"))
               for each in SERVICES["weir"]["command"][1:]]
    shown = weir("config", "show", *command)
    assert "no mistake found" in weir("config", "check", *command)
    # Nothing is left of the addresses of one machine.
    assert re.findall(r'"(?:http://)?127\.0\.0\.1:\d+', shown) == []


def test_prometheus_takes_its_configuration_there(tmp_path):
    """Put together as its volumes put it together."""
    for volume in SERVICES["prometheus"]["volumes"]:
        source, target, *_ = volume.split(":")
        if source.startswith("."):
            made = tmp_path / target.lstrip("/")
            made.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if (FOLDER / source).is_dir() else shutil.copy)(FOLDER / source, made)
    assert "4 rule files found" in promtool("check", "config", "prometheus.yml", cwd=tmp_path / "etc/prometheus")
    flags = SERVICES["prometheus"]["command"]
    assert "--web.enable-remote-write-receiver" in flags and any(each.startswith("--web.external-url=http://${KIT_HOST:?") for each in flags)


def test_every_link_begins_with_the_machines_name():
    for name, mark in (("prometheus", "--web.external-url=http://${KIT_HOST:?"), ("alertmanager", "--web.external-url=http://${KIT_HOST:?"),
                       ("grafana", "http://${KIT_HOST:?")):
        assert mark in str(SERVICES[name]), name


def test_alerts_are_printed_where_alertmanager_sends_them():
    alerts = SERVICES["alerts"]
    assert alerts["network_mode"] == "service:alertmanager"
    assert "http://127.0.0.1:9095/" in (KIT / "alertmanager" / "alertmanager.yml").read_text()
    assert shlex.join(alerts["command"]).endswith("--port 9095")
