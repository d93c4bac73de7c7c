# SPDX-License-Identifier: Apache-2.0
"""The rules that come with weir (conf/prometheus): promtool takes them, each fires when it should and not otherwise,
and what they ask for is in /metrics."""

import pathlib
import re
import subprocess

import pytest
from harness.fixtures import executable_from
from harness.settings import influx_sink, settings, table

RULES = pathlib.Path(__file__).resolve().parents[3] / "conf" / "prometheus"


def promtool(*arguments):
    executable = executable_from(
        "WEIR_SERVERS", "prometheus/usr/bin/promtool", "run tests/servers/fetch.sh"
    )
    done = subprocess.run(
        [executable, *arguments], cwd=RULES, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["weir", "flink"])
def test_promtool_takes_them_and_they_fire(name):
    promtool("check", "rules", f"{name}.rules.yml")
    promtool("test", "rules", f"{name}_test.yml")


def test_each_alert_has_a_test():
    for name in ("weir", "flink"):
        alerts = re.findall(r"alert: (\w+)", (RULES / f"{name}.rules.yml").read_text())
        tested = (RULES / f"{name}_test.yml").read_text()
        assert alerts
        assert [each for each in alerts if f'alertname="{each}"' not in tested] == []


def test_what_they_ask_for_is_there(start_weir):
    wanted = set(re.findall(r"\bweir_\w+(?=[\[{ )])", (RULES / "weir.rules.yml").read_text()))
    assert len(wanted) > 15
    udp = table("[[udp]]", {"listen": "127.0.0.1:0", "database": "udp"})
    weir = start_weir(settings(influx_sink("http://127.0.0.1:1")) + udp)
    assert weir.client.write("cpu value=1\ncpu value=\n", "mydb").status == 400
    assert wanted - weir.metrics().names() == set()
