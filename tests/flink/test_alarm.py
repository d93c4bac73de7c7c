# SPDX-License-Identifier: Apache-2.0
"""The kit with a real Flink: a TaskManager that is killed becomes one alert, and, started again, its resolution, each within a minute. A
job that failed has died, one that FINISHED has not."""

import json
import time

import pytest
from harness.client import Client
from harness.process import wait_until
from stack.flink import start
from stack.kit import Kit

PROMISED = 60  # seconds; docs/tutorial.md says so, and conf/flink's reporters take ten of them
AFTERMATH = 45  # in which nothing else may come: longer than Alertmanager and the slowest page wait


@pytest.fixture
def kit(flink, tmp_path):
    made = Kit(tmp_path / "kit", any_ports=True)
    try:
        made.start()
        start(made, flink.directory)
        yield made
    finally:
        made.stop()


def messages(kit):
    kept = kit.parts["alerts"].kept
    return [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []


def result(kit, query):
    return Client(kit.parts["prometheus"].address).get("/api/v1/query", query=query).json()["data"]["result"]


def test_a_job_that_failed_has_died_and_one_that_finished_has_not(kit):
    jobs = {kit.flink.submit(name, job="EndingJob"): name for name in ("finished", "failed")}

    def ended():
        return all(kit.flink.ask(f"/jobs/{job}")["state"] == name.upper() for job, name in jobs.items())

    def known():
        return {each["metric"]["job_name"] for each in result(kit, "flink_jobmanager_job_numRestarts")}

    wait_until(lambda: known() >= {"finished", "failed"}, 60, "both reported", pause=0.2)
    wait_until(ended, 120, "both at their end", pause=0.2)
    # Restarts, in their time, are the job's that died: one message.
    (alert,) = wait_until(lambda: messages(kit), 120, "an alert", pause=0.2)
    assert [(each["labels"]["alertname"], each["labels"]["job_name"]) for each in alert["alerts"]] == [("FlinkJobDied", "failed")]
    # Nothing of the other one, although it is gone for longer than the alert takes.
    wait_until(lambda: known() == {"every_gauge"}, 60, "the end of both series", pause=0.2)
    deadline = time.monotonic() + AFTERMATH
    wait_until(lambda: len(messages(kit)) > 1 or time.monotonic() > deadline, AFTERMATH + 10, "the aftermath", pause=0.5)
    assert len(messages(kit)) == 1
    assert {each["metric"]["job_name"] for each in result(kit, 'ALERTS{alertname="FlinkJobDied"}')} == {"failed"}


def test_a_task_manager_that_is_killed_is_one_alert_and_one_resolution(kit):
    def asked(query):
        return [float(each["value"][1]) for each in result(kit, query)]

    wait_until(lambda: asked("flink:task_managers") == [2] and asked("flink:task_managers_reporting") == [2], 60, "both", pause=0.2)
    # A job that has run for a while, whose numbers have a past.
    wait_until(lambda: any(each >= 3 for each in asked("max(flink_jobmanager_job_numberOfCompletedCheckpoints)")), 120, "checkpoints",
               pause=0.2)
    assert messages(kit) == []

    killed = time.monotonic()
    task_manager = kit.flink.task_managers["tm2"]
    task_manager.kill()
    (alert,) = wait_until(lambda: messages(kit), PROMISED, "an alert", pause=0.1)
    seconds_to_alert = time.monotonic() - killed
    assert [each["labels"]["alertname"] for each in alert["alerts"]] == ["FlinkTaskManagersGone"]

    restarted = time.monotonic()
    task_manager.start()
    wait_until(lambda: len(messages(kit)) > 1, PROMISED, "its end", pause=0.1)
    seconds_to_end = time.monotonic() - restarted
    deadline = time.monotonic() + AFTERMATH
    wait_until(lambda: len(messages(kit)) > 2 or time.monotonic() > deadline, AFTERMATH + 10, "the aftermath", pause=0.5)
    _, over = messages(kit)
    assert [(each["labels"]["alertname"], each["status"]) for each in over["alerts"]] == [("FlinkTaskManagersGone", "resolved")]
    print(f"\nFlink {kit.flink.flink.version}: alert {seconds_to_alert:.0f} s after the kill, resolution {seconds_to_end:.0f} s "
          "after the start")
