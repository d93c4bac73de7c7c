# SPDX-License-Identifier: Apache-2.0
"""Weir as a service: what it tells the service manager, its messages as JSON, its package."""

import gzip
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

from harness.terminal.commands import command_names
from harness.process import wait_until
from harness.settings import file_sink, settings

SOURCE = pathlib.Path(__file__).resolve().parents[3]


class Manager:
    """The service manager's end of NOTIFY_SOCKET."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(10)

    def next(self):
        """One message, as a dictionary."""
        text = self.socket.recv(4096).decode()
        return dict(line.split("=", 1) for line in text.splitlines())


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    if request.param == "path":
        name = str(tmp_path / "notify")
        found = Manager(name)
    else:
        name = f"@weir-test-{os.getpid()}-{tmp_path.name}"
        found = Manager("\0" + name[1:])
    found.name = name
    yield found
    found.socket.close()


def test_ready_is_told_when_the_port_answers_and_stopping_at_sigterm(make_weir, manager):
    weir = make_weir(settings(file_sink()))
    weir.environment = {"NOTIFY_SOCKET": manager.name}
    weir.launch(weir.command(), weir.environment)
    ready = manager.next()
    assert ready["READY"] == "1"
    address = re.fullmatch(r"receiving on (127\.0\.0\.1:\d+)", ready["STATUS"]).group(1)
    host, port = address.split(":")
    socket.create_connection((host, int(port)), 5).close()  # at once, without waiting
    weir.send_signal(signal.SIGTERM)
    assert manager.next()["STOPPING"] == "1"
    assert manager.next()["STATUS"] == "delivering what is left"
    assert weir.wait_exit() == 0


def test_a_reload_is_told_from_its_beginning_to_its_end(make_weir, manager):
    weir = make_weir(settings(file_sink()))
    weir.environment = {"NOTIFY_SOCKET": manager.name}
    weir.launch(weir.command(), weir.environment)
    assert manager.next()["READY"] == "1"
    for good in (True, False):
        weir.configure(settings(file_sink()) if good else "not TOML")
        weir.send_signal(signal.SIGHUP)
        begun = manager.next()
        assert begun["RELOADING"] == "1"
        assert 0 < int(begun["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
        ended = manager.next()
        assert ended["READY"] == "1"
        assert ("failed" in ended["STATUS"]) is not good
    assert weir.stop() == 0


def test_a_start_that_fails_is_never_ready(make_weir, start_weir, manager):
    holder = start_weir(settings(file_sink()))
    weir = make_weir(settings(file_sink()), sets=[f"http.listen=[{json.dumps(holder.client.address)}]"])
    weir.environment = {"NOTIFY_SOCKET": manager.name}
    weir.launch(weir.command(), weir.environment)
    assert weir.wait_exit() == 1
    manager.socket.settimeout(0)
    with pytest.raises(BlockingIOError):
        manager.next()


def test_without_a_manager_nothing_is_said(start_weir):
    weir = start_weir(settings(file_sink()))
    assert weir.stop() == 0
    assert "service manager" not in weir.log()


def test_a_manager_that_is_gone_stops_nothing(make_weir, tmp_path):
    weir = make_weir(settings(file_sink()))
    weir.environment = {"NOTIFY_SOCKET": str(tmp_path / "nobody")}
    weir.start()
    assert weir.client.write("cpu value=1i 1600000000000000000", "mydb").status == 204
    assert weir.stop() == 0
    assert "the service manager was not told" in weir.log()


def test_messages_as_json_are_one_object_a_line(start_weir):
    weir = start_weir(settings(file_sink(), service={"log_format": "json"}))
    assert weir.stop() == 0
    messages = [json.loads(line) for line in weir.log().splitlines()]
    assert len(messages) >= 3
    for each in messages:
        assert set(each) == {"time", "level", "message"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", each["time"])
        assert each["level"] in ("debug", "info", "warning", "error")
    assert "listens on 127.0.0.1:" in messages[0]["message"]
    assert messages[-1]["message"] == "weir ended"


def test_the_unit_is_one_that_systemd_takes(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    binary = os.environ["WEIR_BINARY"]
    text = (SOURCE / "conf/systemd/weir.service").read_text()
    assert "ExecStart=/usr/bin/weir run --config /etc/weir/weir.toml\n" in text
    # systemd looks for the binary and the manual page; here they are not installed.
    text = text.replace("/usr/bin/weir", binary).replace("Documentation=man:weir(1)\n", "")
    unit = tmp_path / "weir.service"
    unit.write_text(text)
    verdict = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", str(unit)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    about_weir = [line for line in verdict.stderr.splitlines() if "weir.service" in line]
    assert verdict.returncode == 0 and about_weir == [], verdict.stderr


def test_the_unit_is_shut_in(tmp_path):
    """`systemd-analyze security`: 0 is shut in altogether, 10 not at all."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    unit = SOURCE / "conf/systemd/weir.service"
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=13", str(unit)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "SYSTEMD_COLORS": "0", "LANG": "C"},
    )
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd cannot look at a file")
    assert done.returncode == 0, done.stdout + done.stderr  # above 1.3: 1


