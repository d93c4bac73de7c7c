# SPDX-License-Identifier: Apache-2.0
"""The rules of conf/kit/prometheus: promtool takes them, each fires when it should and not otherwise, each says what to do, and
what they ask for is there."""

import re

import pytest
import yaml
from harness.metrics import Metrics
from harness.settings import influx_sink, settings, table
from stack.tools import KIT, promtool

RULES = KIT / "prometheus" / "rules"
NAMES = ("flink", "hosts", "watch", "weir")


def rules_of(name):
    return [rule for group in yaml.safe_load((RULES / f"{name}.rules.yml").read_text())["groups"] for rule in group["rules"]]


def alerts_of(name):
    return [rule for rule in rules_of(name) if "alert" in rule]


def test_these_are_all():
    assert sorted(path.name for path in RULES.iterdir()) == sorted(
        file for name in NAMES for file in (f"{name}.rules.yml", f"{name}_test.yml"))


@pytest.mark.parametrize("name", NAMES)
def test_promtool_takes_them_and_they_fire(name):
    promtool("check", "rules", f"rules/{name}.rules.yml")
    promtool("test", "rules", f"{name}_test.yml", cwd=RULES)


@pytest.mark.parametrize("name", NAMES)
def test_each_alert_is_tested_to_fire_and_not_to(name):
    quiet, *others = yaml.safe_load((RULES / f"{name}_test.yml").read_text())["tests"]
    fired = {alert for test in others for each in test.get("promql_expr_test", [])
             for sample in each["exp_samples"] for alert in re.findall(r'alertname="(\w+)"', sample["labels"])}
    fired |= {"Watchdog"} if name == "watch" else set()
    alerts = {rule["alert"] for rule in alerts_of(name)}
    assert alerts
    assert alerts - fired == set()
    # Where all is well nothing fires, and not for want of numbers: each metric that a rule asks for is there.
    assert any(each["expr"] == "ALERTS" for each in quiet["promql_expr_test"])
    given = {series["series"].partition("{")[0] for series in quiet["input_series"]} | {rule["record"] for rule in rules_of(name)
                                                                                      if "record" in rule}
    for rule in rules_of(name):
        asked = set(re.findall(r"\b(?:flink|weir|node|prometheus|alertmanager|disk|mem|system|burrow|kernel|process)_\w+(?=[\[{ )]|$)",
                               rule["expr"], re.MULTILINE)) - {"predict_linear"}
        assert asked - given == set(), rule


@pytest.mark.parametrize("name", NAMES)
def test_each_alert_says_what_is_and_what_to_do(name):
    parts = {"flink": "flink", "hosts": "host", "watch": "watch", "weir": "weir"}
    for alert in alerts_of(name):
        labels, annotations = alert["labels"], alert["annotations"]
        assert labels["part"] == parts[name] and labels["severity"] in ("page", "ticket", "none"), alert
        assert len(annotations["summary"]) > 15 and len(annotations["action"]) > 15, alert
        assert "localhost" not in str(annotations)
        if name == "weir":
            assert annotations["link"] == "http://{{ $labels.instance }}/"


def test_what_they_ask_weir_for_is_there(start_weir):
    wanted = set(re.findall(r"\b(?:weir|process)_\w+(?=[\[{ )])", (RULES / "weir.rules.yml").read_text()))
    assert len(wanted) > 20
    udp = table("[[udp]]", {"listen": "127.0.0.1:0", "database": "udp"})
    user = table("[[user]]", {"name": "root", "token": "secret", "admin": True})
    weir = start_weir(settings(influx_sink("http://127.0.0.1:1")) + udp + user)
    root = {"Authorization": "Token secret"}
    assert weir.client.write("cpu value=1\ncpu value=\n", "mydb", root).status == 400
    assert weir.client.write("cpu value=1\n", "mydb").status == 401
    answer = weir.client.request("GET", "/metrics", headers=root)
    assert answer.status == 200, answer
    assert wanted - Metrics(answer.text()).names() == set()
