# SPDX-License-Identifier: Apache-2.0
"""One outage is one message: what comes with a cause is given to a real Alertmanager, with the kit's configuration, and one message
about the cause alone reaches a webhook; and a link in it says nothing of localhost. The other receivers get it in sentences."""

import email
import json
import re
import shutil
import subprocess

import pytest
from harness.client import Client
from harness.http_server import Answer, HttpServer
from harness.process import wait_until
from stack.parts import Alertmanager, replaced
from stack.ports import choose
from stack.smtp import Smtp

EXTERNAL = "http://watch.example.org:9093"


class Webhook:
    def __init__(self):
        self.messages = []
        self.paths = []
        self.server = HttpServer(self.take)

    def take(self, request):
        self.messages.append(json.loads(request.body))
        self.paths.append(request.path)
        return Answer(200, b"ok")

    def wait_for(self, part, seconds):
        return wait_until(lambda: [each for each in self.messages if each["groupLabels"].get("part") == part], seconds,
                          f"a message about {part}", pause=0.1)


class Told:
    """An Alertmanager that was told something, and the webhook that it sends to."""

    def __init__(self, directory, alerts, *edits):
        """`edits` are of the configuration: pairs of an old text and a new one, in which {webhook} is the webhook's address."""
        self.webhook = Webhook()
        ports, _ = choose(any_ports=True)
        ports["alerts"] = self.webhook.server.url.rpartition(":")[2]
        self.alertmanager = Alertmanager(directory, ports)
        config = self.alertmanager.directory / "alertmanager.yml"
        here = self.webhook.server.url.removeprefix("http://")
        config.write_text(replaced(config.read_text(), *((old, new.replace("{webhook}", here)) for old, new in edits)))
        (self.alertmanager.directory / "slack.url").write_text(f"http://{here}/slack\n")
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
    "a job died": ("flink", [alert("FlinkJobDied", "flink", host="jm", job_id="1", job_name="j")], [
        alert("FlinkJobFailed", "flink", url="http://jm:8081/overview"),
        alert("FlinkJobRestarting", "flink", host="jm", job_id="1", job_name="j"),
        alert("FlinkSourceLag", "flink", "ticket", job_name="j")]),
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


PAGE = [alert("HostDown", "host", instance="w:9100", host="w")]
RECEIVERS = {
    "slack": lambda smtp: [],
    "dingtalk": lambda smtp: [("127.0.0.1:8060", "{webhook}")],
    # Without TLS and a password, which a mail server on loopback has not.
    "mail": lambda smtp: [("MAIL.EXAMPLE.ORG:587", smtp), ("require_tls: true", "require_tls: false"),
                          ("        auth_username: alerts@EXAMPLE.ORG\n        auth_password_file: mail.password\n", "")],
}


@pytest.fixture(scope="module")
def smtp():
    made = Smtp()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def told(tmp_path_factory, smtp):
    """All at once: each waits most of its time."""
    started = {}
    try:
        # Consequences may be seen first: a message waits for what comes with it.
        for name, (_, causes, consequences) in OUTAGES.items():
            started[name] = Told(tmp_path_factory.mktemp("alertmanager"), [consequences, causes])
        started["news"] = Told(tmp_path_factory.mktemp("alertmanager"), [NEWS])
        for name, edits in RECEIVERS.items():
            started[name] = Told(tmp_path_factory.mktemp("alertmanager"), [PAGE],
                                 ("  receiver: webhook\n", f"  receiver: {name}\n"), *edits(smtp.address))
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


def test_slack_gets_sentences(told):
    webhook = told["slack"].webhook
    (message,) = wait_until(lambda: webhook.messages, 40, "a message to Slack", pause=0.1)
    (attachment,) = message["attachments"]
    assert attachment["title"] == "HostDown!" and message["channel"] == "#OPERATIONS"
    assert attachment["title_link"].startswith(f"{EXTERNAL}/#/alerts")
    assert "What to do: Do something." in attachment["text"] and EXTERNAL in attachment["text"]


def test_dingtalks_bridge_gets_the_message(told):
    webhook = told["dingtalk"].webhook
    (message,) = webhook.wait_for("host", 40)
    assert webhook.paths == ["/dingtalk/ops/send"] and message["externalURL"] == EXTERNAL


def test_mail_gets_sentences(told, smtp):
    (text,) = wait_until(lambda: smtp.mails, 40, "a mail", pause=0.1)
    mail = email.message_from_string(text)
    assert mail["Subject"] == "HostDown!" and mail["To"] == "OPERATORS@EXAMPLE.ORG"
    parts = {part.get_content_type(): part.get_payload(decode=True).decode() for part in mail.walk() if not part.is_multipart()}
    assert set(parts) == {"text/plain", "text/html"}
    for said in parts.values():
        assert "What to do: Do something." in said and f"{EXTERNAL}/#/alerts" in said and "localhost" not in said


def test_its_page_shows_alerts_and_what_to_do(told):
    """In a real browser. Debian's package has no page of its own; what links in messages lead to is this one."""
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("chromium is not installed")
    outage = told["a TaskManager was killed"]
    outage.webhook.wait_for("flink", 40)  # by then it is settled what is inhibited
    done = subprocess.run([browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", "--dump-dom",
                           f"http://{outage.client.address}/#/alerts"], capture_output=True, text=True, timeout=60, check=False)
    firing, quiet, silences = (part for part in re.split(r"<h2>", done.stdout)[1:])
    assert "FlinkTaskManagersGone: FlinkTaskManagersGone!" in firing and "What to do: Do something." in firing, done.stderr
    assert "Silence 1 h" in firing and 'href="http://watch.example.org:9090/graph"' in firing
    assert "FlinkJobRestarting" in quiet and "(inhibited)" in quiet and "FlinkJobRestarting" not in firing
    assert "None." in silences