# --- the package


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The .deb of this build, unpacked: (control, root)."""
    for tool in ("cpack", "dpkg-deb", "dpkg-shlibdeps"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed (packages cmake and dpkg-dev)")
    folder = tmp_path_factory.mktemp("package")
    build = pathlib.Path(os.environ["WEIR_BINARY"]).parent
    command = ["cpack", "--config", build / "CPackConfig.cmake", "-B", folder / "made"]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert made.returncode == 0, made.stdout + made.stderr
    found = list((folder / "made").glob("weir_*.deb"))
    assert len(found) == 1, made.stdout
    subprocess.run(["dpkg-deb", "-R", found[0], folder / "root"], check=True, timeout=60)
    return folder / "root" / "DEBIAN", folder / "root"


def kit_files():
    """Those of conf/kit and of conf/flink, which is a part of it there."""
    conf = SOURCE / "conf"
    found = {str(path.relative_to(conf)) for path in (conf / "kit").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    makes_dashboards = ("kit/grafana/kit_boards/", "kit/grafana/build.py", "kit/grafana/fetch_sdk.sh", "kit/grafana/requirements.txt")
    found = {name for name in found if not name.startswith(makes_dashboards)}
    return found | {f"kit/flink/{path.name}" for path in (conf / "flink").iterdir()}


def test_the_package_holds_what_a_service_needs(package):
    control, root = package
    files = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    kit = {f"usr/share/weir/{name}" for name in kit_files()}
    pages = {name for name in files if name.startswith("usr/share/man/man1/")}
    assert {"usr/share/man/man1/weir.1.gz", "usr/share/man/man1/weir-lint.1.gz"} <= pages
    assert pages == {f"usr/share/man/man1/weir{name}.1.gz" for name in ("", *(f"-{each}" for each in command_names()))}
    for page in pages:
        assert gzip.decompress((root / page).read_bytes()).startswith(b".\\\" SPDX"), page
    assert {name for name in files - pages if not name.startswith("DEBIAN/")} == kit | {
        "etc/weir/weir.toml",
        "lib/systemd/system/weir.service",
        "usr/bin/weir",
        "usr/share/doc/weir/copyright",
        "usr/share/bash-completion/completions/weir",
        "usr/share/fish/vendor_completions.d/weir.fish",
        "usr/share/zsh/vendor-completions/_weir",
        "usr/share/doc/weir/copyright.dygraphs",
    }
    assert (control / "conffiles").read_text() == "/etc/weir/weir.toml\n"
    fields = (control / "control").read_text()
    assert re.search(r"^Package: weir$", fields, re.M)
    depends = re.search(r"^Depends: (.*)$", fields, re.M).group(1)
    for name in ("libc6", "libcurl4", "libuv1", "adduser"):
        assert name in depends, depends
    for script in ("postinst", "prerm", "postrm"):
        assert os.access(control / script, os.X_OK)
        subprocess.run(["sh", "-n", control / script], check=True)
    # The scripts leave alone what they were not called for.
    subprocess.run(["sh", control / "postrm", "upgrade", "0.0.1"], check=True)
    assert subprocess.run(["sh", control / "prerm", "nonsense"], capture_output=True).returncode == 1


def test_the_packaged_weir_runs_with_the_packaged_configuration(package, make_weir, tmp_path):
    _, root = package
    configuration = root / "etc/weir/weir.toml"
    assert "weir-data" not in configuration.read_text()
    weir = make_weir(configuration.read_text())
    weir.executable = root / "usr/bin/weir"
    shown = subprocess.run(
        [weir.executable, "config", "show", "--config", configuration],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert 'directory = "/var/lib/weir"' in shown
    data = tmp_path / "data"
    weir.sets = [
        'http.listen=["127.0.0.1:0"]',
        f"log.directory={data}",
        f"sink.lines.directory={data}/lines",
    ]
    weir.start()
    assert weir.client.write("cpu value=1i 1600000000000000000", "mydb").status == 204
    lines = data / "lines" / "mydb.lp"
    wait_until(lambda: lines.exists() and "cpu value=1i" in lines.read_text(), what="the line")
    assert weir.stop() == 0
