# SPDX-License-Identifier: Apache-2.0
"""The same requests to weir and to a real Pushgateway (Debian's 1.5.1): the same kinds of answers, and
the same groups afterwards."""

import json

import pytest

from harness.fixtures import executable_from
from harness.pushgateway import Pushgateway
from prometheus_client.parser import text_string_to_metric_families


@pytest.fixture
def pushgateway(processes, tmp_path):
    executable = executable_from("WEIR_SERVERS", "prometheus-pushgateway/usr/bin/prometheus-pushgateway",
                                 "run tests/servers/fetch.sh")
    started = Pushgateway(tmp_path / "pushgateway", executable)
    processes.append(started)
    return started.start()


def groups(text):
    """All that was pushed, without the Pushgateway's own metrics and without times."""
    own = ("go_", "process_", "promhttp_", "pushgateway_")
    return {(s.name, tuple(sorted(s.labels.items())), 0 if s.name.startswith("push_") else str(s.value))
            for family in text_string_to_metric_families(text) for s in family.samples
            if not s.name.startswith(own)}


def types(text):
    return {line for line in text.splitlines() if line.startswith(("# TYPE my_", "# HELP my_"))}


# Method, path below /metrics, body.
REQUESTS = [
    ("PUT", "/job/a", "# HELP my_g words\n# TYPE my_g gauge\nmy_g{x=\"y\"} 1\nmy_u 2\n"),
    ("POST", "/job/a", "# HELP my_g words\n# TYPE my_g gauge\nmy_g 3\n"),
    ("PUT", "/job/b/instance/i:80", "# TYPE my_c counter\nmy_c 1e3\n"),
    ("PUT", "/job/h", "# TYPE my_h histogram\nmy_h_bucket{le=\"1\"} 1\nmy_h_bucket{le=\"+Inf\"} 2\nmy_h_sum 3\n"
                      "my_h_count 2\n"),
    ("PUT", "/job/s", "# TYPE my_s summary\nmy_s{quantile=\"0.5\"} 1\nmy_s_sum 3\nmy_s_count 2\n"),
    ("PUT", "/job@base64/YS9i", "my_u{job=\"over\",instance=\"ridden\"} 2\n"),
    ("PUT", "/job/c/x@base64/=", "my_u 1\n"),
    ("PUT", "/job/d/x@base64/Pz8_", "my_u 1\n"),
    ("PUT", "/job/e%20f/x/g+h", "my_u 1\n"),
    ("PUT", "/job/k/", "my_u 1\n"),
    ("PUT", "/job/l/job/m", "my_u 1\n"),
    ("PUT", "/job/n/x/1/x/2", "my_u 1\n"),
    ("PUT", "/job/empty", ""),
    ("PUT", "/job/comments", "# just words\n\n"),
    ("PUT", "/job/nan", "my_u NaN\n"),
    ("PUT", "/job/gone", "my_u 1\n"),
    ("DELETE", "/job/gone", ""),
    ("DELETE", "/job/never", ""),
    # Refused.
    ("PUT", "/job@base64/=", "my_u 1\n"),
    ("PUT", "/job/a/instance", "my_u 1\n"),
    ("PUT", "/job/a/bad-l/x", "my_u 1\n"),
    ("PUT", "/job/a/__x/y", "my_u 1\n"),
    ("PUT", "/job/a/x@base64/A", "my_u 1\n"),
    ("PUT", "/job/r1", "my_u 1"),
    ("PUT", "/job/r2", "my_u 1\r\n"),
    ("PUT", "/job/r3", "my_u 1 5\n"),
    ("PUT", "/job/r4", "my_u{x=\"y} 1\n"),
    ("PUT", "/job/r5", "my_u 1\nmy_u 2\n"),
    ("PUT", "/job/r6", "my-u 1\n"),
    ("PUT", "/job/r7", "my_u{x=\"1\",x=\"2\"} 1\n"),
    ("PUT", "/job/r8", "# TYPE my_x unheard\nmy_x 1\n"),
    ("PUT", "/job/r9", "my_x 1\n# TYPE my_x gauge\n"),
    ("PUT", "/job/r10", "my_u{x=\"\\q\"} 1\n"),
    ("PUT", "/job/r11", "my_u 0x10\n"),
    ("DELETE", "/job/a/instance", ""),
    ("GET", "/job/a", None),
    ("PUT", "/jobs/a", "my_u 1\n"),
    ("PUT", "/other", "my_u 1\n"),
]


def test_answers_and_groups_are_alike(pushgateway, start_weir):
    weir = start_weir()
    differ = []
    for method, path, body in REQUESTS:
        data = None if body is None else body.encode()
        theirs = pushgateway.client.request(method, "/metrics" + path, body=data)
        ours = weir.client.request(method, "/metrics" + path, body=data)
        # A push is answered 200 there since 0.10, and 202 to clients that know no other.
        if (200 if ours.status == 202 else ours.status) != (200 if theirs.status == 202 else theirs.status):
            differ.append((method, path, body, ours, theirs))
    assert not differ
    ours = weir.client.get("/pushgateway/metrics").text()
    theirs = pushgateway.client.get("/metrics").text()
    # A failed push of a group that is not known makes one there, which shows nothing but that time.
    unknown = {entry for entry in groups(theirs) - groups(ours) if dict(entry[1])["job"].startswith("r")}
    assert all(name.startswith("push_") for name, _, _ in unknown)
    assert groups(ours) == groups(theirs) - unknown
    assert types(ours) == types(theirs)


def test_the_json_of_a_group_is_alike(pushgateway, start_weir):
    weir = start_weir()
    for each in (pushgateway, weir):
        for method, path, body in REQUESTS[2:5]:
            each.client.request(method, "/metrics" + path, body=body.encode())

    def without_times(said):
        for group in said["data"]:
            for name, family in group.items():
                if isinstance(family, dict) and "time_stamp" in family:
                    family["time_stamp"] = ""
                    if name.startswith("push_"):
                        family["metrics"][0]["value"] = ""
        return sorted(said["data"], key=json.dumps)

    assert (without_times(weir.client.get("/api/v1/metrics").json())
            == without_times(pushgateway.client.get("/api/v1/metrics").json()))
