# SPDX-License-Identifier: Apache-2.0
"""One outage is one message: what comes with a cause is given to a real Alertmanager, with the kit's configuration, and one message
about the cause alone reaches a webhook; and a link in it says nothing of localhost."""

import json

import pytest
from harness.client import Client
from harness.http_server import Answer, HttpServer
from harness.process import wait_until
from stack.parts import Alertmanager
from stack.ports import choose

EXTERNAL = "http://watch.example.org:9093"


class Webhook:
    def __init__(self):
        self.messages = []
        self.server = HttpServer(self.take)

    def take(self, request):
        self.messages.append(json.loads(request.body))
        return Answer(200)

    def wait_for(self, part, seconds):
        return wait_until(lambda: [each for each in self.messages if each["groupLabels"].get("part") == part], seconds,
                          f"a message about {part}", pause=0.1)


class Told:
    """An Alertmanager that was told something, and the webhook that it sends to."""

    def __init__(self, directory, alerts):
        self.webhook = Webhook()
        ports, _ = choose(any_ports=True)
        ports["alerts"] = self.webhook.server.url.rpartition(":")[2]
        self.alertmanager = Alertmanager(directory, ports)
        self.alertmanager.launch([part if not str(part).startswith("--web.external-url") else f"--web.external-url={EXTERNAL}"
                                  for part in self.alertmanager.command()[0]])
        self.alertmanager.wait_ready(self.alertmanager.is_ready)
        self.client = Client(self.alertmanager.address)
        for each in alerts:
            self.give(each)

    def give(self, alerts):
        answer = self.client.request("POST", "/api/v2/alerts", body=json.dumps(alerts), headers={"Content-Type": "application/json"})
        assert answer.status == 200, answer

    def stop(self):
        self.alertmanager.kill()
        self.webhook.server.stop()


def alert(name, part, severity="page", **labels):
    return {"labels": {"alertname": name, "part": part, "severity": severity, "site": "main", **labels},
            "annotations": {"summary": f"{name}!", "action": "Do something."},
            "generatorURL": "http://watch.example.org:9090/graph"}


# A cause, and what it brings with it.
OUTAGES = {
    "a TaskManager was killed": ("flink", [alert("FlinkTaskManagersGone", "flink", host="jm")], [
        alert("FlinkJobRestarting", "flink", host="jm", job_id="1", job_name="j"),
        alert("FlinkJobNotRunning", "flink", host="jm", job_id="1", job_name="j"),
        alert("FlinkNoCheckpoint", "flink", host="jm", job_id="1", job_name="j"),
        alert("FlinkTaskManagerSilent", "flink", "ticket"),
        alert("FlinkBackPressure", "flink", "ticket", job_name="j", task_name="t"),
        alert("FlinkSourceLag", "flink", "ticket", job_name="j")]),
    "weir is down": ("weir", [alert("WeirDown", "weir", instance="w:8086", host="w")], [
        alert("FlinkSilent", "flink", host="jm"),
        alert("TelegrafSilent", "host", "ticket", host="h")]),
    "a host is gone": ("host", [alert("HostDown", "host", instance="w:9100", host="w")], [
        alert("WeirDown", "weir", instance="w:8086", host="w"),
        alert("TargetDown", "watch", "ticket", instance="w:9093", host="w"),
        alert("FlinkTaskManagersGone", "flink", host="jm"),
        alert("FlinkSilent", "flink", host="jm"),
        alert("TelegrafSilent", "host", "ticket", host="w")]),
    "a database behind weir is down": ("weir", [alert("WeirServerDown", "weir", instance="w", sink="influx")], [
        alert("WeirSinkBehind", "weir", "ticket", instance="w", sink="influx")]),
    "a disk is full": ("host", [alert("HostDiskFull", "host", host="a", path="/")], [
        alert("HostDiskFillsUp", "host", host="a", path="/"), alert("HostDiskLow", "host", "ticket", host="a", path="/")]),
    "a job restarts again and again": ("flink", [alert("FlinkJobRestarting", "flink", host="jm", job_id="1", job_name="j")], [
        alert("FlinkNoCheckpoint", "flink", host="jm", job_id="1", job_name="j"),
        alert("FlinkSourceLag", "flink", "ticket", job_name="j")]),
}


NEWS = [
    alert("FlinkTaskManagersGone", "flink", host="jm"), alert("FlinkJobDied", "flink", host="jm", job_name="j"),
    alert("FlinkJobRestarting", "flink", host="another", job_id="2", job_name="k"),
    alert("HostDiskFull", "host", host="a", path="/"), alert("HostDiskFillsUp", "host", host="b", path="/"),
    alert("WeirServerDown", "weir", instance="w", sink="influx"),
    alert("WeirDatabaseHeld", "weir", instance="w", sink="prometheus"), alert("Watchdog", "watch", "none")]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """All at once: each waits most of its time."""
    started = {}
    try:
        # Consequences may be seen first: a message waits for what comes with it.
        for name, (_, causes, consequences) in OUTAGES.items():
            started[name] = Told(tmp_path_factory.mktemp("alertmanager"), [consequences, causes])
        started["news"] = Told(tmp_path_factory.mktemp("alertmanager"), [NEWS])
        yield started
    finally:
        for each in started.values():
            each.stop()


@pytest.mark.parametrize("outage", OUTAGES)
def test_one_outage_is_one_message(told, outage):
    part, causes, consequences = OUTAGES[outage]
    webhook = told[outage].webhook
    (message,) = webhook.wait_for(part, 40)
    assert [each["labels"]["alertname"] for each in message["alerts"]] == [each["labels"]["alertname"] for each in causes]
    assert message["externalURL"] == EXTERNAL and "localhost" not in json.dumps(message)
    assert message["alerts"][0]["annotations"]["action"] == "Do something."
    # All others are known, and inhibited; so nothing of them comes later.
    known = told[outage].client.get("/api/v2/alerts").json()
    inhibited = {each["labels"]["alertname"] for each in known if each["status"]["inhibitedBy"]}
    assert inhibited == {each["labels"]["alertname"] for each in consequences}
    assert len(webhook.messages) == 1


def test_what_is_no_consequence_is_told(told):
    """A job that died because of a TaskManager is news; so is what another host, sink or job has."""
    webhook = told["news"].webhook
    for part, names in {"flink": {"FlinkTaskManagersGone", "FlinkJobDied", "FlinkJobRestarting"},
                        "host": {"HostDiskFull", "HostDiskFillsUp"}, "weir": {"WeirServerDown", "WeirDatabaseHeld"}}.items():
        (message,) = webhook.wait_for(part, 40)
        assert {each["labels"]["alertname"] for each in message["alerts"]} == names
    assert {each["groupLabels"]["part"] for each in webhook.messages} == {"flink", "host", "weir"}  # Watchdog's is another receiver
