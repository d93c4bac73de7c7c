# SPDX-License-Identifier: Apache-2.0
"""docs/troubleshooting.md is true: what it says weir answers and prints, weir does, and the settings, metrics and
codes that it names exist."""

import pathlib
import re
import socket
import subprocess
import time

from harness.fixtures import executable_from
from harness.process import wait_until
from harness.scripted import Scripted
from harness.settings import file_sink, influx_sink, settings

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text()


def sentence(text):
    """`text`, which must stand on the page as well."""
    assert text in PAGE, text
    return text


def test_its_settings_exist():
    keys = set(re.findall(r"^#*([a-z][a-z_.]*) *= ", (ROOT / "conf" / "weir.toml").read_text(), re.MULTILINE))
    named = re.findall(r"`([a-z_.]+) = ", PAGE)
    assert len(named) >= 8
    assert [each for each in named if each.rsplit(".", 1)[-1] not in keys] == []


def test_its_metrics_exist():
    documented = (ROOT / "docs" / "operations.md").read_text()
    named = set(re.findall(r"weir_[a-z_]+", PAGE))
    assert named
    assert [each for each in named if each not in documented] == []


def test_its_codes_exist():
    named = set(re.findall(r"\(`([a-z]+_[a-z_]+)`\)|code `([a-z_]+)`", PAGE))
    documented = (ROOT / "docs" / "operations.md").read_text()
    codes = {a or b for a, b in named}
    assert len(codes) >= 4
    assert [each for each in codes if f"`{each}`" not in documented] == []


def test_its_excerpt_is_what_lint_prints():
    command, shown = re.search(r"\$ (printf .*) \| weir lint\n(.*?)```", PAGE, re.DOTALL).groups()
    weir = executable_from("WEIR_BINARY", "", "build weir")
    done = subprocess.run(
        ["bash", "-c", f'{command} | "{weir}" lint'], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 1
    assert done.stdout + done.stderr == shown


def test_seconds_read_as_nanoseconds(start_weir):
    weir = start_weir(settings(file_sink()))
    answer = weir.client.write("cpu,host=a usage=1 1586844081", "mydb")
    assert answer.status == 400
    said = re.search(r"`(timestamp 1586844081 lies.*?precision=s)`", PAGE, re.DOTALL).group(1)
    assert " ".join(said.split()) in answer.body.decode()


def test_a_batch_loses_its_old_points_alone(start_weir):
    weir = start_weir(settings(file_sink(), databases={"mydb": {"retention": "7d"}}))
    now = time.time_ns()
    old = now - 30 * 86_400 * 10**9
    answer = weir.client.write(f"cpu,host=a usage=1 {old}\ncpu,host=a usage=2 {now}", "mydb")
    assert answer.status == 400
    assert sentence("points beyond retention policy") in answer.body.decode()
    wait_until(lambda: weir.lines_of("mydb"), what="the good line")


def test_a_changed_type_is_told_in_the_servers_words(start_weir):
    weir = start_weir(settings(file_sink()))
    assert weir.client.write("cpu value=1i", "mydb").status == 204
    answer = weir.client.write("cpu value=1.5", "mydb").body.decode()
    assert sentence('field type conflict: input field "value" on measurement "') in answer.replace('\\"', '"')
    assert sentence("is type float, already exists as type integer") in answer


def test_a_push_is_answered_as_old_clients_want_it(start_weir):
    weir = start_weir(settings(file_sink()))
    answer = weir.client.request("PUT", "/metrics/job/nightly", body=b"records 42\n")
    assert (answer.status, answer.body) == (202, b"")
    sentence("weir answers 202 without a\nbody")


def test_a_taken_port_names_its_process(start_weir):
    weir = start_weir(settings(file_sink()))
    taken = weir.announced["http"][0]
    binary = executable_from("WEIR_BINARY", "", "build weir")
    done = subprocess.run(
        [binary, "run", "--config", "/dev/null", "--set", f'http.listen=["{taken}"]', "--set", "log.type=memory"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 1
    assert sentence("the port is in use by process ") in done.stderr
    assert "(weir)" in done.stderr


def test_a_full_log_says_so(start_weir):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    weir = start_weir(settings(influx_sink(f"http://127.0.0.1:{port}"), log={"keep": "1MiB", "compression": "none"}))

    def refused():
        body = "\n".join(f"cpu,host=h{i} usage={i}" for i in range(5_000))
        answer = weir.client.write(body, "mydb")
        return answer if answer.status == 503 else None

    answer = wait_until(refused, what="a full log")
    assert sentence("the log holds as much as log.keep allows") in answer.body.decode()


def test_a_wrong_url_holds_its_points(start_weir):
    with Scripted(lambda path, params, lines: (200, {}, b"hello")) as server:
        weir = start_weir(settings(influx_sink(server.url)))
        assert weir.client.write("cpu usage=1", "mydb").status == 204
        wait_until(lambda: sentence("answered 200, not 204: is the url right?") in weir.log(), what="the journal")
