# SPDX-License-Identifier: Apache-2.0
"""The kit with a real Flink: a TaskManager that is killed becomes one alert, and, started again, its resolution, each within a minute."""

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


def test_a_task_manager_that_is_killed_is_one_alert_and_one_resolution(kit):
    prometheus = kit.parts["prometheus"]

    def asked(query):
        found = Client(prometheus.address).get("/api/v1/query", query=query).json()["data"]["result"]
        return [float(each["value"][1]) for each in found]

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
