# SPDX-License-Identifier: Apache-2.0
"""Each file of conf/kit is taken by the program that it is for, and they agree with each other."""

import json
import re
import subprocess
import tomllib

import pytest
import yaml
from stack.tools import KIT, ROOT, amtool, promtool, server, weir

ALERTMANAGER = KIT / "alertmanager"
RECEIVERS = ("webhook", "dingtalk", "mail", "slack")


def loaded(path):
    return yaml.safe_load((KIT / path).read_text())


def alert_names():
    return {rule["alert"] for path in (KIT / "prometheus" / "rules").glob("*.rules.yml")
            for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"] if "alert" in rule}


def test_no_file_links_to_localhost():
    for path in KIT.rglob("*"):
        if path.is_file() and "dashboards" not in path.parts:
            for line in path.read_text().splitlines():
                code = line.partition("#")[0] if path.suffix not in (".tmpl", ".md") else line
                assert "//localhost" not in code, (path, line)


# --- Prometheus


def test_prometheus_takes_its_configuration():
    said = promtool("check", "config", "prometheus.yml")
    assert "4 rule files found" in said


def test_prometheus_has_a_file_of_targets_for_each_job_and_its_alertmanager():
    config = loaded("prometheus/prometheus.yml")
    named = {name for job in config["scrape_configs"] for sd in job["file_sd_configs"] for name in sd["files"]}
    named |= {name for each in config["alerting"]["alertmanagers"] for sd in each["file_sd_configs"] for name in sd["files"]}
    there = {f"targets/{path.name}" for path in (KIT / "prometheus" / "targets").iterdir()}
    assert named == there
    # The rules ask for these jobs.
    assert {job["job_name"] for job in config["scrape_configs"]} == {"weir", "node", "alertmanager", "prometheus"}


# --- Alertmanager


@pytest.mark.parametrize("receiver", RECEIVERS)
def test_alertmanager_takes_its_configuration_with_each_receiver(receiver, tmp_path):
    text = (ALERTMANAGER / "alertmanager.yml").read_text()
    assert text.count("  receiver: webhook\n") == 1
    made = tmp_path / "alertmanager.yml"
    made.write_text(text.replace("  receiver: webhook\n", f"  receiver: {receiver}\n")
                    .replace("templates/*", f"{ALERTMANAGER}/templates/*"))
    assert "1 templates" in amtool("check-config", made)
    assert routed(made, "part=flink", "severity=page") == receiver
    assert routed(made, "part=weir", "severity=ticket") == receiver
    assert routed(made, "alertname=Watchdog", "part=watch", "severity=none") == "watchdog"


def routed(config, *labels):
    return amtool("config", "routes", "test", f"--config.file={config}", *labels).strip()


def test_what_is_inhibited_are_alerts():
    """Each name in its rules is an alert's; a name that changed would inhibit nothing, in silence."""
    known = alert_names()
    matchers = [matcher for rule in loaded("alertmanager/alertmanager.yml")["inhibit_rules"]
                for matcher in rule["source_matchers"] + rule["target_matchers"]]
    named = {name for matcher in matchers if matcher.startswith("alertname")
             for name in re.search(r'"(.*)"', matcher).group(1).split("|")}
    assert len(named) > 20 and named - known == set()


MESSAGE = {
    "receiver": "webhook", "status": "firing", "externalURL": "http://watch.example.org:9093", "version": "4",
    "groupLabels": {"part": "flink"}, "commonLabels": {}, "commonAnnotations": {},
    "alerts": [
        {"status": "firing", "labels": {"alertname": "FlinkTaskManagersGone", "severity": "page"},
         "annotations": {"summary": "one is gone", "action": "Start it.", "link": "http://weir.example.org:8086/",
                         "senders": "curl: 5 lines"},
         "startsAt": "2026-01-02T03:04:05Z", "generatorURL": "http://watch.example.org:9090/graph?a=1&b=2"},
        {"status": "firing", "labels": {"alertname": "Other", "severity": "page"}, "annotations": {"summary": "another"},
         "startsAt": "2026-01-02T03:04:05Z", "generatorURL": "http://watch.example.org:9090/graph"},
        {"status": "resolved", "labels": {"alertname": "Third", "severity": "page"}, "annotations": {"summary": "a third"},
         "startsAt": "2026-01-02T03:04:05Z", "endsAt": "2026-01-02T03:14:05Z"}],
}


@pytest.fixture
def render(tmp_path):
    def rendered(glob, name, message):
        data = tmp_path / "message.json"
        data.write_text(json.dumps(message))
        return amtool("template", "render", f"--template.glob={glob}", f'--template.text={{{{ template "{name}" . }}}}',
                      f"--template.data={data}")

    return rendered


@pytest.mark.parametrize("glob, text", [("templates/*.tmpl", "weir.text"), ("dingtalk/*.tmpl", "weir.dingtalk.text")])
def test_templates_say_what_is_what_to_do_and_where_to_look(render, glob, text):
    said = render(glob, text, MESSAGE)
    for words in ("one is gone", "Start it.", "curl: 5 lines", "http://weir.example.org:8086/", "another",
                  "http://watch.example.org:9090/graph?a=1&b=2", "http://watch.example.org:9093/#/alerts", "Over: a third",
                  "2026-01-02 03:04:05"):
        assert words in said, said
    assert "no value" not in said and "localhost" not in said


def test_titles_are_sentences(render):
    over = {**MESSAGE, "status": "resolved", "alerts": MESSAGE["alerts"][2:]}
    assert render("templates/*.tmpl", "weir.title", MESSAGE) == "one is gone (and 1 more)"
    assert render("templates/*.tmpl", "weir.title", over) == "All is well again: a third"
    assert render("dingtalk/*.tmpl", "weir.dingtalk.title", MESSAGE) == "one is gone"
    assert render("dingtalk/*.tmpl", "weir.dingtalk.title", over) == "All is well again"


def test_dingtalks_bridge_is_reached_and_has_its_templates():
    (receiver,) = (each for each in loaded("alertmanager/alertmanager.yml")["receivers"] if each["name"] == "dingtalk")
    (target,) = loaded("alertmanager/dingtalk/config.yml")["targets"].items()
    name, settings = target
    assert receiver["webhook_configs"][0]["url"].endswith(f":8060/dingtalk/{name}/send")
    assert {"url", "secret", "message"} == set(settings)
    defined = re.findall(r'define "([^"]+)"', (ALERTMANAGER / "dingtalk" / "dingtalk.tmpl").read_text())
    used = re.findall(r'template "([^"]+)"', str(settings["message"]))
    assert sorted(used) == sorted(defined)


def test_grafanas_contact_point_is_dingtalks():
    (point,) = loaded("grafana/provisioning/alerting/dingtalk.yaml")["contactPoints"]
    (receiver,) = point["receivers"]
    assert receiver["type"] == "dingding" and "$DINGTALK_TOKEN" in receiver["settings"]["url"]


# --- weir, InfluxDB, Telegraf


def test_weir_takes_its_configuration():
    assert "no mistake found" in weir("config", "check", "--config", "weir.toml")


def test_influxdb_takes_its_configuration():
    done = subprocess.run([server("influxdb/usr/bin/influxd"), "config", "-config", KIT / "influxdb" / "influxdb.conf"],
                          capture_output=True, text=True, check=True, timeout=60)
    # It prints all that is in force; each key of the file is a key of that, with its value.
    force, ours = tomllib.loads(done.stdout), tomllib.loads((KIT / "influxdb" / "influxdb.conf").read_text())
    ours.pop("reporting-disabled")  # Debian has taken reporting out, and this key with it
    for key, value in ours.items():
        for name, each in value.items() if isinstance(value, dict) else [(None, value)]:
            assert (force[key] if name is None else force[key][name]) == each, (key, name)


def test_addresses_agree():
    sinks = tomllib.loads((KIT / "weir.toml").read_text())
    influxdb = tomllib.loads((KIT / "influxdb" / "influxdb.conf").read_text())["http"]["bind-address"]
    targets = {path.stem: loaded(f"prometheus/targets/{path.name}")[0]["targets"][0]
               for path in (KIT / "prometheus" / "targets").iterdir()}
    assert {sink["url"] for sink in sinks["sink"]} == {f"http://{influxdb}", f"http://{targets['prometheus']}/api/v1/write"}
    assert targets["weir"] in sinks["http"]["listen"]
    telegraf = tomllib.loads((KIT / "telegraf" / "telegraf.conf").read_text())
    assert telegraf["outputs"]["influxdb"][0]["urls"] == [f"http://{targets['weir']}"]
    flink = yaml.safe_load((ROOT / "conf" / "flink" / "flink-conf.yaml").read_text())
    assert f"127.0.0.1:{flink['metrics.reporter.influxdb.port']}" == targets["weir"]


def test_telegraf_has_what_the_rules_for_hosts_ask_for():
    text = (KIT / "telegraf" / "telegraf.conf").read_text()
    inputs = set(tomllib.loads(text)["inputs"])
    assert {"cpu", "mem", "disk", "system", "kernel_vmstat"} <= inputs
    # What is commented out is right, too.
    section = re.compile(r"^#(\[\[.*\]\]|  \w+ = .*)$", re.MULTILINE)
    whole = tomllib.loads(section.sub(r"\1", text))["inputs"]
    assert set(whole) - inputs == {"http", "burrow", "kafka_consumer"}
    assert whole["http"][0]["name_override"] == "flink_overview"
