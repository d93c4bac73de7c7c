# SPDX-License-Identifier: Apache-2.0
"""Every query of every dashboard has data where the recorded reports of a real Flink (with a real Kafka, and a TaskManager that was
killed) and of Telegraf come through weir; weir and node_exporter are scraped. What Flink does live is seen in tests/flink."""

import gzip
import re

import pytest
from harness.flink.configuration import ROOT
from harness.flink.reports import messages
from harness.grafana.asking import Refused, Shown
from harness.grafana.dashboards import Dashboard, dashboards
from harness.grafana.interpolation import ALL, Span, interpolated, milliseconds
from harness.grafana.monitoring import Monitoring, recorded

VERSIONS = ["1.20.1", "2.2.1"]
FLINK = ("flink-cluster", "flink-job", "flink-io")


def other_job(version):
    """The reports of a job whose tasks have names that no query may stumble over, such as `measured, a=b c`."""
    stream = gzip.decompress((ROOT / "tests" / "flink" / "recorded" / f"{version}.influxdb.http.gz").read_bytes())
    lines = b"\n".join(body for _, body, _ in messages(stream)).split(b"\n")
    return b"\n".join(line for line in lines if b"_kinds_" not in line and re.search(rb" \d{19}$", line))


@pytest.fixture(scope="module", params=VERSIONS)
def sources(request, tmp_path_factory):
    # What was recorded comes at once, and then there is silence: that is no end.
    made = Monitoring(tmp_path_factory.mktemp("monitoring"), [f"sink.{name}.stale_after=10m" for name in ("prometheus", "prometheus-flink")])
    try:
        made.start().wait_scraped(2)
        assert made.weir.client.write("cpu value=", "flink").status == 204  # something to reject
        made.send_again("flink", recorded(f"flink-{request.param}"), other_job(request.param))
        made.send_again("telegraf", recorded("telegraf"))
        made.wait_nothing_pending()
        made.wait_scraped(14)  # a range has a value each ten seconds
        yield made.sources()
    finally:
        made.stop()


@pytest.fixture(scope="module")
def shown(sources):
    return {str(each): Shown(each, sources[each.end]) for each in dashboards()}


@pytest.mark.parametrize("dashboard", [str(each) for each in dashboards()])
def test_every_query_has_data(shown, dashboard):
    empty = [asked for asked, numbers in shown[dashboard].numbers().items() if not numbers]
    assert not empty


@pytest.mark.parametrize("dashboard", [str(each) for each in dashboards()])
def test_all_that_there_is_chosen_one_by_one_is_the_same_as_all(shown, dashboard):
    """So names are written into queries as their servers want them."""
    chosen = shown[dashboard]
    whole = chosen.numbers()
    several = {name: values for name, values in chosen.options.items() if chosen.chosen[name] == ALL}
    assert several and all(several.values()), "a variable without a value"
    if dashboard.endswith("flink-job"):
        assert len(several["job"]) == 2 and any("measured" in each for each in several["task"])
    try:
        assert chosen.choose(**several).numbers() == whole
    finally:
        chosen.choose(**dict.fromkeys(several, ALL))


@pytest.mark.parametrize("dashboard", [f"{end}/{name}" for end in ("prometheus", "influxdb") for name in FLINK])
def test_what_is_not_there_is_not_shown(shown, dashboard):
    chosen = shown[dashboard]
    name = next(name for name, value in chosen.chosen.items() if value == ALL)
    try:
        numbers = chosen.choose(**{name: ["no such one"]}).numbers()
    finally:
        chosen.choose(**{name: ALL})
    empty = sum(not found for found in numbers.values())
    # In the cluster's dashboard, TaskManagers are chosen, and the others stay.
    assert empty >= len(numbers) // (4 if name == "task_manager" else 1)


def test_both_servers_say_the_same(shown):
    for name in FLINK:
        prometheus, influxdb = (shown[f"{end}/{name}"].numbers() for end in ("prometheus", "influxdb"))
        for title in ("Running jobs", "TaskManagers", "Free task slots", "Task slots", "State", "Records behind"):
            if (title, "A") in prometheus:
                assert prometheus[title, "A"][-1] == influxdb[title, "A"][-1], title
        for title in ("Restarts", "Failed checkpoints"):
            if (title, "A") in prometheus:
                # increase() reckons beyond the first and the last sample.
                assert influxdb[title, "A"][-1] >= 1
                assert prometheus[title, "A"][-1] == pytest.approx(influxdb[title, "A"][-1], rel=0.35), title


@pytest.mark.parametrize("dashboard", [each for each in dashboards() if each.end == "influxdb"], ids=str)
def test_weir_passes_on_what_is_asked_of_influxdb(shown, sources, dashboard):
    through = Shown(dashboard, sources["weir"])
    assert through.options == shown[str(dashboard)].options
    assert through.numbers() == shown[str(dashboard)].numbers()


@pytest.mark.parametrize("end", ["prometheus", "influxdb"])
def test_restarts_and_failed_checkpoints_are_lines_over_all_graphs(shown, end):
    for name in FLINK:
        events = shown[f"{end}/{name}"].events()
        assert set(events) == {"Restarted", "Checkpoint failed"} and all(events.values()), name
    assert shown[f"{end}/weir"].events() == {"The log was full": [], "A database was held": []}


@pytest.mark.parametrize("end, wrong", [("prometheus", {"expr": "sum by (", "refId": "A"}), ("influxdb", {"query": "SELECT", "refId": "A"})])
def test_a_query_that_is_wrong_is_seen(sources, end, wrong):
    with pytest.raises(Refused):
        Shown(Dashboard(end, "", {"templating": {"list": []}, "panels": [{"type": "stat", "title": "", "targets": [wrong]}]}),
              sources[end]).numbers()


def test_interpolation_is_grafanas():
    span = Span(0, 3_600_000, 15_000)
    assert span.macros(None)["__interval"] == "15s" and span.macros(None)["__rate_interval"] == "1m"
    assert span.macros("10s")["__interval"] == "10s" and span.macros("10s")["__range"] == "3600s"
    assert Span(0, 7 * 86_400_000, 15_000).macros("10s")["__interval"] == "15m"
    assert span.of("2m").macros("10s")["timeFilter"] == "time >= 3480000ms and time <= 3600000ms"
    assert milliseconds("2m") == 120_000
    variables = [{"name": "a", "allValue": ".*"}]

    def filled(text, end, value):
        return interpolated(text, end, variables, {"a": value}, {"__interval": "10s"})

    assert filled('x{a=~"$a"}[$__interval]', "prometheus", ALL) == 'x{a=~".*"}[10s]'
    assert filled('a=~"$a"', "prometheus", ["b.c", "d"]) == 'a=~"(b\\\\.c|d)"'
    assert filled('a=~"$a"', "prometheus", ["b.c"]) == 'a=~"b\\\\.c"'
    assert filled("/^${a:regex}$/", "influxdb", ["b/c", "d"]) == "/^(b\\/c|d)$/"
    assert filled("/^${a:regex}$/", "influxdb", ALL) == "/^.*$/"
